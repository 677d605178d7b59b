/* The life of a call under struct jk_call.
 *
 *   POSTED --a call arrives--> OPEN --first----> AWAITING --message or end-> OPEN
 *     |                         |--send-----> SENDING ---it has left---> OPEN
 *     |                         |                   `------client gone-----> OPEN, then ENDING
 *     | the server ends         |--receive--> RECEIVING --message or end---> OPEN
 *     v                         |                   `------client gone-----> OPEN, then ENDING
 *   idle                        `--finish, fail--> ENDING --status has left--> POSTED (idle, for the next call)
 *
 * In OPEN one worker has the call; in the others a batch is in flight, and its completion comes to the thread of the
 * queue that the call is bound to. Besides, RECV_CLOSE_ON_SERVER is in flight from the arrival on, alone in its batch,
 * for only so is a cancellation seen while a worker is busy; its batch always reports success, what happened stands in
 * was_cancelled. The object goes back when both holds are gone: the worker's (which passes to its batches) and the
 * close's. That happens on a queue's thread always, so a call never outlives its queue.
 *
 * There is never more than one batch besides the close: one message in flight is the back-pressure.
 *
 * A call is seen when its headers are there, and let in or refused by the doorman before anything else of it is read:
 * so no client can have calls here that nobody counts. While it waits for what only its client can do (send a message,
 * read one) it says so in `waits`, and the queue's sweep ends it when that takes too long. */
#include <grpc/grpc_security.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "rpc/codec.h"
#include "rpc/errors.h"
#include "rpc/internal.h"

#define NO_DEADLINE (INT64_MAX / 2)

/* allowed[from] has a bit for each state that may follow. */
static const unsigned allowed[] = {
    [JK_RPC_POSTED] = 1u << JK_RPC_OPEN,
    [JK_RPC_OPEN] = 1u << JK_RPC_AWAITING | 1u << JK_RPC_SENDING | 1u << JK_RPC_RECEIVING | 1u << JK_RPC_ENDING,
    [JK_RPC_AWAITING] = 1u << JK_RPC_OPEN,
    [JK_RPC_SENDING] = 1u << JK_RPC_OPEN,
    [JK_RPC_RECEIVING] = 1u << JK_RPC_OPEN,
    [JK_RPC_ENDING] = 1u << JK_RPC_POSTED,
};

static void move_call(struct jk_rpc_call *call, enum jk_rpc_state to)
{
    JK_CHECK(allowed[call->state] & 1u << to);
    call->state = to;
}

static void note_wait(struct jk_rpc_call *call, enum jk_rpc_wait what)
{
    atomic_store(&call->waits, what == JK_RPC_WAITS_NOT ? 0 : jk_monotonic_coarse_ms() * JK_RPC_WAITS + what);
}

/* Starts a batch; its tag will come in any case. gRPC gives none for a batch that it refused, so then an empty batch
 * brings the tag, and `broken` tells its meaning. Once a batch is started the call may be gone: touch nothing. */
static void start_batch(struct jk_rpc_call *call, const grpc_op *ops, size_t count, struct jk_rpc_tag *tag)
{
    grpc_call *grpc = call->grpc;
    jk_rpc_hand_over(call);
    grpc_call_error result = grpc_call_start_batch(grpc, ops, count, tag, NULL);
    if (result == GRPC_CALL_OK) return;
    jk_log(JK_LOG_ERROR, "batch-refused", "cause", grpc_call_error_to_string(result), NULL);
    call->broken = true;
    jk_rpc_hand_over(call);
    grpc_call_cancel(grpc, NULL);
    JK_CHECK(grpc_call_start_batch(grpc, NULL, 0, tag, NULL) == GRPC_CALL_OK);
}

/* ---- the end ---- */

static void recycle(struct jk_rpc_call *call, bool was_live)
{
    struct jk_rpc_server *server = call->server;
    for (size_t i = 0; i < call->trailer_count; i++)
        grpc_slice_unref(call->trailers[i].value);
    call->trailer_count = 0;
    if (call->message) grpc_byte_buffer_destroy(call->message);
    call->message = NULL;
    jk_arena_reset(&call->call.arena);
    jk_arena_reset(&call->call.message_arena);
    call->call.magic = 0; /* a worker that still uses it is found out */
    call->state = JK_RPC_POSTED;
    if (was_live) jk_doorman_leave(server->doorman, call->guest);
    jk_rpc_queue_recycle(call->home, call, was_live);
    if (was_live) atomic_fetch_sub(&server->calls, 1);
}

static void drop(struct jk_rpc_call *call)
{
    if (atomic_fetch_sub(&call->holds, 1) == 1) recycle(call, true);
}

