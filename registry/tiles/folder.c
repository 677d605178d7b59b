/* Putting, replacing and reading files; see folder.h. */
#include "tiles/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/files.h"
#include "base/regular.h"

#define PIECE 65536
#define DRAFT 40

struct pending {
    int fd;
    char draft[DRAFT]; /* the temporary name; empty once it is renamed */
    char *path;
};

struct jk_folder {
    int fd;
    char *path;
    uint32_t process; /* in temporary names */
    unsigned drafts;  /* created so far */
    struct pending pending[JK_FOLDER_PENDING];
    size_t pending_count;
    char **unsynced; /* folders with new names in them; "" is the folder itself */
    size_t unsynced_count, unsynced_room;
    void (*told)(void *context, const char *path);
    void *told_context;
};

enum jk_status jk_folder_fault(const struct jk_folder *folder, const char *path, struct jk_error *error)
{
    bool full = errno == ENOSPC || errno == EDQUOT;

    return jk_fail(error, JK_UNAVAILABLE, full ? "DISK_FULL" : "PUBLIC_FOLDER", "%s/%s: %s", folder->path, path,
                   strerror(errno));
}

static enum jk_status unreadable(const struct jk_folder *folder, const char *path, const char *why,
                                 struct jk_error *error)
{
    return jk_fail(error, JK_UNAVAILABLE, "PUBLIC_FOLDER", "%s/%s: %s", folder->path, path, why);
}

/* ---- opening, locking ---- */

enum jk_status jk_folder_open(const char *path, bool make, struct jk_folder **out_folder, struct jk_error *error)
{
    struct jk_folder *folder;
    int fd = -1;

    if (make && mkdir(path, 0755) == 0) {
        int why = jk_file_sync_parent(AT_FDCWD, path);
        if (why) return jk_fail(error, JK_UNAVAILABLE, "PUBLIC_FOLDER", "%s: %s", path, strerror(why));
    }
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT && !make)
            return jk_fail(error, JK_NOT_FOUND, "FOLDER_ABSENT", "there is no folder %s", path);
        return jk_fail(error, JK_UNAVAILABLE, "PUBLIC_FOLDER", "the folder %s: %s", path, strerror(errno));
    }

    folder = calloc(1, sizeof(*folder));
    if (folder) folder->path = strdup(path);
    if (!folder || !folder->path) {
        free(folder);
        close(fd);
        return jk_out_of_memory(error);
    }
    folder->fd = fd;
    jk_random_bytes(&folder->process, sizeof(folder->process));
    *out_folder = folder;
    return JK_OK;
}

void jk_folder_close(struct jk_folder *folder)
{
    if (!folder) return;
    jk_folder_discard(folder);
    free(folder->unsynced);
    close(folder->fd);
    free(folder->path);
    free(folder);
}

const char *jk_folder_path(const struct jk_folder *folder)
{
    return folder->path;
}

int jk_folder_descriptor(const struct jk_folder *folder)
{
    return folder->fd;
}

void jk_folder_mend(struct jk_folder *folder, void (*told)(void *context, const char *path), void *context)
{
    folder->told = told;
    folder->told_context = context;
}

enum jk_status jk_folder_lock(struct jk_folder *folder, int wait_ms, struct jk_error *error)
{
    int64_t deadline_ms = jk_monotonic_ms() + wait_ms;

    while (flock(folder->fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return jk_folder_fault(folder, "", error);
        if (jk_monotonic_ms() >= deadline_ms)
            return jk_fail(error, JK_UNAVAILABLE, "FOLDER_BUSY", "another process is writing to %s", folder->path);
        jk_sleep_ms(2);
    }
    return JK_OK;
}

void jk_folder_unlock(struct jk_folder *folder)
{
    (void)flock(folder->fd, LOCK_UN);
}

/* ---- which folders are to be synced ---- */

static void note_unsynced(struct jk_folder *folder, const char *path, size_t len)
{
    for (size_t i = 0; i < folder->unsynced_count; i++) {
        if (jk_span_equal(jk_span_of(folder->unsynced[i]), (struct jk_span){path, len})) return;
    }
    JK_CHECK(JK_ARRAY_GROW(folder->unsynced, folder->unsynced_count, folder->unsynced_room));
    folder->unsynced[folder->unsynced_count] = strndup(path, len);
    JK_CHECK(folder->unsynced[folder->unsynced_count] != NULL);
    folder->unsynced_count++;
}

static void forget_unsynced(struct jk_folder *folder)
{
    while (folder->unsynced_count > 0)
        free(folder->unsynced[--folder->unsynced_count]);
}

static void note_parent(struct jk_folder *folder, const char *path)
{
    const char *slash = strrchr(path, '/');

    note_unsynced(folder, path, slash ? (size_t)(slash - path) : 0);
}

/* ---- putting ---- */

/* A file with all its bytes, but only a temporary name. */
static enum jk_status write_draft(struct jk_folder *folder, const char *path, struct jk_span bytes,
                                  struct jk_error *error)
{
    struct pending *pending = &folder->pending[folder->pending_count];

