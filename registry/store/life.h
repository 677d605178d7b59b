/* When the log was last seen alive, to tell "it was switched off" from "nobody wrote". A running server writes the
 * record clock/life if both the newest entry and that record are more than an hour old; a day or more without either is
 * called a rest. A stage whose cut-off falls in a rest does not close automatically: nobody observed that time passing,
 * and two wrong clocks would look the same.
 *
 * Pure. One rest is kept: while a stage is still waiting because of it, the next rest is merged into it. */
#ifndef JK_STORE_LIFE_H
#define JK_STORE_LIFE_H

#include "auth/directory.h"

#define JK_LIFE_BEAT_US INT64_C(3600000000)
#define JK_LIFE_REST_US INT64_C(86400000000)

/* What to record at `now_us`, given the newest entry's time; false: nothing yet. `waiting`: a stage waits whose cut-off
 * is in the rest of `life`. */
bool jk_life_next(const struct jk_life *life, int64_t entry_us, int64_t now_us, bool waiting, struct jk_life *out_next);
/* Whether a cut-off falls in the rest. */
static inline bool jk_life_rested(const struct jk_life *life, int64_t cutoff_us)
{
    return cutoff_us > life->rest_from_us && cutoff_us <= life->rest_until_us;
}

#endif
