/* Four eyes: a decision that takes two evaluators needs two who are independent. All the evidence for that is private:
 * who created an account, who granted it the role and when, who made its tokens. The log names only roles.
 *
 * The rules, each with the reason of its refusal. Whoever rules or confirms must have had the role for the waiting
 * period ("rest", EVALUATOR_RESTS), through a recorded grant (GRANT_UNKNOWN). A token that somebody else made for the
 * account must be as old, and so must all tokens derived from it (TOKEN_RESTS), so that whoever can make tokens cannot
 * immediately speak for others. The second evaluator must be another account (SAME_EVALUATOR), must not be an admin
 * (ADMIN_CONFIRMS) nor have been one within the waiting period (LATELY_ADMIN), and must have had the role before the
 * first ruled (EVALUATOR_LATER). Neither may have created the other (CREATED_BY_OTHER), granted one of the two roles
 * (GRANTED_BY_ONE), or made the token that the other used (TOKEN_BY_OTHER). If it is not known who ruled first, as
 * after `jokbod recover`, nobody can confirm (RULER_UNKNOWN): the ruling must be made again. Who rejects is as independent, but may have the role since later, and may reject
 * what nobody knows who said: else that would wait for ever.
 *
 * Pure but for what it reads from the directory. Thread: the sequencer, in a write's turn. */
#ifndef JK_SERVICE_CALL_FOUR_EYES_H
#define JK_SERVICE_CALL_FOUR_EYES_H

#include "service/call/write.h"

/* What one evaluator decided and another may confirm: stored in a private record. All zero: not known. */
struct jk_proposal {
    uint64_t account, token;
    uint64_t granted_by; /* who had granted the account the role; 0: the server, at start */
    int64_t time_us;
};

/* Who acts, and with which token. */
struct jk_speaker {
    uint64_t account, token;
};

/* ---- the rules ---- */

/* Whether this account may act as an evaluator: it has had the role, and any token made by others, since at least
 * `rest_us` ago. Out: since when it has had the role, and who granted it; without a waiting period that may be unknown.
 */
JK_MUST_USE enum jk_status jk_four_eyes_check_rest(struct jk_directory *directory, const struct jk_speaker *speaker,
                                                   int64_t rest_us, int64_t now_us, struct jk_grant *out_grant,
                                                   struct jk_error *error);
/* Whether the second may confirm what the first decided. */
JK_MUST_USE enum jk_status jk_four_eyes_check(struct jk_directory *directory, const struct jk_proposal *first,
                                              const struct jk_speaker *second, int64_t rest_us, int64_t now_us,
                                              struct jk_error *error);

/* ---- the same for a caller, in its turn ---- */

/* Whether the caller may act as an evaluator: for what takes only one. */
JK_MUST_USE enum jk_status jk_four_eyes_rested(const struct jk_change *change, const struct jk_turn *turn,
                                               struct jk_error *error);
/* The same for an account of a verifier (VERIFIER_RESTS, TOKEN_RESTS): before it challenges or attests. */
JK_MUST_USE enum jk_status jk_verifier_rested(const struct jk_change *change, const struct jk_turn *turn,
                                              struct jk_error *error);
/* The same for what only adds to the log, in which the account of the server's first start has been since before anybody
 * else: it need not rest. */
JK_MUST_USE enum jk_status jk_four_eyes_settled(const struct jk_change *change, const struct jk_turn *turn,
                                                struct jk_error *error);
/* Records the caller's decision, if it may make it. */
JK_MUST_USE enum jk_status jk_four_eyes_propose(const struct jk_change *change, const struct jk_turn *turn,
                                                struct jk_proposal *out_proposal, struct jk_error *error);
/* Confirms, or else rejects, what was proposed. */
JK_MUST_USE enum jk_status jk_four_eyes_second(const struct jk_change *change, const struct jk_turn *turn,
                                               const struct jk_proposal *first, bool confirm, struct jk_error *error);
/* Whether the one who proposed still has the role; if not, the proposal has lapsed. */
bool jk_four_eyes_stands(struct jk_directory *directory, const struct jk_proposal *first);
/* A proposal that is a log entry is stored under its index; one that is none, under that of the entry which it is about,
 * with the digest of what it proposes (`what`; NULL for the others). */
JK_MUST_USE enum jk_status jk_four_eyes_keep(struct jk_turn *turn, uint32_t index, const struct jk_proposal *proposal,
                                             const struct jk_digest *what, struct jk_error *error);
/* What is stored there; all zero for nothing, or, with `what`, for something else. */
struct jk_proposal jk_four_eyes_kept(const struct jk_turn *turn, uint32_t index, const struct jk_digest *what);

#endif
