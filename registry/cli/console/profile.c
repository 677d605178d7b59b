/* See profile.h. */
#include "cli/console/profile.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "cli/console/local.h"
#include "cli/console/settings.h"

#define NAME_MAX_BYTES 64
#define LISTED         20 /* profiles that a message names */

/* NULL: the user has no home. */
static const char *settings_folder(struct jk_arena *arena)
{
    const char *base = jk_settings_variable("XDG_CONFIG_HOME"), *home = jk_settings_variable("HOME");
    if (base) return jk_arena_printf(arena, "%s/jokbo", base);
    return home ? jk_arena_printf(arena, "%s/.config/jokbo", home) : NULL;
}

static bool is_name(struct jk_span name)
{
    if (name.len < 1 || name.len > NAME_MAX_BYTES || !jk_ascii_alnum(name.at[0])) return false;
    for (size_t i = 0; i < name.len; i++)
        if (!jk_ascii_alnum(name.at[i]) && !strchr("._-", name.at[i])) return false;
    return true;
}

static int by_profile_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_profile(const struct dirent *item)
{
    return is_name(jk_span_of(item->d_name));
}

size_t jk_profile_list(struct jk_arena *arena, const char **out_names, size_t room)
{
    struct dirent **items;
    const char *folder = settings_folder(arena), *path = folder ? jk_arena_printf(arena, "%s/profiles", folder) : NULL;
    int found = path ? scandir(path, &items, is_profile, by_profile_name) : -1;
    size_t count = 0;
    for (int i = 0; i < found; i++) {
        const char *name = count < room ? jk_arena_copy(arena, items[i]->d_name, strlen(items[i]->d_name)) : NULL;
        if (name) out_names[count++] = name;
        free(items[i]);
    }
    if (found >= 0) free(items);
    return count;
}

static enum jk_status named_profile(const char *name, const char *where, struct jk_arena *arena, const char **out_path,
                                    struct jk_error *error)
{
    const char *folder = settings_folder(arena);
    if (!is_name(jk_span_of(name))) {
        char shown[2 * NAME_MAX_BYTES];
        jk_text_shorten(jk_span_of(name), shown, sizeof shown);
        return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE",
                       "%s \"%s\" must be 1 to %d letters, digits, \".\", \"_\" and \"-\", a letter or a digit first",
                       where, shown, NAME_MAX_BYTES);
    }
    if (!folder)
        return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "%s: there is no home folder with profiles", where);
    *out_path = jk_arena_printf(arena, "%s/profiles/%s", folder, name);
    if (!*out_path) return jk_out_of_memory(error);
    if (jk_local_exists(*out_path)) return JK_OK;

    const char *names[LISTED], *text = "";
    size_t count = jk_profile_list(arena, names, LISTED);
    for (size_t i = 0; i < count && text; i++)
        text = jk_arena_printf(arena, "%s%s%s", text, i > 0 ? ", " : "", names[i]);
    const char *known = text ? text : "";

    return jk_fail(error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%s: there is no %.200s; %s%.200s", where, *out_path,
                   known[0] ? "there are the profiles " : "there is no profile: registry/start creates one", known);
}

/* Of a file and a profile named by the same means. *out_path NULL: neither is. */
static enum jk_status named(const char *file, const char *profile, const char *const words[2], struct jk_arena *arena,
                            const char **out_path, struct jk_error *error)
{
    *out_path = file;
    if (file && profile)
        return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "%s and %s cannot be combined", words[0], words[1]);
    return profile ? named_profile(profile, words[1], arena, out_path, error) : JK_OK;
}

static enum jk_status started_last(const char *folder, struct jk_arena *arena, const char **out_path,
                                   struct jk_text *warnings, struct jk_error *error)
{
    const char *pointer = jk_arena_printf(arena, "%s/profile", folder);
    struct jk_span name;
    struct jk_error why;
    if (!pointer || !jk_local_exists(pointer)) return JK_OK;
    jk_error_init(&why, arena);
    if (jk_local_read(pointer, NAME_MAX_BYTES + 1, arena, &name, &why) == JK_OK) {
        name = jk_span_trim(name);
        const char *copy = jk_arena_copy(arena, name.at, name.len);
        if (!copy) return jk_out_of_memory(error);
        if (named_profile(copy, pointer, arena, out_path, &why) == JK_OK) return JK_OK;
    }
    *out_path = NULL;
    jk_text_addf(warnings, "no settings are read: %s\n", why.message);
    return JK_OK;
}

enum jk_status jk_profile_file(const struct jk_options *options, struct jk_arena *arena, const char **out_path,
                               struct jk_text *warnings, struct jk_error *error)
{
    static const char *const flags[] = {"--config", "--profile"}, *const variables[] = {"JOKBO_CONFIG",
                                                                                        "JOKBO_PROFILE"};
    JK_TRY(named(jk_options_text(options, JK_OPTION_CONFIG), jk_options_text(options, JK_OPTION_PROFILE), flags, arena,
                 out_path, error));
    if (*out_path) return JK_OK;
    JK_TRY(named(jk_settings_variable(variables[0]), jk_settings_variable(variables[1]), variables, arena, out_path,
                 error));
    if (*out_path) return JK_OK;
    const char *folder = settings_folder(arena), *own = folder ? jk_arena_printf(arena, "%s/config", folder) : NULL;
    if (!own) return JK_OK;
    if (!jk_local_exists(own)) return started_last(folder, arena, out_path, warnings, error);
    *out_path = own;
    return JK_OK;
}
