/* Signs of life (life.h) in the store: recorded with whatever batch is next when one is due, or else with a batch of
 * their own; and the latest time in the log, which no new time may precede. Thread: the sequencer, and start. */
#ifndef JK_STORE_BEAT_H
#define JK_STORE_BEAT_H

#include "store/state.h"

struct jk_batch;

/* Whether one is due. Between batches. */
bool jk_beat_is_due(struct jk_store *store);
/* At the start of a batch's turn, under the lock: records the sign of life, and a rest, if they are due. */
void jk_beat_record(struct jk_batch *batch);
/* UNAVAILABLE (CLOCK_BEHIND) if the log contains a later time than this. */
JK_MUST_USE enum jk_status jk_beat_check_behind(struct jk_store *store, int64_t time_us, struct jk_error *error);
/* Whether the last sign of life is later than this time. */
bool jk_beat_is_ahead(struct jk_store *store, int64_t now_us);

#endif
