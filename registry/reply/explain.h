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
    const struct jk_verdict *rows; /* of the derivative, found by its name */
    size_t count;
    struct jk_arena *arena; /* of the message */
    struct jk_error *error;
};

/* All of the message but its sizes and revision: about the derivative that has or had a name by size `newest` of
 * `names`, which is the book itself, or the log's where the book ends at a cut-off. Fills in `rows` and `count`. The
 * message's log_size is set by the caller; failures name it. NOT_FOUND: no such model, or it was not registered yet;
 * FAILED_PRECONDITION: no derivative of a base model; RESOURCE_EXHAUSTED. */
JK_MUST_USE enum jk_status jk_explain_named(struct jk_explained *explained, const struct jk_book *names,
                                            uint32_t newest, const char *name, Jokbo__V1__Standing *out);

#endif
