/* Are times read and written by RFC 3339, and months and days counted at UTC+09:00? The C library's own
 * calendar is the second opinion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/time.h>

#include "base/clock.h"

#define LAST   INT64_C(253402300799999999)
#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)
#define KOREA  (9 * 3600 * SECOND)

static void assert_text(int64_t time_us, const char *expected)
{
    char text[JK_TIME_TEXT];
    int64_t back = -1;
    jk_time_format(time_us, text);
    assert_string_equal(text, expected);
    assert_true(jk_time_parse_canonical(jk_span_of(text), &back));
}

static void times_are_written_one_way(void **state)
{
    (void)state;
    assert_text(0, "1970-01-01T00:00:00.000000Z");
    assert_text(INT64_C(1768435200000000), "2026-01-15T00:00:00.000000Z");
    assert_text(INT64_C(951782399999999), "2000-02-28T23:59:59.999999Z");
    assert_text(INT64_C(951782400000001), "2000-02-29T00:00:00.000001Z");
    assert_text(LAST, "9999-12-31T23:59:59.999999Z");
}

static void moments_are_told_in_korea_and_as_stored(void **state)
{
    char text[JK_MOMENT_TEXT];
    (void)state;
    jk_time_format_moment(INT64_C(1785510000000000), text);
    assert_string_equal(text, "2026-08-01 00:00:00 +09:00 (2026-07-31T15:00:00Z)");
    jk_time_format_moment(INT64_C(1785510000000001), text);
    assert_string_equal(text, "2026-08-01 00:00:00.000001 +09:00 (2026-07-31T15:00:00.000001Z)");
    jk_time_format_moment(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31 23:59:59.999999 +09:00 (9999-12-31T23:59:59.999999Z)");
    jk_time_format_moment(INT64_MIN, text);
    assert_string_equal(text, "1970-01-01 09:00:00 +09:00 (1970-01-01T00:00:00Z)");
}

static void times_outside_are_brought_inside(void **state)
{
    (void)state;
    assert_text(-1, "1970-01-01T00:00:00.000000Z");
    assert_text(INT64_MIN, "1970-01-01T00:00:00.000000Z");
    assert_text(LAST + 1, "9999-12-31T23:59:59.999999Z");
    assert_text(INT64_MAX, "9999-12-31T23:59:59.999999Z");
}

/* Each day up to the year 2216, then every 37th. */
static void days_agree_with_the_c_library(void **state)
{
    (void)state;
    for (int64_t day = 0; day <= LAST / DAY; day += day < 90000 ? 1 : 37) {
        char text[JK_TIME_TEXT], expected[64];
        time_t second = day * 86400 + day % 86400;
        struct tm tm;
        int64_t back = -1;
        gmtime_r(&second, &tm);
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000000Z", &tm);
        jk_time_format(second * SECOND, text);
        if (strcmp(text, expected) != 0) fail_msg("%s is not %s", text, expected);
        if (!jk_time_parse_canonical(jk_span_of(text), &back) || back != second * SECOND) fail_msg("%s", text);
    }
}

static void only_the_canonical_form_is_canonical(void **state)
{
    (void)state;
    static const char *const bad[] = {"2026-01-15T00:00:00Z",         "2026-01-15T00:00:00.00000Z",
                                      "2026-01-15T00:00:00.0000000Z", "2026-01-15",
                                      "2026-01-15t00:00:00.000000Z",  "2026-01-15T00:00:00.000000z",
                                      "2026-01-15 00:00:00.000000Z",  "2026-01-15T00:00:00.00+00:00",
                                      "2026-01-15T00:00:0.0+00:00",   "2026-12-31T23:59:60.000000Z",
                                      "2026-02-29T00:00:00.000000Z",  "",
                                      "2026-01-15T00:00:00.00000ZZ",  "1969-12-31T23:59:59.999999Z"};
    int64_t time = 42;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (jk_time_parse_canonical(jk_span_of(bad[i]), &time)) fail_msg("%s passed", bad[i]);
        assert_int_equal(time, 42);
    }
    assert_false(jk_time_parse_canonical((struct jk_span){NULL, 0}, &time));
}

/* Every byte in every place: a digit where a digit belongs, and the mark where it belongs, pass the form; whether the time
 * exists is decided by the reader of any form. */
