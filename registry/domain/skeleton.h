/* What a name looks like: names that look alike have equal skeletons. Pure.
 *
 * Letters are lower-cased; "0" becomes "o", "1" and "i" become "l", "5" becomes "s"; "m" becomes "rn" and "w" becomes
 * "vv", so that each pair is equal however it was written; anything but letters and digits is dropped. A name has two
 * skeletons: one of the whole name, and one of its trunk, from which the affixes "-ai", "-research", "-official",
 * "-labs" and "-hq" are cut at separators ("-", "_", ".", and the spaces of a company's name), never within a word, as
 * long as something is left: "upstage-ai" and "upstage.ai" look like "upstage", but "ai21labs" only like itself. */
#ifndef JK_DOMAIN_SKELETON_H
#define JK_DOMAIN_SKELETON_H

#include "domain/ident.h"

#define JK_SKELETON_MAX (2 * JK_LABEL_MAX) /* "m" and "w" count twice */

struct jk_skeletons {
    char whole[JK_SKELETON_MAX], trunk[JK_SKELETON_MAX];
    size_t whole_len, trunk_len; /* 0: none */
};

/* A text without ASCII letters and digits, with non-ASCII characters, or longer than JK_LABEL_MAX has no skeleton: it
 * looks like no publisher's name. */
void jk_skeletons_make(struct jk_span name, struct jk_skeletons *out_skeletons);
/* Whether they are equal as a whole, or in their trunks. */
bool jk_skeletons_alike(const struct jk_skeletons *a, const struct jk_skeletons *b);

#endif
