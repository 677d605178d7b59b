/* Does the doorman keep to each of his bounds, does he give back what he counted, and can one guest keep out another?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/doorman.h"

#define MIB ((size_t)1 << 20)

static const struct jk_doorman_limits limits = {
    .calls = 800, .calls_each = 100, .unread = 64 * MIB, .unread_each = 16 * MIB};

static int set_up(void **state)
{
    *state = jk_doorman_new(&limits);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    jk_doorman_free(*state);
    return 0;
}

static unsigned guest(const struct jk_doorman *doorman, const char *uri)
{
    struct jk_peer peer;
    jk_peer_parse(jk_span_of(uri), &peer);
    return jk_doorman_guest(doorman, &peer, jk_span_of(uri));
}

static unsigned enter(struct jk_doorman *doorman, unsigned who, unsigned count, enum jk_doorman_word word)
{
    unsigned found = 0;
    for (unsigned i = 0; i < count; i++)
        found += jk_doorman_enter(doorman, who, false) == word;
    return found;
}

static void leave(struct jk_doorman *doorman, unsigned who, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        jk_doorman_leave(doorman, who);
}

/* Two guests share a place by chance once in 65,536 runs for each pair; so none is asked to differ that a run needs. */
static void who_is_who(void **state)
{
    struct jk_doorman *doorman = *state;
    assert_int_equal(guest(doorman, "ipv4:192.0.2.1:1"), guest(doorman, "ipv4:192.0.2.1:2"));
    assert_int_equal(guest(doorman, "ipv6:%5B2001:db8::1%5D:1"), guest(doorman, "ipv6:%5B2001:db8::2%5D:2"));
    assert_int_equal(guest(doorman, "ipv4:127.0.0.1:1"), guest(doorman, "ipv4:127.0.0.1:1"));
    assert_int_equal(guest(doorman, "unix:"), 0);
    assert_int_equal(guest(doorman, "unix:/run/socket"), 0);
    assert_int_equal(guest(doorman, "nonsense"), 0);
    unsigned here[50], there[50], same_here = 0, same_there = 0;
    char uri[40];
    for (unsigned i = 0; i < 50; i++) {
        snprintf(uri, sizeof uri, "ipv4:127.0.0.1:%u", 40000 + i);
        here[i] = guest(doorman, uri);
        snprintf(uri, sizeof uri, "ipv4:192.0.2.%u:7", i);
        there[i] = guest(doorman, uri);
        assert_int_not_equal(here[i], 0);
        assert_int_not_equal(there[i], 0);
        same_here += i > 0 && here[i] == here[0];
        same_there += i > 0 && there[i] == there[0];
    }
    assert_in_range(same_here, 0, 3);
    assert_in_range(same_there, 0, 3);
}

static void calls_of_one_guest(void **state)
{
    struct jk_doorman *doorman = *state;
    assert_int_equal(enter(doorman, 7, 100, JK_DOORMAN_IN), 100);
    assert_int_equal(jk_doorman_enter(doorman, 7, false), JK_DOORMAN_FULL_EACH);
    assert_int_equal(jk_doorman_enter(doorman, 8, false), JK_DOORMAN_IN);
    assert_int_equal(jk_doorman_enter(doorman, 0, false), JK_DOORMAN_IN);
    leave(doorman, 7, 2); /* the one that was refused, too */
    assert_int_equal(jk_doorman_enter(doorman, 7, false), JK_DOORMAN_IN);
    assert_int_equal(jk_doorman_calls(doorman), 102);
    leave(doorman, 7, 100);
    leave(doorman, 8, 1);
    leave(doorman, 0, 1);
    assert_int_equal(jk_doorman_calls(doorman), 0);
}

