/* store/life: when a sign of life is due, what is a rest, and which cut-offs lie in one; one past each edge. */
#include "store/life.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW INT64_C(1785000000000000)

static void test_beats(void **state)
{
    struct jk_life life = {.seen_us = NOW}, next = {7, 7, 7};
    (void)state;
    assert_false(jk_life_next(&life, 0, NOW + JK_LIFE_BEAT_US - 1, false, &next));
    assert_int_equal(next.seen_us, 7);
    assert_true(jk_life_next(&life, 0, NOW + JK_LIFE_BEAT_US, false, &next));
    assert_int_equal(next.seen_us, NOW + JK_LIFE_BEAT_US);
    assert_int_equal(next.rest_from_us, 0);
    assert_int_equal(next.rest_until_us, 0);
    /* an entry is as good a sign */
    assert_false(jk_life_next(&life, NOW + 1, NOW + JK_LIFE_BEAT_US, false, &next));
    assert_true(jk_life_next(&(struct jk_life){0}, NOW, NOW + JK_LIFE_BEAT_US, false, &next));
    assert_int_equal(next.rest_until_us, 0); /* a log of before there were signs of life */
}

static void test_rests(void **state)
{
    struct jk_life life = {.seen_us = NOW, .rest_from_us = 5, .rest_until_us = 9}, next;
    (void)state;
    assert_true(jk_life_next(&life, 0, NOW + JK_LIFE_REST_US - 1, false, &next));
    assert_int_equal(next.rest_from_us, 5);
    assert_int_equal(next.rest_until_us, 9);
    assert_true(jk_life_next(&life, NOW + 3, NOW + 3 + JK_LIFE_REST_US, false, &next));
    assert_int_equal(next.seen_us, NOW + 3 + JK_LIFE_REST_US);
    assert_int_equal(next.rest_from_us, NOW + 3);
    assert_int_equal(next.rest_until_us, NOW + 3 + JK_LIFE_REST_US);
    /* a stage waits in the one before: its cut-off must not fall out */
    assert_true(jk_life_next(&life, 0, NOW + JK_LIFE_REST_US, true, &next));
    assert_int_equal(next.rest_from_us, 5);
    assert_int_equal(next.rest_until_us, NOW + JK_LIFE_REST_US);
}

static void test_cut_offs(void **state)
{
    struct jk_life none = {.seen_us = NOW}, life = {NOW + 10, NOW, NOW + 10};
    (void)state;
    assert_false(jk_life_rested(&none, NOW));
    assert_false(jk_life_rested(&none, 0));
    assert_false(jk_life_rested(&life, NOW)); /* somebody was there */
    assert_true(jk_life_rested(&life, NOW + 1));
    assert_true(jk_life_rested(&life, NOW + 10));
    assert_false(jk_life_rested(&life, NOW + 11));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_beats), cmocka_unit_test(test_rests),
                                       cmocka_unit_test(test_cut_offs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
