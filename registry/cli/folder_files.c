/* See folder_files.h. */
#include "cli/folder_files.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/defer.h"

struct walk {
    struct jk_arena *arena;
    size_t most;
    struct jk_folder_files folder;
};

static void close_folder(DIR **folder)
{
    if (*folder) closedir(*folder);
}

static void walk_folder(struct walk *walk, const char *path, const char *within, unsigned deep);

/* Whatever is no folder is a file: one that cannot be read is told when it is wanted. */
static void walk_item(struct walk *walk, const char *path, const char *within, const char *item, unsigned deep)
{
    struct stat facts;
    const char *full = jk_arena_printf(walk->arena, "%s/%s", path, item),
               *name = jk_arena_printf(walk->arena, "%s%s", within, item);
    if (!full || !name || stat(full, &facts) != 0) return;
    if (!S_ISDIR(facts.st_mode)) {
        struct jk_folder_files *folder = &walk->folder;
        folder->more = folder->count == walk->most;
        if (!folder->more)
            folder->files[folder->count++] = (struct jk_folder_file){jk_span_of(name), (uint64_t)facts.st_size};
        return;
    }
    const char *inside = deep > 0 ? jk_arena_printf(walk->arena, "%s/", name) : NULL;
    if (inside) walk_folder(walk, full, inside, deep - 1);
}

static void walk_folder(struct walk *walk, const char *path, const char *within, unsigned deep)
{
    JK_CLEANUP(close_folder) DIR *folder = opendir(path);
    struct dirent *item;
    while (folder && !walk->folder.more && (item = readdir(folder)))
        if (item->d_name[0] != '.') walk_item(walk, path, within, item->d_name, deep);
}

static int by_file_name(const void *a, const void *b)
{
    return jk_span_compare(((const struct jk_folder_file *)a)->name, ((const struct jk_folder_file *)b)->name);
}

bool jk_list_folder_files(const char *path, unsigned deep, size_t most, struct jk_arena *arena,
                          struct jk_folder_files *out_folder)
{
    struct walk walk = {.arena = arena, .most = most};
    walk.folder.files = jk_arena_zalloc(arena, most + 1, sizeof *walk.folder.files);
    if (!walk.folder.files) return false;
    walk_folder(&walk, path, "", deep);
    qsort(walk.folder.files, walk.folder.count, sizeof *walk.folder.files, by_file_name);
    *out_folder = walk.folder;
    return !arena->exhausted;
}
