/* Messages off the wire: what the check lets pass decodes within its budget, and every string in it is UTF-8 of the
 * length that it had on the wire. Input: a byte that chooses the type, then the message. */
#include <google/rpc/error_details.pb-c.h>
#include <google/rpc/status.pb-c.h>
#include <grpc/health/v1/health.pb-c.h>
#include <grpc/reflection/v1/reflection.pb-c.h>

#include "base/check.h"
#include "base/text.h"
#include "rpc/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *alloc(void *arena, size_t size)
{
    return jk_arena_alloc(arena, size);
}

static void release(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer;
}

static void check_reflection(const Grpc__Reflection__V1__ServerReflectionRequest *request)
{
    JK_CHECK(jk_utf8_valid(jk_span_of(request->host)));
    if (request->message_request_case == GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES)
        JK_CHECK(jk_utf8_valid(jk_span_of(request->list_services)));
}

static void check_status(const Google__Rpc__Status *status)
{
    JK_CHECK(jk_utf8_valid(jk_span_of(status->message)));
    for (size_t i = 0; i < status->n_details; i++)
        JK_CHECK(jk_utf8_valid(jk_span_of(status->details[i]->type_url)));
}

static void check_health(const Grpc__Health__V1__HealthCheckResponse *response)
{
    JK_CHECK(response->status >= 0 && response->status <= 3);
}

static void decode(const ProtobufCMessageDescriptor *type, struct jk_span bytes, struct jk_arena *arena)
{
    struct jk_error error;
    jk_error_init(&error, arena);
    if (jk_codec_check(type, bytes, &error) != JK_OK) {
        JK_CHECK(error.status == JK_INVALID_ARGUMENT && error.message[0]);
        return;
    }
    ProtobufCAllocator allocator = {alloc, release, arena};
    ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, bytes.len, (const uint8_t *)bytes.at);
    if (!message) return;
    if (type == &google__rpc__status__descriptor) check_status((const Google__Rpc__Status *)message);
    if (type == &grpc__health__v1__health_check_response__descriptor)
        check_health((const Grpc__Health__V1__HealthCheckResponse *)message);
    if (type == &grpc__reflection__v1__server_reflection_request__descriptor)
        check_reflection((const Grpc__Reflection__V1__ServerReflectionRequest *)message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ProtobufCMessageDescriptor *const types[] = {
        &google__rpc__status__descriptor,
        &google__rpc__bad_request__descriptor,
        &grpc__health__v1__health_check_response__descriptor,
        &grpc__reflection__v1__server_reflection_request__descriptor,
        &grpc__reflection__v1__server_reflection_response__descriptor,
    };
    struct jk_arena arena;

    if (size == 0) return 0;
    jk_arena_init(&arena, 1 << 20);
    decode(types[data[0] % 5], (struct jk_span){(const char *)data + 1, size - 1}, &arena);
    jk_arena_done(&arena);
    return 0;
}
