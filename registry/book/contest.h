/* Who goes first among derivatives that hold the same content: the same weights, artifact or set of weight files. Pure;
 * for standings of rule set 2. Source: registry/formats/policy.md.
 *
 * First claims are made, one for each derivative in order of registration; then rulings on origin are heard; then it is
 * asked. Memory: 8 bytes for each different weights digest, artifact and set. Belongs to whoever makes the standing. */
#ifndef JK_BOOK_CONTEST_H
#define JK_BOOK_CONTEST_H

#include "book/claims.h"
#include "book/verdict.h"

struct jk_claimants;
struct jk_contest {
    const struct jk_book *book;
    const struct jk_verdicts *verdicts; /* those of a model are there when it claims */
    uint32_t n;
    struct jk_claimants *of[JK_CONTENT_KINDS]; /* by slot of the content */
};

bool jk_contest_init(struct jk_contest *contest, const struct jk_book *book, const struct jk_verdicts *verdicts,
                     uint32_t n); /* false: out of memory */
void jk_contest_done(struct jk_contest *contest);
void jk_contest_claim(struct jk_contest *contest, const struct jk_verdict *rows, size_t count);
bool jk_contest_hear_rulings(struct jk_contest *contest); /* false: out of memory */
/* The model that goes first before one that stands, and for which content they share (NULL: not asked); JK_NONE: it
 * goes first itself. */
uint32_t jk_contest_first_before(const struct jk_contest *contest, const struct jk_verdict *rows,
                                 enum jk_content *out_kind);

#endif
