/* See formula.h. Weights fail each test within the first few elements, after which nothing is done for it any more. */
#include "weights/formula.h"

#include <math.h>
#include <stdlib.h>

#define WAVE_ROWS 16u /* at least */

bool jk_formula_begin(struct jk_formula *formula, const uint64_t *shape, uint32_t dimensions)
{
    *formula = (struct jk_formula){
        .rows = shape[dimensions - 2], .columns = shape[dimensions - 1], .matrices = 1, .constant = true};
    for (uint32_t i = 0; i + 2 < dimensions; i++)
        formula->matrices *= shape[i];
    uint64_t diagonals = formula->rows + formula->columns;
    formula->mask = formula->rows > 1 && formula->columns > 1 && formula->rows <= JK_FORMULA_DIAGONALS_MAX &&
                    formula->columns <= JK_FORMULA_DIAGONALS_MAX && diagonals <= JK_FORMULA_DIAGONALS_MAX;
    formula->wave = formula->matrices == 1 && formula->rows >= WAVE_ROWS && formula->columns > 1 &&
                    formula->columns <= JK_FORMULA_WIDTH_MAX;
    if (formula->mask) formula->diagonals = calloc(diagonals / 8 + 1, 1);
    if (formula->wave) formula->before = calloc(formula->columns * 3, sizeof *formula->before);
    if ((formula->mask && !formula->diagonals) || (formula->wave && !formula->before)) return false;
    if (!formula->wave) return true;
    formula->now = formula->before + formula->columns;
    formula->factor = formula->now + formula->columns;
    return true;
}

void jk_formula_done(struct jk_formula *formula)
{
    free(formula->diagonals);
    free(formula->before);
    formula->diagonals = NULL;
    formula->before = NULL;
}

/* ---- masks: the first row and column of the first matrix say what stands on each diagonal ---- */

static bool is_mask_still(struct jk_formula *formula, double element)
{
    bool is_second = element != formula->first;
    if (is_second && !formula->seen_second) {
        formula->seen_second = true;
        formula->second = element;
    }
    if (is_second && element != formula->second) return false;
    uint64_t diagonal = formula->columns + formula->row - formula->column;
    unsigned char *byte = &formula->diagonals[diagonal / 8], bit = (unsigned char)(1u << (diagonal % 8));
    if (formula->matrix == 0 && (formula->row == 0 || formula->column == 0)) {
        if (is_second) *byte |= bit;
        return true;
    }
    return is_second == ((*byte & bit) != 0);
}

/* ---- tables: a column is s·sin(w·row) or s·cos(w·row), so that x[row + 1] + x[row - 1] = 2·cos(w)·x[row] ---- */

/* The first row is zeros (sines) and one other value (cosines, the scale). */
static bool is_first_row(struct jk_formula *formula, double element)
{
    formula->now[formula->column] = element;
    if (element == 0) return true;
    if (formula->scale == 0) formula->scale = element;
    return element > 0 && element == formula->scale;
}

/* From the second row for a cosine, and from the third for a sine, which rises by sin(w) first. */
static void take_factor(struct jk_formula *formula, double element)
{
    uint64_t column = formula->column;
    if (formula->row == 1 && formula->now[column] != 0) formula->factor[column] = 2 * element / formula->scale;
    if (formula->row == 2 && formula->before[column] == 0)
        formula->factor[column] =
            fabs(formula->now[column]) >= formula->scale / 1024 ? element / formula->now[column] : 2;
}

static bool is_wave_still(struct jk_formula *formula, double element)
{
    uint64_t column = formula->column;
    if (formula->row == 0) return is_first_row(formula, element);
    if (formula->scale == 0) formula->scale = 1;
    if (!(fabs(element) <= formula->scale * 17 / 16)) return false;
    take_factor(formula, element);
    if (formula->row >= 2) {
        double rest = element - formula->factor[column] * formula->now[column] + formula->before[column];
        if (!(fabs(rest) <= formula->scale / 16)) return false;
    }
    formula->before[column] = formula->now[column];
    formula->now[column] = element;
    return true;
}

/* ---- all of them ---- */

static void step(struct jk_formula *formula)
{
    if (++formula->column < formula->columns) return;
    formula->column = 0;
    if (++formula->row < formula->rows) return;
    formula->row = 0;
    formula->matrix++;
}

void jk_formula_add(struct jk_formula *formula, const double *elements, size_t count)
{
    if (count > 0 && formula->matrix == 0 && formula->row == 0 && formula->column == 0) formula->first = elements[0];
    for (size_t i = 0; i < count && jk_formula_is_open(formula); i++) {
        if (formula->constant) formula->constant = elements[i] == formula->first;
        if (formula->mask) formula->mask = is_mask_still(formula, elements[i]);
        if (formula->wave) formula->wave = is_wave_still(formula, elements[i]);
        step(formula);
    }
}

bool jk_formula_found(const struct jk_formula *formula, double count, double squares)
{
    if (formula->constant || formula->mask) return true;
    return formula->wave && squares * 20 >= count * formula->scale * formula->scale;
}
