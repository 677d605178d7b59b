/* What the log proves of a challenge: its entry, the key that follows from the root of the tree which ends with it, and
 * the entry that answers it. Nothing is believed of the server but what its proofs and the log's signature bear out. One
 * thread; memory in the run's arena. */
#ifndef JK_CLI_CHALLENGE_LOG_H
#define JK_CLI_CHALLENGE_LOG_H

#include "verify/verification.h"

struct jk_logged_challenge {
    uint64_t index; /* of the entry `challenge` */
    struct jk_entry entry;
    struct jk_digest key; /* recomputed */
};

/* Proves an entry: the checks are results of the verification's next subject, which there must be room for. *out_entry
 * NULL: they failed, or could not be made. Fails where the server has no such entry, and on invalid user input. */
JK_MUST_USE enum jk_status jk_challenge_log_entry(struct jk_verification *verification, uint64_t index,
                                                  const struct jk_entry **out_entry);
/* The entry and, from the root, the key. False with *out: the checks failed, or could not be made. */
JK_MUST_USE enum jk_status jk_challenge_log_key(struct jk_verification *verification, uint64_t index,
                                                struct jk_logged_challenge *out_challenge, bool *out_proven);
/* Whether the entry attests what was challenged, by the same verifier. Pure. */
bool jk_challenge_log_answers(const struct jk_logged_challenge *challenge, const struct jk_entry *entry);

#endif
