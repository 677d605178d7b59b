/* Completion queues: one thread each, the requests posted on them, and the objects that carry calls. Now and then the
 * thread sweeps its calls (sweep.c).
 *
 * gRPC as Debian builds it scans all outstanding tags of a queue at each completion, so a queue has at most about 200
 * requests posted, and long-lived streams are bound to a queue of their own: idle there, they cost a unary call
 * nothing. There is one poller for the whole process: more queues than cores would only wake each other. */
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/digest.h"
#include "rpc/internal.h"

#define COARSE_MS     10
#define SWEEP_MS      250
#define IDLE_MOST     512
#define IDLE_LEAST    64 /* what is kept after a crowd */
#define ENDED_AT_ONCE 16 /* then other calls have their turn */
#define EVENTS_IN_ROW 3  /* a call's arrival, its message, and that its end was sent */

/* ---- objects ---- */

static void tag_init(struct jk_rpc_tag *tag, enum jk_rpc_event event, struct jk_rpc_call *call)
{
    *tag = (struct jk_rpc_tag){JK_RPC_TAG_MAGIC, event, call};
}

/* Out of memory here ends the process, as it does inside gRPC. */
static struct jk_rpc_call *call_new(struct jk_rpc_queue *queue)
{
    struct jk_rpc_call *call = calloc(1, sizeof *call);
    JK_CHECK(call != NULL);
    size_t budget = 8 * queue->server->options.message_limit;
    call->magic = JK_RPC_CALL_MAGIC;
    call->server = queue->server;
    call->home = queue;
    call->call.ops = &jk_rpc_ops;
    jk_arena_init(&call->call.arena, budget);
    jk_arena_init(&call->call.message_arena, budget);
    tag_init(&call->arrived, JK_RPC_ARRIVED, call);
    tag_init(&call->closed, JK_RPC_CLOSED, call);
    tag_init(&call->done, JK_RPC_DONE, call);
    tag_init(&call->nudged, JK_RPC_NUDGED, call);
    return call;
}

static void call_free(struct jk_rpc_call *call)
{
    call->magic = 0;
    jk_arena_done(&call->call.arena);
    jk_arena_done(&call->call.message_arena);
    free(call);
}

void jk_rpc_queue_adopt(struct jk_rpc_queue *queue, struct jk_rpc_call *call)
{
    pthread_mutex_lock(&queue->mutex);
    call->previous = NULL;
    call->next = queue->live;
    if (call->next) call->next->previous = call;
    queue->live = call;
    pthread_mutex_unlock(&queue->mutex);
}

void jk_rpc_queue_recycle(struct jk_rpc_queue *queue, struct jk_rpc_call *call, bool was_live)
{
    if (was_live) {
        pthread_mutex_lock(&queue->mutex);

        if (call->previous) call->previous->next = call->next;
        if (call->next) call->next->previous = call->previous;
        if (queue->live == call) queue->live = call->next;

        pthread_mutex_unlock(&queue->mutex);
    }

    /* the sweep may cancel whatever is in `live`, so the gRPC call is given back only after the unlinking */
    grpc_metadata_array_destroy(&call->metadata);
    if (!call->row->method) grpc_call_details_destroy(&call->details);
    if (call->grpc) grpc_call_unref(call->grpc);
    call->grpc = NULL;

    pthread_mutex_lock(&queue->mutex);
    bool keep = queue->idle_count < IDLE_MOST;
    if (keep) {
        call->next = queue->idle;
        queue->idle = call;
        queue->idle_count++;
    }
    pthread_mutex_unlock(&queue->mutex);
    if (!keep) call_free(call);
}

void jk_rpc_queue_trim(struct jk_rpc_queue *queue)
{
    struct jk_rpc_call *gone = NULL;
    pthread_mutex_lock(&queue->mutex);
    while (queue->idle_count > IDLE_LEAST) {
        struct jk_rpc_call *call = queue->idle;
        queue->idle = call->next;
        queue->idle_count--;
        call->next = gone;
        gone = call;
    }
    pthread_mutex_unlock(&queue->mutex);
    while (gone) {
        struct jk_rpc_call *next = gone->next;
        call_free(gone);
        gone = next;
    }
}

