/* See census_source.h. A file is read in pieces, so that memory depends on its largest object alone. */
#include "cli/census_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/regular.h"
#include "census/objects.h"
#include "census/reading.h"
#include "cli/console/local.h"
#include "cli/console/print.h"
#include "cli/console/progress.h"
#include "cli/folder_files.h"

#define PIECE     (256u << 10)
#define ROOM_MAX  (JK_HUB_RECORD_OBJECT_MAX + PIECE)
#define FILES_MAX 100000
#define DEEP      8
#define TOLD      10 /* objects that are told one by one */

struct files {
    struct jk_cli *cli;
    const struct jk_census_known *known;
    struct jk_crawl *crawl;
    struct jk_census_out *out;
    struct jk_census_files counts;
    struct jk_reading reading;
    struct jk_arena fault_arena;
    struct jk_progress progress;
    const char *path;
    char *bytes; /* what is read and not taken yet lies from `begin` to `end` */
    size_t begin, end, room, line;
    uint64_t told; /* objects about which something was to be said */
};

static void tell_object(struct files *files, size_t line, const char *why)
{
    if (files->told++ < TOLD)
        fprintf(files->cli->err, "%s:%zu: %s\n", jk_print_safe(files->cli, files->path), line, why);
}

static void refuse_object(struct files *files, size_t line, const char *why)
{
    files->out->refused++;
    tell_object(files, line, why);
}

/* ---- an object ---- */

static enum jk_status put_line(struct files *files, const struct jk_crawl_item *met, const struct jk_census_line *line)
{
    uint32_t at;
    JK_TRY(jk_crawl_meet(files->crawl, met, &files->out->note, &at, &files->cli->error));
    if (files->crawl->items[at].asked) files->counts.doubles++;
    files->crawl->items[at].asked = true;
    return files->crawl->items[at].done ? JK_OK : jk_census_out_put(files->out, files->crawl, at, line);
}

static enum jk_status put_object(struct files *files)
{
    const struct jk_reading *reading = &files->reading;
    const struct jk_crawl_item met = {
        .id = reading->id, .identity = reading->identity, .revision = reading->revision, .way = JK_CRAWL_CHILD};
    struct jk_census_line *line = jk_arena_zalloc(&files->reading.arena, 1, sizeof *line);
    if (!line) return jk_out_of_memory(&files->cli->error);
    jk_reading_line(reading, line);
    return put_line(files, &met, line);
}

/* An object that breaks a limit says at least which model it is of. False: it does not. */
static bool is_unreadable(struct files *files, struct jk_span object, struct jk_reading_item *out_item)
{
    jk_arena_reset(&files->reading.arena);
    return jk_reading_listed(&files->reading.arena, object, out_item) && out_item->id.len > 0;
}

static enum jk_status put_unreadable_object(struct files *files, const struct jk_reading_item *item, const char *why)
{
    const struct jk_crawl_item met = {
        .id = item->id, .identity = item->identity, .revision = item->revision, .way = JK_CRAWL_CHILD};
    const struct jk_census_line line = {.state = JK_CENSUS_UNREADABLE,
                                        .id = item->id,
                                        .identity = item->identity,
                                        .revision = item->revision,
                                        .tags = item->tags,
                                        .why = jk_span_of(why)};
    return put_line(files, &met, &line);
}

static enum jk_status take_object(struct files *files, struct jk_span object, size_t line)
{
    struct jk_reading_item item;
    struct jk_error fault;
    jk_arena_reset(&files->fault_arena);
    jk_error_init(&fault, &files->fault_arena);
    files->counts.objects++;
    if (jk_reading_take(&files->reading, object, NULL, &fault) == JK_OK) return put_object(files);
    const char *why = fault.violation_count > 0 ? fault.violations[0].rule : fault.message;
    bool named = is_unreadable(files, object, &item);
    if (!named) files->out->refused++;
    tell_object(files, line, why);
    return named ? put_unreadable_object(files, &item, why) : JK_OK;
}

/* ---- a file ---- */

static enum jk_status make_file_room(struct files *files)
{
    if (files->begin > 0) {
        memmove(files->bytes, files->bytes + files->begin, files->end - files->begin);
        files->end -= files->begin;
        files->begin = 0;
    }
    if (files->room - files->end >= PIECE) return JK_OK;
    size_t room = files->room == 0 ? 4 * PIECE : 2 * files->room < ROOM_MAX ? 2 * files->room : ROOM_MAX;
    char *bytes = files->room < ROOM_MAX ? realloc(files->bytes, room) : NULL;
    if (!bytes) return jk_out_of_memory(&files->cli->error);
    files->bytes = bytes;
    files->room = room;
    return JK_OK;
}

