/* Late derivatives: those registered by entries from n to m - 1, which a revision of a stage's report shows but never
 * counts. They appear as in the fold of all entries before m; what counts is in another book, the state at the cut-off
 * (stage.h). Pure. Source: registry/formats/report.md. */
#ifndef JK_BOOK_LATE_H
#define JK_BOOK_LATE_H

#include "book/standing.h"

struct jk_late {
    const struct jk_book *full; /* holds at least m entries */
    uint32_t n, m;              /* equal: nothing is late */
};

/* The scope of the full book that corresponds to one of the cut-off book, whose slots may differ: the same base model
 * by its registration, the team with the same id. False if the full book has none. */
bool jk_late_scope(const struct jk_late *late, const struct jk_book *cut, struct jk_scope scope,
                   struct jk_scope *out_scope);
/* Adds the late ones of a scope of the cut-off book: they are registered and left out. */
void jk_late_add(const struct jk_late *late, const struct jk_book *cut, struct jk_scope scope,
                 struct jk_policy_total *total);

#endif
