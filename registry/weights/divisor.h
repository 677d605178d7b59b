/* Division by a number that is known ahead, of many others: by two operations instead of one that takes as long as ten,
 * where that gives the same quotients to the last bit. Pure. */
#ifndef JK_WEIGHTS_DIVISOR_H
#define JK_WEIGHTS_DIVISOR_H

#include <stdbool.h>

struct jk_divisor {
    double value, reciprocal, rest; /* 1 / value, rounded, and what the rounding took away */
    bool multiplies;                /* jk_divisor_product gives the number that `/` gives */
};

/* `value` is above 0 and finite. */
struct jk_divisor jk_divisor_of(double value);
/* What vector code does, one number at a time. */
double jk_divisor_product(const struct jk_divisor *divisor, double dividend);

#endif
