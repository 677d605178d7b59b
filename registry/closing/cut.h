/* The state of a cut-off as a book of its own, folded from the entries in PostgreSQL, which must be those of the tree.
 * Thread: a reader's, without a view. */
#ifndef JK_CLOSING_CUT_H
#define JK_CLOSING_CUT_H

#include "closing/compute.h"

/* Entries before plan->n, and of those from there to plan->m what counts up to m. UNAVAILABLE where the database that
 * was asked is behind, DATA_LOSS where its entries are not the log's. */
JK_MUST_USE enum jk_status jk_cut_fold(struct jk_store *store, struct jk_reader *reader,
                                       const struct jk_close_plan *plan, int64_t deadline_ms, struct jk_book **out_book,
                                       struct jk_error *error);

#endif