static bool is_unary(const struct jk_rpc_call *call)
{
    return call->row->method && call->row->method->stream == JK_UNARY;
}

/* Among the services' methods; health, reflection and unknown ones share the place after them. */
static size_t method_place(const struct jk_rpc_call *call)
{
    const struct jk_rpc_server *server = call->server;
    size_t place = call->row->method ? (size_t)(call->row - server->rows) : server->options.method_count;
    return place < server->options.method_count ? place : server->options.method_count;
}

static void add_trailer(struct jk_rpc_call *call, const char *key, grpc_slice value)
{
    call->trailers[call->trailer_count++] = (grpc_metadata){.key = grpc_slice_from_static_string(key), .value = value};
}

/* Adds the ops that every first send needs. */
static size_t greet(struct jk_rpc_call *call, grpc_op ops[])
{
    if (call->greeted) return 0;
    call->greeted = true;
    ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
    return 1;
}

static size_t add_message(struct jk_rpc_call *call, grpc_op *op)
{
    if (!call->outgoing) return 0;
    op->op = GRPC_OP_SEND_MESSAGE;
    op->data.send_message.send_message = call->outgoing;
    return 1;
}

/* A call that is answered before anybody watches its close needs no batch of its own for that. */
static size_t join_close(struct jk_rpc_call *call, grpc_op *op)
{
    op->op = GRPC_OP_RECV_CLOSE_ON_SERVER;
    op->data.recv_close_on_server.cancelled = &call->was_cancelled;
    call->together = true;
    atomic_store(&call->holds, 1);
    return 1;
}

/* Sends what is in `outgoing`, if anything, and the status. What the call has worked with is done with by then: it must
 * not lie here, too, until the client has read the reply. Only a stream's close still looks at it. */
static void send_end(struct jk_rpc_call *call)
{
    grpc_op ops[4] = {0};
    grpc_slice text = grpc_empty_slice();
    enum jk_status status = call->status;
    add_trailer(call, "x-request-id", grpc_slice_from_copied_string(call->call.request_id));
    if (status != JK_OK) {
        text = jk_errors_message(&call->call.error);
        add_trailer(call, "grpc-status-details-bin", jk_errors_details(&call->call.error));
    }
    size_t count = greet(call, ops);
    count += add_message(call, &ops[count]);
    ops[count].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
    ops[count].data.send_status_from_server.status = (grpc_status_code)status;
    ops[count].data.send_status_from_server.status_details = status == JK_OK ? NULL : &text;
    ops[count].data.send_status_from_server.trailing_metadata = call->trailers;
    ops[count++].data.send_status_from_server.trailing_metadata_count = call->trailer_count;
    if (call->beginning) count += join_close(call, &ops[count]);
    if (is_unary(call)) {
        jk_arena_reset(&call->call.arena);
        jk_arena_reset(&call->call.message_arena);
    }
    if (call->outgoing) note_wait(call, JK_RPC_WAITS_READER);
    start_batch(call, ops, count, &call->done);
    grpc_slice_unref(text);
}

/* The service's state goes before the worker's hold does. Ends of unary calls are sent by the thread of their queue. */
static void conclude(struct jk_rpc_call *call, enum jk_status status)
{
    JK_CHECK_MAGIC(call, JK_RPC_CALL_MAGIC);
    JK_CHECK(call->call.magic == JK_CALL_MAGIC);

    /* Failures of ours are warnings, the rest is there for debugging; nothing is formatted for a line nobody wants. */
    struct jk_rpc_server *server = call->server;
    int64_t duration_us = jk_monotonic_us() - call->call.started_us;
    bool ours = status == JK_INTERNAL || status == JK_UNAVAILABLE || status == JK_UNKNOWN || status == JK_DATA_LOSS;
    enum jk_log_level level = ours ? JK_LOG_WARN : JK_LOG_DEBUG;
    if (server->options.observe)
        server->options.observe(server->options.services, method_place(call), status, duration_us);
    if (jk_log_wanted(level))
        jk_log(level, "call", "method", call->row->method ? call->row->method->path : "unknown", "code",
               jk_status_text(status), "duration_ms", jk_log_i64(duration_us / 1000), "request_id",
               call->call.request_id, ours ? "message" : NULL, call->call.error.message, NULL);

    if (call->call.release) call->call.release(&call->call);
    move_call(call, JK_RPC_ENDING);
    call->status = status;
    if (is_unary(call) && !jk_rpc_queue_is_here(call->home))
        jk_rpc_queue_end(call->home, call);
    else
        send_end(call);
}

/* ---- failing ---- */

