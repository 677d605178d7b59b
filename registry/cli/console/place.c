/* See place.h. */
#include "cli/console/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/files.h"
#include "base/text.h"

static enum jk_status place_fault(struct jk_error *error, const char *path, int why)
{
    char shown[160];
    jk_text_shorten(jk_span_of(path ? path : ""), shown, sizeof shown);
    return jk_fail(error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%s: %s", shown, strerror(why));
}

static enum jk_status make_folder(const char *folder, unsigned mode, struct jk_error *error)
{
    if (mkdir(folder, mode) == 0 || errno == EEXIST) return JK_OK;
    return place_fault(error, folder, errno);
}

enum jk_status jk_place_folder(const char *folder, unsigned mode, struct jk_arena *arena, struct jk_error *error)
{
    char *path = jk_arena_copy(arena, folder, strlen(folder));
    if (!path) return jk_out_of_memory(error);
    for (char *slash = strchr(path + 1, '/'); path[0] && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        JK_TRY(make_folder(path, mode, error));
        *slash = '/';
    }
    JK_TRY(make_folder(path, mode, error));
    struct stat facts;
    if (stat(path, &facts) != 0) return place_fault(error, path, errno);
    return S_ISDIR(facts.st_mode) ? JK_OK : place_fault(error, path, ENOTDIR);
}

enum jk_status jk_place_file(const char *folder, const char *name, struct jk_span bytes, struct jk_arena *arena,
                             struct jk_error *error)
{
    uint64_t random;
    jk_random_bytes(&random, sizeof random);
    const char *path = jk_arena_printf(arena, "%s/%s", folder, name);
    const char *temporary = jk_arena_printf(arena, "%s/.new-%016llx", folder, (unsigned long long)random);
    if (!path || !temporary) return jk_out_of_memory(error);
    int why = jk_file_replace(AT_FDCWD, temporary, path, bytes, 0644, true);
    return why ? place_fault(error, path, why) : JK_OK;
}

enum jk_status jk_place_path(const char *path, struct jk_span bytes, struct jk_arena *arena, struct jk_error *error)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *folder = !slash ? "." : slash == path ? "/" : jk_arena_printf(arena, "%.*s", (int)(slash - path), path);
    if (!*name) return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "\"%.200s\" is no file", path);
    return folder ? jk_place_file(folder, name, bytes, arena, error) : place_fault(error, path, ENOMEM);
}
