/* Which manifests the registry stores, in the order in which the log says so: for whoever reads each of them once. Pure;
 * sizes and threads as in book.h. Source: registry/formats/count.md, Held artifacts at N. */
#ifndef JK_BOOK_HOLDINGS_H
#define JK_BOOK_HOLDINGS_H

#include "book/book.h"

/* An entry `held`. A manifest that was withdrawn and brought again has several. */
struct jk_holding {
    uint32_t from;    /* entry */
    uint32_t release; /* slot of the first release that names the artifact */
};
/* Slots 0 … count-1, those of manifests withdrawn since included. */
uint32_t jk_book_holdings(const struct jk_book *book, uint32_t n);
const struct jk_holding *jk_book_holding(const struct jk_book *book, uint32_t slot);
/* Whether the release's manifest is stored, and states the weights that the release states. */
bool jk_book_release_is_held(const struct jk_book *book, uint32_t release, uint32_t n);

#endif
