/* Recognises, while a tensor is read, what is no weights but a formula: constants, identities, triangular and banded
 * masks (at most two values, and each on whole diagonals), tables of sines and cosines (rotary, sinusoidal positions).
 * Every model of a width has the same ones, so they would make strangers look alike. Pure; memory by the width, 512 KiB
 * at most. Source: registry/formats/manifest.md, Left out. */
#ifndef JK_WEIGHTS_FORMULA_H
#define JK_WEIGHTS_FORMULA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JK_FORMULA_DIAGONALS_MAX (1u << 21) /* rows and columns together, beyond which no mask is looked for */
#define JK_FORMULA_WIDTH_MAX     8192u      /* columns beyond which no table is looked for */

struct jk_formula {
    uint64_t rows, columns, row, column; /* of the last two dimensions; where the next element lies */
    uint64_t matrices, matrix;
    bool constant, mask, wave; /* what it may still be */
    double first, second;      /* a mask's values */
    bool seen_second;
    unsigned char *diagonals;      /* bits: on which the second value stands */
    double *before, *now, *factor; /* a table's last two rows, and 2·cos of each column's step */
    double scale;
};

/* False: out of memory. */
bool jk_formula_begin(struct jk_formula *formula, const uint64_t *shape, uint32_t dimensions);
void jk_formula_done(struct jk_formula *formula); /* accepts a zeroed struct */
void jk_formula_add(struct jk_formula *formula, const double *elements, size_t count);
/* False: it follows none, whatever comes; elements need not be added any more. */
static inline bool jk_formula_is_open(const struct jk_formula *formula)
{
    return formula->constant || formula->mask || formula->wave;
}
/* After all elements, `count` of them, whose squares come to `squares`. */
bool jk_formula_found(const struct jk_formula *formula, double count, double squares);

#endif
