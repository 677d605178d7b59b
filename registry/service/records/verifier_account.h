/* Who may give an account the role verifier, and for whom. Thread: the sequencer, in a write's turn. */
#ifndef JK_SERVICE_RECORDS_VERIFIER_ACCOUNT_H
#define JK_SERVICE_RECORDS_VERIFIER_ACCOUNT_H

#include "service/call/write.h"

/* Of an account as it is to be, and as it was (NULL: it is new): NOT_FOUND (VERIFIER_NOT_FOUND) where no ruling names its
 * verifier. PERMISSION_DENIED (OWN_RULING) where the caller ruled for that verifier, and gives the role now: who proposes
 * a verifier does not choose who speaks for it. Never with four eyes off. */
JK_MUST_USE enum jk_status jk_verifier_account_check(const struct jk_change *change, const struct jk_turn *turn,
                                                     const struct jk_account *account, const struct jk_account *before,
                                                     struct jk_error *error);
/* Carries over for which verifiers the account ever spoke, and adds those that it was and is for, with who gave it the
 * role: its grants must be there. FAILED_PRECONDITION (VERIFIERS_FULL). */
JK_MUST_USE enum jk_status jk_verifier_account_follow(struct jk_account *account, const struct jk_account *before,
                                                      struct jk_error *error);

#endif
