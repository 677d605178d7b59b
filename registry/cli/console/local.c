/* See local.h. */
#include "cli/console/local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/defer.h"
#include "base/regular.h"
#include "base/text.h"

static void close_file(FILE **file)
{
    if (*file && *file != stdin) fclose(*file);
}

static enum jk_status file_fault(struct jk_error *error, const char *path, const char *why)
{
    char shown[160];
    jk_text_shorten(jk_span_of(path), shown, sizeof shown);
    return jk_fail(error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%s: %s", shown, why);
}

/* A user who names a pipe may want to pipe data in. */
static enum jk_status open_fault(struct jk_error *error, const char *path, const char *why)
{
    char text[96];
    struct stat facts;
    if (errno != 0 || stat(path, &facts) != 0 || !S_ISFIFO(facts.st_mode)) return file_fault(error, path, why);
    snprintf(text, sizeof text, "%s; \"-\" reads standard input", why);
    return file_fault(error, path, text);
}

static FILE *open_named(const char *path, struct jk_error *error)
{
    const char *why;
    int fd = jk_regular_open(AT_FDCWD, path, true, &why);
    if (fd < 0) {
        (void)open_fault(error, path, why);
        return NULL;
    }
    FILE *file = fdopen(fd, "rb");
    if (file) return file;
    (void)file_fault(error, path, strerror(errno));
    close(fd);
    return NULL;
}

static enum jk_status read_some(const char *path, size_t most, bool head, struct jk_arena *arena,
                                struct jk_span *out_bytes, struct jk_error *error)
{
    JK_CLEANUP(close_file) FILE *file = strcmp(path, "-") == 0 ? stdin : open_named(path, error);
    if (!file) return error->status;
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);

    char buffer[1 << 16];
    size_t got = 1;
    while (got > 0 && text.len <= most) {
        size_t want = most + 1 - text.len;
        got = fread(buffer, 1, want < sizeof buffer ? want : sizeof buffer, file);
        jk_text_add(&text, (struct jk_span){buffer, got});
        if (text.failed) return file_fault(error, path, "there is not enough memory to read it");
    }
    if (ferror(file)) return file_fault(error, path, strerror(errno));

    if (text.len > most && !head) {
        char why[64];
        bool whole = most >= 1024 && most % 1024 == 0;
        snprintf(why, sizeof why, "it is larger than %zu %s", whole ? most >> 10 : most, whole ? "KiB" : "bytes");
        return file_fault(error, path, why);
    }
    size_t len = text.len > most ? most : text.len;
    char *copy = jk_arena_copy(arena, text.bytes ? text.bytes : "", len);
    if (!copy) return file_fault(error, path, "there is not enough memory to keep it");
    *out_bytes = (struct jk_span){copy, len};
    return JK_OK;
}

enum jk_status jk_local_read(const char *path, size_t most, struct jk_arena *arena, struct jk_span *out_bytes,
                             struct jk_error *error)
{
    return read_some(path, most, false, arena, out_bytes, error);
}

enum jk_status jk_local_read_head(const char *path, size_t most, struct jk_arena *arena, struct jk_span *out_bytes,
                                  struct jk_error *error)
{
    return read_some(path, most, true, arena, out_bytes, error);
}

bool jk_local_is_folder(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

bool jk_local_exists(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0;
}

int jk_local_readers(const char *path)
{
    struct stat facts;
    if (stat(path, &facts) != 0 || !S_ISREG(facts.st_mode)) return 0;
    if (facts.st_mode & S_IROTH) return 2;
    return facts.st_mode & S_IRGRP ? 1 : 0;
}
