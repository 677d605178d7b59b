/* What the weights of a release show, at a glance: for whoever reads about it, under no policy. Pure; sizes and threads as
 * in book.h. Those who speak are the verifiers in effect, but for one that operates a publisher which the model has been
 * under; toward a root also but for those of its team. Source: registry/formats/policy.md, Verifiers that have a say.
 *
 * Time: that of the release's own attestations and evidence; of a root's grade, a walk of at most JK_GLANCE_RELEASES. */
#ifndef JK_BOOK_GLANCE_H
#define JK_BOOK_GLANCE_H

#include "book/vouching.h"

#define JK_GLANCE_RELEASES 64 /* looked at for a root's grade */

struct jk_glance {
    struct jk_vouching vouching; /* holds nothing that has to be freed */
    struct jk_vouched_pair pair; /* without a root */
    uint32_t screening;          /* newest evidence from public sketches; slot, JK_NONE: none */
    uint32_t attested;           /* see jk_deciding_evidence; slot, JK_NONE: none */
};

/* False: nothing was said of the release's weights by size n. The book must outlive it. */
bool jk_glance_take(struct jk_glance *glance, const struct jk_book *book, uint32_t release, uint32_t n);
/* The grade toward a parent, by its place: by public sketches, or as attested, the lower median of those that speak.
 * False: not compared, or unproven. */
bool jk_glance_screened(const struct jk_glance *glance, uint32_t parent, enum jk_grade *out_grade);
bool jk_glance_attested(const struct jk_glance *glance, uint32_t parent, enum jk_grade *out_grade);
/* The weakest toward any parent, and whether it is as attested. Toward a parent of which challenges say nothing (unproven,
 * or none), public sketches are taken: who attests without a parent's weights hides nothing. False: it has none. */
bool jk_glance_weakest(const struct jk_glance *glance, enum jk_grade *out_grade, bool *out_attested);

/* The grade toward a root of a derivative, as jk_root_grade has it if no policy leaves adoptions out. False: the path that
 * decides is unproven, none leads there, or there are too many releases above. */
bool jk_glance_root(const struct jk_book *book, const struct jk_vouched_pair *pair, uint32_t n,
                    enum jk_grade *out_grade);

#endif
