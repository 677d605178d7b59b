/* Do spans compare, cut and count as their header says, empty and NULL ones included? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/span.h"

#define S(text) jk_span_of(text)
static const struct jk_span none = {NULL, 0};

static void assert_span(struct jk_span span, const char *expected)
{
    assert_int_equal(span.len, strlen(expected));
    if (span.len > 0) assert_memory_equal(span.at, expected, span.len);
}

static void equality_is_of_bytes(void **state)
{
    (void)state;
    assert_true(jk_span_equal(S("abc"), JK_SPAN("abc")));
    assert_false(jk_span_equal(S("abc"), S("abd")));
    assert_false(jk_span_equal(S("abc"), S("ab")));
    assert_true(jk_span_equal(none, S("")));
    assert_false(jk_span_equal(JK_SPAN("a\0b"), JK_SPAN("a\0c")));
}

static void order_is_of_unsigned_bytes(void **state)
{
    (void)state;
    assert_int_equal(jk_span_compare(S("a"), S("b")), -1);
    assert_int_equal(jk_span_compare(S("\xEA"), S("z")), 1);
    assert_int_equal(jk_span_compare(S("ab"), S("abc")), -1);
    assert_int_equal(jk_span_compare(S("b"), S("abc")), 1);
    assert_int_equal(jk_span_compare(S("abc"), S("abc")), 0);
    assert_int_equal(jk_span_compare(none, S("a")), -1);
    assert_int_equal(jk_span_compare(none, none), 0);
}

static void beginnings_and_ends(void **state)
{
    (void)state;
    assert_true(jk_span_starts(S("sha256:00"), S("sha256:")));
    assert_false(jk_span_starts(S("sha"), S("sha256:")));
    assert_true(jk_span_starts(none, none));
    assert_true(jk_span_ends(S("a.safetensors"), S(".safetensors")));
    assert_false(jk_span_ends(S("a.gguf"), S(".safetensors")));
    assert_true(jk_span_ends(S("abc"), none));
}

static void folding_touches_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(jk_span_equal_fold(S("Apache-2.0"), S("aPACHE-2.0")));
    assert_false(jk_span_equal_fold(S("a["), S("A{")));
    assert_false(jk_span_equal_fold(S("\xC4"), S("\xE4")));
    assert_false(jk_span_equal_fold(S("@"), S("`")));
    assert_true(jk_span_starts_fold(S("LicenseRef-x"), S("licenseref-")));
    assert_false(jk_span_starts_fold(S("License"), S("licenseref-")));
}

static void trim_takes_white_space_off_both_ends(void **state)
{
    (void)state;
    assert_span(jk_span_trim(S(" \t\r\n\v\fa b ")), "a b");
    assert_span(jk_span_trim(S("   ")), "");
    assert_span(jk_span_trim(none), "");
    assert_span(jk_span_trim(S("\x1F"
                               "a\x80")),
                "\x1F"
                "a\x80");
}

static void cut_gives_head_and_rest(void **state)
{
    (void)state;
    struct jk_span rest = S("a/b//"), head;
    assert_true(jk_span_cut(&rest, '/', &head));
    assert_span(head, "a");
    assert_true(jk_span_cut(&rest, '/', &head));
    assert_span(head, "b");
    assert_true(jk_span_cut(&rest, '/', &head));
    assert_span(head, "");
    assert_false(jk_span_cut(&rest, '/', &head));
    assert_span(head, "");
    rest = S("whole");
    assert_false(jk_span_cut(&rest, '/', &head));
    assert_span(head, "whole");
    assert_span(rest, "");
    rest = none;
    assert_false(jk_span_cut(&rest, '/', &head));
}

static void lines_end_with_the_text(void **state)
{
    (void)state;
    struct jk_span rest = S("one\n\nlast"), line;
    assert_true(jk_span_line(&rest, &line));
    assert_span(line, "one");
    assert_true(jk_span_line(&rest, &line));
    assert_span(line, "");
    assert_true(jk_span_line(&rest, &line));
    assert_span(line, "last");
    assert_false(jk_span_line(&rest, &line));
    rest = S("a\n");
    assert_true(jk_span_line(&rest, &line));
    assert_false(jk_span_line(&rest, &line));
}

static void numbers_are_written_one_way(void **state)
{
    (void)state;
    uint64_t value = 1;
    assert_true(jk_span_to_u64(S("0"), &value));
    assert_int_equal(value, 0);
    assert_true(jk_span_to_u64(S("18446744073709551615"), &value));
    assert_true(value == UINT64_MAX);
    static const char *const bad[] = {"",
                                      "00",
                                      "01",
                                      "+1",
                                      "-1",
                                      " 1",
                                      "1 ",
                                      "1a",
                                      "0x1",
                                      "/",
                                      ":",
                                      "18446744073709551616",
                                      "18446744073709551620",
                                      "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        value = 42;
        assert_false(jk_span_to_u64(S(bad[i]), &value));
        assert_int_equal(value, 42);
    }
    assert_false(jk_span_to_u64(none, &value));
}

static void the_last_part_of_a_path(void **unused)
{
    static const char *const paths[][2] = {{"a", "a"}, {"a/b", "b"}, {"a/b/c", "c"}, {"a/", ""}, {"/", ""}, {"", ""}};
    (void)unused;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_true(jk_span_equal(jk_span_after_last(S(paths[i][0]), '/'), S(paths[i][1])));
    assert_int_equal(jk_span_after_last((struct jk_span){0}, '/').len, 0);
}

static void urls_are_of_two_schemes(void **unused)
{
    (void)unused;
    assert_true(jk_span_is_url(S("http://a")));
    assert_true(jk_span_is_url(S("HTTPS://a")));
    assert_false(jk_span_is_url(S("http:/a")));
    assert_false(jk_span_is_url(S("ftp://a")));
    assert_false(jk_span_is_url(S(" http://a")));
    assert_false(jk_span_is_url(S("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_is_of_bytes),
        cmocka_unit_test(order_is_of_unsigned_bytes),
        cmocka_unit_test(beginnings_and_ends),
        cmocka_unit_test(folding_touches_ascii_letters_only),
        cmocka_unit_test(trim_takes_white_space_off_both_ends),
        cmocka_unit_test(cut_gives_head_and_rest),
        cmocka_unit_test(lines_end_with_the_text),
        cmocka_unit_test(numbers_are_written_one_way),
        cmocka_unit_test(the_last_part_of_a_path),
        cmocka_unit_test(urls_are_of_two_schemes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
