/* Takes bundles in order, folds them, and checks the tree above them: see audit.h. */
#include "audit/audit.h"

#include <stdlib.h>

#include "audit/ring.h"
#include "base/array.h"
#include "base/check.h"
#include "tlog/rotation.h"

struct level { /* roots of the full tiles of the level below: of 256^level leaves each */
    struct jk_digest *hashes;
    size_t count, room;
};

struct jk_audit {
    int folder;
    uint64_t size;
    struct level levels[JK_TILE_LEVELS];  /* [0] unused */
    struct jk_digest edge[JK_TILE_WIDTH]; /* the leaves of the partial bundle at the end */
    struct jk_book *book;
    uint64_t kinds[JK_KIND_COUNT]; /* entries that were folded */
    struct jk_tile_bytes bytes;    /* scratch */
    uint64_t loaded;               /* the full level-0 tile in `leaves`; UINT64_MAX: none */
    struct jk_digest leaves[JK_TILE_WIDTH];
};

static bool keep_hash(struct level *level, const struct jk_digest *hash)
{
    if (!JK_ARRAY_GROW(level->hashes, level->count, level->room)) return false;
    level->hashes[level->count++] = *hash;
    return true;
}

/* ---- the fold ---- */

/* Entry 0 names the log and its first key: another log's entries under a good checkpoint would be told here. */
static enum jk_status check_identity(const struct jk_audit *audit, const struct jk_audit_signed *head,
                                     struct jk_error *error)
{
    struct jk_span origin = jk_book_origin(audit->book);
    if (audit->size == 0 || jk_span_equal(origin, head->checkpoint.origin)) return JK_OK;
    jk_error_fact(error, "index", "0");
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_IDENTITY", "entry 0: expected the log %.*s; found %.*s",
                   JK_SPAN_ARG(head->checkpoint.origin), JK_SPAN_ARG(origin));
}

static enum jk_status cannot_follow(uint64_t index, const struct jk_slot *slot, const struct jk_error *why,
                                    struct jk_error *error)
{
    if (why->status == JK_RESOURCE_EXHAUSTED) return jk_out_of_memory(error);
    jk_error_fact(error, "file", "%s", slot->entries.path);
    jk_error_fact(error, "index", "%llu", (unsigned long long)index);
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_ENTRY", "entry %llu (%s) cannot follow: %s", (unsigned long long)index,
                   slot->entries.path, why->message);
}

/* A new key is vouched for by the one before it: the book, which knows no signatures, leaves that to us. */
static enum jk_status check_key(const struct jk_entry *entry, struct jk_error *error)
{
    if (entry->kind != JK_KIND_KEY || jk_rotation_verify(entry->previous, entry->key, entry->signature)) return JK_OK;
    return jk_fail(error, JK_DATA_LOSS, "KEY_UNVOUCHED", "it names a new key without the previous key's signature");
}

static enum jk_status fold_bundle(struct jk_audit *audit, const struct jk_slot *slot, struct jk_error *error)
{
    struct jk_error own;
    uint64_t first = slot->bundle * JK_TILE_WIDTH;
    size_t applied;
    jk_error_init(&own, NULL);
    if (jk_book_apply_many(audit->book, slot->parsed, slot->parsed_count, &applied, &own) != JK_OK)
        return cannot_follow(first + applied, slot, &own, error);
    for (unsigned i = 0; i < slot->parsed_count; i++) {
        if (check_key(&slot->parsed[i].entry, &own) != JK_OK) return cannot_follow(first + i, slot, &own, error);
        audit->kinds[slot->parsed[i].entry.kind]++;
    }
    if (slot->parsed_count == slot->width) return JK_OK;
    return cannot_follow(first + slot->parsed_count, slot, &slot->error, error);
}

static enum jk_status take_slot(struct jk_audit *audit, const struct jk_slot *slot, struct jk_error *error)
{
    if (slot->status != JK_OK) {
        /* a worker's finding is handed on with its facts */
        for (size_t i = 0; i < slot->error.fact_count; i++)
            jk_error_fact(error, slot->error.facts[i].key, "%s", slot->error.facts[i].value);
        return jk_fail(error, slot->error.status, slot->error.reason, "%s", slot->error.message);
    }
    if (audit->book) JK_TRY(fold_bundle(audit, slot, error));
    if (slot->width == JK_TILE_WIDTH)
        return keep_hash(&audit->levels[1], &slot->root) ? JK_OK : jk_out_of_memory(error);
    memcpy(audit->edge, slot->leaves, slot->width * sizeof audit->edge[0]);
    return JK_OK;
}

