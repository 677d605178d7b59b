/* `digest`: the manifest of a model's folder, and a folder against a manifest. No server is asked. */
#include "base/defer.h"
#include "cli/commands.h"
#include "cli/console/local.h"
#include "cli/console/place.h"
#include "cli/console/print.h"
#include "cli/digesting.h"
#include "domain/manifest.h"
#include "verify/verification.h"

#define JOBS_MAX 16

/* ---- telling ---- */

static json_t *notes_json(const struct jk_digesting *digesting)
{
    json_t *list = json_array();
    for (size_t i = 0; i < digesting->count; i++)
        if (digesting->files[i].note[0])
            json_array_append_new(
                list, json_pack("{s:s, s:s}", "path", digesting->files[i].path, "note", digesting->files[i].note));
    return list;
}

static enum jk_status tell_json(const struct jk_digesting *digesting, const struct jk_manifest_summary *summary)
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

static enum jk_status tell_facts(const struct jk_digesting *digesting, const struct jk_manifest_summary *summary)
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
    jk_print_table(cli, &table);
    return JK_OK;
}

static enum jk_status tell_digests(struct jk_digesting *digesting)
{
    struct jk_cli *cli = digesting->cli;
    struct jk_manifest_summary summary;
    const char *out = jk_options_text(&cli->options, JK_OPTION_OUT);
    JK_TRY(jk_manifest_check(jk_text_span(&digesting->manifest), &summary, &cli->error));
    if (!out) {
        fwrite(digesting->manifest.bytes, 1, digesting->manifest.len, cli->out);
        return JK_OK;
    }
    JK_TRY(jk_place_path(out, jk_text_span(&digesting->manifest), &cli->arena, &cli->error));
    return cli->json ? tell_json(digesting, &summary) : tell_facts(digesting, &summary);
}

/* ---- the command ---- */

static enum jk_status check_folder(struct jk_cli *cli, const char *folder, unsigned threads)
{
    if (!jk_local_is_folder(folder))
        return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%.200s: it is no folder", folder);
    struct jk_verification verification = {.cli = cli};
    const char *path = jk_cli_text(cli, JK_OPTION_CHECK);
    JK_TRY(jk_verification_room(&verification, 1));
    struct jk_subject *subject = &verification.subjects[0];
    jk_subject_init(subject, cli, path);
    JK_TRY(jk_local_read(path, JK_MANIFEST_MAX, &cli->arena, &subject->file.manifest, &cli->error));
    subject->is_manifest = true;
    subject->folder = folder;
    subject->threads = threads;
    verification.count = 1;
    JK_TRY(jk_verification_check(&verification, 0));
    return jk_verification_tell(&verification, jk_verification_conclude(&verification));
}

enum jk_status jk_run_digest(struct jk_cli *cli)
{
    JK_CLEANUP(jk_digesting_done)
    struct jk_digesting digesting = {.cli = cli,
                                     .folder = jk_cli_operand(cli, 0),
                                     .out = jk_options_text(&cli->options, JK_OPTION_OUT),
                                     .anew = jk_cli_has(cli, JK_OPTION_ANEW)};
    uint64_t jobs = jk_options_count(&cli->options, JK_OPTION_JOBS, 0);
    bool check = jk_cli_has(cli, JK_OPTION_CHECK), out = jk_cli_has(cli, JK_OPTION_OUT);
    if (check && (out || jk_cli_has(cli, JK_OPTION_ANEW)))
        return jk_cli_usage(cli, "--check goes with neither --out nor --anew");
    if (jk_cli_has(cli, JK_OPTION_JOBS) && (jobs < 1 || jobs > JOBS_MAX))
        return jk_cli_usage(cli, "--jobs must be 1 to %d", JOBS_MAX);
    digesting.threads = (unsigned)jobs;
    if (check) return check_folder(cli, digesting.folder, digesting.threads);
    if (cli->json && !out) return jk_cli_usage(cli, "with --json the manifest goes into a file: --out FILE");
    JK_TRY(jk_digesting_run(&digesting));
    return tell_digests(&digesting);
}
