/* See json.h. */
#include "declare/json.h"

#include "base/ascii.h"
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

/* The number of \uXXXX at the beginning; -1 for anything else. */
static int escaped(struct jk_span text)
{
    static const char digits[] = "0123456789abcdef";
    int code = 0;
    if (text.len < 6 || text.at[0] != '\\' || text.at[1] != 'u') return -1;
    for (size_t i = 2; i < 6; i++) {
        const char *digit = memchr(digits, jk_ascii_to_lower(text.at[i]), sizeof digits - 1);
        if (!digit) return -1;
        code = code << 4 | (int)(digit - digits);
    }
    return code;
}

/* How many bytes at the beginning, a backslash, are escapes of what no text may have: NUL, and half of a pair; 0 where
 * they are in order. *out_len: how many they are then. */
static size_t no_character(struct jk_span text, size_t *out_len)
{
    int code = escaped(text);
    *out_len = code < 0 ? 2 : 6;
    if (code == 0 || (code >= 0xdc00 && code <= 0xdfff)) return 6;
    if (code < 0xd800 || code > 0xdfff) return 0;
    int second = escaped((struct jk_span){text.at + 6, text.len - 6});
    if (second < 0xdc00 || second > 0xdfff) return 6;
    *out_len = 12;
    return 0;
}

/* A string with the replacement character in place of what no text may have. */
static void add_string(struct jk_text *out, struct jk_span string)
{
    size_t kept = 0, len;
    for (const char *at = string.at; (at = memchr(at, '\\', string.len - (size_t)(at - string.at)));) {
        size_t begun = (size_t)(at - string.at);
        size_t wrong = no_character((struct jk_span){at, string.len - begun}, &len);
        if (wrong > 0) {
            jk_text_add(out, (struct jk_span){string.at + kept, begun - kept});
            jk_text_add_str(out, "\xEF\xBF\xBD");
            kept = begun + wrong;
        }
        at += wrong > 0 ? wrong : len;
        if (at >= string.at + string.len) break;
    }
    if (kept < string.len) jk_text_add(out, (struct jk_span){string.at + kept, string.len - kept});
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
        if (text.at[i] == '"') {
            add_string(out, (struct jk_span){rest.at, len});
        } else if (len > 0) {
            jk_text_add_str(out, "null");
        } else {
            jk_text_add_char(out, text.at[i]);
            len = 1;
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