static enum jk_status take_bundles(struct jk_audit *audit, const struct jk_audit_options *options, struct jk_ring *ring,
                                   struct jk_error *error)
{
    struct jk_slot *slot;
    while ((slot = jk_ring_take(ring)) != NULL) {
        JK_TRY(take_slot(audit, slot, error));
        uint64_t done = slot->bundle * JK_TILE_WIDTH + slot->width;
        jk_ring_give(ring, slot);
        if (options->progress) options->progress(options->context, done, audit->size);
    }
    return JK_OK;
}

/* ---- the tree above the leaves ---- */

static enum jk_status tile_differs(const struct jk_audit *audit, const struct jk_tile *tile, unsigned at,
                                   struct jk_error *error)
{
    char want[JK_DIGEST_HEX + 1], have[JK_DIGEST_HEX + 1];
    uint64_t hash = tile->index * JK_TILE_WIDTH + at;
    unsigned long long first = hash << (JK_TILE_BITS * tile->level);
    jk_digest_hex(&audit->levels[tile->level].hashes[hash], want);
    jk_hex_encode((const unsigned char *)audit->bytes.text.bytes + (size_t)at * JK_DIGEST_SIZE, JK_DIGEST_SIZE, have);
    have[JK_DIGEST_HEX] = '\0';
    jk_error_fact(error, "file", "%s", audit->bytes.path);
    jk_error_fact(error, "index", "%llu", first);
    jk_error_fact(error, "expected", "%s", want);
    jk_error_fact(error, "found", "%s", have);
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_TILE",
                   "%s, hash %u: expected %s, the root over the entries from %llu on; found %s", audit->bytes.path, at,
                   want, first, have);
}

static enum jk_status check_tile(struct jk_audit *audit, const struct jk_tile *tile, struct jk_error *error)
{
    const struct jk_digest *expected = audit->levels[tile->level].hashes + tile->index * JK_TILE_WIDTH;
    JK_TRY(jk_copy_tile(audit->folder, tile, &audit->bytes, error));
    for (unsigned i = 0; i < tile->width; i++)
        if (memcmp(expected[i].bytes, audit->bytes.text.bytes + (size_t)i * JK_DIGEST_SIZE, JK_DIGEST_SIZE) != 0)
            return tile_differs(audit, tile, i, error);
    if (tile->width < JK_TILE_WIDTH) return JK_OK;
    struct jk_digest hashes[JK_TILE_WIDTH];
    memcpy(hashes, expected, sizeof hashes);
    struct jk_digest root = jk_ring_root_of(hashes);
    return keep_hash(&audit->levels[tile->level + 1], &root) ? JK_OK : jk_out_of_memory(error);
}

/* ---- keys ---- */

/* Every key of the log was named by the one before it: so a trusted one vouches for itself and all after it. */
static uint32_t first_trusted(const struct jk_book *book, const struct jk_audit_keys *trusted)
{
    uint32_t count = jk_book_key_count(book);
    for (uint32_t i = 0; trusted && i < count; i++) {
        struct jk_verifier key;
        if (!jk_verifier_parse(jk_book_key_at(book, i).key, &key)) continue;
        for (size_t j = 0; j < trusted->count; j++)
            if (memcmp(key.public_key, trusted->keys[j].public_key, sizeof key.public_key) == 0) return i;
    }
    return trusted ? count : 0;
}

bool jk_audit_follow(const struct jk_audit *audit, const struct jk_audit_keys *trusted, uint64_t size,
                     struct jk_audit_keys *out_keys)
{
    struct jk_audit_keys keys = {.count = 0};
    if (!audit->book) return false;
    uint32_t first = first_trusted(audit->book, trusted);
    for (uint32_t i = jk_book_key_count(audit->book); i-- > first && keys.count < JK_AUDIT_KEYS_MAX;) {
        struct jk_book_key key = jk_book_key_at(audit->book, i);
        if (size <= key.after || size > key.until) continue;
        if (jk_verifier_parse(key.key, &keys.keys[keys.count])) keys.count++;
    }
    if (keys.count == 0) return false;
    *out_keys = keys;
    return true;
}

/* ---- roots ---- */

