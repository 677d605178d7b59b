/* How many lines of one event a window takes, and is all that was left out told, once, under its name? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/loglimit.h"

static struct jk_loglimit limit;

static int set_up(void **state)
{
    (void)state;
    memset(&limit, 0, sizeof limit);
    return 0;
}

static unsigned take(const char *event, unsigned lines, int64_t now_ms)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < lines; i++)
        taken += jk_loglimit_take(&limit, event, now_ms);
    return taken;
}

static void assert_told(int64_t now_ms, const char *event, uint64_t lines)
{
    char name[JK_LOGLIMIT_NAME];
    uint64_t count = 0;
    assert_true(jk_loglimit_told(&limit, now_ms, name, &count));
    assert_string_equal(name, event);
    assert_int_equal(count, lines);
}

static void assert_nothing_told(int64_t now_ms)
{
    char name[JK_LOGLIMIT_NAME];
    uint64_t count;
    assert_false(jk_loglimit_told(&limit, now_ms, name, &count));
}

static void a_window_takes_so_many(void **state)
{
    (void)state;
    assert_int_equal(take("grpc", JK_LOGLIMIT_LINES, 5000), JK_LOGLIMIT_LINES);
    assert_nothing_told(99999);
    assert_int_equal(take("grpc", 1000, 5999), 0);
    assert_nothing_told(5999); /* the window is not over */
    assert_told(6000, "grpc", 1000);
    assert_nothing_told(6000);
    assert_int_equal(take("grpc", 1000, 6000), JK_LOGLIMIT_LINES);
}

static void events_do_not_keep_out_one_another(void **state)
{
    (void)state;
    assert_int_equal(take("one", 100, 0), JK_LOGLIMIT_LINES);
    assert_int_equal(take("other", 21, 500), JK_LOGLIMIT_LINES);
    assert_told(1000, "one", 80);
    assert_nothing_told(1000);
    assert_told(1500, "other", 1);
}

/* What was left out in several windows is told in one, where nobody asked in between. */
static void sums_go_on_until_they_are_told(void **state)
{
    (void)state;
    for (int64_t now_ms = 0; now_ms < 5000; now_ms += 1000)
        assert_int_equal(take("grpc", 30, now_ms), JK_LOGLIMIT_LINES);
    assert_told(5000, "grpc", 50);
}

static void names_are_cut(void **state)
{
    (void)state;
    char longest[100];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(take(longest, 22, 0), JK_LOGLIMIT_LINES);
    longest[JK_LOGLIMIT_NAME - 1] = '\0';
    assert_told(1000, longest, 2);
}

/* Further events share a place, so that even names without end are bounded. */
static void more_events_than_places(void **state)
{
    (void)state;
    char name[24];
    unsigned taken = 0;
    for (unsigned i = 0; i < JK_LOGLIMIT_EVENTS + 100; i++) {
        snprintf(name, sizeof name, "event-%u", i);
        taken += take(name, 1, 0);
    }
    assert_in_range(taken, JK_LOGLIMIT_EVENTS, JK_LOGLIMIT_EVENTS + JK_LOGLIMIT_LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_window_takes_so_many, set_up),
        cmocka_unit_test_setup(events_do_not_keep_out_one_another, set_up),
        cmocka_unit_test_setup(sums_go_on_until_they_are_told, set_up),
        cmocka_unit_test_setup(names_are_cut, set_up),
        cmocka_unit_test_setup(more_events_than_places, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
