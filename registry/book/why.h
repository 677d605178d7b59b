/* The entry from which a reason follows, and which other model it involves. Pure; for one derivative at a time, since
 * some answers walk its ancestors or all rows of the standing. One thread. Source: registry/formats/policy.md. */
#ifndef JK_BOOK_WHY_H
#define JK_BOOK_WHY_H

#include "book/standing.h"

struct jk_why {
    uint32_t entry;   /* without it the reason would not apply */
    uint32_t other;   /* model: the one that goes first, or the ancestor; JK_NONE for none */
    uint32_t release; /* of the ancestor; JK_NONE for none */
};

/* Questions about the rows of one standing. Why a derivative is a duplicate or a near-duplicate is the same for all of its
 * roots, and takes longest to find, so the last such answers are kept. Nothing is to be freed. */
struct jk_whys {
    const struct jk_book *book;
    const struct jk_standing *standing;
    const struct jk_policy *policy;
    uint32_t stage_entry;           /* from which JK_REASON_NOT_PARTICIPATING follows */
    struct jk_why duplicate, near;  /* of … */
    uint32_t duplicate_of, near_of; /* … this model; JK_NONE: not asked yet */
};

void jk_whys_init(struct jk_whys *whys, const struct jk_book *book, const struct jk_standing *standing,
                  const struct jk_policy *policy, uint32_t stage_entry);
/* For a reason that applies to the row. RESOURCE_EXHAUSTED. */
JK_MUST_USE enum jk_status jk_why_find(struct jk_whys *whys, const struct jk_verdict *row, enum jk_reason reason,
                                       struct jk_why *out_why, struct jk_error *error);

#endif
