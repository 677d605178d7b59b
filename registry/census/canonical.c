/* Strings and numbers of JSON as RFC 8785 writes them, which is in one way each. */
#include "base/ascii.h"
#include "census/record_inside.h"

static const struct {
    char byte, letter;
} short_escapes[] = {{'"', '"'}, {'\\', '\\'}, {'\b', 'b'}, {'\t', 't'}, {'\n', 'n'}, {'\f', 'f'}, {'\r', 'r'}};

/* The letter of the short escape of a byte; 0 for none. */
static char letter_of(char byte)
{
    for (size_t i = 0; i < sizeof short_escapes / sizeof short_escapes[0]; i++)
        if (short_escapes[i].byte == byte) return short_escapes[i].letter;
    return 0;
}

#define EACH_BYTE UINT64_C(0x0101010101010101)

/* Sets bit 7 of some byte if one is zero; bytes of 0x81 and above may pass for it only beside such a one. */
static uint64_t has_zero(uint64_t word)
{
    return (word - EACH_BYTE) & ~word;
}

static bool need_no_escape(uint64_t word)
{
    uint64_t control = (word - ' ' * EACH_BYTE) & ~word;
    return ((control | has_zero(word ^ '"' * EACH_BYTE) | has_zero(word ^ '\\' * EACH_BYTE)) & 0x80 * EACH_BYTE) == 0;
}

static bool needs_no_escape(char byte)
{
    return (unsigned char)byte >= ' ' && byte != '"' && byte != '\\';
}

/* How many bytes from `at` on need no escape: eight at once, while none of these does. */
static size_t plain_length(struct jk_span text, size_t at)
{
    size_t end = at;
    for (uint64_t word; text.len - end >= sizeof word; end += sizeof word) {
        memcpy(&word, text.at + end, sizeof word);
        if (!need_no_escape(word)) break;
    }
    while (end < text.len && needs_no_escape(text.at[end]))
        end++;
    return end - at;
}

void jk_canonical_add_string(struct jk_text *out, struct jk_span text)
{
    jk_text_add_char(out, '"');
    for (size_t i = 0, plain; i < text.len; i = plain + 1) {
        plain = i + plain_length(text, i);
        jk_text_add(out, (struct jk_span){text.at + i, plain - i});
        if (plain == text.len) break;
        char escape[] = {'\\', letter_of(text.at[plain])};
        if (escape[1] != 0)
            jk_text_add(out, (struct jk_span){escape, sizeof escape});
        else
            jk_text_addf(out, "\\u%04x", (unsigned char)text.at[plain]);
    }
    jk_text_add_char(out, '"');
}

/* The byte that the escape at the beginning of `text` stands for, and its length; 0 if it is not canonical. NUL is
 * none: no text of the registry has one. */
static size_t escape_of(struct jk_span text, char *out_byte)
{
    if (text.len < 2 || text.at[0] != '\\') return 0;
    for (size_t i = 0; i < sizeof short_escapes / sizeof short_escapes[0]; i++) {
        if (short_escapes[i].letter != text.at[1]) continue;
        *out_byte = short_escapes[i].byte;
        return 2;
    }
    unsigned char byte;
    if (text.len < 6 || text.at[1] != 'u' || text.at[2] != '0' || text.at[3] != '0' ||
        !jk_hex_decode((struct jk_span){text.at + 4, 2}, &byte, 1) || byte == 0 || byte >= ' ' || letter_of((char)byte))
        return 0;
    *out_byte = (char)byte;
    return 6;
}

bool jk_canonical_take_string(struct jk_span *rest, struct jk_canonical_string *out_string)
{
    size_t i = 1, len = 0;
    if (rest->len < 2 || rest->at[0] != '"') return false;
    for (;; len++) {
        char byte;
        size_t plain = plain_length(*rest, i);
        i += plain;
        len += plain;
        if (i < rest->len && rest->at[i] == '"') break;
        size_t taken = escape_of((struct jk_span){rest->at + i, rest->len - i}, &byte);
        if (taken == 0) return false;
        i += taken;
    }
    *out_string = (struct jk_canonical_string){{rest->at + 1, i - 1}, len};
    *rest = (struct jk_span){rest->at + i + 1, rest->len - i - 1};
    return true;
}

bool jk_canonical_take_number(struct jk_span *rest, uint64_t *out_number)
{
    size_t len = 0;
    while (len < rest->len && jk_ascii_digit(rest->at[len]))
        len++;
    if (!jk_span_to_u64((struct jk_span){rest->at, len}, out_number)) return false;
    *rest = (struct jk_span){rest->at + len, rest->len - len};
    return true;
}

bool jk_canonical_text(const struct jk_canonical_string *string, char *room, size_t size, struct jk_span *out_text)
{
    size_t len = 0;
    *out_text = string->raw;
    if (string->len > size) return false;
    if (string->len == string->raw.len) return true;
    for (struct jk_span rest = string->raw; rest.len > 0; len++) {
        const char *escape = memchr(rest.at, '\\', rest.len);
        size_t plain = escape ? (size_t)(escape - rest.at) : rest.len;
        memcpy(room + len, rest.at, plain);
        len += plain;
        if (!escape) break;
        rest = (struct jk_span){escape, rest.len - plain};
        size_t taken = escape_of(rest, &room[len]);
        rest = (struct jk_span){rest.at + taken, rest.len - taken};
    }
    *out_text = (struct jk_span){room, len};
    return true;
}

bool jk_canonical_pass(struct jk_span *rest)
{
    struct jk_canonical_string string;
    size_t depth = 0;
    do {
        char c = rest->len > 0 ? rest->at[0] : '\0';
        if (c == '"') {
            if (!jk_canonical_take_string(rest, &string)) return false;
            continue;
        }
        if (c == '\0' || (depth == 0 && c != '{' && c != '[')) return false;
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        *rest = (struct jk_span){rest->at + 1, rest->len - 1};
    } while (depth > 0);
    return true;
}
