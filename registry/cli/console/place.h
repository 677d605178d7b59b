/* Writing local files atomically: temporary file with a name that begins with ".", fsync, rename, fsync of the folder.
 * Any thread. Failures have reason LOCAL_FILE and say which file and why. */
#ifndef JK_CLI_CONSOLE_PLACE_H
#define JK_CLI_CONSOLE_PLACE_H

#include "base/error.h"

/* Creates the folder and those above it, if missing; new ones get the mode. */
JK_MUST_USE enum jk_status jk_place_folder(const char *folder, unsigned mode, struct jk_arena *arena,
                                           struct jk_error *error);
/* `name` is a plain name in the folder, which exists. A file of that name is replaced. */
JK_MUST_USE enum jk_status jk_place_file(const char *folder, const char *name, struct jk_span bytes,
                                         struct jk_arena *arena, struct jk_error *error);
/* The same at a path, whose folder exists. */
JK_MUST_USE enum jk_status jk_place_path(const char *path, struct jk_span bytes, struct jk_arena *arena,
                                         struct jk_error *error);

#endif
