/* A folder of published files, each of them whole or absent. A file that is there is never changed: putting the same
 * bytes again does nothing, other bytes are DATA_LOSS (TILE_CHANGED). Only names that jk_folder_replace gets may
 * change.
 *
 * A file is written under a temporary name in the folder itself (".new-…"), synced, renamed to its name, and the folder
 * of the name is synced. Files that are put wait for jk_folder_flush, which does this for all of them with few syncs.
 * Several processes may use one folder: whoever writes holds its lock, so a temporary file that is met under the lock
 * belongs to nobody any more.
 * Thread: one at a time. Limits: JK_FOLDER_PENDING files open at once, paths of JK_FOLDER_PATH bytes.
 * Failures of the disk are UNAVAILABLE (PUBLIC_FOLDER, DISK_FULL): the caller tries again. */
#ifndef JK_TILES_FOLDER_H
#define JK_TILES_FOLDER_H

#include "base/error.h"
#include "base/text.h"

#define JK_FOLDER_PENDING   64
#define JK_FOLDER_PATH      320 /* of a file, relative to the folder */
#define JK_FOLDER_TEMPORARY ".new-"

struct jk_folder;

/* `make`: the folder is made where it is absent (its parent must be there); else NOT_FOUND. */
JK_MUST_USE enum jk_status jk_folder_open(const char *path, bool make, struct jk_folder **out_folder,
                                          struct jk_error *error);
void jk_folder_close(struct jk_folder *folder);
const char *jk_folder_path(const struct jk_folder *folder);

/* Among processes; ends with the process. UNAVAILABLE (FOLDER_BUSY) where another has it for longer than that. */
JK_MUST_USE enum jk_status jk_folder_lock(struct jk_folder *folder, int wait_ms, struct jk_error *error);
void jk_folder_unlock(struct jk_folder *folder);

/* From now on a file with other bytes is replaced, and told, instead of refused: for a rebuild only. */
void jk_folder_mend(struct jk_folder *folder, void (*told)(void *context, const char *path), void *context);
/* Under the lock. After a failure of either, jk_folder_discard. */
JK_MUST_USE enum jk_status jk_folder_put(struct jk_folder *folder, const char *path, struct jk_span bytes,
                                         struct jk_error *error);
/* Everything that was put has its name and outlives a loss of power. */
JK_MUST_USE enum jk_status jk_folder_flush(struct jk_folder *folder, struct jk_error *error);
void jk_folder_discard(struct jk_folder *folder);
/* The file becomes these bytes at once, whatever it was before. Nothing may be pending. */
JK_MUST_USE enum jk_status jk_folder_replace(struct jk_folder *folder, const char *path, struct jk_span bytes,
                                             struct jk_error *error);
/* Any time, without the lock. NOT_FOUND (FILE_ABSENT); RESOURCE_EXHAUSTED (FILE_TOO_LARGE) past out_bytes' limit. */
JK_MUST_USE enum jk_status jk_folder_read(struct jk_folder *folder, const char *path, struct jk_text *out_bytes,
                                          struct jk_error *error);
/* The same, from the disk: what the system keeps of the file in memory it is asked to forget before. */
JK_MUST_USE enum jk_status jk_folder_read_disk(struct jk_folder *folder, const char *path, struct jk_text *out_bytes,
                                               struct jk_error *error);

/* ---- what only this library needs ---- */
int jk_folder_descriptor(const struct jk_folder *folder);
/* From errno: what happened to this path. */
JK_MUST_USE enum jk_status jk_folder_fault(const struct jk_folder *folder, const char *path, struct jk_error *error);

#endif
