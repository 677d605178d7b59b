/* Artifacts: their digests, which manifests the registry stores, and the sets of weight files that those name. See
 * book.h. A set of weight files is known from the first `held` entry on, and for good: the digest of the manifest
 * commits to it. Where no manifest is known, a hub's listing of the model's repository stands in for the release that
 * decides, as long as the hub lists it. */
#include "base/check.h"
#include "book/book_internal.h"

/* ---- artifacts ---- */

/* The first release that names it; JK_NONE for none. */
static uint32_t find_artifact(const struct jk_book *book, const struct jk_digest *artifact)
{
    uint32_t hash = jk_hash_digest(artifact), slot = jk_index_first(&book->artifact_index, hash);
    for (; slot != JK_NONE; slot = jk_release_row(book, slot)->by_artifact.next) {
        const struct jk_release_row *row = jk_release_row(book, slot);
        if (row->by_artifact.hash == hash && row->artifact == slot && jk_digest_equal(&row->pub.artifact, artifact))
            return slot;
    }
    return JK_NONE;
}

/* NULL: nothing more is known of it, or there is none. */
static struct jk_artifact_row *more_of(const struct jk_book *book, uint32_t artifact)
{
    uint32_t slot = artifact == JK_NONE ? JK_NONE : jk_release_row(book, artifact)->artifact_row;
    return slot == JK_NONE ? NULL : jk_artifact_row(book, slot);
}

static struct jk_artifact_row *need_more(struct jk_book *book, uint32_t artifact)
{
    uint32_t slot;
    struct jk_artifact_row *row = more_of(book, artifact);
    if (row) return row;
    row = jk_book_append(book, &book->artifacts, &slot);
    if (!row) return NULL;
    *row = (struct jk_artifact_row){.last = artifact, .held = JK_NONE, .manifest = JK_NONE};
    jk_book_set(book, &jk_release_row(book, artifact)->artifact_row, slot);
    return row;
}

void jk_book_enter_artifact(struct jk_book *book, uint32_t release)
{
    struct jk_release_row *row = jk_release_row(book, release);
    row->artifact = row->artifact_row = JK_NONE;
    row->by_artifact.hash = jk_hash_u64(release); /* only a first release is looked for: the others are scattered */
    if (jk_digest_is_zero(&row->pub.artifact)) return;
    row->artifact = find_artifact(book, &row->pub.artifact);
    if (row->artifact == JK_NONE) {
        row->artifact = release;
        jk_index_add(&book->artifact_index, &book->journal, &row->by_artifact, release,
                     jk_hash_digest(&row->pub.artifact));
        return;
    }
    struct jk_artifact_row *artifact = need_more(book, row->artifact);
    if (!artifact) return; /* out of memory: said at the end */
    jk_book_set(book, &jk_release_row(book, artifact->last)->next_artifact, release);
    jk_book_set(book, &artifact->last, release);
}

uint32_t jk_book_find_artifact(const struct jk_book *book, const struct jk_digest *artifact, uint32_t n)
{
    uint32_t first = find_artifact(book, artifact);
    return first != JK_NONE && jk_release_row(book, first)->pub.index < n ? first : JK_NONE;
}

uint32_t jk_book_next_with_artifact(const struct jk_book *book, uint32_t release, uint32_t n)
{
    uint32_t next = jk_release_row(book, release)->next_artifact;
    return next != JK_NONE && jk_release_row(book, next)->pub.index < n ? next : JK_NONE;
}

uint32_t jk_book_artifact_held(const struct jk_book *book, uint32_t artifact)
{
    const struct jk_artifact_row *row = more_of(book, artifact);
    return row ? row->held : JK_NONE;
}

static bool is_held(const struct jk_book *book, uint32_t artifact, uint32_t n)
{
    return jk_book_switched(book, jk_book_artifact_held(book, artifact), n);
}

bool jk_book_is_held(const struct jk_book *book, const struct jk_digest *artifact, uint32_t n)
{
    return is_held(book, find_artifact(book, artifact), n);
}

bool jk_book_release_is_held(const struct jk_book *book, uint32_t release, uint32_t n)
{
    const struct jk_release_row *row = jk_release_row(book, release);
    if (!is_held(book, row->artifact, n)) return false;
    uint32_t manifest = more_of(book, row->artifact)->manifest;
    return jk_digest_equal(&jk_manifest_row(book, manifest)->weights, &row->pub.weights);
}

uint32_t jk_book_holdings(const struct jk_book *book, uint32_t n)
{
    return JK_LOWER_BOUND(book->holdings.count, at, jk_holding_row(book, at)->from < n);
}

