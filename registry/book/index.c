/* Chained hash index: see index.h. */
#include "book/index.h"

#include <stdlib.h>

#define FIRST_SIZE 64u
#define FNV_START  0xcbf29ce484222325u
#define FNV_PRIME  0x100000001b3u

bool jk_index_init(struct jk_index *index, size_t link_at)
{
    index->link_at = link_at;
    index->size = FIRST_SIZE;
    index->buckets = malloc(FIRST_SIZE * sizeof *index->buckets);
    if (!index->buckets) return false;
    memset(index->buckets, 0xff, FIRST_SIZE * sizeof *index->buckets);
    return true;
}

void jk_index_done(struct jk_index *index)
{
    free(index->buckets);
    index->buckets = NULL;
}

void jk_index_add(struct jk_index *index, struct jk_journal *journal, struct jk_link *link, uint32_t slot,
                  uint32_t hash)
{
    uint32_t *head = &index->buckets[hash & (index->size - 1)];
    *link = (struct jk_link){.hash = hash, .next = *head};
    jk_journal_set(journal, head, slot);
}

bool jk_index_grow(struct jk_index *index, const struct jk_chunks *rows)
{
    if (rows->count <= index->size || index->size >= 1u << 31) return true;
    uint32_t size = index->size;
    while (size < rows->count && size < 1u << 31)
        size *= 2;
    if (size < 1u << 31) size *= 2;
    uint32_t *buckets = malloc(size * sizeof *buckets);
    if (!buckets) return false;
    memset(buckets, 0xff, size * sizeof *buckets);
    for (uint32_t slot = 0; slot < rows->count; slot++) { /* ascending, so that chains stay newest first */
        struct jk_link *link = (void *)((unsigned char *)jk_chunks_at(rows, slot) + index->link_at);
        uint32_t *head = &buckets[link->hash & (size - 1)];
        link->next = *head;
        *head = slot;
    }
    free(index->buckets);
    index->buckets = buckets;
    index->size = size;
    return true;
}

uint32_t jk_hash_u64(uint64_t value)
{
    value ^= value >> 32;
    value *= 0x9e3779b97f4a7c15u;
    return (uint32_t)(value >> 32);
}

uint32_t jk_hash_text(struct jk_span text)
{
    uint64_t hash = FNV_START;
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * FNV_PRIME;
    return jk_hash_u64(hash);
}

uint32_t jk_hash_fold(struct jk_span text, uint64_t seed)
{
    uint64_t hash = FNV_START ^ (seed * 0x9e3779b97f4a7c15u);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c >= 'A' && c <= 'Z') c |= 0x20;
        hash = (hash ^ c) * FNV_PRIME;
    }
    return jk_hash_u64(hash);
}

uint32_t jk_hash_digest(const struct jk_digest *digest)
{
    uint32_t hash;
    memcpy(&hash, digest->bytes, sizeof hash);
    return hash;
}
