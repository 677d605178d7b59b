/* See call.h. A unary call is held by its worker, a stream that has told something by its listener, too; the last one
 * frees it. */
#include "web/call.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"

#define UNARY_MS     30000
#define STREAM_MS    600000
#define ARENA_BUDGET ((size_t)8 << 20)

struct web_call {
    struct jk_call call; /* first */
    const struct jk_web_carrier *carrier;
    struct jk_web_taker taker;
    struct jk_peer peer;
    atomic_uint holds;
    bool told; /* the worker's */
    jk_call_fn *then;
};

static struct web_call *web_call_of(struct jk_call *call)
{
    JK_CHECK_MAGIC(call, JK_CALL_MAGIC);
    return (struct web_call *)call;
}

static void give_back(struct web_call *call)
{
    if (atomic_fetch_sub(&call->holds, 1) != 1) return;
    jk_arena_done(&call->call.arena);
    jk_arena_done(&call->call.message_arena);
    call->call.magic = 0;
    free(call);
}

/* ---- the end ---- */

static void note_end(struct web_call *call, enum jk_status status)
{
    struct jk_call *base = &call->call;
    int64_t duration_us = jk_monotonic_us() - base->started_us;
    bool ours = status == JK_INTERNAL || status == JK_UNAVAILABLE || status == JK_UNKNOWN || status == JK_DATA_LOSS;
    enum jk_log_level level = ours ? JK_LOG_WARN : JK_LOG_DEBUG;
    if (call->carrier->observe)
        call->carrier->observe(base->services, (size_t)(base->method - call->carrier->methods), status, duration_us);
    if (!jk_log_wanted(level)) return;
    jk_log(level, "web-call", "method", base->method->path, "code", jk_status_text(status), "duration_ms",
           jk_log_i64(duration_us / 1000), ours ? "message" : NULL, base->error.message, NULL);
}

static void end_call(struct web_call *call, const ProtobufCMessage *message)
{
    const struct jk_error *error = jk_error_is_set(&call->call.error) ? &call->call.error : NULL;
    note_end(call, error ? error->status : JK_OK);
    call->taker.ended(call->taker.context, error, error ? NULL : message);
    if (call->call.release) call->call.release(&call->call);
    give_back(call);
}

static void call_fail(struct jk_call *base)
{
    struct jk_error *error = &base->error;
    if (!jk_error_is_set(error)) (void)jk_fail(error, JK_INTERNAL, "NO_CAUSE", "the server failed without saying why");
    end_call(web_call_of(base), NULL);
}

static void call_finish(struct jk_call *base, const ProtobufCMessage *message)
{
    if (base->wrong)
        call_fail(base);
    else
        end_call(web_call_of(base), message);
}

/* Only writes store replies, and none comes this way. */
static void call_finish_bytes(struct jk_call *base, struct jk_span bytes)
{
    (void)bytes;
    (void)jk_fail(&base->error, JK_UNIMPLEMENTED, "UNKNOWN_METHOD", "%s is not answered here; call it over gRPC",
                  base->method->path);
    call_fail(base);
}

/* ---- streams ---- */

static void call_send(struct jk_call *base, const ProtobufCMessage *message, jk_call_fn *then)
{
    struct web_call *call = web_call_of(base);
    JK_CHECK(then && call->taker.told);
    if (!call->told) atomic_fetch_add(&call->holds, 1);
    call->told = true;
    call->then = then;
    call->taker.told(call->taker.context, message);
}

void jk_web_call_next(struct jk_call *base, bool gone)
{
    struct web_call *call = web_call_of(base);
    jk_call_fn *then = call->then;
    if (!gone) {
        then(base);
        return;
    }
    atomic_store(&base->cancelled, true);
    (void)jk_fail(&base->error, JK_CANCELLED, "CLIENT_GONE", "the client cancelled the call or is gone");
    call_fail(base);
}

void jk_web_call_closed(struct jk_call *base)
{
    struct web_call *call = web_call_of(base);
    atomic_store(&base->cancelled, true);
    if (base->closed) base->closed(base);
    give_back(call);
}

static void call_receive(struct jk_call *base, jk_call_fn *then)
{
    (void)then;
    (void)jk_fail(&base->error, JK_UNIMPLEMENTED, "UNKNOWN_METHOD", "%s is not answered here; call it over gRPC",
                  base->method->path);
    call_fail(base);
}

static void call_peer(struct jk_call *base, struct jk_peer *out_peer)
{
    *out_peer = web_call_of(base)->peer;
}

static const struct jk_call_ops web_ops = {
    .finish = call_finish,
    .finish_bytes = call_finish_bytes,
    .fail = call_fail,
    .send = call_send,
    .receive = call_receive,
    .peer = call_peer,
};

/* ---- the beginning ---- */

const struct jk_method *jk_web_method(const struct jk_web_carrier *carrier, const char *path)
{
    for (size_t i = 0; i < carrier->method_count; i++)
        if (strcmp(carrier->methods[i].path, path) == 0) return &carrier->methods[i];
    return NULL;
}

struct jk_call *jk_web_call_new(const struct jk_web_carrier *carrier, const struct jk_method *method,
                                const struct jk_peer *peer)
{
    struct web_call *call = calloc(1, sizeof *call);
    if (!call) return NULL;
    struct jk_call *base = &call->call;
    call->carrier = carrier;
    call->peer = *peer;
    atomic_init(&call->holds, 1);
    base->magic = JK_CALL_MAGIC;
    base->ops = &web_ops;
    base->method = method;
    base->services = carrier->services;
    base->started_us = jk_monotonic_us();
    base->deadline_ms = base->started_us / 1000 + (method->stream == JK_UNARY ? UNARY_MS : STREAM_MS);
    jk_arena_init(&base->arena, ARENA_BUDGET);
    jk_arena_init(&base->message_arena, ARENA_BUDGET);
    jk_error_init(&base->error, &base->arena);
    return base;
}

void jk_web_call_drop(struct jk_call *call)
{
    give_back(web_call_of(call));
}

void jk_web_call_start(struct jk_call *base, const ProtobufCMessage *request, const struct jk_web_taker *taker)
{
    web_call_of(base)->taker = *taker;
    base->request = request;
    jk_dispatch(base);
}
