/* Whether a derivative has gone from its hub: the hub last said that it is absent, and has been asked long enough since.
 * Pure; for standings of rule set 2 whose policy asks. Source: registry/formats/policy.md.
 *
 * A run over a base model that is old enough, and from which others follow to the present without a gap, is the same for
 * all derivatives of that model, so it is looked for once for each of the last base models asked about. 24 KiB; belongs
 * to whoever makes the standing. */
#ifndef JK_BOOK_GONE_H
#define JK_BOOK_GONE_H

#include "book/book.h"
#include "domain/policy.h"

struct jk_gone_run {
    bool known;
    uint32_t root;
    struct jk_span hub;
    uint32_t entry; /* of the run; JK_NONE: there is none */
};

struct jk_gone {
    const struct jk_book *book;
    uint32_t n, counted_n;
    int64_t now_us, grace_us;
    struct jk_gone_run runs[512]; /* by root, roughly */
};

/* `counted_n`: the size whose newest entry says what time it is; at least 1. */
void jk_gone_init(struct jk_gone *gone, const struct jk_book *book, const struct jk_policy *policy, uint32_t n,
                  uint32_t counted_n);
bool jk_gone_is(struct jk_gone *gone, uint32_t model, uint32_t root);
/* The last of the sizes in (after, until] at which it was gone, by what was known of its hub then, and by the rulings at
 * the end; JK_NONE: at none of them. */
uint32_t jk_gone_last(const struct jk_gone *gone, uint32_t model, uint32_t root, uint32_t after, uint32_t until);

#endif
