/* The log's clock: the database's, if it is trusted (timekeeper.h). Only a demo's log (entry 0: `purpose demo`, origin
 * JK_DEMO_ORIGIN) differs from it, by the offset in the record clock/demo, so a demo runs at real speed and continues
 * where it was after a restart.
 *
 * Thread: the sequencer, and start. Any thread may read the store's `ahead_us`; it changes only with a commit, so a
 * clock computed from it never goes back. */
#ifndef JK_STORE_CLOCK_H
#define JK_STORE_CLOCK_H

#include "store/state.h"

#define JK_DEMO_START_US                                                                                               \
    1753974000000000 /* of a new demo's log: 2025-08-01T00:00:00+09:00, before the programme's first day */

/* Whether the log has the purpose that was asked for: judged by its origin before its key is looked for, and by entry 0
 * once it is loaded. FAILED_PRECONDITION (DEMO_LOG, NOT_A_DEMO) says what to do. */
JK_MUST_USE enum jk_status jk_clock_check_origin(const struct jk_store *store, struct jk_span origin,
                                                 struct jk_error *error);
JK_MUST_USE enum jk_status jk_clock_check_purpose(const struct jk_store *store, struct jk_error *error);
bool jk_clock_is_demo(const struct jk_store *store);
/* Adopts what the committed records say. */
void jk_clock_follow(struct jk_store *store);
/* The log's clock when the database's shows `database_us`. A demo whose record was lost with its database (jokbod
 * recover) continues from the last entry or the present. */
int64_t jk_clock_at(const struct jk_store *store, int64_t database_us);

#endif
