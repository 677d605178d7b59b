/* Tile names, widths and places. Pure; see tile.h. */
#include "tlog/tile.h"

#include <stdio.h>

#include "base/ascii.h"
#include "base/check.h"

#define GROUPS_MAX 6 /* groups of three digits: JK_TILE_INDEX_MAX has 17 digits */

static size_t write_index(uint64_t index, char *out, size_t room)
{
    unsigned groups[GROUPS_MAX];
    unsigned count = 0;
    size_t len = 0;

    do {
        groups[count++] = (unsigned)(index % 1000);
        index /= 1000;
    } while (index > 0);
    while (count-- > 0)
        len += (size_t)snprintf(out + len, room - len, count > 0 ? "x%03u/" : "%03u", groups[count]);
    return len;
}

void jk_tile_path(const struct jk_tile *tile, char out_path[JK_TILE_PATH])
{
    size_t len;

    JK_CHECK(tile->level <= JK_TILE_LEVEL_MAX && tile->index <= JK_TILE_INDEX_MAX);
    JK_CHECK(tile->width >= 1 && tile->width <= JK_TILE_WIDTH);
    if (tile->kind == JK_TILE_ENTRIES)
        len = (size_t)snprintf(out_path, JK_TILE_PATH, "tile/entries/");
    else
        len = (size_t)snprintf(out_path, JK_TILE_PATH, "tile/%u/", tile->level);
    len += write_index(tile->index, out_path + len, JK_TILE_PATH - len);
    if (tile->width < JK_TILE_WIDTH) len += (size_t)snprintf(out_path + len, JK_TILE_PATH - len, ".p/%u", tile->width);
    JK_CHECK(len < JK_TILE_PATH);
}

static bool take_prefix(struct jk_span *rest, struct jk_span prefix)
{
    if (!jk_span_starts(*rest, prefix)) return false;
    rest->at += prefix.len;
    rest->len -= prefix.len;
    return true;
}

static bool take_group(struct jk_span *rest, uint64_t *index)
{
    uint64_t value = 0;

    if (rest->len < 3) return false;
    for (int i = 0; i < 3; i++) {
        char digit = rest->at[i];
        if (!jk_ascii_digit(digit)) return false;
        value = value * 10 + (uint64_t)(digit - '0');
    }
    *index = *index * 1000 + value;
    rest->at += 3;
    rest->len -= 3;
    return true;
}

/* A leading group of zeros would be a second name for the same tile. */
static bool take_index(struct jk_span *rest, uint64_t *out_index)
{
    uint64_t index = 0;
    unsigned groups = 1;

    for (; take_prefix(rest, JK_SPAN("x")); groups++) {
        if (groups == GROUPS_MAX || !take_group(rest, &index) || index == 0 || !take_prefix(rest, JK_SPAN("/")))
            return false;
    }
    if (!take_group(rest, &index) || index > JK_TILE_INDEX_MAX) return false;
    *out_index = index;
    return true;
}

static bool take_level(struct jk_span *rest, struct jk_tile *tile)
{
    struct jk_span head;
    uint64_t level;

    if (!jk_span_cut(rest, '/', &head)) return false;
    if (jk_span_equal(head, JK_SPAN("entries"))) {
        tile->kind = JK_TILE_ENTRIES;
        return true;
    }
    if (!jk_span_to_u64(head, &level) || level > JK_TILE_LEVEL_MAX) return false;
    tile->level = (unsigned)level;
    return true;
}

bool jk_tile_parse(struct jk_span path, struct jk_tile *out_tile)
{
    struct jk_tile tile = {.kind = JK_TILE_HASHES, .width = JK_TILE_WIDTH};
    uint64_t width;

    if (!take_prefix(&path, JK_SPAN("tile/")) || !take_level(&path, &tile) || !take_index(&path, &tile.index))
        return false;
    if (path.len > 0) {
        if (!take_prefix(&path, JK_SPAN(".p/")) || !jk_span_to_u64(path, &width) || width == 0 ||
            width >= JK_TILE_WIDTH)
            return false;
        tile.width = (unsigned)width;
    }
    *out_tile = tile;
    return true;
}

