/* Whether one derivative counts under a rule, and for each reason why not, the entry and the fact that it follows from,
 * in English and Korean. Used by the server, and by the client for an unrecorded policy. Pure. */
#ifndef JK_REPLY_EXPLAIN_H
#define JK_REPLY_EXPLAIN_H

#include <jokbo/v1/evaluation.pb-c.h>

#include "book/standing.h"

struct jk_explained {
    const struct jk_book *book;
    uint32_t size; /* a log size that the book holds */
    const struct jk_standing *standing;
    const struct jk_policy *policy;
    const struct jk_digest *policy_sha256;
    uint32_t stage_entry;          /* where teams do not take part, by which entry */
    const struct jk_verdict *rows; /* of the derivative, at least one: jk_standing_of */
    size_t count;
    struct jk_arena *arena; /* of the message */
    struct jk_error *error;
};

/* All of the message but its sizes and revision. RESOURCE_EXHAUSTED. */
JK_MUST_USE enum jk_status jk_explain_derivative(const struct jk_explained *explained, Jokbo__V1__Standing *out);

#endif
