/* Releases: adding them, finding them by hash, version and weights, and determining which one decides. */
#include "base/check.h"
#include "book/book_internal.h"

/* The slot of a weights digest, which the first release that has it continues to represent. */
static uint32_t intern_weights(struct jk_book *book, const struct jk_digest *weights, uint32_t release)
{
    if (jk_digest_is_zero(weights)) return JK_NONE;
    uint32_t hash = jk_hash_digest(weights), slot = jk_index_first(&book->weights_index, hash);
    for (; slot != JK_NONE; slot = jk_weights_row(book, slot)->by_digest.next) {
        struct jk_weights_row *row = jk_weights_row(book, slot);
        if (row->by_digest.hash != hash) continue;
        if (!jk_digest_equal(&jk_release_row(book, row->first)->pub.weights, weights)) continue;
        jk_book_set(book, &jk_release_row(book, row->last)->next_weights, release);
        jk_book_set(book, &row->last, release);
        return slot;
    }
    struct jk_weights_row *row = jk_book_append(book, &book->weights, &slot);
    if (!row) return JK_NONE;
    row->first = row->last = release;
    jk_index_add(&book->weights_index, &book->journal, &row->by_digest, slot, hash);
    return slot;
}

/* New models tend to begin with the same version, so these are stored side by side, next to the previous one. */
static uint32_t hash_version(uint32_t model, uint32_t version_hash)
{
    return version_hash + model;
}

struct jk_release *jk_book_begin_release(struct jk_book *book, uint32_t model, uint32_t *out_slot)
{
    struct jk_release_row *row = jk_book_append(book, &book->releases, out_slot);
    if (!row) return NULL;
    row->pub.index = book->size;
    row->pub.model = model;
    row->pub.yanks = row->pub.children = row->declared = row->tenures = row->vouched = JK_NONE;
    return &row->pub;
}

void jk_book_enter_release(struct jk_book *book, uint32_t slot, uint32_t version_hash)
{
    struct jk_release_row *row = jk_release_row(book, slot);
    struct jk_release *release = &row->pub;
    struct jk_model *model = &jk_model_row(book, release->model)->pub;
    release->older = model->last_release;
    release->newer = JK_NONE;
    if (release->older == JK_NONE)
        jk_book_set(book, &model->first_release, slot);
    else
        jk_book_set(book, &jk_release_row(book, release->older)->pub.newer, slot);
    jk_book_set(book, &model->last_release, slot);
    row->next_weights = row->next_artifact = JK_NONE;
    row->weights = intern_weights(book, &release->weights, slot);
    jk_book_enter_artifact(book, slot);
    jk_index_add(&book->hash_index, &book->journal, &row->by_hash, slot, jk_hash_digest(&release->hash));
    jk_index_add(&book->version_index, &book->journal, &row->by_version, slot,
                 hash_version(release->model, version_hash));
    jk_book_add_edges(book, slot);
}

const struct jk_release *jk_book_release(const struct jk_book *book, uint32_t slot)
{
    JK_CHECK(slot < book->releases.count);
    return &jk_release_row(book, slot)->pub;
}

uint32_t jk_book_releases(const struct jk_book *book, uint32_t n)
{
    return JK_LOWER_BOUND(book->releases.count, at, jk_release_row(book, at)->pub.index < n);
}

uint32_t jk_book_find_release(const struct jk_book *book, const struct jk_digest *hash, uint32_t n)
{
    uint32_t start = jk_hash_digest(hash), slot = jk_index_first(&book->hash_index, start);
    while (slot != JK_NONE) {
        const struct jk_release_row *row = jk_release_row(book, slot);
        if (row->by_hash.hash == start && jk_digest_equal(&row->pub.hash, hash))
            return row->pub.index < n ? slot : JK_NONE;
        slot = row->by_hash.next;
    }
    return JK_NONE;
}

uint32_t jk_book_find_version(const struct jk_book *book, uint32_t model, struct jk_span version, uint32_t n)
{
    uint32_t hash = hash_version(model, jk_hash_fold(version, 0));
    uint32_t slot = jk_index_first(&book->version_index, hash);
    while (slot != JK_NONE) {
        const struct jk_release_row *row = jk_release_row(book, slot);
        if (row->by_version.hash == hash && row->pub.model == model && row->pub.index < n &&
            jk_span_equal_fold(row->pub.version, version))
            return slot;
        slot = row->by_version.next;
    }
    return JK_NONE;
}

uint32_t jk_book_find_weights(const struct jk_book *book, const struct jk_digest *weights, uint32_t n)
{
    uint32_t hash = jk_hash_digest(weights), slot = jk_index_first(&book->weights_index, hash);
    for (; slot != JK_NONE; slot = jk_weights_row(book, slot)->by_digest.next) {
        if (jk_weights_row(book, slot)->by_digest.hash != hash) continue;
        uint32_t first = jk_weights_row(book, slot)->first;
        const struct jk_release *release = &jk_release_row(book, first)->pub;
        if (jk_digest_equal(&release->weights, weights)) return release->index < n ? first : JK_NONE;
    }
    return JK_NONE;
}

bool jk_book_is_yanked(const struct jk_book *book, uint32_t release, uint32_t n)
{
    return jk_book_switched(book, jk_book_release(book, release)->yanks, n);
}

uint32_t jk_book_yanked_by(const struct jk_book *book, uint32_t release, uint32_t n)
{
    uint32_t history = jk_book_release(book, release)->yanks;
    return jk_book_switched(book, history, n) ? jk_book_switched_since(book, history, n) : JK_NONE;
}

uint32_t jk_book_deciding(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t slot = jk_book_model(book, model)->last_release;
    while (slot != JK_NONE) {
        const struct jk_release *release = &jk_release_row(book, slot)->pub;
        if (release->index < n && !jk_book_switched(book, release->yanks, n)) return slot;
        slot = release->older;
    }
    return JK_NONE;
}

uint32_t jk_book_newest(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t slot = jk_book_model(book, model)->last_release;
    while (slot != JK_NONE && jk_release_row(book, slot)->pub.index >= n)
        slot = jk_release_row(book, slot)->pub.older;
    return slot;
}

uint32_t jk_book_standing_release(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t deciding = jk_book_deciding(book, model, n);
    return deciding != JK_NONE ? deciding : jk_book_newest(book, model, n);
}

void jk_book_note_tenure(struct jk_book *book, uint32_t model)
{
    uint32_t first = jk_model_row(book, model)->pub.first_release, slot;
    uint32_t *newest = &jk_release_row(book, first)->tenures;
    uint32_t now = jk_book_deciding(book, model, JK_NOW);
    if (now == (*newest == JK_NONE ? first : jk_tenure_row(book, *newest)->release)) return;
    struct jk_tenure_row *row = jk_book_append(book, &book->tenures, &slot);
    if (!row) return;
    *row = (struct jk_tenure_row){.from = book->size, .release = now, .older = *newest};
    jk_book_set(book, newest, slot);
}

bool jk_book_is_derivative(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t release = jk_book_standing_release(book, model, n);
    return release != JK_NONE && jk_book_release(book, release)->parent_count > 0 && !jk_book_base(book, model, n);
}
