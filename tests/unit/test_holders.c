/* When may a session that is in the way be ended, and when never? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/holders.h"

static const struct jk_holder frozen = {
    .pid = 7, .session_us = 100, .transaction_us = 200, .ours = true, .waits_for_client = true};

static const struct jk_suspect *look(struct jk_holders *holders, struct jk_holder holder, int64_t now_ms,
                                     uint32_t timeouts)
{
    jk_holders_see(holders, &holder, 1, now_ms, timeouts);
    return jk_holders_find(holders, &holder);
}

static void test_three_timeouts(void **state)
{
    struct jk_holders holders = {.count = 0};
    uint32_t before = UINT32_MAX - 1; /* the count may run over */

    (void)state;
    assert_false(jk_holder_is_stuck(look(&holders, frozen, 1000, before), before));
    assert_false(jk_holder_is_stuck(look(&holders, frozen, 3000, before + 1), before + 1));
    assert_false(jk_holder_is_stuck(look(&holders, frozen, 5000, before + 2), before + 2));
    assert_true(jk_holder_is_stuck(look(&holders, frozen, 7000, before + 3), before + 3));
    assert_int_equal(holders.count, 1);
}

static void test_ten_seconds(void **state)
{
    struct jk_holders holders = {.count = 0};

    (void)state;
    for (int64_t now_ms = 1000; now_ms < 11000; now_ms += 1000)
        assert_false(jk_holder_is_stuck(look(&holders, frozen, now_ms, 0), 0));
    assert_true(jk_holder_is_stuck(look(&holders, frozen, 11000, 0), 0));
}

/* Time that nobody watched does not count: the machine, or we, may have been suspended. */
static void test_suspended(void **state)
{
    struct jk_holders holders = {.count = 0};

    (void)state;
    (void)look(&holders, frozen, 1000, 0);
    (void)look(&holders, frozen, 2000, 0);
    assert_false(jk_holder_is_stuck(look(&holders, frozen, 2000 + JK_HOLDER_GONE_MS, 0), 0));
    assert_int_equal(jk_holders_find(&holders, &frozen)->stood_ms, 1000 + JK_HOLDER_GAP_MS);
    assert_false(jk_holder_is_stuck(look(&holders, frozen, 100000, 0), 0)); /* forgotten, and met anew */
    assert_int_equal(jk_holders_find(&holders, &frozen)->looks, 1);
    assert_int_equal(holders.count, 1);
}

/* Each is a new transaction, session or process: the lock is handed on, and nobody stands still. */
static void test_lock_changes_hands(void **state)
{
    struct jk_holders holders = {.count = 0};

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        struct jk_holder other = frozen;

        if (i % 3 == 0) other.transaction_us += i;
        if (i % 3 == 1) other.session_us += i;
        if (i % 3 == 2) other.pid += i;
        assert_false(jk_holder_is_stuck(look(&holders, other, 1000 + 1000 * (int64_t)i, i), i));
    }
}

/* Waiting for a disk, a standby or a lock of its own is no standing still; nor is having done so a moment ago. */
static void test_works_in_between(void **state)
{
    struct jk_holders holders = {.count = 0};
    struct jk_holder working = frozen;
    int64_t now_ms;

    (void)state;
    working.waits_for_client = false;
    for (now_ms = 1000; now_ms < 60000; now_ms += 1000)
        assert_false(jk_holder_is_stuck(look(&holders, working, now_ms, (uint32_t)(now_ms / 1000)), 60));
    for (int i = 0; i < 9; i++, now_ms += 1000)
        assert_false(jk_holder_is_stuck(look(&holders, frozen, now_ms, 60), 60));
    (void)look(&holders, working, now_ms, 60);
    assert_false(jk_holder_is_stuck(look(&holders, frozen, now_ms + 1000, 60), 60));
    assert_int_equal(holders.count, 1);
}

static void test_who_may_be_ended(void **state)
{
    struct jk_holder holder = frozen;

    (void)state;
    assert_true(jk_holder_may_end(&holder));
    holder.ours = false;
    assert_false(jk_holder_may_end(&holder));
    holder = frozen;
    holder.transaction_us = 0; /* could be any transaction of that process */
    assert_false(jk_holder_may_end(&holder));
    holder = frozen;
    holder.session_us = 0;
    assert_false(jk_holder_may_end(&holder));
}

static void test_more_than_can_be_watched(void **state)
{
    struct jk_holders holders = {.count = 0};
    struct jk_holder seen[JK_HOLDERS_MAX + 1];

    (void)state;
    for (int i = 0; i <= JK_HOLDERS_MAX; i++) {
        seen[i] = frozen;
        seen[i].pid = i;
    }
    jk_holders_see(&holders, seen, JK_HOLDERS_MAX + 1, 1000, 0);
    assert_int_equal(holders.count, JK_HOLDERS_MAX);
    assert_null(jk_holders_find(&holders, &seen[JK_HOLDERS_MAX]));
    jk_holders_see(&holders, &seen[JK_HOLDERS_MAX], 1, 1001 + JK_HOLDER_GONE_MS, 0); /* room again */
    assert_int_equal(holders.count, 1);
    assert_non_null(jk_holders_find(&holders, &seen[JK_HOLDERS_MAX]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_timeouts),
        cmocka_unit_test(test_ten_seconds),
        cmocka_unit_test(test_suspended),
        cmocka_unit_test(test_lock_changes_hands),
        cmocka_unit_test(test_works_in_between),
        cmocka_unit_test(test_who_may_be_ended),
        cmocka_unit_test(test_more_than_can_be_watched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
