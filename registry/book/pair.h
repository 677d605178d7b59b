/* Reasons of a pair of derivative and root by itself that do not follow from its spell's flags. Pure; any thread that may
 * read the book. Rules: registry/formats/policy.md. */
#ifndef JK_BOOK_PAIR_H
#define JK_BOOK_PAIR_H

#include "book/book.h"
#include "domain/policy.h"

/* Whether a licence, by its slot, permits what the policy demands, as its rule set takes what is known at n. */
bool jk_pair_is_permitted(const struct jk_book *book, const struct jk_policy *policy, uint32_t license, uint32_t n);
/* Rule set 2: `self` and `affiliate` of a model and a team, by every publisher that the model has been under up to n. */
jk_reasons jk_pair_kin(const struct jk_book *book, uint32_t model, uint32_t team, uint32_t n);

#endif
