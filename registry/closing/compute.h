/* A revision of a closed stage's report, computed by the server: from the book in memory where both sizes are one, else
 * with a second book that is folded from the entries in PostgreSQL. Nothing here depends on when, or by whom, it is
 * asked for.
 *
 * Thread: a reader's, without a view; the store's lock is let go between the parts, so that writers pass.
 * Memory: about 250 bytes a derivative while it is computed, 700 more for the second book; then the texts. */
#ifndef JK_CLOSING_COMPUTE_H
#define JK_CLOSING_COMPUTE_H

#include <stdatomic.h>

#include "report/texts.h"
#include "store/store.h"

#define JK_STAGE_ID 64 /* bytes, with the NUL */

/* What is to be computed. Sizes are committed ones. */
struct jk_close_plan {
    uint32_t stage; /* slot */
    uint32_t revision, n, m;
};

struct jk_computed { /* read-only once it is made */
    atomic_uint holders;
    struct jk_close_plan plan;
    char stage[JK_STAGE_ID];
    struct jk_digest policy;
    struct jk_report_texts texts;
    struct jk_text certificate; /* what is to be signed */
};

/* `deadline_ms` by jk_monotonic_ms. */
JK_MUST_USE enum jk_status jk_compute(struct jk_store *store, struct jk_reader *reader,
                                      const struct jk_close_plan *plan, int64_t deadline_ms,
                                      struct jk_computed **out_computed, struct jk_error *error);
void jk_computed_release(struct jk_computed *computed); /* accepts NULL */

#endif
