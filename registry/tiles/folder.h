/* A folder of published files, each either complete or absent. An existing file never changes: putting the same bytes
 * again does nothing, other bytes are DATA_LOSS (TILE_CHANGED). Only names written with jk_folder_replace may change.
 *
 * A file is written under a temporary name in the folder itself (".new-…"), synced and renamed, and then the folder it
 * is in is synced. Files that were put wait for jk_folder_flush, which does this for all of them with few syncs.
 * Several processes may share one folder: a writer holds its lock, so a temporary file found under the lock has no
 * owner any more. Thread: one at a time. Limits: JK_FOLDER_PENDING files open at once, paths of JK_FOLDER_PATH bytes.
 * Disk failures are UNAVAILABLE (PUBLIC_FOLDER, DISK_FULL): the caller tries again. */
#ifndef JK_TILES_FOLDER_H
#define JK_TILES_FOLDER_H

#include "base/error.h"
#include "base/text.h"

#define JK_FOLDER_PENDING   64
#define JK_FOLDER_PATH      320 /* of a file, relative to the folder */
#define JK_FOLDER_TEMPORARY ".new-"

struct jk_folder;

/* `make`: create the folder if it is absent (its parent must exist); otherwise NOT_FOUND. */
JK_MUST_USE enum jk_status jk_folder_open(const char *path, bool make, struct jk_folder **out_folder,
                                          struct jk_error *error);
void jk_folder_close(struct jk_folder *folder);
const char *jk_folder_path(const struct jk_folder *folder);

/* Excludes other processes; ends with the process. UNAVAILABLE (FOLDER_BUSY) if another one holds it for longer than
 * that. */
JK_MUST_USE enum jk_status jk_folder_lock(struct jk_folder *folder, int wait_ms, struct jk_error *error);
void jk_folder_unlock(struct jk_folder *folder);

/* From now on a file with other bytes is replaced, and reported, instead of refused: for a rebuild only. */
void jk_folder_mend(struct jk_folder *folder, void (*told)(void *context, const char *path), void *context);
/* Under the lock. After a failure of either, call jk_folder_discard. */
JK_MUST_USE enum jk_status jk_folder_put(struct jk_folder *folder, const char *path, struct jk_span bytes,
                                         struct jk_error *error);
/* Gives everything that was put its name and makes it survive a power cut. */
JK_MUST_USE enum jk_status jk_folder_flush(struct jk_folder *folder, struct jk_error *error);
void jk_folder_discard(struct jk_folder *folder);
/* Makes these bytes the file's contents at once, whatever it was before. Nothing may be pending. */
JK_MUST_USE enum jk_status jk_folder_replace(struct jk_folder *folder, const char *path, struct jk_span bytes,
                                             struct jk_error *error);
/* At any time, without the lock. NOT_FOUND (FILE_ABSENT); RESOURCE_EXHAUSTED (FILE_TOO_LARGE) beyond out_bytes' limit.
 */
JK_MUST_USE enum jk_status jk_folder_read(struct jk_folder *folder, const char *path, struct jk_text *out_bytes,
                                          struct jk_error *error);
/* The same, but from the disk: asks the system to drop its cached copy first. */
JK_MUST_USE enum jk_status jk_folder_read_disk(struct jk_folder *folder, const char *path, struct jk_text *out_bytes,
                                               struct jk_error *error);

/* ---- what only this library needs ---- */
int jk_folder_descriptor(const struct jk_folder *folder);
/* From errno: what happened to this path. */
JK_MUST_USE enum jk_status jk_folder_fault(const struct jk_folder *folder, const char *path, struct jk_error *error);

#endif
