/* The table of methods, and the way of a call into its handler. */
#include "service/dispatch.h"

#include "auth/access.h"
#include "base/clock.h"
#include "service/convert.h"
#include "service/handlers.h"
#include "service/page.h"
#include "service/services.h"

static const struct jk_method methods[] = {
#define JK_METHOD(service, name, stream, lane, allowed, scope, request, response, handler)                             \
    {"/jokbo.v1." #service "/" #name,      stream, lane, allowed, scope, &jokbo__v1__##request##__descriptor,          \
     &jokbo__v1__##response##__descriptor, handler},
#include "service/methods.def"
#undef JK_METHOD
};
#define METHODS (sizeof methods / sizeof *methods)

const struct jk_method *jk_methods(size_t *out_count)
{
    *out_count = METHODS;
    return methods;
}

/* A call's way to a reader thread and its work there. */
struct read_job {
    struct jk_job job;
    struct jk_call *call;
    uint32_t min_size;
};

/* How long a read may wait for the log to grow: the caller shall hear that it did not, before its own clock runs out.
 */
static int64_t wait_until(const struct jk_call *call)
{
    int64_t left = call->deadline_ms - jk_monotonic_ms(), margin = left / 5;
    return call->deadline_ms - (margin < 200 ? margin : 200);
}

static void run_read(struct jk_job *job, struct jk_reader *reader)
{
    struct read_job *read = (struct read_job *)job;
    struct jk_call *call = read->call;
    call->reader = reader;
    if (atomic_load(&call->cancelled) || jk_monotonic_ms() >= call->deadline_ms) {
        (void)jk_fail(&call->error, JK_DEADLINE_EXCEEDED, "DEADLINE", "The deadline passed before the call's turn");
        jk_call_fail(call);
        return;
    }
    if (read->min_size && !jk_store_wait_size(jk_store_of(call), read->min_size, wait_until(call))) {
        (void)jk_fail(&call->error, JK_UNAVAILABLE, "BEHIND", "This server has not reached log size %u yet; try again",
                      read->min_size);
        jk_call_fail(call);
        return;
    }
    call->work(call);
}

void jk_call_on_reader(struct jk_call *call, jk_call_fn *work, uint32_t min_size)
{
    struct read_job *read = jk_arena_zalloc(&call->arena, 1, sizeof *read);
    if (!read) {
        (void)jk_out_of_memory(&call->error);
        jk_call_fail(call);
        return;
    }
    call->work = work;
    *read = (struct read_job){.job = {.run = run_read,
                                      .deadline_ms = call->deadline_ms,
                                      .closing = call->method->lane == JK_LANE_CLOSING},
                              .call = call,
                              .min_size = min_size};
    if (jk_store_read(jk_store_of(call), &read->job)) return;
    (void)jk_fail(&call->error, JK_RESOURCE_EXHAUSTED, "QUEUE_FULL", "Too many reads are waiting; try again shortly");
    call->error.retry_ms = 500;
    jk_call_fail(call);
}

/* The least log size that the caller demands, by itself or by its page token; 0 where the request has no such field. */
static enum jk_status read_min_size(struct jk_call *call, uint32_t *out_size)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(call->method->request, "min_log_size");
    *out_size = call->request ? jk_page_log_size(call) : 0;
    if (!field || !call->request) return JK_OK;
    int64_t value = *(const int64_t *)((const char *)call->request + field->offset);
    if (value < 0 || value >= JK_NONE) {
        jk_error_field(&call->error, "min_log_size", "%lld is not a log size: give 0 or more", (long long)value);
        return jk_error_result(&call->error);
    }
    if ((uint32_t)value > *out_size) *out_size = (uint32_t)value;
    return JK_OK;
}

static bool is_behind(struct jk_call *call, uint32_t min_size)
{
    struct jk_view view;
    if (!min_size) return false;
    jk_store_view(jk_store_of(call), &view);
    jk_store_view_end(jk_store_of(call));
    return view.size < min_size;
}

void jk_dispatch(struct jk_call *call)
{
    uint32_t min_size = 0;
    struct jk_directory *directory = jk_store_directory(jk_store_of(call));
    enum jk_status status =
        jk_authenticate(directory, call->authorization, jk_store_clock_us(jk_store_of(call)), &call->principal, &call->error);
    if (status == JK_OK)
        status = jk_may_call(&call->principal, call->method->allowed, call->method->scope, &call->error);
    if (status == JK_OK) status = read_min_size(call, &min_size);
    if (status != JK_OK) {
        jk_call_fail(call);
        return;
    }
    bool waits = is_behind(call, min_size);
    bool reads = call->method->lane == JK_LANE_READER || call->method->lane == JK_LANE_CLOSING;
    if (call->method->stream == JK_UNARY && (waits || reads))
        jk_call_on_reader(call, call->method->handle, waits ? min_size : 0);
    else
        call->method->handle(call);
}
