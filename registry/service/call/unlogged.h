/* How many writes without an entry each account made on a day (UTC+09:00), in this process. Every such write leaves a
 * stored reply, a record, or both, and nothing else limits them all: entries have the quotas of publishers, uploads that
 * of bytes. Used by the sequencer only. */
#ifndef JK_SERVICE_CALL_UNLOGGED_H
#define JK_SERVICE_CALL_UNLOGGED_H

#include <stdint.h>

#include "base/error.h"

struct jk_unlogged;

/* NULL: out of memory. */
struct jk_unlogged *jk_unlogged_new(unsigned per_day);
void jk_unlogged_free(struct jk_unlogged *unlogged); /* accepts NULL */
/* Counts one; RESOURCE_EXHAUSTED (ACCOUNT_QUOTA) where the account has made as many as it may. */
JK_MUST_USE enum jk_status jk_unlogged_spend(struct jk_unlogged *unlogged, uint64_t account, int64_t time_us,
                                             struct jk_error *error);

#endif