static void call_fail(struct jk_call *base)
{
    struct jk_error *error = &base->error;
    if (!jk_error_is_set(error)) (void)jk_fail(error, JK_INTERNAL, "NO_CAUSE", "the server failed without saying why");
    conclude(jk_rpc_call_of(base), error->status);
}

static void reply_too_large(struct jk_rpc_call *call)
{
    (void)jk_fail(&call->call.error, JK_INTERNAL, "REPLY_TOO_LARGE",
                  "the reply is larger than %d bytes; ask for a smaller page", JK_RPC_REPLY_LIMIT);
    call_fail(&call->call);
}

/* ---- replies that lie here ---- */

/* Whether the message may lie here until the client has read it, and with a stream's all that it works with. It is gone
 * where not. */
static bool hold(struct jk_rpc_call *call, grpc_byte_buffer *message)
{
    size_t bytes = grpc_byte_buffer_length(message);
    if (!is_unary(call)) bytes += call->call.arena.used + call->call.message_arena.used;
    enum jk_doorman_word word = jk_doorman_hold(call->server->doorman, call->guest, bytes);
    if (word == JK_DOORMAN_IN) {
        call->held = bytes;
        return true;
    }
    grpc_byte_buffer_destroy(message);
    (void)jk_rpc_too_much_unread(call, word);
    return false;
}

/* ---- what a service can do ---- */

static void conclude_with(struct jk_rpc_call *call, grpc_byte_buffer *message)
{
    if (message && !hold(call, message)) {
        call_fail(&call->call);
        return;
    }
    call->outgoing = message;
    conclude(call, JK_OK);
}

static void call_finish(struct jk_call *base, const ProtobufCMessage *message)
{
    struct jk_rpc_call *call = jk_rpc_call_of(base);
    if (base->wrong) {
        call_fail(base);
        return;
    }
    grpc_byte_buffer *buffer = message ? jk_codec_encode(message, JK_RPC_REPLY_LIMIT) : NULL;
    if (message && !buffer)
        reply_too_large(call);
    else
        conclude_with(call, buffer);
}

static void call_finish_bytes(struct jk_call *base, struct jk_span bytes)
{
    struct jk_rpc_call *call = jk_rpc_call_of(base);
    if (bytes.len > JK_RPC_REPLY_LIMIT)
        reply_too_large(call);
    else
        conclude_with(call, jk_codec_wrap(bytes));
}

static void call_send(struct jk_call *base, const ProtobufCMessage *message, jk_call_fn *then)
{
    struct jk_rpc_call *call = jk_rpc_call_of(base);
    JK_CHECK(then != NULL);
    grpc_byte_buffer *buffer = jk_codec_encode(message, JK_RPC_REPLY_LIMIT);
    if (!buffer) {
        reply_too_large(call);
        return;
    }
    if (!hold(call, buffer)) {
        call_fail(base);
        return;
    }
    grpc_op ops[2] = {0};
    move_call(call, JK_RPC_SENDING);
    call->outgoing = buffer;
    call->then = then;
    size_t count = greet(call, ops);
    count += add_message(call, &ops[count]);
    note_wait(call, JK_RPC_WAITS_READER);
    start_batch(call, ops, count, &call->done);
}

static void call_receive(struct jk_call *base, jk_call_fn *then)
{
    struct jk_rpc_call *call = jk_rpc_call_of(base);
    JK_CHECK(then != NULL);
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
    op.data.recv_message.recv_message = &call->message;
    move_call(call, JK_RPC_RECEIVING);
    call->then = then;
    note_wait(call, call->heard ? JK_RPC_WAITS_NEXT : JK_RPC_WAITS_FIRST);
    start_batch(call, &op, 1, &call->done);
}

const struct jk_call_ops jk_rpc_ops = {
    .finish = call_finish,
    .finish_bytes = call_finish_bytes,
    .fail = call_fail,
    .send = call_send,
    .receive = call_receive,
    .peer = jk_rpc_call_peer,
};

/* ---- arrival ---- */

/* A client may give no deadline, which means for ever, or one far away: our own ceiling is always there. The queue's
 * sweep enforces it, for the library has no alarm. */
static int64_t deadline_of(const struct jk_rpc_call *call)
{
    const struct jk_rpc_options *options = &call->server->options;
    bool stream = call->row->method && call->row->method->stream != JK_UNARY;
    int64_t ceiling = call->call.started_us / 1000 + (stream ? options->stream_ceiling_ms : options->unary_ceiling_ms);
    if (call->row->endless) ceiling = NO_DEADLINE;
    gpr_timespec given = call->row->method ? call->deadline : call->details.deadline;
    given = gpr_convert_clock_type(given, GPR_CLOCK_MONOTONIC);
    if (given.tv_sec > NO_DEADLINE / 1000) return ceiling;
    int64_t deadline = given.tv_sec * 1000 + given.tv_nsec / 1000000;
    return deadline < ceiling ? deadline : ceiling;
}

