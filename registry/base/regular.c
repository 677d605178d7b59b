/* See regular.h. */
#include "base/regular.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "it is a folder";
    case S_IFIFO:
        return "it is a pipe, not a file";
    case S_IFSOCK:
        return "it is a socket, not a file";
    default:
        return "it is a device, not a file";
    }
}

/* A socket cannot be opened at all, and errno is then the one for a missing device. */
static const char *why_closed(int folder, const char *path)
{
    struct stat facts;
    int why = errno;

    if (why == ENXIO && fstatat(folder, path, &facts, 0) == 0 && !S_ISREG(facts.st_mode)) {
        errno = 0;
        return kind_of(facts.st_mode);
    }
    errno = why;
    return strerror(why);
}

int jk_regular_open(int folder, const char *path, bool follow, const char **out_why)
{
    int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW)), why = 0;
    struct stat facts;

    if (fd < 0) {
        *out_why = why_closed(folder, path);
        return -1;
    }
    if (fstat(fd, &facts) != 0)
        *out_why = strerror(why = errno);
    else if (!S_ISREG(facts.st_mode))
        *out_why = kind_of(facts.st_mode);
    else if (fcntl(fd, F_SETFL, 0) != 0)
        *out_why = strerror(why = errno);
    else
        return fd;
    close(fd);
    errno = why;
    return -1;
}
