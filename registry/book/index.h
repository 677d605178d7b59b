/* A chained hash index over the rows of a struct jk_chunks: bucket heads here, the rest of each chain in a struct
 * jk_link inside the rows, newest first. Adding is thus one journalled write, and so is undoing it. Pure. It grows only
 * in jk_index_grow, which the owner calls while no journal is active. */
#ifndef JK_BOOK_INDEX_H
#define JK_BOOK_INDEX_H

#include "base/digest.h"
#include "book/chunks.h"

struct jk_link {
    uint32_t hash;
    uint32_t next; /* slot, UINT32_MAX at the end */
};

struct jk_index {
    uint32_t *buckets;
    uint32_t size;  /* a power of two */
    size_t link_at; /* of the struct jk_link within a row */
};

bool jk_index_init(struct jk_index *index, size_t link_at); /* false when out of memory */
void jk_index_done(struct jk_index *index);
/* `link` is in the row at `slot`, which is new. */
void jk_index_add(struct jk_index *index, struct jk_journal *journal, struct jk_link *link, uint32_t slot,
                  uint32_t hash);
/* Ensures at least two buckets a row, so that most chains are one row long, for at least that many rows; false when out
 * of memory (the index still works). */
bool jk_index_grow(struct jk_index *index, const struct jk_chunks *rows, uint32_t least_rows);
static inline bool jk_index_is_full(const struct jk_index *index, const struct jk_chunks *rows)
{
    return rows->count > index->size / 2 && index->size < 1u << 31;
}

static inline uint32_t *jk_index_head(const struct jk_index *index, uint32_t hash)
{
    return &index->buckets[hash & (index->size - 1)];
}

static inline uint32_t jk_index_first(const struct jk_index *index, uint32_t hash)
{
    return *jk_index_head(index, hash);
}

#define JK_PART_SEED 1 /* for jk_hash_fold: hashes parts of models' names differently from whole names */

/* Hashes: of text as it is, of text ignoring ASCII case, of a number, of a digest. */
uint32_t jk_hash_text(struct jk_span text);
uint32_t jk_hash_fold(struct jk_span text, uint64_t seed);
uint32_t jk_hash_u64(uint64_t value);
uint32_t jk_hash_digest(const struct jk_digest *digest);

#endif
