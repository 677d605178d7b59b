/* The list of waiting streams; see waiting.h.
 *
 *   OUT --join--> WORKING --wait--> WAITING --due, its end, drain, or client gone--> WORKING
 *    ^               |
 *    `---the end-----'   (release: however it came)
 *
 * WORKING: one thread, or a message in flight, has the call. WAITING: the list has it; whoever takes it off under the
 * lock is the one who goes on with it. */
#include "service/call/waiting.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/condition.h"
#include "service/call/convert.h"

#define TICK_MS    1000 /* how late an end may be */
#define PUMP_MS    10000
#define WAKE_BYTES (1u << 20)

struct jk_waiting {
    struct jk_store *store;
    struct jk_growth_hook hook;
    int life_ms;
    enum jk_metric gauge;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows, and every waiter */
    pthread_cond_t changed;
    struct jk_waiter *waiters; /* WAITING */
    struct jk_shares *joined;
    uint32_t size;
    struct jk_job job;
    bool pumping; /* the job has been submitted */
    int64_t pumped_ms;
    bool draining, stopping;
};

/* ---- the list, under the lock ---- */

static void link_waiter(struct jk_waiter *waiter)
{
    struct jk_waiting *waiting = waiter->waiting;
    waiter->state = JK_WAITER_WAITING;
    waiter->previous = NULL;
    waiter->next = waiting->waiters;
    if (waiter->next) waiter->next->previous = waiter;
    waiting->waiters = waiter;
}

static void unlink_waiter(struct jk_waiter *waiter)
{
    if (waiter->previous) waiter->previous->next = waiter->next;
    if (waiter->next) waiter->next->previous = waiter->previous;
    if (waiter->waiting->waiters == waiter) waiter->waiting->waiters = waiter->next;
    waiter->state = JK_WAITER_WORKING;
}

static bool is_due(const struct jk_waiter *waiter, int64_t now_ms)
{
    return waiter->size < waiter->waiting->size && now_ms >= waiter->not_before_ms;
}

static bool is_over(const struct jk_waiter *waiter, int64_t now_ms)
{
    return waiter->waiting->draining || now_ms >= waiter->end_ms;
}

/* Removes all for which `wanted` is true, linked by next. */
static struct jk_waiter *take_waiters(struct jk_waiting *waiting, bool (*wanted)(const struct jk_waiter *, int64_t))
{
    int64_t now_ms = jk_monotonic_ms();
    struct jk_waiter *taken = NULL, *next;
    for (struct jk_waiter *waiter = waiting->waiters; waiter; waiter = next) {
        next = waiter->next;
        if (!wanted(waiter, now_ms)) continue;
        unlink_waiter(waiter);
        waiter->next = taken;
        taken = waiter;
    }
    return taken;
}

static void tell_count(const struct jk_waiting *waiting)
{
    jk_metrics_set(waiting->gauge, jk_shares_count(waiting->joined));
}

/* ---- ends, without the lock ---- */

static void finish_all(struct jk_waiter *taken)
{
    struct jk_waiter *next;
    for (struct jk_waiter *waiter = taken; waiter; waiter = next) {
        next = waiter->next; /* the end of its call frees it */
        jk_call_finish(waiter->call, NULL);
    }
}

static void end_gone(struct jk_call *call)
{
    (void)jk_fail(&call->error, JK_CANCELLED, "CLIENT_GONE", "the client cancelled the call or is gone");
    jk_call_fail(call);
}

/* ---- the job on a reader thread ---- */

static void pump(struct jk_job *job, struct jk_reader *reader)
{
    struct jk_waiting *waiting = (struct jk_waiting *)((char *)job - offsetof(struct jk_waiting, job));
    struct jk_wake wake = {.store = waiting->store, .reader = reader};
    struct jk_waiter *next;
    jk_arena_init(&wake.arena, WAKE_BYTES);
    pthread_mutex_lock(&waiting->mutex);
    struct jk_waiter *taken = take_waiters(waiting, is_due);
    pthread_mutex_unlock(&waiting->mutex);
    for (struct jk_waiter *waiter = taken; waiter; waiter = next) {
        next = waiter->next;
        waiter->woken(waiter, &wake);
    }
    jk_arena_done(&wake.arena);
    pthread_mutex_lock(&waiting->mutex);
    waiting->pumping = false;
    waiting->pumped_ms = jk_monotonic_ms();
    pthread_cond_broadcast(&waiting->changed);
    pthread_mutex_unlock(&waiting->mutex);
}

