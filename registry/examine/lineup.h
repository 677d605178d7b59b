/* With whom a release's weights are compared: its parents, its ancestors, and others, at a log size. Pure; asks the book
 * only. Source: registry/formats/evidence.md, What is compared.
 *
 * Memory: four bytes for each release and model of the book and eight for each external, from the beginning on, and a row
 * for each ancestor. However many there are, the book is held for short times (breath.h). */
#ifndef JK_EXAMINE_LINEUP_H
#define JK_EXAMINE_LINEUP_H

#include "book/book.h"
#include "book/breath.h"
#include "weights/evidence_text.h"

#define JK_ANCESTORS_MAX 64 /* compared beyond the parents */
#define JK_FOUND_MAX     32 /* others that have something equal; and as many that are alike */

struct jk_lineup;

/* Of a release that was registered before n. NULL: out of memory. `breath`, which outlives it, lets writers pass during
 * the calls below; what it refuses with, they return. */
struct jk_lineup *jk_lineup_new(const struct jk_book *book, uint32_t release, uint32_t n,
                                const struct jk_breath *breath);
void jk_lineup_free(struct jk_lineup *lineup); /* accepts NULL */

/* First: parents and further ancestors, all base models and references. */
JK_MUST_USE enum jk_status jk_lineup_begin(struct jk_lineup *lineup, const struct jk_book *book,
                                           struct jk_error *error);
/* Then, in any order: what an index says, artifacts of manifests that have something equal (JK_FOUND_EQUAL) or are alike
 * (JK_FOUND_ALIKE); those that no deciding release names, or only such as are no others, are passed over. */
JK_MUST_USE enum jk_status jk_lineup_find(struct jk_lineup *lineup, const struct jk_book *book, unsigned found,
                                          const struct jk_digest *artifacts, size_t count, struct jk_error *error);
/* Last: everybody who is compared, in the order of the format, which stays the line-up's. `artifact` is zero of a parent
 * whose manifest is not known. */
const struct jk_compared *jk_lineup_end(struct jk_lineup *lineup, size_t *out_count);

#endif
