/* See place.h. */
#include "cli/console/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/defer.h"
#include "base/digest.h"
#include "base/text.h"

static void close_fd(int *fd)
{
    if (*fd >= 0) close(*fd);
}

static enum jk_status fault(struct jk_error *error, const char *path, int why)
{
    char shown[160];
    jk_text_shorten(jk_span_of(path ? path : ""), shown, sizeof shown);
    return jk_fail(error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%s: %s", shown, strerror(why));
}

static enum jk_status make_folder(const char *folder, unsigned mode, struct jk_error *error)
{
    if (mkdir(folder, mode) == 0 || errno == EEXIST) return JK_OK;
    return fault(error, folder, errno);
}

enum jk_status jk_place_folder(const char *folder, unsigned mode, struct jk_arena *arena, struct jk_error *error)
{
    char *path = jk_arena_copy(arena, folder, strlen(folder));
    if (!path) return fault(error, folder, ENOMEM);
    for (char *slash = strchr(path + 1, '/'); path[0] && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        JK_TRY(make_folder(path, mode, error));
        *slash = '/';
    }
    JK_TRY(make_folder(path, mode, error));
    struct stat facts;
    if (stat(path, &facts) != 0) return fault(error, path, errno);
    return S_ISDIR(facts.st_mode) ? JK_OK : fault(error, path, ENOTDIR);
}

/* Returns 0 or the errno. */
static int write_all(int fd, struct jk_span bytes)
{
    while (bytes.len > 0) {
        ssize_t done = write(fd, bytes.at, bytes.len);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return done < 0 ? errno : EIO;
        bytes = (struct jk_span){bytes.at + done, bytes.len - (size_t)done};
    }
    return fsync(fd) == 0 ? 0 : errno;
}

static int sync_folder(const char *folder)
{
    JK_CLEANUP(close_fd) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0 ? 0 : errno;
}

static int write_file(const char *path, struct jk_span bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) return errno;
    int why = write_all(fd, bytes);
    return close(fd) == 0 || why ? why : errno;
}

enum jk_status jk_place_file(const char *folder, const char *name, struct jk_span bytes, struct jk_arena *arena,
                             struct jk_error *error)
{
    uint64_t random;
    jk_random_bytes(&random, sizeof random);
    const char *path = jk_arena_printf(arena, "%s/%s", folder, name);
    const char *temporary = jk_arena_printf(arena, "%s/.new-%016llx", folder, (unsigned long long)random);
    if (!path || !temporary) return fault(error, name, ENOMEM);
    int why = write_file(temporary, bytes);
    if (!why && rename(temporary, path) != 0) why = errno;
    if (why && why != EEXIST) unlink(temporary);
    if (!why) why = sync_folder(folder);
    return why ? fault(error, path, why) : JK_OK;
}