static void every_byte_has_its_place(void **state)
{
    static const char good[] = "2026-11-11T11:11:11.111111Z";
    (void)state;
    for (size_t at = 0; at < sizeof good - 1; at++)
        for (int byte = 0; byte < 256; byte++) {
            char text[sizeof good];
            int64_t canonical = 1, any = 1;
            memcpy(text, good, sizeof good);
            text[at] = (char)byte;
            bool is_mark = good[at] < '0' || good[at] > '9', is_digit = byte >= '0' && byte <= '9';
            bool form = is_mark ? byte == good[at] : is_digit;
            bool exists = form && jk_time_parse((struct jk_span){text, sizeof good - 1}, &any);
            assert_int_equal(jk_time_parse_canonical((struct jk_span){text, sizeof good - 1}, &canonical), exists);
            assert_true(canonical == any);
        }
}

/* Whatever is written in the canonical form is read as any other date-time is, or refused by both. */
static void the_canonical_form_is_read_like_any_other(void **state)
{
    (void)state;
    static const char *const alike[] = {
        "1970-01-01T00:00:00.000000Z", "2024-02-29T23:59:59.999999Z", "2023-02-29T00:00:00.000000Z",
        "2100-02-29T00:00:00.000000Z", "2000-02-29T00:00:00.000001Z", "2026-00-10T00:00:00.000000Z",
        "2026-13-10T00:00:00.000000Z", "2026-04-31T00:00:00.000000Z", "2026-04-00T00:00:00.000000Z",
        "2026-01-01T24:00:00.000000Z", "2026-01-01T00:60:00.000000Z", "9999-12-31T23:59:59.999999Z",
        "1969-12-31T23:59:59.999999Z", "2026-12-01T09:08:07.060504Z"};
    for (size_t i = 0; i < sizeof alike / sizeof alike[0]; i++) {
        int64_t canonical = 1, any = 1;
        bool is_canonical = jk_time_parse_canonical(jk_span_of(alike[i]), &canonical);
        assert_int_equal(is_canonical, jk_time_parse(jk_span_of(alike[i]), &any));
        assert_true(canonical == any);
    }
}

struct reading {
    const char *text;
    const char *same_as;
};

static const struct reading readings[] = {
    {"2026-01-15T09:00:00+09:00", "2026-01-15T00:00:00.000000Z"},
    {"2026-01-15T00:00:00z", "2026-01-15T00:00:00.000000Z"},
    {"2026-01-15t00:00:00-00:00", "2026-01-15T00:00:00.000000Z"},
    {"2026-01-14T23:30:00.5-00:30", "2026-01-15T00:00:00.500000Z"},
    {"2026-01-15T00:00:00.1234569Z", "2026-01-15T00:00:00.123456Z"},
    {"2026-01-15T00:00:00.000000000000000000000000000001Z", "2026-01-15T00:00:00.000000Z"},
    {"2026-01-15", "2026-01-14T15:00:00.000000Z"},
    {"1970-01-02", "1970-01-01T15:00:00.000000Z"},
    {"2024-02-29", "2024-02-28T15:00:00.000000Z"},
    {"1969-12-31T23:00:00-01:00", "1970-01-01T00:00:00.000000Z"},
    {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
    /* RFC 3339, 5.8: leap seconds. */
    {"1990-12-31T23:59:60Z", "1991-01-01T00:00:00.000000Z"},
    {"1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00.000000Z"},
};

static void all_of_rfc_3339_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        char text[JK_TIME_TEXT];
        int64_t time = -1;
        if (!jk_time_parse(jk_span_of(readings[i].text), &time)) fail_msg("%s was refused", readings[i].text);
        jk_time_format(time, text);
        assert_string_equal(text, readings[i].same_as);
    }
}

static void nothing_else_is_read(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-01",
                                      "2026-1-15",
                                      "2026-01-32",
                                      "2026-00-10",
                                      "2026-13-01",
                                      "2026-01-00",
                                      "2026-04-31",
                                      "2100-02-29",
                                      "0000-01-01",
                                      "+2026-01-15",
                                      "2026-01-15 ",
                                      " 2026-01-15",
                                      "2026-01-15T",
                                      "2026-01-15T00:00:00",
                                      "2026-01-15T00:00Z",
                                      "2026-01-15T24:00:00Z",
                                      "2026-01-15T00:60:00Z",
                                      "2026-01-15T00:00:61Z",
                                      "2026-01-15T12:00:60Z",
                                      "2026-01-15T23:59:60Z",
                                      "2026-01-15T00:00:00.Z",
                                      "2026-01-15T00:00:00,5Z",
                                      "2026-01-15T00:00:00+9:00",
                                      "2026-01-15T00:00:00+0900",
                                      "2026-01-15T00:00:00+24:00",
                                      "2026-01-15T00:00:00+09:60",
                                      "2026-01-15T00:00:00+09",
                                      "2026-01-15T00:00:00Zx",
                                      "2026-01-15 00:00:00Z",
                                      "1970-01-01",
                                      "1969-12-31T23:59:59.999999Z",
                                      "1970-01-01T00:00:00+00:01",
                                      "9999-12-31T23:59:59-00:01",
                                      "9999-12-31T23:59:60Z",
                                      "2026/01/15",
                                      "2026-01-1\xEC"};
    int64_t time = 42;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (jk_time_parse(jk_span_of(bad[i]), &time)) fail_msg("%s passed", bad[i]);
        assert_int_equal(time, 42);
    }
    assert_false(jk_time_parse(JK_SPAN("2026-01-15\0"), &time));
}

