/* Late derivatives: those registered by entries from n to m - 1, which a revision of a stage's report shows and never
 * counts. They stand as the fold of all entries before m has them; what counts is another book's, the state of the cut-off
 * (stage.h). Pure. Source: registry/formats/report.md. */
#ifndef JK_BOOK_LATE_H
#define JK_BOOK_LATE_H

#include "book/standing.h"

struct jk_late {
    const struct jk_book *full; /* holds at least m entries */
    uint32_t n, m;              /* equal: nobody is late */
};

/* A scope of the state of the cut-off, in the full book, whose slots may differ: the same base model by its
 * registration, the team of the same id. False where the full book has none. */
bool jk_late_scope(const struct jk_late *late, const struct jk_book *cut, struct jk_scope scope,
                   struct jk_scope *out_scope);
/* Adds the late ones of a scope of the state of the cut-off: they are registered and left out. */
void jk_late_add(const struct jk_late *late, const struct jk_book *cut, struct jk_scope scope,
                 struct jk_policy_total *total);

#endif
