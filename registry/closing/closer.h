/* Stage reports in one server: computed one at a time, used to close a stage, and written as files. What was computed
 * for a closing is kept until its files are written. Any reader thread; no view may be held. */
#ifndef JK_CLOSING_CLOSER_H
#define JK_CLOSING_CLOSER_H

#include "closing/close.h"
#include "closing/files.h"

struct jk_closer;

struct jk_closer *jk_closer_new(struct jk_store *store); /* NULL: out of memory */
void jk_closer_free(struct jk_closer *closer);           /* accepts NULL */

/* UNAVAILABLE (COMPUTING) if computing another report takes too long; the result must be released. */
JK_MUST_USE enum jk_status jk_closer_compute(struct jk_closer *closer, struct jk_reader *reader,
                                             const struct jk_close_plan *plan, int64_t deadline_ms,
                                             struct jk_computed **out_computed, struct jk_error *error);
/* Writes the files of a revision in the log; nothing to do if they exist. On DATA_LOSS an alarm has been raised
 * (report-different in the log). */
JK_MUST_USE enum jk_status jk_closer_files(struct jk_closer *closer, struct jk_reader *reader, uint32_t stage,
                                           uint32_t revision, int64_t deadline_ms, struct jk_error *error);
/* Drops what has been kept for too long. */
void jk_closer_forget(struct jk_closer *closer);

#endif
