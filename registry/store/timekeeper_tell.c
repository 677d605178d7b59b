/* Messages about clocks that disagree: to callers, and in the log. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/timekeeper.h"

void jk_timekeeper_show(const struct jk_clockwatch *watch, struct jk_clocks_shown *out)
{
    int64_t expected_us;

    jk_time_format(watch->last.database_us, out->database);
    jk_time_format(watch->last.real_us, out->server);
    if (jk_clockwatch_expected(watch, &expected_us))
        jk_time_format(expected_us, out->expected);
    else
        strcpy(out->expected, "unknown");
}

enum jk_status jk_timekeeper_disagrees(const struct jk_clockwatch *watch, struct jk_error *error)
{
    char next[160];
    struct jk_clocks_shown shown;

    /* when writes resume, as the end of a sentence */
    int64_t left_us = JK_CLOCK_SETTLE_US - (watch->last.boot_us - watch->since_boot_us);
    if (watch->state == JK_CLOCK_SETTLING)
        (void)snprintf(next, sizeof(next), "they agree again, and writes resume in %lld s at the earliest",
                       (long long)((left_us > 0 ? left_us : 0) / 1000000 + 1));
    else if (watch->state == JK_CLOCK_UNCONFIRMED)
        (void)snprintf(next, sizeof(next),
                       "they agree again, but a stage is open: the operator must confirm the time "
                       "(jokbod --confirm-clock)");
    else
        (void)snprintf(next, sizeof(next), "writes resume a minute after they are right");

    jk_timekeeper_show(watch, &shown);
    return jk_fail(error, JK_UNAVAILABLE, "CLOCK_DISAGREES",
                   "Clocks disagree, so nothing is written and no stage closes: the database's shows %s, this server's "
                   "%s, and by the time that has passed it should be %s; %s",
                   shown.database, shown.server, shown.expected, next);
}

enum jk_status jk_timekeeper_unsure(int64_t width_us, struct jk_error *error)
{
    return jk_fail(error, JK_UNAVAILABLE, "CLOCK_UNSURE",
                   "The database took %lld s to say what time it is, so its answer cannot be relied on; try again",
                   (long long)(width_us / 1000000));
}

static const char *const grounds[] = {[JK_CLOCK_BY_START] = "start",
                                      [JK_CLOCK_BY_AGREEMENT] = "agreement",
                                      [JK_CLOCK_BY_NO_STAGE] = "agreement, no stage is open",
                                      [JK_CLOCK_BY_OPERATOR] = "operator",
                                      [JK_CLOCK_BY_WITNESS] = "witness"};

void jk_timekeeper_log(const struct jk_clockwatch *watch, int64_t stopped_ms)
{
    const char *step_s = jk_log_i64(watch->step_us / 1000000);
    struct jk_clocks_shown shown;

    jk_timekeeper_show(watch, &shown);
    switch (watch->state) {
    case JK_CLOCK_DISAGREES:
        jk_log(JK_LOG_ERROR, "clock-disagrees", "database", shown.database, "server", shown.server, "expected",
               shown.expected, "step_s", step_s, "way_out",
               "writes are refused: correct the wrong clock; writes resume a minute after all agree", NULL);
        break;
    case JK_CLOCK_SETTLING:
        jk_log(JK_LOG_WARN, "clock-settles", "database", shown.database, "server", shown.server, "expected",
               shown.expected, "step_s", step_s, NULL);
        break;
    case JK_CLOCK_UNCONFIRMED:
        jk_log(JK_LOG_ERROR, "clock-unconfirmed", "database", shown.database, "server", shown.server, "expected",
               shown.expected, "step_s", step_s, "way_out",
               "writes are refused while a stage is open: where the clocks are right now, start each server again with "
               "--confirm-clock TIME; where they are not, set them right",
               NULL);
        break;
    default:
        jk_log(JK_LOG_WARN, "clock-believed", "by", grounds[watch->ground], "database", shown.database, "step_s",
               step_s, "stopped_s", jk_log_i64((jk_monotonic_ms() - stopped_ms) / 1000), NULL);
    }
}
