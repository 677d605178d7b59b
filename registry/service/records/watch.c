/* WatchEntries: existing entries at once, new ones as they are committed. A watcher that is far behind reads chunk by
 * chunk on reader threads, as ReadEntries does; one that has nearly caught up waits with the others (waiting.h). */
#include "service/call/convert.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/call/services.h"
#include "service/call/waiting.h"

/* One that has caught up once stays with the others until it is this many entries behind, more than arrive in the pause
 * between two wakes: otherwise a fast writer would make every watcher read for itself. */
#define FAR_BEHIND 4096

struct watch {
    struct jk_waiter waiter; /* first: call->state */
    uint64_t next;
    bool caught_up;
};

static void read_far(struct jk_call *call);

/* A message has been sent, or there was nothing to send. */
static void watch_on(struct jk_call *call)
{
    struct watch *watch = call->state;
    uint64_t behind = jk_size_now(jk_store_of(call)) - watch->next;
    watch->caught_up = behind == 0 || (watch->caught_up && behind <= FAR_BEHIND);
    if (watch->caught_up)
        jk_waiting_wait(&watch->waiter, (uint32_t)watch->next);
    else if (jk_waiting_is_over(&watch->waiter))
        jk_call_finish(call, NULL);
    else
        jk_call_on_reader(call, read_far);
}

/* Once it is sent the call may belong to another thread: nothing may be touched after that. */
static void send(struct jk_call *call, const Jokbo__V1__ReadEntriesResponse *piece)
{
    struct watch *watch = call->state;
    watch->next += piece->n_entries;
    if (piece->n_entries)
        call->ops->send(call, &piece->base, watch_on);
    else
        jk_waiting_wait(&watch->waiter, (uint32_t)watch->next);
}

static void read_far(struct jk_call *call)
{
    Jokbo__V1__ReadEntriesResponse piece = JOKBO__V1__READ_ENTRIES_RESPONSE__INIT;
    struct watch *watch = call->state;
    struct jk_store *store = jk_store_of(call);
    jk_arena_reset(&call->message_arena);
    if (jk_piece_read(store, call->reader, watch->next, jk_size_now(store), JK_WAITING_BYTES, &call->message_arena,
                      &piece, &call->error) == JK_OK)
        send(call, &piece);
    else
        jk_call_fail(call);
}

static void woken(struct jk_waiter *waiter, struct jk_wake *wake)
{
    const Jokbo__V1__ReadEntriesResponse *piece;
    struct jk_call *call = waiter->call;
    if (jk_wake_piece(wake, ((struct watch *)waiter)->next, &piece, &call->error) == JK_OK)
        send(call, piece);
    else
        jk_call_fail(call);
}

static enum jk_status begin_watch(struct jk_call *call, struct watch *watch, uint32_t size)
{
    const Jokbo__V1__WatchEntriesRequest *request = (const void *)call->request;
    if (!watch) return jk_out_of_memory(&call->error);
    if (request->start < 0 || request->start > size)
        jk_error_field(&call->error, "start", "%lld: the log has %u entries", (long long)request->start, size);
    JK_TRY(jk_error_result(&call->error));
    JK_TRY(jk_waiting_join(jk_services_of(call)->waiting, &watch->waiter, call, woken, &call->error));
    watch->next = (uint64_t)request->start;
    return JK_OK;
}

/* The first message is empty and sent at once: it tells the client that the watch is established, and how large the log
 * is. */
void jk_watch_entries(struct jk_call *call)
{
    Jokbo__V1__ReadEntriesResponse hello = JOKBO__V1__READ_ENTRIES_RESPONSE__INIT;
    struct watch *watch = jk_arena_zalloc(&call->arena, 1, sizeof *watch);
    uint32_t size = jk_size_now(jk_store_of(call));
    if (begin_watch(call, watch, size) != JK_OK) {
        jk_call_fail(call);
        return;
    }
    hello.start = (int64_t)watch->next;
    hello.log_size = size;
    call->ops->send(call, &hello.base, watch_on);
}
