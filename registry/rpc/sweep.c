/* The sweep: ends calls past their deadline, and those whose client takes too long to send or read a message. On the
 * thread of the queue, four times a second.
 *
 * While a message is arriving gRPC buffers what it has of it, up to a megabyte, without any limit, not even the
 * library's own memory quota. So of the calls that have been waiting for their message for a while only a few are kept:
 * the newest, since messages usually arrive soon or not at all. */
#include <stdio.h>

#include "base/metrics.h"
#include "rpc/internal.h"

#define LATE_MS        50 /* gRPC enforces the client's own deadline; we come after it */
#define DRAIN_FIRST_MS 1000
#define SLOW_MS        500
#define TEXT           160

/* How long a call may wait for its client, and how many may wait for long. */
struct patience {
    int first_ms, next_ms, unread_ms;
    unsigned slow_most; /* of this queue's calls */
    unsigned slow;      /* found so far */
};

/* Each queue has its share of the slow ones, plus what the others do not use. */
static unsigned slow_most(const struct jk_rpc_queue *queue)
{
    const struct jk_rpc_server *server = queue->server;
    unsigned others = 0, part = JK_RPC_SLOW_MOST / server->queue_count;
    for (unsigned i = 0; i < server->queue_count; i++)
        if (&server->queues[i] != queue) others += atomic_load(&server->queues[i].slow);
    return others + part > JK_RPC_SLOW_MOST ? part : JK_RPC_SLOW_MOST - others;
}

static void cut_call(struct jk_rpc_call *call, enum jk_rpc_cut cause, grpc_status_code code, const char *text)
{
    atomic_store(&call->cut, cause);
    jk_metrics_add(JK_METRIC_RPC_CUT, cause - 1, 0, 1);
    grpc_call_cancel_with_status(call->grpc, code, text, NULL); /* which copies the text */
}

/* For a client that should have sent a message. */
static bool is_silent(struct jk_rpc_call *call, enum jk_rpc_wait what, int64_t waited_ms, struct patience *patience)
{
    char text[TEXT];
    bool first = what == JK_RPC_WAITS_FIRST;
    bool endless = call->row->endless && !first;
    if (waited_ms >= SLOW_MS && patience->slow == patience->slow_most)
        snprintf(text, sizeof text,
                 "%d calls are waiting for their clients' messages, which is the limit; send messages without delay",
                 JK_RPC_SLOW_MOST);
    else if (first && waited_ms >= patience->first_ms)
        snprintf(text, sizeof text, "no message arrived within %d ms of the start of the call; send it without delay",
                 patience->first_ms);
    else if (!first && !endless && waited_ms >= patience->next_ms)
        snprintf(text, sizeof text,
                 "no further message arrived within %d ms; send them without a pause, or end the stream",
                 patience->next_ms);
    else {
        patience->slow += waited_ms >= SLOW_MS;
        return false;
    }
    cut_call(call, JK_RPC_CUT_SILENT, GRPC_STATUS_DEADLINE_EXCEEDED, text);
    return true;
}

/* Of a client that sends, but too little at a time. */
static bool is_slow(struct jk_rpc_call *call, int64_t now_ms)
{
    int64_t due_ms = atomic_load(&call->call.due_ms);
    if (!due_ms || now_ms < due_ms) return false;
    cut_call(call, JK_RPC_CUT_SILENT, GRPC_STATUS_DEADLINE_EXCEEDED,
             "too few bytes came in the time that the stream had for them; send without a pause");
    return true;
}

static bool is_unread(struct jk_rpc_call *call, int64_t waited_ms, const struct patience *patience)
{
    char text[TEXT];
    if (waited_ms < patience->unread_ms) return false;
    snprintf(text, sizeof text, "the reply was not read within %d ms, which is the current limit", patience->unread_ms);
    cut_call(call, JK_RPC_CUT_UNREAD, GRPC_STATUS_RESOURCE_EXHAUSTED, text);
    return true;
}

/* Ends it if necessary. */
static void look_at_call(struct jk_rpc_call *call, int64_t now_ms, struct patience *patience)
{
    int64_t waits = atomic_load(&call->waits), waited_ms = now_ms - waits / JK_RPC_WAITS;
    enum jk_rpc_wait what = (enum jk_rpc_wait)(waits % JK_RPC_WAITS);
    if ((what == JK_RPC_WAITS_FIRST || what == JK_RPC_WAITS_NEXT) && is_silent(call, what, waited_ms, patience)) return;
    if (what == JK_RPC_WAITS_NEXT && is_slow(call, now_ms)) return;
    if (what == JK_RPC_WAITS_READER && is_unread(call, waited_ms, patience)) return;
    if (call->call.deadline_ms && now_ms >= call->call.deadline_ms + LATE_MS)
        cut_call(call, JK_RPC_CUT_LATE, GRPC_STATUS_DEADLINE_EXCEEDED, "the call took longer than this server allows");
}

void jk_rpc_sweep(struct jk_rpc_queue *queue, int64_t now_ms)
{
    const struct jk_rpc_server *server = queue->server;
    const struct jk_rpc_options *options = &server->options;
    const struct jk_doorman *doorman = server->doorman;
    bool hurry = atomic_load(&server->draining) && options->first_message_ms > DRAIN_FIRST_MS;
    struct patience patience = {.first_ms =
                                    jk_doorman_patience_ms(doorman, hurry ? DRAIN_FIRST_MS : options->first_message_ms),
                                .next_ms = jk_doorman_patience_ms(doorman, options->next_message_ms),
                                .unread_ms = jk_doorman_patience_ms(doorman, options->unread_ms),
                                .slow_most = slow_most(queue)};

    pthread_mutex_lock(&queue->mutex);
    for (struct jk_rpc_call *call = queue->live; call; call = call->next) /* the newest first */
        if (atomic_load(&call->cut) == JK_RPC_CUT_NOT) look_at_call(call, now_ms, &patience);
    pthread_mutex_unlock(&queue->mutex);
    atomic_store(&queue->slow, patience.slow);
}
