/* Writing files so that they are either complete or absent, and survive a power cut: the new bytes go to a draft, which
 * is synced and renamed, and then the folder is synced. Every function returns 0 or an errno, so that each caller can
 * give its own reason. Paths are relative to the descriptor `folder` (AT_FDCWD: the working directory). Symbolic links
 * are not followed. Any thread, no state. */
#ifndef JK_BASE_FILES_H
#define JK_BASE_FILES_H

#include <sys/types.h>

#include "base/span.h"

/* All of the bytes, with as many calls of write() as it takes. */
int jk_file_put(int fd, struct jk_span bytes);
/* Creates a file, which must not exist yet. The umask takes its part of the mode away: whoever sets one to keep his
 * files to himself keeps what the commands write, too. On failure nothing is left of it. */
int jk_file_make(int folder, const char *path, struct jk_span bytes, mode_t mode, bool synced);
/* Creates or replaces the file at `path`; whatever is at `draft`, in the same folder, is lost. Without `synced` other
 * processes see a complete file, but a power cut may lose it. */
int jk_file_replace(int folder, const char *draft, const char *path, struct jk_span bytes, mode_t mode, bool synced);
/* Syncs the folder of `path`, so that a created, changed or removed name survives. */
int jk_file_sync_parent(int folder, const char *path);

#endif
