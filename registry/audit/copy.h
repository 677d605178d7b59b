/* The published log as a folder: `checkpoint`, `log.vkey`, tile/<L>/<N>[.p/<W>] and tile/entries/<N>[.p/<W>]. Reads
 * whole files within their limits; writes them through a temporary file and a rename. Any thread; a struct jk_leaf_tile
 * or a text belongs to one. Failures of the folder itself: NOT_FOUND or INTERNAL with reason LOCAL_FILE. */
#ifndef JK_AUDIT_COPY_H
#define JK_AUDIT_COPY_H

#include "base/error.h"
#include "base/text.h"
#include "tlog/tile.h"

#define JK_COPY_PATH     4096
#define JK_BUNDLE_MAX    ((size_t)JK_TILE_WIDTH * (JK_TILE_ENTRY_MAX + 2))
#define JK_HASHES_MAX    ((size_t)JK_TILE_WIDTH * JK_DIGEST_SIZE)
#define JK_VKEY_FILE_MAX 4096

/* A descriptor of the folder, for the calls below; close(2) it. */
JK_MUST_USE enum jk_status jk_copy_open(const char *path, int *out_folder, struct jk_error *error);
/* Replaces the text's bytes by the file's. *out_found false: there is no such file. A file of more than `most` bytes
 * is DATA_LOSS, reason AUDIT_MALFORMED. */
JK_MUST_USE enum jk_status jk_copy_read(int folder, const char *path, size_t most, struct jk_text *bytes,
                                        bool *out_found, struct jk_error *error);
/* A file (not a folder, not a link) is there; its size in bytes. */
bool jk_copy_has(int folder, const char *path, uint64_t *out_size);
/* Puts a file in place atomically, and creates missing folders above it. `temporary` is a name in the folder itself,
 * used only by the caller and beginning with ".". Synced only if `durable`. */
JK_MUST_USE enum jk_status jk_copy_write(int folder, const char *temporary, const char *path, struct jk_span bytes,
                                         bool durable, struct jk_error *error);

/* A tile of at least `tile->width`, its first `width` hashes or entries: a partial tile may have been replaced by the
 * full one in the meantime. AUDIT_MISSING if neither exists, AUDIT_MALFORMED if the bytes are not such a tile; out_path
 * is the file that was read. */
struct jk_tile_bytes {
    struct jk_text text;                   /* owned, reused by the next read */
    char path[JK_TILE_PATH];               /* what was read */
    struct jk_span entries[JK_TILE_WIDTH]; /* of a bundle */
};
void jk_tile_bytes_init(struct jk_tile_bytes *bytes);
void jk_tile_bytes_done(struct jk_tile_bytes *bytes);
JK_MUST_USE enum jk_status jk_copy_tile(int folder, const struct jk_tile *tile, struct jk_tile_bytes *out_bytes,
                                        struct jk_error *error);
/* Whether bytes have the form of exactly that tile: the count and the length; returns the entries for a bundle (NULL:
 * not wanted). */
bool jk_tile_formed(const struct jk_tile *tile, struct jk_span bytes, struct jk_span *out_entries);

#endif
