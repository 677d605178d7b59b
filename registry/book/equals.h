/* What ancestors with the same content there are above a release, remembered on the way, so that a chain of releases
 * with one content is climbed once and not once for each of them; and which of them have a say. Pure; for copies.h.
 *
 * Memory: 16 bytes a release, from the first question on, and 24 for each that was asked about or lay between two equal
 * ones. Time: for each release asked about, over all its ancestors down from the nearest equals on every path, which may
 * be all there are. Belongs to whoever makes the standing. */
#ifndef JK_BOOK_EQUALS_H
#define JK_BOOK_EQUALS_H

#include "book/claims.h"
#include "domain/policy.h"

/* Of the ancestors with one content that have a say: the earliest entry since which such a one has it; JK_NONE for none.
 */
struct jk_equal {
    uint32_t base;  /* base models at n */
    uint32_t other; /* all others */
};

struct jk_equals {
    const struct jk_book *book;
    const struct jk_policy *policy;
    uint32_t n;
    bool declared;  /* adoptions are left out */
    uint64_t steps; /* releases come past so far */
    struct jk_equal (*known)[JK_CONTENT_KINDS];
    uint32_t count, room;
    uint32_t *place;                      /* by release: its row of those + 1, 0 for none yet */
    uint32_t *seen, *queue, *stack, walk; /* by release: the last walk that met it; to be looked at; to be worked out */
};

void jk_equals_init(struct jk_equals *equals, const struct jk_book *book, const struct jk_policy *policy, uint32_t n);
void jk_equals_done(struct jk_equals *equals);
/* By kind of the content that the release has; valid until the next question. NULL: out of memory. */
const struct jk_equal *jk_equals_above(struct jk_equals *equals, uint32_t release);
/* Adds an ancestor that has the content of that kind, if it has a say about it. */
void jk_equals_add(const struct jk_equals *equals, uint32_t ancestor, enum jk_content kind, struct jk_equal *found);

#endif
