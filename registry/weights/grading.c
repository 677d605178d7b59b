/* See grading.h. */
#include "weights/grading.h"

jk_wide jk_kin_elements(const struct jk_likeness_share *share)
{
    return share->of[JK_EQUAL] + share->of[JK_NEAR] + share->of[JK_KIN];
}

/* At least kin, or foreign: whatever two sketches, or equal digests, say something of. */
static jk_wide comparable_elements(const struct jk_likeness_share *share)
{
    return jk_kin_elements(share) + share->of[JK_FOREIGN];
}

/* The first that applies. */
static enum jk_grade grade_of(const struct jk_likeness_share *whole, bool fits)
{
    jk_wide all = whole->elements, equal = whole->of[JK_EQUAL], near = equal + whole->of[JK_NEAR];
    jk_wide kin = jk_kin_elements(whole), comparable = comparable_elements(whole);
    if (all > 0) {
        if (equal == all) return JK_GRADE_SAME;
        if (100 * near >= 95 * all) return JK_GRADE_NEAR;
        if (2 * comparable >= all && 10 * kin >= 9 * comparable) return JK_GRADE_KIN;
        if (100 * kin >= all) return JK_GRADE_PART;
        if (2 * comparable >= all) return JK_GRADE_CONTRADICTED;
    }
    return fits ? JK_GRADE_SHAPE : JK_GRADE_NONE;
}

void jk_grade_comparison(const struct jk_likeness_share *whole, bool fits, struct jk_graded *out)
{
    jk_wide all = whole->elements, equal = whole->of[JK_EQUAL];
    out->grade = grade_of(whole, fits);
    out->equal = jk_likeness_hundredths(equal, all);
    out->near = jk_likeness_hundredths(equal + whole->of[JK_NEAR], all);
    out->kin = jk_likeness_hundredths(jk_kin_elements(whole), all);
    out->comparable = jk_likeness_hundredths(comparable_elements(whole), all);
}
