/* Failed calls: struct jk_error to what gRPC sends. See errors.h. */
#include "rpc/errors.h"

#include "reply/failure.h"

#define METADATA_BUDGET 7600 /* of the 8,192 bytes; the rest is for grpc-status, x-request-id and their overhead */
#define SCRATCH         (64 * 1024)

/* grpc-message is percent-encoded, so Korean text takes three times its bytes. */
static size_t encoded_size(const char *message)
{
    size_t size = 0;
    for (const char *at = message; *at; at++)
        size += *at < 0x20 || *at > 0x7E || *at == '%' ? 3 : 1;
    return size;
}

grpc_slice jk_errors_details(const struct jk_error *error)
{
    struct jk_arena arena;
    jk_arena_init(&arena, SCRATCH);
    size_t spent = encoded_size(jk_failure_message(error));
    /* Binary metadata travels as base64: three bytes take four. */
    const Google__Rpc__Status *status = jk_failure_status(error, (METADATA_BUDGET - spent) / 4 * 3, &arena);
    grpc_slice slice = status ? grpc_slice_malloc(google__rpc__status__get_packed_size(status)) : grpc_empty_slice();
    if (status) google__rpc__status__pack(status, GRPC_SLICE_START_PTR(slice));
    jk_arena_done(&arena);
    return slice;
}

grpc_slice jk_errors_message(const struct jk_error *error)
{
    return grpc_slice_from_copied_string(jk_failure_message(error));
}
