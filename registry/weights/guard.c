/* See guard.h. Weights fail each test within the first few elements, after which nothing is done for it any more. */
#include "weights/guard.h"

#include <math.h>
#include <stdlib.h>

#define WAVE_ROWS 16u /* at least */

bool jk_guard_begin(struct jk_guard *guard, const uint64_t *shape, uint32_t dimensions)
{
    *guard = (struct jk_guard){
        .rows = shape[dimensions - 2], .columns = shape[dimensions - 1], .matrices = 1, .constant = true};
    for (uint32_t i = 0; i + 2 < dimensions; i++)
        guard->matrices *= shape[i];
    uint64_t diagonals = guard->rows + guard->columns;
    guard->mask = guard->rows > 1 && guard->columns > 1 && guard->rows <= JK_GUARD_DIAGONALS_MAX &&
                  guard->columns <= JK_GUARD_DIAGONALS_MAX && diagonals <= JK_GUARD_DIAGONALS_MAX;
    guard->wave =
        guard->matrices == 1 && guard->rows >= WAVE_ROWS && guard->columns > 1 && guard->columns <= JK_GUARD_WIDTH_MAX;
    if (guard->mask) guard->diagonals = calloc(diagonals / 8 + 1, 1);
    if (guard->wave) guard->before = calloc(guard->columns * 3, sizeof *guard->before);
    if ((guard->mask && !guard->diagonals) || (guard->wave && !guard->before)) return false;
    if (!guard->wave) return true;
    guard->now = guard->before + guard->columns;
    guard->factor = guard->now + guard->columns;
    return true;
}

void jk_guard_done(struct jk_guard *guard)
{
    free(guard->diagonals);
    free(guard->before);
    guard->diagonals = NULL;
    guard->before = NULL;
}

/* ---- masks: the first row and column of the first matrix say what stands on each diagonal ---- */

static bool is_mask_still(struct jk_guard *guard, double element)
{
    bool is_second = element != guard->first;
    if (is_second && !guard->seen_second) {
        guard->seen_second = true;
        guard->second = element;
    }
    if (is_second && element != guard->second) return false;
    uint64_t diagonal = guard->columns + guard->row - guard->column;
    unsigned char *byte = &guard->diagonals[diagonal / 8], bit = (unsigned char)(1u << (diagonal % 8));
    if (guard->matrix == 0 && (guard->row == 0 || guard->column == 0)) {
        if (is_second) *byte |= bit;
        return true;
    }
    return is_second == ((*byte & bit) != 0);
}

/* ---- tables: a column is s·sin(w·row) or s·cos(w·row), so that x[row + 1] + x[row - 1] = 2·cos(w)·x[row] ---- */

/* The first row is zeros (sines) and one other value (cosines, the scale). */
static bool is_first_row(struct jk_guard *guard, double element)
{
    guard->now[guard->column] = element;
    if (element == 0) return true;
    if (guard->scale == 0) guard->scale = element;
    return element > 0 && element == guard->scale;
}

/* From the second row for a cosine, and from the third for a sine, which rises by sin(w) first. */
static void take_factor(struct jk_guard *guard, double element)
{
    uint64_t column = guard->column;
    if (guard->row == 1 && guard->now[column] != 0) guard->factor[column] = 2 * element / guard->scale;
    if (guard->row == 2 && guard->before[column] == 0)
        guard->factor[column] = fabs(guard->now[column]) >= guard->scale / 1024 ? element / guard->now[column] : 2;
}

static bool is_wave_still(struct jk_guard *guard, double element)
{
    uint64_t column = guard->column;
    if (guard->row == 0) return is_first_row(guard, element);
    if (guard->scale == 0) guard->scale = 1;
    if (!(fabs(element) <= guard->scale * 17 / 16)) return false;
    take_factor(guard, element);
    if (guard->row >= 2) {
        double rest = element - guard->factor[column] * guard->now[column] + guard->before[column];
        if (!(fabs(rest) <= guard->scale / 16)) return false;
    }
    guard->before[column] = guard->now[column];
    guard->now[column] = element;
    return true;
}

/* ---- all of them ---- */

static void step(struct jk_guard *guard)
{
    if (++guard->column < guard->columns) return;
    guard->column = 0;
    if (++guard->row < guard->rows) return;
    guard->row = 0;
    guard->matrix++;
}

void jk_guard_add(struct jk_guard *guard, const double *elements, size_t count)
{
    if (count > 0 && guard->matrix == 0 && guard->row == 0 && guard->column == 0) guard->first = elements[0];
    for (size_t i = 0; i < count && (guard->constant || guard->mask || guard->wave); i++) {
        if (guard->constant) guard->constant = elements[i] == guard->first;
        if (guard->mask) guard->mask = is_mask_still(guard, elements[i]);
        if (guard->wave) guard->wave = is_wave_still(guard, elements[i]);
        step(guard);
    }
}

bool jk_guard_found(const struct jk_guard *guard, double count, double squares)
{
    if (guard->constant || guard->mask) return true;
    return guard->wave && squares * 20 >= count * guard->scale * guard->scale;
}