enum jk_status jk_wake_piece(struct jk_wake *wake, uint64_t start, const Jokbo__V1__ReadEntriesResponse **out_piece,
                             struct jk_error *error)
{
    if (!wake->read || wake->piece.start != (int64_t)start) {
        jk_arena_reset(&wake->arena);
        jokbo__v1__read_entries_response__init(&wake->piece);
        wake->read = false;
        JK_TRY(jk_piece_read(wake->store, wake->reader, start, jk_size_now(wake->store), JK_WAITING_BYTES, &wake->arena,
                             &wake->piece, error));
        wake->read = true;
    }
    *out_piece = &wake->piece;
    return JK_OK;
}

/* ---- the thread ---- */

/* When the first one is due, among those for which the log has grown; INT64_MAX: none is. */
static int64_t first_due_ms(const struct jk_waiting *waiting)
{
    int64_t first_ms = INT64_MAX;
    for (const struct jk_waiter *waiter = waiting->waiters; waiter; waiter = waiter->next)
        if (waiter->size < waiting->size && waiter->not_before_ms < first_ms) first_ms = waiter->not_before_ms;
    return first_ms;
}

/* The readers' mailbox may be full: then again after a pause. */
static void start_pump(struct jk_waiting *waiting)
{
    waiting->pumping = true;
    waiting->job = (struct jk_job){.run = pump, .deadline_ms = jk_monotonic_ms() + PUMP_MS};
    pthread_mutex_unlock(&waiting->mutex);
    bool taken = jk_store_read(waiting->store, &waiting->job);
    pthread_mutex_lock(&waiting->mutex);
    if (taken) return;
    waiting->pumping = false;
    waiting->pumped_ms = jk_monotonic_ms();
}

static void *run_waiting(void *context)
{
    struct jk_waiting *waiting = context;
    pthread_mutex_lock(&waiting->mutex);
    while (!waiting->stopping) {
        struct jk_waiter *over = take_waiters(waiting, is_over);
        pthread_mutex_unlock(&waiting->mutex);
        finish_all(over);
        pthread_mutex_lock(&waiting->mutex);
        int64_t now_ms = jk_monotonic_ms(), next_ms = waiting->pumped_ms + JK_WAITING_PAUSE_MS;
        int64_t due_ms = waiting->pumping ? INT64_MAX : first_due_ms(waiting);
        if (due_ms > next_ms) next_ms = due_ms;
        if (now_ms >= next_ms)
            start_pump(waiting);
        else if (!waiting->stopping)
            (void)jk_condition_wait_until(&waiting->changed, &waiting->mutex,
                                          next_ms < now_ms + TICK_MS ? next_ms : now_ms + TICK_MS);
    }
    pthread_mutex_unlock(&waiting->mutex);
    return NULL;
}

static void grown(void *context, uint32_t size)
{
    struct jk_waiting *waiting = context;
    pthread_mutex_lock(&waiting->mutex);
    if (size > waiting->size) waiting->size = size;
    if (waiting->waiters) pthread_cond_signal(&waiting->changed);
    pthread_mutex_unlock(&waiting->mutex);
}

/* ---- start and stop ---- */

static void free_waiting(struct jk_waiting *waiting)
{
    pthread_mutex_destroy(&waiting->mutex);
    pthread_cond_destroy(&waiting->changed);
    jk_shares_free(waiting->joined);
    free(waiting);
}

enum jk_status jk_waiting_start(struct jk_store *store, const struct jk_waiting_options *options,
                                struct jk_waiting **out_waiting, struct jk_error *error)
{
    struct jk_waiting *waiting = calloc(1, sizeof *waiting);
    if (!waiting) return jk_out_of_memory(error);
    waiting->store = store;
    waiting->life_ms = options->life_ms ? options->life_ms : JK_WAITING_LIFE_MS;
    waiting->gauge = options->gauge ? options->gauge : JK_METRIC_WATCHERS;
    waiting->hook = (struct jk_growth_hook){.grown = grown, .context = waiting};
    struct jk_shares_limits limits = {JK_WAITING_MOST, JK_WAITING_ANONYMOUS, JK_WAITING_EACH};
    if (options->limits.most) limits = options->limits;
    waiting->joined = jk_shares_new(&limits);
    jk_condition_init(&waiting->changed);
    pthread_mutex_init(&waiting->mutex, NULL);
    if (!waiting->joined || pthread_create(&waiting->thread, NULL, run_waiting, waiting) != 0) {
        free_waiting(waiting);
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start the thread of waiting streams");
    }
    jk_store_on_growth(store, &waiting->hook);
    grown(waiting, jk_size_now(store)); /* what came before the hook */
    *out_waiting = waiting;
    return JK_OK;
}

