/* Which tiles a log of a size publishes, said of one tile. */
#ifndef JK_TESTS_TILES_H
#define JK_TESTS_TILES_H

#include "tlog/tile.h"

/* The tile, with its width, is one of those that a log of exactly that size publishes. */
static inline bool tile_exists(const struct jk_tile *tile, uint64_t size)
{
    unsigned width = jk_tile_width_at(tile->level, tile->index, size);
    return (tile->kind != JK_TILE_ENTRIES || tile->level == 0) && width != 0 && tile->width == width;
}

#endif
