/* The keys that sign the log, by size: entry 0's, then according to key and retire entries. Signatures are checked
 * elsewhere; here each entry only has to follow from those before it. */
#include "book/book_internal.h"

void jk_book_add_keys(struct jk_book *book, struct jk_span key, struct jk_span previous)
{
    uint32_t slot;
    struct jk_key_row *row = jk_book_append(book, &book->keys, &slot);
    if (row) *row = (struct jk_key_row){.from = book->size, .key = key, .previous = previous};
}

/* The newest row in force at size n; NULL at size 0. */
static const struct jk_key_row *keys_at(const struct jk_book *book, uint32_t n)
{
    for (uint32_t slot = book->keys.count; slot > 0; slot--) {
        const struct jk_key_row *row = jk_key_row(book, slot - 1);
        if (row->from < n) return row;
    }
    return NULL;
}

size_t jk_book_keys(const struct jk_book *book, uint32_t n, struct jk_span out_keys[JK_BOOK_KEYS])
{
    const struct jk_key_row *row = keys_at(book, n);
    if (!row) return 0;
    out_keys[0] = row->key;
    out_keys[1] = row->previous;
    return row->previous.len > 0 ? 2 : 1;
}

/* The rows after the first are alternately a new key and the end of the previous one: for key i, rows 2i-1 and 2i+2. */
uint32_t jk_book_key_count(const struct jk_book *book)
{
    return book->keys.count == 0 ? 0 : book->keys.count / 2 + 1;
}

struct jk_book_key jk_book_key_at(const struct jk_book *book, uint32_t i)
{
    const struct jk_key_row *first = jk_key_row(book, i == 0 ? 0 : 2 * i - 1);
    struct jk_book_key key = {.key = first->key, .after = first->from, .until = JK_NONE};
    if (2 * i + 2 < book->keys.count) key.until = jk_key_row(book, 2 * i + 2)->from;
    return key;
}

/* A key that once signed never comes back: it may have been retired because it was stolen. */
static bool was_key(const struct jk_book *book, struct jk_span key)
{
    for (uint32_t slot = 0; slot < book->keys.count; slot++)
        if (jk_span_equal(jk_key_row(book, slot)->key, key)) return true;
    return false;
}

enum jk_status jk_book_apply_key(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    const struct jk_key_row *now = keys_at(book, JK_NOW);
    if (now->previous.len > 0)
        return JK_BOOK_REFUSE(error, "entry %u: two keys sign already; the older must be retired first", book->size);
    if (!jk_span_equal(entry->previous, now->key))
        return JK_BOOK_REFUSE(error, "entry %u: its previous key is not the log's", book->size);
    struct jk_span rest = entry->key, name;
    if (!jk_span_cut(&rest, '+', &name) || !jk_span_equal(name, book->origin))
        return JK_BOOK_REFUSE(error, "entry %u: the new key's name is not the log's origin", book->size);
    if (was_key(book, entry->key))
        return JK_BOOK_REFUSE(error, "entry %u: the new key was a key of this log before", book->size);
    jk_book_add_keys(book, jk_book_copy(book, entry->key), now->key);
    return JK_OK;
}

enum jk_status jk_book_apply_retire(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    const struct jk_key_row *now = keys_at(book, JK_NOW);
    if (now->previous.len == 0)
        return JK_BOOK_REFUSE(error, "entry %u: the log's only key cannot be retired", book->size);
    if (!jk_span_equal(entry->key, now->previous))
        return JK_BOOK_REFUSE(error, "entry %u: only the older of the two keys can be retired", book->size);
    jk_book_add_keys(book, now->key, (struct jk_span){"", 0});
    return JK_OK;
}
