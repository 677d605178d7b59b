/* Whether an ancestor's release makes a derivative a duplicate, since both have the same content. Pure; for standings
 * of rule set 2. Source: registry/formats/policy.md.
 *
 * Asked only of derivatives whose spell says that some ancestor has the same content, which are few: each answer is a
 * walk over the ancestors. Memory: 8 bytes a release, from the first walk on. Belongs to whoever makes the standing. */
#ifndef JK_BOOK_COPIES_H
#define JK_BOOK_COPIES_H

#include "book/claims.h"
#include "domain/policy.h"

struct jk_copies {
    const struct jk_book *book;
    uint32_t n;
    bool declared;                    /* adoptions are left out */
    bool unverified;                  /* who is not verified does not count */
    const struct jk_ruling **origins; /* rulings on origin in effect, in the order in which they took it */
    size_t origin_count;
    uint32_t *seen, *queue, walk; /* by release: the last walk that met it; releases to look at */
};

bool jk_copies_init(struct jk_copies *copies, const struct jk_book *book, const struct jk_policy *policy,
                    uint32_t n); /* false: out of memory */
void jk_copies_done(struct jk_copies *copies);
/* The nearest ancestor's release that makes a derivative with this release a duplicate; JK_NONE: none does. `verified`:
 * the derivative's publisher is. False: out of memory. */
bool jk_copies_find(struct jk_copies *copies, uint32_t release, bool verified, uint32_t *out_ancestor);

#endif
