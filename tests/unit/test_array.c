/* Arrays that grow: what is in them stays, and what cannot be had leaves them as they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/array.h"

struct pair {
    uint32_t number;
    char rest[20];
};

static void test_grows(void **state)
{
    struct pair *items = NULL;
    size_t room = 0;
    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        assert_true(JK_ARRAY_GROW(items, i, room));
        assert_true(room > i && room <= 64 + 2 * (size_t)i);
        items[i] = (struct pair){i, "x"};
    }
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(items[i].number, i);
    free(items);
}

static void test_room_is_kept(void **state)
{
    char *items = NULL;
    size_t room = 0;
    (void)state;
    assert_true(JK_ARRAY_GROW(items, 0, room));
    char *before = items;
    assert_true(JK_ARRAY_GROW(items, room - 1, room));
    assert_ptr_equal(items, before);
    assert_int_equal(room, 64);
    free(items);
}

static void test_too_large(void **state)
{
    char byte = 7, *items = &byte;
    size_t room = SIZE_MAX / 32;
    (void)state;
    assert_false(jk_array_grow(&items, room, &room, 64)); /* the product overflows */
    assert_ptr_equal(items, &byte);
    assert_int_equal(room, SIZE_MAX / 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_room_is_kept),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
