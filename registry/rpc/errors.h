/* A failed call as clients get it: gRPC status, message, and a google.rpc.Status with the details for the trailer
 * grpc-status-details-bin: always ErrorInfo (domain "jokbo.v1"), BadRequest or PreconditionFailure for violations,
 * ResourceInfo, RetryInfo. Thread-safe, no state. Limits: message and details together stay below 8 KiB of metadata,
 * the most that many clients accept; further facts and violations are left out, and ErrorInfo says how many
 * ("omitted_facts", "omitted_violations"). */
#ifndef JK_RPC_ERRORS_H
#define JK_RPC_ERRORS_H

#include <grpc/slice.h>

#include "base/error.h"

/* The serialised google.rpc.Status; a detail for which there is no memory is left out. The caller's to unref. */
grpc_slice jk_errors_details(const struct jk_error *error);
/* The message alone, never empty; the caller's to unref. */
grpc_slice jk_errors_message(const struct jk_error *error);

#endif
