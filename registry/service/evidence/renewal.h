/* Evidence that somebody asked for anew, and that waits. */
#ifndef JK_SERVICE_EVIDENCE_RENEWAL_H
#define JK_SERVICE_EVIDENCE_RENEWAL_H

#include "auth/directory.h"
#include "book/book.h"

/* The log size that new evidence of this release has to be computed at, at the least; 0: none waits. While its manifest is
 * not held none does: if it is brought again, evidence is due without a wish. */
uint32_t jk_renewal_waits(const struct jk_book *book, struct jk_directory *directory, uint32_t release, uint32_t n);

#endif
