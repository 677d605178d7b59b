/* See copy.h. */
#include "audit/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/files.h"
#include "base/regular.h"

static enum jk_status copy_fault(const char *what, const char *path, struct jk_error *error)
{
    int why = errno;
    return jk_fail(error, why == ENOENT || why == ENOTDIR ? JK_NOT_FOUND : JK_INTERNAL, "LOCAL_FILE",
                   "%.300s cannot be %s: %s", path, what, strerror(why));
}

enum jk_status jk_copy_open(const char *path, int *out_folder, struct jk_error *error)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return copy_fault("opened as a folder", path, error);
    *out_folder = folder;
    return JK_OK;
}

/* Reads on until the end, never more than one byte past `most`. */
static enum jk_status read_whole_copy(int file, const char *path, size_t most, struct jk_text *bytes,
                                      struct jk_error *error)
{
    char piece[65536];
    for (ssize_t got; (got = read(file, piece, sizeof piece)) != 0;) {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return copy_fault("read", path, error);
        if (bytes->len + (size_t)got > most)
            return jk_fail(error, JK_DATA_LOSS, "AUDIT_MALFORMED", "%.300s has more than %zu bytes", path, most);
        jk_text_add(bytes, (struct jk_span){piece, (size_t)got});
    }
    if (bytes->failed) return jk_out_of_memory(error);
    return JK_OK;
}

enum jk_status jk_copy_read(int folder, const char *path, size_t most, struct jk_text *bytes, bool *out_found,
                            struct jk_error *error)
{
    jk_text_clear(bytes);
    const char *why;
    int file = jk_regular_open(folder, path, true, &why);
    *out_found = file >= 0;
    if (file < 0 && (errno == ENOENT || errno == ENOTDIR)) return JK_OK;
    if (file < 0) return jk_fail(error, JK_INTERNAL, "LOCAL_FILE", "%.300s cannot be opened: %s", path, why);
    enum jk_status status = read_whole_copy(file, path, most, bytes, error);
    close(file);
    return status;
}

bool jk_copy_has(int folder, const char *path, uint64_t *out_size)
{
    struct stat facts;
    if (fstatat(folder, path, &facts, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(facts.st_mode)) return false;
    *out_size = (uint64_t)facts.st_size;
    return true;
}

/* ---- writing ---- */

enum jk_status jk_copy_write(int folder, const char *temporary, const char *path, struct jk_span bytes, bool durable,
                             struct jk_error *error)
{
    char part[JK_COPY_PATH];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t len = (size_t)(slash - path);
        JK_CHECK(len < sizeof part);
        memcpy(part, path, len);
        part[len] = '\0';
        if (mkdirat(folder, part, 0755) != 0 && errno != EEXIST) return copy_fault("made", part, error);
    }

    int why = jk_file_replace(folder, temporary, path, bytes, 0644, durable);
    if (!why) return JK_OK;
    errno = why;
    return copy_fault("written", path, error);
}

/* ---- tiles ---- */

void jk_tile_bytes_init(struct jk_tile_bytes *bytes)
{
    jk_text_init(&bytes->text, 0);
    bytes->path[0] = '\0';
}

void jk_tile_bytes_done(struct jk_tile_bytes *bytes)
{
    jk_text_done(&bytes->text);
}

bool jk_tile_formed(const struct jk_tile *tile, struct jk_span bytes, struct jk_span *out_entries)
{
    struct jk_span entry;
    unsigned count = 0;
    if (tile->kind == JK_TILE_HASHES) return bytes.len == (size_t)tile->width * JK_DIGEST_SIZE;
    while (jk_tile_entry_next(&bytes, &entry)) {
        if (count == tile->width) return false;
        if (out_entries) out_entries[count] = entry;
        count++;
    }
    return count == tile->width && bytes.len == 0;
}

static enum jk_status malformed_copy(const struct jk_tile *tile, const struct jk_tile_bytes *bytes,
                                     struct jk_error *error)
{
    struct jk_span rest = jk_text_span(&bytes->text), entry;
    unsigned count = 0;
    jk_error_fact(error, "file", "%s", bytes->path);
    if (tile->kind == JK_TILE_HASHES)
        return jk_fail(error, JK_DATA_LOSS, "AUDIT_MALFORMED", "%s: expected %u hashes, %u bytes; found %zu bytes",
                       bytes->path, tile->width, tile->width * JK_DIGEST_SIZE, rest.len);
    while (jk_tile_entry_next(&rest, &entry))
        count++;
    jk_error_fact(error, "index", "%llu", (unsigned long long)(tile->index * JK_TILE_WIDTH + count));
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_MALFORMED",
                   "%s: expected %u entries; found %u complete ones%s: the first faulty one is entry %llu", bytes->path,
                   tile->width, count, rest.len > 0 ? ", and one cut short" : "",
                   (unsigned long long)(tile->index * JK_TILE_WIDTH + (count < tile->width ? count : tile->width)));
}

enum jk_status jk_copy_tile(int folder, const struct jk_tile *tile, struct jk_tile_bytes *out_bytes,
                            struct jk_error *error)
{
    struct jk_tile tries[2] = {*tile, *tile};
    size_t most = tile->kind == JK_TILE_HASHES ? JK_HASHES_MAX : JK_BUNDLE_MAX;
    bool found = false;
    int at = 0;
    tries[1].width = JK_TILE_WIDTH;
    for (; at < 2; at++) {
        jk_tile_path(&tries[at], out_bytes->path);
        JK_TRY(jk_copy_read(folder, out_bytes->path, most, &out_bytes->text, &found, error));
        if (found || tile->width == JK_TILE_WIDTH) break;
    }
    if (found && jk_tile_formed(&tries[at], jk_text_span(&out_bytes->text), out_bytes->entries)) return JK_OK;
    if (found) return malformed_copy(&tries[at], out_bytes, error);
    jk_tile_path(tile, out_bytes->path);
    jk_error_fact(error, "file", "%s", out_bytes->path);
    if (tile->level == 0) jk_error_fact(error, "index", "%llu", (unsigned long long)(tile->index * JK_TILE_WIDTH));
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_MISSING", "%s is missing, though the checkpoint's size needs it",
                   out_bytes->path);
}
