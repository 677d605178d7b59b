/* UTF-8: validating, stepping, measuring, and the shortened form for messages. Pure. */
#include "base/text.h"

#include "base/search.h"

#define SHORT_COLUMNS 60
#define ELLIPSIS      "\xE2\x80\xA6"
#define ELLIPSIS_LEN  3

struct range {
    uint32_t first, last;
};

/* East Asian Width W and F (Unicode 14); ranges that only unassigned code points separate are joined. */
static const struct range wide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},   {0x23F0, 0x23F0},
    {0x23F3, 0x23F3},   {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267F, 0x267F},
    {0x2693, 0x2693},   {0x26A1, 0x26A1},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},
    {0x26CE, 0x26CE},   {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},
    {0x26FA, 0x26FA},   {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},
    {0x274C, 0x274C},   {0x274E, 0x274E},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
    {0x27B0, 0x27B0},   {0x27BF, 0x27BF},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},
    {0x2E80, 0x303E},   {0x3040, 0x3247},   {0x3250, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97F},
    {0xAC00, 0xD7AF},   {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},
    {0xFFE0, 0xFFE6},   {0x16FE0, 0x1B2FF}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F18E},
    {0x1F191, 0x1F19A}, {0x1F200, 0x1F320}, {0x1F32D, 0x1F335}, {0x1F337, 0x1F37C}, {0x1F37E, 0x1F393},
    {0x1F3A0, 0x1F3CA}, {0x1F3CF, 0x1F3D3}, {0x1F3E0, 0x1F3F0}, {0x1F3F4, 0x1F3F4}, {0x1F3F8, 0x1F43E},
    {0x1F440, 0x1F440}, {0x1F442, 0x1F4FC}, {0x1F4FF, 0x1F53D}, {0x1F54B, 0x1F54E}, {0x1F550, 0x1F567},
    {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596}, {0x1F5A4, 0x1F5A4}, {0x1F5FB, 0x1F64F}, {0x1F680, 0x1F6C5},
    {0x1F6CC, 0x1F6CC}, {0x1F6D0, 0x1F6D2}, {0x1F6D5, 0x1F6DF}, {0x1F6EB, 0x1F6EC}, {0x1F6F4, 0x1F6FC},
    {0x1F7E0, 0x1F7F0}, {0x1F90C, 0x1F93A}, {0x1F93C, 0x1F945}, {0x1F947, 0x1F9FF}, {0x1FA70, 0x1FAFF},
    {0x20000, 0x2FFFD}, {0x30000, 0x3FFFD},
};

/* Characters of no width: common combining marks, medial and final Jamo, joiners, variation selectors. */
static const struct range zero[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x064B, 0x065F}, {0x0E34, 0x0E3A},
    {0x0E47, 0x0E4E}, {0x1160, 0x11FF}, {0x1AB0, 0x1ACE}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},
    {0x202A, 0x202E}, {0x2060, 0x206F}, {0x20D0, 0x20F0}, {0x302A, 0x302D}, {0x3099, 0x309A},
    {0xD7B0, 0xD7FB}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0001, 0xE01EF},
};