/* ---- posting ---- */

/* After the server's shutdown has begun the request comes back at once, as a failure: that is no error here. */
void jk_rpc_post(struct jk_rpc_queue *queue, struct jk_rpc_row *row)
{
    pthread_mutex_lock(&queue->mutex);
    struct jk_rpc_call *call = queue->idle;
    if (call) {
        queue->idle = call->next;
        queue->idle_count--;
    }
    pthread_mutex_unlock(&queue->mutex);
    if (!call) call = call_new(queue);

    grpc_completion_queue *bound = row->apart ? queue->server->apart.queue : queue->queue;
    grpc_call_error result;
    call->row = row;
    grpc_metadata_array_init(&call->metadata);
    atomic_fetch_add(&queue->server->posted, 1);
    jk_rpc_hand_over(call);
    if (row->method) {
        result = grpc_server_request_registered_call(queue->server->grpc, row->registered, &call->grpc, &call->deadline,
                                                     &call->metadata, NULL, bound, queue->queue, &call->arrived);
    } else {
        grpc_call_details_init(&call->details);
        result = grpc_server_request_call(queue->server->grpc, &call->grpc, &call->details, &call->metadata, bound,
                                          queue->queue, &call->arrived);
    }
    JK_CHECK(result == GRPC_CALL_OK);
}

/* Calls that nobody has asked for queue without bound inside gRPC, those to unknown methods too: so there are always
 * requests posted for these as well, and each connection has at most 100 streams. */
void jk_rpc_post_all(struct jk_rpc_queue *queue)
{
    struct jk_rpc_server *server = queue->server;
    for (size_t i = 0; i < server->row_count; i++)
        for (unsigned n = 0; n < server->rows[i].posted; n++)
            jk_rpc_post(queue, &server->rows[i]);
    for (unsigned n = 0; n < server->unknown.posted; n++)
        jk_rpc_post(queue, &server->unknown);
}

/* ---- ends ----
 *
 * A batch of writes ends dozens of calls at once. Sent from the sequencer's thread they would cost it a third of its
 * time, and gRPC more than from the queue's thread, which has to be woken for each. So the ends are put into a list, and
 * one empty batch wakes the queue's thread for all of them. While the list is not empty there is exactly one such nudge
 * under way, by a call in the list, which therefore is alive until it comes. */

static _Thread_local const struct jk_rpc_queue *here;

bool jk_rpc_queue_is_here(const struct jk_rpc_queue *queue)
{
    return here == queue;
}

static void nudge(struct jk_rpc_call *call)
{
    grpc_call *grpc = call->grpc;
    jk_rpc_hand_over(call);
    JK_CHECK(grpc_call_start_batch(grpc, NULL, 0, &call->nudged, NULL) == GRPC_CALL_OK);
}

void jk_rpc_queue_end(struct jk_rpc_queue *queue, struct jk_rpc_call *call)
{
    call->next_ended = NULL;
    pthread_mutex_lock(&queue->mutex);
    bool first = !queue->ended;
    if (first)
        queue->ended = call;
    else
        queue->last_ended->next_ended = call;
    queue->last_ended = call;
    pthread_mutex_unlock(&queue->mutex);
    if (first) nudge(call);
}

struct jk_rpc_call *jk_rpc_queue_take_ended(struct jk_rpc_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    struct jk_rpc_call *taken = queue->ended, *last = taken;
    for (int i = 1; i < ENDED_AT_ONCE && last->next_ended; i++)
        last = last->next_ended;
    struct jk_rpc_call *rest = queue->ended = last->next_ended;
    last->next_ended = NULL;
    pthread_mutex_unlock(&queue->mutex);
    if (rest) nudge(rest);
    return taken;
}

/* ---- ends by the server ---- */