/* As much as there is room for, so that an object that is not whole yet is not looked at again too often. */
static enum jk_status fill_room(struct files *files, int fd, bool *out_whole)
{
    while (files->end < files->room) {
        ssize_t got = read(fd, files->bytes + files->end, files->room - files->end);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return jk_fail(&files->cli->error, JK_UNAVAILABLE, "LOCAL_FILE", "%.300s: %s", files->path,
                           strerror(errno));
        *out_whole = got == 0;
        if (got == 0) return JK_OK;
        files->end += (size_t)got;
        jk_progress_add(&files->progress, (uint64_t)got);
    }
    return JK_OK;
}

/* What goes on beyond the largest object cannot be one: its first line is passed over. */
static void pass_line(struct files *files)
{
    const char *from = files->bytes + files->begin, *end = memchr(from, '\n', files->end - files->begin);
    refuse_object(files, files->line, "an object is larger than 32 MiB, or has no end");
    files->begin = end ? (size_t)(end + 1 - files->bytes) : files->end;
    files->line += end != NULL;
}

static enum jk_status take_objects(struct files *files, bool whole)
{
    for (;;) {
        struct jk_span rest = {files->bytes + files->begin, files->end - files->begin}, object;
        size_t line;
        enum jk_objects found = jk_objects_next(&rest, whole, &files->line, &object, &line);
        files->begin = files->end - rest.len;
        if (found == JK_OBJECTS_END) return JK_OK;
        if (found == JK_OBJECTS_ONE) JK_TRY(take_object(files, object, line));
        if (found == JK_OBJECTS_BROKEN) refuse_object(files, line, "the line is no JSON object");
        if (found != JK_OBJECTS_MORE) continue;
        if (rest.len < JK_HUB_RECORD_OBJECT_MAX) return JK_OK;
        pass_line(files);
    }
}

static enum jk_status read_open(struct files *files, int fd)
{
    files->begin = files->end = 0;
    files->line = 1;
    files->counts.files++;
    for (bool whole = false; !whole;) {
        JK_TRY(make_file_room(files));
        JK_TRY(fill_room(files, fd, &whole));
        JK_TRY(take_objects(files, whole));
    }
    return JK_OK;
}

static enum jk_status read_objects_file(struct files *files, const char *path)
{
    const char *why;
    int fd = jk_regular_open(AT_FDCWD, path, true, &why);
    if (fd < 0)
        return jk_fail(&files->cli->error, errno == ENOENT ? JK_NOT_FOUND : JK_INVALID_ARGUMENT, "LOCAL_FILE",
                       "%.300s: %s", path, why);
    files->path = path;
    enum jk_status status = read_open(files, fd);
    (void)close(fd);
    return status;
}

/* ---- sources ---- */

static bool is_json(struct jk_span name)
{
    return jk_span_ends(name, JK_SPAN(".json")) || jk_span_ends(name, JK_SPAN(".jsonl")) ||
           jk_span_ends(name, JK_SPAN(".ndjson"));
}

static enum jk_status add_path(struct files *files, const char *path, uint64_t size, const char ***paths, size_t *count)
{
    if (*count % 256 == 0) {
        const char **more = realloc(*paths, (*count + 256) * sizeof **paths);
        if (!more) return jk_out_of_memory(&files->cli->error);
        *paths = more;
    }
    (*paths)[(*count)++] = path;
    files->progress.total += size;
    return path ? JK_OK : jk_out_of_memory(&files->cli->error);
}

/* The files of a folder, or the file itself. */
static enum jk_status add_source(struct files *files, const char *source, const char ***paths, size_t *count)
{
    struct jk_cli *cli = files->cli;
    struct jk_folder_files folder;
    struct stat facts;
    if (!jk_local_is_folder(source))
        return add_path(files, source, stat(source, &facts) == 0 ? (uint64_t)facts.st_size : 0, paths, count);
    if (!jk_list_folder_files(source, DEEP, FILES_MAX, &cli->arena, &folder)) return jk_out_of_memory(&cli->error);
    size_t before = *count;
    for (size_t i = 0; i < folder.count; i++) {
        const struct jk_folder_file *file = &folder.files[i];
        if (is_json(file->name))
            JK_TRY(add_path(files, jk_arena_printf(&cli->arena, "%s/%s", source, file->name.at), file->size, paths,
                            count));
    }
    if (folder.more || *count == before)
        return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "LOCAL_FILE",
                       "%.300s: %s; a folder is read for its files .json, .jsonl and .ndjson, of at most %d", source,
                       folder.more ? "it has too many files" : "it has none", FILES_MAX);
    return JK_OK;
}

