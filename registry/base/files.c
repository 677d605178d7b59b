/* See files.h. */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

int jk_file_put(int fd, struct jk_span bytes)
{
    while (bytes.len > 0) {
        ssize_t put = write(fd, bytes.at, bytes.len);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return put < 0 ? errno : EIO;
        bytes = (struct jk_span){bytes.at + put, bytes.len - (size_t)put};
    }
    return 0;
}

int jk_file_make(int folder, const char *path, struct jk_span bytes, mode_t mode, bool synced)
{
    int fd = openat(folder, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0) return errno;
    int why = jk_file_put(fd, bytes);
    if (!why && synced && fsync(fd) != 0) why = errno;
    if (close(fd) != 0 && !why) why = errno;
    if (why) (void)unlinkat(folder, path, 0);
    return why;
}

int jk_file_replace(int folder, const char *draft, const char *path, struct jk_span bytes, mode_t mode, bool synced)
{
    (void)unlinkat(folder, draft, 0); /* left by a crash */
    int why = jk_file_make(folder, draft, bytes, mode, synced);
    if (why) return why;
    if (renameat(folder, draft, folder, path) != 0) {
        why = errno;
        (void)unlinkat(folder, draft, 0);
        return why;
    }
    return synced ? jk_file_sync_parent(folder, path) : 0;
}

int jk_file_sync_parent(int folder, const char *path)
{
    char parent[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    size_t len = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
    if (len >= sizeof parent) return ENAMETOOLONG;
    if (slash) (void)snprintf(parent, sizeof parent, "%.*s", (int)len, path);
    int fd = openat(folder, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return errno;
    int why = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return why;
}
