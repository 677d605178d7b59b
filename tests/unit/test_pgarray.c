/* Does a binary array look as PostgreSQL's array_recv reads it, and does the builder keep its limit? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "store/pgarray.h"

static void test_empty(void **state)
{
    static const char wanted[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17};
    struct jk_pgarray array;
    struct jk_span bytes;

    (void)state;
    jk_pgarray_init(&array, JK_PG_BYTEA);
    bytes = jk_pgarray_span(&array);
    assert_int_equal(bytes.len, sizeof(wanted));
    assert_memory_equal(bytes.at, wanted, sizeof(wanted));
    jk_pgarray_done(&array);
}

static void test_two_texts(void **state)
{
    static const char wanted[] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0,   0, 25, 0, 0, 0,
                                  2, 0, 0, 0, 1, 0, 0, 0, 1, 'a', 0, 0,  0, 0};
    struct jk_pgarray array;
    struct jk_span bytes;

    (void)state;
    jk_pgarray_init(&array, JK_PG_TEXT);
    jk_pgarray_add(&array, JK_SPAN("a"));
    jk_pgarray_add(&array, (struct jk_span){NULL, 0});
    bytes = jk_pgarray_span(&array);
    assert_int_equal(bytes.len, sizeof(wanted));
    assert_memory_equal(bytes.at, wanted, sizeof(wanted));
    jk_pgarray_done(&array);
}

static void test_bigint(void **state)
{
    static const char wanted[] = {0,          0,          0,          8,          (char)0xff, (char)0xff,
                                  (char)0xff, (char)0xff, (char)0xff, (char)0xff, (char)0xff, (char)0xfe};
    struct jk_pgarray array;
    struct jk_span bytes;

    (void)state;
    jk_pgarray_init(&array, JK_PG_BIGINT);
    jk_pgarray_add_i64(&array, -2);
    bytes = jk_pgarray_span(&array);
    assert_int_equal(bytes.len, 20 + sizeof(wanted));
    assert_memory_equal(bytes.at + 20, wanted, sizeof(wanted));
    jk_pgarray_done(&array);
}

static void test_numbers(void **state)
{
    char bytes[8];

    (void)state;
    jk_put_be64(bytes, 0x0102030405060708u);
    assert_memory_equal(bytes, "\1\2\3\4\5\6\7\10", 8);
    assert_true(jk_get_be64(bytes) == 0x0102030405060708u);
    assert_true(jk_get_be32(bytes + 4) == 0x05060708u);
    jk_put_be64(bytes, UINT64_MAX);
    assert_true(jk_get_be64(bytes) == UINT64_MAX);
}

static void test_limit(void **state)
{
    const size_t room = JK_PGARRAY_MAX - 20 - 4;
    char *large = calloc(1, room + 1);
    struct jk_pgarray array;

    (void)state;
    assert_non_null(large);
    jk_pgarray_init(&array, JK_PG_BYTEA);
    jk_pgarray_add(&array, (struct jk_span){large, room});
    assert_false(jk_pgarray_failed(&array));
    jk_pgarray_done(&array);
    jk_pgarray_init(&array, JK_PG_BYTEA);
    jk_pgarray_add(&array, (struct jk_span){large, room + 1});
    assert_true(jk_pgarray_failed(&array));
    assert_int_equal(jk_pgarray_span(&array).len, 0);
    jk_pgarray_done(&array);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),   cmocka_unit_test(test_two_texts), cmocka_unit_test(test_bigint),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
