/* Storage whose contents never move: rows in chunks, addressed by a dense slot, and bytes in blocks. Pure. Owned by a
 * book; one writer at a time. Undoing means lowering a count: the memory stays for the next row. Chunks and blocks are
 * cut from a pool's regions, which are all freed together with the book, so that tables that grow side by side share
 * large pages. Limits: 2^32 - 2 rows; one piece of bytes is at most JK_BYTES_BLOCK. */
#ifndef JK_BOOK_CHUNKS_H
#define JK_BOOK_CHUNKS_H

#include "base/span.h"
#include "book/journal.h"

#define JK_CHUNK_SHIFT 10
#define JK_CHUNK_ROWS  (1u << JK_CHUNK_SHIFT)
#define JK_BYTES_BLOCK 65536u

struct jk_parts { /* a growing list of addresses */
    unsigned char **at;
    size_t count, room;
};

struct jk_pool {
    struct jk_parts regions;
    unsigned char *next; /* what is free in the newest region */
    size_t left;
    size_t taken; /* bytes of all regions */
};

void jk_pool_done(struct jk_pool *pool); /* accepts a zeroed struct */

struct jk_chunks {
    struct jk_pool *pool;
    struct jk_parts chunks;
    uint32_t count; /* rows in use */
    uint32_t row_size;
};

void jk_chunks_init(struct jk_chunks *rows, struct jk_pool *pool, size_t row_size);
void jk_chunks_done(struct jk_chunks *rows); /* memory cut from the pool stays the pool's */
/* A cleared row at slot `count`, which the journal increments. NULL when out of memory. */
void *jk_chunks_append(struct jk_chunks *rows, struct jk_journal *journal);

static inline void *jk_chunks_at(const struct jk_chunks *rows, uint32_t slot)
{
    return rows->chunks.at[slot >> JK_CHUNK_SHIFT] + (size_t)(slot & (JK_CHUNK_ROWS - 1)) * rows->row_size;
}

struct jk_bytes {
    struct jk_pool *pool;
    struct jk_parts blocks;
    uint32_t current; /* blocks in use; the newest is current - 1 */
    uint32_t used;    /* bytes in use of the newest */
};

void jk_bytes_init(struct jk_bytes *bytes, struct jk_pool *pool);
void jk_bytes_done(struct jk_bytes *bytes); /* as jk_chunks_done */
/* 8-byte aligned, not cleared. NULL when out of memory or beyond JK_BYTES_BLOCK. */
void *jk_bytes_take(struct jk_bytes *bytes, struct jk_journal *journal, size_t size);
/* A copy of the span; `at` is NULL if that failed and the text was not empty. */
struct jk_span jk_bytes_copy(struct jk_bytes *bytes, struct jk_journal *journal, struct jk_span text);

#endif
