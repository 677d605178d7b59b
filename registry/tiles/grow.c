/* Making bundles and tiles; see grow.h. */
#include "tiles/grow.h"

#include <stdio.h>

/* How many entries of the bundle, counted from its start, match the leaves; one more than there are leaves if bytes
 * follow. */
static unsigned count_right(struct jk_span bundle, const struct jk_digest *leaves, unsigned width)
{
    struct jk_span entry;
    unsigned count = 0;

    while (count < width && jk_tile_entry_next(&bundle, &entry)) {
        struct jk_digest leaf = jk_merkle_leaf(entry);

        if (!jk_digest_equal(&leaf, &leaves[count])) return count;
        count++;
    }
    return count == width && bundle.len > 0 ? width + 1 : count;
}

static struct jk_span hashes_span(const struct jk_digest *hashes, unsigned count)
{
    return (struct jk_span){(const char *)hashes[0].bytes, (size_t)count * JK_DIGEST_SIZE};
}

static enum jk_status tile_hashes(const struct jk_grow_source *source, const struct jk_tile *tile,
                                  struct jk_digest out_hashes[JK_TILE_WIDTH], struct jk_error *error)
{
    return source->hashes(source->context, tile->level * JK_TILE_BITS, tile->index * JK_TILE_WIDTH, tile->width,
                          out_hashes, error);
}

/* The file's bytes; a tile's are in `hashes`. */
static enum jk_status make_tile(const struct jk_grow_source *source, const struct jk_tile *tile,
                                struct jk_digest hashes[JK_TILE_WIDTH], struct jk_text *bundle,
                                struct jk_span *out_bytes, struct jk_error *error)
{
    JK_TRY(tile_hashes(source, tile, hashes, error));
    if (tile->kind == JK_TILE_HASHES) {
        *out_bytes = hashes_span(hashes, tile->width);
        return JK_OK;
    }
    jk_text_clear(bundle);
    JK_TRY(source->entries(source->context, tile->index * JK_TILE_WIDTH, tile->width, bundle, error));
    if (bundle->failed) return jk_out_of_memory(error);
    *out_bytes = jk_text_span(bundle);

    unsigned count = count_right(*out_bytes, hashes, tile->width);
    if (count == tile->width) return JK_OK;
    return jk_fail(error, JK_DATA_LOSS, "ENTRY_CHANGED",
                   "entry %llu is not the one that was signed: restore it from a backup or a mirror",
                   (unsigned long long)(tile->index * JK_TILE_WIDTH + count));
}

static enum jk_status put_made_tile(struct jk_folder *folder, const struct jk_grow_source *source,
                                    const struct jk_tile *tile, struct jk_text *bundle, struct jk_error *error)
{
    struct jk_digest hashes[JK_TILE_WIDTH];
    char path[JK_TILE_PATH];
    struct jk_span bytes;

    JK_TRY(make_tile(source, tile, hashes, bundle, &bytes, error));
    jk_tile_path(tile, path);
    JK_TRY(jk_folder_put(folder, path, bytes, error));
    if (source->wrote) source->wrote(source->context, tile);
    return JK_OK;
}

enum jk_status jk_grow(struct jk_folder *folder, const struct jk_grow_source *source, uint64_t old_size, uint64_t size,
                       struct jk_error *error)
{
    struct jk_tile_walk walk;
    struct jk_text bundle;
    struct jk_tile tile;
    enum jk_status status = JK_OK;

    jk_text_init(&bundle, JK_GROW_BUNDLE_MAX);
    jk_tile_walk_init(&walk, old_size, size);
    while (status == JK_OK && jk_tile_walk_next(&walk, &tile))
        status = put_made_tile(folder, source, &tile, &bundle, error);
    if (status == JK_OK) status = jk_folder_flush(folder, error);
    if (status != JK_OK) jk_folder_discard(folder);
    jk_text_done(&bundle);
    return status;
}

uint64_t jk_grow_count(uint64_t old_size, uint64_t size)
{
    struct jk_tile_walk walk;
    struct jk_tile tile;
    uint64_t count = 0;

    jk_tile_walk_init(&walk, old_size, size);
    while (jk_tile_walk_next(&walk, &tile))
        count++;
    return count;
}

/* ---- a rebuild: narrower partial tiles ---- */

/* Where the first `width` entries of a bundle end. */
static size_t prefix_of(struct jk_span bundle, unsigned width)
{
    struct jk_span rest = bundle, entry;

    while (width-- > 0 && jk_tile_entry_next(&rest, &entry))
        continue;
    return bundle.len - rest.len;
}

