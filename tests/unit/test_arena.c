/* Does the arena keep to its budget, its alignment and its promises about copies? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

#define BUDGET 100000

static int setup(void **state)
{
    static struct jk_arena arena;
    jk_arena_init(&arena, BUDGET);
    *state = &arena;
    return 0;
}

static int teardown(void **state)
{
    jk_arena_done(*state);
    return 0;
}

static void pieces_are_aligned_and_apart(void **state)
{
    struct jk_arena *arena = *state;
    unsigned char *pieces[200];
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = jk_arena_alloc(arena, i);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)i, i);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_equal(pieces[i][j], i);
    assert_ptr_not_equal(pieces[0], pieces[1]);
    assert_false(arena->exhausted);
}

static void one_past_the_budget_is_refused(void **state)
{
    struct jk_arena *arena = *state;
    assert_non_null(jk_arena_alloc(arena, 16));
    size_t header = arena->used - 16;
    jk_arena_reset(arena);
    size_t most = (BUDGET - header) & ~(size_t)15;
    assert_null(jk_arena_alloc(arena, most + 1));
    assert_true(arena->exhausted);
    jk_arena_reset(arena);
    assert_false(arena->exhausted);
    assert_int_equal(arena->used, 0);
    assert_non_null(jk_arena_alloc(arena, most));
    assert_false(arena->exhausted);
    assert_in_range(arena->used, BUDGET - 16, BUDGET);
    assert_null(jk_arena_alloc(arena, 16));
    assert_true(arena->exhausted);
}

static void many_small_pieces_stop_at_the_budget(void **state)
{
    struct jk_arena *arena = *state;
    size_t count = 0;
    while (jk_arena_alloc(arena, 100)) {
        count++;
        assert_true(arena->used <= BUDGET);
    }
    assert_in_range(count, BUDGET / 112 * 95 / 100, BUDGET / 112);
    assert_true(arena->exhausted);
}

static void a_large_piece_leaves_the_small_block_in_use(void **state)
{
    struct jk_arena *arena = *state;
    char *before = jk_arena_alloc(arena, 16);
    assert_non_null(jk_arena_alloc(arena, 30000));
    char *after = jk_arena_alloc(arena, 16);
    assert_ptr_equal(after, before + 16);
}

static void a_large_piece_does_not_retire_a_grown_block(void **state)
{
    (void)state;
    struct jk_arena arena;
    char *before = NULL;
    jk_arena_init(&arena, 1 << 20);
    for (int i = 0; i < 100; i++)
        before = jk_arena_alloc(&arena, 1024); /* by now within a block of 64 KiB */
    assert_non_null(jk_arena_alloc(&arena, 30000));
    assert_ptr_equal(jk_arena_alloc(&arena, 1024), before + 1024);
    jk_arena_done(&arena);
}

static void room_in_a_block_is_not_room_in_the_budget(void **state)
{
    struct jk_arena *arena = *state;
    assert_non_null(jk_arena_alloc(arena, 16));
    size_t header = arena->used - 16;
    assert_non_null(jk_arena_alloc(arena, (BUDGET - arena->used - header) & ~(size_t)15));
    assert_null(jk_arena_alloc(arena, 16));
    assert_true(arena->used <= BUDGET);
}

static void sizes_that_overflow_are_refused(void **state)
{
    struct jk_arena *arena = *state;
    assert_null(jk_arena_alloc(arena, SIZE_MAX));
    assert_null(jk_arena_alloc(arena, SIZE_MAX - 8));
    assert_null(jk_arena_zalloc(arena, SIZE_MAX / 2, 3));
    assert_null(jk_arena_copy(arena, "", SIZE_MAX));
    assert_true(arena->exhausted);
    assert_int_equal(arena->used, 0);
}

static void zalloc_clears_memory_used_before(void **state)
{
    struct jk_arena *arena = *state;
    static const unsigned char zeros[1000];
    memset(jk_arena_alloc(arena, 2000), 0xFF, 2000);
    jk_arena_reset(arena);
    unsigned char *bytes = jk_arena_zalloc(arena, 100, 10);
    assert_memory_equal(bytes, zeros, 1000);
}

static void a_reset_keeps_memory_for_the_next_use(void **state)
{
    struct jk_arena *arena = *state;
    char *first = jk_arena_alloc(arena, 1000);
    size_t used = arena->used;
    jk_arena_reset(arena);
    assert_int_equal(arena->used, 0);
    assert_ptr_equal(jk_arena_alloc(arena, 1000), first);
    assert_int_equal(arena->used, used);
    for (int i = 0; i < 80; i++) /* blocks of 2, 4, 8 … KiB */
        jk_arena_alloc(arena, 1000);
    jk_arena_reset(arena);
    char *kept = jk_arena_alloc(arena, 1000);
    for (int i = 1; i < 8; i++) /* the largest that is kept: 8 KiB, and no more */
        assert_ptr_equal(jk_arena_alloc(arena, 1000), kept + i * 1008);
    used = arena->used;
    assert_non_null(jk_arena_alloc(arena, 1000));
    assert_true(arena->used > used + 1008); /* another block's header */
}

static void copies_end_in_nul(void **state)
{
    struct jk_arena *arena = *state;
    assert_string_equal(jk_arena_copy(arena, "jokbo, cut here", 5), "jokbo");
    assert_string_equal(jk_arena_copy(arena, NULL, 0), "");
    assert_memory_equal(jk_arena_copy(arena, "a\0b", 3), "a\0b", 4);
}

static void printf_takes_short_and_long_text(void **state)
{
    struct jk_arena *arena = *state;
    assert_string_equal(jk_arena_printf(arena, "%s/%d", "team", 7), "team/7");
    for (int width = 254; width <= 258; width++) {
        char *text = jk_arena_printf(arena, "%*d", width, 7);
        assert_int_equal(strlen(text), width);
        assert_int_equal(text[width - 1], '7');
    }
    assert_null(jk_arena_printf(arena, "%*d", BUDGET, 7));
    assert_true(arena->exhausted);
}

static void done_leaves_nothing_to_allocate(void **state)
{
    (void)state;
    struct jk_arena zeroed = {0};
    jk_arena_done(&zeroed);
    jk_arena_done(NULL);
    assert_null(jk_arena_alloc(&zeroed, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pieces_are_aligned_and_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(one_past_the_budget_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(many_small_pieces_stop_at_the_budget, setup, teardown),
        cmocka_unit_test_setup_teardown(a_large_piece_leaves_the_small_block_in_use, setup, teardown),
        cmocka_unit_test(a_large_piece_does_not_retire_a_grown_block),
        cmocka_unit_test_setup_teardown(a_reset_keeps_memory_for_the_next_use, setup, teardown),
        cmocka_unit_test_setup_teardown(room_in_a_block_is_not_room_in_the_budget, setup, teardown),
        cmocka_unit_test_setup_teardown(sizes_that_overflow_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(zalloc_clears_memory_used_before, setup, teardown),
        cmocka_unit_test_setup_teardown(copies_end_in_nul, setup, teardown),
        cmocka_unit_test_setup_teardown(printf_takes_short_and_long_text, setup, teardown),
        cmocka_unit_test(done_leaves_nothing_to_allocate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
