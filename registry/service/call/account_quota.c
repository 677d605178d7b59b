/* See account_quota.h. */
#include "service/call/account_quota.h"

#include <stdlib.h>

#include "auth/series.h"
#include "base/clock.h"

#define RETRY_MS (3600 * 1000)

struct made_today {
    int64_t day;
    uint64_t entries, others;
};

struct jk_account_quota {
    uint64_t entries, others;
    struct jk_series made; /* by account */
};

struct jk_account_quota *jk_account_quota_new(uint64_t entries, uint64_t others)
{
    struct jk_account_quota *quota = calloc(1, sizeof *quota);
    if (!quota) return NULL;
    quota->entries = entries;
    quota->others = others;
    return quota;
}

void jk_account_quota_free(struct jk_account_quota *quota)
{
    if (!quota) return;
    jk_series_done(&quota->made, free);
    free(quota);
}

static struct made_today *need_count(struct jk_account_quota *quota, uint64_t account)
{
    struct made_today *made = jk_series_get(&quota->made, account);
    if (made || !jk_series_reserve(&quota->made, account)) return made;
    made = calloc(1, sizeof *made);
    if (made) jk_series_set(&quota->made, account, made);
    return made;
}

enum jk_status jk_account_quota_spend(struct jk_account_quota *quota, uint64_t account, uint32_t entries,
                                      int64_t time_us, struct jk_error *error)
{
    struct made_today *made = need_count(quota, account);
    int64_t day = jk_time_day(time_us);
    if (!made) return jk_out_of_memory(error);
    if (made->day != day) *made = (struct made_today){.day = day};
    if (entries == 0 && made->others < quota->others) {
        made->others++;
        return JK_OK;
    }
    if (entries > 0 && entries <= quota->entries - made->entries) {
        made->entries += entries;
        return JK_OK;
    }
    error->retry_ms = RETRY_MS;
    if (entries == 0)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "ACCOUNT_QUOTA",
                       "This account has made %llu changes without an entry today (UTC+09:00), of tokens and members "
                       "for instance, which is the limit; continue tomorrow",
                       (unsigned long long)quota->others);
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "ACCOUNT_QUOTA",
                   "This account has written %llu entries today (UTC+09:00), of all its publishers, and with these "
                   "%u would exceed the limit of %llu; continue tomorrow",
                   (unsigned long long)made->entries, entries, (unsigned long long)quota->entries);
}

void jk_account_quota_return(struct jk_account_quota *quota, uint64_t account, uint32_t entries, int64_t time_us)
{
    struct made_today *made = jk_series_get(&quota->made, account);
    if (!made || made->day != jk_time_day(time_us)) return;
    if (entries == 0 && made->others > 0) made->others--;
    if (entries <= made->entries) made->entries -= entries;
}