static bool is_in(const struct range *ranges, size_t count, uint32_t code)
{
    size_t range = JK_LOWER_BOUND(count, at, ranges[at].last < code);
    return range < count && code >= ranges[range].first;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* The length of a character that begins with `lead`; 0 if none begins with that byte. */
static size_t length_of(unsigned char lead)
{
    if (lead < 0x80) return lead == 0 ? 0 : 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

bool jk_utf8_next(struct jk_span *rest, uint32_t *out_code)
{
    static const unsigned char lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    static const uint32_t least[] = {0, 1, 0x80, 0x800, 0x10000};
    if (rest->len == 0) return false;
    unsigned char lead = (unsigned char)rest->at[0];
    size_t len = length_of(lead);
    if (len == 0 || len > rest->len) return false;
    uint32_t code = lead & lead_bits[len];
    for (size_t i = 1; i < len; i++) {
        if (!is_continuation(rest->at[i])) return false;
        code = code << 6 | ((unsigned char)rest->at[i] & 0x3F);
    }
    if (code < least[len] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    *rest = (struct jk_span){rest->at + len, rest->len - len};
    *out_code = code;
    return true;
}

bool jk_utf8_valid(struct jk_span text)
{
    uint32_t code;
    while (text.len > 0) {
        /* eight bytes at once if all are ASCII and none is NUL, which is most input */
        size_t run = 0;
        for (; text.len - run >= 8; run += 8) {
            uint64_t word;
            memcpy(&word, text.at + run, sizeof word);
            uint64_t has_nul = (word - UINT64_C(0x0101010101010101)) & ~word;
            if ((word | has_nul) & UINT64_C(0x8080808080808080)) break;
        }

        text = (struct jk_span){text.at + run, text.len - run};
        if (text.len > 0 && !jk_utf8_next(&text, &code)) return false;
    }
    return true;
}

struct jk_span jk_utf8_cut(struct jk_span text, size_t most)
{
    if (text.len <= most) return text;
    size_t len = most;
    /* Back over at most three continuation bytes: a longer run is invalid anyway. */
    while (len > 0 && most - len < 3 && is_continuation(text.at[len]))
        len--;
    if (is_continuation(text.at[len])) len = most;
    return (struct jk_span){text.at, len};
}

bool jk_utf8_is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0x200E || code == 0x200F || code == 0x061C;
}

static size_t columns_of(uint32_t code)
{
    if (code < 0x300) return jk_utf8_is_control(code) ? 0 : 1;
    if (jk_utf8_is_control(code) || is_in(zero, sizeof zero / sizeof zero[0], code)) return 0;
    return is_in(wide, sizeof wide / sizeof wide[0], code) ? 2 : 1;
}

size_t jk_utf8_columns(struct jk_span text)
{
    size_t columns = 0;
    while (text.len > 0) {
        uint32_t code;
        if (jk_utf8_next(&text, &code)) {
            columns += columns_of(code);
        } else { /* an invalid byte is shown as one character */
            columns++;
            text = (struct jk_span){text.at + 1, text.len - 1};
        }
    }
    return columns;
}

/* One character, or invalid byte, as it is shown. */
struct shown {
    char bytes[16]; /* at most four bytes as \xNN */
    size_t len;
    size_t columns;
};

static void show_next(struct jk_span *rest, struct shown *out_shown)
{
    struct jk_span before = *rest;
    uint32_t code = 0;
    bool good = jk_utf8_next(rest, &code);
    if (!good) *rest = (struct jk_span){rest->at + 1, rest->len - 1};
    struct jk_span taken = {before.at, before.len - rest->len};
    if (!good || jk_utf8_is_control(code)) {
        out_shown->len = 0;
        for (size_t i = 0; i < taken.len; i++) {
            memcpy(out_shown->bytes + out_shown->len, "\\x", 2);
            jk_hex_encode((const unsigned char *)taken.at + i, 1, out_shown->bytes + out_shown->len + 2);
            out_shown->len += 4;
        }
        out_shown->columns = out_shown->len;
        return;
    }
    memcpy(out_shown->bytes, taken.at, taken.len);
    out_shown->len = taken.len;
    out_shown->columns = columns_of(code);
}

void jk_text_shorten(struct jk_span value, char *out, size_t room)
{
    if (room == 0) return;
    size_t len = 0, columns = 0, safe = 0; /* safe: the last length at which the ellipsis still fits */
    bool cut = false;
    while (value.len > 0) {
        if (columns + 1 <= SHORT_COLUMNS && len + ELLIPSIS_LEN < room) safe = len;
        struct shown shown;
        show_next(&value, &shown);
        cut = columns + shown.columns > SHORT_COLUMNS || len + shown.len >= room;
        if (cut) break;
        memcpy(out + len, shown.bytes, shown.len);
        len += shown.len;
        columns += shown.columns;
    }
    if (cut) len = safe;
    if (cut && room > ELLIPSIS_LEN) {
        memcpy(out + len, ELLIPSIS, ELLIPSIS_LEN);
        len += ELLIPSIS_LEN;
    }
    out[len] = '\0';
}