    JK_CHECK(folder->pending_count < JK_FOLDER_PENDING && strlen(path) < JK_FOLDER_PATH);
    (void)snprintf(pending->draft, DRAFT, JK_FOLDER_TEMPORARY "%08x-%u", folder->process, folder->drafts++);
    pending->fd = openat(folder->fd, pending->draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (pending->fd < 0) return jk_folder_fault(folder, pending->draft, error);
    pending->path = strdup(path);
    JK_CHECK(pending->path != NULL);
    folder->pending_count++; /* from here on jk_folder_discard cleans it up */
    errno = jk_file_put(pending->fd, bytes);
    return errno ? jk_folder_fault(folder, pending->draft, error) : JK_OK;
}

static bool same_bytes(int fd, struct jk_span bytes, bool *out_same)
{
    char piece[PIECE];
    ssize_t len;

    while ((len = read(fd, piece, sizeof(piece))) > 0) {
        if ((size_t)len > bytes.len || memcmp(piece, bytes.at, (size_t)len) != 0) {
            *out_same = false;
            return true;
        }
        bytes = (struct jk_span){bytes.at + len, bytes.len - (size_t)len};
    }
    *out_same = bytes.len == 0;
    return len == 0;
}

enum presence { ABSENT, SAME, OTHER };

static enum jk_status look(struct jk_folder *folder, const char *path, struct jk_span bytes,
                           enum presence *out_presence, struct jk_error *error)
{
    const char *why;
    int fd = jk_regular_open(folder->fd, path, false, &why);
    bool same = false, good;

    *out_presence = ABSENT;
    if (fd < 0) return errno == ENOENT ? JK_OK : unreadable(folder, path, why, error);
    good = same_bytes(fd, bytes, &same);
    if (!good) {
        enum jk_status status = jk_folder_fault(folder, path, error);

        close(fd);
        return status;
    }
    close(fd);
    *out_presence = same ? SAME : OTHER;
    return JK_OK;
}

enum jk_status jk_folder_put(struct jk_folder *folder, const char *path, struct jk_span bytes, struct jk_error *error)
{
    enum presence presence;

    JK_TRY(look(folder, path, bytes, &presence, error));
    if (presence == SAME) {
        /* all the folders above a file; an existing one counts, too: a process may have died after creating it and
         * before the sync */
        note_unsynced(folder, "", 0);
        for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
            note_unsynced(folder, path, (size_t)(slash - path));
        return JK_OK;
    }
    if (presence == OTHER && !folder->told)
        return jk_fail(
            error, JK_DATA_LOSS, "TILE_CHANGED",
            "%s/%s exists with other bytes than the log has, but a published file never changes. Find out who "
            "changed it; jokbod tiles rebuild replaces it",
            folder->path, path);
    if (presence == OTHER) folder->told(folder->told_context, path);
    if (folder->pending_count == JK_FOLDER_PENDING) JK_TRY(jk_folder_flush(folder, error));
    return write_draft(folder, path, bytes, error);
}

static enum jk_status name_draft(struct jk_folder *folder, struct pending *pending, struct jk_error *error)
{
    if (renameat(folder->fd, pending->draft, folder->fd, pending->path) != 0) {
        if (errno != ENOENT) return jk_folder_fault(folder, pending->path, error);

        char parent[JK_FOLDER_PATH];
        for (const char *slash = strchr(pending->path, '/'); slash; slash = strchr(slash + 1, '/')) {
            (void)snprintf(parent, sizeof(parent), "%.*s", (int)(slash - pending->path), pending->path);
            if (mkdirat(folder->fd, parent, 0755) == 0)
                note_parent(folder, parent);
            else if (errno != EEXIST)
                return jk_folder_fault(folder, parent, error);
        }

        if (renameat(folder->fd, pending->draft, folder->fd, pending->path) != 0)
            return jk_folder_fault(folder, pending->path, error);
    }
    pending->draft[0] = '\0';
    note_parent(folder, pending->path);
    return JK_OK;
}

static void forget_pending(struct jk_folder *folder)
{
    while (folder->pending_count > 0) {
        struct pending *pending = &folder->pending[--folder->pending_count];

        if (pending->fd >= 0) close(pending->fd);
        if (pending->draft[0]) (void)unlinkat(folder->fd, pending->draft, 0);
        free(pending->path);
    }
}

enum jk_status jk_folder_flush(struct jk_folder *folder, struct jk_error *error)
{
    for (size_t i = 0; i < folder->pending_count; i++) {
        struct pending *pending = &folder->pending[i];
        int fd = pending->fd;

        if (fd < 0) continue;
        if (fsync(fd) != 0) return jk_folder_fault(folder, pending->draft, error);
        pending->fd = -1;
        if (close(fd) != 0) return jk_folder_fault(folder, pending->draft, error);
    }
    for (size_t i = 0; i < folder->pending_count; i++)
        JK_TRY(name_draft(folder, &folder->pending[i], error));
    forget_pending(folder);

