/* A published folder made to hold a larger tree: its entry bundles and tiles, C2SP tlog-tiles. The checkpoint is put up
 * afterwards (published.h), then what has become superfluous goes (jk_grow_sweep).
 * Thread: one at a time, under the folder's lock. Memory: one bundle (up to 16 MiB). */
#ifndef JK_TILES_GROW_H
#define JK_TILES_GROW_H

#include "tiles/folder.h"
#include "tlog/tile.h"

#define JK_GROW_BUNDLE_MAX (JK_TILE_WIDTH * (2 + JK_TILE_ENTRY_MAX))

/* Where hashes and entries come from. A failure of either is handed on. */
struct jk_grow_source {
    /* The hashes of the perfect subtrees (level, first) to (level, first + count - 1); at most JK_TILE_WIDTH. */
    enum jk_status (*hashes)(void *context, unsigned level, uint64_t first, unsigned count,
                             struct jk_digest *out_hashes, struct jk_error *error);
    /* Adds `count` entries from `first` on to the bundle (jk_tile_entry_add). */
    enum jk_status (*entries)(void *context, uint64_t first, unsigned count, struct jk_text *bundle,
                              struct jk_error *error);
    void (*wrote)(void *context, const struct jk_tile *tile); /* NULL, or told of each file */
    void *context;
};

/* Whatever exists at `size` and did not at `old_size`: bundles first, then tiles, durable at the end. DATA_LOSS where
 * an entry is not the one of its leaf's hash (ENTRY_CHANGED), or a file that is there is another (TILE_CHANGED). */
JK_MUST_USE enum jk_status jk_grow(struct jk_folder *folder, const struct jk_grow_source *source, uint64_t old_size,
                                   uint64_t size, struct jk_error *error);
/* How many files that is. */
uint64_t jk_grow_count(uint64_t old_size, uint64_t size);
/* Removes the partial forms of what has become full between the two sizes. */
JK_MUST_USE enum jk_status jk_grow_sweep(struct jk_folder *folder, uint64_t old_size, uint64_t size,
                                         struct jk_error *error);
/* Looks through the whole folder for what crashes left: temporary files, partial forms of full tiles, and partial tiles
 * beyond `size`, which were never published. */
JK_MUST_USE enum jk_status jk_grow_tidy(struct jk_folder *folder, uint64_t size, struct jk_error *error);
/* Removes the temporary files alone. */
JK_MUST_USE enum jk_status jk_grow_drafts(struct jk_folder *folder, struct jk_error *error);
/* For a rebuild (jk_folder_mend): the narrower partial tiles beside those of `size` are beginnings of them; one that is
 * not is replaced, and told. */
JK_MUST_USE enum jk_status jk_grow_mend(struct jk_folder *folder, const struct jk_grow_source *source, uint64_t size,
                                        struct jk_error *error);

/* ---- reading again what was published ---- */
enum jk_grow_state { JK_GROW_WHOLE, JK_GROW_ABSENT, JK_GROW_WRONG };
struct jk_grow_found {
    enum jk_grow_state state;
    size_t len;              /* of the file */
    struct jk_digest digest; /* of its bytes */
    char unreadable[160];    /* why, where it could not be read; then neither of the two is known */
};
/* Is the tile's file the one of the tree? Read from the disk into `bytes` (its limit JK_GROW_BUNDLE_MAX), without the
 * lock; only the source's hashes are asked for. Fails as they do. */
JK_MUST_USE enum jk_status jk_grow_look(struct jk_folder *folder, const struct jk_grow_source *source,
                                        const struct jk_tile *tile, struct jk_text *bytes,
                                        struct jk_grow_found *out_found, struct jk_error *error);
/* The file made anew, in the place of whatever has its name: durable, and another file than before. */
JK_MUST_USE enum jk_status jk_grow_again(struct jk_folder *folder, const struct jk_grow_source *source,
                                         const struct jk_tile *tile, struct jk_error *error);

#endif
