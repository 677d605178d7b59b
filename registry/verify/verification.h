/* Shared by `verify` and `receipt renew`: several subjects, their results, and how these are reported. One thread. */
#ifndef JK_VERIFY_VERIFICATION_H
#define JK_VERIFY_VERIFICATION_H

#include "verify/subject.h"

struct jk_verification {
    struct jk_cli *cli;
    struct jk_subject *subjects;
    size_t count;
};

JK_MUST_USE enum jk_status jk_verification_room(struct jk_verification *verification, size_t count);
/* A stored receipt, with what lies beside it, as the next subject: its texts only. */
JK_MUST_USE enum jk_status jk_verification_load(struct jk_verification *verification, const char *path);
/* All receipts of a folder. NOT_FOUND (RECEIPTS_ABSENT): there are none; `mend` is the end of the sentence. */
JK_MUST_USE enum jk_status jk_verification_load_folder(struct jk_verification *verification, const char *folder,
                                                       const char *mend);
/* Checks the one at that index, after those before it; fails as jk_subject_check does. A log's newest checkpoint is
 * fetched once, and its key reported once. */
JK_MUST_USE enum jk_status jk_verification_check(struct jk_verification *verification, size_t at);
/* In cli->error: NOT_VERIFIED, LOG_FORKED, or the first trouble. */
JK_MUST_USE enum jk_status jk_verification_conclude(const struct jk_verification *verification);
/* Everything with the outcome (`status`, and cli->error), which is then not told again. */
json_t *jk_verification_json(const struct jk_verification *verification, enum jk_status status);
/* Prints everything, with the outcome (`status`, and cli->error), which it returns unless printing fails. */
JK_MUST_USE enum jk_status jk_verification_tell(const struct jk_verification *verification, enum jk_status status);

#endif
