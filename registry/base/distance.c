/* See distance.h. Only one row of the table is kept, and only the cells at most `most` off the diagonal are computed:
 * all others are larger. */
#include "base/distance.h"

#include "base/ascii.h"

static unsigned least_of(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

unsigned jk_distance(struct jk_span a, struct jk_span b, unsigned most, bool fold)
{
    unsigned row[JK_DISTANCE_TEXT + 1], far = most + 1;
    size_t apart = a.len > b.len ? a.len - b.len : b.len - a.len;
    if (apart > most || a.len > JK_DISTANCE_TEXT || b.len > JK_DISTANCE_TEXT) return far;
    for (size_t i = 0; i <= a.len; i++)
        row[i] = i <= most ? (unsigned)i : far;
    for (size_t k = 1; k <= b.len; k++) {
        size_t first = k > most ? k - most : 1, last = k + most < a.len ? k + most : a.len;
        unsigned diagonal = row[first - 1], least;
        least = row[first - 1] = first == 1 && k <= most ? (unsigned)k : far;
        for (size_t i = first; i <= last; i++) {
            unsigned change = diagonal + (fold ? jk_ascii_to_lower(a.at[i - 1]) != jk_ascii_to_lower(b.at[k - 1])
                                               : a.at[i - 1] != b.at[k - 1]);
            diagonal = row[i];
            row[i] = least_of(change, diagonal + 1, row[i - 1] + 1);
            if (row[i] < least) least = row[i];
        }
        if (least > most) return far;
    }
    return row[a.len] <= most ? row[a.len] : far;
}