    for (size_t i = folder->unsynced_count; i-- > 0;) {
        int fd = *folder->unsynced[i] ? openat(folder->fd, folder->unsynced[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                                      : folder->fd;
        enum jk_status status = fd >= 0 && fsync(fd) == 0 ? JK_OK : jk_folder_fault(folder, folder->unsynced[i], error);
        if (fd >= 0 && fd != folder->fd && close(fd) != 0 && status == JK_OK)
            status = jk_folder_fault(folder, folder->unsynced[i], error);
        JK_TRY(status);
    }
    forget_unsynced(folder);
    return JK_OK;
}

void jk_folder_discard(struct jk_folder *folder)
{
    forget_pending(folder);
    forget_unsynced(folder);
}

enum jk_status jk_folder_replace(struct jk_folder *folder, const char *path, struct jk_span bytes,
                                 struct jk_error *error)
{
    enum jk_status status;

    JK_CHECK(folder->pending_count == 0);
    status = write_draft(folder, path, bytes, error);
    if (status == JK_OK) status = jk_folder_flush(folder, error);
    if (status != JK_OK) jk_folder_discard(folder);
    return status;
}

/* ---- reading ---- */

static enum jk_status read_to_end(struct jk_folder *folder, const char *path, int fd, struct jk_text *out_bytes,
                                  struct jk_error *error)
{
    char piece[PIECE];
    ssize_t len;

    while ((len = read(fd, piece, sizeof(piece))) > 0) {
        jk_text_add(out_bytes, (struct jk_span){piece, (size_t)len});
        if (out_bytes->failed)
            return jk_fail(error, JK_RESOURCE_EXHAUSTED, "FILE_TOO_LARGE", "%s/%s has more than %zu bytes",
                           folder->path, path, out_bytes->limit);
    }
    return len == 0 ? JK_OK : jk_folder_fault(folder, path, error);
}

static enum jk_status read_folder_file(struct jk_folder *folder, const char *path, bool from_disk,
                                       struct jk_text *out_bytes, struct jk_error *error)
{
    const char *why;
    int fd = jk_regular_open(folder->fd, path, false, &why);
    enum jk_status status;

    jk_text_clear(out_bytes);
    if (fd < 0 && errno == ENOENT)
        return jk_fail(error, JK_NOT_FOUND, "FILE_ABSENT", "there is no %s/%s", folder->path, path);
    if (fd < 0) return unreadable(folder, path, why, error);
    if (from_disk) (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    status = read_to_end(folder, path, fd, out_bytes, error);
    close(fd);
    return status;
}

enum jk_status jk_folder_read(struct jk_folder *folder, const char *path, struct jk_text *out_bytes,
                              struct jk_error *error)
{
    return read_folder_file(folder, path, false, out_bytes, error);
}

enum jk_status jk_folder_read_disk(struct jk_folder *folder, const char *path, struct jk_text *out_bytes,
                                   struct jk_error *error)
{
    return read_folder_file(folder, path, true, out_bytes, error);
}
