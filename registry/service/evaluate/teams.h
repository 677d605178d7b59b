/* Changing the teams of an open stage: one evaluator proposes it, and another who is independent of the first
 * (four_eyes.h) makes the change by putting the stage with the same teams. The proposal is a private record under the
 * stage's entry, so that it lapses with the next entry about the stage; there is only one, and a new proposal replaces
 * it. Everybody may see it. Thread: the sequencer, in a write's turn; presenting, any. */
#ifndef JK_SERVICE_EVALUATE_TEAMS_H
#define JK_SERVICE_EVALUATE_TEAMS_H

#include "service/evaluate/stages.h"

/* The caller wants these teams, listed as in the entry. Out: whether the stage changes now; otherwise they are
 * proposed. */
JK_MUST_USE enum jk_status jk_teams_put(const struct jk_change *change, struct jk_turn *turn,
                                        const struct jk_stage *stage, struct jk_span teams, bool *out_now,
                                        struct jk_error *error);
/* The caller wants the stage as it is: the proposal is withdrawn. */
JK_MUST_USE enum jk_status jk_teams_withdraw(const struct jk_change *change, struct jk_turn *turn,
                                             const struct jk_stage *stage, struct jk_error *error);
/* Adds the proposal to the stage's message; nothing from its cut-off on. */
void jk_teams_present(const struct jk_present *present, const struct jk_stage *stage, int64_t now_us,
                      Jokbo__V1__Stage *out);

#endif
