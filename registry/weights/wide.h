/* The second pass of a sketch for processors with vectors of doubles: the same numbers, some times faster. Inside
 * weights/ only. */
#ifndef JK_WEIGHTS_WIDE_H
#define JK_WEIGHTS_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Adds `rows` of 256 elements to the 256 sums, with 256 signs each. For elements that are no doubles themselves. False:
 * this processor has no such vectors, or the deviation is too near the least or largest doubles; nothing was added. */
bool jk_sketching_add_wide(unsigned bits, double *sum, const double *elements, size_t rows, const uint64_t *signs,
                           double mean, double deviation);

#endif
