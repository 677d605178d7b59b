/* Small file helpers that the store shares: writing whole files, syncing, paths, locks. Any thread, no state. */
#ifndef JK_STORE_FILES_H
#define JK_STORE_FILES_H

#include "base/error.h"
#include <sys/types.h>

#define JK_PATH_MAX 1024

/* a followed by b; false, with out empty, if that is too long. */
bool jk_path_join(char out_path[JK_PATH_MAX], const char *a, const char *b);
/* Creates a file (it must not exist) with all of the bytes, synced. */
JK_MUST_USE enum jk_status jk_file_write_new(const char *path, struct jk_span bytes, mode_t mode,
                                             struct jk_error *error);
/* "<path>: why", by errno: FAILED_PRECONDITION (FILE). */
enum jk_status jk_file_fault(struct jk_error *error, const char *path);
/* Syncs the folder that holds `path`, so that a new name survives. */
JK_MUST_USE enum jk_status jk_folder_sync_of(const char *path, struct jk_error *error);
/* Reads up to room - 1 bytes of the file and adds a NUL; returns the length, or -1. */
ssize_t jk_file_read(const char *path, char *out_bytes, size_t room);
/* Takes the file's lock, creating the file if absent. Returns the descriptor, which holds the lock until closed, or -1;
 * errno EWOULDBLOCK if somebody else holds it. */
int jk_file_lock(const char *path);
/* The same for the file `name` ("/lock") of a server's data directory, into which the number of this process is
 * written, so that another server can say whose the directory is. DATA_DIRECTORY_IN_USE, FILE. */
JK_MUST_USE enum jk_status jk_data_dir_lock(const char *data_dir, const char *name, int *out_fd,
                                            struct jk_error *error);

#endif