/* ---- what is not there any more ---- */

static int by_identity(const void *a, const void *b)
{
    return jk_span_compare((*(const struct jk_crawl_item *const *)a)->identity,
                           (*(const struct jk_crawl_item *const *)b)->identity);
}

/* Those of an identity, sorted by it; the caller frees them. */
static const struct jk_crawl_item **sorted_by_identity(const struct jk_crawl *crawl, size_t *out_count)
{
    const struct jk_crawl_item **found = malloc((crawl->count + 1) * sizeof *found);
    *out_count = 0;
    for (uint32_t i = 0; found && i < crawl->count; i++)
        if (crawl->items[i].identity.len > 0) found[(*out_count)++] = &crawl->items[i];
    if (found) qsort(found, *out_count, sizeof *found, by_identity);
    return found;
}

/* What was observed before: under another name now, where its identity is, or else absent. */
static enum jk_status put_gone(struct files *files, uint32_t seen, const struct jk_crawl_item *const *items,
                               size_t count)
{
    const struct jk_crawl_item *before = &files->known->seen.items[seen];
    struct jk_crawl_item met = {.id = before->id, .way = JK_CRAWL_BEFORE};
    struct jk_census_line line = {.state = JK_CENSUS_ABSENT, .id = before->id, .identity = before->identity};
    const struct jk_crawl_item *const *found =
        before->identity.len > 0 ? bsearch(&before, items, count, sizeof *items, by_identity) : NULL;
    uint32_t at;
    if (found) {
        line.state = JK_CENSUS_MOVED;
        line.to = (*found)->id;
    }
    JK_TRY(jk_crawl_meet(files->crawl, &met, &files->out->note, &at, &files->cli->error));
    return files->crawl->items[at].done ? JK_OK : jk_census_out_put(files->out, files->crawl, at, &line);
}

static enum jk_status put_all_gone(struct files *files)
{
    /* Meeting more may move the items, so that what is sorted are copies. */
    size_t count;
    const struct jk_crawl_item **items = sorted_by_identity(files->crawl, &count);
    struct jk_crawl_item *copies = malloc((count + 1) * sizeof *copies);
    enum jk_status status = items && copies ? JK_OK : jk_out_of_memory(&files->cli->error);
    for (size_t i = 0; status == JK_OK && i < count; i++) {
        copies[i] = *items[i];
        items[i] = &copies[i];
    }
    for (uint32_t i = 0; status == JK_OK && i < files->known->seen.count; i++) {
        const struct jk_crawl_item *before = &files->known->seen.items[i];
        uint32_t at = before->done ? jk_crawl_find(files->crawl, before->id) : JK_CRAWL_NONE;
        if (before->done && (at == JK_CRAWL_NONE || !files->crawl->items[at].done))
            status = put_gone(files, i, items, count);
    }
    free(items);
    free(copies);
    return status;
}

static enum jk_status read_paths(struct files *files, const char *const *sources, size_t count, const char ***paths)
{
    size_t path_count = 0;
    for (size_t i = 0; i < count; i++)
        JK_TRY(add_source(files, sources[i], paths, &path_count));
    jk_progress_begin(&files->progress, files->cli->err, files->cli->err_terminal && !files->cli->json,
                      files->cli->utf8, "reading", files->progress.total);
    for (size_t i = 0; i < path_count; i++)
        JK_TRY(read_objects_file(files, (*paths)[i]));
    return JK_OK;
}

enum jk_status jk_census_read_files(struct jk_cli *cli, const char *const *paths, size_t count, bool whole,
                                    const struct jk_census_known *known, struct jk_crawl *crawl,
                                    struct jk_census_out *out, struct jk_census_files *out_files)
{
    struct files *files = jk_arena_zalloc(&cli->arena, 1, sizeof *files);
    const char **found = NULL;
    if (!files) return jk_out_of_memory(&cli->error);
    *files = (struct files){.cli = cli, .known = known, .crawl = crawl, .out = out};
    jk_reading_init(&files->reading);
    jk_arena_init(&files->fault_arena, 1u << 20);
    out->grouped = true;
    enum jk_status status = read_paths(files, paths, count, &found);
    jk_progress_end(&files->progress);
    if (status == JK_OK && files->told > TOLD)
        fprintf(cli->err, "… and %llu more\n", (unsigned long long)(files->told - TOLD));
    if (status == JK_OK && whole && files->out->refused == 0) status = put_all_gone(files);
    *out_files = files->counts;
    jk_reading_done(&files->reading);
    jk_arena_done(&files->fault_arena);
    free(files->bytes);
    free(found);
    return status;
}
