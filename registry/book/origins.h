/* Rulings on origin: whose a content is according to evaluators. Pure; for standings of rule set 2. Source:
 * registry/formats/policy.md.
 *
 * A ruling covers what its release had when it was made: weights, artifact and set of weight files, as far as that was
 * said by then. It applies as long as its model has that in some un-yanked release; of the rulings that apply to a content, the one that took effect last decides.
 * Memory: about 60 bytes a ruling. Owned by whoever makes the standing. */
#ifndef JK_BOOK_ORIGINS_H
#define JK_BOOK_ORIGINS_H

#include "book/claims.h"

struct jk_origin;

struct jk_origins {
    const struct jk_book *book;
    uint32_t n;
    const struct jk_ruling **rulings; /* in effect, in the order in which they took effect */
    size_t ruling_count;
    struct jk_origin *contents; /* what those that apply cover, sorted */
    size_t content_count;
};

bool jk_origins_init(struct jk_origins *origins, const struct jk_book *book, uint32_t n); /* false: out of memory */
void jk_origins_done(struct jk_origins *origins);
/* The ruling that decides about anything that a release has; NULL for none. */
const struct jk_ruling *jk_origins_about(const struct jk_origins *origins, uint32_t release);
/* The ruling that decides about anything that two releases both have. */
const struct jk_ruling *jk_origins_about_both(const struct jk_origins *origins, uint32_t release, uint32_t other);

#endif
