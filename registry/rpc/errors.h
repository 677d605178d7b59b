/* A failed call as clients get it: gRPC status, message, and a google.rpc.Status with the details for the trailer
 * grpc-status-details-bin: ErrorInfo always (domain "jokbo.v1"), BadRequest or PreconditionFailure for violations,
 * ResourceInfo, RetryInfo. Thread-safe, keeps nothing.
 * Limits: message and details together stay under 8 KiB of metadata, which many clients take at most; facts and
 * violations past that are left out, and ErrorInfo says how many ("omitted_facts", "omitted_violations"). */
#ifndef JK_RPC_ERRORS_H
#define JK_RPC_ERRORS_H

#include <grpc/slice.h>

#include "base/error.h"

#define JK_ERROR_DOMAIN "jokbo.v1"

/* The serialised google.rpc.Status; a detail for which there is no memory is left out. The caller's to unref. */
grpc_slice jk_errors_details(const struct jk_error *error);
/* The message alone, never empty; the caller's to unref. */
grpc_slice jk_errors_message(const struct jk_error *error);

#endif
