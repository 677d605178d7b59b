/* Who else has what a release has: the other models that a ruling on its origin would touch, for whoever rules. Pure;
 * any thread that may read the book. */
#ifndef JK_BOOK_OTHERS_H
#define JK_BOOK_OTHERS_H

#include "book/claims.h"

#define JK_OTHERS_MAX   100u   /* models that are named */
#define JK_OTHERS_LOOKS 30000u /* releases that are looked at for one reply, a page of a list included */

struct jk_others {
    uint32_t models[JK_OTHERS_MAX]; /* slots, in order of registration */
    uint32_t count;
    bool more; /* than these */
};

/* Adds the models that have, in any release before n, yanked or not, a content that the release had before `known`; but
 * not the release's own model, nor `but` (JK_NONE: nobody else is left out). Each release that is looked at is taken off
 * *looks_left; when that is used up, it says that there are more models. */
void jk_others_add(struct jk_others *others, const struct jk_book *book, uint32_t release, uint32_t known, uint32_t n,
                   uint32_t but, uint32_t *looks_left);

#endif
