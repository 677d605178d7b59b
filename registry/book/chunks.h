/* Storage whose contents never move: rows in chunks, addressed by a dense slot, and bytes in blocks. Pure.
 * Owned by a book; one writer at a time. Taking back is lowering a count: memory stays for the next row.
 * Limits: 2^32 - 2 rows; one piece of bytes is at most JK_BYTES_BLOCK. */
#ifndef JK_BOOK_CHUNKS_H
#define JK_BOOK_CHUNKS_H

#include "base/span.h"
#include "book/journal.h"

#define JK_CHUNK_SHIFT 10
#define JK_CHUNK_ROWS  (1u << JK_CHUNK_SHIFT)
#define JK_BYTES_BLOCK 65536u

struct jk_chunks {
    unsigned char **chunks;
    uint32_t chunk_count, chunk_room;
    uint32_t count; /* rows in use */
    uint32_t row_size;
};

void jk_chunks_init(struct jk_chunks *rows, size_t row_size);
void jk_chunks_done(struct jk_chunks *rows);
/* A cleared row at slot `count`, which rises by one through the journal. NULL when out of memory. */
void *jk_chunks_append(struct jk_chunks *rows, struct jk_journal *journal);

static inline void *jk_chunks_at(const struct jk_chunks *rows, uint32_t slot)
{
    return rows->chunks[slot >> JK_CHUNK_SHIFT] + (size_t)(slot & (JK_CHUNK_ROWS - 1)) * rows->row_size;
}

struct jk_bytes {
    unsigned char **blocks;
    uint32_t block_count, block_room;
    uint32_t current; /* blocks in use; the newest is current - 1 */
    uint32_t used;    /* bytes in use of the newest */
};

void jk_bytes_done(struct jk_bytes *bytes); /* accepts a zeroed struct */
/* 8-byte aligned, not cleared. NULL when out of memory or past JK_BYTES_BLOCK. */
void *jk_bytes_take(struct jk_bytes *bytes, struct jk_journal *journal, size_t size);
/* A copy of the span; `at` is NULL when that failed and the text was not empty. */
struct jk_span jk_bytes_copy(struct jk_bytes *bytes, struct jk_journal *journal, struct jk_span text);

#endif
