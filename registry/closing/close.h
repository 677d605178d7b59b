/* When a stage may be closed, and the entry that closes it.
 *
 * n is fixed before anything is computed: the database's clock was past the cut-off, and every batch begun before that
 * reading is in the book, so no future entry can have an earlier time. If the database's clock steps back after all,
 * the turn notices: the entry's own time, or the number of entries before the cut-off, has changed. When a stage is
 * due, and who may say so, is due.h's. */
#ifndef JK_CLOSING_CLOSE_H
#define JK_CLOSING_CLOSE_H

#include "book/stage.h"
#include "closing/compute.h"
#include "closing/due.h"
#include "closing/witnessed.h"

/* On a reader thread, without a view: a moment such that every entry with an earlier time, now or in future, is in the
 * book. UNAVAILABLE (CLOCK_DISAGREES) if the time cannot be relied on. */
JK_MUST_USE enum jk_status jk_close_moment(struct jk_store *store, struct jk_reader *reader, int64_t deadline_ms,
                                           struct jk_moment *out_moment, struct jk_error *error);
/* The facts for due.h at that moment, except passed_ms; `witnesses` NULL: none are configured. In a view. */
void jk_close_facts(struct jk_store *store, const struct jk_closing_witnesses *witnesses, const struct jk_stage *stage,
                    int64_t now_us, struct jk_due_facts *out_facts);
/* The plan for the first closing of a stage at that time of the database, in a view of everything that was committed by
 * then. FAILED_PRECONDITION (CUTOFF_AHEAD) says when. */
JK_MUST_USE enum jk_status jk_close_plan_first(const struct jk_view *view, uint32_t stage, int64_t now_us,
                                               struct jk_close_plan *out_plan, struct jk_error *error);
/* The plan for a further revision, with everything that is in the log now. FAILED_PRECONDITION (STAGE_NOT_CLOSED). */
JK_MUST_USE enum jk_status jk_close_plan_next(const struct jk_view *view, uint32_t stage,
                                              struct jk_close_plan *out_plan, struct jk_error *error);
/* The plan from which an existing closing was computed. */
struct jk_close_plan jk_close_plan_of(const struct jk_closing *closing);

/* In a turn: writes the entry, and the text if there is one. If the first closing exists already, that is just as good
 * and nothing is written. ABORTED if something else changed: compute again. */
JK_MUST_USE enum jk_status jk_close_in_turn(struct jk_turn *turn, const struct jk_computed *computed,
                                            struct jk_actor actor, struct jk_span text, struct jk_error *error);

#endif
