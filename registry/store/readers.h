/* What readers.c and blob.c share: running a reader's queries under its deadline. Thread: the reader's. */
#ifndef JK_STORE_READERS_H
#define JK_STORE_READERS_H

#include "store/state.h"

/* queries[0] becomes the one that sets the statement timeout; the caller's begin at queries[1]. */
void jk_reader_queries(struct jk_query *queries);
/* Connects if necessary, and runs them all as one transaction. */
JK_MUST_USE enum jk_status jk_reader_run(struct jk_reader *reader, struct jk_query *queries, size_t count,
                                         struct jk_error *error);
bool jk_reader_copy(struct jk_arena *arena, struct jk_span bytes, struct jk_span *out_copy);

#endif