/* The last eighth is for those who have few; nobody in particular is not among them. Health has places beyond. */
static void calls_in_all(void **state)
{
    struct jk_doorman *doorman = *state;
    for (unsigned who = 1; who <= 7; who++)
        assert_int_equal(enter(doorman, who, 100, JK_DOORMAN_IN), 100);
    assert_int_equal(jk_doorman_enter(doorman, 0, false), JK_DOORMAN_FULL);
    leave(doorman, 0, 1);
    for (unsigned who = 10; who < 16; who++)
        assert_int_equal(enter(doorman, who, JK_DOORMAN_MODEST, JK_DOORMAN_IN), JK_DOORMAN_MODEST);
    assert_int_equal(jk_doorman_enter(doorman, 10, false), JK_DOORMAN_FULL);
    leave(doorman, 10, 1);
    assert_int_equal(enter(doorman, 20, 4, JK_DOORMAN_IN), 4);
    assert_int_equal(jk_doorman_calls(doorman), 800);
    assert_int_equal(jk_doorman_enter(doorman, 21, false), JK_DOORMAN_FULL);
    leave(doorman, 21, 1);
    for (unsigned i = 0; i < JK_DOORMAN_HEALTH; i++)
        assert_int_equal(jk_doorman_enter(doorman, 1, true), JK_DOORMAN_IN);
    assert_int_equal(jk_doorman_enter(doorman, 1, true), JK_DOORMAN_FULL);
}

static void bytes_of_one_guest(void **state)
{
    struct jk_doorman *doorman = *state;
    assert_int_equal(jk_doorman_hold(doorman, 7, 16 * MIB), JK_DOORMAN_IN);
    assert_true(jk_doorman_is_laden(doorman, 7));
    assert_int_equal(jk_doorman_hold(doorman, 7, JK_DOORMAN_SMALL + 1), JK_DOORMAN_FULL_EACH);
    assert_int_equal(jk_doorman_hold(doorman, 7, JK_DOORMAN_SMALL), JK_DOORMAN_IN);
    assert_int_equal(jk_doorman_unread(doorman), 16 * MIB); /* what was refused is not counted, nor what is small */
    jk_doorman_give_back(doorman, 7, 16 * MIB);
    assert_false(jk_doorman_is_laden(doorman, 7));
    jk_doorman_give_back(doorman, 7, JK_DOORMAN_SMALL);
    assert_int_equal(jk_doorman_unread(doorman), 0);
}

/* Three quarters are for all; what is left for those of whom hardly anything lies here. */
static void bytes_in_all(void **state)
{
    struct jk_doorman *doorman = *state;
    for (unsigned who = 1; who <= 3; who++)
        assert_int_equal(jk_doorman_hold(doorman, who, 15 * MIB), JK_DOORMAN_IN);
    assert_int_equal(jk_doorman_hold(doorman, 0, 3 * MIB), JK_DOORMAN_IN);
    assert_int_equal(jk_doorman_hold(doorman, 1, MIB), JK_DOORMAN_FULL);
    assert_int_equal(jk_doorman_hold(doorman, 0, MIB), JK_DOORMAN_FULL);
    assert_false(jk_doorman_is_laden(doorman, 0));
    for (unsigned who = 10; who < 14; who++) /* honest ones */
        assert_int_equal(jk_doorman_hold(doorman, who, 4 * MIB), JK_DOORMAN_IN);
    assert_int_equal(jk_doorman_unread(doorman), 64 * MIB);
    assert_int_equal(jk_doorman_hold(doorman, 20, JK_DOORMAN_SMALL + 1), JK_DOORMAN_FULL);
    assert_int_equal(jk_doorman_hold(doorman, 20, JK_DOORMAN_SMALL), JK_DOORMAN_IN);
}

static void patience(void **state)
{
    struct jk_doorman *doorman = *state;
    assert_int_equal(jk_doorman_patience_ms(doorman, 20000), 20000);
    (void)jk_doorman_hold(doorman, 1, 16 * MIB);
    (void)jk_doorman_hold(doorman, 2, 16 * MIB);
    assert_int_equal(jk_doorman_patience_ms(doorman, 20000), 20000);
    (void)jk_doorman_hold(doorman, 3, 8 * MIB); /* half way from a half to three quarters */
    assert_int_equal(jk_doorman_patience_ms(doorman, 20000), 11000);
    (void)jk_doorman_hold(doorman, 3, 8 * MIB);
    assert_int_equal(jk_doorman_patience_ms(doorman, 20000), 2000);
    (void)jk_doorman_hold(doorman, 4, 16 * MIB);
    assert_int_equal(jk_doorman_patience_ms(doorman, 20000), 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_is_who, set_up, tear_down),
        cmocka_unit_test_setup_teardown(calls_of_one_guest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(calls_in_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bytes_of_one_guest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bytes_in_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(patience, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
