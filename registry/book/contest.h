/* Who goes first among derivatives that hold the same content: the same weights, artifact or set of weight files. Pure;
 * for standings of rule set 2. Source: registry/formats/policy.md.
 *
 * First claims are made, one for each derivative in order of registration; then rulings on origin are heard; then it is
 * asked. Memory: 8 bytes for each different weights digest, artifact and set. Belongs to whoever makes the standing. */
#ifndef JK_BOOK_CONTEST_H
#define JK_BOOK_CONTEST_H

#include "book/standing.h"

enum jk_content { JK_CONTENT_WEIGHTS, JK_CONTENT_ARTIFACT, JK_CONTENT_FILES, JK_CONTENT_KINDS };

struct jk_claims;
struct jk_contest {
    const struct jk_book *book;
    const struct jk_standing *standing; /* its rows: those of a model are there when it claims */
    uint32_t n;
    struct jk_claims *of[JK_CONTENT_KINDS]; /* by slot of the content */
};

bool jk_contest_init(struct jk_contest *contest, const struct jk_book *book, const struct jk_standing *standing,
                     uint32_t n); /* false: out of memory */
void jk_contest_done(struct jk_contest *contest);
void jk_contest_claim(struct jk_contest *contest, const struct jk_verdict *rows, size_t count);
bool jk_contest_hear_rulings(struct jk_contest *contest); /* false: out of memory */
/* The model that goes first before one that stands, and for which content they share (NULL: not asked); JK_NONE: it goes
 * first itself. */
uint32_t jk_contest_first_before(const struct jk_contest *contest, const struct jk_verdict *rows,
                                 enum jk_content *out_kind);

/* The other model with which this one's claim to its weights, artifact or weight files stands contested at n, whatever the policy; JK_NONE
 * for none. On the later claim: that which came first, or which a ruling on origin names, where its publisher is another.
 * On the earlier one: the model for which a verified publisher disputes the origin, while that is open. */
uint32_t jk_contested_with(const struct jk_book *book, uint32_t model, uint32_t n);

/* The model that has the first claim to a content at n, whatever the policy: named by a ruling on origin, else that which
 * brought it earliest; of those that hold it now, with a release that is not yanked. `slot`: by jk_content_of. JK_NONE: none holds it. */
uint32_t jk_first_claim(const struct jk_book *book, enum jk_content kind, uint32_t slot, uint32_t n);

/* Slot of a release's content of a kind at n; JK_NONE for none. */
uint32_t jk_content_of(const struct jk_book *book, uint32_t release, enum jk_content kind, uint32_t n);
/* The first kind of content that two models' standing releases share at n, and its slot; false: none. */
bool jk_shared_content(const struct jk_book *book, uint32_t model, uint32_t other, uint32_t n,
                       enum jk_content *out_kind, uint32_t *out_slot);
/* The entry with which the model brought content of a kind: that of its earliest release that has it. */
uint32_t jk_content_brought(const struct jk_book *book, uint32_t model, enum jk_content kind, uint32_t slot, uint32_t n);

#endif
