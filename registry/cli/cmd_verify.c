/* `verify`: checks receipts, count certificates, what is registered under a name, and a model's folder. */
#include <jokbo/v1/registry.pb-c.h>

#include "cli/commands.h"
#include "cli/console/local.h"
#include "domain/ident.h"
#include "verify/certified.h"
#include "verify/verification.h"
#include "verify/witnessed.h"
#include "verify/yanked.h"

/* ---- a name: the server is asked for receipt and entry ---- */

/* The statement may bear an earlier name of the model, but never another version. */
static void compare_names(struct jk_subject *subject, const char *asked, const Jokbo__V1__Release *release)
{
    const struct jk_statement *statement = &subject->evidence.statement;
    struct jk_span version = jk_span_of(asked), model;
    if (!subject->evidence.statement_read) {
        if (subject->evidence.entry_read)
            jk_results_add(&subject->results, "entry", JK_RESULT_FAILS, "it is neither a registration nor a release");
        return;
    }
    bool versioned = jk_span_cut(&version, '@', &model);
    if (versioned ? !jk_span_equal_fold(statement->version, version)
                  : !jk_span_equal(statement->version, jk_span_of(release->version)))
        jk_results_add(&subject->results, "name", JK_RESULT_FAILS, "the statement is of version %.*s",
                       JK_SPAN_ARG(statement->version));
    if (!jk_span_equal(statement->model, model))
        jk_results_add(&subject->results, "name", JK_RESULT_NOTE,
                       "the statement was made for %.*s; only the server says that it is the same model",
                       JK_SPAN_ARG(statement->model));
}

static enum jk_status take_name(struct jk_verification *verification, const char *name, const char *folder)
{
    struct jk_cli *cli = verification->cli;
    Jokbo__V1__Release *release;
    if (jk_cli_has(cli, JK_OPTION_OFFLINE))
        return jk_cli_usage(cli, "with --offline a receipt's file or a model's folder is needed, not a name");
    JK_TRY(jk_verification_room(verification, 1));
    struct jk_subject *subject = &verification->subjects[0];
    JK_TRY(jk_release_find(cli, name, NULL, &release));
    jk_subject_init(subject, cli, name);
    subject->folder = folder;
    subject->release = release;
    if (!jk_digest_parse(jk_span_of(release->lineage_hash), &subject->expected))
        return jk_fail(&cli->error, JK_INTERNAL, "REPLY_MALFORMED", "the server's lineage hash is malformed");
    Jokbo__V1__GetReceiptRequest request = JOKBO__V1__GET_RECEIPT_REQUEST__INIT;
    Jokbo__V1__Receipt *reply;
    request.entry_case = JOKBO__V1__GET_RECEIPT_REQUEST__ENTRY_LINEAGE_HASH;
    request.lineage_hash = release->lineage_hash;
    JK_TRY(jk_cli_call(cli, &jokbo__v1__log__descriptor, "GetReceipt", &request.base, &reply));
    subject->file.receipt = jk_span_of(reply->receipt);
    subject->newest_asked = true;
    jk_subject_read(subject, cli);
    compare_names(subject, name, release);
    verification->count = 1;
    return JK_OK;
}

/* ---- receipts on the disk ---- */

static bool of_one_log(const struct jk_subject *one, const struct jk_subject *other)
{
    return jk_span_equal(one->evidence.receipt.checkpoint.origin, other->evidence.receipt.checkpoint.origin);
}

static bool is_first_of_log(const struct jk_verification *verification, size_t at)
{
    size_t i = 0;
    while (!of_one_log(&verification->subjects[i], &verification->subjects[at]))
        i++;
    return i == at;
}

/* The release whose files should lie in the folder, by the log of that receipt: --release, or the newest by its place in
 * the log. */
static struct jk_subject *release_of_folder(const struct jk_verification *verification, const struct jk_subject *of)
{
    const char *version = jk_options_text(&verification->cli->options, JK_OPTION_RELEASE);
    struct jk_subject *best = NULL;
    for (size_t i = 0; i < verification->count; i++) {
        struct jk_subject *subject = &verification->subjects[i];
        const struct jk_evidence *evidence = &subject->evidence;
        if (!evidence->statement_read || !evidence->receipt_read || !of_one_log(subject, of)) continue;
        if (version && !jk_span_equal(evidence->statement.version, jk_span_of(version))) continue;
        if (!best || evidence->receipt.index > best->evidence.receipt.index) best = subject;
    }
    return best;
}

