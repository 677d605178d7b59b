/* Grades: each at its edges, in the order in which they are tested, and the shares beside them. */
#include "support/golden.h"

#include "weights/grading.h"

/* equal, nearly equal, kin, foreign, not comparable, not paired */
struct row {
    uint64_t of[JK_LIKENESSES];
    bool fits;
    enum jk_grade grade;
};

static struct jk_graded grade_row(const struct row *row)
{
    struct jk_likeness_share whole = {0};
    struct jk_graded graded = {0};
    for (int i = 0; i < JK_LIKENESSES; i++) {
        whole.of[i] = row->of[i];
        whole.elements += row->of[i];
    }
    jk_grade_comparison(&whole, row->fits, &graded);
    return graded;
}

static void grades_at_their_edges(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {{1000, 0, 0, 0, 0, 0}, false, JK_GRADE_SAME},
        {{999, 1, 0, 0, 0, 0}, false, JK_GRADE_NEAR},
        {{0, 950, 0, 50, 0, 0}, false, JK_GRADE_NEAR},
        {{949, 0, 0, 0, 0, 51}, false, JK_GRADE_KIN}, /* what is comparable is all kin */
        {{0, 949, 0, 51, 0, 0}, false, JK_GRADE_KIN},
        {{0, 949, 0, 0, 0, 51}, true, JK_GRADE_KIN},
        {{0, 0, 900, 100, 0, 0}, false, JK_GRADE_KIN},
        {{0, 0, 899, 101, 0, 0}, false, JK_GRADE_PART},
        {{0, 0, 500, 0, 250, 250}, false, JK_GRADE_KIN},
        {{0, 0, 499, 0, 251, 250}, false, JK_GRADE_PART},
        {{100, 200, 150, 50, 500, 0}, false, JK_GRADE_KIN},
        {{0, 0, 10, 990, 0, 0}, false, JK_GRADE_PART},
        {{0, 0, 10, 0, 990, 0}, true, JK_GRADE_PART},
        {{9, 0, 0, 991, 0, 0}, false, JK_GRADE_CONTRADICTED},
        {{0, 0, 9, 491, 0, 500}, false, JK_GRADE_CONTRADICTED},
        {{0, 0, 0, 500, 500, 0}, true, JK_GRADE_CONTRADICTED},
        {{0, 0, 9, 490, 0, 501}, false, JK_GRADE_NONE},
        {{0, 0, 9, 490, 0, 501}, true, JK_GRADE_SHAPE},
        {{0, 0, 0, 0, 1000, 0}, false, JK_GRADE_NONE},
        {{0, 0, 0, 0, 0, 0}, false, JK_GRADE_NONE},
        {{0, 0, 0, 0, 0, 0}, true, JK_GRADE_SHAPE},
        {{UINT64_MAX, 0, 0, 0, 0, 1}, false, JK_GRADE_NEAR},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct jk_graded graded = grade_row(&rows[i]);
        if (graded.grade != rows[i].grade)
            fail_msg("row %zu: %s, not %s", i, jk_grade_text(graded.grade), jk_grade_text(rows[i].grade));
    }
}

static void shares_are_rounded_down(void **state)
{
    (void)state;
    struct jk_graded graded = grade_row(&(struct row){{1, 1, 1, 2, 1, 1}, false, JK_GRADE_PART});
    assert_int_equal(graded.equal, 1428);
    assert_int_equal(graded.near, 2857);
    assert_int_equal(graded.kin, 4285);
    assert_int_equal(graded.comparable, 7142);
    graded = grade_row(&(struct row){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, 0, 0}, false, JK_GRADE_PART});
    assert_int_equal(graded.equal, 2500);
    assert_int_equal(graded.comparable, JK_SHARE_ALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grades_at_their_edges),
        cmocka_unit_test(shares_are_rounded_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
