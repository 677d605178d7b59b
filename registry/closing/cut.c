/* See cut.h. Entries arrive in chunks; those before n are parsed ahead and applied by the hundred. */
#include "closing/cut.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "book/parsed.h"
#include "book/stage.h"

#define PIECE_ENTRIES 8192
#define PIECE_BYTES   (8u << 20)
#define PIECE_ARENA   (32u << 20)
#define PIECE_MS      30000
#define PARSED        256

struct folding {
    const struct jk_close_plan *plan;
    struct jk_book *book;
    struct jk_parsed_entry *parsed;
    struct jk_edge edge;
    struct jk_arena arena;
};

static enum jk_status apply_many(struct folding *folding, const struct jk_entry_row *rows, size_t count,
                                 struct jk_error *error)
{
    size_t applied;
    for (size_t i = 0; i < count; i++)
        JK_TRY(jk_parsed_entry_read(rows[i].bytes, &folding->parsed[i], error));
    return jk_book_apply_many(folding->book, folding->parsed, count, &applied, error);
}

static enum jk_status take_piece(struct folding *folding, const struct jk_entry_row *rows, size_t count,
                                 struct jk_error *error)
{
    uint32_t size = jk_book_size(folding->book);
    if (count == 0)
        return jk_fail(error, JK_UNAVAILABLE, "BEHIND", "The database did not give entry %u; try again", size);
    for (size_t i = 0; i < count; i++) {
        struct jk_digest leaf = jk_merkle_leaf(rows[i].bytes);
        JK_CHECK(rows[i].index == size + i);
        jk_edge_append(&folding->edge, &leaf);
    }

    size_t at = 0;
    while (at < count && jk_book_size(folding->book) < folding->plan->n) {
        size_t left = folding->plan->n - jk_book_size(folding->book), some = count - at < PARSED ? count - at : PARSED;
        if (some > left) some = left;
        JK_TRY(apply_many(folding, rows + at, some, error));
        at += some;
    }
    for (; at < count; at++)
        JK_TRY(jk_book_apply_cut(folding->book, rows[at].bytes, error));
    return JK_OK;
}

static enum jk_status fold_entries(struct folding *folding, struct jk_reader *reader, int64_t deadline_ms,
                                   struct jk_error *error)
{
    uint32_t size;
    while ((size = jk_book_size(folding->book)) < folding->plan->m) {
        uint32_t left = folding->plan->m - size;
        int64_t now_ms = jk_monotonic_ms(), until_ms = now_ms + PIECE_MS;
        struct jk_entry_row *rows;
        size_t count;
        if (now_ms >= deadline_ms)
            return jk_fail(error, JK_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED",
                           "The deadline passed while a report was computed");
        jk_arena_reset(&folding->arena);
        jk_reader_deadline(reader, until_ms < deadline_ms ? until_ms : deadline_ms);
        JK_TRY(jk_reader_entries(reader, size, left < PIECE_ENTRIES ? left : PIECE_ENTRIES, PIECE_BYTES,
                                 &folding->arena, &rows, &count, error));
        JK_TRY(take_piece(folding, rows, count, error));
    }
    return JK_OK;
}

/* What was folded must be what was signed. */
static enum jk_status check_cut_root(struct jk_store *store, const struct folding *folding, struct jk_error *error)
{
    struct jk_digest root = jk_edge_root(&folding->edge), wanted;
    struct jk_view view;
    jk_store_view(store, &view);
    JK_CHECK(jk_merkle_root_at(jk_forest_read, view.forest, folding->plan->m, &wanted));
    jk_store_view_end(store);
    if (jk_digest_equal(&root, &wanted)) return JK_OK;
    return jk_fail(error, JK_DATA_LOSS, "ENTRY_CHANGED",
                   "the first %u entries in the database are not those of the log", folding->plan->m);
}

enum jk_status jk_cut_fold(struct jk_store *store, struct jk_reader *reader, const struct jk_close_plan *plan,
                           int64_t deadline_ms, struct jk_book **out_book, struct jk_error *error)
{
    struct folding folding = {.plan = plan, .book = jk_book_new(), .parsed = malloc(PARSED * sizeof *folding.parsed)};
    jk_arena_init(&folding.arena, PIECE_ARENA);
    jk_edge_init(&folding.edge);
    enum jk_status status =
        folding.book && folding.parsed ? fold_entries(&folding, reader, deadline_ms, error) : jk_out_of_memory(error);
    if (status == JK_OK) status = check_cut_root(store, &folding, error);
    jk_arena_done(&folding.arena);
    free(folding.parsed);
    if (status == JK_OK)
        *out_book = folding.book;
    else
        jk_book_free(folding.book);
    return status;
}
