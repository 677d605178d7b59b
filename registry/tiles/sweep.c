/* Removing what is no longer needed; see grow.h. Removals are not synced: it does no harm if a file comes back. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tiles/grow.h"

#define DEPTH_MAX 12 /* of folders: tile/0/x…/x…/….p */

/* A folder's names; NULL if it is absent, or with errno set. */
static DIR *open_names(const struct jk_folder *folder, const char *path)
{
    int fd = openat(jk_folder_descriptor(folder), *path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *names = fd >= 0 ? fdopendir(fd) : NULL;

    if (fd >= 0 && !names) close(fd);
    return names;
}

static bool is_self(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static enum jk_status remove_name(const struct jk_folder *folder, const char *path, int flags, struct jk_error *error)
{
    if (unlinkat(jk_folder_descriptor(folder), path, flags) == 0 || errno == ENOENT || errno == ENOTEMPTY) return JK_OK;
    return jk_folder_fault(folder, path, error);
}

/* All of a folder "<N>.p", and the folder. */
static enum jk_status remove_partials(const struct jk_folder *folder, const char *path, struct jk_error *error)
{
    enum jk_status status = JK_OK;
    DIR *names = open_names(folder, path);
    struct dirent *row;

    if (!names) return errno == ENOENT ? JK_OK : jk_folder_fault(folder, path, error);
    while (status == JK_OK && (row = readdir(names)) != NULL) {
        char inner[JK_FOLDER_PATH];

        if (is_self(row->d_name)) continue;
        if (snprintf(inner, sizeof(inner), "%s/%s", path, row->d_name) < (int)sizeof(inner))
            status = remove_name(folder, inner, 0, error);
    }
    closedir(names);
    return status == JK_OK ? remove_name(folder, path, AT_REMOVEDIR, error) : status;
}

static enum jk_status sweep_level(const struct jk_folder *folder, struct jk_tile tile, uint64_t old_size, uint64_t size,
                                  struct jk_error *error)
{
    uint64_t last = (size >> (JK_TILE_BITS * tile.level)) / JK_TILE_WIDTH;

    tile.width = JK_TILE_WIDTH;
    tile.index = (old_size >> (JK_TILE_BITS * tile.level)) / JK_TILE_WIDTH;
    for (; tile.index < last; tile.index++) {
        char full[JK_TILE_PATH], path[JK_TILE_PATH + 2];

        jk_tile_path(&tile, full);
        (void)snprintf(path, sizeof(path), "%s.p", full);
        JK_TRY(remove_partials(folder, path, error));
    }
    return JK_OK;
}

enum jk_status jk_grow_sweep(struct jk_folder *folder, uint64_t old_size, uint64_t size, struct jk_error *error)
{
    JK_TRY(sweep_level(folder, (struct jk_tile){.kind = JK_TILE_ENTRIES}, old_size, size, error));
    for (unsigned level = 0; level < JK_TILE_LEVELS; level++)
        JK_TRY(sweep_level(folder, (struct jk_tile){.level = level}, old_size, size, error));
    return JK_OK;
}

/* ---- the whole folder ---- */

/* A partial tile that no checkpoint up to that size refers to, or that a full one has replaced. */
static bool is_superfluous(const char *path, uint64_t size)
{
    struct jk_tile tile;

    if (!jk_tile_parse(jk_span_of(path), &tile) || tile.width == JK_TILE_WIDTH) return false;
    unsigned width = jk_tile_width_at(tile.level, tile.index, size);
    return width == JK_TILE_WIDTH || tile.width > width;
}

static enum jk_status tidy(const struct jk_folder *folder, const char *path, uint64_t size, int depth,
                           struct jk_error *error);

static enum jk_status tidy_name(const struct jk_folder *folder, const char *path, uint64_t size, int depth,
                                struct jk_error *error)
{
    struct stat facts;
    if (fstatat(jk_folder_descriptor(folder), path, &facts, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(facts.st_mode))
        return is_superfluous(path, size) ? remove_name(folder, path, 0, error) : JK_OK;
    JK_TRY(tidy(folder, path, size, depth + 1, error));
    return jk_span_ends(jk_span_of(path), JK_SPAN(".p")) ? remove_name(folder, path, AT_REMOVEDIR, error) : JK_OK;
}

static enum jk_status tidy(const struct jk_folder *folder, const char *path, uint64_t size, int depth,
                           struct jk_error *error)
{
    enum jk_status status = JK_OK;
    struct dirent *row;
    DIR *names;

    if (depth > DEPTH_MAX) return JK_OK; /* none of our files is that deep */
    names = open_names(folder, path);
    if (!names) return errno == ENOENT ? JK_OK : jk_folder_fault(folder, path, error);
    while (status == JK_OK && (row = readdir(names)) != NULL) {
        char inner[JK_FOLDER_PATH];

        if (is_self(row->d_name)) continue;
        if (snprintf(inner, sizeof(inner), "%s/%s", path, row->d_name) < (int)sizeof(inner))
            status = tidy_name(folder, inner, size, depth, error);
    }
    closedir(names);
    return status;
}

enum jk_status jk_grow_drafts(struct jk_folder *folder, struct jk_error *error)
{
    enum jk_status status = JK_OK;
    DIR *names = open_names(folder, "");
    struct dirent *row;

    if (!names) return jk_folder_fault(folder, "", error);
    while (status == JK_OK && (row = readdir(names)) != NULL) {
        if (jk_span_starts(jk_span_of(row->d_name), JK_SPAN(JK_FOLDER_TEMPORARY)))
            status = remove_name(folder, row->d_name, 0, error);
    }
    closedir(names);
    return status;
}

enum jk_status jk_grow_tidy(struct jk_folder *folder, uint64_t size, struct jk_error *error)
{
    JK_TRY(jk_grow_drafts(folder, error));
    return tidy(folder, "tile", size, 0, error);
}
