/* See form.h. The arithmetic of Hangul syllables is that of the Unicode Standard, section 3.12. */
#include "verify/form.h"

#include "base/text.h"

enum { SYLLABLES = 0xAC00, INITIALS = 0x1100, VOWELS = 0x1161, FINALS = 0x11A7, VOWEL_COUNT = 21, FINAL_COUNT = 28 };

/* Letters that are waiting to be compared. */
struct letters {
    struct jk_span rest;
    uint32_t waiting[2];
    unsigned count;
};

static bool next_letter(struct letters *letters, uint32_t *out_code)
{
    uint32_t code;
    if (letters->count > 0) {
        *out_code = letters->waiting[0];
        letters->waiting[0] = letters->waiting[1];
        letters->count--;
        return true;
    }
    if (!jk_utf8_next(&letters->rest, &code)) return false;
    *out_code = code;
    if (code < SYLLABLES || code > 0xD7A3) return true;
    uint32_t index = code - SYLLABLES, final = index % FINAL_COUNT;
    *out_code = INITIALS + index / (VOWEL_COUNT * FINAL_COUNT);
    letters->waiting[0] = VOWELS + index / FINAL_COUNT % VOWEL_COUNT;
    letters->waiting[1] = FINALS + final;
    letters->count = final > 0 ? 2 : 1;
    return true;
}

bool jk_form_same(struct jk_span a, struct jk_span b)
{
    struct letters left = {.rest = a}, right = {.rest = b};
    for (;;) {
        uint32_t x, y;
        bool more_left = next_letter(&left, &x), more_right = next_letter(&right, &y);
        if (!more_left || !more_right) return more_left == more_right && left.rest.len == 0 && right.rest.len == 0;
        if (x != y) return false;
    }
}

bool jk_form_varies(struct jk_span name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.at[i] >= 0x80) return true;
    return false;
}
