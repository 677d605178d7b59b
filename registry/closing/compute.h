/* Computes a revision of a closed stage's report: from the book in memory if both sizes are equal, otherwise with a
 * second book that is folded from the entries in PostgreSQL. The result does not depend on when or by whom it is
 * requested.
 *
 * Thread: a reader's, without a view; the store's lock is released between parts, to let writers in. Memory: about 250
 * bytes a derivative while computing, 700 more for the second book; then the texts. */
#ifndef JK_CLOSING_COMPUTE_H
#define JK_CLOSING_COMPUTE_H

#include <stdatomic.h>

#include "report/texts.h"
#include "store/store.h"

#define JK_STAGE_ID 64 /* bytes, with the NUL */

/* What to compute. Sizes are committed ones. */
struct jk_close_plan {
    uint32_t stage; /* slot */
    uint32_t revision, n, m;
};

struct jk_computed { /* read-only once made */
    atomic_uint holders;
    struct jk_close_plan plan;
    char stage[JK_STAGE_ID];
    struct jk_digest policy;
    struct jk_report_texts texts;
    struct jk_text certificate; /* what is to be signed */
};

/* `deadline_ms` is on jk_monotonic_ms()'s scale. */
JK_MUST_USE enum jk_status jk_compute(struct jk_store *store, struct jk_reader *reader,
                                      const struct jk_close_plan *plan, int64_t deadline_ms,
                                      struct jk_computed **out_computed, struct jk_error *error);
void jk_computed_release(struct jk_computed *computed); /* accepts NULL */

#endif
