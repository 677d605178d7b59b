/* Small things with files and folders that the store shares: whole writes, syncs, paths, locks. Any thread, no state.
 */
#ifndef JK_STORE_FILES_H
#define JK_STORE_FILES_H

#include "base/error.h"
#include <sys/types.h>

#define JK_PATH_MAX 1024

/* a followed by b; false, out empty, where that is too long. */
bool jk_path_join(char out_path[JK_PATH_MAX], const char *a, const char *b);
/* A new file (it must not exist) with all of the bytes, synced. */
JK_MUST_USE enum jk_status jk_file_write_new(const char *path, struct jk_span bytes, mode_t mode,
                                             struct jk_error *error);
/* "<path>: why", by errno: FAILED_PRECONDITION (FILE). */
enum jk_status jk_file_fault(struct jk_error *error, const char *path);
/* Syncs the folder that holds `path`, so that a new name survives. */
JK_MUST_USE enum jk_status jk_folder_sync_of(const char *path, struct jk_error *error);
/* The file's bytes up to room - 1, closed by a NUL; the length, or -1. */
ssize_t jk_file_read(const char *path, char *out_bytes, size_t room);
/* Takes the file's lock (made where absent): the descriptor, which holds it until closed, or -1; errno EWOULDBLOCK
 * where somebody else has it. */
int jk_file_lock(const char *path);

#endif