static void months_begin_at_korean_midnight(void **state)
{
    (void)state;
    char text[8];
    int64_t december;
    assert_int_equal(jk_time_month(0), 0);
    assert_true(jk_time_parse(JK_SPAN("2026-12-01"), &december));
    jk_month_format(jk_time_month(december), text);
    assert_string_equal(text, "2026-12");
    jk_month_format(jk_time_month(december - 1), text);
    assert_string_equal(text, "2026-11");
    jk_month_format(jk_time_month(LAST), text);
    assert_string_equal(text, "9999-12");
    jk_month_format(UINT32_MAX, text);
    assert_string_equal(text, "9999-12");
}

static void months_parse_as_they_are_written(void **state)
{
    (void)state;
    for (unsigned month = 0; month <= 8030 * 12 - 1; month++) {
        char text[8];
        unsigned back = UINT32_MAX;
        jk_month_format(month, text);
        if (!jk_month_parse(jk_span_of(text), &back) || back != month) fail_msg("%s is not %u", text, month);
    }
    static const char *const bad[] = {"",        "2026",     "2026-1",  "2026-00", "2026-13",
                                      "1969-12", "2026-011", "2026/01", "02026-1", "2026-1 "};
    unsigned month = 42;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (jk_month_parse(jk_span_of(bad[i]), &month)) fail_msg("%s passed", bad[i]);
        assert_int_equal(month, 42);
    }
}

static void days_begin_at_korean_midnight(void **state)
{
    (void)state;
    assert_int_equal(jk_time_day(0), 0);
    assert_int_equal(jk_time_day(DAY - KOREA - 1), 0);
    assert_int_equal(jk_time_day(DAY - KOREA), 1);
    assert_int_equal(jk_time_day(10 * DAY), 10);
}

static void clocks_run_forward(void **state)
{
    (void)state;
    int64_t before_us = jk_monotonic_us(), before_ms = jk_monotonic_ms();
    nanosleep(&(struct timespec){0, 3000000}, NULL);
    assert_true(jk_monotonic_us() - before_us >= 3000);
    assert_true(jk_monotonic_ms() - before_ms >= 2);
    assert_true(llabs((long long)(jk_now_us() / SECOND - (int64_t)time(NULL))) <= 1);
}

static void interrupted(int signal)
{
    (void)signal;
}

/* A timer rings every millisecond, and the sleeper sleeps on. */
static void sleep_outlasts_signals(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = interrupted}, before;
    struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    int64_t began_us = jk_monotonic_us();
    jk_sleep_ms(20);
    int64_t slept_us = jk_monotonic_us() - began_us;
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    assert_true(slept_us >= 20000);
    began_us = jk_monotonic_us();
    jk_sleep_ms(0);
    jk_sleep_ms(-1000);
    assert_true(jk_monotonic_us() - began_us < 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_one_way),
        cmocka_unit_test(moments_are_told_in_korea_and_as_stored),
        cmocka_unit_test(times_outside_are_brought_inside),
        cmocka_unit_test(days_agree_with_the_c_library),
        cmocka_unit_test(only_the_canonical_form_is_canonical),
        cmocka_unit_test(every_byte_has_its_place),
        cmocka_unit_test(the_canonical_form_is_read_like_any_other),
        cmocka_unit_test(all_of_rfc_3339_is_read),
        cmocka_unit_test(nothing_else_is_read),
        cmocka_unit_test(months_begin_at_korean_midnight),
        cmocka_unit_test(months_parse_as_they_are_written),
        cmocka_unit_test(days_begin_at_korean_midnight),
        cmocka_unit_test(clocks_run_forward),
        cmocka_unit_test(sleep_outlasts_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
