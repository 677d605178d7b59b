/* See divisor.h.
 *
 * The method is that of Brisebarre, Muller and Raina, "Accelerating correctly rounded floating-point division when the
 * divisor is known in advance", 2004: the quotient of V by D is V·h + V·l, where h is 1 / D rounded, l what is missing
 * of it, V·l rounded and the sum rounded once. Which divisors it is right for is seen as follows.
 *
 * Powers of two change nothing, as long as nothing falls below the least double, so let V and D be whole numbers of 53
 * bits. Before the last rounding, the sum is less than 2^-106 away from V / D: half of it for V·l rounded, half for V
 * times what is still missing of l. It is rounded to another number only if a midpoint of two doubles lies between.
 * - V ≥ D: midpoints are odd multiples of 2^-53, so one is |N| / (2^53·D) away with a whole N, which is not 0, since
 *   2^53 does not divide an odd multiple of D. That is more than 2^-106.
 * - V < D: midpoints are odd multiples of 2^-54, at |N| / (2^54·D), and only |N| = 1 is within reach: 2^54·V is next to
 *   an odd multiple T·D. So D is odd, T or 2^54 - T is its inverse modulo 2^54, and T has 54 bits: there is one such V
 *   at most.
 * That one is tried. Most divisors pass; for the others there is `/`. */
#include "weights/divisor.h"

#include <math.h>
#include <stdint.h>

#define BITS 53

/* The only dividend for which the product may be wrong; 0: there is none. `divisor` has 53 bits. */
static uint64_t doubtful(uint64_t divisor)
{
    const uint64_t below = (UINT64_C(1) << (BITS + 1)) - 1;
    if (divisor % 2 == 0) return 0;
    uint64_t inverse = divisor; /* right in the lowest 3 bits; each step doubles them */
    for (int step = 0; step < 5; step++)
        inverse *= 2 - divisor * inverse;
    inverse &= below;
    bool is_upper = inverse >> BITS != 0;
    unsigned __int128 multiple = (unsigned __int128)(is_upper ? inverse : below + 1 - inverse) * divisor;
    uint64_t dividend = (uint64_t)((is_upper ? multiple - 1 : multiple + 1) >> (BITS + 1));
    return dividend >> (BITS - 1) ? dividend : 0;
}

struct jk_divisor jk_divisor_of(double value)
{
    struct jk_divisor divisor = {.value = value, .reciprocal = 1 / value};
    int power;
    double whole = ldexp(frexp(value, &power), BITS);
    if (!(value > 0x1p-300 && value < 0x1p300)) return divisor;
    divisor.rest = fma(-value, divisor.reciprocal, 1) / value;
    double dividend = (double)doubtful((uint64_t)whole);
    double scaled = ldexp(dividend, power - BITS); /* so that it is to `value` as it is to `whole` */
    divisor.multiplies = jk_divisor_product(&divisor, scaled) == scaled / value;
    return divisor;
}

double jk_divisor_product(const struct jk_divisor *divisor, double dividend)
{
    double small = dividend * divisor->rest;
    return fma(dividend, divisor->reciprocal, small);
}
