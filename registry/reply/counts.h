/* Counts as messages of the interface, from a book. The server answers with them, and the auditor prints its own count
 * with the same code, so that the two are identical to the byte. Pure; reads the book, allocates in the arena. The
 * caller has checked the groupings (each known, none twice) and that `size` is at most the book's. */
#ifndef JK_REPLY_COUNTS_H
#define JK_REPLY_COUNTS_H

#include <jokbo/v1/evaluation.pb-c.h>

#include "book/late.h"
#include "book/standing.h"
#include "reply/message.h"

/* What a count under a policy is made from. */
struct jk_counts_rule {
    const struct jk_policy *policy;
    const struct jk_digest *digest;
    const struct jk_policy_total *total; /* of the scope wished for, at the size; NULL with jk_counts_all */
    const struct jk_standing *standing;  /* at the size; NULL where neither all nor an unbounded split is wished for */
    const struct jk_late *late;          /* with jk_counts_all: those that came too late; NULL: nobody did */
};

struct jk_counts {
    const struct jk_book *book;
    const struct jk_cube *cube; /* NULL, or of another size: every total is a walk over the book */
    uint32_t size;              /* log size to count at */
    struct jk_arena *arena;
    const struct jk_counts_rule *rule; /* NULL: the plain count */
};

/* Licence and publisher, of which there are as many groups as such names, and the hub's month: the book is walked for
 * them, and they come as pages. */
bool jk_counts_walks(Jokbo__V1__Grouping grouping);

struct jk_counts_wish {
    struct jk_scope scope;
    const Jokbo__V1__Grouping *group_by;
    size_t group_count;
    uint64_t first;     /* of walked groups */
    uint32_t page_size; /* of walked groups, each */
};
/* One count with its splits. *out_next is the cursor of the page that comes next where one walked split alone was
 * asked for, 0 on its last page and otherwise. RESOURCE_EXHAUSTED when memory is out. */
JK_MUST_USE enum jk_status jk_counts_one(const struct jk_counts *counts, const struct jk_counts_wish *wish,
                                         Jokbo__V1__DerivativeCount **out_count, uint64_t *out_next,
                                         struct jk_error *error);
/* A reason of the rules as the interface names it; JK_REASON_COUNT is unspecified. */
Jokbo__V1__Reason jk_counts_reason(enum jk_reason reason);
/* Every base model on the roster, every team, and all. */
JK_MUST_USE enum jk_status jk_counts_all(const struct jk_counts *counts, Jokbo__V1__ListCountsResponse *out_reply,
                                         struct jk_error *error);

#endif
