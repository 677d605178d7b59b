/* What verifiers say of a derivative of a root, in words: for the reasons `unattested` and `evidence`, and for what is
 * pending. Pure; texts in the arena of the message. */
#ifndef JK_REPLY_EXPLAIN_VOUCHING_H
#define JK_REPLY_EXPLAIN_VOUCHING_H

#include "book/vouching.h"
#include "reply/explain.h"

struct jk_vouching_words {
    char *english, *korean;
};

/* For a pair to which the reason applies, or would if what is missing counted. RESOURCE_EXHAUSTED. */
JK_MUST_USE enum jk_status jk_explain_vouching(const struct jk_explained *explained, struct jk_vouching *vouching,
                                               const struct jk_verdict *row, enum jk_reason reason,
                                               struct jk_vouching_words *out);

#endif
