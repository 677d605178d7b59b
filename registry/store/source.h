/* Where the public folder's files come from: hashes from the forest, entries from the database. Threads: any; each
 * connection is its owner's. */
#ifndef JK_STORE_SOURCE_H
#define JK_STORE_SOURCE_H

#include "store/state.h"

/* The hashes of the subtrees (level, first) to (level, first + count - 1), which must all be in the log: under the read
 * lock. */
void jk_source_hashes(struct jk_store *store, unsigned level, uint64_t first, unsigned count,
                      struct jk_digest *out_hashes);
/* Adds `count` entries, starting at `first`, to the bundle; connects if necessary. UNAVAILABLE (ENTRIES_MISSING) if the
 * database returns fewer: those added stay, and *out_added says how many. */
JK_MUST_USE enum jk_status jk_source_entries(struct jk_conn *conn, uint64_t first, unsigned count, int connect_ms,
                                             struct jk_text *bundle, unsigned *out_added, struct jk_error *error);

#endif
