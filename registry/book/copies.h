/* Whether a derivative is a copy, whoever else claims the same content: of an ancestor, or by a ruling on origin. Pure;
 * for standings of rule set 2. Source: registry/formats/policy.md.
 *
 * Ancestors are looked at only for derivatives whose spell says that some ancestor has the same content, and for all of
 * them at once (equals.h): first each is told, then all are settled, then they are found in the list. Only where a
 * ruling names the derivative itself, or where it is asked which ancestor it is, each answer is a walk over the
 * ancestors: 8 bytes a release, from the first one on. Belongs to whoever makes the standing. */
#ifndef JK_BOOK_COPIES_H
#define JK_BOOK_COPIES_H

#include "book/equals.h"
#include "book/origins.h"
#include "domain/policy.h"

struct jk_copies {
    const struct jk_book *book;
    uint32_t n;
    struct jk_origins origins;
    struct jk_equals equals;
    uint32_t *seen, *queue, walk; /* by release: the last walk that met it; releases to look at */
    uint32_t *found;              /* releases of derivatives that are copies */
    size_t found_count, found_room;
};

/* What makes a derivative a copy: one of the two, or neither. */
struct jk_copy {
    const struct jk_ruling *ruling; /* a ruling that names another model; NULL for none */
    uint32_t ancestor;              /* the nearest ancestor release with the content; JK_NONE for none */
};

/* The policy must outlive it. False: out of memory. */
bool jk_copies_init(struct jk_copies *copies, const struct jk_book *book, const struct jk_policy *policy, uint32_t n);
void jk_copies_done(struct jk_copies *copies);
/* Of a derivative with this release. `above`: some ancestor has the same content. False: out of memory. */
bool jk_copies_find(struct jk_copies *copies, uint32_t release, bool above, struct jk_copy *out_copy);
/* Of one derivative of many, for which it does not matter what makes it a copy. False: out of memory. */
bool jk_copies_tell(struct jk_copies *copies, uint32_t release, bool above);
/* Once all are told: `found` has the releases of those that are copies, some more than once, in no order. */
JK_MUST_USE enum jk_status jk_copies_settle(struct jk_copies *copies, const struct jk_breath *breath,
                                            struct jk_error *error);

#endif
