/* Cells as RFC 4180 has them, and as a spreadsheet leaves them alone. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/csv.h"
#include "base/defer.h"

static void row_is(const char *const *cells, size_t count, const char *expected)
{
    JK_CLEANUP(jk_text_done) struct jk_text out;
    struct jk_csv csv = {.out = &out};
    jk_text_init(&out, 0);
    for (size_t i = 0; i < count; i++)
        jk_csv_cell(&csv, jk_span_of(cells[i]));
    jk_csv_end(&csv);
    assert_string_equal(out.bytes, expected);
}

static void quotes_where_they_must_be(void **state)
{
    (void)state;
    row_is((const char *[]){"plain", "a b", "", "족보"}, 4, "plain,a b,,족보\r\n");
    row_is((const char *[]){"a,b", "say \"so\"", "\"", "two\nlines"}, 4,
           "\"a,b\",\"say \"\"so\"\"\",\"\"\"\",\"two\nlines\"\r\n");
}

static void no_cell_is_a_formula(void **state)
{
    (void)state;
    row_is((const char *[]){"=1+1", "+1", "-1", "@x", "1-1"}, 5, "'=1+1,'+1,'-1,'@x,1-1\r\n");
    row_is((const char *[]){"\tx", "\rx", "=a,\"b\""}, 3, "'\tx,\"'\rx\",\"'=a,\"\"b\"\"\"\r\n");
}

static void numbers_and_header(void **state)
{
    (void)state;
    JK_CLEANUP(jk_text_done) struct jk_text out;
    struct jk_csv csv = {.out = &out};
    jk_text_init(&out, 0);
    jk_csv_header(&csv, "log_index,name");
    jk_csv_number(&csv, INT64_MIN);
    jk_csv_cell(&csv, (struct jk_span){NULL, 0});
    jk_csv_end(&csv);
    jk_csv_number(&csv, 0);
    jk_csv_number(&csv, INT64_MAX);
    jk_csv_end(&csv);
    assert_string_equal(out.bytes, "log_index,name\r\n-9223372036854775808,\r\n0,9223372036854775807\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(quotes_where_they_must_be),
                                       cmocka_unit_test(no_cell_is_a_formula), cmocka_unit_test(numbers_and_header)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
