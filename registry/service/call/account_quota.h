/* How many changes each account made on a day (UTC+09:00), in this process: those that append entries, over all of its
 * publishers, and those that append none, each of which leaves a stored reply, a record, or both. A publisher's own quota
 * (authority.h) does not bound an account that has many publishers; uploads have a quota of bytes. Used by the sequencer
 * only. */
#ifndef JK_SERVICE_CALL_ACCOUNT_QUOTA_H
#define JK_SERVICE_CALL_ACCOUNT_QUOTA_H

#include <stdint.h>

#include "base/error.h"

#define JK_ACCOUNT_PUBLISHERS_WORTH 4 /* an account's entries a day, in quotas of one publisher */

struct jk_account_quota;

/* `entries` and `others`: the most that an account may make a day, of each. NULL: out of memory. */
struct jk_account_quota *jk_account_quota_new(uint64_t entries, uint64_t others);
void jk_account_quota_free(struct jk_account_quota *quota); /* accepts NULL */
/* Counts a change that appended so many entries, 0 for none. RESOURCE_EXHAUSTED (ACCOUNT_QUOTA) where that is more than
 * the account may make; then nothing is counted. */
JK_MUST_USE enum jk_status jk_account_quota_spend(struct jk_account_quota *quota, uint64_t account, uint32_t entries,
                                                  int64_t time_us, struct jk_error *error);
/* Takes back what was counted of a change at that time, which was not written after all. */
void jk_account_quota_return(struct jk_account_quota *quota, uint64_t account, uint32_t entries, int64_t time_us);

#endif
