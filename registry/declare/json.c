/* See json.h. */
#include "declare/json.h"

#include "base/ascii.h"
#include "base/defer.h"
#include "base/text.h"
#include "declare/json_plain.h"
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

/* ---- what is wanted of it ---- */

struct copying {
    struct jk_span rest;
    struct jk_text *out;
    size_t values;
};

static void copy_bytes(struct copying *copying, size_t len)
{
    jk_text_add(copying->out, (struct jk_span){copying->rest.at, len});
    copying->rest = (struct jk_span){copying->rest.at + len, copying->rest.len - len};
}

/* The byte after white space, which is copied, so that lines keep their numbers. */
static char next_byte(struct copying *copying)
{
    size_t lines = 0;
    copy_bytes(copying, jk_json_space(copying->rest, &lines));
    return copying->rest.len > 0 ? copying->rest.at[0] : '\0';
}

/* A plain value; false, with nothing taken, for any other. */
static bool copy_plain(struct copying *copying)
{
    size_t lines = 0, len = jk_json_plain(copying->rest, &copying->values, &lines);
    copy_bytes(copying, len);
    return len > 0;
}

/* The same with null in its place; what goes on after it in some other way is left to be copied. */
static bool pass_plain(struct copying *copying)
{
    size_t values = 0, lines = 0, len = jk_json_plain(copying->rest, &values, &lines);
    bool ends = len > 0 && len < copying->rest.len && memchr(" \t\r\n,}", copying->rest.at[len], 6);
    if (!ends) return copy_plain(copying);
    copying->rest = (struct jk_span){copying->rest.at + len, copying->rest.len - len};
    copying->values += values;
    jk_text_add(copying->out, JK_SPAN("null"));
    for (; lines > 0; lines--)
        jk_text_add_char(copying->out, '\n');
    return true;
}

static const struct jk_json_wanted *find_wanted(const struct jk_json_wanted *wanted, struct jk_span key)
{
    for (; wanted->key; wanted++)
        if (jk_span_equal(key, jk_span_of(wanted->key))) return wanted;
    return NULL;
}

static bool copy_wanted(struct copying *copying, const struct jk_json_wanted *wanted);

/* The member of an object that begins here. A key with escapes may be any. */
static bool copy_member(struct copying *copying, const struct jk_json_wanted *wanted)
{
    const char *begin = copying->rest.at;
    if (begin[0] != '"' || !copy_plain(copying)) return false;
    struct jk_span key = {begin + 1, (size_t)(copying->rest.at - begin) - 2};
    if (next_byte(copying) != ':') return false;
    copy_bytes(copying, 1);
    (void)next_byte(copying);
    const struct jk_json_wanted *found = find_wanted(wanted, key);
    if (!found && !memchr(key.at, '\\', key.len)) return pass_plain(copying);
    return found && found->inner ? copy_wanted(copying, found->inner) : copy_plain(copying);
}

static bool copy_item(struct copying *copying, const struct jk_json_wanted *wanted)
{
    return copying->rest.at[0] == '{' ? copy_wanted(copying, wanted) : copy_plain(copying);
}

/* The value that begins here; false as soon as something is not plain, with all before it taken. */
static bool copy_wanted(struct copying *copying, const struct jk_json_wanted *wanted)
{
    char open = copying->rest.len > 0 ? copying->rest.at[0] : '\0', close = open == '{' ? '}' : ']';
    if (open != '{' && open != '[') return copy_plain(copying);
    copy_bytes(copying, 1);
    copying->values++;
    for (char next = next_byte(copying); next != close; next = next_byte(copying)) {
        if (copying->rest.len == 0 || !(open == '{' ? copy_member(copying, wanted) : copy_item(copying, wanted)))
            return false;
        next = next_byte(copying);
        if (next != ',' && next != close) return false;
        if (next == close) break;
        copy_bytes(copying, 1);
        copying->values++;
        if (next_byte(copying) == close) return false;
    }
    copy_bytes(copying, 1);
    return true;
}

/* Returns how many values there are at most: each but the first comes after one of these three. */
static size_t without_oddities(struct jk_span text, const struct jk_json_wanted *wanted, struct jk_text *out)
{
    struct copying copying = {text, out, 1};
    jk_text_reserve(out, text.len + 1);
    (void)next_byte(&copying);
    (void)(wanted ? copy_wanted(&copying, wanted) : copy_plain(&copying));
    while (copying.rest.len > 0) {
        struct jk_span rest = copying.rest;
        size_t len = rest.at[0] == '"' ? string_end(rest, 0) : no_number(rest);
        if (rest.at[0] == '"') {
            add_string(out, (struct jk_span){rest.at, len});
        } else if (len > 0) {
            jk_text_add_str(out, "null");
        } else {
            jk_text_add_char(out, rest.at[0]);
            len = 1;
        }
        copying.values += begins_value(rest.at[0]);
        copying.rest = (struct jk_span){rest.at + len, rest.len - len};
    }
    return copying.values;
}

static json_t *load(struct jk_span text, size_t most_bytes, size_t most_values, const struct jk_json_wanted *wanted,
                    size_t flags, const char *file, struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text plain;
    json_error_t fault;
    jk_text_init(&plain, 0);
    if (text.len > most_bytes) {
        jk_error_field(error, file, "it is larger than %zu MiB", most_bytes >> 20);
        return NULL;
    }
    if (jk_span_starts(text, JK_SPAN("\xEF\xBB\xBF"))) text = (struct jk_span){text.at + 3, text.len - 3};
    if (without_oddities(text, wanted, &plain) > most_values) {
        jk_error_field(error, file, "it has more than %zu,000 values", most_values / 1000);
        return NULL;
    }
    json_t *root = plain.failed ? NULL : json_loadb(plain.bytes ? plain.bytes : "", plain.len, flags, &fault);
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

json_t *jk_declared_json_within(struct jk_span text, size_t most_bytes, size_t most_values,
                                const struct jk_json_wanted *wanted, const char *file, struct jk_error *error)
{
    return load(text, most_bytes, most_values, wanted, JSON_DECODE_ANY, file, error);
}

json_t *jk_declared_json_unique(struct jk_span text, const char *file, struct jk_error *error)
{
    return load(text, JK_DECLARED_JSON_MAX, JK_DECLARED_JSON_VALUES, NULL, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES,
                file, error);
}

json_t *jk_declared_json(struct jk_span text, const char *file, struct jk_error *error)
{
    return jk_declared_json_within(text, JK_DECLARED_JSON_MAX, JK_DECLARED_JSON_VALUES, NULL, file, error);
}

struct jk_span jk_declared_json_span(const json_t *value)
{
    if (!json_is_string(value)) return JK_SPAN("");
    return (struct jk_span){json_string_value(value), json_string_length(value)};
}

struct jk_span jk_declared_json_text(const json_t *object, const char *key, struct jk_arena *arena)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value)) return JK_SPAN("");
    size_t len = json_string_length(value);
    char *copy = jk_arena_copy(arena, json_string_value(value), len);
    return copy ? jk_words_trim((struct jk_span){copy, len}) : JK_SPAN("");
}
