/* auth/directory: wishes for evidence anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/directory_bench.h"

/* By release, and in the order in which they arrived: one that is replaced or comes back arrives anew. */
static void test_renewals(void **state)
{
    struct bench *bench = *state;
    struct jk_renewal wish = {.account = 7, .time_us = 9}, found, *list;
    struct jk_record records[4], before;
    uint64_t seen = 0;
    size_t count;
    for (unsigned i = 0; i < 4; i++) {
        wish.release.bytes[0] = (uint8_t)(i % 3 + 1);
        wish.size = 10 * (i + 1);
        assert_true(jk_record_renewal(&bench->arena, &wish, &records[i]));
        if (i == 3) assert_true(jk_directory_get_record(bench->directory, records[0].key, &bench->arena, &before));
        assert_int_equal(bench_put(bench, &records[i]), JK_OK);
    }
    assert_string_equal(before.value, records[0].value);
    wish.release.bytes[0] = 1;
    assert_true(jk_directory_renewal(bench->directory, &wish.release, &found));
    assert_memory_equal(&found, &wish, sizeof found);
    assert_non_null(list = jk_directory_renewals(bench->directory, 39, &seen, &count)); /* 20 30 40 */
    assert_int_equal(count, 2);
    assert_int_equal(list[0].size, 20);
    assert_int_equal(list[1].size, 30);
    free(list);
    assert_non_null(list = jk_directory_renewals(bench->directory, 40, &seen, &count));
    assert_int_equal(count, 1);
    assert_int_equal(list[0].size, 40);
    free(list);
    assert_int_equal(bench_put(bench, &before), JK_OK); /* as of a batch that failed */
    jk_directory_drop(bench->directory, &records[1]);
    assert_non_null(list = jk_directory_renewals(bench->directory, 100, &seen, &count));
    assert_int_equal(count, 1);
    assert_int_equal(list[0].size, 10);
    free(list);
    assert_non_null(list = jk_directory_renewals(bench->directory, 100, &seen, &count));
    assert_int_equal(count, 0);
    free(list);
    seen = 0;
    assert_non_null(list = jk_directory_renewals(bench->directory, 100, &seen, &count));
    assert_int_equal(count, 2);
    free(list);
    wish.release.bytes[0] = 2;
    assert_false(jk_directory_renewal(bench->directory, &wish.release, &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_renewals, bench_set_up, bench_tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
