/* A change of teams of a stage that is open: one evaluator proposes it, another who is independent of the first
 * (four_eyes.h) makes it by putting the stage with the same teams. What is proposed is a private record under the
 * stage's entry, so that it lapses with the next one about the stage; there is one at a time, and whatever else is
 * proposed takes its place. Everybody may see it. Thread: the sequencer, in a write's turn; presenting, any. */
#ifndef JK_SERVICE_EVALUATE_TEAMS_H
#define JK_SERVICE_EVALUATE_TEAMS_H

#include "service/evaluate/stages.h"

/* The caller wants these teams, as the entry would say them. Out: whether the stage changes now; else they are
 * proposed. */
JK_MUST_USE enum jk_status jk_teams_put(const struct jk_change *change, struct jk_turn *turn,
                                        const struct jk_stage *stage, struct jk_span teams, bool *out_now,
                                        struct jk_error *error);
/* The caller wants the stage as it stands: what was proposed is withdrawn. */
JK_MUST_USE enum jk_status jk_teams_withdraw(const struct jk_change *change, struct jk_turn *turn,
                                             const struct jk_stage *stage, struct jk_error *error);
/* What is proposed, with the stage's message; nothing from its cut-off on. */
void jk_teams_present(const struct jk_present *present, const struct jk_stage *stage, int64_t now_us,
                      Jokbo__V1__Stage *out);

#endif
