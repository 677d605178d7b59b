/* Four eyes: what takes effect by the word of two evaluators needs two who are independent. All that says so is
 * private: who created an account, who gave it the role and since when, who made its tokens. The log names roles only.
 *
 * The rules, each with the reason of its refusal. Whoever rules or confirms has held the role for the rest
 * (EVALUATOR_RESTS), by a grant that is recorded (GRANT_UNKNOWN); and a token that somebody else made for it is as old,
 * with all that were made with that one (TOKEN_RESTS), so that who makes tokens cannot speak for others at once. The
 * second is another account (SAME_EVALUATOR), without the role admin (ADMIN_CONFIRMS), also for the rest
 * (LATELY_ADMIN), which held the role before the first spoke (EVALUATOR_LATER); neither created the other
 * (CREATED_BY_OTHER), neither gave one of the two roles (GRANTED_BY_ONE), and neither made the token with which the
 * other spoke (TOKEN_BY_OTHER). Where it is not known who spoke first, as after `jokbod recover`, nobody confirms
 * (RULER_UNKNOWN): it is said anew. Who rejects is as independent, but may have the role since later, and may reject
 * what nobody knows who said: else that would wait for ever.
 *
 * Pure but for what it reads from the directory. Thread: the sequencer, in a write's turn. */
#ifndef JK_SERVICE_CALL_FOUR_EYES_H
#define JK_SERVICE_CALL_FOUR_EYES_H

#include "service/call/write.h"

/* What one evaluator said, and another may confirm: to be remembered in a private record. All zero: not known. */
struct jk_proposal {
    uint64_t account, token;
    uint64_t granted_by; /* who had given the account the role; 0: the server, at its start */
    int64_t time_us;
};

/* Who speaks, and with which token. */
struct jk_speaker {
    uint64_t account, token;
};

/* ---- the rules ---- */

/* May this account speak as an evaluator: it has held the role, and others made its token, `rest_us` ago or before.
 * Out: since when it holds the role, and who gave it; with no rest that may be unknown. */
JK_MUST_USE enum jk_status jk_four_eyes_check_rest(struct jk_directory *directory, const struct jk_speaker *speaker,
                                                   int64_t rest_us, int64_t now_us, struct jk_grant *out_grant,
                                                   struct jk_error *error);
/* May the second confirm what the first said. */
JK_MUST_USE enum jk_status jk_four_eyes_check(struct jk_directory *directory, const struct jk_proposal *first,
                                              const struct jk_speaker *second, int64_t rest_us, int64_t now_us,
                                              struct jk_error *error);

/* ---- the same for a caller, in its turn ---- */

/* The caller may speak as an evaluator: for what takes one alone. */
JK_MUST_USE enum jk_status jk_four_eyes_rested(const struct jk_change *change, const struct jk_turn *turn,
                                               struct jk_error *error);
/* What the caller says now, where it may. */
JK_MUST_USE enum jk_status jk_four_eyes_propose(const struct jk_change *change, const struct jk_turn *turn,
                                                struct jk_proposal *out_proposal, struct jk_error *error);
/* Confirms, or else rejects, what was proposed. */
JK_MUST_USE enum jk_status jk_four_eyes_second(const struct jk_change *change, const struct jk_turn *turn,
                                               const struct jk_proposal *first, bool confirm, struct jk_error *error);
/* Whether whoever proposed still holds the role; where not, the proposal has lapsed. */
bool jk_four_eyes_stands(struct jk_directory *directory, const struct jk_proposal *first);
/* A proposal that is a log entry is remembered under its index. */
JK_MUST_USE enum jk_status jk_four_eyes_keep(struct jk_turn *turn, uint32_t index, const struct jk_proposal *proposal,
                                             struct jk_error *error);
struct jk_proposal jk_four_eyes_kept(const struct jk_turn *turn, uint32_t index);

#endif
