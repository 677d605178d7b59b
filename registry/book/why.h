/* From which entry a reason follows, and which other model it is about. Pure; for one derivative at a time, since some
 * answers walk its ancestors or all rows of the standing. Source: registry/formats/policy.md. */
#ifndef JK_BOOK_WHY_H
#define JK_BOOK_WHY_H

#include "book/standing.h"

struct jk_why {
    uint32_t entry;   /* without it the reason would not hold */
    uint32_t other;   /* model: that which goes first, or the ancestor; JK_NONE for none */
    uint32_t release; /* of the ancestor; JK_NONE for none */
};

/* Of a reason that holds for the row. JK_REASON_NOT_PARTICIPATING follows from `stage_entry`. RESOURCE_EXHAUSTED. */
JK_MUST_USE enum jk_status jk_why_find(const struct jk_book *book, const struct jk_standing *standing,
                                       const struct jk_policy *policy, uint32_t stage_entry,
                                       const struct jk_verdict *row, enum jk_reason reason, struct jk_why *out_why,
                                       struct jk_error *error);

#endif
