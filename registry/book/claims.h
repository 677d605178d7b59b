/* Content that several models may have: weights, artifacts, sets of weight files. Who claims it since when, and whose
 * claim to it is the first, whatever the policy. Pure; any thread that may read the book. */
#ifndef JK_BOOK_CLAIMS_H
#define JK_BOOK_CLAIMS_H

#include "book/book.h"
#include "book/stage.h"

enum jk_content { JK_CONTENT_WEIGHTS, JK_CONTENT_ARTIFACT, JK_CONTENT_FILES, JK_CONTENT_KINDS };

/* The other model with which this one's claim to its content stands contested at n; JK_NONE for none. On the later
 * claim: that which came first, or which a ruling on origin names, where its publisher is another. On the earlier one:
 * the model for which a verified publisher disputes the origin, while that is open. */
uint32_t jk_contested_with(const struct jk_book *book, uint32_t model, uint32_t n);

/* The model that has the first claim to a content at n: named by a ruling on origin, else that which has claimed it
 * longest; of those that hold it now, with a release that is not yanked. `slot`: by jk_content_of. JK_NONE: none holds
 * it. */
uint32_t jk_first_claim(const struct jk_book *book, enum jk_content kind, uint32_t slot, uint32_t n);

/* The rulings on origin in effect at n, in the order in which they took effect; the caller frees the list. NULL: out of
 * memory. */
const struct jk_ruling **jk_origin_rulings(const struct jk_book *book, uint32_t n, size_t *out_count);

/* Slot of a release's content of a kind at n; JK_NONE for none. */
uint32_t jk_content_of(const struct jk_book *book, uint32_t release, enum jk_content kind, uint32_t n);
/* The first kind of content that two models' standing releases share at n, and its slot; false: none. */
bool jk_shared_content(const struct jk_book *book, uint32_t model, uint32_t other, uint32_t n,
                       enum jk_content *out_kind, uint32_t *out_slot);
/* The entry from which on, without a break up to n, the model claims a content that its standing release has at n: its
 * deciding release has had it since. Where all its releases are yanked, the entry that made it so. */
uint32_t jk_content_since(const struct jk_book *book, uint32_t model, enum jk_content kind, uint32_t slot, uint32_t n);

#endif
