/* What a name comes down to for the eye: names that look alike have equal skeletons. Pure.
 *
 * Letters in one case; "0" as "o", "1" and "i" as "l", "5" as "s"; "m" as "rn" and "w" as "vv", so that each pair is equal
 * whichever of the two was written; whatever is no letter or digit dropped. A name has two skeletons: of all of it, and of
 * its trunk, from which the affixes "-ai", "-research", "-official", "-labs" and "-hq" are cut at separators ("-", "_", ".",
 * and the spaces of a company's name), never within a word, as long as something is left: "upstage-ai" and "upstage.ai" look
 * like "upstage", and "ai21labs" like nothing but itself. */
#ifndef JK_DOMAIN_SKELETON_H
#define JK_DOMAIN_SKELETON_H

#include "domain/ident.h"

#define JK_SKELETON_MAX (2 * JK_LABEL_MAX) /* "m" and "w" count twice */

struct jk_skeletons {
    char whole[JK_SKELETON_MAX], trunk[JK_SKELETON_MAX];
    size_t whole_len, trunk_len; /* 0: none */
};

/* Of a text without ASCII letters and digits, with others than ASCII characters, or longer than JK_LABEL_MAX there is none:
 * it looks like no publisher's name. */
void jk_skeletons_make(struct jk_span name, struct jk_skeletons *out_skeletons);
/* Equal as a whole, or in their trunks. */
bool jk_skeletons_alike(const struct jk_skeletons *a, const struct jk_skeletons *b);

#endif
