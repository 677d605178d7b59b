/* Who goes first among derivatives with the same content: the same weights, artifact or set of weight files. Copies
 * (copies.h) take no part. Each derivative is compared by one kind of content alone, the first that it shares with
 * another that would count so far; so no model keeps two from counting that have nothing in common. Pure; for standings
 * of rule set 2. Source: registry/formats/policy.md.
 *
 * Memory: 5 bytes a model; while it is being settled also 1 for each weights digest, release and set of weight files,
 * and 24 for each derivative that shares any content. Time: n log n in those. Owned by whoever makes the standing. */
#ifndef JK_BOOK_CONTEST_H
#define JK_BOOK_CONTEST_H

#include "book/breath.h"
#include "book/claims.h"
#include "book/verdict.h"

struct jk_contest {
    uint32_t models;
    uint32_t *first_before; /* by model: that which goes first before it; JK_NONE: none */
    uint8_t *kind_of;       /* by model: the kind of content that they share */
};

/* Of all derivatives of a standing, with the reasons that they have so far. RESOURCE_EXHAUSTED, or what a breath says;
 * jk_contest_done is due all the same. */
JK_MUST_USE enum jk_status jk_contest_settle(struct jk_contest *contest, const struct jk_book *book,
                                             const struct jk_verdicts *verdicts, uint32_t n,
                                             const struct jk_breath *breath, struct jk_error *error);
/* Whether the model's hub lists this set of weight files in an organisation that the publisher of its name holds there:
 * the entry by which it holds it; else JK_NONE. Such a claim goes before all others. */
uint32_t jk_contest_home(const struct jk_book *book, uint32_t model, uint32_t files, uint32_t n);
void jk_contest_done(struct jk_contest *contest);
/* The model that goes first before one that takes part, and for which content they share (NULL: not asked); JK_NONE: it
 * goes first itself, or takes no part. */
uint32_t jk_contest_first_before(const struct jk_contest *contest, uint32_t model, enum jk_content *out_kind);

#endif