/* A call's time begins with its first message: how long that took is not ours. A stream's begins with its headers, for
 * the sweep, which may run on another thread than it, looks at its deadline. */
static void start_time(struct jk_rpc_call *call)
{
    call->call.started_us = jk_monotonic_us();
    call->call.deadline_ms = deadline_of(call);
}

static void watch_close(struct jk_rpc_call *call)
{
    grpc_op op = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};
    op.data.recv_close_on_server.cancelled = &call->was_cancelled;
    grpc_call *grpc = call->grpc;
    jk_rpc_hand_over(call);
    JK_CHECK(grpc_call_start_batch(grpc, &op, 1, &call->closed, NULL) == GRPC_CALL_OK);
}

static enum jk_status decode(struct jk_rpc_call *call, struct jk_arena *arena)
{
    struct jk_error *error = &call->call.error;
    enum jk_status status = jk_codec_decode(call->row->method->request, call->message,
                                            call->server->options.message_limit, arena, &call->call.request, error);
    grpc_byte_buffer_destroy(call->message);
    call->message = NULL;
    return status;
}

/* What can be said of the call with its first message, before a service sees it. */
static enum jk_status admit(struct jk_rpc_call *call)
{
    struct jk_error *error = &call->call.error;
    const struct jk_method *method = call->row->method;
    if (jk_error_is_set(error)) return error->status;
    if (method->stream == JK_CLIENT_STREAM) return JK_OK;
    if (!call->message)
        return jk_fail(error, JK_INVALID_ARGUMENT, "NO_MESSAGE", "the call has no message; send one %s",
                       method->request->name);
    enum jk_status status = decode(call, &call->call.arena);
    call->call.wrong = status != JK_OK && call->call.request && method->stream == JK_UNARY;
    return call->call.wrong ? JK_OK : status;
}

static void begin_work(struct jk_rpc_call *call)
{
    if (admit(call) == JK_OK)
        call->row->start(&call->call);
    else
        call_fail(&call->call);
}

/* Where a row wants to know of the close, the handler comes first, so that there is something to close. */
static void begin_call(struct jk_rpc_call *call)
{
    bool close_last = call->row->on_close != NULL;
    if (is_unary(call) && !close_last) {
        /* Most unary calls are answered at once, so their close is watched after the handler, if then still needed.
         * Their ends are sent by this thread only, so the call is there until we come back. */
        call->beginning = true;
        begin_work(call);
        call->beginning = false;
        if (!call->together) watch_close(call);
        return;
    }
    if (!close_last) watch_close(call);
    begin_work(call);
    if (close_last) watch_close(call);
}

/* The headers are there. Where there is to be one message, it is read first; a client's stream reads for itself. */
static void meet_call(struct jk_rpc_call *call)
{
    struct jk_call *base = &call->call;
    base->magic = JK_CALL_MAGIC;
    base->method = call->row->method;
    base->request = NULL;
    base->principal = (struct jk_principal){0};
    base->work = NULL;
    base->state = NULL;
    base->release = NULL;
    base->closed = NULL;
    base->reader = NULL;
    base->wrong = false;
    base->services = call->server->options.services;
    base->started_us = base->deadline_ms = 0; /* start_time */
    jk_error_init(&base->error, &base->arena);
    atomic_store(&base->cancelled, false);
    atomic_store(&call->holds, 2);
    call->greeted = call->broken = call->heard = call->beginning = call->together = false;
    atomic_store(&call->cut, JK_RPC_CUT_NOT);
    note_wait(call, JK_RPC_WAITS_NOT);
    call->guest = 0;
    call->held = 0;
    call->was_cancelled = 0;
    move_call(call, JK_RPC_OPEN);

    jk_rpc_read_headers(call);
    bool awaits = jk_rpc_let_in(call) == JK_OK && call->row->method->stream != JK_CLIENT_STREAM;
    if (!awaits || !is_unary(call)) start_time(call);
    if (awaits) {
        grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
        op.data.recv_message.recv_message = &call->message;
        move_call(call, JK_RPC_AWAITING);
        note_wait(call, JK_RPC_WAITS_FIRST);
        start_batch(call, &op, 1, &call->done);
    } else {
        begin_call(call);
    }
}

