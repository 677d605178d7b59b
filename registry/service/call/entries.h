/* Entries in the chunks in which the interface streams them: one chunk read from PostgreSQL. Thread: a reader's. */
#ifndef JK_SERVICE_CALL_ENTRIES_H
#define JK_SERVICE_CALL_ENTRIES_H

#include <jokbo/v1/log.pb-c.h>

#include "store/store.h"

#define JK_PIECE_ENTRIES 256
#define JK_PIECE_BYTES   (512u << 10)

/* Entries from `start` on, below `end`, at most JK_PIECE_ENTRIES and `most_bytes` (but at least one); all in arena.
 * n_entries 0: the database does not have any of them yet. */
JK_MUST_USE enum jk_status jk_piece_read(struct jk_store *store, struct jk_reader *reader, uint64_t start, uint64_t end,
                                         size_t most_bytes, struct jk_arena *arena,
                                         Jokbo__V1__ReadEntriesResponse *out_piece, struct jk_error *error);
/* The size that readers may see now. */
uint32_t jk_size_now(struct jk_store *store);

#endif
