/* See unlogged.h. */
#include "service/call/unlogged.h"

#include <stdlib.h>

#include "auth/series.h"
#include "base/clock.h"

struct count {
    int64_t day;
    unsigned made;
};

struct jk_unlogged {
    unsigned per_day;
    struct jk_series counts; /* by account */
};

struct jk_unlogged *jk_unlogged_new(unsigned per_day)
{
    struct jk_unlogged *unlogged = calloc(1, sizeof *unlogged);
    if (unlogged) unlogged->per_day = per_day;
    return unlogged;
}

void jk_unlogged_free(struct jk_unlogged *unlogged)
{
    if (!unlogged) return;
    jk_series_done(&unlogged->counts, free);
    free(unlogged);
}

static struct count *need_count(struct jk_unlogged *unlogged, uint64_t account)
{
    struct count *count = jk_series_get(&unlogged->counts, account);
    if (count || !jk_series_reserve(&unlogged->counts, account)) return count;
    count = calloc(1, sizeof *count);
    if (count) jk_series_set(&unlogged->counts, account, count);
    return count;
}

enum jk_status jk_unlogged_spend(struct jk_unlogged *unlogged, uint64_t account, int64_t time_us,
                                 struct jk_error *error)
{
    struct count *count = need_count(unlogged, account);
    int64_t day = jk_time_day(time_us);
    if (!count) return jk_out_of_memory(error);
    if (count->day != day) *count = (struct count){.day = day};
    if (count->made < unlogged->per_day) {
        count->made++;
        return JK_OK;
    }
    error->retry_ms = 3600 * 1000;
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "ACCOUNT_QUOTA",
                   "This account has made %u changes without an entry today (UTC+09:00), of tokens and members for "
                   "instance, which is the limit; continue tomorrow",
                   unlogged->per_day);
}
