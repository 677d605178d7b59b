/* Times are int64_t microseconds since 1970-01-01T00:00:00Z. Text is RFC 3339. Pure, except for the functions at the
 * end, which read a clock or wait. Valid for the years 1970 to 9999 (UTC): a parser refuses times outside that range, a
 * formatter clamps them. */
#ifndef JK_BASE_CLOCK_H
#define JK_BASE_CLOCK_H

#include "base/span.h"

#define JK_HOUR_US INT64_C(3600000000)
#define JK_DAY_US  (24 * JK_HOUR_US)

#define JK_TIME_TEXT 28 /* "2026-01-15T00:00:00.000000Z" and its NUL */

void jk_time_format(int64_t time_us, char out_text[JK_TIME_TEXT]);
#define JK_MOMENT_TEXT 72 /* "2026-08-01 00:00:00.000001 +09:00 (2026-07-31T15:00:00.000001Z)" and its NUL, with room */

/* For people in Korea, together with what the log holds: "2026-08-01 00:00:00 +09:00 (2026-07-31T15:00:00Z)"; a
 * fraction of zero is left out. */
void jk_time_format_moment(int64_t time_us, char out_text[JK_MOMENT_TEXT]);
/* Only the canonical form, as jk_time_format writes it. */
bool jk_time_parse_canonical(struct jk_span text, int64_t *out_time_us);
/* Any RFC 3339 date-time with an offset (digits beyond the microsecond are dropped, a leap second becomes the second
 * after it), or a date alone, which means 00:00 at +09:00 on that day. */
bool jk_time_parse(struct jk_span text, int64_t *out_time_us);
/* Months since 1970-01 at UTC+09:00, by which counts are grouped; and the month as text, "2026-11". */
unsigned jk_time_month(int64_t time_us);
void jk_month_format(unsigned month, char out_text[8]);
bool jk_month_parse(struct jk_span text, unsigned *out_month);
/* Days since 1970-01-01 at UTC+09:00; daily quotas are counted by these. */
int64_t jk_time_day(int64_t time_us);

int64_t jk_now_us(void);       /* wall clock: for logs and certificates, never for decisions */
int64_t jk_monotonic_ms(void); /* for deadlines */
int64_t jk_monotonic_us(void);
int64_t jk_monotonic_coarse_ms(void); /* same scale, cheaper, but up to some ms behind */
/* Waits that long even if signals interrupt it; returns at once for 0 or less. */
void jk_sleep_ms(int64_t ms);
int64_t jk_boot_us(void); /* since boot, including time in suspend; cannot be set */

#endif