void jk_rpc_queue_end_streams(struct jk_rpc_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    for (struct jk_rpc_call *call = queue->live; call; call = call->next)
        if (call->row->endless)
            grpc_call_cancel_with_status(call->grpc, GRPC_STATUS_UNAVAILABLE, "the server is stopping", NULL);
    pthread_mutex_unlock(&queue->mutex);
}

/* ---- the thread ---- */

static gpr_timespec in_ms(int64_t ms)
{
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(ms, GPR_TIMESPAN));
}

/* gRPC's monotonic clock is ours, so that no event needs a look at it. */
static gpr_timespec at_ms(int64_t ms)
{
    return (gpr_timespec){ms / 1000, (int32_t)(ms % 1000 * 1000000), GPR_CLOCK_MONOTONIC};
}

static void *run_queue(void *argument)
{
    struct jk_rpc_queue *queue = argument;
    here = queue;
    for (;;) {
        /* A little after the sweep is due, for the coarse clock is behind. */
        grpc_event event = grpc_completion_queue_next(queue->queue, at_ms(queue->next_sweep_ms + COARSE_MS), NULL);
        if (event.type == GRPC_QUEUE_SHUTDOWN) return NULL;
        if (event.type == GRPC_OP_COMPLETE) {
            /* gRPC leaves one event with this thread, if asked to, where the work on another completes it at once:
             * mostly a message that came together with its call's headers. That spares the way through the queue, with
             * its lock and its poll. A few in a row, then other calls have their turn; after a nudge all of them have,
             * for it ends calls up to its own limit. */
            void *tag = event.tag;
            int success = event.success;
            int left = EVENTS_IN_ROW;
            do {
                bool nudge = ((const struct jk_rpc_tag *)tag)->event == JK_RPC_NUDGED;
                if (--left > 0 && !nudge) grpc_completion_queue_thread_local_cache_init(queue->queue);
                jk_rpc_call_event(tag, success != 0);
            } while (grpc_completion_queue_thread_local_cache_flush(queue->queue, &tag, &success));
        }

        int64_t now_ms = jk_monotonic_coarse_ms();
        if (now_ms < queue->next_sweep_ms) continue;
        queue->next_sweep_ms = now_ms + SWEEP_MS;
        jk_rpc_sweep(queue, now_ms);
    }
}

bool jk_rpc_queue_open(struct jk_rpc_queue *queue, struct jk_rpc_server *server, grpc_cq_polling_type polling)
{
    grpc_completion_queue_attributes attributes = {GRPC_CQ_CURRENT_VERSION, GRPC_CQ_NEXT, polling, NULL};
    queue->server = server;
    jk_random_bytes(&queue->random, sizeof queue->random);
    pthread_mutex_init(&queue->mutex, NULL);
    queue->queue = grpc_completion_queue_create(grpc_completion_queue_factory_lookup(&attributes), &attributes, NULL);
    return queue->queue != NULL;
}

bool jk_rpc_queue_run(struct jk_rpc_queue *queue)
{
    queue->running = pthread_create(&queue->thread, NULL, run_queue, queue) == 0;
    return queue->running;
}

void jk_rpc_queue_stop(struct jk_rpc_queue *queue)
{
    if (!queue->queue) return;
    grpc_completion_queue_shutdown(queue->queue);
    if (queue->running) pthread_join(queue->thread, NULL);
    while (!queue->running && grpc_completion_queue_next(queue->queue, in_ms(1000), NULL).type != GRPC_QUEUE_SHUTDOWN) {
    }
    queue->running = false;
}

void jk_rpc_queue_destroy(struct jk_rpc_queue *queue)
{
    if (!queue->queue) return;
    grpc_completion_queue_destroy(queue->queue);
    JK_CHECK(queue->live == NULL);
    while (queue->idle) {
        struct jk_rpc_call *call = queue->idle;
        queue->idle = call->next;
        call_free(call);
    }
    pthread_mutex_destroy(&queue->mutex);
    queue->queue = NULL;
}
