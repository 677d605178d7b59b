/* Signs of life (life.h) as the store keeps them: recorded with whatever batch comes when one is due, or with one of
 * their own; and what the log has seen, which no new time may lie before. Thread: the sequencer, and start. */
#ifndef JK_STORE_BEAT_H
#define JK_STORE_BEAT_H

#include "store/state.h"

struct jk_batch;

/* Is one due? Between batches. */
bool jk_beat_is_due(struct jk_store *store);
/* As a batch begins its turn, in the lock: the sign of life, and a rest, are recorded with it where they are due. */
void jk_beat_record(struct jk_batch *batch);
/* UNAVAILABLE (CLOCK_BEHIND) where the log has seen a later time than this. */
JK_MUST_USE enum jk_status jk_beat_check_behind(struct jk_store *store, int64_t time_us, struct jk_error *error);
/* Does the last sign of life lie ahead of this time? */
bool jk_beat_is_ahead(struct jk_store *store, int64_t now_us);

#endif
