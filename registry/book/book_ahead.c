/* Prefetching for bulk apply: while one entry is applied, the memory that the next ones need is loaded into the cache.
 * A registration touches a dozen places all over the book's tables, and waiting for them would take most of its time.
 * These are only hints: they change nothing, and may be out of date when the entry's turn comes. They go in steps,
 * since each place is found through the previous one: the parsed entry, the heads of the chains, the rows at those
 * heads, and from there the publisher, which is rarely that of the entry before. Only the first parent is prefetched:
 * few have more. */
#include "book/book_internal.h"

/* Entries between a step and the entry's turn: enough for memory to arrive, few enough for it to still be there. */
#define AHEAD_PARSED    24
#define AHEAD_HEADS     16
#define AHEAD_ROWS      8
#define AHEAD_PUBLISHER 4

#define LINE 64 /* of the cache */

/* To the compiler a function that only prefetches has no effect, and it drops calls of it; inlining prevents that. */
#define FETCH static inline __attribute__((always_inline)) void

static inline bool is_release(const struct jk_parsed_entry *parsed)
{
    return parsed->entry.kind == JK_KIND_REGISTER || parsed->entry.kind == JK_KIND_RELEASE;
}

FETCH fetch_bytes(const void *from, const void *to)
{
    for (const char *at = from; at < (const char *)to; at += LINE)
        __builtin_prefetch(at);
}

/* Usually written by another thread, and so in another core's cache. */
FETCH fetch_parsed(const struct jk_parsed_entry *parsed)
{
    __builtin_prefetch(&parsed->entry);
    fetch_bytes(&parsed->hash, &parsed->statement.parents[1]);
}

/* The entry itself, which another thread has parsed. */
FETCH fetch_text(struct jk_span text)
{
    __builtin_prefetch(text.at);
    __builtin_prefetch(text.at + text.len);
}

FETCH fetch_head(const struct jk_index *index, uint32_t hash)
{
    __builtin_prefetch(jk_index_head(index, hash));
}

FETCH fetch_heads(const struct jk_book *book, const struct jk_parsed_entry *parsed)
{
    if (!is_release(parsed)) return;
    const struct jk_statement *statement = &parsed->statement;
    fetch_text(statement->model);
    if (statement->parent_count > 0) fetch_text(statement->parents[0].name);
    fetch_head(&book->name_index, parsed->publisher_hash);
    fetch_head(&book->alias_index, parsed->model_hash);
    fetch_head(&book->part_index, parsed->part_hash);
    fetch_head(&book->hash_index, jk_hash_digest(&parsed->hash));
    fetch_head(&book->weights_index, jk_hash_digest(&statement->weights));
    fetch_head(&book->artifact_index, jk_hash_digest(&statement->artifact));
    if (statement->parent_count > 0) fetch_head(&book->hash_index, jk_hash_digest(&statement->parents[0].hash));
}

/* The first row of a chain, found by the link that tells whether it is the right one. */
FETCH fetch_row(const struct jk_index *index, const struct jk_chunks *rows, uint32_t hash)
{
    uint32_t slot = jk_index_first(index, hash);
    if (slot < rows->count) __builtin_prefetch((const char *)jk_chunks_at(rows, slot) + index->link_at);
}

/* The whole row, which may span two cache lines. */
FETCH fetch_name(const struct jk_book *book, uint32_t hash)
{
    uint32_t slot = jk_index_first(&book->name_index, hash);
    if (slot >= book->names.count) return;
    const struct jk_name_row *row = jk_name_row(book, slot);
    __builtin_prefetch(row);
    __builtin_prefetch(&row->by_fold);
}

FETCH fetch_rows(const struct jk_book *book, const struct jk_parsed_entry *parsed)
{
    if (!is_release(parsed)) return;
    const struct jk_statement *statement = &parsed->statement;
    fetch_name(book, parsed->publisher_hash);
    fetch_row(&book->alias_index, &book->aliases, parsed->model_hash);
    fetch_row(&book->weights_index, &book->weights, jk_hash_digest(&statement->weights));
    fetch_row(&book->artifact_index, &book->releases, jk_hash_digest(&statement->artifact));
    if (statement->parent_count > 0)
        fetch_row(&book->hash_index, &book->releases, jk_hash_digest(&statement->parents[0].hash));
}

/* What the publisher's row in the table of names leads to. */
FETCH fetch_publisher(const struct jk_book *book, const struct jk_parsed_entry *parsed)
{
    if (!is_release(parsed)) return;
    uint32_t name = jk_index_first(&book->name_index, parsed->publisher_hash);
    if (name >= book->names.count) return;
    const struct jk_name_row *row = jk_name_row(book, name);
    __builtin_prefetch(row->name.at);
    if (row->publisher < book->publishers.count) __builtin_prefetch(jk_publisher_row(book, row->publisher));
}

enum jk_status jk_book_apply_many(struct jk_book *book, const struct jk_parsed_entry *parsed, size_t count,
                                  size_t *out_applied, struct jk_error *error)
{
    *out_applied = 0;
    for (size_t i = 0; i < AHEAD_PARSED && i < count; i++)
        fetch_parsed(&parsed[i]);
    for (size_t i = 0; i < AHEAD_HEADS && i < count; i++)
        fetch_heads(book, &parsed[i]);
    for (size_t i = 0; i < count; i++) {
        if (count - i > AHEAD_PARSED) fetch_parsed(&parsed[i + AHEAD_PARSED]);
        if (count - i > AHEAD_HEADS) fetch_heads(book, &parsed[i + AHEAD_HEADS]);
        if (count - i > AHEAD_ROWS) fetch_rows(book, &parsed[i + AHEAD_ROWS]);
        if (count - i > AHEAD_PUBLISHER) fetch_publisher(book, &parsed[i + AHEAD_PUBLISHER]);
        JK_TRY(jk_book_apply_parsed(book, &parsed[i], error));
        *out_applied = i + 1;
    }
    return JK_OK;
}
