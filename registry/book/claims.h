/* Content that several models may have: weights, artifacts, sets of weight files. Who has claimed it since when, and
 * whose claim is the first, whatever the policy. Pure; any thread that may read the book. */
#ifndef JK_BOOK_CLAIMS_H
#define JK_BOOK_CLAIMS_H

#include "book/book.h"
#include "book/stage.h"

enum jk_content { JK_CONTENT_WEIGHTS, JK_CONTENT_ARTIFACT, JK_CONTENT_FILES, JK_CONTENT_KINDS };

/* The other model that contests this one's claim to its content at n; JK_NONE for none. For the later claim: the model
 * that came first, or that a ruling on origin names, if its publisher is another; for a verified publisher's model, one
 * of a verified publisher, if any came before it, since an earlier model of an unverified one keeps it from counting
 * only if the policy does not ask for verification. For the earlier claim: the model on whose behalf a verified
 * publisher disputes the origin, while the dispute is open, that publisher and the model's present one are verified, and
 * not all of the model's releases are yanked. */
uint32_t jk_contested_with(const struct jk_book *book, uint32_t model, uint32_t n);

/* The model that has the first claim to a content at n: the one a ruling on origin names, as long as any of its
 * un-yanked releases has it; otherwise the one that has claimed it longest, among those whose deciding release has it.
 * `slot`: from jk_content_of. JK_NONE: none. */
uint32_t jk_first_claim(const struct jk_book *book, enum jk_content kind, uint32_t slot, uint32_t n);

/* Slot of what a ruling on origin is about: the content of its release as the log told it when the ruling was made, since
 * nobody can judge what a manifest says that comes later. JK_NONE: nothing of that kind. */
uint32_t jk_ruled_content(const struct jk_book *book, const struct jk_ruling *ruling, enum jk_content kind);
/* Whether a ruling on origin covers a content at n: it is about it, and some un-yanked release of its model has it. */
bool jk_ruling_speaks_of(const struct jk_book *book, const struct jk_ruling *ruling, enum jk_content kind,
                         uint32_t slot, uint32_t n);

/* Slot of a release's content of a kind at n; JK_NONE for none. */
uint32_t jk_content_of(const struct jk_book *book, uint32_t release, enum jk_content kind, uint32_t n);
/* The releases that have a content, whosever they are, in no order, and some perhaps twice: begin, then next until
 * JK_NONE. */
struct jk_content_walk {
    enum jk_content kind;
    uint32_t slot;
    uint32_t release;  /* to be looked at next */
    uint32_t manifest; /* of a set of weight files: the one after, */
    uint32_t listed;   /* and then the observation that lists it */
};
struct jk_content_walk jk_content_walk_begin(const struct jk_book *book, enum jk_content kind, uint32_t slot);
uint32_t jk_content_walk_next(const struct jk_book *book, struct jk_content_walk *walk, uint32_t n);
/* The first kind of content that one model's standing release has at n, and the other's standing release or any that is
 * not yanked; and its slot. False: none. */
bool jk_shared_content(const struct jk_book *book, uint32_t model, uint32_t other, uint32_t n,
                       enum jk_content *out_kind, uint32_t *out_slot);
/* Whether any un-yanked release of the model, or its standing one, has what the other's standing one has, so that the
 * model may dispute its origin. */
bool jk_has_content_of(const struct jk_book *book, uint32_t model, uint32_t other, uint32_t n);

/* How old a claim is: the entry since which it has existed (JK_NONE: there is none), and the one with which the release
 * that had it then became the deciding one, which orders claims established by one `held` entry. */
struct jk_age {
    uint32_t since, decided;
};
static inline bool jk_age_before(struct jk_age age, struct jk_age other)
{
    return age.since != other.since ? age.since < other.since : age.decided < other.decided;
}
/* The age of the model's claim to a content that its standing release has at n: since when its deciding release has had
 * it without interruption, and, for a set of weight files, this has been known. If all its releases are yanked, the
 * entry that yanked the last. */
struct jk_age jk_claim_age(const struct jk_book *book, uint32_t model, enum jk_content kind, uint32_t slot, uint32_t n);
/* The same as an entry; for what only other releases have, the one with which the newest of them got it. */
uint32_t jk_content_since(const struct jk_book *book, uint32_t model, enum jk_content kind, uint32_t slot, uint32_t n);
/* The entry since which a release has had its set of weight files, which it has at n: of its manifest, or of a listing.
 */
uint32_t jk_files_known_since(const struct jk_book *book, uint32_t release, uint32_t n);

#endif
