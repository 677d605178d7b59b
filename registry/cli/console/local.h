/* Reading whole local files within a size limit. Only regular files, so that a pipe or device of that name cannot block
 * a command. Failures have reason LOCAL_FILE and say which file and why. */
#ifndef JK_CLI_CONSOLE_LOCAL_H
#define JK_CLI_CONSOLE_LOCAL_H

#include "base/error.h"

/* The bytes are NUL-terminated, in the arena. "-" is standard input. */
JK_MUST_USE enum jk_status jk_local_read(const char *path, size_t most, struct jk_arena *arena,
                                         struct jk_span *out_bytes, struct jk_error *error);
/* At most the first `most` bytes. */
JK_MUST_USE enum jk_status jk_local_read_head(const char *path, size_t most, struct jk_arena *arena,
                                              struct jk_span *out_bytes, struct jk_error *error);
bool jk_local_is_folder(const char *path);
bool jk_local_exists(const char *path);
/* Whether anyone but the owner may read it: 0 nobody, 1 the group, 2 everybody. */
int jk_local_readers(const char *path);

#endif