/* Files are read once for all logs that have the same manifest of them. */
static bool is_compared(const struct jk_verification *verification, struct jk_subject *release)
{
    for (size_t i = 0; i < verification->count; i++) {
        const struct jk_subject *other = &verification->subjects[i];
        if (!other->folder ||
            !jk_digest_equal(&other->evidence.statement.artifact, &release->evidence.statement.artifact))
            continue;
        if (other != release)
            jk_results_add(&release->results, "files", JK_RESULT_NOTE, "compared with the same manifest at %.300s",
                           other->title);
        return true;
    }
    return false;
}

static enum jk_status take_folder(struct jk_verification *verification, const char *folder)
{
    struct jk_cli *cli = verification->cli;
    JK_TRY(
        jk_verification_load_folder(verification, folder, ": --model PUBLISHER/MODEL says what its files should be"));
    for (size_t i = 0; i < verification->count; i++)
        jk_subject_read(&verification->subjects[i], cli);
    bool any = false;
    for (size_t i = 0; i < verification->count; i++) {
        if (!is_first_of_log(verification, i)) continue;
        struct jk_subject *release = release_of_folder(verification, &verification->subjects[i]);
        if (release && !release->folder && !is_compared(verification, release)) release->folder = folder;
        any = any || release;
    }
    if (any || !jk_cli_has(cli, JK_OPTION_RELEASE)) return JK_OK;
    return jk_fail(&cli->error, JK_NOT_FOUND, "RECEIPTS_ABSENT", "no receipt in %.200s is of release %.100s", folder,
                   jk_cli_text(cli, JK_OPTION_RELEASE));
}

/* --model with a folder: its files against what is registered. */
static enum jk_status take_model_folder(struct jk_verification *verification, const char *folder)
{
    struct jk_cli *cli = verification->cli;
    const char *model = jk_cli_text(cli, JK_OPTION_MODEL), *version = jk_options_text(&cli->options, JK_OPTION_RELEASE);
    const char *name = version ? jk_arena_printf(&cli->arena, "%s@%s", model, version) : model;
    if (!name) return jk_out_of_memory(&cli->error);
    return take_name(verification, name, folder);
}

static enum jk_status gather_subjects(struct jk_verification *verification)
{
    struct jk_cli *cli = verification->cli;
    const char *what = jk_cli_operand(cli, 0);
    bool folder = jk_local_is_folder(what);
    if (jk_certified_is(cli, what)) {
        JK_TRY(jk_verification_room(verification, 1));
        jk_subject_init(&verification->subjects[0], cli, what);
        verification->subjects[0].is_certificate = true;
        verification->count = 1;
        return JK_OK;
    }
    if (jk_cli_has(cli, JK_OPTION_COUNTS_KEY))
        return jk_cli_usage(cli, "--counts-key needs a count certificate, and %.200s is not one", what);
    if (!folder && (jk_cli_has(cli, JK_OPTION_MODEL) || jk_cli_has(cli, JK_OPTION_RELEASE)))
        return jk_cli_usage(cli, "--model and --release need a folder, and %.200s is not one", what);
    if (folder)
        return jk_cli_has(cli, JK_OPTION_MODEL) ? take_model_folder(verification, what)
                                                : take_folder(verification, what);
    if (!jk_local_exists(what) && jk_ident_is_local_path(jk_span_of(what)))
        return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "there is no file or folder %.200s", what);
    if (!jk_local_exists(what) && !jk_span_ends(jk_span_of(what), JK_SPAN(JK_RECEIPT_SUFFIX)))
        return take_name(verification, what, NULL);
    JK_TRY(jk_verification_room(verification, 1));
    JK_TRY(jk_verification_load(verification, what));
    jk_subject_read(&verification->subjects[0], cli);
    return JK_OK;
}

enum jk_status jk_run_verify(struct jk_cli *cli)
{
    struct jk_verification verification = {.cli = cli};
    JK_TRY(jk_witnessed_read(cli));
    JK_TRY(gather_subjects(&verification));
    for (size_t i = 0; i < verification.count; i++)
        JK_TRY(jk_verification_check(&verification, i));
    return jk_verification_tell(&verification, jk_verification_conclude(&verification));
}
