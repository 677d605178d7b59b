/* Finding and reading the files that lie beside the weights. */
#include "cli/sources.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/defer.h"
#include "cli/console/local.h"

#define CARD_MAX (8u << 20) /* a card with its body; its front matter has a limit of its own */

static void close_folder(DIR **folder)
{
    if (*folder) closedir(*folder);
}

/* "<path>/<name>" where that exists, else NULL. */
static const char *beside(const char *path, const char *name, struct jk_arena *arena)
{
    const char *full = jk_arena_printf(arena, "%s/%s", path, name);
    return full && jk_local_exists(full) ? full : NULL;
}

static enum jk_status read_card(const char *path, struct jk_arena *arena, struct jk_sources *sources,
                                struct jk_error *mistakes, struct jk_error *error)
{
    struct jk_span text;
    JK_TRY(jk_local_read(path, CARD_MAX, arena, &text, error));
    sources->has_card = jk_card_parse(text, arena, &sources->card, mistakes) == JK_OK;
    return JK_OK;
}

static enum jk_status read_adapter(const char *path, struct jk_arena *arena, struct jk_sources *sources,
                                   struct jk_error *mistakes, struct jk_error *error)
{
    struct jk_span text;
    const char *file = beside(path, "adapter_config.json", arena);
    if (!file) return JK_OK;
    JK_TRY(jk_local_read(file, JK_ADAPTER_MAX, arena, &text, error));
    sources->has_adapter = jk_adapter_parse(text, arena, &sources->adapter, mistakes) == JK_OK;
    return JK_OK;
}

static enum jk_status read_mergekit(const char *path, struct jk_arena *arena, struct jk_sources *sources,
                                    struct jk_error *mistakes, struct jk_error *error)
{
    struct jk_span text;
    const char *file = beside(path, "mergekit_config.yml", arena);
    if (!file) file = beside(path, "mergekit_config.yaml", arena);
    if (!file) return JK_OK;
    JK_TRY(jk_local_read(file, 1 << 20, arena, &text, error));
    sources->has_mergekit = jk_mergekit_parse(text, arena, &sources->mergekit, mistakes) == JK_OK;
    return JK_OK;
}

/* The first *.gguf by name, so that the same folder always gives the same answer. */
static const char *first_gguf(const char *path, struct jk_arena *arena)
{
    JK_CLEANUP(close_folder) DIR *folder = opendir(path);
    const char *best = NULL;
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        struct jk_span name = jk_span_of(entry->d_name);
        bool gguf = name.len > 5 && jk_span_equal_fold((struct jk_span){name.at + name.len - 5, 5}, JK_SPAN(".gguf"));
        if (gguf && (!best || strcmp(entry->d_name, best) < 0)) best = jk_arena_copy(arena, name.at, name.len);
    }
    return best;
}

/* A GGUF file that cannot be read is no mistake: it is the weakest source, and only a help. */
static void read_gguf(const char *path, struct jk_arena *arena, struct jk_sources *sources)
{
    struct jk_error ignored;
    struct jk_span bytes;
    jk_error_init(&ignored, NULL);
    const char *name = first_gguf(path, arena);
    const char *file = name ? beside(path, name, arena) : NULL;
    if (!file || jk_local_read_head(file, JK_GGUF_READ_MAX, arena, &bytes, &ignored) != JK_OK) return;
    sources->gguf_file = name;
    sources->has_gguf = jk_gguf_parse(bytes, &sources->gguf, &ignored) == JK_OK;
}

static enum jk_status read_folder(const char *path, struct jk_arena *arena, struct jk_sources *sources,
                                  struct jk_error *mistakes, struct jk_error *error)
{
    const char *card = beside(path, "README.md", arena);
    if (card) JK_TRY(read_card(card, arena, sources, mistakes, error));
    JK_TRY(read_adapter(path, arena, sources, mistakes, error));
    JK_TRY(read_mergekit(path, arena, sources, mistakes, error));
    read_gguf(path, arena, sources);
    return JK_OK;
}

enum jk_status jk_sources_read(const char *path, struct jk_arena *arena, struct jk_sources *out_sources,
                               struct jk_error *mistakes, struct jk_error *error)
{
    struct jk_sources sources = {0};
    if (path && jk_local_is_folder(path))
        JK_TRY(read_folder(path, arena, &sources, mistakes, error));
    else if (path)
        JK_TRY(read_card(path, arena, &sources, mistakes, error));
    *out_sources = sources;
    return JK_OK;
}
