/* Reserved names from the roster, found by skeleton. There are few; a name once reserved stays reserved. */
#include "book/book_internal.h"
#include "domain/skeleton.h"

static const struct jk_reserved_row *row_at(const struct jk_book *book, uint32_t slot)
{
    return jk_chunks_at(&book->reserved, slot);
}

static uint32_t hash_of(const char *skeleton, size_t len)
{
    return jk_hash_text((struct jk_span){skeleton, len});
}

static bool is_reserved(const struct jk_book *book, struct jk_span text, enum jk_reserved_kind kind, uint32_t hash)
{
    for (uint32_t slot = jk_index_first(&book->reserved_index, hash); slot != JK_NONE;
         slot = row_at(book, slot)->by_skeleton.next) {
        const struct jk_reserved_row *row = row_at(book, slot);
        if (row->by_skeleton.hash == hash && row->pub.kind == kind && jk_span_equal(row->pub.text, text)) return true;
    }
    return false;
}

static void add_reserved(struct jk_book *book, struct jk_span text, enum jk_reserved_kind kind, uint32_t hash)
{
    uint32_t slot;
    struct jk_reserved_row *row = jk_book_append(book, &book->reserved, &slot);
    if (!row) return;
    row->pub = (struct jk_reserved){.text = text, .kind = kind, .from = book->size};
    jk_index_add(&book->reserved_index, &book->journal, &row->by_skeleton, slot, hash);
}

void jk_book_reserve(struct jk_book *book, struct jk_span text, enum jk_reserved_kind kind)
{
    struct jk_skeletons skeletons;
    jk_skeletons_make(text, &skeletons);
    if (!skeletons.whole_len) return;
    uint32_t whole = hash_of(skeletons.whole, skeletons.whole_len),
             trunk = hash_of(skeletons.trunk, skeletons.trunk_len);
    if (is_reserved(book, text, kind, whole)) return;
    add_reserved(book, text, kind, whole);
    if (trunk != whole) add_reserved(book, text, kind, trunk);
}

/* Mostly the very name is asked for: then no skeletons of the text need to be made. */
static bool looks_like(struct jk_span text, struct jk_span name, const struct jk_skeletons *asked)
{
    struct jk_skeletons skeletons;
    if (jk_span_equal(text, name)) return true;
    jk_skeletons_make(text, &skeletons);
    return jk_skeletons_alike(asked, &skeletons);
}

/* The best of one chain, by kind and then by age; NULL where `best` is. */
static const struct jk_reserved *better(const struct jk_book *book, struct jk_span name,
                                        const struct jk_skeletons *asked, uint32_t hash, uint32_t n,
                                        const struct jk_reserved *best)
{
    for (uint32_t slot = jk_index_first(&book->reserved_index, hash); slot != JK_NONE;
         slot = row_at(book, slot)->by_skeleton.next) {
        const struct jk_reserved_row *row = row_at(book, slot);
        if (row->by_skeleton.hash != hash || row->pub.from >= n) continue;
        if (best && (row->pub.kind > best->kind || (row->pub.kind == best->kind && row->pub.from >= best->from)))
            continue;
        if (looks_like(row->pub.text, name, asked)) best = &row->pub;
    }
    return best;
}

const struct jk_reserved *jk_book_find_reserved(const struct jk_book *book, struct jk_span publisher_name, uint32_t n)
{
    struct jk_skeletons asked;
    jk_skeletons_make(publisher_name, &asked);
    if (!asked.whole_len) return NULL;
    const struct jk_reserved *best =
        better(book, publisher_name, &asked, hash_of(asked.whole, asked.whole_len), n, NULL);
    if (asked.trunk_len == asked.whole_len) return best; /* nothing was cut: it is the same chain */
    return better(book, publisher_name, &asked, hash_of(asked.trunk, asked.trunk_len), n, best);
}
