/* See json_plain.h. */
#include "declare/json_plain.h"

#include "base/ascii.h"
#include "base/text.h"

#define DIGITS_MAX   18 /* of a whole number: what 64 bits have room for */
#define NUMBER_MAX   40 /* bytes of one with a fraction */
#define EXPONENT_MAX 2  /* digits of its exponent */

struct scan {
    struct jk_span text;
    size_t at, commas, lines;
    uint64_t objects; /* a bit a level, the innermost lowest: whether it is an object */
    unsigned depth;
};

/* Which bytes a text may have as they are: neither quote nor backslash, no control character, no part of a longer
 * character. */
static bool stands_as_it_is(unsigned char byte)
{
    return byte >= ' ' && byte < 0x80 && byte != '"' && byte != '\\';
}

/* How many bytes the escape at the beginning takes; 0 for none, and for NUL and halves of surrogate pairs. */
static size_t escape_len(struct jk_span text)
{
    unsigned code = 0;
    if (text.len < 2 || text.at[1] == '\0') return 0;
    if (text.at[1] != 'u') return strchr("\"\\/bfnrt", text.at[1]) ? 2 : 0;
    if (text.len < 6) return 0;
    for (size_t i = 2; i < 6; i++) {
        char c = jk_ascii_to_lower(text.at[i]);
        if (!jk_ascii_digit(c) && (c < 'a' || c > 'f')) return 0;
        code = code << 4 | (unsigned)(jk_ascii_digit(c) ? c - '0' : c - 'a' + 10);
    }
    return code == 0 || (code >= 0xd800 && code <= 0xdfff) ? 0 : 6;
}

static bool pass_string(struct scan *scan)
{
    const struct jk_span text = scan->text;
    size_t at = scan->at + 1;
    if (scan->at >= text.len || text.at[scan->at] != '"') return false;
    for (;;) {
        while (at < text.len && stands_as_it_is((unsigned char)text.at[at]))
            at++;
        if (at == text.len) return false;
        struct jk_span rest = {text.at + at, text.len - at};
        uint32_t code;
        if (rest.at[0] == '"') break;
        if (rest.at[0] == '\\') {
            size_t len = escape_len(rest);
            if (len == 0) return false;
            at += len;
            continue;
        }
        if ((unsigned char)rest.at[0] < 0x80 || !jk_utf8_next(&rest, &code)) return false;
        at = text.len - rest.len;
    }
    scan->at = at + 1;
    return true;
}

static size_t pass_digits(struct scan *scan)
{
    size_t before = scan->at;
    while (scan->at < scan->text.len && jk_ascii_digit(scan->text.at[scan->at]))
        scan->at++;
    return scan->at - before;
}

static bool pass_one_of(struct scan *scan, const char *bytes)
{
    char c = scan->at < scan->text.len ? scan->text.at[scan->at] : '\0';
    bool there = c != '\0' && strchr(bytes, c);
    scan->at += there;
    return there;
}

static bool pass_number(struct scan *scan)
{
    size_t before = scan->at;
    (void)pass_one_of(scan, "-");
    bool zero = scan->at < scan->text.len && scan->text.at[scan->at] == '0';
    size_t digits = pass_digits(scan);
    if (digits == 0 || digits > DIGITS_MAX || (zero && digits > 1)) return false;
    if (pass_one_of(scan, ".") && pass_digits(scan) == 0) return false;
    if (pass_one_of(scan, "eE")) {
        (void)pass_one_of(scan, "+-");
        digits = pass_digits(scan);
        if (digits == 0 || digits > EXPONENT_MAX) return false;
    }
    return scan->at - before <= NUMBER_MAX;
}

static bool pass_word(struct scan *scan)
{
    static const struct jk_span words[] = {{"true", 4}, {"false", 5}, {"null", 4}};
    struct jk_span rest = {scan->text.at + scan->at, scan->text.len - scan->at};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!jk_span_starts(rest, words[i])) continue;
        scan->at += words[i].len;
        return true;
    }
    return false;
}

size_t jk_json_space(struct jk_span text, size_t *lines)
{
    size_t at = 0;
    for (; at < text.len && (text.at[at] == ' ' || (text.at[at] >= '\t' && text.at[at] <= '\r')); at++) {
        if (text.at[at] == '\v' || text.at[at] == '\f') break;
        *lines += text.at[at] == '\n';
    }
    return at;
}

static char next_byte(struct scan *scan)
{
    scan->at += jk_json_space((struct jk_span){scan->text.at + scan->at, scan->text.len - scan->at}, &scan->lines);
    return scan->at < scan->text.len ? scan->text.at[scan->at] : '\0';
}

/* To the value of the next member, or the next item. */
static bool pass_key(struct scan *scan)
{
    if ((scan->objects & 1) == 0) return true;
    if (next_byte(scan) != '"' || !pass_string(scan) || next_byte(scan) != ':') return false;
    scan->at++;
    return true;
}

/* Into a list or an object; *out_closed: it is empty, and passed over. */
static bool open_level(struct scan *scan, char bracket, bool *out_closed)
{
    bool object = bracket == '{';
    if (scan->depth == JK_JSON_PLAIN_DEEP) return false;
    scan->at++;
    scan->commas++;
    *out_closed = next_byte(scan) == (object ? '}' : ']');
    scan->at += *out_closed;
    if (*out_closed) return true;
    scan->objects = scan->objects << 1 | object;
    scan->depth++;
    return pass_key(scan);
}

/* After a value: out of what ends there, and to the next one; *out_more: there is one. */
static bool go_on(struct scan *scan, bool *out_more)
{
    while (scan->depth > 0) {
        char c = next_byte(scan);
        scan->at++;
        if (c == ',') {
            scan->commas++;
            *out_more = true;
            return pass_key(scan);
        }
        if (c != ((scan->objects & 1) ? '}' : ']')) return false;
        scan->objects >>= 1;
        scan->depth--;
    }
    *out_more = false;
    return true;
}

size_t jk_json_plain(struct jk_span text, size_t *commas, size_t *lines)
{
    struct scan scan = {.text = text};
    for (bool more = true; more;) {
        char c = scan.depth > 0 ? next_byte(&scan) : text.len > 0 ? text.at[0] : '\0';
        bool closed = true, good;
        if (c == '{' || c == '[')
            good = open_level(&scan, c, &closed);
        else
            good = c == '"'                        ? pass_string(&scan)
                   : c == '-' || jk_ascii_digit(c) ? pass_number(&scan)
                                                   : pass_word(&scan);
        if (!good || (closed && !go_on(&scan, &more))) return 0;
    }
    *commas += scan.commas;
    *lines += scan.lines;
    return scan.at;
}