void jk_waiting_drain(struct jk_waiting *waiting)
{
    pthread_mutex_lock(&waiting->mutex);
    waiting->draining = true;
    struct jk_waiter *taken = take_waiters(waiting, is_over);
    pthread_mutex_unlock(&waiting->mutex);
    finish_all(taken);
}

void jk_waiting_stop(struct jk_waiting *waiting)
{
    if (!waiting) return;
    jk_store_off_growth(waiting->store, &waiting->hook);
    pthread_mutex_lock(&waiting->mutex);
    JK_CHECK(jk_shares_count(waiting->joined) == 0);
    waiting->stopping = true;
    pthread_cond_broadcast(&waiting->changed);
    pthread_mutex_unlock(&waiting->mutex);
    pthread_join(waiting->thread, NULL);
    pthread_mutex_lock(&waiting->mutex);
    while (waiting->pumping)
        pthread_cond_wait(&waiting->changed, &waiting->mutex);
    pthread_mutex_unlock(&waiting->mutex);
    free_waiting(waiting);
}

/* ---- what a stream does ---- */

/* The call's release, whoever ended it. */
static void leave(struct jk_call *call)
{
    struct jk_waiter *waiter = call->state;
    pthread_mutex_lock(&waiter->waiting->mutex);
    JK_CHECK(waiter->state == JK_WAITER_WORKING);
    waiter->state = JK_WAITER_OUT;
    jk_shares_leave(waiter->waiting->joined, waiter->key);
    tell_count(waiter->waiting);
    pthread_mutex_unlock(&waiter->waiting->mutex);
}

static void client_gone(struct jk_call *call)
{
    struct jk_waiter *waiter = call->state;
    pthread_mutex_lock(&waiter->waiting->mutex);
    bool waits = waiter->state == JK_WAITER_WAITING;
    waiter->gone = true;
    if (waits) unlink_waiter(waiter);
    pthread_mutex_unlock(&waiter->waiting->mutex);
    if (waits) end_gone(call);
}

enum jk_status jk_waiting_join(struct jk_waiting *waiting, struct jk_waiter *waiter, struct jk_call *call,
                               void (*woken)(struct jk_waiter *waiter, struct jk_wake *wake), struct jk_error *error)
{
    *waiter = (struct jk_waiter){.waiting = waiting,
                                 .call = call,
                                 .woken = woken,
                                 .end_ms = jk_monotonic_ms() + waiting->life_ms,
                                 .state = JK_WAITER_WORKING};
    struct jk_sharer caller;
    jk_caller_of(call, &caller);
    pthread_mutex_lock(&waiting->mutex);
    enum jk_shares_word word = jk_shares_enter(waiting->joined, &caller, &waiter->key);
    tell_count(waiting);
    pthread_mutex_unlock(&waiting->mutex);
    if (word != JK_SHARES_IN) {
        jk_metrics_add(JK_METRIC_WATCHERS_REFUSED, 0, 0, 1);
        return jk_callers_refuse(waiting->joined, &caller, word, "TOO_MANY_WATCHERS", "streams follow the log", error);
    }
    call->state = waiter;
    call->release = leave;
    call->closed = client_gone;
    return JK_OK;
}

bool jk_waiting_is_over(const struct jk_waiter *waiter)
{
    pthread_mutex_lock(&waiter->waiting->mutex);
    bool over = is_over(waiter, jk_monotonic_ms());
    pthread_mutex_unlock(&waiter->waiting->mutex);
    return over;
}

void jk_waiting_wait(struct jk_waiter *waiter, uint32_t size)
{
    jk_waiting_wait_until(waiter, size, 0);
}

void jk_waiting_wait_until(struct jk_waiter *waiter, uint32_t size, int64_t not_before_ms)
{
    struct jk_waiting *waiting = waiter->waiting;
    pthread_mutex_lock(&waiting->mutex);
    bool gone = waiter->gone, over = is_over(waiter, jk_monotonic_ms());
    if (!gone && !over) {
        waiter->size = size;
        waiter->not_before_ms = not_before_ms;
        link_waiter(waiter);
        if (size < waiting->size) pthread_cond_signal(&waiting->changed);
    }
    pthread_mutex_unlock(&waiting->mutex);
    if (gone)
        end_gone(waiter->call);
    else if (over)
        jk_call_finish(waiter->call, NULL);
}
