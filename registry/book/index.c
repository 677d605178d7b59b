/* Chained hash index: see index.h. */
#include "book/index.h"

#include <stdlib.h>

#include "base/pages.h"

#define FIRST_SIZE 64u
#define SPREAD     0x9e3779b97f4a7c15u /* 2^64 by the golden ratio: odd, its bits well mixed */
#define EACH_BYTE  0x0101010101010101u

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
    uint32_t *head = jk_index_head(index, hash);
    *link = (struct jk_link){.hash = hash, .next = *head};
    jk_journal_set(journal, head, slot);
}

static struct jk_link *link_at(const struct jk_index *index, const struct jk_chunks *rows, uint32_t slot)
{
    return (void *)((unsigned char *)jk_chunks_at(rows, slot) + index->link_at);
}

bool jk_index_grow(struct jk_index *index, const struct jk_chunks *rows, uint32_t least_rows)
{
    uint32_t size = index->size, wanted = rows->count > least_rows ? rows->count : least_rows;
    while (wanted > size / 2 && size < 1u << 31)
        size *= 2;
    if (size == index->size) return true;
    uint32_t *buckets = jk_pages_alloc(size * sizeof *buckets);
    if (!buckets) return false;
    memset(buckets, 0xff, size * sizeof *buckets);
    free(index->buckets);
    index->buckets = buckets;
    index->size = size;
    /* Ascending, so that chains stay newest first; the bucket is prefetched a few rows ahead. */
    for (uint32_t slot = 0; slot < rows->count; slot++) {
        uint32_t ahead = slot + 16 < rows->count ? slot + 16 : slot;
        __builtin_prefetch(jk_index_head(index, link_at(index, rows, ahead)->hash), 1);
        struct jk_link *link = link_at(index, rows, slot);
        uint32_t *head = jk_index_head(index, link->hash);
        link->next = *head;
        *head = slot;
    }
    return true;
}

/* ---- hashes: in memory only, so the machine's byte order does not matter ---- */

uint32_t jk_hash_u64(uint64_t value)
{
    value ^= value >> 32;
    value *= SPREAD;
    return (uint32_t)(value >> 32);
}

/* Both halves of the product: each bit of the word affects all bits of the result. */
static uint64_t mix(uint64_t state, uint64_t word)
{
    unsigned __int128 product = (unsigned __int128)(state ^ word) * SPREAD;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* 1 to 7 bytes as a word; it distinguishes only texts of the same length. */
static uint64_t last_word(const char *at, size_t len)
{
    uint32_t low, high;
    if (len < 4)
        return (uint64_t)(unsigned char)at[0] << 16 | (uint64_t)(unsigned char)at[len / 2] << 8 |
               (unsigned char)at[len - 1];
    memcpy(&low, at, sizeof low);
    memcpy(&high, at + len - sizeof high, sizeof high);
    return (uint64_t)high << 32 | low;
}

/* Eight bytes at once: 'A' to 'Z' to lower case, the rest unchanged. */
static uint64_t fold_word(uint64_t word)
{
    uint64_t low = word & (0x7f * EACH_BYTE);
    uint64_t from_a = low + (0x80 - 'A') * EACH_BYTE, past_z = low + (0x7f - 'Z') * EACH_BYTE;
    return word | ((from_a & ~past_z & ~word & (0x80 * EACH_BYTE)) >> 2);
}

static inline uint32_t hash_words(struct jk_span text, uint64_t state, bool fold)
{
    size_t at = 0;
    uint64_t word;
    for (; at + sizeof word <= text.len; at += sizeof word) {
        memcpy(&word, text.at + at, sizeof word);
        state = mix(state, fold ? fold_word(word) : word);
    }
    if (at < text.len) {
        word = last_word(text.at + at, text.len - at);
        state = mix(state, fold ? fold_word(word) : word);
    }
    return jk_hash_u64(mix(state, text.len));
}

uint32_t jk_hash_text(struct jk_span text)
{
    return hash_words(text, SPREAD, false);
}

uint32_t jk_hash_fold(struct jk_span text, uint64_t seed)
{
    return hash_words(text, SPREAD * (seed + 1), true);
}

uint32_t jk_hash_digest(const struct jk_digest *digest)
{
    uint32_t hash;
    memcpy(&hash, digest->bytes, sizeof hash);
    return hash;
}
