/* The state at a cut-off, as a separate book folded from the entries in PostgreSQL, which must match the tree. Thread:
 * a reader's, without a view. */
#ifndef JK_CLOSING_CUT_H
#define JK_CLOSING_CUT_H

#include "closing/compute.h"

/* Folds the entries before plan->n, and those from there to plan->m that count up to m. UNAVAILABLE if the database is
 * behind, DATA_LOSS if its entries are not the log's. */
JK_MUST_USE enum jk_status jk_cut_fold(struct jk_store *store, struct jk_reader *reader,
                                       const struct jk_close_plan *plan, int64_t deadline_ms, struct jk_book **out_book,
                                       struct jk_error *error);

#endif
