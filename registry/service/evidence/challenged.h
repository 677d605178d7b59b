/* Challenges as messages, and whose they are: shared by what writes and what lists them. */
#ifndef JK_SERVICE_EVIDENCE_CHALLENGED_H
#define JK_SERVICE_EVIDENCE_CHALLENGED_H

#include <jokbo/v1/evidence.pb-c.h>

#include "book/vouched.h"
#include "service/call/authority.h"
#include "service/records/present.h"
#include "tlog/forest.h"

/* The challenge in this slot, without its key; whether it is abandoned depends on `now_us`. NULL: out of memory. */
Jokbo__V1__Challenge *jk_present_challenge(const struct jk_present *present, uint32_t slot, int64_t now_us);
/* The key of a challenge, from the hashes of a view that has its entry; false: they do not reach it. */
bool jk_challenge_key_of(struct jk_forest *forest, uint32_t entry, const struct jk_digest *release,
                         struct jk_digest *out_key);

/* The reply about a challenge, on the sequencer. */
JK_MUST_USE enum jk_status jk_challenge_reply(struct jk_change *change, struct jk_turn *turn, uint32_t slot,
                                              ProtobufCMessage **out_reply);
/* Adds the key, which follows from the committed log (jk_complete_fn). */
void jk_challenge_complete(struct jk_change *change);

/* The verifier with that id, if it is in effect at n. FAILED_PRECONDITION (VERIFIER_ENDED). */
JK_MUST_USE enum jk_status jk_verifier_in_effect(const struct jk_book *book, const char *id, uint32_t n,
                                                 uint32_t *out_verifier, struct jk_error *error);
/* The caller's verifier, if the caller may speak for it now about this release: it is in effect, and the account is past
 * its rest, acts for no team, and has no part in the publishers, present and former, of the model or of its parents, of
 * an external one in those of the model that adopted it.
 * PERMISSION_DENIED, FAILED_PRECONDITION (VERIFIER_ENDED; HANDS_UNKNOWN). */
JK_MUST_USE enum jk_status jk_challenger_check(struct jk_change *change, struct jk_turn *turn, uint32_t release,
                                               uint32_t *out_verifier, struct jk_error *error);

#endif
