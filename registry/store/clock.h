/* The log's clock: the database's, where it is believed (timekeeper.h). Only a demo's log (entry 0: `purpose demo`,
 * origin JK_DEMO_ORIGIN) is ahead of it, or behind, by what the record clock/demo says; so a demo runs at real speed,
 * and goes on where it was after a restart.
 *
 * Thread: the sequencer, and start. `ahead_us` of the store may be read by any; it follows what is committed, so a
 * clock that was read there never goes back. */
#ifndef JK_STORE_CLOCK_H
#define JK_STORE_CLOCK_H

#include "store/state.h"

#define JK_DEMO_START_US                                                                                               \
    1753974000000000 /* of a new demo's log: 2025-08-01T00:00:00+09:00, before the programme's first day */

/* Is the log of the purpose that was asked for? By its origin, before its key is looked for; and, once it is loaded, by
 * entry 0. FAILED_PRECONDITION (DEMO_LOG, NOT_A_DEMO) says what to do. */
JK_MUST_USE enum jk_status jk_clock_check_origin(const struct jk_store *store, struct jk_span origin,
                                                 struct jk_error *error);
JK_MUST_USE enum jk_status jk_clock_check_purpose(const struct jk_store *store, struct jk_error *error);
bool jk_clock_is_demo(const struct jk_store *store);
/* Takes over what the committed records say. */
void jk_clock_follow(struct jk_store *store);
/* What the log's clock shows when the database's shows `database_us`. A demo's whose record was lost with its database
 * (jokbod recover) goes on from the last entry, or the present. */
int64_t jk_clock_at(const struct jk_store *store, int64_t database_us);

#endif
