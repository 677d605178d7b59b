/* Everything that a book's accessors say at a size, as one digest: two books with equal fingerprints answer alike.
 * `newest` adds what is not asked at a size (a team's newest names, writes a day); leave it off to compare the past. */
#ifndef JK_TESTS_FINGERPRINT_H
#define JK_TESTS_FINGERPRINT_H

#include "book/book.h"

struct jk_digest jk_fingerprint(const struct jk_book *book, uint32_t n, bool newest);

#endif
