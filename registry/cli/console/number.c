/* See number.h. */
#include "cli/console/number.h"

#include "base/span.h"

#define DIGITS_MAX 20 /* of 2^64 - 1 */

/* Where a comma must stand, counted from the end, and nowhere else: before three digits, then before a comma and three. */
static bool is_comma_place(size_t to_end)
{
    return to_end % 4 == 0;
}

bool jk_number_parse(const char *text, uint64_t *out_number)
{
    char digits[DIGITS_MAX];
    size_t len = strlen(text), kept = 0;
    bool apart = strchr(text, ',') != NULL;
    if (text[0] == ',') return false;
    for (size_t i = 0; i < len; i++) {
        bool comma = text[i] == ',';
        if (apart && comma != is_comma_place(len - i)) return false;
        if (comma) continue;
        if (kept == DIGITS_MAX) return false;
        digits[kept++] = text[i];
    }
    return jk_span_to_u64((struct jk_span){digits, kept}, out_number);
}
