/* Times and the proleptic Gregorian calendar by arithmetic alone: no time zone database, no locale. */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/ascii.h"
#include "base/check.h"

#define SECOND_US  INT64_C(1000000)
#define DAY_S      INT64_C(86400)
#define KOREA_US   (9 * 3600 * SECOND_US)
#define YEAR_FIRST 1970
#define YEAR_LAST  9999
#define TIME_LAST  (INT64_C(253402300800) * SECOND_US - 1) /* 9999-12-31T23:59:59.999999Z */
#define MONTH_LAST ((YEAR_LAST - YEAR_FIRST) * 12 + 11)

struct date {
    int year, month, day; /* month and day from 1 */
};

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in(int year, int month)
{
    static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

static int days_before_year(int year)
{
    int past = year - 1;
    return past * 365 + past / 4 - past / 100 + past / 400;
}

/* Days since 1970-01-01. */
static int64_t days_of(struct date date)
{
    static const short before_month[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int days = days_before_year(date.year) - days_before_year(YEAR_FIRST) + before_month[date.month - 1];
    return days + (date.month > 2 && is_leap(date.year)) + date.day - 1;
}

/* If years begin in March, the leap day, if any, comes last; centuries, years and months then follow from a day's
 * number by division by their mean lengths of 146,097/4, 1,461/4 and 153/5 days. There are 719,468 days between
 * 0000-03-01 and 1970-01-01. */
static struct date date_of(int64_t days)
{
    unsigned rest = (unsigned)days + 719468;
    unsigned century = (4 * rest + 3) / 146097;
    rest -= century * 146097 / 4;
    unsigned year = (4 * rest + 3) / 1461;
    rest -= year * 1461 / 4;
    unsigned month = (5 * rest + 2) / 153; /* 0: March */
    bool next_year = month >= 10;
    return (struct date){.year = (int)(century * 100 + year + next_year),
                         .month = (int)(next_year ? month - 9 : month + 3),
                         .day = (int)(rest - (153 * month + 2) / 5) + 1};
}

static int64_t clamp(int64_t time_us)
{
    return time_us < 0 ? 0 : time_us > TIME_LAST ? TIME_LAST : time_us;
}

static char *put_digits(char *out, unsigned value, unsigned count, char after)
{
    for (unsigned i = count; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
    out[count] = after;
    return out + count + 1;
}

/* By itself, since entries are full of times: a format string is read again for each of them. */
void jk_time_format(int64_t time_us, char out_text[JK_TIME_TEXT])
{
    int64_t time = clamp(time_us);
    struct date date = date_of(time / JK_DAY_US);
    unsigned second = (unsigned)(time % JK_DAY_US / SECOND_US);
    char *at = put_digits(out_text, (unsigned)date.year, 4, '-');
    at = put_digits(at, (unsigned)date.month, 2, '-');
    at = put_digits(at, (unsigned)date.day, 2, 'T');
    at = put_digits(at, second / 3600, 2, ':');
    at = put_digits(at, second / 60 % 60, 2, ':');
    at = put_digits(at, second % 60, 2, '.');
    at = put_digits(at, (unsigned)(time % SECOND_US), 6, 'Z');
    *at = '\0';
}

/* Without the zone; the fraction is left out if it is zero. */
static int plain_length(const char text[JK_TIME_TEXT])
{
    return memcmp(text + 19, ".000000", 7) == 0 ? 19 : 26;
}

void jk_time_format_moment(int64_t time_us, char out_text[JK_MOMENT_TEXT])
{
    char here[JK_TIME_TEXT], stored[JK_TIME_TEXT];
    jk_time_format(clamp(time_us) + KOREA_US, here);
    jk_time_format(time_us, stored);
    here[10] = ' ';
    snprintf(out_text, JK_MOMENT_TEXT, "%.*s +09:00 (%.*sZ)", plain_length(here), here, plain_length(stored), stored);
}

/* Takes exactly `count` digits (at most 9). */
static bool take_digits(struct jk_span *rest, size_t count, int *out_value)
{
    int value = 0;
    if (rest->len < count) return false;
    for (size_t i = 0; i < count; i++) {
        char c = rest->at[i];
        if (!jk_ascii_digit(c)) return false;
        value = value * 10 + (c - '0');
    }
    *rest = (struct jk_span){rest->at + count, rest->len - count};
    *out_value = value;
    return true;
}

/* Takes one character out of `any`. */
static bool take_mark(struct jk_span *rest, const char *any, char *out_mark)
{
    if (rest->len == 0 || rest->at[0] == '\0' || !strchr(any, rest->at[0])) return false;
    *out_mark = rest->at[0];
    *rest = (struct jk_span){rest->at + 1, rest->len - 1};
    return true;
}

static bool take_date(struct jk_span *rest, struct date *out_date)
{
    struct date date;
    char mark;
    if (!take_digits(rest, 4, &date.year) || !take_mark(rest, "-", &mark)) return false;
    if (!take_digits(rest, 2, &date.month) || !take_mark(rest, "-", &mark)) return false;
    if (!take_digits(rest, 2, &date.day) || date.year < 1 || date.month < 1 || date.month > 12) return false;
    if (date.day < 1 || date.day > days_in(date.year, date.month)) return false;
    *out_date = date;
    return true;
}

/* hh:mm:ss, with 60 as a second for a leap second. */
static bool take_second(struct jk_span *rest, int64_t *out_second, bool *out_leap)
{
    int hour, minute, second;
    char mark;
    if (!take_digits(rest, 2, &hour) || !take_mark(rest, ":", &mark)) return false;
    if (!take_digits(rest, 2, &minute) || !take_mark(rest, ":", &mark)) return false;
    if (!take_digits(rest, 2, &second) || hour > 23 || minute > 59 || second > 60) return false;
    *out_second = hour * 3600 + minute * 60 + second;
    *out_leap = second == 60;
    return true;
}

/* An optional fraction; digits after the sixth are dropped. */
static bool take_fraction(struct jk_span *rest, int64_t *out_us)
{
    int64_t fraction = 0, unit = SECOND_US / 10;
    int digit;
    char mark;
    *out_us = 0;
    if (!take_mark(rest, ".", &mark)) return true;
    if (!take_digits(rest, 1, &digit)) return false;
    do {
        fraction += digit * unit;
        unit /= 10;
    } while (take_digits(rest, 1, &digit));
    *out_us = fraction;
    return true;
}

/* The offset must be the whole rest of the text. */
static bool take_offset(struct jk_span *rest, int64_t *out_second)
{
    char sign, mark;
    int hour = 0, minute = 0;
    if (!take_mark(rest, "Zz+-", &sign)) return false;
    if (sign == '+' || sign == '-') {
        if (!take_digits(rest, 2, &hour) || !take_mark(rest, ":", &mark)) return false;
        if (!take_digits(rest, 2, &minute) || hour > 23 || minute > 59) return false;
    }
    *out_second = (hour * 3600 + minute * 60) * (sign == '-' ? -1 : 1);
    return rest->len == 0;
}

static bool in_range(int64_t time_us, int64_t *out_time_us)
{
    if (time_us < 0 || time_us > TIME_LAST) return false;
    *out_time_us = time_us;
    return true;
}

bool jk_time_parse(struct jk_span text, int64_t *out_time_us)
{
    struct date date;
    int64_t second, fraction_us, offset;
    bool leap;
    char mark;
    if (!take_date(&text, &date)) return false;
    int64_t day = days_of(date);
    if (text.len == 0) return in_range(day * JK_DAY_US - KOREA_US, out_time_us);
    if (!take_mark(&text, "Tt", &mark) || !take_second(&text, &second, &leap)) return false;
    if (!take_fraction(&text, &fraction_us) || !take_offset(&text, &offset)) return false;
    int64_t utc = day * DAY_S + second - offset;
    /* RFC 3339, 5.7: a leap second occurs at the end of a month, UTC. It is read as the second after it. */
    if (leap && (utc < 0 || utc % DAY_S != 0 || utc > TIME_LAST / SECOND_US || date_of(utc / DAY_S).day != 1))
        return false;
    return in_range(utc * SECOND_US + fraction_us, out_time_us);
}

/* The number in `count` characters that are known to be digits. */
static inline int digits_at(const char *at, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++)
        value = value * 10 + (at[i] - '0');
    return value;
}

/* Eight bytes of a time at once. After XOR with the pattern, a digit leaves 0 to 9 and a separator leaves 0; adding
 * `room` then carries anything larger into bit 7. */
static bool has_form(const char *at, const char form[8], const char room[8])
{
    uint64_t word, expected, add, high = UINT64_C(0x8080808080808080);
    memcpy(&word, at, sizeof word);
    memcpy(&expected, form, sizeof expected);
    memcpy(&add, room, sizeof add);
    word ^= expected;
    return ((word | ((word & ~high) + add)) & high) == 0;
}

/* Runs once for each log entry: every digit and separator has a fixed place, so nothing needs searching. */
bool jk_time_parse_canonical(struct jk_span text, int64_t *out_time_us)
{
    static const char form[] = "0000-00-00T00:00:00.000000Z";
    static const char room[] = "vvvv\177vv\177vv\177vv\177vv\177vv\177vvvvvv\177"; /* v: 0x7f less 9 */
    if (text.len != sizeof form - 1 || !has_form(text.at, form, room) || !has_form(text.at + 8, form + 8, room + 8) ||
        !has_form(text.at + 16, form + 16, room + 16) || !has_form(text.at + 19, form + 19, room + 19))
        return false;

    struct date date = {digits_at(text.at, 4), digits_at(text.at + 5, 2), digits_at(text.at + 8, 2)};
    int hour = digits_at(text.at + 11, 2), minute = digits_at(text.at + 14, 2), second = digits_at(text.at + 17, 2);
    if (date.year < YEAR_FIRST || date.month < 1 || date.month > 12) return false;
    if (date.day < 1 || date.day > days_in(date.year, date.month)) return false;
    if (hour > 23 || minute > 59 || second > 59) return false; /* a leap second is written as the second after it */
    int64_t utc = days_of(date) * DAY_S + hour * 3600 + minute * 60 + second;
    *out_time_us = utc * SECOND_US + digits_at(text.at + 20, 6);
    return true;
}

unsigned jk_time_month(int64_t time_us)
{
    struct date date = date_of(clamp(clamp(time_us) + KOREA_US) / JK_DAY_US);
    return (unsigned)((date.year - YEAR_FIRST) * 12 + date.month - 1);
}

void jk_month_format(unsigned month, char out_text[8])
{
    unsigned known = month > MONTH_LAST ? MONTH_LAST : month;
    char text[32];
    snprintf(text, sizeof text, "%04u-%02u", YEAR_FIRST + known / 12, known % 12 + 1);
    memcpy(out_text, text, 8);
}

bool jk_month_parse(struct jk_span text, unsigned *out_month)
{
    int year, month;
    char mark;
    if (!take_digits(&text, 4, &year) || !take_mark(&text, "-", &mark) || !take_digits(&text, 2, &month)) return false;
    if (text.len != 0 || year < YEAR_FIRST || month < 1 || month > 12) return false;
    *out_month = (unsigned)((year - YEAR_FIRST) * 12 + month - 1);
    return true;
}

int64_t jk_time_day(int64_t time_us)
{
    return (clamp(time_us) + KOREA_US) / JK_DAY_US;
}

static int64_t read_clock_us(clockid_t clock)
{
    struct timespec now;
    JK_CHECK(clock_gettime(clock, &now) == 0);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

int64_t jk_now_us(void)
{
    return read_clock_us(CLOCK_REALTIME);
}

int64_t jk_monotonic_us(void)
{
    return read_clock_us(CLOCK_MONOTONIC);
}

int64_t jk_monotonic_coarse_ms(void)
{
    return read_clock_us(CLOCK_MONOTONIC_COARSE) / 1000;
}

int64_t jk_boot_us(void)
{
    return read_clock_us(CLOCK_BOOTTIME);
}

int64_t jk_monotonic_ms(void)
{
    return jk_monotonic_us() / 1000;
}

void jk_sleep_ms(int64_t ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (ms > 0 && nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}
