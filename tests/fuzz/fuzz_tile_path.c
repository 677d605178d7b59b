/* Paths of tiles as they come in requests: each tile has one name, within the limits, and bundles from
 * anybody read as what was written. Input: a path, tried also as a bundle. */
#include "base/check.h"
#include "base/defer.h"
#include "support/tiles.h"
#include "tlog/tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A size at which the tile exists, where one does: its last hash or entry is the tree's last. */
static void check_existence(const struct jk_tile *tile)
{
    unsigned shift = JK_TILE_BITS * tile->level;
    bool possible =
        tile->level < JK_TILE_LEVELS && tile->index * JK_TILE_WIDTH + tile->width <= (uint64_t)JK_TREE_MAX >> shift;

    if (!possible) {
        JK_CHECK(!tile_exists(tile, JK_TREE_MAX));
        return;
    }
    uint64_t least = (tile->index * JK_TILE_WIDTH + tile->width) << shift;
    JK_CHECK(tile_exists(tile, least) && !tile_exists(tile, least - 1));
}

static void try_path(struct jk_span path)
{
    struct jk_tile tile;
    char written[JK_TILE_PATH];

    if (!jk_tile_parse(path, &tile)) return;
    JK_CHECK(tile.level <= JK_TILE_LEVEL_MAX && tile.index <= JK_TILE_INDEX_MAX);
    JK_CHECK(tile.width >= 1 && tile.width <= JK_TILE_WIDTH);
    JK_CHECK(tile.kind == JK_TILE_HASHES || tile.level == 0);
    JK_CHECK(memmem(path.at, path.len, "..", 2) == NULL && path.len < JK_TILE_PATH);
    jk_tile_path(&tile, written);
    JK_CHECK(jk_span_equal(jk_span_of(written), path));
    check_existence(&tile);
}

static void try_bundle(struct jk_span bundle)
{
    JK_CLEANUP(jk_text_done) struct jk_text written = {0};
    struct jk_span rest = bundle, entry;

    while (jk_tile_entry_next(&rest, &entry))
        JK_CHECK(jk_tile_entry_add(&written, entry));
    JK_CHECK(written.len + rest.len == bundle.len);
    JK_CHECK(jk_span_equal(jk_text_span(&written), (struct jk_span){bundle.at, written.len}));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size};

    try_path(input);
    try_bundle(input);
    return 0;
}
