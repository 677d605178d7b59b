/* Reports of stages in one server: computed one at a time, closed with, and made into files. What was computed for a
 * closing is kept until its files are made. Any reader thread; no view may be held. */
#ifndef JK_CLOSING_CLOSER_H
#define JK_CLOSING_CLOSER_H

#include "closing/close.h"
#include "closing/files.h"

struct jk_closer;

struct jk_closer *jk_closer_new(struct jk_store *store); /* NULL: out of memory */
void jk_closer_free(struct jk_closer *closer);           /* accepts NULL */

/* UNAVAILABLE (COMPUTING) where another report is being computed for long; to be released. */
JK_MUST_USE enum jk_status jk_closer_compute(struct jk_closer *closer, struct jk_reader *reader,
                                             const struct jk_close_plan *plan, int64_t deadline_ms,
                                             struct jk_computed **out_computed, struct jk_error *error);
/* The files of a revision that stands in the log: nothing to do where they are there. DATA_LOSS has raised an alarm
 * (report-different in the log). */
JK_MUST_USE enum jk_status jk_closer_files(struct jk_closer *closer, struct jk_reader *reader, uint32_t stage,
                                           uint32_t revision, int64_t deadline_ms, struct jk_error *error);
/* Gives up what was kept for long. */
void jk_closer_forget(struct jk_closer *closer);

#endif
