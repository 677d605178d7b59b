/* The second pass of a sketch for processors with vectors of doubles: the same numbers, some times faster. Inside
 * weights/ only. */
#ifndef JK_WEIGHTS_WIDE_H
#define JK_WEIGHTS_WIDE_H

#include <stddef.h>
#include <stdint.h>

#include "weights/divisor.h"

/* Adds `rows` of 256 elements to the 256 sums, with 256 signs each, by vectors of at most so many bits. False: this
 * processor has none; nothing was added. */
bool jk_sketching_add_wide(unsigned bits, double *sum, const double *elements, size_t rows, const uint64_t *signs,
                           double mean, const struct jk_divisor *deviation);

#endif
