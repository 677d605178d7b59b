/* The details of a failure: what google.rpc.Status can carry, and no secrets. Owned by the caller, usually inside a
 * call or a batch item; its strings live in the arena. Without an arena only the message is kept. Not thread-safe. */
#ifndef JK_BASE_ERROR_H
#define JK_BASE_ERROR_H

#include "base/arena.h"
#include "base/span.h"
#include "base/status.h"

#define JK_ERROR_VIOLATIONS 64 /* more are counted, but not kept */
#define JK_ERROR_FACTS      12

struct jk_violation {
    const char *field; /* path as in the proto: "derivative.parents[2].name" */
    const char *rule;  /* the whole sentence: the value (shortened), the rule, how to fix it */
};

struct jk_fact {
    const char *key;
    const char *value;
};

struct jk_error {
    struct jk_arena *arena; /* may be NULL */
    enum jk_status status;
    char message[512];                                   /* one sentence for the user; NUL-terminated UTF-8 */
    const char *reason;                                  /* ErrorInfo.reason, UPPER_SNAKE_CASE, static */
    struct jk_violation violations[JK_ERROR_VIOLATIONS]; /* BadRequest, or PreconditionFailure */
    size_t violation_count;                              /* may exceed JK_ERROR_VIOLATIONS: the rest were dropped */
    size_t settled;                                      /* the first so many, to whose fields nothing more is added */
    struct jk_fact facts[JK_ERROR_FACTS];                /* ErrorInfo.metadata */
    size_t fact_count;
    const char *resource_type; /* ResourceInfo, NULL for none */
    const char *resource_name;
    int retry_ms; /* RetryInfo, 0 for none */
};

void jk_error_init(struct jk_error *error, struct jk_arena *arena);
/* Sets status, reason and message and returns the status, so that `return jk_fail(…)` reads well. The first failure
 * wins: later calls are ignored. */
enum jk_status jk_fail(struct jk_error *error, enum jk_status status, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Out of memory: RESOURCE_EXHAUSTED, reason "OUT_OF_MEMORY". The message distinguishes an exhausted budget (of the
 * error's own arena), where asking for less helps, from a machine without memory. */
enum jk_status jk_out_of_memory(struct jk_error *error);
/* Adds a field violation; the status becomes INVALID_ARGUMENT (reason "INVALID_FIELD") unless already set. Ignored for
 * a field that is settled. */
void jk_error_field(struct jk_error *error, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void jk_error_fact(struct jk_error *error, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for a longer text, taken as it is. */
void jk_error_fact_text(struct jk_error *error, const char *key, struct jk_span text);
void jk_error_resource(struct jk_error *error, const char *type, const char *name);
static inline bool jk_error_is_set(const struct jk_error *error)
{
    return error->status != JK_OK;
}
/* Settles every field that has a violation so far: later violations of it would only be consequences. */
void jk_error_settle(struct jk_error *error);
/* Call this after collecting: JK_OK, or the status, with a message that summarises the violations. */
JK_MUST_USE enum jk_status jk_error_result(struct jk_error *error);

#endif
