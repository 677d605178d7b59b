/* When a stage may be closed, and the entry that closes it.
 *
 * n is fixed before anything is computed: the database's clock was past the cut-off, and every batch begun before that
 * look has been brought in, so no entry that is still to come can have an earlier time. Should the database's clock
 * step back, the turn finds out: the entry's own time, or the number of entries before the cut-off, is another then.
 * When a stage's time has come, and who may say so, is due.h's. */
#ifndef JK_CLOSING_CLOSE_H
#define JK_CLOSING_CLOSE_H

#include "book/stage.h"
#include "closing/compute.h"
#include "closing/due.h"
#include "closing/witnessed.h"

/* On a reader thread, without a view: a moment of which everything that was committed before it, and will ever have an
 * earlier time, is in the book. UNAVAILABLE (CLOCK_DISAGREES) where nobody can say what time it is. */
JK_MUST_USE enum jk_status jk_close_moment(struct jk_store *store, struct jk_reader *reader, int64_t deadline_ms,
                                           struct jk_moment *out_moment, struct jk_error *error);
/* What due.h asks but for passed_ms, at that moment; `witnesses` NULL: none are configured. In a view. */
void jk_close_facts(struct jk_store *store, const struct jk_closing_witnesses *witnesses, const struct jk_stage *stage,
                    int64_t now_us, struct jk_due_facts *out_facts);
/* The first closing of a stage at that time of the database, in a view of everything that was committed by then.
 * FAILED_PRECONDITION (CUTOFF_AHEAD) says when. */
JK_MUST_USE enum jk_status jk_close_plan_first(const struct jk_view *view, uint32_t stage, int64_t now_us,
                                               struct jk_close_plan *out_plan, struct jk_error *error);
/* A further revision: with everything that is in the log now. FAILED_PRECONDITION (STAGE_NOT_CLOSED). */
JK_MUST_USE enum jk_status jk_close_plan_next(const struct jk_view *view, uint32_t stage,
                                              struct jk_close_plan *out_plan, struct jk_error *error);
/* What a closing that stands was computed from. */
struct jk_close_plan jk_close_plan_of(const struct jk_closing *closing);

/* In a turn: the entry, with the text where there is one. A first closing that stands already is as good: then nothing
 * is written. ABORTED where something came between: compute again. */
JK_MUST_USE enum jk_status jk_close_in_turn(struct jk_turn *turn, const struct jk_computed *computed,
                                            struct jk_actor actor, struct jk_span text, struct jk_error *error);

#endif
