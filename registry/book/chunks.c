/* Rows in chunks, bytes in blocks, and the pool that both are cut from: see chunks.h. */
#include "book/chunks.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/pages.h"

/* ---- the pool ---- */

#define LINE          64u                  /* parts begin at one, so that small rows do not straddle two */
#define FIRST_REGION  ((size_t)256 << 10)  /* a small book takes little */
#define REGION_SHARE  8                    /* a region is at most this fraction of what there is already, or a page */
#define LARGEST_SHARE (16 * JK_PAGE_LARGE) /* and at most this */

static bool add_address(struct jk_parts *parts, unsigned char *part)
{
    if (!JK_ARRAY_GROW(parts->at, parts->count, parts->room)) return false;
    parts->at[parts->count++] = part;
    return true;
}

static void parts_done(struct jk_parts *parts)
{
    free(parts->at);
    memset(parts, 0, sizeof *parts);
}

void jk_pool_done(struct jk_pool *pool)
{
    for (uint32_t i = 0; i < pool->regions.count; i++)
        free(pool->regions.at[i]);
    parts_done(&pool->regions);
    memset(pool, 0, sizeof *pool);
}

static bool add_region(struct jk_pool *pool, size_t need)
{
    /* Whole large pages, once the book fills some. */
    size_t size = pool->taken / REGION_SHARE & ~(JK_PAGE_LARGE - 1);
    if (size > LARGEST_SHARE) size = LARGEST_SHARE;
    if (size == 0) size = pool->taken < JK_PAGE_LARGE ? FIRST_REGION : JK_PAGE_LARGE;
    if (size < need) size = need;
    unsigned char *region = jk_pages_alloc(size);
    if (!region) return false;
    if (!add_address(&pool->regions, region)) {
        free(region);
        return false;
    }
    pool->next = region;
    pool->left = size;
    pool->taken += size;
    return true;
}

/* Cuts a part of `size` bytes and appends its address to the list. What remains of a region that is too small for it is
 * wasted. */
static bool cut_part(struct jk_pool *pool, struct jk_parts *parts, size_t size)
{
    size = (size + LINE - 1) & ~(size_t)(LINE - 1);
    if (pool->left < size && !add_region(pool, size)) return false;
    if (!add_address(parts, pool->next)) return false;
    pool->next += size;
    pool->left -= size;
    return true;
}

/* ---- rows ---- */

void jk_chunks_init(struct jk_chunks *rows, struct jk_pool *pool, size_t row_size)
{
    memset(rows, 0, sizeof *rows);
    rows->pool = pool;
    rows->row_size = (uint32_t)row_size;
}

void jk_chunks_done(struct jk_chunks *rows)
{
    parts_done(&rows->chunks);
    rows->count = 0;
}

void *jk_chunks_append(struct jk_chunks *rows, struct jk_journal *journal)
{
    uint32_t slot = rows->count;
    if (slot >= UINT32_MAX - 1) return NULL;
    if ((slot >> JK_CHUNK_SHIFT) >= rows->chunks.count &&
        !cut_part(rows->pool, &rows->chunks, (size_t)rows->row_size * JK_CHUNK_ROWS))
        return NULL;
    unsigned char *row = jk_chunks_at(rows, slot);
    for (uint32_t at = 0; at < rows->row_size; at += LINE) /* the next row; perhaps beyond the chunk's end */
        __builtin_prefetch((const void *)((uintptr_t)row + 4 * rows->row_size + at), 1);
    memset(row, 0, rows->row_size);
    jk_journal_set(journal, &rows->count, slot + 1);
    return row;
}

/* ---- bytes ---- */

void jk_bytes_init(struct jk_bytes *bytes, struct jk_pool *pool)
{
    memset(bytes, 0, sizeof *bytes);
    bytes->pool = pool;
}

void jk_bytes_done(struct jk_bytes *bytes)
{
    parts_done(&bytes->blocks);
    bytes->current = bytes->used = 0;
}

void *jk_bytes_take(struct jk_bytes *bytes, struct jk_journal *journal, size_t size)
{
    if (size > JK_BYTES_BLOCK) return NULL;
    uint32_t start = (bytes->used + 7u) & ~7u;
    if (bytes->current == 0 || start + size > JK_BYTES_BLOCK) {
        if (bytes->current == bytes->blocks.count && !cut_part(bytes->pool, &bytes->blocks, JK_BYTES_BLOCK))
            return NULL;
        jk_journal_set(journal, &bytes->current, bytes->current + 1);
        start = 0;
    }
    jk_journal_set(journal, &bytes->used, start + (uint32_t)size);
    return bytes->blocks.at[bytes->current - 1] + start;
}

struct jk_span jk_bytes_copy(struct jk_bytes *bytes, struct jk_journal *journal, struct jk_span text)
{
    if (text.len == 0) return (struct jk_span){"", 0};
    char *copy = jk_bytes_take(bytes, journal, text.len);
    if (!copy) return (struct jk_span){NULL, 0};
    memcpy(copy, text.at, text.len);
    return (struct jk_span){copy, text.len};
}