/* The leaves of a full bundle are not kept: they are read again, and must still give the root that was verified. */
static bool load_leaves(struct jk_audit *audit, uint64_t bundle)
{
    struct jk_tile tile = {JK_TILE_HASHES, 0, JK_TILE_WIDTH, bundle};
    struct jk_digest hashes[JK_TILE_WIDTH];
    struct jk_error error;
    if (audit->loaded == bundle) return true;
    jk_error_init(&error, NULL);
    if (jk_copy_tile(audit->folder, &tile, &audit->bytes, &error) != JK_OK) return false;
    memcpy(hashes, audit->bytes.text.bytes, sizeof hashes);
    struct jk_digest root = jk_ring_root_of(hashes);
    if (!jk_digest_equal(&root, &audit->levels[1].hashes[bundle])) return false;
    memcpy(audit->leaves, audit->bytes.text.bytes, sizeof audit->leaves);
    audit->loaded = bundle;
    return true;
}

static const struct jk_digest *hashes_of(struct jk_audit *audit, const struct jk_tile *tile)
{
    if (tile->level > 0) return audit->levels[tile->level].hashes + tile->index * JK_TILE_WIDTH;
    if (tile->width < JK_TILE_WIDTH) return audit->edge;
    return load_leaves(audit, tile->index) ? audit->leaves : NULL;
}

static bool read_tile_hash(void *context, unsigned level, uint64_t index, struct jk_digest *out_hash)
{
    struct jk_audit *audit = context;
    struct jk_tile_place place;
    if (!jk_tile_locate(level, index, audit->size, &place)) return false;
    const struct jk_digest *hashes = hashes_of(audit, &place.tile);
    if (!hashes) return false;
    struct jk_span bytes = {(const char *)hashes, (size_t)place.tile.width * JK_DIGEST_SIZE};
    return jk_tile_hash(&place, bytes, out_hash);
}

enum jk_status jk_audit_root(struct jk_audit *audit, uint64_t size, struct jk_digest *out_root, struct jk_error *error)
{
    JK_CHECK(size <= audit->size);
    if (jk_merkle_root_at(read_tile_hash, audit, size, out_root)) return JK_OK;
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_MISSING", "a tile was changed or removed while it was checked");
}

/* ---- entries once more ---- */

static enum jk_status changed(struct jk_error *error)
{
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_MISSING", "a tile was changed or removed while it was checked");
}

/* The bundle into `bytes`, as it was when it was verified. */
static enum jk_status read_again(struct jk_audit *audit, const struct jk_tile *tile, struct jk_error *error)
{
    struct jk_digest leaves[JK_TILE_WIDTH], root;
    JK_TRY(jk_copy_tile(audit->folder, tile, &audit->bytes, error));
    for (unsigned i = 0; i < tile->width; i++)
        leaves[i] = jk_merkle_leaf(audit->bytes.entries[i]);
    if (tile->width < JK_TILE_WIDTH)
        return memcmp(leaves, audit->edge, tile->width * sizeof leaves[0]) == 0 ? JK_OK : changed(error);
    root = jk_ring_root_of(leaves);
    return jk_digest_equal(&root, &audit->levels[1].hashes[tile->index]) ? JK_OK : changed(error);
}

enum jk_status jk_audit_entries(struct jk_audit *audit, uint64_t size, jk_audit_take_fn *take, void *context,
                                struct jk_error *error)
{
    struct jk_tile tile = {JK_TILE_ENTRIES, 0, 0, 0};
    JK_CHECK(size <= audit->size);
    for (uint64_t first; (first = tile.index * JK_TILE_WIDTH) < size; tile.index++) {
        tile.width = jk_tile_width_at(0, tile.index, audit->size);
        JK_TRY(read_again(audit, &tile, error));
        for (unsigned i = 0; i < tile.width && first + i < size; i++)
            JK_TRY(take(context, first + i, audit->bytes.entries[i], error));
    }
    return JK_OK;
}

bool jk_audit_prove(struct jk_audit *audit, uint64_t old_size, uint64_t size, struct jk_proof *out_proof)
{
    return size <= audit->size && jk_merkle_consistency(read_tile_hash, audit, old_size, size, out_proof);
}

static enum jk_status forked(const struct jk_audit_signed *earlier, const struct jk_audit_signed *head,
                             const char *what, struct jk_error *error)
{
    jk_error_fact(error, "earlier_size", "%llu", (unsigned long long)earlier->checkpoint.size);
    jk_error_fact(error, "size", "%llu", (unsigned long long)head->checkpoint.size);
    return jk_fail(error, JK_DATA_LOSS, "LOG_FORKED", "%s, at size %llu", what,
                   (unsigned long long)earlier->checkpoint.size);
}

