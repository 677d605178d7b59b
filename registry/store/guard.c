/* The guard copy's file; see guard.h. */
#include "store/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/files.h"
#include "store/files.h"
#include "store/pgarray.h"

#define MAGIC      "jokbo-guard/v1\n" /* with its NUL 16 bytes */
#define SEQUENCE   sizeof(MAGIC)
#define LENGTH     (SEQUENCE + 8)
#define NOTE       (LENGTH + 4)
#define SUM        (JK_GUARD_BLOCK - JK_DIGEST_SIZE)
#define FILE_BYTES (2 * JK_GUARD_BLOCK)

_Static_assert(NOTE + JK_GUARD_NOTE_MAX == SUM, "the note fills the block");

static enum jk_status guard_failed(struct jk_error *error, const struct jk_guard *guard)
{
    return jk_fail(error, JK_UNAVAILABLE, "GUARD_UNWRITABLE", "the guard copy %s: %s", guard->path, strerror(errno));
}

/* Takes a complete block that is newer than what the guard holds. */
static void take_block(struct jk_guard *guard, const char *block)
{
    struct jk_digest sum = jk_digest_of((struct jk_span){block, SUM});
    uint64_t sequence = jk_get_be64(block + SEQUENCE);
    uint32_t len = jk_get_be32(block + LENGTH);

    if (memcmp(block, MAGIC, sizeof(MAGIC)) != 0 || memcmp(block + SUM, sum.bytes, JK_DIGEST_SIZE) != 0) return;
    if (len == 0 || len > JK_GUARD_NOTE_MAX || sequence <= guard->sequence) return;
    guard->sequence = sequence;
    guard->note_len = len;
    memcpy(guard->note, block + NOTE, len);
}

enum jk_status jk_guard_open(struct jk_guard *guard, const char *path, struct jk_error *error)
{
    char bytes[FILE_BYTES] = {0};

    *guard = (struct jk_guard){.fd = -1, .path = path};
    guard->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (guard->fd < 0 && errno == ENOENT) return JK_OK;
    if (guard->fd < 0 || pread(guard->fd, bytes, sizeof(bytes), 0) < 0) return guard_failed(error, guard);
    take_block(guard, bytes);
    take_block(guard, bytes + JK_GUARD_BLOCK);
    if (guard->note_len == 0)
        return jk_fail(
            error, JK_FAILED_PRECONDITION, "GUARD_DAMAGED",
            "the guard copy %s is damaged, so there is no telling whether the database was rolled back: compare the "
            "log with the newest published checkpoint, then remove the file",
            path);
    return JK_OK;
}

static void fill_block(char block[JK_GUARD_BLOCK], uint64_t sequence, struct jk_span note)
{
    struct jk_digest sum;

    memset(block, 0, JK_GUARD_BLOCK);
    memcpy(block, MAGIC, sizeof(MAGIC));
    jk_put_be64(block + SEQUENCE, sequence);
    jk_put_be32(block + LENGTH, (uint32_t)note.len);
    memcpy(block + NOTE, note.at, note.len);
    sum = jk_digest_of((struct jk_span){block, SUM});
    memcpy(block + SUM, sum.bytes, JK_DIGEST_SIZE);
}

enum jk_status jk_guard_write(struct jk_guard *guard, struct jk_span note, struct jk_error *error)
{
    char bytes[FILE_BYTES] = {0};
    uint64_t sequence = guard->sequence + 1;
    size_t block = sequence % 2;

    if (note.len == 0 || note.len > JK_GUARD_NOTE_MAX)
        return jk_fail(error, JK_INTERNAL, "GUARD_NOTE", "a checkpoint of %zu bytes; 1 to %d are allowed", note.len,
                       (int)JK_GUARD_NOTE_MAX);
    fill_block(bytes + block * JK_GUARD_BLOCK, sequence, note);
    if (guard->fd < 0) {
        /* the first time: written whole under another name, then renamed, so that a half-written file is never read */
        char draft[JK_PATH_MAX];
        if (!jk_path_join(draft, guard->path, ".draft"))
            return jk_fail(error, JK_FAILED_PRECONDITION, "FILE", "%s: the path is too long", guard->path);
        errno = jk_file_replace(AT_FDCWD, draft, guard->path, (struct jk_span){bytes, FILE_BYTES}, 0600, true);
        if (errno) return guard_failed(error, guard);
        guard->fd = open(guard->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        if (guard->fd < 0) return guard_failed(error, guard);
    } else {
        if (pwrite(guard->fd, bytes + block * JK_GUARD_BLOCK, JK_GUARD_BLOCK, (off_t)(block * JK_GUARD_BLOCK)) !=
                JK_GUARD_BLOCK ||
            fdatasync(guard->fd) != 0)
            return guard_failed(error, guard);
    }
    guard->sequence = sequence;
    guard->note_len = note.len;
    memcpy(guard->note, note.at, note.len);
    return JK_OK;
}

void jk_guard_close(struct jk_guard *guard)
{
    if (guard->fd >= 0) close(guard->fd);
    guard->fd = -1;
}
