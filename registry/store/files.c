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

/* One that is still starting may not have written it yet. */
static enum jk_status tell_in_use(const char *data_dir, const char *lock, struct jk_error *error)
{
    char text[32], owner[64] = "";
    uint64_t pid;
    ssize_t len = jk_file_read(lock, text, sizeof(text));

    if (len > 0 && jk_span_to_u64(jk_span_trim(jk_span_of(text)), &pid))
        (void)snprintf(owner, sizeof(owner), " (process %llu)", (unsigned long long)pid);
    return jk_fail(error, JK_FAILED_PRECONDITION, "DATA_DIRECTORY_IN_USE",
                   "another server%s uses the data directory %s: give each server its own", owner, data_dir);
}

enum jk_status jk_data_dir_lock(const char *data_dir, const char *name, int *out_fd, struct jk_error *error)
{
    char path[JK_PATH_MAX];

    if (!jk_path_join(path, data_dir, name))
        return jk_fail(error, JK_FAILED_PRECONDITION, "FILE", "the data directory's path is too long");
    *out_fd = jk_file_lock(path);
    if (*out_fd < 0) return errno == EWOULDBLOCK ? tell_in_use(data_dir, path, error) : jk_file_fault(error, path);
    /* Only for people: a server that cannot write it runs all the same. */
    if (ftruncate(*out_fd, 0) == 0) (void)dprintf(*out_fd, "%ld\n", (long)getpid());
    return JK_OK;
}
