/* Percent-encoding, hex and base64. Pure; a decoder writes nothing before it has checked all of its input. */
#include "base/text.h"

#include <endian.h>

#include "base/ascii.h"

/* A digit's value plus one; 0 if it is not a digit. */
static const unsigned char hex_digits[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

static int hex_lower(char c)
{
    return hex_digits[(unsigned char)c] - 1;
}

static int hex_any(char c)
{
    return hex_lower(jk_ascii_to_lower(c));
}

static bool must_escape(char c, const char *also, bool ascii_only)
{
    unsigned char byte = (unsigned char)c;
    if (byte <= ' ' || byte == 0x7F || c == '%') return true;
    if (byte >= 0x80) return ascii_only;
    return also && strchr(also, c) != NULL;
}

void jk_percent_encode(struct jk_text *out, struct jk_span text, const char *also, bool ascii_only)
{
    size_t plain = 0; /* start of the current run that needs no escape */
    for (size_t i = 0; i < text.len; i++) {
        if (!must_escape(text.at[i], also, ascii_only)) continue;
        jk_text_add(out, (struct jk_span){text.at + plain, i - plain});
        jk_text_addf(out, "%%%02X", (unsigned)(unsigned char)text.at[i]);
        plain = i + 1;
    }
    if (plain < text.len) jk_text_add(out, (struct jk_span){text.at + plain, text.len - plain});
}

bool jk_percent_decode(struct jk_text *out, struct jk_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '%') continue;
        if (text.len - i < 3 || hex_any(text.at[i + 1]) < 0 || hex_any(text.at[i + 2]) < 0) return false;
        i += 2;
    }

    struct jk_span plain;
    while (jk_span_cut(&text, '%', &plain)) {
        jk_text_add(out, plain);
        jk_text_add_char(out, (char)(hex_any(text.at[0]) << 4 | hex_any(text.at[1])));
        text = (struct jk_span){text.at + 2, text.len - 2};
    }
    jk_text_add(out, plain);
    return true;
}

void jk_hex_encode(const unsigned char *bytes, size_t len, char *out_hex)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out_hex[2 * i] = digits[bytes[i] >> 4];
        out_hex[2 * i + 1] = digits[bytes[i] & 15];
    }
}

/* Log entries consist mostly of digests, so digits are read eight at a time, as the bytes of a word whose lowest byte
 * is the first digit. */
#define EACH_BYTE UINT64_C(0x0101010101010101)

static uint64_t eight_digits(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return le64toh(word);
}

/* Sets bit 7 of each byte that is in first … last; for bytes below 0x80. */
static uint64_t in_range(uint64_t word, unsigned char first, unsigned char last)
{
    uint64_t low = word & (0x7f * EACH_BYTE);
    return (low + (0x80u - first) * EACH_BYTE) & ~(low + (0x7fu - last) * EACH_BYTE);
}

static bool are_digits(uint64_t word)
{
    uint64_t good = (in_range(word, '0', '9') | in_range(word, 'a', 'f')) & ~word;
    return (good & (0x80 * EACH_BYTE)) == 0x80 * EACH_BYTE;
}

bool jk_hex_decode(struct jk_span hex, unsigned char *out_bytes, size_t len)
{
    if (hex.len / 2 != len || hex.len % 2 != 0) return false;
    size_t whole = hex.len & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8)
        if (!are_digits(eight_digits(hex.at + i))) return false;
    for (size_t i = whole; i < hex.len; i++)
        if (hex_lower(hex.at[i]) < 0) return false;
    for (size_t i = 0; i < whole; i += 8) {
        uint64_t word = eight_digits(hex.at + i);
        uint64_t values = (word & (0x0f * EACH_BYTE)) + 9 * (word >> 6 & EACH_BYTE); /* bit 6 is set for letters */
        uint64_t pairs = (values << 4 | values >> 8) & UINT64_C(0x00ff00ff00ff00ff);
        pairs = (pairs | pairs >> 8) & UINT64_C(0x0000ffff0000ffff);
        uint32_t bytes = htole32((uint32_t)(pairs | pairs >> 16));

        memcpy(out_bytes + i / 2, &bytes, sizeof bytes);
    }
    for (size_t i = whole; i < hex.len; i += 2)
        out_bytes[i / 2] = (unsigned char)(hex_lower(hex.at[i]) << 4 | hex_lower(hex.at[i + 1]));
    return true;
}

static const char base64_signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* A sign's value and one; 0 for what is no sign. */
static const unsigned char base64_values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64};

static int base64_value(char c)
{
    return base64_values[(unsigned char)c] - 1;
}

/* Up to three bytes as four digits. */
static void base64_group(const unsigned char *bytes, size_t len, char out_group[4])
{
    uint32_t bits = (uint32_t)bytes[0] << 16;
    if (len > 1) bits |= (uint32_t)bytes[1] << 8;
    if (len > 2) bits |= bytes[2];
    for (int i = 0; i < 4; i++)
        out_group[i] = base64_signs[bits >> (18 - 6 * i) & 63];
    if (len < 3) out_group[3] = '=';
    if (len < 2) out_group[2] = '=';
}

void jk_base64_encode(struct jk_text *out, const unsigned char *bytes, size_t len)
{
    char buffer[256];
    size_t used = 0;
    for (size_t i = 0; i < len; i += 3) {
        base64_group(bytes + i, len - i < 3 ? len - i : 3, buffer + used);
        used += 4;
        if (used < sizeof buffer) continue;
        jk_text_add(out, (struct jk_span){buffer, used});
        used = 0;
    }
    jk_text_add(out, (struct jk_span){buffer, used});
}

/* How many bytes well-formed base64 decodes to. */
static bool base64_length(struct jk_span text, size_t *out_len)
{
    if (text.len % 4 != 0) return false;
    size_t signs = text.len;
    while (signs > 0 && text.len - signs < 2 && text.at[signs - 1] == '=')
        signs--;
    for (size_t i = 0; i < signs; i++)
        if (base64_value(text.at[i]) < 0) return false;
    size_t padding = text.len - signs;
    if (padding > 0) {
        int unused = padding == 1 ? 0x03 : 0x0F;
        if (base64_value(text.at[signs - 1]) & unused) return false;
    }
    *out_len = text.len / 4 * 3 - padding;
    return true;
}

bool jk_base64_decode(struct jk_span text, unsigned char *out_bytes, size_t room, size_t *out_len)
{
    size_t len;
    if (!base64_length(text, &len) || len > room) return false;
    uint32_t bits = 0;
    unsigned pending = 0; /* bits not written yet */
    for (size_t i = 0, done = 0; done < len; i++) {
        bits = bits << 6 | (uint32_t)base64_value(text.at[i]);
        pending += 6;
        if (pending < 8) continue;
        pending -= 8;
        out_bytes[done++] = (unsigned char)(bits >> pending);
    }
    *out_len = len;
    return true;
}
