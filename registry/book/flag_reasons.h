/* The reasons that follow from a spell's flags alone, under a policy: a table, made once for a standing and looked up for
 * each pair. Pure. Rules: registry/formats/policy.md. */
#ifndef JK_BOOK_FLAG_REASONS_H
#define JK_BOOK_FLAG_REASONS_H

#include "book/book.h"
#include "domain/policy.h"

#define JK_FLAG_BYTES 3 /* of a spell's flags */

struct jk_flag_reasons {
    jk_reasons of[JK_FLAG_BYTES][256]; /* by byte, and what it holds */
};

/* declared: adoptions are left out. */
void jk_flag_reasons_fill(struct jk_flag_reasons *table, const struct jk_policy *policy, bool declared);
static inline jk_reasons jk_flag_reasons_of(const struct jk_flag_reasons *table, uint32_t flags)
{
    return table->of[0][flags & 255] | table->of[1][flags >> 8 & 255] | table->of[2][flags >> 16 & 255];
}

#endif
