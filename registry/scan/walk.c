/* See walk.h. */
#include "scan/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/defer.h"
#include "base/text.h"
#include "domain/manifest.h"

#define ARENA (256u << 20)

struct walker {
    struct jk_walk *walk;
    const char *folder;
    struct jk_error *error;
};

static void close_folder(DIR **folder)
{
    if (*folder) closedir(*folder);
}

void jk_walk_done(struct jk_walk *walk)
{
    free(walk->files);
    jk_arena_done(&walk->arena);
    *walk = (struct jk_walk){0};
}

static enum jk_status no_memory(struct walker *walker)
{
    return jk_out_of_memory(walker->error);
}

static bool is_left_out(const char *name)
{
    return strcmp(name, ".jokbo") == 0 || strcmp(name, ".git") == 0 || strcmp(name, ".cache") == 0;
}

static enum jk_status add_walked(struct walker *walker, struct jk_walked file)
{
    struct jk_walk *walk = walker->walk;
    if (walk->count == JK_MANIFEST_FILES_MAX)
        return jk_fail(walker->error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%.200s holds more than 100,000 files",
                       walker->folder);
    if (!JK_ARRAY_GROW(walk->files, walk->count, walk->room)) return no_memory(walker);
    walk->files[walk->count++] = file;
    return JK_OK;
}

/* `why`, or of trouble of this machine, with NULL, errno's words. */
static enum jk_status add_odd(struct walker *walker, const char *path, const char *why)
{
    char shown[200];
    bool unread = !why;
    if (unread) why = strerror(errno);
    jk_text_shorten(jk_span_of(path), shown, sizeof shown);
    const char *name = jk_arena_copy(&walker->walk->arena, shown, strlen(shown));
    const char *copy = jk_arena_copy(&walker->walk->arena, why, strlen(why));
    if (!name || !copy) return no_memory(walker);
    return add_walked(walker,
                      (struct jk_walked){.path = name, .named = jk_span_of(name), .odd = copy, .unread = unread});
}

static enum jk_status add_file(struct walker *walker, const char *path, const struct stat *facts)
{
    JK_CLEANUP(jk_text_done) struct jk_text named;
    jk_text_init(&named, 0);
    if (!jk_utf8_valid(jk_span_of(path))) return add_odd(walker, path, "its name is not UTF-8");
    jk_percent_encode(&named, jk_span_of(path), "", false);
    if (named.len > JK_MANIFEST_PATH_MAX) return add_odd(walker, path, "its path has more than 1,024 bytes");
    const char *copy = named.failed ? NULL : jk_arena_copy(&walker->walk->arena, named.bytes, named.len);
    if (!copy) return no_memory(walker);
    return add_walked(
        walker, (struct jk_walked){
                    path, {copy, named.len}, (uint64_t)facts->st_size, facts->st_dev, facts->st_ino, NULL, false});
}

static enum jk_status walk_below(struct walker *walker, int parent, const char *name, const char *path, unsigned depth);

/* Once more without following it, where it is a link, to say what it is. */
static enum jk_status take_name(struct walker *walker, int folder, const char *name, const char *path, unsigned depth)
{
    struct stat facts, link;
    if (fstatat(folder, name, &link, AT_SYMLINK_NOFOLLOW) != 0) return add_odd(walker, path, NULL);
    bool is_link = S_ISLNK(link.st_mode);
    if (fstatat(folder, name, &facts, 0) != 0) {
        bool nowhere = is_link && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP);
        return add_odd(walker, path, nowhere ? "it is a symbolic link that leads nowhere" : NULL);
    }
    if (S_ISREG(facts.st_mode)) return add_file(walker, path, &facts);
    if (!S_ISDIR(facts.st_mode)) return add_odd(walker, path, "it is neither a file nor a folder");
    if (is_link) return add_odd(walker, path, "it is a symbolic link to a folder, which is not followed");
    return is_left_out(name) ? JK_OK : walk_below(walker, folder, name, path, depth + 1);
}

static enum jk_status walk_names(struct walker *walker, DIR *folder, const char *path, unsigned depth)
{
    for (errno = 0;;) {
        const struct dirent *entry = readdir(folder);
        if (!entry) return errno ? add_odd(walker, path, NULL) : JK_OK;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        const char *below = jk_arena_printf(&walker->walk->arena, path[0] ? "%s/%s" : "%s%s", path, entry->d_name);
        if (!below) return no_memory(walker);
        JK_TRY(take_name(walker, dirfd(folder), entry->d_name, below, depth));
        errno = 0;
    }
}

static enum jk_status walk_below(struct walker *walker, int parent, const char *name, const char *path, unsigned depth)
{
    if (depth > JK_WALK_DEPTH_MAX) return add_odd(walker, path, "folders lie within folders there, more than 64 deep");
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && path[0]) return add_odd(walker, path, NULL);
    if (fd < 0)
        return jk_fail(walker->error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%.200s: %s", walker->folder, strerror(errno));
    JK_CLEANUP(close_folder) DIR *folder = fdopendir(fd);
    if (folder) return walk_names(walker, folder, path, depth);
    close(fd);
    return no_memory(walker);
}

static int by_walked_name(const void *a, const void *b)
{
    return jk_span_compare(((const struct jk_walked *)a)->named, ((const struct jk_walked *)b)->named);
}

enum jk_status jk_walk_folder(const char *folder, struct jk_walk *out_walk, struct jk_error *error)
{
    struct walker walker = {out_walk, folder, error};
    *out_walk = (struct jk_walk){0};
    jk_arena_init(&out_walk->arena, ARENA);
    enum jk_status status = walk_below(&walker, AT_FDCWD, folder, "", 0);
    if (status != JK_OK)
        jk_walk_done(out_walk);
    else if (out_walk->count > 1)
        qsort(out_walk->files, out_walk->count, sizeof *out_walk->files, by_walked_name);
    return status;
}

void jk_walk_leave_out(struct jk_walk *walk, const char *path)
{
    struct stat facts;
    size_t kept = 0;
    if (!path || stat(path, &facts) != 0) return;
    for (size_t i = 0; i < walk->count; i++) {
        const struct jk_walked *file = &walk->files[i];
        if (!file->odd && file->device == facts.st_dev && file->inode == facts.st_ino) continue;
        walk->files[kept++] = *file;
    }
    walk->count = kept;
}

static int by_wanted_name(const void *key, const void *item)
{
    return jk_span_compare(*(const struct jk_span *)key, ((const struct jk_walked *)item)->named);
}

const struct jk_walked *jk_walk_find(const struct jk_walk *walk, struct jk_span named)
{
    return walk->count ? bsearch(&named, walk->files, walk->count, sizeof *walk->files, by_wanted_name) : NULL;
}

enum jk_status jk_walk_refuse_odd(const struct jk_walk *walk, struct jk_error *error)
{
    for (size_t i = 0; i < walk->count; i++)
        if (walk->files[i].odd)
            return jk_fail(error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%s: %s", walk->files[i].path, walk->files[i].odd);
    return JK_OK;
}
