/* What is typed by who looks for something: which names match it, and how well. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "service/records/typed.h"

#define BETWEEN " -_./"

static enum jk_typed_rank rank(const char *text, const char *name)
{
    struct jk_typed typed;
    assert_true(jk_typed_read(jk_span_of(text), BETWEEN, &typed));
    return jk_typed_rank(&typed, jk_span_of(name));
}

static void names_match_as_they_begin_and_what_they_contain(void **state)
{
    (void)state;
    assert_int_equal(rank("up", "upstage/Solar-Open-100B"), JK_TYPED_BEGINS);
    assert_int_equal(rank("SOLAR", "upstage/Solar-Open-100B"), JK_TYPED_BEGINS);
    assert_int_equal(rank("upstage/solar-open-100b", "upstage/Solar-Open-100B"), JK_TYPED_BEGINS);
    assert_int_equal(rank("open-1", "upstage/Solar-Open-100B"), JK_TYPED_CONTAINS);
    assert_int_equal(rank("tage/s", "upstage/Solar-Open-100B"), JK_TYPED_CONTAINS);
    assert_int_equal(rank("open-2", "upstage/Solar-Open-100B"), JK_TYPED_NOT);
    assert_int_equal(rank("upstage/Solar-Open-100B-longer", "upstage/Solar-Open-100B"), JK_TYPED_NOT);
    assert_int_equal(rank("a", ""), JK_TYPED_NOT);
    assert_int_equal(rank("업스", "업스테이지"), JK_TYPED_BEGINS);
    assert_int_equal(rank("스테", "업스테이지"), JK_TYPED_CONTAINS);
}

static void words_are_found_in_any_order(void **state)
{
    (void)state;
    assert_int_equal(rank("solar open", "upstage/Solar-Open-100B"), JK_TYPED_WORDS);
    assert_int_equal(rank("100b.UPSTAGE", "upstage/Solar-Open-100B"), JK_TYPED_WORDS);
    assert_int_equal(rank("open solar 2", "upstage/Solar-Open-100B"), JK_TYPED_NOT);
    assert_int_equal(rank("--", "upstage/Solar-Open-100B"), JK_TYPED_NOT);
    assert_int_equal(rank("-", "upstage/Solar-Open-100B"), JK_TYPED_CONTAINS);
}

static void what_may_be_typed_is_bounded(void **state)
{
    (void)state;
    struct jk_typed typed;
    char text[JK_TYPED_MAX + 2], name[2 * JK_TYPED_NAME];
    memset(text, 'x', sizeof text);
    assert_true(jk_typed_read((struct jk_span){text, JK_TYPED_MAX}, BETWEEN, &typed));
    assert_int_equal(typed.len, JK_TYPED_MAX);
    assert_false(jk_typed_read((struct jk_span){text, JK_TYPED_MAX + 1}, BETWEEN, &typed));
    assert_false(jk_typed_read(JK_SPAN(""), BETWEEN, &typed));
    assert_false(jk_typed_read(JK_SPAN("  "), BETWEEN, &typed));
    for (size_t i = 0; i < JK_TYPED_MAX; i++)
        text[i] = i % 2 ? ' ' : (char)(0x80 + i);
    assert_true(jk_typed_read((struct jk_span){text, JK_TYPED_MAX}, BETWEEN, &typed));
    assert_int_equal(typed.count, JK_TYPED_MAX / 2);
    for (size_t i = 0; i < JK_TYPED_MAX; i++)
        text[i] = i % 2 ? ' ' : 'x';
    assert_true(jk_typed_read((struct jk_span){text, JK_TYPED_MAX}, BETWEEN, &typed));
    assert_int_equal(typed.count, 1); /* the same word again is not looked for again */
    assert_true(jk_typed_read(JK_SPAN("solar sol ar olive"), BETWEEN, &typed));
    assert_int_equal(typed.count, 2);
    memset(name, 'y', sizeof name);
    name[JK_TYPED_NAME - 1] = 'z';
    assert_true(jk_typed_read(JK_SPAN("z"), BETWEEN, &typed));
    assert_int_equal(jk_typed_rank(&typed, (struct jk_span){name, sizeof name}), JK_TYPED_CONTAINS);
    name[JK_TYPED_NAME - 1] = 'y', name[JK_TYPED_NAME] = 'z';
    assert_int_equal(jk_typed_rank(&typed, (struct jk_span){name, sizeof name}), JK_TYPED_NOT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_match_as_they_begin_and_what_they_contain),
        cmocka_unit_test(words_are_found_in_any_order),
        cmocka_unit_test(what_may_be_typed_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
