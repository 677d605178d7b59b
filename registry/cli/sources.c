/* Listing what lies in a model's folder, and reading those of the files that say something. */
#include "cli/sources.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/defer.h"
#include "cli/console/local.h"

#define FOLDERS_DEEP 2 /* "UD-Q4_K_XL/model.gguf" lies one deep */

struct listing {
    struct jk_arena *arena;
    struct jk_files files;
    size_t left_out;
};

static void close_folder(DIR **folder)
{
    if (*folder) closedir(*folder);
}

static void add_file(struct listing *listing, const char *name, const struct stat *facts)
{
    struct jk_span span = jk_span_of(name);
    if (listing->files.count == JK_FILES_MAX) {
        listing->left_out++;
        return;
    }
    listing->files.items[listing->files.count++] = (struct jk_file){
        .name = {jk_arena_copy(listing->arena, span.at, span.len), span.len}, .size = (uint64_t)facts->st_size};
}

static void list_folder(struct listing *listing, const char *path, const char *within, unsigned depth);

/* Whatever is no folder is a file: one that cannot be read is told when it is wanted. */
static void list_one(struct listing *listing, const char *path, const char *within, const char *item, unsigned depth)
{
    struct stat facts;
    const char *full = jk_arena_printf(listing->arena, "%s/%s", path, item),
               *name = jk_arena_printf(listing->arena, "%s%s", within, item);
    if (!full || !name || stat(full, &facts) != 0) return;
    if (!S_ISDIR(facts.st_mode)) {
        add_file(listing, name, &facts);
        return;
    }
    const char *inside = jk_arena_printf(listing->arena, "%s/", name);
    if (item[0] != '.' && depth > 0 && inside) list_folder(listing, full, inside, depth - 1);
}

static void list_folder(struct listing *listing, const char *path, const char *within, unsigned depth)
{
    JK_CLEANUP(close_folder) DIR *folder = opendir(path);
    struct dirent *item;
    while (folder && (item = readdir(folder)) && listing->left_out == 0)
        if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0)
            list_one(listing, path, within, item->d_name, depth);
}

/* A text must be readable; weights are only a help. */
static enum jk_status read_one(struct listing *listing, const char *path, struct jk_file *file,
                               struct jk_sources *sources, struct jk_error *error)
{
    struct jk_error fault;
    enum jk_file_kind kind = jk_file_kind(file->name);
    bool text = kind == JK_FILE_CARD || kind == JK_FILE_ADAPTER_CONFIG || kind == JK_FILE_RECIPE;
    if (text) return jk_local_read(path, file->wanted, listing->arena, &file->bytes, error);
    jk_error_init(&fault, NULL);
    if (jk_local_read_head(path, file->wanted, listing->arena, &file->bytes, &fault) != JK_OK)
        jk_doubts_add(&sources->doubts, "%s is passed over: it cannot be read",
                      jk_doubts_shown(&sources->doubts, file->name));
    file->whole = file->bytes.at && file->bytes.len < file->wanted;
    return JK_OK;
}

static enum jk_status read_folder(const char *path, struct listing *listing, struct jk_sources *sources,
                                  struct jk_error *error)
{
    list_folder(listing, path, "", FOLDERS_DEEP);
    if (listing->left_out > 0)
        jk_doubts_add(&sources->doubts, "the folder holds more than 10,000 files: those beyond are not looked at");
    jk_files_want(&listing->files);
    for (size_t i = 0; i < listing->files.count; i++) {
        struct jk_file *file = &listing->files.items[i];
        if (file->wanted == 0) continue;
        const char *full = jk_arena_printf(listing->arena, "%s/%.*s", path, JK_SPAN_ARG(file->name));
        if (full) JK_TRY(read_one(listing, full, file, sources, error));
    }
    return JK_OK;
}

static struct jk_span last_segment(struct jk_span path)
{
    for (size_t i = path.len; i-- > 0;)
        if (path.at[i] == '/') return (struct jk_span){path.at + i + 1, path.len - i - 1};
    return path;
}

/* One file is a card, unless its name says that it is something else. */
static enum jk_status read_file(const char *path, struct listing *listing, struct jk_sources *sources,
                                struct jk_error *error)
{
    struct jk_file file = {.name = last_segment(jk_span_of(path))};
    enum jk_file_kind kind = jk_file_kind(file.name);
    if (kind == JK_FILE_OTHER || kind == JK_FILE_CARD) file.name = JK_SPAN("README.md");
    listing->files = (struct jk_files){listing->files.items, 1};
    listing->files.items[0] = file;
    jk_files_want(&listing->files);
    return read_one(listing, path, &listing->files.items[0], sources, error);
}

enum jk_status jk_sources_read(const char *path, struct jk_arena *arena, struct jk_sources *out_sources,
                               struct jk_error *mistakes, struct jk_error *error)
{
    struct listing listing = {.arena = arena};
    struct jk_sources told = {.doubts = {.arena = arena}};
    listing.files.items = jk_arena_zalloc(arena, JK_FILES_MAX, sizeof *listing.files.items);
    if (!listing.files.items) return jk_fail(error, JK_RESOURCE_EXHAUSTED, "MEMORY", "out of memory");
    if (path && jk_local_is_folder(path))
        JK_TRY(read_folder(path, &listing, &told, error));
    else if (path)
        JK_TRY(read_file(path, &listing, &told, error));
    jk_gather(&listing.files, JK_SPAN(""), arena, out_sources, mistakes);
    jk_doubts_add_all(&out_sources->doubts, &told.doubts);
    return JK_OK;
}
