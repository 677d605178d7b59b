/* How much an account may do in a day: what is counted, what is not written after all, and when a day ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "service/call/account_quota.h"

#define NOON (JK_DAY_US * 20000 + 3 * JK_HOUR_US) /* 12:00 in Korea */

static struct jk_account_quota *quota;

static enum jk_status spend(uint64_t account, uint32_t entries, int64_t time_us)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    enum jk_status status = jk_account_quota_spend(quota, account, entries, time_us, &error);
    if (status != JK_OK) assert_string_equal(error.reason, "ACCOUNT_QUOTA");
    return status;
}

static int begin(void **state)
{
    (void)state;
    quota = jk_account_quota_new(10, 2);
    return quota ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    jk_account_quota_free(quota);
    return 0;
}

static void a_day(void **state)
{
    (void)state;
    assert_int_equal(spend(1, 8, NOON), JK_OK);
    assert_int_equal(spend(1, 3, NOON), JK_RESOURCE_EXHAUSTED);
    assert_int_equal(spend(1, 2, NOON), JK_OK);
    assert_int_equal(spend(2, 10, NOON), JK_OK);
    assert_int_equal(spend(1, 0, NOON), JK_OK);
    assert_int_equal(spend(1, 0, NOON), JK_OK);
    assert_int_equal(spend(1, 0, NOON), JK_RESOURCE_EXHAUSTED);
    assert_int_equal(spend(1, 10, NOON + JK_DAY_US), JK_OK);
}

static void what_was_not_written(void **state)
{
    (void)state;
    assert_int_equal(spend(1, 10, NOON), JK_OK);
    jk_account_quota_return(quota, 1, 4, NOON);
    assert_int_equal(spend(1, 5, NOON), JK_RESOURCE_EXHAUSTED);
    assert_int_equal(spend(1, 4, NOON), JK_OK);
    assert_int_equal(spend(1, 0, NOON), JK_OK);
    assert_int_equal(spend(1, 0, NOON), JK_OK);
    jk_account_quota_return(quota, 1, 0, NOON);
    assert_int_equal(spend(1, 0, NOON), JK_OK);
    assert_int_equal(spend(1, 0, NOON), JK_RESOURCE_EXHAUSTED);
}

/* What was counted the day before is nobody's today; nor is anything of an account that has done nothing. */
static void of_another_day(void **state)
{
    (void)state;
    assert_int_equal(spend(1, 10, NOON), JK_OK);
    assert_int_equal(spend(1, 10, NOON + JK_DAY_US), JK_OK);
    jk_account_quota_return(quota, 1, 10, NOON);
    jk_account_quota_return(quota, 3, 10, NOON);
    assert_int_equal(spend(1, 1, NOON + JK_DAY_US), JK_RESOURCE_EXHAUSTED);
    assert_int_equal(spend(3, 10, NOON), JK_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(a_day, begin, end),
                                       cmocka_unit_test_setup_teardown(what_was_not_written, begin, end),
                                       cmocka_unit_test_setup_teardown(of_another_day, begin, end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
