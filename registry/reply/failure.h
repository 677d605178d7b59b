/* A failure as google.rpc.Status with its details, for every carrier: ErrorInfo always, and as the error says RetryInfo,
 * ResourceInfo, BadRequest or PreconditionFailure. Pure. */
#ifndef JK_REPLY_FAILURE_H
#define JK_REPLY_FAILURE_H

#include <google/rpc/status.pb-c.h>

#include "base/arena.h"
#include "base/error.h"

#define JK_ERROR_DOMAIN "jokbo.v1"

/* The sentence for the user; never empty. */
const char *jk_failure_message(const struct jk_error *error);
/* In the arena, as long as the error lives. What does not fit in `room` bytes of serialised details is counted
 * (omitted_violations, omitted_facts). NULL when out of memory. */
Google__Rpc__Status *jk_failure_status(const struct jk_error *error, size_t room, struct jk_arena *arena);

#endif
