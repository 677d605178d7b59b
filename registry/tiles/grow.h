/* Extends a published folder to a larger tree: its entry bundles and tiles, C2SP tlog-tiles. Afterwards the checkpoint
 * is published (published.h), then superfluous files are removed (jk_grow_sweep). Thread: one at a time, under the
 * folder's lock. Memory: one bundle (up to 16 MiB). */
#ifndef JK_TILES_GROW_H
#define JK_TILES_GROW_H

#include "tiles/folder.h"
#include "tlog/tile.h"

#define JK_GROW_BUNDLE_MAX (JK_TILE_WIDTH * (2 + JK_TILE_ENTRY_MAX))

/* Where hashes and entries come from. A failure of either is passed on. */
struct jk_grow_source {
    /* The hashes of the perfect subtrees (level, first) to (level, first + count - 1); at most JK_TILE_WIDTH. */
    enum jk_status (*hashes)(void *context, unsigned level, uint64_t first, unsigned count,
                             struct jk_digest *out_hashes, struct jk_error *error);
    /* Adds `count` entries, starting at `first`, to the bundle (jk_tile_entry_add). */
    enum jk_status (*entries)(void *context, uint64_t first, unsigned count, struct jk_text *bundle,
                              struct jk_error *error);
    void (*wrote)(void *context, const struct jk_tile *tile); /* NULL, or called for each file */
    void *context;
};

/* Writes whatever exists at `size` but did not at `old_size`: bundles first, then tiles, synced at the end. DATA_LOSS
 * if an entry does not match its leaf's hash (ENTRY_CHANGED), or an existing file differs (TILE_CHANGED). */
JK_MUST_USE enum jk_status jk_grow(struct jk_folder *folder, const struct jk_grow_source *source, uint64_t old_size,
                                   uint64_t size, struct jk_error *error);
/* How many files that is. */
uint64_t jk_grow_count(uint64_t old_size, uint64_t size);
/* Removes the partial forms of tiles that became full between the two sizes. */
JK_MUST_USE enum jk_status jk_grow_sweep(struct jk_folder *folder, uint64_t old_size, uint64_t size,
                                         struct jk_error *error);
/* Searches the whole folder for what crashes left behind: temporary files, partial forms of full tiles, and partial
 * tiles beyond `size`, which were never published. */
JK_MUST_USE enum jk_status jk_grow_tidy(struct jk_folder *folder, uint64_t size, struct jk_error *error);
/* Removes only the temporary files. */
JK_MUST_USE enum jk_status jk_grow_drafts(struct jk_folder *folder, struct jk_error *error);
/* For a rebuild (jk_folder_mend): the narrower partial tiles beside those of `size` must be prefixes of them; one that
 * is not is replaced, and reported. */
JK_MUST_USE enum jk_status jk_grow_mend(struct jk_folder *folder, const struct jk_grow_source *source, uint64_t size,
                                        struct jk_error *error);

/* ---- reading again what was published ---- */
enum jk_grow_state { JK_GROW_WHOLE, JK_GROW_ABSENT, JK_GROW_WRONG };
struct jk_grow_found {
    enum jk_grow_state state;
    size_t len;              /* of the file */
    struct jk_digest digest; /* of its bytes */
    char unreadable[160];    /* why it could not be read, in which case length and digest are unknown */
};
/* Whether the file matches the tree. Read from the disk into `bytes` (its limit JK_GROW_BUNDLE_MAX), without the lock;
 * only the source's hashes are used. Fails if they do. */
JK_MUST_USE enum jk_status jk_grow_look(struct jk_folder *folder, const struct jk_grow_source *source,
                                        const struct jk_tile *tile, struct jk_text *bytes,
                                        struct jk_grow_found *out_found, struct jk_error *error);
/* Makes the file anew, in place of whatever has its name: synced, and as a new file, not by overwriting the old one. */
JK_MUST_USE enum jk_status jk_grow_again(struct jk_folder *folder, const struct jk_grow_source *source,
                                         const struct jk_tile *tile, struct jk_error *error);

#endif
