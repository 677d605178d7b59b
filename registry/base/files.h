/* Writing files so that they are whole or absent, and survive a power cut: new bytes under a draft's name, synced, renamed,
 * and the folder synced. Every function returns 0 or an errno, so that each caller can give its own reason. Paths are relative to
 * the descriptor `folder` (AT_FDCWD: the working directory). Symbolic links are not followed. Any thread, no state. */
#ifndef JK_BASE_FILES_H
#define JK_BASE_FILES_H

#include <sys/types.h>

#include "base/span.h"

/* All of the bytes, however many calls of write() it takes. */
int jk_file_put(int fd, struct jk_span bytes);
/* A new file, which must not exist. On failure nothing is left of it. */
int jk_file_make(int folder, const char *path, struct jk_span bytes, mode_t mode, bool synced);
/* Puts a whole file at `path`, whatever was there before; what stood at `draft`, in the same folder, is lost. Without
 * `synced` the file is whole for other processes, but not after a power cut. */
int jk_file_replace(int folder, const char *draft, const char *path, struct jk_span bytes, mode_t mode, bool synced);
/* Syncs the folder that holds `path`, so that a new, changed or removed name survives. */
int jk_file_sync_parent(int folder, const char *path);

#endif
