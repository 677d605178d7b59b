/* Listing a model's folder, and reading the files that say something about the model. */
#include "cli/sources.h"

#include "cli/console/local.h"
#include "cli/folder_files.h"

#define FOLDERS_DEEP 2 /* "UD-Q4_K_XL/model.gguf" lies one deep */

/* A text must be readable; weights are only a help. */
static enum jk_status read_one(const char *path, struct jk_file *file, struct jk_doubts *doubts, struct jk_error *error)
{
    struct jk_error fault;
    enum jk_file_kind kind = jk_file_kind(file->name);
    bool text = kind == JK_FILE_CARD || kind == JK_FILE_ADAPTER_CONFIG || kind == JK_FILE_RECIPE;
    if (text) return jk_local_read(path, file->wanted, doubts->arena, &file->bytes, error);
    jk_error_init(&fault, NULL);
    if (jk_local_read_head(path, file->wanted, doubts->arena, &file->bytes, &fault) != JK_OK)
        jk_doubts_add(doubts, "%s is ignored: it cannot be read", jk_doubts_shown(doubts, file->name));
    file->whole = file->bytes.at && file->bytes.len < file->wanted;
    return JK_OK;
}

static enum jk_status read_folder(const char *path, struct jk_files *files, struct jk_doubts *doubts,
                                  struct jk_error *error)
{
    struct jk_folder_files folder;
    if (!jk_list_folder_files(path, FOLDERS_DEEP, JK_FILES_MAX, doubts->arena, &folder)) return jk_out_of_memory(error);
    files->items = jk_arena_zalloc(doubts->arena, folder.count + 1, sizeof *files->items);
    if (!files->items) return jk_out_of_memory(error);
    for (; files->count < folder.count; files->count++)
        files->items[files->count] =
            (struct jk_file){.name = folder.files[files->count].name, .size = folder.files[files->count].size};
    if (folder.more) jk_doubts_add(doubts, "the folder has more than 10,000 files: the rest are ignored");
    jk_files_want(files);
    for (size_t i = 0; i < files->count; i++) {
        struct jk_file *file = &files->items[i];
        const char *full = file->wanted > 0 ? jk_arena_printf(doubts->arena, "%s/%s", path, file->name.at) : NULL;
        if (full) JK_TRY(read_one(full, file, doubts, error));
    }
    return JK_OK;
}

/* One file is a card, unless its name says that it is something else. */
static enum jk_status read_source_file(const char *path, struct jk_files *files, struct jk_doubts *doubts,
                                       struct jk_error *error)
{
    files->items = jk_arena_zalloc(doubts->arena, 1, sizeof *files->items);
    if (!files->items) return jk_out_of_memory(error);
    files->count = 1;
    files->items[0].name = jk_span_after_last(jk_span_of(path), '/');
    enum jk_file_kind kind = jk_file_kind(files->items[0].name);
    if (kind == JK_FILE_OTHER || kind == JK_FILE_CARD) files->items[0].name = JK_SPAN("README.md");
    jk_files_want(files);
    return read_one(path, &files->items[0], doubts, error);
}

enum jk_status jk_sources_read(const char *path, struct jk_arena *arena, struct jk_sources *out_sources,
                               struct jk_error *mistakes, struct jk_error *error)
{
    struct jk_files files = {0};
    struct jk_doubts doubts = {.arena = arena};
    if (path && jk_local_is_folder(path))
        JK_TRY(read_folder(path, &files, &doubts, error));
    else if (path)
        JK_TRY(read_source_file(path, &files, &doubts, error));
    jk_gather(&files, JK_SPAN(""), arena, out_sources, mistakes);
    jk_doubts_add_all(&out_sources->doubts, &doubts);
    return JK_OK;
}
