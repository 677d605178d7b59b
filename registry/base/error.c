/* Collecting the details of a failure. All text is cut to a limit and made well-formed UTF-8, as protobuf requires. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "base/text.h"

#define RULE_MAX 1024
#define ELLIPSIS "\xE2\x80\xA6"

/* Recognised by its address: if a caller uses "INVALID_FIELD" with its own message, that message is not replaced by a
 * summary. */
static const char invalid_field[] = "INVALID_FIELD";

/* Invalid bytes and one-byte control characters become '?': neither may reach a reply. */
static void mend(char *text)
{
    struct jk_span rest = jk_span_of(text);
    while (rest.len > 0) {
        char *at = text + (rest.at - text);
        uint32_t code;
        bool good = jk_utf8_next(&rest, &code);
        if (good && code >= 0x20 && code != 0x7F) continue;
        *at = '?';
        if (!good) rest = (struct jk_span){rest.at + 1, rest.len - 1};
    }
}

/* Ends a text that was cut at room - 1 bytes with an ellipsis, without splitting a character. */
static void mark_cut(char *text, size_t room)
{
    struct jk_span kept = jk_utf8_cut((struct jk_span){text, room - 1}, room - sizeof ELLIPSIS);
    memcpy(text + kept.len, ELLIPSIS, sizeof ELLIPSIS);
}

static void print(char *out, size_t room, const char *format, va_list args)
{
    int len = vsnprintf(out, room, format, args);
    if (len < 0) out[0] = '\0';
    if (len > 0 && (size_t)len >= room) mark_cut(out, room);
    mend(out);
}

/* NULL if there is no arena, or it has no room. */
static const char *keep_error_text(struct jk_error *error, const char *text)
{
    if (!error->arena || !text) return NULL;
    char *copy = jk_arena_copy(error->arena, text, strlen(text));
    if (copy) mend(copy);
    return copy;
}

void jk_error_init(struct jk_error *error, struct jk_arena *arena)
{
    /* The lists are not cleared: they are filled one by one, and clearing them would cost more than many calls that
     * succeed. */
    error->arena = arena;
    error->status = JK_OK;
    error->message[0] = '\0';
    error->reason = NULL;
    error->violation_count = error->settled = error->fact_count = 0;
    error->resource_type = error->resource_name = NULL;
    error->retry_ms = 0;
}

enum jk_status jk_fail(struct jk_error *error, enum jk_status status, const char *reason, const char *format, ...)
{
    JK_CHECK(status != JK_OK);
    if (jk_error_is_set(error)) return error->status;
    error->status = status;
    error->reason = reason;
    va_list args;
    va_start(args, format);
    print(error->message, sizeof error->message, format, args);
    va_end(args);
    return status;
}

enum jk_status jk_out_of_memory(struct jk_error *error)
{
    bool past_budget = error->arena && error->arena->exhausted;
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "%s",
                   past_budget ? "this needs more memory than one request may have: ask for less at once"
                               : "out of memory: try again later");
}

void jk_error_settle(struct jk_error *error)
{
    error->settled = error->violation_count < JK_ERROR_VIOLATIONS ? error->violation_count : JK_ERROR_VIOLATIONS;
}

void jk_error_field(struct jk_error *error, const char *field, const char *format, ...)
{
    char rule[RULE_MAX];
    va_list args;
    for (size_t i = 0; i < error->settled; i++)
        if (strcmp(error->violations[i].field, field) == 0) return;
    va_start(args, format);
    print(rule, sizeof rule, format, args);
    va_end(args);
    if (!jk_error_is_set(error)) (void)jk_fail(error, JK_INVALID_ARGUMENT, invalid_field, "%s: %s", field, rule);

    if (error->violation_count >= JK_ERROR_VIOLATIONS) {
        error->violation_count++;
        return;
    }
    struct jk_violation violation = {keep_error_text(error, field), keep_error_text(error, rule)};
    if (violation.field && violation.rule) error->violations[error->violation_count++] = violation;
}

/* An existing key gets the new value: the facts become a map. */
static struct jk_fact *fact_slot(struct jk_error *error, const char *key)
{
    for (size_t i = 0; i < error->fact_count; i++)
        if (strcmp(error->facts[i].key, key) == 0) return &error->facts[i];
    return error->fact_count < JK_ERROR_FACTS ? &error->facts[error->fact_count] : NULL;
}

void jk_error_fact(struct jk_error *error, const char *key, const char *format, ...)
{
    char text[RULE_MAX];
    va_list args;
    va_start(args, format);
    print(text, sizeof text, format, args);
    va_end(args);
    mend(text);
    jk_error_fact_text(error, key, jk_span_of(text));
}

void jk_error_fact_text(struct jk_error *error, const char *key, struct jk_span text)
{
    struct jk_fact *slot = fact_slot(error, key);
    if (!slot) return;
    struct jk_fact fact = {keep_error_text(error, key),
                           error->arena ? jk_arena_copy(error->arena, text.at, text.len) : NULL};
    if (!fact.key || !fact.value) return;
    if (slot == &error->facts[error->fact_count]) error->fact_count++;
    *slot = fact;
}

void jk_error_resource(struct jk_error *error, const char *type, const char *name)
{
    const char *kept_type = keep_error_text(error, type);
    const char *kept_name = keep_error_text(error, name);
    if (!kept_type || !kept_name) return;
    error->resource_type = kept_type;
    error->resource_name = kept_name;
}

/* Appends as much as fits; false once something was cut. */
static bool append_error_text(char *message, size_t room, size_t *len, const char *before, const char *text)
{
    int added = snprintf(message + *len, room - *len, "%s%s", before, text);
    if (added < 0) return false;
    if ((size_t)added < room - *len) {
        *len += (size_t)added;
        return true;
    }
    mark_cut(message, room);
    return false;
}

static void sum_up(struct jk_error *error)
{
    size_t count = error->violation_count, room = sizeof error->message;
    size_t kept = count < JK_ERROR_VIOLATIONS ? count : JK_ERROR_VIOLATIONS;
    size_t len = (size_t)snprintf(error->message, room, "%zu %s wrong", count, count == 1 ? "field is" : "fields are");
    for (size_t i = 0; i < kept; i++) {
        if (!append_error_text(error->message, room, &len, i == 0 ? ": " : "; ", error->violations[i].field)) return;
        if (!append_error_text(error->message, room, &len, ": ", error->violations[i].rule)) return;
    }
    if (kept < count) (void)append_error_text(error->message, room, &len, "; ", ELLIPSIS);
}

enum jk_status jk_error_result(struct jk_error *error)
{
    if (error->reason == invalid_field && error->violation_count > 0) sum_up(error);
    return error->status;
}
