/* Tiles of a log, C2SP tlog-tiles (c2sp.org/tlog-tiles): their names and widths, which exist at a size, and where a
 * hash is found in them. Pure: any thread, no files, no state. A tile at level L holds up to 256 hashes of perfect
 * subtrees of 256^L leaves each; an entries bundle holds the entries of a level-0 tile. Text: "tile/<L>/<N>[.p/<W>]"
 * and "tile/entries/<N>[.p/<W>]", where N is written in groups of three digits, all but the last prefixed with "x":
 * 1234067 is "x001/x234/067". */
#ifndef JK_TLOG_TILE_H
#define JK_TLOG_TILE_H

#include "base/text.h"
#include "tlog/merkle.h"

#define JK_TILE_BITS      8
#define JK_TILE_WIDTH     256
#define JK_TILE_LEVELS    8  /* levels that a tree of JK_TREE_MAX leaves needs */
#define JK_TILE_LEVEL_MAX 63 /* what the grammar allows */
#define JK_TILE_INDEX_MAX ((uint64_t)JK_TREE_MAX >> JK_TILE_BITS)
#define JK_TILE_PATH      48 /* the longest path, with its NUL */
#define JK_TILE_ENTRY_MAX 65535

enum jk_tile_kind { JK_TILE_HASHES, JK_TILE_ENTRIES };

struct jk_tile {
    enum jk_tile_kind kind;
    unsigned level; /* 0 for entries */
    unsigned width; /* 1 to 255 for a partial tile, JK_TILE_WIDTH for a full one */
    uint64_t index;
};

/* The path relative to the log's prefix, without a leading '/'. The tile must be within the limits above. */
void jk_tile_path(const struct jk_tile *tile, char out_path[JK_TILE_PATH]);
/* Only the form that jk_tile_path writes: false on anything else, with *out_tile unchanged. */
bool jk_tile_parse(struct jk_span path, struct jk_tile *out_tile);

/* The width of tile (level, index) in a tree of that size; 0 if it does not exist. Bundles: level 0. */
unsigned jk_tile_width_at(unsigned level, uint64_t index, uint64_t size);

/* The tiles that exist at `size` but did not at `old_size`: bundles first, then level by level, each in order of index.
 * A publisher writes these before the checkpoint. */
struct jk_tile_walk {
    uint64_t old_size;
    uint64_t size;
    struct jk_tile at; /* the next candidate */
};
void jk_tile_walk_init(struct jk_tile_walk *walk, uint64_t old_size, uint64_t size); /* old_size <= size */
bool jk_tile_walk_next(struct jk_tile_walk *walk, struct jk_tile *out_tile);

/* Where to find the hash of the perfect subtree at (level, index): it is the root of `count` (a power of two up to 128)
 * hashes of the tile, starting at `first`. */
struct jk_tile_place {
    struct jk_tile tile; /* with its width at that size */
    unsigned first;
    unsigned count;
};
/* False if that subtree is not completely within a tree of that size. */
bool jk_tile_locate(unsigned level, uint64_t index, uint64_t size, struct jk_tile_place *out_place);
/* Computes the hash at that place from the tile's bytes; false if their length does not match its width. */
bool jk_tile_hash(const struct jk_tile_place *place, struct jk_span bytes, struct jk_digest *out_hash);

/* Bundles: each entry is its length as a big-endian uint16, then its bytes. False, with nothing added, for an entry
 * above JK_TILE_ENTRY_MAX bytes; a failed builder stays failed. */
bool jk_tile_entry_add(struct jk_text *bundle, struct jk_span entry);
/* Takes the first entry off *rest; false at the end and if the bytes are cut short (*rest is then unchanged, hence not
 * empty). */
bool jk_tile_entry_next(struct jk_span *rest, struct jk_span *out_entry);

#endif