static enum jk_status mend_narrower(struct jk_folder *folder, const struct jk_tile *full, struct jk_span bytes,
                                    struct jk_error *error)
{
    struct jk_tile tile = *full;
    struct jk_text there;
    enum jk_status status = JK_OK;

    jk_text_init(&there, 1); /* only whether it exists */
    for (tile.width = 1; tile.width < full->width && status == JK_OK; tile.width++) {
        char path[JK_TILE_PATH];
        struct jk_error why;
        size_t len = tile.kind == JK_TILE_ENTRIES ? prefix_of(bytes, tile.width) : (size_t)tile.width * JK_DIGEST_SIZE;

        jk_tile_path(&tile, path);
        jk_error_init(&why, NULL);
        if (jk_folder_read(folder, path, &there, &why) == JK_NOT_FOUND) continue;
        status = jk_folder_put(folder, path, (struct jk_span){bytes.at, len}, error);
    }
    jk_text_done(&there);
    return status;
}

enum jk_status jk_grow_mend(struct jk_folder *folder, const struct jk_grow_source *source, uint64_t size,
                            struct jk_error *error)
{
    struct jk_digest hashes[JK_TILE_WIDTH];
    enum jk_status status = JK_OK;
    struct jk_text bundle;

    jk_text_init(&bundle, JK_GROW_BUNDLE_MAX);
    for (unsigned place = 0; place <= JK_TILE_LEVELS && status == JK_OK; place++) { /* 0 is the bundle */
        struct jk_tile tile = {.kind = place == 0 ? JK_TILE_ENTRIES : JK_TILE_HASHES,
                               .level = place == 0 ? 0 : place - 1};
        struct jk_span bytes;

        tile.index = (size >> (JK_TILE_BITS * tile.level)) / JK_TILE_WIDTH;
        tile.width = jk_tile_width_at(tile.level, tile.index, size);
        if (tile.width == 0) continue;
        status = make_tile(source, &tile, hashes, &bundle, &bytes, error);
        if (status == JK_OK) status = mend_narrower(folder, &tile, bytes, error);
    }
    if (status == JK_OK) status = jk_folder_flush(folder, error);
    if (status != JK_OK) jk_folder_discard(folder);
    jk_text_done(&bundle);
    return status;
}

/* ---- reading again ---- */

static bool is_right(const struct jk_tile *tile, struct jk_span bytes, const struct jk_digest *hashes)
{
    if (tile->kind == JK_TILE_HASHES) return jk_span_equal(bytes, hashes_span(hashes, tile->width));
    return count_right(bytes, hashes, tile->width) == tile->width;
}

enum jk_status jk_grow_look(struct jk_folder *folder, const struct jk_grow_source *source, const struct jk_tile *tile,
                            struct jk_text *bytes, struct jk_grow_found *out_found, struct jk_error *error)
{
    struct jk_digest hashes[JK_TILE_WIDTH];
    char path[JK_TILE_PATH];
    struct jk_error why;
    enum jk_status status;

    *out_found = (struct jk_grow_found){.state = JK_GROW_WRONG};
    JK_TRY(tile_hashes(source, tile, hashes, error));
    jk_tile_path(tile, path);
    jk_error_init(&why, NULL);
    status = jk_folder_read_disk(folder, path, bytes, &why);
    if (status == JK_NOT_FOUND) {
        out_found->state = JK_GROW_ABSENT;
    } else if (status != JK_OK) {
        (void)snprintf(out_found->unreadable, sizeof(out_found->unreadable), "%.150s", why.message);
    } else {
        if (is_right(tile, jk_text_span(bytes), hashes)) out_found->state = JK_GROW_WHOLE;
        out_found->len = bytes->len;
        if (out_found->state != JK_GROW_WHOLE) out_found->digest = jk_digest_of(jk_text_span(bytes));
    }
    return JK_OK;
}

enum jk_status jk_grow_again(struct jk_folder *folder, const struct jk_grow_source *source, const struct jk_tile *tile,
                             struct jk_error *error)
{
    struct jk_digest hashes[JK_TILE_WIDTH];
    char path[JK_TILE_PATH];
    struct jk_text bundle;
    struct jk_span bytes;
    enum jk_status status;

    jk_text_init(&bundle, JK_GROW_BUNDLE_MAX);
    jk_tile_path(tile, path);
    status = make_tile(source, tile, hashes, &bundle, &bytes, error);
    if (status == JK_OK) status = jk_folder_replace(folder, path, bytes, error);
    jk_text_done(&bundle);
    return status;
}
