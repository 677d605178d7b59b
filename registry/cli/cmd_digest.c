/* `digest`: the manifest of a model's folder, and a folder against a manifest. No server is asked. */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/defer.h"
#include "cli/commands.h"
#include "cli/console/local.h"
#include "cli/console/place.h"
#include "cli/console/print.h"
#include "cli/console/progress.h"
#include "domain/manifest.h"
#include "scan/cache.h"
#include "scan/walk.h"
#include "scan/write.h"
#include "verify/verification.h"

#define NOTES_SHOWN 12

struct digesting {
    struct jk_cli *cli;
    const char *folder;
    struct jk_walk walk;
    struct jk_scan_file *files;
    size_t count;
    struct jk_scan_cache *cache;
    struct jk_progress progress;
    struct jk_text manifest;
};

static void end_digesting(struct digesting *digesting)
{
    jk_scan_cache_close(digesting->cache, digesting->files, digesting->count);
    for (size_t i = 0; i < digesting->count; i++)
        jk_scan_file_done(&digesting->files[i]);
    free(digesting->files);
    jk_walk_done(&digesting->walk);
    jk_text_done(&digesting->manifest);
}

/* ---- what is read ---- */

/* The manifest that is to be written is not part of what it describes. */
static bool is_output(const struct jk_cli *cli, const struct jk_walked *file)
{
    struct stat facts;
    const char *out = jk_options_text(&cli->options, JK_OPTION_OUT);
    return out && stat(out, &facts) == 0 && facts.st_dev == file->device && facts.st_ino == file->inode;
}

static enum jk_status take_files(struct digesting *digesting)
{
    struct jk_cli *cli = digesting->cli;
    JK_TRY(jk_walk_folder(digesting->folder, &digesting->walk, &cli->error));
    JK_TRY(jk_walk_refuse_odd(&digesting->walk, &cli->error));
    digesting->files = calloc(digesting->walk.count + 1, sizeof *digesting->files);
    if (!digesting->files) return jk_out_of_memory(&cli->error);
    for (size_t i = 0; i < digesting->walk.count; i++) {
        const struct jk_walked *walked = &digesting->walk.files[i];
        if (is_output(cli, walked)) continue;
        digesting->files[digesting->count++] =
            (struct jk_scan_file){.path = walked->path, .named = walked->named, .facts.size = walked->size};
    }
    if (digesting->count > 0) return JK_OK;
    return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%.200s holds no file", digesting->folder);
}

/* In the user's own cache, under the digest of the folder's real path. NULL: there is no place for it. */
static const char *cache_path(struct digesting *digesting)
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
    const struct digesting *digesting = user;
    return digesting->cache && jk_scan_cache_known(digesting->cache, file);
}

static void found(void *user, const struct jk_scan_file *file)
{
    const struct digesting *digesting = user;
    if (digesting->cache) jk_scan_cache_found(digesting->cache, file);
}

static void show_progress(void *user, uint64_t done, uint64_t total)
{
    struct digesting *digesting = user;
    jk_progress_to(&digesting->progress, done, total);
}

