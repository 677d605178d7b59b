/* Who goes first among derivatives with the same content: the same weights, artifact or set of weight files. Copies
 * (copies.h) take no part. Each derivative is compared by one kind of content alone, the first that it shares with
 * another that would count so far; so no model keeps two from counting that have nothing in common. The one goes first
 * that has claimed it and stood without a break for the longest (stood.h), so nobody loses to one that could not count
 * before; but before all others one whose weight files lie with their owner on a hub. Where the earliest claim takes no
 * part (any more), verified publishers' and what is held go before the age. Pure; for standings of rule set 2.
 * Source: registry/formats/policy.md.
 *
 * Memory: 8 bytes a model; while it is being settled also 1 for each weights digest, release and set of weight files, 36
 * for each derivative that shares any content, and those of stood.h. Time: n log n in those. Owned by
 * whoever makes the standing. */
#ifndef JK_BOOK_CONTEST_H
#define JK_BOOK_CONTEST_H

#include "book/breath.h"
#include "book/claims.h"
#include "book/verdict.h"

/* Of a derivative before which another one goes first. */
struct jk_behind {
    uint32_t first; /* that model */
    uint32_t
        since; /* the entry since which that one has claimed the content and stood, and is at home with it if it is */
};

struct jk_contest {
    uint32_t models;
    struct jk_behind *behind; /* by model: `first` JK_NONE where it is behind none */
};

/* Of all derivatives of a standing by the policy, with the reasons that they have so far. RESOURCE_EXHAUSTED, or what a
 * breath says; jk_contest_done is due all the same. */
JK_MUST_USE enum jk_status jk_contest_settle(struct jk_contest *contest, const struct jk_book *book,
                                             const struct jk_policy *policy, const struct jk_verdicts *verdicts,
                                             uint32_t n, const struct jk_breath *breath, struct jk_error *error);
void jk_contest_done(struct jk_contest *contest);
/* NULL: it goes first itself, or takes no part. */
const struct jk_behind *jk_contest_behind(const struct jk_contest *contest, uint32_t model);

#endif
