/* Is every published file read again within a day, whatever the log's size, and never more in a second than is allowed?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tiles/reread.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static bool same(const struct jk_tile *a, const struct jk_tile *b)
{
    return a->kind == b->kind && a->level == b->level && a->width == b->width && a->index == b->index;
}

/* The very files that a publisher makes of a log of that size, each once, in the same order. */
static void test_every_file_once(void **state)
{
    static const uint64_t sizes[] = {1, 2, 255, 256, 257, 511, 512, 513, 65535, 65536, 65537, 131072, 200000, 16777217};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct jk_tile_walk walk;
        struct jk_tile wanted, found;
        uint64_t at = 0;

        jk_tile_walk_init(&walk, 0, sizes[i]);
        while (jk_tile_walk_next(&walk, &wanted)) {
            jk_reread_tile(sizes[i], at++, &found);
            if (!same(&wanted, &found))
                fail_msg("size %llu: file %llu", (unsigned long long)sizes[i], (unsigned long long)at);
        }
        assert_int_equal(at, jk_reread_count(sizes[i]));
    }
    assert_int_equal(jk_reread_count(0), 0);
}

/* The largest tree that there can be: its last file is the topmost tile. */
static void test_largest(void **state)
{
    uint64_t size = JK_TREE_MAX, count = jk_reread_count(size);
    struct jk_tile tile;

    (void)state;
    jk_reread_tile(size, count - 1, &tile);
    assert_int_equal(tile.level, JK_TILE_LEVELS - 1);
    assert_int_equal(tile.width, 127);
    assert_int_equal(jk_reread_due_ms(count, count, JK_REREAD_PASS_MOST_MS), JK_REREAD_PASS_MOST_MS);
    assert_true(jk_reread_due_ms(count - 1, count, JK_REREAD_PASS_MOST_MS) <= JK_REREAD_PASS_MOST_MS);
}

/* Two passes are over within a day, so that whatever was published just after the first went by is read in it too. */
static void test_within_a_day(void **state)
{
    (void)state;
    for (uint64_t bytes = 1; bytes < UINT64_MAX / 2; bytes *= 2) {
        int64_t pass_ms = jk_reread_pass_ms(bytes);

        assert_true(pass_ms >= JK_REREAD_PASS_LEAST_MS && 2 * pass_ms < DAY_MS);
        if (pass_ms < JK_REREAD_PASS_MOST_MS) /* at the usual rate, or slower */
            assert_true(bytes * 1000 / (uint64_t)pass_ms <= JK_REREAD_RATE + JK_REREAD_RATE / 10);
    }
    assert_int_equal(jk_reread_pass_ms(0), JK_REREAD_PASS_LEAST_MS);
    assert_int_equal(jk_reread_pass_ms(100 * (uint64_t)JK_REREAD_RATE), 100000);
    assert_int_equal(jk_reread_pass_ms(UINT64_MAX), JK_REREAD_PASS_MOST_MS);
    assert_int_equal(jk_reread_rest_ms(JK_REREAD_RATE_MOST), 1000);
}

/* Files are due in order, evenly, the first at once, and none after the pass's end. */
static void test_due(void **state)
{
    int64_t before_ms = -1;

    (void)state;
    for (uint64_t at = 0; at < 7813; at++) {
        int64_t due_ms = jk_reread_due_ms(at, 7813, 3600000);

        assert_true(due_ms >= before_ms && due_ms - before_ms <= 461 && due_ms < 3600000);
        before_ms = due_ms;
    }
    assert_int_equal(jk_reread_due_ms(0, 7813, 3600000), 0);
}

/* A server that starts every hour reads a log whose pass takes eleven in eleven starts, and then again. */
static void test_place(void **state)
{
    enum { COUNT = 1000000, HOUR_MS = 3600000 };
    static bool read[COUNT];
    int64_t now_ms = INT64_C(1764400000000);

    (void)state;
    for (int hour = 0; hour < 12; hour++, now_ms += HOUR_MS) {
        uint64_t at = jk_reread_place(now_ms, COUNT, JK_REREAD_PASS_MOST_MS);
        int64_t began_ms = jk_reread_due_ms(at, COUNT, JK_REREAD_PASS_MOST_MS), over_ms = 0;

        assert_true(at < COUNT);
        while (over_ms + jk_reread_due_ms(at, COUNT, JK_REREAD_PASS_MOST_MS) - began_ms <= HOUR_MS) {
            read[at] = true;
            if (++at < COUNT) continue;
            at = 0; /* the next pass */
            over_ms = JK_REREAD_PASS_MOST_MS;
        }
    }
    for (int at = 0; at < COUNT; at++)
        assert_true(read[at]);
    assert_int_equal(jk_reread_place(0, COUNT, 10000), 0);
    assert_int_equal(jk_reread_place(-5, COUNT, 10000), 0);
    assert_int_equal(jk_reread_place(9999, 3, 10000), 2);
}

/* How many bytes there are is told by some of them; what is missing or no number says nothing. */
static void test_bytes(void **state)
{
    char top[] = "/tmp/jokbo-reread-XXXXXX", command[64], name[200], path[JK_TILE_PATH];
    struct jk_folder *folder;
    struct jk_error error;
    uint64_t size = 256 * 300, count = jk_reread_count(size), guess;

    (void)state;
    assert_non_null(mkdtemp(top));
    jk_error_init(&error, NULL);
    assert_int_equal(jk_folder_open(top, true, &folder, &error), JK_OK);
    assert_int_equal(jk_reread_bytes(folder, size), 0);
    for (uint64_t at = 0; at < count; at++) {
        struct jk_tile tile;

        jk_reread_tile(size, at, &tile);
        jk_tile_path(&tile, path);
        jk_error_init(&error, NULL);
        assert_int_equal(jk_folder_put(folder, path, JK_SPAN("ten bytes.\n"), &error), JK_OK);
    }
    assert_int_equal(jk_folder_flush(folder, &error), JK_OK);
    assert_int_equal(jk_reread_bytes(folder, size), 11 * count);
    (void)snprintf(name, sizeof(name), "%s/tile/entries/000", top); /* one in sixty-four at most counts for much more */
    assert_int_equal(truncate(name, 11000), 0);
    guess = jk_reread_bytes(folder, size);
    assert_true(guess > 11 * count && guess < 11 * count + 11000 * count / 60);
    jk_folder_close(folder);
    (void)snprintf(command, sizeof(command), "rm -r %s", top);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_file_once), cmocka_unit_test(test_largest),
        cmocka_unit_test(test_within_a_day),    cmocka_unit_test(test_due),
        cmocka_unit_test(test_place),           cmocka_unit_test(test_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
