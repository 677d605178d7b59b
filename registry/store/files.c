/* Files and folders; see files.h. */
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool jk_path_join(char out_path[JK_PATH_MAX], const char *a, const char *b)
{
    int len = snprintf(out_path, JK_PATH_MAX, "%s%s", a, b);

    if (len >= 0 && len < JK_PATH_MAX) return true;
    out_path[0] = '\0';
    return false;
}

static enum jk_status failed(struct jk_error *error, const char *path)
{
    return jk_fail(error, JK_FAILED_PRECONDITION, "FILE", "%s: %s", path, strerror(errno));
}

static bool write_all(int fd, struct jk_span bytes)
{
    while (bytes.len > 0) {
        ssize_t wrote = write(fd, bytes.at, bytes.len);

        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return false;
        bytes = (struct jk_span){bytes.at + wrote, bytes.len - (size_t)wrote};
    }
    return true;
}

enum jk_status jk_file_write_new(const char *path, struct jk_span bytes, mode_t mode, struct jk_error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    enum jk_status status = JK_OK;

    if (fd < 0) return failed(error, path);
    if (fchmod(fd, mode) != 0 || !write_all(fd, bytes) || fsync(fd) != 0) status = failed(error, path);
    if (close(fd) != 0 && status == JK_OK) status = failed(error, path);
    return status;
}

enum jk_status jk_folder_sync_of(const char *path, struct jk_error *error)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    char folder[JK_PATH_MAX] = ".";
    int fd;

    if (slash) (void)snprintf(folder, sizeof(folder), "%.*s", len > 0 ? (int)len : 1, path);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return failed(error, folder);
    if (fsync(fd) != 0) {
        close(fd);
        return failed(error, folder);
    }
    close(fd);
    return JK_OK;
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
