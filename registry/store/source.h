/* Where the public folder's files come from: hashes from the forest, entries from the database. Threads: any; a
 * connection is its owner's. */
#ifndef JK_STORE_SOURCE_H
#define JK_STORE_SOURCE_H

#include "store/state.h"

/* The hashes of the subtrees (level, first) to (level, first + count - 1), all of which the log holds: under the read
 * lock. */
void jk_source_hashes(struct jk_store *store, unsigned level, uint64_t first, unsigned count,
                      struct jk_digest *out_hashes);
/* Adds `count` entries from `first` on to the bundle; connects where need be. UNAVAILABLE (ENTRIES_MISSING) where the
 * database gives fewer: what was added stays, and *out_added says how much. */
JK_MUST_USE enum jk_status jk_source_entries(struct jk_conn *conn, uint64_t first, unsigned count, int connect_ms,
                                             struct jk_text *bundle, unsigned *out_added, struct jk_error *error);

#endif
