/* Files and folders; see files.h. */
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/files.h"

bool jk_path_join(char out_path[JK_PATH_MAX], const char *a, const char *b)
{
    int len = snprintf(out_path, JK_PATH_MAX, "%s%s", a, b);

    if (len >= 0 && len < JK_PATH_MAX) return true;
    out_path[0] = '\0';
    return false;
}

enum jk_status jk_file_fault(struct jk_error *error, const char *path)
{
    return jk_fail(error, JK_FAILED_PRECONDITION, "FILE", "%s: %s", path, strerror(errno));
}

static enum jk_status result(int why, const char *path, struct jk_error *error)
{
    if (!why) return JK_OK;
    errno = why;
    return jk_file_fault(error, path);
}

enum jk_status jk_file_write_new(const char *path, struct jk_span bytes, mode_t mode, struct jk_error *error)
{
    return result(jk_file_make(AT_FDCWD, path, bytes, mode, true), path, error);
}

enum jk_status jk_folder_sync_of(const char *path, struct jk_error *error)
{
    return result(jk_file_sync_parent(AT_FDCWD, path), path, error);
}

ssize_t jk_file_read(const char *path, char *out_bytes, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len;

    if (fd < 0) return -1;
    len = read(fd, out_bytes, room - 1);
    if (len >= 0) out_bytes[len] = '\0';
    close(fd);
    return len;
}

int jk_file_lock(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int fault;

    if (fd < 0) return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
    fault = errno;
    close(fd);
    errno = fault;
    return -1;
}
