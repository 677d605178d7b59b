/* The detail of a failure: what google.rpc.Status can carry, and nothing that is secret.
 * Owned by the caller, usually inside a call or a batch item; strings lie in its arena.
 * An error without an arena keeps its message and drops the rest. Not thread-safe. */
#ifndef JK_BASE_ERROR_H
#define JK_BASE_ERROR_H

#include "base/arena.h"
#include "base/span.h"
#include "base/status.h"

#define JK_ERROR_VIOLATIONS 64 /* further ones are counted, not kept */
#define JK_ERROR_FACTS      12

struct jk_violation {
    const char *field; /* path as in the proto: "derivative.parents[2].name" */
    const char *rule;  /* the whole sentence: value (shortened), rule, how to mend it */
};

struct jk_fact {
    const char *key;
    const char *value;
};

struct jk_error {
    struct jk_arena *arena; /* may be NULL */
    enum jk_status status;
    char message[512];                                   /* one sentence for people; NUL-terminated UTF-8 */
    const char *reason;                                  /* ErrorInfo.reason, UPPER_SNAKE_CASE, static */
    struct jk_violation violations[JK_ERROR_VIOLATIONS]; /* BadRequest, or PreconditionFailure */
    size_t violation_count;                              /* may exceed JK_ERROR_VIOLATIONS: the rest was dropped */
    size_t settled;                                      /* so many of the first are all that is said of their fields */
    struct jk_fact facts[JK_ERROR_FACTS];                /* ErrorInfo.metadata */
    size_t fact_count;
    const char *resource_type; /* ResourceInfo, NULL for none */
    const char *resource_name;
    int retry_ms; /* RetryInfo, 0 for none */
};

void jk_error_init(struct jk_error *error, struct jk_arena *arena);
/* Sets status, reason and message (the first failure stays: a later call on a failed error is
 * ignored) and returns the status, so that `return jk_fail(…)` reads well. */
enum jk_status jk_fail(struct jk_error *error, enum jk_status status, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* No memory: RESOURCE_EXHAUSTED, reason "OUT_OF_MEMORY". The message tells an exhausted budget (that of the error's own
 * arena), where asking for less helps, from a machine that has no more. */
enum jk_status jk_out_of_memory(struct jk_error *error);
/* Adds a field violation; the status becomes INVALID_ARGUMENT (reason "INVALID_FIELD") unless set. Nothing is added to
 * a field that is settled. */
void jk_error_field(struct jk_error *error, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void jk_error_fact(struct jk_error *error, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with a longer text, as it is. */
void jk_error_fact_text(struct jk_error *error, const char *key, struct jk_span text);
void jk_error_resource(struct jk_error *error, const char *type, const char *name);
static inline bool jk_error_is_set(const struct jk_error *error)
{
    return error->status != JK_OK;
}
/* All that is said so far of any field is settled: what is found later follows from it. */
void jk_error_settle(struct jk_error *error);
/* After collecting: JK_OK, or the status with a message that sums the violations up. */
JK_MUST_USE enum jk_status jk_error_result(struct jk_error *error);

#endif
