/* References: manifests of models that are not registered; see vouched.h. Each external model and revision has one at a
 * time. Whether an artifact is withdrawn is kept beside what releases have of it (book_held.c), as references may name
 * artifacts that no release names. */
#include "base/check.h"
#include "book/book_internal.h"

/* ---- asking ---- */

uint32_t jk_book_references(const struct jk_book *book, uint32_t n)
{
    return JK_LOWER_BOUND(book->references.count, at, jk_reference_row(book, at)->pub.from < n);
}

const struct jk_reference *jk_book_reference(const struct jk_book *book, uint32_t slot)
{
    JK_CHECK(slot < book->references.count);
    return &jk_reference_row(book, slot)->pub;
}

static uint32_t hash_name(struct jk_span external, struct jk_span revision)
{
    return jk_hash_u64((uint64_t)jk_hash_text(external) << 32 | jk_hash_text(revision));
}

/* Chains are newest first. */
uint32_t jk_book_find_reference(const struct jk_book *book, struct jk_span external, struct jk_span revision,
                                uint32_t n)
{
    uint32_t slot = jk_index_first(&book->reference_index, hash_name(external, revision));
    for (; slot != JK_NONE; slot = jk_reference_row(book, slot)->by_name.next) {
        const struct jk_reference *row = &jk_reference_row(book, slot)->pub;
        if (row->from < n && jk_span_equal(row->external, external) && jk_span_equal(row->revision, revision))
            return slot;
    }
    return JK_NONE;
}

bool jk_book_reference_stands(const struct jk_book *book, uint32_t slot, uint32_t n)
{
    const struct jk_reference *row = jk_book_reference(book, slot);
    return row->from < n && n <= row->until && jk_book_switched(book, jk_kept_row(book, row->kept)->held, n);
}

static uint32_t find_kept(const struct jk_book *book, const struct jk_digest *artifact)
{
    uint32_t hash = jk_hash_digest(artifact), slot = jk_index_first(&book->kept_index, hash);
    for (; slot != JK_NONE; slot = jk_kept_row(book, slot)->by_artifact.next)
        if (jk_digest_equal(&jk_kept_row(book, slot)->artifact, artifact)) return slot;
    return JK_NONE;
}

bool jk_book_keeps_reference(const struct jk_book *book, const struct jk_digest *artifact, uint32_t n)
{
    uint32_t slot = find_kept(book, artifact);
    return slot != JK_NONE && jk_book_switched(book, jk_kept_row(book, slot)->held, n);
}

/* ---- applying ---- */

bool jk_book_switch_kept(struct jk_book *book, const struct jk_digest *artifact, bool held)
{
    uint32_t slot = find_kept(book, artifact);
    if (slot == JK_NONE || jk_book_switched(book, jk_kept_row(book, slot)->held, JK_NOW) == held) return false;
    jk_book_switch(book, &jk_kept_row(book, slot)->held, held);
    return true;
}

static uint32_t intern_kept(struct jk_book *book, const struct jk_digest *artifact)
{
    uint32_t slot = find_kept(book, artifact);
    if (slot != JK_NONE) return slot;
    struct jk_kept_row *row = jk_book_append(book, &book->kept, &slot);
    if (!row) return JK_NONE;
    row->artifact = *artifact;
    row->held = JK_NONE;
    jk_index_add(&book->kept_index, &book->journal, &row->by_artifact, slot, jk_hash_digest(artifact));
    return slot;
}

enum jk_status jk_book_apply_reference(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    (void)error;
    uint32_t slot, replaced = jk_book_find_reference(book, entry->external, entry->revision_hex, JK_NOW);
    uint32_t kept = intern_kept(book, &entry->artifact);
    struct jk_reference_row *row = jk_book_append(book, &book->references, &slot);
    if (!row || kept == JK_NONE) return JK_OK; /* out of memory: said at the end */
    row->pub = (struct jk_reference){.from = book->size,
                                     .until = JK_NONE,
                                     .external = jk_book_copy(book, entry->external),
                                     .revision = jk_book_copy(book, entry->revision_hex),
                                     .artifact = entry->artifact,
                                     .released_us = entry->released_us,
                                     .source = jk_book_copy(book, entry->evidence),
                                     .kept = kept};
    jk_index_add(&book->reference_index, &book->journal, &row->by_name, slot,
                 hash_name(entry->external, entry->revision_hex));
    if (replaced != JK_NONE) jk_book_set(book, &jk_reference_row(book, replaced)->pub.until, book->size);
    (void)jk_book_switch_kept(book, &entry->artifact, true); /* its bytes are here */
    return JK_OK;
}
