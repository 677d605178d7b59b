/* See digesting.h. */
#include "cli/digesting.h"

#include <stdlib.h>

#include "cli/console/local.h"
#include "cli/console/place.h"
#include "cli/console/print.h"
#include "cli/shards.h"
#include "scan/write.h"
#include "verify/placed.h"

#define NOTES_SHOWN 12

void jk_digesting_done(struct jk_digesting *digesting)
{
    jk_scan_cache_close(digesting->cache, digesting->files, digesting->count);
    for (size_t i = 0; i < digesting->count; i++)
        jk_scan_file_done(&digesting->files[i]);
    free(digesting->files);
    jk_walk_done(&digesting->walk);
    jk_text_done(&digesting->manifest);
}

/* ---- what is read ---- */

static int by_listed_name(const void *a, const void *b)
{
    return jk_span_compare(((const struct jk_walked *)a)->named, ((const struct jk_walked *)b)->named);
}

/* What lies there and is not listed is no part of the model; what is listed has the name that it has in the list. */
static enum jk_status keep_listed(struct jk_digesting *digesting)
{
    struct jk_walk *walk = &digesting->walk;
    struct jk_span *names = jk_arena_zalloc(&walk->arena, walk->count + 1, sizeof *names);
    size_t kept = 0;
    if (!names || !jk_placed_names(walk, digesting->listed, names)) return jk_out_of_memory(&digesting->cli->error);
    for (size_t i = 0; i < walk->count; i++) {
        if (names[i].len == 0) continue;
        walk->files[kept] = walk->files[i];
        walk->files[kept++].named = names[i];
    }
    walk->count = kept;
    if (kept > 1) qsort(walk->files, kept, sizeof *walk->files, by_listed_name);
    return JK_OK;
}

static enum jk_status take_files(struct jk_digesting *digesting)
{
    struct jk_cli *cli = digesting->cli;
    JK_TRY(jk_walk_folder(digesting->folder, &digesting->walk, &cli->error));
    jk_walk_leave_out(&digesting->walk, digesting->out);
    if (digesting->listed.len > 0) JK_TRY(keep_listed(digesting));
    JK_TRY(jk_walk_refuse_odd(&digesting->walk, &cli->error));
    digesting->files = calloc(digesting->walk.count + 1, sizeof *digesting->files);
    if (!digesting->files) return jk_out_of_memory(&cli->error);
    for (size_t i = 0; i < digesting->walk.count; i++) {
        const struct jk_walked *walked = &digesting->walk.files[i];
        digesting->files[digesting->count++] =
            (struct jk_scan_file){.path = walked->path, .named = walked->named, .facts.size = walked->size};
    }
    if (digesting->count > 0) return JK_OK;
    return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%.200s holds no file", digesting->folder);
}

/* In the user's own cache, under the digest of the folder's real path. NULL: there is no place for it. */
static const char *cache_path(struct jk_digesting *digesting)
{
    struct jk_cli *cli = digesting->cli;
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME"), *folder = NULL;
    char hex[JK_DIGEST_HEX + 1], *real = realpath(digesting->folder, NULL);
    struct jk_error error;
    if (!real) return NULL;
    struct jk_digest digest = jk_digest_of(jk_span_of(real));
    free(real);
    jk_digest_hex(&digest, hex);
    if (base && base[0] == '/')
        folder = jk_arena_printf(&cli->arena, "%s/jokbo/digest", base);
    else if (home && home[0])
        folder = jk_arena_printf(&cli->arena, "%s/.cache/jokbo/digest", home);
    jk_error_init(&error, NULL);
    if (!folder || jk_place_folder(folder, 0700, &cli->arena, &error) != JK_OK) return NULL;
    return jk_arena_printf(&cli->arena, "%s/%s", folder, hex);
}

static bool known(void *user, struct jk_scan_file *file)
{
    const struct jk_digesting *digesting = user;
    return digesting->cache && jk_scan_cache_known(digesting->cache, file);
}

static void found(void *user, const struct jk_scan_file *file)
{
    const struct jk_digesting *digesting = user;
    if (digesting->cache) jk_scan_cache_found(digesting->cache, file);
}

static void show_digesting(void *user, uint64_t done, uint64_t total)
{
    struct jk_digesting *digesting = user;
    jk_progress_to(&digesting->progress, done, total);
}

static enum jk_status read_model_files(struct jk_digesting *digesting)
{
    struct jk_cli *cli = digesting->cli;
    struct jk_scan_options options = {.folder = digesting->folder,
                                      .files = digesting->files,
                                      .count = digesting->count,
                                      .threads = digesting->threads,
                                      .sketches = true,
                                      .challenge = digesting->challenge,
                                      .progress = show_digesting,
                                      .known = known,
                                      .found = found,
                                      .user = digesting};
    const char *path = digesting->anew || digesting->challenge ? NULL : cache_path(digesting);
    uint64_t total = 0;
    for (size_t i = 0; i < digesting->count; i++)
        total += digesting->files[i].facts.size;
    if (path) digesting->cache = jk_scan_cache_open(path);
    jk_progress_begin(&digesting->progress, cli->err, cli->err_terminal, cli->utf8, "digesting", total);
    if (!cli->err_terminal && !cli->json) jk_progress_begin_lines(&digesting->progress, cli->err, "digesting", total);
    enum jk_status status = jk_scan_run(&options, &cli->error);
    jk_progress_end(&digesting->progress);
    return status;
}

/* All that is wrong at once. A file that cannot be read is the user's to mend, one that is not sound its maker's. */
static enum jk_status refuse_faults(struct jk_digesting *digesting)
{
    struct jk_error *error = &digesting->cli->error;
    const struct jk_scan_file *first = NULL;
    for (size_t i = 0; i < digesting->count; i++)
        if (digesting->files[i].fault[0] && (!first || first->unsound)) first = &digesting->files[i];
    if (!first) return JK_OK;
    (void)jk_fail(error, JK_INVALID_ARGUMENT, first->unsound ? "UNSOUND_WEIGHTS" : "LOCAL_FILE",
                  "the folder has no manifest");
    for (size_t i = 0; i < digesting->count; i++)
        if (digesting->files[i].fault[0])
            jk_error_field(error, digesting->files[i].path, "%s", digesting->files[i].fault);
    return error->status;
}

static void tell_notes(const struct jk_digesting *digesting)
{
    struct jk_cli *cli = digesting->cli;
    size_t notes = 0;
    for (size_t i = 0; i < digesting->count; i++)
        if (digesting->files[i].note[0] && notes++ < NOTES_SHOWN)
            fprintf(cli->err, "%s: %s\n", jk_print_safe(cli, digesting->files[i].path),
                    jk_print_safe(cli, digesting->files[i].note));
    if (notes > NOTES_SHOWN) fprintf(cli->err, "and %zu more of such\n", notes - NOTES_SHOWN);
}

enum jk_status jk_digesting_run(struct jk_digesting *digesting)
{
    struct jk_cli *cli = digesting->cli;
    if (!jk_local_is_folder(digesting->folder))
        return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%.200s: it is no folder", digesting->folder);
    jk_text_init(&digesting->manifest, 0);
    JK_TRY(take_files(digesting));
    JK_TRY(read_model_files(digesting));
    JK_TRY(refuse_faults(digesting));
    tell_notes(digesting);
    jk_shards_tell(digesting);
    return jk_scan_write(digesting->files, digesting->count, &digesting->manifest, &cli->error);
}
