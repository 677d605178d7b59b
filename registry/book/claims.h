/* Content that several models may have: weights, artifacts, sets of weight files. Who claims it since when, and whose
 * claim to it is the first, whatever the policy. Pure; any thread that may read the book. */
#ifndef JK_BOOK_CLAIMS_H
#define JK_BOOK_CLAIMS_H

#include "book/book.h"
#include "book/stage.h"

enum jk_content { JK_CONTENT_WEIGHTS, JK_CONTENT_ARTIFACT, JK_CONTENT_FILES, JK_CONTENT_KINDS };

/* The other model with which this one's claim to its content stands contested at n; JK_NONE for none. On the later
 * claim: that which came first, or which a ruling on origin names, where its publisher is another. For a verified
 * publisher's model that is a verified one's, if any came before it: an earlier one that is not keeps it from counting
 * only where nobody asks for verification. On the earlier one: the model for which a verified publisher disputes the
 * origin, while that is open. */
uint32_t jk_contested_with(const struct jk_book *book, uint32_t model, uint32_t n);

/* The model that has the first claim to a content at n: named by a ruling on origin, as long as it has it in any
 * release that is not yanked; else that which has claimed it longest, of those whose deciding release has it. `slot`:
 * by jk_content_of. JK_NONE: none holds it. */
uint32_t jk_first_claim(const struct jk_book *book, enum jk_content kind, uint32_t slot, uint32_t n);

/* Whether a ruling on origin speaks of a content at n: its release has it, and so has some release of its model that is
 * not yanked. */
bool jk_ruling_speaks_of(const struct jk_book *book, const struct jk_ruling *ruling, enum jk_content kind,
                         uint32_t slot, uint32_t n);

/* Slot of a release's content of a kind at n; JK_NONE for none. */
uint32_t jk_content_of(const struct jk_book *book, uint32_t release, enum jk_content kind, uint32_t n);
/* The releases that have a content, whosever they are, in no order: begin, then next until JK_NONE. */
struct jk_content_walk {
    enum jk_content kind;
    uint32_t release;  /* to be looked at next */
    uint32_t manifest; /* of a set of weight files: the one after */
};
struct jk_content_walk jk_content_walk_begin(const struct jk_book *book, enum jk_content kind, uint32_t slot);
uint32_t jk_content_walk_next(const struct jk_book *book, struct jk_content_walk *walk, uint32_t n);
/* The first kind of content that one model's standing release has at n, and the other's standing release or any that is
 * not yanked; and its slot. False: none. */
bool jk_shared_content(const struct jk_book *book, uint32_t model, uint32_t other, uint32_t n,
                       enum jk_content *out_kind, uint32_t *out_slot);
/* Whether any release of the model that is not yanked, or its standing one, has what the other's standing one has: what
 * the model may dispute the origin of. */
bool jk_has_content_of(const struct jk_book *book, uint32_t model, uint32_t other, uint32_t n);

/* How old a claim is: the entry from which on it has stood there (JK_NONE: there is none), and the one with which the
 * release that had it then came to decide, which tells claims by one `held` entry apart. */
struct jk_age {
    uint32_t since, decided;
};
static inline bool jk_age_before(struct jk_age age, struct jk_age other)
{
    return age.since != other.since ? age.since < other.since : age.decided < other.decided;
}
/* Of the model's claim to a content that its standing release has at n: its deciding release has had it without a break
 * up to n, and, of a set of weight files, it has been known. Where all its releases are yanked, the entry that made it
 * so. */
struct jk_age jk_claim_age(const struct jk_book *book, uint32_t model, enum jk_content kind, uint32_t slot, uint32_t n);
/* The same as an entry; of what only other releases have, the one with which the newest of them came to have it. */
uint32_t jk_content_since(const struct jk_book *book, uint32_t model, enum jk_content kind, uint32_t slot, uint32_t n);

#endif
