/* Rows in chunks and bytes in blocks: see chunks.h. */
#include "book/chunks.h"

#include <stdlib.h>

void jk_chunks_init(struct jk_chunks *rows, size_t row_size)
{
    memset(rows, 0, sizeof *rows);
    rows->row_size = (uint32_t)row_size;
}

static void free_all(unsigned char **parts, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        free(parts[i]);
    free(parts);
}

void jk_chunks_done(struct jk_chunks *rows)
{
    free_all(rows->chunks, rows->chunk_count);
    memset(rows, 0, sizeof *rows);
}

/* One more part of `size` bytes at the end of the table. */
static bool add_part(unsigned char ***parts, uint32_t *count, uint32_t *room, size_t size)
{
    if (*count == *room) {
        uint32_t more = *room ? *room * 2 : 8;
        unsigned char **grown = realloc(*parts, more * sizeof *grown);
        if (!grown) return false;
        *parts = grown;
        *room = more;
    }
    unsigned char *part = malloc(size);
    if (!part) return false;
    (*parts)[(*count)++] = part;
    return true;
}

void *jk_chunks_append(struct jk_chunks *rows, struct jk_journal *journal)
{
    uint32_t slot = rows->count;
    if (slot >= UINT32_MAX - 1) return NULL;
    if ((slot >> JK_CHUNK_SHIFT) >= rows->chunk_count &&
        !add_part(&rows->chunks, &rows->chunk_count, &rows->chunk_room, (size_t)rows->row_size * JK_CHUNK_ROWS))
        return NULL;
    void *row = jk_chunks_at(rows, slot);
    memset(row, 0, rows->row_size);
    jk_journal_set(journal, &rows->count, slot + 1);
    return row;
}

void jk_bytes_done(struct jk_bytes *bytes)
{
    free_all(bytes->blocks, bytes->block_count);
    memset(bytes, 0, sizeof *bytes);
}

void *jk_bytes_take(struct jk_bytes *bytes, struct jk_journal *journal, size_t size)
{
    if (size > JK_BYTES_BLOCK) return NULL;
    uint32_t start = (bytes->used + 7u) & ~7u;
    if (bytes->current == 0 || start + size > JK_BYTES_BLOCK) {
        if (bytes->current == bytes->block_count &&
            !add_part(&bytes->blocks, &bytes->block_count, &bytes->block_room, JK_BYTES_BLOCK))
            return NULL;
        jk_journal_set(journal, &bytes->current, bytes->current + 1);
        start = 0;
    }
    jk_journal_set(journal, &bytes->used, start + (uint32_t)size);
    return bytes->blocks[bytes->current - 1] + start;
}

struct jk_span jk_bytes_copy(struct jk_bytes *bytes, struct jk_journal *journal, struct jk_span text)
{
    if (text.len == 0) return (struct jk_span){"", 0};
    char *copy = jk_bytes_take(bytes, journal, text.len);
    if (!copy) return (struct jk_span){NULL, 0};
    memcpy(copy, text.at, text.len);
    return (struct jk_span){copy, text.len};
}
