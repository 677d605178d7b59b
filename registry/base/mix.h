/* The finalizer of splitmix64: spreads 64 bits so that each depends on all. For hashes and numbers that need not be
 * secret. Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014. */
#ifndef JK_BASE_MIX_H
#define JK_BASE_MIX_H

#include <stdint.h>

#define JK_MIX_STEP UINT64_C(0x9E3779B97F4A7C15) /* the increment between states of a sequence */

static inline uint64_t jk_mix64(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

#endif
