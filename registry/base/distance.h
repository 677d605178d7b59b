/* How far two short texts are apart: the number of bytes to change, insert or remove (Levenshtein). For suggestions ("did you
 * mean …?") and names that look alike. Pure. */
#ifndef JK_BASE_DISTANCE_H
#define JK_BASE_DISTANCE_H

#include "base/span.h"

#define JK_DISTANCE_TEXT 96 /* bytes at most; a longer text is far from everything */

/* At most `most`, else most + 1. With `fold`, ASCII letters are the same in both cases. Costs about len * most steps. */
unsigned jk_distance(struct jk_span a, struct jk_span b, unsigned most, bool fold);

#endif
