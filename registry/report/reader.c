/* See reader.h. */
#include "report/reader.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#define VALUE_MAX 256

struct jk_fields jk_fields_top(struct jk_reading *reading, const json_t *value)
{
    struct jk_fields reader = {.reading = reading, .object = value};
    if (!json_is_object(value)) jk_fields_fault(&reader, NULL, value, "it must be an object");
    return reader;
}

bool jk_fields_failed(const struct jk_fields *reader)
{
    return reader->reading->status != JK_OK;
}

/* A scalar as JSON, shortened; of anything else only the kind, for it may be large. */
static void show_value(const json_t *value, char *out, size_t room)
{
    if (json_is_object(value) || json_is_array(value)) {
        snprintf(out, room, "%s", json_is_array(value) ? "a list" : "an object");
        return;
    }
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    jk_text_shorten(jk_span_of(text ? text : "missing"), out, room);
    free(text);
}

void jk_fields_fault(struct jk_fields *reader, const char *key, const json_t *value, const char *rule)
{
    char shown[VALUE_MAX];
    if (!jk_fields_failed(reader)) {
        const char *dot = reader->path[0] && key ? "." : "";
        show_value(value, shown, sizeof shown);
        reader->reading->status =
            jk_fail(reader->reading->error, JK_INVALID_ARGUMENT, "BAD_REPORT", "report.json: %s%s%s is %s: %s",
                    reader->path[0] || key ? reader->path : "the whole", dot, key ? key : "", shown, rule);
    }
    reader->object = NULL;
}

void jk_fields_end(struct jk_fields *reader)
{
    if (!reader->object || reader->taken == json_object_size(reader->object)) return;
    jk_fields_fault(reader, NULL, reader->object, "it has members that a report does not have");
}

const json_t *jk_fields_take(struct jk_fields *reader, const char *key)
{
    const json_t *value = json_object_get(reader->object, key);
    if (value)
        reader->taken++;
    else
        jk_fields_fault(reader, key, NULL, "it must be there");
    return value;
}

struct jk_fields jk_fields_object(struct jk_fields *reader, const char *key)
{
    const json_t *value = jk_fields_take(reader, key);
    struct jk_fields inner = {.reading = reader->reading, .object = value};
    snprintf(inner.path, sizeof inner.path, "%.48s%s%.40s", reader->path, reader->path[0] ? "." : "", key);
    if (value && !json_is_object(value)) jk_fields_fault(&inner, NULL, value, "it must be an object");
    return inner;
}

const json_t *jk_fields_list(struct jk_fields *reader, const char *key, size_t least, size_t most)
{
    char rule[80];
    const json_t *value = jk_fields_take(reader, key);
    size_t size = json_array_size(value);
    if (!value || (json_is_array(value) && size >= least && size <= most)) return value;
    snprintf(rule, sizeof rule, "it must be a list of %zu to %zu values", least, most);
    jk_fields_fault(reader, key, value, rule);
    return NULL;
}

struct jk_fields jk_fields_element(struct jk_fields *reader, const char *key, const json_t *list, size_t at)
{
    const json_t *value = json_array_get(list, at);
    struct jk_fields inner = {.reading = reader->reading, .object = value};
    snprintf(inner.path, sizeof inner.path, "%.40s%s%.24s[%zu]", reader->path, reader->path[0] ? "." : "", key, at);
    if (!json_is_object(value)) jk_fields_fault(&inner, NULL, value, "it must be an object");
    return inner;
}

uint32_t jk_fields_number(struct jk_fields *reader, const char *key, uint32_t least)
{
    char rule[80];
    const json_t *value = jk_fields_take(reader, key);
    json_int_t number = json_integer_value(value);
    if (!value || (json_is_integer(value) && number >= least && number < UINT32_MAX)) return (uint32_t)number;
    snprintf(rule, sizeof rule, "it must be an integer from %u to %u", least, UINT32_MAX - 1);
    jk_fields_fault(reader, key, value, rule);
    return least;
}

const char *jk_fields_text_of(struct jk_fields *reader, const char *key, const json_t *value, jk_fields_rule_fn *fault)
{
    char rule[160];
    struct jk_span text = {json_string_value(value), json_string_length(value)};
    if (jk_fields_failed(reader)) return "";
    const char *wrong = json_is_string(value) ? (fault ? fault(text) : NULL) : "must be a text";
    if (wrong) {
        snprintf(rule, sizeof rule, "it %s", wrong);
        jk_fields_fault(reader, key, value, rule);
        return "";
    }
    const char *copy = jk_arena_copy(reader->reading->arena, text.at, text.len);
    if (copy) return copy;
    reader->reading->status = jk_out_of_memory(reader->reading->error);
    return "";
}

const char *jk_fields_text(struct jk_fields *reader, const char *key, jk_fields_rule_fn *fault)
{
    return jk_fields_text_of(reader, key, jk_fields_take(reader, key), fault);
}

struct jk_digest jk_fields_digest(struct jk_fields *reader, const char *key)
{
    const json_t *value = jk_fields_take(reader, key);
    struct jk_span text = {json_string_value(value), json_string_length(value)};
    struct jk_digest digest = {{0}};
    if (value && (!json_is_string(value) || !jk_digest_parse(text, &digest)))
        jk_fields_fault(reader, key, value, "it must be 64 lower-case hexadecimal digits");
    return digest;
}