const struct jk_holding *jk_book_holding(const struct jk_book *book, uint32_t slot)
{
    JK_CHECK(slot < book->holdings.count);
    return jk_holding_row(book, slot);
}

bool jk_book_holds_manifest(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t release = jk_book_standing_release(book, model, n);
    return release != JK_NONE && jk_book_release_is_held(book, release, n);
}

uint32_t jk_book_artifact_files(const struct jk_book *book, uint32_t artifact, uint32_t n)
{
    const struct jk_artifact_row *more = more_of(book, artifact);
    if (!more || more->manifest == JK_NONE) return JK_NONE;
    const struct jk_manifest_row *row = jk_manifest_row(book, more->manifest);
    return row->since < n ? row->files : JK_NONE;
}

/* A `held` entry with the release's own time came in the same batch: nobody could see one without the other. */
uint32_t jk_book_files_since(const struct jk_book *book, uint32_t release, uint32_t n)
{
    const struct jk_release_row *row = jk_release_row(book, release);
    if (jk_book_artifact_files(book, row->artifact, n) == JK_NONE) return JK_NONE;
    uint32_t since = jk_manifest_row(book, more_of(book, row->artifact)->manifest)->since;
    bool late = jk_book_time(book, since) > jk_book_time(book, row->pub.index);
    return late ? since : row->pub.index;
}

uint32_t jk_book_release_files(const struct jk_book *book, uint32_t release, uint32_t n)
{
    const struct jk_release_row *row = jk_release_row(book, release);
    uint32_t files = jk_book_artifact_files(book, row->artifact, n);
    if (files != JK_NONE || !jk_more_of(book, row->pub.model)) return files;
    /* What the model's hub lists. */
    uint32_t slot = jk_book_last_observation(book, row->pub.model, n);
    files = slot == JK_NONE ? JK_NONE : jk_observation_row(book, slot)->pub.files;
    bool decides = files != JK_NONE && jk_book_standing_release(book, row->pub.model, n) == release;
    return decides ? files : JK_NONE;
}

/* ---- the same content ---- */

bool jk_book_same_content(const struct jk_book *book, uint32_t release, uint32_t other, uint32_t n)
{
    const struct jk_release_row *a = jk_release_row(book, release), *b = jk_release_row(book, other);
    if (a->weights != JK_NONE && a->weights == b->weights) return true;
    if (a->artifact != JK_NONE && a->artifact == b->artifact) return true;
    uint32_t files = jk_book_artifact_files(book, a->artifact, n);
    return files != JK_NONE && files == jk_book_artifact_files(book, b->artifact, n);
}

/* In several manifests. */
static bool is_set_shared(const struct jk_book *book, uint32_t files)
{
    return jk_files_row(book, files)->first != jk_files_row(book, files)->last;
}

/* In several listings, or in a listing of one model and the manifest of another. */
static bool is_listing_shared(const struct jk_book *book, uint32_t files)
{
    const struct jk_files_row *row = jk_files_row(book, files);
    if (row->listers != 1 || row->first == JK_NONE) return row->listers > 1;
    if (is_set_shared(book, files)) return true;
    uint32_t artifact = jk_manifest_row(book, row->first)->artifact;
    return more_of(book, artifact)->last != artifact || jk_release_row(book, artifact)->pub.model != row->lister;
}

bool jk_book_weights_are_shared(const struct jk_book *book, uint32_t release)
{
    uint32_t slot = jk_release_row(book, release)->weights;
    return slot != JK_NONE && jk_weights_row(book, slot)->last != jk_weights_row(book, slot)->first;
}

bool jk_book_artifact_is_shared(const struct jk_book *book, uint32_t release)
{
    uint32_t artifact = jk_release_row(book, release)->artifact;
    const struct jk_artifact_row *more = more_of(book, artifact);
    return more && more->last != artifact;
}

bool jk_book_files_are_shared(const struct jk_book *book, uint32_t release, uint32_t n)
{
    uint32_t files = jk_book_release_files(book, release, n);
    return files != JK_NONE &&
           (is_set_shared(book, files) || is_listing_shared(book, files) || jk_book_artifact_is_shared(book, release));
}

bool jk_book_listed_are_shared(const struct jk_book *book, uint32_t release, uint32_t n)
{
    uint32_t files = jk_book_release_files(book, release, n);
    return files != JK_NONE && is_listing_shared(book, files);
}

