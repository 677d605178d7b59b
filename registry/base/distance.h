/* The Levenshtein distance of two short texts: how many bytes to change, insert or remove. For suggestions ("did you
 * mean …?") and for names that look alike. Pure. */
#ifndef JK_BASE_DISTANCE_H
#define JK_BASE_DISTANCE_H

#include "base/span.h"

#define JK_DISTANCE_TEXT 96 /* in bytes; a longer text is far from everything */

/* The distance if it is at most `most`, else most + 1. With `fold`, the case of ASCII letters is ignored. Costs about
 * len * most steps. */
unsigned jk_distance(struct jk_span a, struct jk_span b, unsigned most, bool fold);

#endif
