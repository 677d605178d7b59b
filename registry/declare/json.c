/* See json.h. */
#include "declare/json.h"

#include "base/defer.h"
#include "base/text.h"
#include "declare/words.h"

/* The end of the string that begins at text.at[at], a quote. */
static size_t string_end(struct jk_span text, size_t at)
{
    size_t i = at + 1;
    while (i < text.len && text.at[i] != '"')
        i += text.at[i] == '\\' ? 2 : 1;
    return i < text.len ? i + 1 : text.len;
}

/* How many bytes at the beginning are a number that is none; 0 for no such thing. */
static size_t no_number(struct jk_span text)
{
    const struct jk_span words[] = {JK_SPAN("NaN"), JK_SPAN("Infinity"), JK_SPAN("-Infinity")};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (jk_span_starts(text, words[i])) return words[i].len;
    return 0;
}

static bool begins_value(char c)
{
    return c == '{' || c == '[' || c == ',';
}

/* Returns how many values there are at most: each but the first comes after one of these three. */
static size_t without_oddities(struct jk_span text, struct jk_text *out)
{
    size_t values = 1;
    jk_text_reserve(out, text.len + 1);
    for (size_t i = 0; i < text.len;) {
        struct jk_span rest = {text.at + i, text.len - i};
        size_t len = text.at[i] == '"' ? string_end(text, i) - i : no_number(rest);
        if (text.at[i] != '"' && len > 0) {
            jk_text_add_str(out, "null");
        } else {
            len = len > 0 ? len : 1;
            jk_text_add(out, (struct jk_span){rest.at, len});
        }
        values += begins_value(text.at[i]);
        i += len;
    }
    return values;
}

json_t *jk_declared_json_within(struct jk_span text, size_t most_bytes, size_t most_values, const char *file,
                                struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text plain;
    json_error_t fault;
    jk_text_init(&plain, 0);
    if (text.len > most_bytes) {
        jk_error_field(error, file, "it is larger than %zu MiB", most_bytes >> 20);
        return NULL;
    }
    if (jk_span_starts(text, JK_SPAN("\xEF\xBB\xBF"))) text = (struct jk_span){text.at + 3, text.len - 3};
    if (without_oddities(text, &plain) > most_values) {
        jk_error_field(error, file, "it has more than %zu,000 values", most_values / 1000);
        return NULL;
    }
    json_t *root = plain.failed ? NULL : json_loadb(plain.bytes ? plain.bytes : "", plain.len, JSON_DECODE_ANY, &fault);
    if (root && json_is_object(root)) return root;
    if (root)
        jk_error_field(error, file, "it must be a JSON object");
    else if (plain.failed)
        jk_error_field(error, file, "there is not enough memory to read it");
    else
        jk_error_field(error, file, "line %d: %s", fault.line, fault.text);
    json_decref(root);
    return NULL;
}

json_t *jk_declared_json(struct jk_span text, const char *file, struct jk_error *error)
{
    return jk_declared_json_within(text, JK_DECLARED_JSON_MAX, JK_DECLARED_JSON_VALUES, file, error);
}

struct jk_span jk_declared_json_text(const json_t *object, const char *key, struct jk_arena *arena)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value)) return JK_SPAN("");
    size_t len = json_string_length(value);
    char *copy = jk_arena_copy(arena, json_string_value(value), len);
    return copy ? jk_words_trim((struct jk_span){copy, len}) : JK_SPAN("");
}
