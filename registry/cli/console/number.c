/* See number.h. */
#include "cli/console/number.h"

#include "base/span.h"

#define DIGITS_MAX 20 /* of 2^64 - 1 */

bool jk_number_parse(const char *text, uint64_t *out_number)
{
    char digits[DIGITS_MAX];
    size_t len = strlen(text), kept = 0;
    bool apart = strchr(text, ',') != NULL;
    if (text[0] == ',') return false;
    for (size_t i = 0; i < len; i++) {
        bool comma = text[i] == ',';
        /* a comma stands before three digits, counted from the end, then before a comma and three, and nowhere else */
        if (apart && comma != ((len - i) % 4 == 0)) return false;
        if (comma) continue;
        if (kept == DIGITS_MAX) return false;
        digits[kept++] = text[i];
    }
    return jk_span_to_u64((struct jk_span){digits, kept}, out_number);
}
