/* See reread.h. */
#include "tiles/reread.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/check.h"

#define SAMPLES 64

/* Full tiles of the level, and the partial one. */
static uint64_t count_level(unsigned level, uint64_t size)
{
    uint64_t hashes = size >> (JK_TILE_BITS * level);

    return hashes / JK_TILE_WIDTH + (hashes % JK_TILE_WIDTH != 0);
}

uint64_t jk_reread_count(uint64_t size)
{
    uint64_t count = count_level(0, size); /* the bundles */

    for (unsigned level = 0; level < JK_TILE_LEVELS; level++)
        count += count_level(level, size);
    return count;
}

void jk_reread_tile(uint64_t size, uint64_t at, struct jk_tile *out_tile)
{
    struct jk_tile tile = {.kind = JK_TILE_ENTRIES, .index = at};

    if (at >= count_level(0, size)) {
        tile = (struct jk_tile){.kind = JK_TILE_HASHES, .index = at - count_level(0, size)};
        while (tile.index >= count_level(tile.level, size)) {
            tile.index -= count_level(tile.level, size);
            tile.level++;
            JK_CHECK(tile.level < JK_TILE_LEVELS);
        }
    }
    tile.width = jk_tile_width_at(tile.level, tile.index, size);
    *out_tile = tile;
}

uint64_t jk_reread_bytes(const struct jk_folder *folder, uint64_t size)
{
    uint64_t count = jk_reread_count(size), sampled = 0, bytes = 0;
    uint64_t stride = count > SAMPLES ? count / SAMPLES : 1;

    for (uint64_t at = 0; at < count; at += stride) {
        char path[JK_TILE_PATH];
        struct jk_tile tile;
        struct stat facts;

        jk_reread_tile(size, at, &tile);
        jk_tile_path(&tile, path);
        if (fstatat(jk_folder_descriptor(folder), path, &facts, AT_SYMLINK_NOFOLLOW) != 0 || facts.st_size < 0)
            continue;
        bytes += (uint64_t)facts.st_size;
        sampled++;
    }
    return sampled == 0 ? 0 : bytes / sampled * count;
}

int64_t jk_reread_pass_ms(uint64_t bytes)
{
    uint64_t seconds = bytes / JK_REREAD_RATE;

    if (seconds >= (uint64_t)JK_REREAD_PASS_MOST_MS / 1000) return JK_REREAD_PASS_MOST_MS;
    return (int64_t)seconds * 1000 > JK_REREAD_PASS_LEAST_MS ? (int64_t)seconds * 1000 : JK_REREAD_PASS_LEAST_MS;
}

int64_t jk_reread_due_ms(uint64_t at, uint64_t count, int64_t pass_ms)
{
    return (int64_t)((unsigned __int128)at * (uint64_t)pass_ms / count);
}

uint64_t jk_reread_place(int64_t now_ms, uint64_t count, int64_t pass_ms)
{
    uint64_t into_ms = now_ms > 0 ? (uint64_t)(now_ms % pass_ms) : 0;

    return (uint64_t)((unsigned __int128)into_ms * count / (uint64_t)pass_ms);
}

int64_t jk_reread_rest_ms(uint64_t bytes)
{
    return (int64_t)(bytes * 1000 / JK_REREAD_RATE_MOST);
}
