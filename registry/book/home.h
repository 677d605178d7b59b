/* Whose a repository of a hub is by its organisation there, "organisation/name" on a host. Pure; the same rules for sizes
 * as in book.h. */
#ifndef JK_BOOK_HOME_H
#define JK_BOOK_HOME_H

#include "book/book_ask.h"

/* What was said last of that organisation; NULL if nothing was before n. */
const struct jk_namespace *jk_book_namespace_on(const struct jk_book *book, struct jk_span hub, struct jk_span id,
                                                uint32_t n);
/* Whether what the hub says there may be written for the publisher: nobody has claimed it, or it holds the organisation. */
bool jk_book_may_speak_for(const struct jk_book *book, uint32_t publisher, struct jk_span hub, struct jk_span id,
                           uint32_t n);

#endif