bool jk_book_content_is_shared(const struct jk_book *book, uint32_t release)
{
    uint32_t files = jk_book_artifact_files(book, jk_release_row(book, release)->artifact, JK_NOW);
    return jk_book_weights_are_shared(book, release) || jk_book_artifact_is_shared(book, release) ||
           (files != JK_NONE && is_set_shared(book, files));
}

/* ---- held and withdrawn ---- */

uint32_t jk_book_intern_files(struct jk_book *book, const struct jk_digest *files)
{
    uint32_t hash = jk_hash_digest(files), slot = jk_index_first(&book->files_index, hash);
    for (; slot != JK_NONE; slot = jk_files_row(book, slot)->by_digest.next)
        if (jk_digest_equal(&jk_files_row(book, slot)->digest, files)) return slot;
    struct jk_files_row *row = jk_book_append(book, &book->file_sets, &slot);
    if (!row) return JK_NONE;
    row->digest = *files;
    row->first = row->last = row->listed = row->lister = JK_NONE;
    jk_index_add(&book->files_index, &book->journal, &row->by_digest, slot, hash);
    return slot;
}

static void note_manifest(struct jk_book *book, const struct jk_entry *entry, uint32_t artifact)
{
    struct jk_artifact_row *more = need_more(book, artifact);
    uint32_t files = JK_NONE, slot;
    if (!more || more->manifest != JK_NONE) return;
    if (!jk_digest_is_zero(&entry->weight_files)) {
        files = jk_book_intern_files(book, &entry->weight_files);
        if (files == JK_NONE) return;
    }
    struct jk_manifest_row *row = jk_book_append(book, &book->manifests, &slot);
    if (!row) return;
    *row = (struct jk_manifest_row){
        .since = book->size, .files = files, .artifact = artifact, .next = JK_NONE, .weights = entry->weights};
    jk_book_set(book, &more->manifest, slot);
    if (files == JK_NONE) return;
    struct jk_files_row *with = jk_files_row(book, files);
    jk_book_set(book, with->first == JK_NONE ? &with->first : &jk_manifest_row(book, with->last)->next, slot);
    jk_book_set(book, &with->last, slot);
}

/* If others have these files, too, descendants of its releases may now have an ancestor's files. */
static void want_users(struct jk_book *book, uint32_t artifact)
{
    uint32_t files = jk_book_artifact_files(book, artifact, JK_NOW);
    bool shared = files != JK_NONE && is_set_shared(book, files);
    for (uint32_t slot = artifact; slot != JK_NONE; slot = jk_release_row(book, slot)->next_artifact) {
        uint32_t model = jk_release_row(book, slot)->pub.model;
        jk_book_touch(book, model);
        if (!shared) {
            jk_book_want_alone(book, model);
            continue;
        }
        jk_book_want(book, model);
        jk_book_want_under_model(book, model);
    }
    jk_book_walk(book);
}

static enum jk_status find_named(struct jk_book *book, const struct jk_entry *entry, uint32_t *out_artifact,
                                 struct jk_error *error)
{
    *out_artifact = find_artifact(book, &entry->artifact);
    if (*out_artifact != JK_NONE) return JK_OK;
    return JK_BOOK_REFUSE(error, "entry %u: no release names this artifact", book->size);
}

enum jk_status jk_book_apply_held(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    uint32_t slot, holding;
    JK_TRY(find_named(book, entry, &slot, error));
    if (is_held(book, slot, JK_NOW)) return JK_BOOK_REFUSE(error, "entry %u: the artifact is held already", book->size);
    note_manifest(book, entry, slot);
    if (book->failed) return JK_OK; /* out of memory: said at the end */
    struct jk_holding *row = jk_book_append(book, &book->holdings, &holding);
    if (row) *row = (struct jk_holding){.from = book->size, .release = slot};
    jk_book_switch(book, &more_of(book, slot)->held, true);
    (void)jk_book_switch_kept(book, &entry->artifact, true);
    want_users(book, slot);
    return JK_OK;
}

enum jk_status jk_book_apply_withdrawn(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    uint32_t slot = find_artifact(book, &entry->artifact);
    bool kept = jk_book_keeps_reference(book, &entry->artifact, JK_NOW), held = is_held(book, slot, JK_NOW);
    if (!kept) JK_TRY(find_named(book, entry, &slot, error));
    if (!kept && !held) return JK_BOOK_REFUSE(error, "entry %u: the artifact is not held", book->size);
    if (kept) (void)jk_book_switch_kept(book, &entry->artifact, false);
    if (!held) return JK_OK;
    jk_book_switch(book, &more_of(book, slot)->held, false);
    want_users(book, slot);
    return JK_OK;
}
