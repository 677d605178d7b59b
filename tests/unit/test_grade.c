/* Grades: their words in both directions, from the weakest to the strongest; and the items of evidence, written and read
 * back, one after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "domain/grade.h"

static void words(void **state)
{
    (void)state;
    static const char *const in_order[] = {"contradicted", "none", "shape", "part", "kin", "near", "same"};
    enum jk_grade grade;
    assert_int_equal(sizeof in_order / sizeof *in_order, JK_GRADES);
    for (int i = 0; i < JK_GRADES; i++) {
        assert_string_equal(jk_grade_text((enum jk_grade)i), in_order[i]);
        assert_true(jk_grade_parse(jk_span_of(in_order[i]), &grade));
        assert_int_equal(grade, i);
    }
    assert_string_equal(jk_grade_text(JK_GRADES), "");
    assert_false(jk_grade_parse(JK_SPAN("Kin"), &grade));
    assert_false(jk_grade_parse(JK_SPAN("unproven"), &grade)); /* which is the absence of one */
    assert_false(jk_grade_parse(JK_SPAN(""), &grade));
}

static void items(void **state)
{
    (void)state;
    const struct jk_graded want[] = {
        {.parent = jk_digest_of(JK_SPAN("a")), .grade = JK_GRADE_SAME, .equal = 10000, 10000, 10000, 10000},
        {.parent = jk_digest_of(JK_SPAN("b")), .grade = JK_GRADE_PART, .near = 1, .kin = 200, .comparable = 9000}};
    struct jk_graded got;
    struct jk_text list;
    const char *fault;
    jk_text_init(&list, 0);
    jk_graded_write(&want[0], &list);
    jk_text_add_str(&list, " ");
    jk_graded_write(&want[1], &list);
    struct jk_span left = jk_text_span(&list);
    for (int i = 0; i < 2; i++) {
        assert_true(jk_graded_next(&left, &got, &fault));
        assert_null(fault);
        assert_true(jk_digest_equal(&got.parent, &want[i].parent));
        assert_int_equal(got.grade, want[i].grade);
        assert_true(got.equal == want[i].equal && got.near == want[i].near);
        assert_true(got.kin == want[i].kin && got.comparable == want[i].comparable);
    }
    assert_false(jk_graded_next(&left, &got, &fault));
    assert_null(fault);
    jk_text_done(&list);
    left = JK_SPAN("kin/0/0/0/0");
    assert_false(jk_graded_next(&left, &got, &fault));
    assert_non_null(fault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words), cmocka_unit_test(items)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
