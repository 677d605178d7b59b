/* The grade that a comparison gives: how far a model's weights bear out that it was made from another. Pure; whole
 * numbers alone. Source: registry/formats/evidence.md, Grades. */
#ifndef JK_WEIGHTS_GRADING_H
#define JK_WEIGHTS_GRADING_H

#include "domain/grade.h"
#include "weights/compare.h"

/* Equal, nearly equal or kin. */
jk_wide jk_kin_elements(const struct jk_likeness_share *share);

/* `fits`: the shapes of an adapter or a packed quantization fit (fit.h). Fills all of *out but the parent. */
void jk_grade_comparison(const struct jk_likeness_share *whole, bool fits, struct jk_graded *out);

#endif