unsigned jk_tile_width_at(unsigned level, uint64_t index, uint64_t size)
{
    if (level >= JK_TILE_LEVELS) return 0;
    uint64_t hashes = size >> (JK_TILE_BITS * level);
    uint64_t full = hashes / JK_TILE_WIDTH;
    if (index < full) return JK_TILE_WIDTH;
    return index == full ? (unsigned)(hashes % JK_TILE_WIDTH) : 0;
}

/* The first tile of a level that was not full in a tree of old_size. */
static uint64_t first_open(unsigned level, uint64_t old_size)
{
    return (old_size >> (JK_TILE_BITS * level)) / JK_TILE_WIDTH;
}

void jk_tile_walk_init(struct jk_tile_walk *walk, uint64_t old_size, uint64_t size)
{
    JK_CHECK(old_size <= size && size <= JK_TREE_MAX);
    walk->old_size = old_size;
    walk->size = size;
    walk->at = (struct jk_tile){.kind = JK_TILE_ENTRIES, .index = first_open(0, old_size)};
}

bool jk_tile_walk_next(struct jk_tile_walk *walk, struct jk_tile *out_tile)
{
    while (walk->at.level < JK_TILE_LEVELS) {
        struct jk_tile tile = walk->at;

        tile.width = jk_tile_width_at(tile.level, tile.index, walk->size);
        if (tile.width == 0) {
            unsigned level = walk->at.kind == JK_TILE_ENTRIES ? 0 : walk->at.level + 1;
            walk->at = (struct jk_tile){.kind = JK_TILE_HASHES, .level = level};
            if (level < JK_TILE_LEVELS) walk->at.index = first_open(level, walk->old_size);
            continue;
        }
        walk->at.index++;
        if (tile.width == jk_tile_width_at(tile.level, tile.index, walk->old_size)) continue;
        *out_tile = tile;
        return true;
    }
    return false;
}

bool jk_tile_locate(unsigned level, uint64_t index, uint64_t size, struct jk_tile_place *out_place)
{
    unsigned tile_level = level / JK_TILE_BITS;
    unsigned inside = level % JK_TILE_BITS;

    if (size > JK_TREE_MAX || level >= JK_TILE_LEVELS * JK_TILE_BITS || index >= size >> level) return false;
    uint64_t first = index << inside; /* among the hashes of the tile level */
    struct jk_tile tile = {.kind = JK_TILE_HASHES, .level = tile_level, .index = first / JK_TILE_WIDTH};
    tile.width = jk_tile_width_at(tile_level, tile.index, size);
    *out_place = (struct jk_tile_place){tile, (unsigned)(first % JK_TILE_WIDTH), 1U << inside};
    return true;
}

bool jk_tile_hash(const struct jk_tile_place *place, struct jk_span bytes, struct jk_digest *out_hash)
{
    struct jk_edge edge;

    JK_CHECK(place->count > 0 && place->first + place->count <= place->tile.width);
    if (bytes.len != (size_t)place->tile.width * JK_DIGEST_SIZE) return false;
    jk_edge_init(&edge);
    for (unsigned i = 0; i < place->count; i++) {
        struct jk_digest hash;
        memcpy(hash.bytes, bytes.at + (size_t)(place->first + i) * JK_DIGEST_SIZE, JK_DIGEST_SIZE);
        jk_edge_append(&edge, &hash);
    }
    *out_hash = jk_edge_root(&edge);
    return true;
}

bool jk_tile_entry_add(struct jk_text *bundle, struct jk_span entry)
{
    if (entry.len > JK_TILE_ENTRY_MAX) return false;
    jk_text_add_char(bundle, (char)(entry.len >> 8));
    jk_text_add_char(bundle, (char)(entry.len & 0xff));
    jk_text_add(bundle, entry);
    return !bundle->failed;
}

bool jk_tile_entry_next(struct jk_span *rest, struct jk_span *out_entry)
{
    if (rest->len < 2) return false;
    size_t len = (size_t)(unsigned char)rest->at[0] << 8 | (unsigned char)rest->at[1];
    if (rest->len - 2 < len) return false;
    *out_entry = (struct jk_span){rest->at + 2, len};
    rest->at += 2 + len;
    rest->len -= 2 + len;
    return true;
}
