/* How a call reaches its handler. */
#include "service/call/dispatch.h"

#include "auth/access.h"
#include "base/clock.h"
#include "service/call/convert.h"
#include "service/call/entries.h"
#include "service/call/page.h"
#include "service/call/parking.h"
#include "service/call/services.h"

/* Passing a call to a reader thread, and its work there. */
struct read_job {
    struct jk_job job;
    struct jk_call *call;
};

static void run_read(struct jk_job *job, struct jk_reader *reader)
{
    struct read_job *read = (struct read_job *)job;
    struct jk_call *call = read->call;
    call->reader = reader;
    if (atomic_load(&call->cancelled) || jk_monotonic_ms() >= call->deadline_ms) {
        (void)jk_fail(&call->error, JK_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED",
                      "The deadline passed before the call's turn");
        jk_call_fail(call);
        return;
    }
    call->work(call);
}

void jk_call_on_reader(struct jk_call *call, jk_call_fn *work)
{
    struct read_job *read = jk_arena_zalloc(&call->arena, 1, sizeof *read);
    if (!read) {
        (void)jk_out_of_memory(&call->error);
        jk_call_fail(call);
        return;
    }
    call->work = work;
    *read = (struct read_job){
        .job = {.run = run_read, .deadline_ms = call->deadline_ms, .closing = call->method->lane == JK_LANE_CLOSING},
        .call = call};
    if (jk_store_read(jk_store_of(call), &read->job)) return;
    (void)jk_fail(&call->error, JK_RESOURCE_EXHAUSTED, "QUEUE_FULL", "Too many reads are waiting; try again shortly");
    call->error.retry_ms = 500;
    jk_call_fail(call);
}

void jk_call_answer(struct jk_call *call, enum jk_status status, const ProtobufCMessage *message)
{
    if (status == JK_OK && (!message || call->arena.exhausted)) status = jk_out_of_memory(&call->error);
    if (status == JK_OK)
        jk_call_finish(call, message);
    else
        jk_call_fail(call);
}

/* ---- waiting for a log size ---- */

/* How long a read may wait for the log to grow: the caller should learn that it did not, before its own deadline. */
static int64_t wait_until(const struct jk_call *call)
{
    int64_t left = call->deadline_ms - jk_monotonic_ms(), margin = left / 5;
    return call->deadline_ms - (margin < 200 ? margin : 200);
}

/* The log size that the caller requires, and the field in which it says so. */
struct demand {
    uint32_t size; /* 0: nothing */
    const char *field;
};

static enum jk_status read_demand(struct jk_call *call, struct demand *out)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(call->method->request, "min_log_size");
    *out = (struct demand){call->request ? jk_page_log_size(call) : 0, "page_token"};
    if (!field || !call->request) return JK_OK;
    int64_t value = *(const int64_t *)((const char *)call->request + field->offset);
    if (value < 0 || value >= JK_NONE) {
        jk_error_field(&call->error, "min_log_size", "%lld is not a log size: give 0 or more", (long long)value);
        return jk_error_result(&call->error);
    }
    if ((uint32_t)value > out->size) *out = (struct demand){(uint32_t)value, "min_log_size"};
    return JK_OK;
}

/* A size that no server can have returned is a mistake, or worse: it is not waited for. */
static enum jk_status check_demand(struct jk_call *call, const struct demand *demand, bool *out_waits)
{
    uint32_t size = demand->size ? jk_size_now(jk_store_of(call)) : 0;
    *out_waits = demand->size > size;
    if (!*out_waits || demand->size - size <= JK_PARKING_AHEAD) return JK_OK;
    jk_error_field(&call->error, demand->field,
                   "%u is a log size more than %d beyond the %u entries that this server knows: use one from a reply "
                   "of this registry",
                   demand->size, JK_PARKING_AHEAD, size);
    return jk_error_result(&call->error);
}

/* On the rpc thread, or the parking thread: in both cases only briefly. */
static void handle(struct jk_call *call)
{
    const struct jk_method *method = call->method;
    bool reads = method->lane == JK_LANE_READER || method->lane == JK_LANE_CLOSING;
    if (method->stream == JK_UNARY && reads)
        jk_call_on_reader(call, method->handle);
    else
        method->handle(call);
}

static void go_on_reader(struct jk_call *call)
{
    jk_call_on_reader(call, call->work);
}

void jk_call_await(struct jk_call *call, uint32_t size, jk_call_fn *work)
{
    call->reader = NULL;
    call->work = work;
    jk_park(jk_services_of(call)->parking, call, size, call->deadline_ms, go_on_reader);
}

void jk_dispatch_gone(struct jk_call *call)
{
    jk_parking_gone(jk_services_of(call)->parking, call);
}

/* ---- the way in ---- */

void jk_dispatch(struct jk_call *call)
{
    struct demand demand = {0};
    bool waits = false;
    struct jk_directory *directory = jk_store_directory(jk_store_of(call));
    enum jk_status status = jk_authenticate(directory, call->authorization, jk_store_clock_us(jk_store_of(call)),
                                            &call->principal, &call->error);
    if (status == JK_OK)
        status = jk_may_call(&call->principal, call->method->allowed, call->method->scope, &call->error);
    if (status == JK_OK) status = read_demand(call, &demand);
    if (status == JK_OK) status = check_demand(call, &demand, &waits);
    if (status != JK_OK)
        jk_call_fail(call);
    else if (waits)
        jk_park(jk_services_of(call)->parking, call, demand.size, wait_until(call), handle);
    else
        handle(call);
}
