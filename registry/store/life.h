/* When the log was last seen alive, so that "it was switched off" can be told from "nobody wrote". A server that runs
 * writes the record clock/life where neither an entry nor that record is younger than an hour; a day or more without
 * either is a rest. A stage whose cut-off lies in a rest does not close by itself: nobody was there to see the time go
 * by, and clocks that are both wrong would look the same.
 *
 * Pure. One rest is kept: where a stage still waits in it, the next one joins it. */
#ifndef JK_STORE_LIFE_H
#define JK_STORE_LIFE_H

#include "auth/directory.h"

#define JK_LIFE_BEAT_US INT64_C(3600000000)
#define JK_LIFE_REST_US INT64_C(86400000000)

/* What is to be recorded at `now_us`, with the newest entry's time; false: nothing yet. `waiting`: a stage waits whose
 * cut-off lies in the rest of `life`. */
bool jk_life_next(const struct jk_life *life, int64_t entry_us, int64_t now_us, bool waiting, struct jk_life *out_next);
/* Whether a cut-off lies in the rest. */
static inline bool jk_life_rested(const struct jk_life *life, int64_t cutoff_us)
{
    return cutoff_us > life->rest_from_us && cutoff_us <= life->rest_until_us;
}

#endif