static enum jk_status read_files(struct digesting *digesting)
{
    struct jk_cli *cli = digesting->cli;
    struct jk_scan_options options = {.folder = digesting->folder,
                                      .files = digesting->files,
                                      .count = digesting->count,
                                      .sketches = true,
                                      .progress = show_progress,
                                      .known = known,
                                      .found = found,
                                      .user = digesting};
    const char *path = jk_cli_has(cli, JK_OPTION_ANEW) ? NULL : cache_path(digesting);
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
static enum jk_status refuse_faults(struct digesting *digesting)
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

/* ---- telling ---- */

static void tell_notes(const struct digesting *digesting)
{
    struct jk_cli *cli = digesting->cli;
    size_t notes = 0;
    for (size_t i = 0; i < digesting->count; i++)
        if (digesting->files[i].note[0] && notes++ < NOTES_SHOWN)
            fprintf(cli->err, "%s: %s\n", jk_print_safe(cli, digesting->files[i].path), digesting->files[i].note);
    if (notes > NOTES_SHOWN) fprintf(cli->err, "and %zu more of such\n", notes - NOTES_SHOWN);
}

static json_t *notes_json(const struct digesting *digesting)
{
    json_t *list = json_array();
    for (size_t i = 0; i < digesting->count; i++)
        if (digesting->files[i].note[0])
            json_array_append_new(
                list, json_pack("{s:s, s:s}", "path", digesting->files[i].path, "note", digesting->files[i].note));
    return list;
}

static enum jk_status tell_json(const struct digesting *digesting, const struct jk_manifest_summary *summary)
{
    char artifact[JK_DIGEST_HEX + 1], weights[JK_DIGEST_HEX + 1];
    jk_digest_hex(&summary->artifact, artifact);
    jk_digest_hex(&summary->weights, weights);
    return jk_print_json(digesting->cli,
                         json_pack("{s:s, s:s, s:s?, s:I, s:I, s:I, s:I, s:o}", "manifest",
                                   jk_cli_text(digesting->cli, JK_OPTION_OUT), "artifact", artifact, "weights",
                                   jk_digest_is_zero(&summary->weights) ? NULL : weights, "files",
                                   (json_int_t)summary->files, "bytes", (json_int_t)summary->bytes, "tensors",
                                   (json_int_t)summary->tensors, "sketches", (json_int_t)summary->sketches, "notes",
                                   notes_json(digesting)));
}

static enum jk_status tell_facts(const struct digesting *digesting, const struct jk_manifest_summary *summary)
{
    struct jk_cli *cli = digesting->cli;
    char artifact[JK_DIGEST_HEX + 1], weights[JK_DIGEST_HEX + 1];
    struct jk_table table;
    jk_digest_hex(&summary->artifact, artifact);
    jk_digest_hex(&summary->weights, weights);
    jk_print_facts_init(&table, cli);
    jk_print_fact(&table, "manifest", jk_cli_text(cli, JK_OPTION_OUT));
    jk_print_fact(&table, "artifact", artifact);
    jk_print_fact(&table, "weights", jk_digest_is_zero(&summary->weights) ? "none" : weights);
    jk_print_fact(&table, "files", jk_print_number(cli, summary->files));
    jk_print_fact(&table, "bytes", jk_print_number(cli, (int64_t)summary->bytes));
    jk_print_fact(&table, "tensors", jk_print_number(cli, summary->tensors));
    jk_print_fact(&table, "sketches", jk_print_number(cli, summary->sketches));
    jk_table_print(&table, cli->color, cli->out);
    return JK_OK;
}

static enum jk_status tell(struct digesting *digesting)
{
    struct jk_cli *cli = digesting->cli;
    struct jk_manifest_summary summary;
    const char *out = jk_options_text(&cli->options, JK_OPTION_OUT);
    JK_TRY(jk_manifest_check(jk_text_span(&digesting->manifest), &summary, &cli->error));
    tell_notes(digesting);
    if (!out) {
        fwrite(digesting->manifest.bytes, 1, digesting->manifest.len, cli->out);
        return JK_OK;
    }
    JK_TRY(jk_place_path(out, jk_text_span(&digesting->manifest), &cli->arena, &cli->error));
    return cli->json ? tell_json(digesting, &summary) : tell_facts(digesting, &summary);
}

/* ---- the command ---- */

static enum jk_status check_folder(struct jk_cli *cli, const char *folder)
{
    struct jk_verification verification = {.cli = cli};
    const char *path = jk_cli_text(cli, JK_OPTION_CHECK);
    JK_TRY(jk_verification_room(&verification, 1));
    struct jk_subject *subject = &verification.subjects[0];
    jk_subject_init(subject, cli, path);
    JK_TRY(jk_local_read(path, JK_MANIFEST_MAX, &cli->arena, &subject->file.manifest, &cli->error));
    subject->is_manifest = true;
    subject->folder = folder;
    verification.count = 1;
    JK_TRY(jk_verification_check(&verification, 0));
    return jk_verification_tell(&verification, jk_verification_conclude(&verification));
}

enum jk_status jk_run_digest(struct jk_cli *cli)
{
    JK_CLEANUP(end_digesting) struct digesting digesting = {.cli = cli, .folder = jk_cli_operand(cli, 0)};
    bool check = jk_cli_has(cli, JK_OPTION_CHECK), out = jk_cli_has(cli, JK_OPTION_OUT);
    if (check && (out || jk_cli_has(cli, JK_OPTION_ANEW)))
        return jk_cli_usage(cli, "--check goes with neither --out nor --anew");
    if (!jk_local_is_folder(digesting.folder))
        return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%.200s: it is no folder", digesting.folder);
    if (check) return check_folder(cli, digesting.folder);
    if (cli->json && !out) return jk_cli_usage(cli, "with --json the manifest goes into a file: --out FILE");
    jk_text_init(&digesting.manifest, 0);
    JK_TRY(take_files(&digesting));
    JK_TRY(read_files(&digesting));
    JK_TRY(refuse_faults(&digesting));
    JK_TRY(jk_scan_write(digesting.files, digesting.count, &digesting.manifest, &cli->error));
    return tell(&digesting);
}
