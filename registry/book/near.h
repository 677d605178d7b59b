/* Derivatives whose weights are nearly those of another that goes first. Pure; for standings of rule set 2 whose policy
 * asks. Source: registry/formats/policy.md, Near-duplicate. */
#ifndef JK_BOOK_NEAR_H
#define JK_BOOK_NEAR_H

#include "book/breath.h"
#include "book/book.h"
#include "book/verdict.h"

/* Who is near whom: told for each pair, the one that goes first before the other. */
struct jk_near_told {
    void (*tell)(void *context, const struct jk_verdict *first, uint32_t since, const struct jk_verdict *later);
    void *context;
};

/* Tells the pairs of derivatives of which one is a near-duplicate of the other, all (`model` JK_NONE) or those that one
 * model is of: the rows of each, and the entry since which
 * the first stands. The verdicts have all reasons before `near-duplicate`; it makes no difference whether they have the
 * others. `tell` may change them. RESOURCE_EXHAUSTED, or what a breath says. */
JK_MUST_USE enum jk_status jk_near_find(const struct jk_book *book, const struct jk_policy *policy,
                                        const struct jk_verdicts *verdicts, uint32_t n, uint32_t model,
                                        const struct jk_near_told *told, const struct jk_breath *breath,
                                        struct jk_error *error);

#endif