static void arrived(struct jk_rpc_call *call, bool success)
{
    struct jk_rpc_server *server = call->server;
    if (success) {
        atomic_fetch_add(&server->calls, 1);
        jk_rpc_queue_adopt(call->home, call);
        /* Before `posted` goes down, so that it never is zero while a request is being replaced. */
        if (!atomic_load(&server->closing)) jk_rpc_post(call->home, call->row);
        meet_call(call);
    } else {
        recycle(call, false); /* the server ends */
    }
    atomic_fetch_sub(&server->posted, 1);
}

/* ---- events ---- */

/* Why there is nobody any more: the client went, or the sweep ended the call. */
static void note_gone(struct jk_rpc_call *call)
{
    struct jk_error *error = &call->call.error;
    atomic_store(&call->call.cancelled, true);
    switch ((enum jk_rpc_cut)atomic_load(&call->cut)) {
    case JK_RPC_CUT_SILENT:
        (void)jk_fail(error, JK_DEADLINE_EXCEEDED, "NO_MESSAGE_IN_TIME", "the client's message did not arrive in time");
        return;
    case JK_RPC_CUT_UNREAD:
        (void)jk_fail(error, JK_RESOURCE_EXHAUSTED, "REPLY_NOT_READ", "the client did not read its reply in time");
        return;
    default:
        (void)jk_fail(error, JK_CANCELLED, "CLIENT_GONE", "the client cancelled the call or is gone");
    }
}

static void client_gone(struct jk_rpc_call *call)
{
    note_gone(call);
    call_fail(&call->call);
}

static void sent(struct jk_rpc_call *call, bool success)
{
    jk_call_fn *then = call->then;
    move_call(call, JK_RPC_OPEN);
    if (success)
        then(&call->call);
    else
        client_gone(call);
}

static void received(struct jk_rpc_call *call, bool success)
{
    jk_call_fn *then = call->then;
    move_call(call, JK_RPC_OPEN);
    call->call.request = NULL;
    call->heard = true;
    if (!success || (!call->message && grpc_call_failed_before_recv_message(call->grpc))) {
        client_gone(call);
        return;
    }
    jk_arena_reset(&call->call.message_arena);
    if (call->message && decode(call, &call->call.message_arena) != JK_OK)
        call_fail(&call->call);
    else
        then(&call->call);
}

static void done(struct jk_rpc_call *call, bool success)
{
    bool good = success && !call->broken;
    if (call->outgoing) grpc_byte_buffer_destroy(call->outgoing);
    call->outgoing = NULL;
    call->broken = false;
    note_wait(call, JK_RPC_WAITS_NOT);
    if (call->held) {
        jk_doorman_give_back(call->server->doorman, call->guest, call->held);
        call->held = 0;
    }
    switch (call->state) {
    case JK_RPC_AWAITING:
        move_call(call, JK_RPC_OPEN);
        call->heard = true;
        if (!good || (!call->message && grpc_call_failed_before_recv_message(call->grpc))) note_gone(call);
        if (is_unary(call)) start_time(call);
        begin_call(call);
        return;
    case JK_RPC_SENDING:
        sent(call, good);
        return;
    case JK_RPC_RECEIVING:
        received(call, good);
        return;
    case JK_RPC_ENDING:
        drop(call);
        return;
    case JK_RPC_POSTED:
    case JK_RPC_OPEN:
        break;
    }
    JK_CHECK(!"a batch ended that nobody started");
}

/* Once its end is sent a call may be gone. */
static void nudged(struct jk_rpc_queue *queue)
{
    struct jk_rpc_call *next;
    for (struct jk_rpc_call *call = jk_rpc_queue_take_ended(queue); call; call = next) {
        next = call->next_ended;
        send_end(call);
    }
}

void jk_rpc_call_event(struct jk_rpc_tag *tag, bool success)
{
    JK_CHECK_MAGIC(tag, JK_RPC_TAG_MAGIC);
    JK_CHECK_MAGIC(tag->call, JK_RPC_CALL_MAGIC);
    jk_rpc_take_back(tag->call);
    switch (tag->event) {
    case JK_RPC_ARRIVED:
        arrived(tag->call, success);
        return;
    case JK_RPC_CLOSED:
        if (tag->call->was_cancelled) atomic_store(&tag->call->call.cancelled, true);
        if (tag->call->row->on_close) tag->call->row->on_close(tag->call);
        if (tag->call->was_cancelled && is_unary(tag->call) && tag->call->server->options.gone)
            tag->call->server->options.gone(&tag->call->call);
        drop(tag->call);
        return;
    case JK_RPC_DONE:
        done(tag->call, success);
        return;
    case JK_RPC_NUDGED:
        nudged(tag->call->home);
        return;
    }
}