enum jk_status jk_audit_contradicts(const struct jk_audit_signed *earlier, const struct jk_audit_signed *head,
                                    struct jk_error *error)
{
    const struct jk_checkpoint *old = &earlier->checkpoint, *new = &head->checkpoint;
    if (!jk_span_equal(old->origin, new->origin))
        return jk_fail(error, JK_FAILED_PRECONDITION, "ANOTHER_LOG",
                       "what was seen before is the log %.*s, and this one is %.*s", JK_SPAN_ARG(old->origin),
                       JK_SPAN_ARG(new->origin));
    if (old->size > new->size) return forked(earlier, head, "the log has shrunk since it was seen", error);
    if (old->size < new->size || jk_digest_equal(&old->root, &new->root)) return JK_OK;
    return forked(earlier, head, "the log shows another history than when it was seen", error);
}

enum jk_status jk_audit_follows(struct jk_audit *audit, const struct jk_audit_signed *earlier,
                                const struct jk_audit_signed *head, struct jk_error *error)
{
    struct jk_digest root;
    JK_TRY(jk_audit_contradicts(earlier, head, error));
    JK_TRY(jk_audit_root(audit, earlier->checkpoint.size, &root, error));
    if (jk_digest_equal(&root, &earlier->checkpoint.root)) return JK_OK;
    return forked(earlier, head, "the log shows another history than when it was seen", error);
}

/* ---- all of it ---- */

static enum jk_status check_all(struct jk_audit *audit, const struct jk_audit_options *options,
                                const struct jk_audit_signed *head, struct jk_error *error)
{
    struct jk_ring *ring;
    JK_TRY(jk_ring_start(options, audit->size, &ring, error));
    enum jk_status status = take_bundles(audit, options, ring, error);
    jk_ring_stop(ring);
    JK_TRY(status);

    for (unsigned level = 1; level < JK_TILE_LEVELS && audit->levels[level].count > 0; level++) {
        struct jk_tile tile = {JK_TILE_HASHES, level, 0, 0};
        for (; (tile.width = jk_tile_width_at(level, tile.index, audit->size)) > 0; tile.index++)
            JK_TRY(check_tile(audit, &tile, error));
    }

    char want[JK_DIGEST_HEX + 1], have[JK_DIGEST_HEX + 1];
    struct jk_digest root;
    JK_TRY(jk_audit_root(audit, audit->size, &root, error));
    if (!jk_digest_equal(&root, &head->checkpoint.root)) {
        jk_digest_hex(&head->checkpoint.root, want);
        jk_digest_hex(&root, have);
        jk_error_fact(error, "expected", "%s", want);
        jk_error_fact(error, "found", "%s", have);
        return jk_fail(error, JK_DATA_LOSS, "AUDIT_ROOT",
                       "the root of %llu entries: expected %s, which the checkpoint signs; found %s",
                       (unsigned long long)audit->size, want, have);
    }

    return audit->book ? check_identity(audit, head, error) : JK_OK;
}

enum jk_status jk_audit_run(const struct jk_audit_options *options, const struct jk_audit_signed *head,
                            struct jk_audit **out_audit, struct jk_error *error)
{
    struct jk_audit *audit = calloc(1, sizeof *audit);
    if (!audit) return jk_out_of_memory(error);
    audit->folder = options->folder;
    audit->size = head->checkpoint.size;
    audit->loaded = UINT64_MAX;
    jk_tile_bytes_init(&audit->bytes);
    enum jk_status status = JK_OK;
    if (options->fold && audit->size >= JK_NONE)
        status = jk_fail(error, JK_OUT_OF_RANGE, "LOG_TOO_LARGE", "%llu entries are too many to fold",
                         (unsigned long long)audit->size);
    if (status == JK_OK && options->fold && !(audit->book = jk_book_new())) status = jk_out_of_memory(error);
    if (audit->book) jk_book_expect(audit->book, audit->size);
    if (status == JK_OK) status = check_all(audit, options, head, error);
    if (status == JK_OK)
        *out_audit = audit;
    else
        jk_audit_free(audit);
    return status;
}

void jk_audit_free(struct jk_audit *audit)
{
    if (!audit) return;
    for (unsigned level = 0; level < JK_TILE_LEVELS; level++)
        free(audit->levels[level].hashes);
    jk_book_free(audit->book);
    jk_tile_bytes_done(&audit->bytes);
    free(audit);
}

const struct jk_book *jk_audit_book(const struct jk_audit *audit)
{
    return audit->book;
}

uint64_t jk_audit_kind_count(const struct jk_audit *audit, enum jk_kind kind)
{
    return audit->kinds[kind];
}

uint64_t jk_audit_size(const struct jk_audit *audit)
{
    return audit->size;
}
