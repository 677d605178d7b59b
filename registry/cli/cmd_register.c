/* `register` and `publish`: shows what will be written, where each value comes from and which findings it will have;
 * asks, writes, and reports the result. */
#include "cli/commands.h"
#include "cli/console/faults.h"
#include "cli/console/print.h"
#include "cli/console/prompt.h"
#include "cli/findings.h"
#include "cli/submission.h"
#include "verify/keep.h"
#include "verify/receipts.h"
#include "verify/yanked.h"

static void plan_row(struct jk_table *table, const char *field, const char *value, const char *from)
{
    if (!value || !value[0]) return;
    jk_table_cell(table, field);
    jk_table_cell(table, value);
    jk_table_cell(table, from);
}

static const char *span_text(struct jk_cli *cli, struct jk_span text)
{
    const char *copy = jk_arena_copy(&cli->arena, text.at ? text.at : "", text.len);
    return copy ? copy : "";
}

static void show_plan(const struct jk_submission *submission)
{
    static const struct jk_column columns[] = {{"field", false}, {"value", false}, {"from", false}};
    struct jk_cli *cli = submission->cli;
    const struct jk_declaration *declaration = &submission->declaration;
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, 3);
    plan_row(&table, submission->publish ? "model" : "name", span_text(cli, declaration->name), declaration->name_from);
    plan_row(&table, "release", span_text(cli, declaration->version), declaration->version_from);
    plan_row(&table, "relation", jk_relation_text(declaration->relation), declaration->relation_from);
    for (size_t i = 0; i < submission->pins.count; i++)
        plan_row(&table, i == 0 ? "parents" : " ", submission->pins.items[i].shown, declaration->parents_from);
    plan_row(&table, "licence", submission->license, submission->license_from);
    plan_row(&table, "licence text", submission->license_text, submission->license_text_from);
    plan_row(&table, "artifact", submission->artifact, submission->digests_from);
    plan_row(&table, "weights", submission->weights, submission->digests_from);
    jk_print_table(cli, &table);
    for (size_t i = 0; i < declaration->notes.count; i++)
        fprintf(cli->out, "Note: %s.\n", jk_print_safe(cli, declaration->notes.items[i]));
    fputc('\n', cli->out);
}

static const char *done_words(const struct jk_submission *submission, bool dry_run)
{
    if (submission->publish) return dry_run ? "Would be published:" : "Published:";
    return dry_run ? "Would be registered:" : "Registered:";
}

static void show_receipt(struct jk_table *table, const struct jk_keep *keep)
{
    jk_print_fact(table, "receipt", keep->file);
    if (!keep->new_key) return;
    jk_print_fact(table, "log's key", keep->new_key);
    jk_print_fact(table, " ", jk_keep_key_text(keep));
}

static void show_publisher_notice(struct jk_cli *cli, const char *notice)
{
    if (*notice) fprintf(cli->out, "Note: %s.\n", jk_print_safe(cli, notice));
}

static void show_registration(const struct jk_submission *submission, const Jokbo__V1__Registration *registration,
                              bool dry_run, const struct jk_keep *keep)
{
    struct jk_cli *cli = submission->cli;
    struct jk_table table;
    const Jokbo__V1__Release *release = registration->release;
    const Jokbo__V1__Model *model = registration->model;
    jk_print_facts_init(&table, cli);
    if (release) jk_print_fact(&table, "lineage hash", release->lineage_hash);
    if (!dry_run) jk_print_fact(&table, "log index", jk_print_number(cli, registration->log_index));
    for (size_t i = 0; model && i < model->n_roots; i++)
        jk_print_fact(&table, i == 0 ? "roots" : " ",
                      jk_arena_printf(&cli->arena, "%s, depth %d", model->roots[i]->name, model->roots[i]->depth));
    show_receipt(&table, keep);
    fprintf(cli->out, "%s %s@%s\n", jk_print_painted(cli, JK_PAINT_GREEN, done_words(submission, dry_run)),
            jk_print_safe(cli, model ? model->name : ""), jk_print_safe(cli, release ? release->version : ""));
    jk_print_table(cli, &table);
    if (model && !submission->findings_shown) jk_findings_print(cli, model->findings, model->n_findings);
    if (!submission->findings_shown) show_publisher_notice(cli, registration->publisher_notice);
    /* What the server has to say, unless the plan said it. */
    bool told = false;
    for (size_t i = 0; i < submission->pins.count; i++)
        told = told || (submission->pins.items[i].note && !submission->pins.items[i].model);
    if (*registration->notice && !told)
        fprintf(submission->cli->out, "Note: %s.\n", jk_print_safe(submission->cli, registration->notice));
}

static json_t *plan_json(const struct jk_submission *submission)
{
    const struct jk_declaration *declaration = &submission->declaration;
    json_t *notes = json_array(), *root = jk_json_message(&submission->derivative.base);
    for (size_t i = 0; i < declaration->notes.count; i++)
        json_array_append_new(notes, json_string(declaration->notes.items[i]));
    json_object_set_new(root, "sources",
                        json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", declaration->name_from, "version",
                                  declaration->version_from, "relation", declaration->relation_from, "parents",
                                  declaration->parents_from, "license", submission->license_from));
    json_object_set_new(root, "notes", notes);
    return root;
}

static json_t *number_or_null(const char *text)
{
    uint64_t number;
    return text && jk_span_to_u64(jk_span_of(text), &number) ? json_integer((json_int_t)number) : json_null();
}

/* The receipt, checked and beside the card. */
static enum jk_status keep_receipt(const struct jk_submission *submission, const char *receipt, const char *model,
                                   const char *version, const char *lineage_hash, struct jk_keep *keep)
{
    struct jk_cli *cli = submission->cli;
    const char *card = cli->options.operand_count > 0 ? cli->options.operands[0] : NULL;
    keep->home = jk_receipts_home(card, &cli->arena);
    keep->receipt = receipt;
    keep->model = model;
    keep->version = version;
    keep->lineage_hash = lineage_hash;
    keep->artifact = submission->artifact;
    keep->manifest = submission->manifest;
    keep->registers = true;
    return jk_keep_receipt(cli, keep);
}

static void print_unchanged(const struct jk_submission *submission, const Jokbo__V1__Release *release, const char *hash,
                            const char *index, const struct jk_keep *keep)
{
    struct jk_cli *cli = submission->cli;
    struct jk_table table;
    fprintf(cli->out, "%s %s@%s\n",
            jk_print_painted(cli, JK_PAINT_GREEN,
                             submission->publish ? "Already published, unchanged:" : "Already registered, unchanged:"),
            submission->derivative.name, submission->derivative.version);
    jk_print_facts_init(&table, cli);
    jk_print_fact(&table, "lineage hash", hash);
    jk_print_fact(&table, "log index", index);
    if (release) jk_print_fact(&table, "yanked", jk_yanked_text(cli, release));
    show_receipt(&table, keep);
    jk_print_table(cli, &table);
}

/* The release as it is now; NULL, with a note, where it cannot be asked for: it is registered all the same. */
static const Jokbo__V1__Release *ask_release(struct jk_cli *cli, const char *hash)
{
    Jokbo__V1__Release *release;
    if (!hash) return NULL;
    if (jk_release_find(cli, NULL, hash, &release) == JK_OK) return release;
    fprintf(cli->err, "jokbo: note: it is not known whether it is yanked: %s\n",
            jk_print_safe(cli, cli->error.message));
    jk_error_init(&cli->error, &cli->arena);
    return NULL;
}

/* The identical statement is there already: success, with the place where it is. A dry run brings no receipt. */
static enum jk_status show_unchanged(struct jk_submission *submission, bool dry_run)
{
    struct jk_cli *cli = submission->cli;
    const Jokbo__V1__Derivative *sent = &submission->derivative;
    const char *index = jk_faults_fact(&cli->error, "log_index"), *hash = jk_faults_fact(&cli->error, "lineage_hash"),
               *receipt = jk_faults_fact(&cli->error, "receipt");
    struct jk_keep keep = {.renamed = true};
    jk_error_init(&cli->error, &cli->arena);
    const Jokbo__V1__Release *release = ask_release(cli, hash);
    enum jk_status status =
        dry_run ? JK_OK : keep_receipt(submission, receipt, sent->name, sent->version, hash ? hash : "", &keep);
    if (!cli->json) {
        print_unchanged(submission, release, hash, index, &keep);
        return status;
    }
    JK_TRY(status);
    return jk_print_json(cli, json_pack("{s:s, s:s, s:o, s:s?, s:o, s:s?, s:s?, s:o}", "status", "unchanged", "name",
                                        sent->name, "log_index", number_or_null(index), "lineage_hash", hash, "yanked",
                                        release ? jk_yanked_json(release) : json_null(), "receipt", receipt,
                                        "receipt_file", keep.file, "declaration", plan_json(submission)));
}

static enum jk_status print_registration_json(const struct jk_submission *submission,
                                              const Jokbo__V1__Registration *registration, bool dry_run,
                                              const struct jk_keep *keep)
{
    const Jokbo__V1__Release *release = registration->release;
    const Jokbo__V1__Model *model = registration->model;
    return jk_print_json(
        submission->cli,
        json_pack("{s:s, s:s, s:o, s:s?, s:s?, s:s?, s:o, s:o}", "status", dry_run ? "valid" : "registered", "name",
                  model ? model->name : submission->derivative.name, "log_index",
                  dry_run ? json_null() : json_integer(registration->log_index), "lineage_hash",
                  release ? release->lineage_hash : NULL, "receipt",
                  registration->receipt[0] ? registration->receipt : NULL, "receipt_file", keep->file, "registration",
                  jk_json_message(&registration->base), "declaration", plan_json(submission)));
}

static enum jk_status show_result(struct jk_submission *submission, const Jokbo__V1__Registration *registration,
                                  bool dry_run)
{
    const Jokbo__V1__Release *release = registration->release;
    enum jk_status status = JK_OK;
    struct jk_keep keep = {0};
    if (!dry_run && release)
        status = keep_receipt(submission, registration->receipt, release->model, release->version,
                              release->lineage_hash, &keep);
    if (submission->cli->json) {
        JK_TRY(status);
        return print_registration_json(submission, registration, dry_run, &keep);
    }
    show_registration(submission, registration, dry_run, &keep);
    return status;
}

static bool is_unchanged(const struct jk_cli *cli, enum jk_status status)
{
    return status == JK_ALREADY_EXISTS && cli->error.reason && strcmp(cli->error.reason, "STATEMENT_EXISTS") == 0;
}

/* The expected findings, without those that the upload before the registration resolves. */
static void leave_out_mended(const struct jk_submission *submission, Jokbo__V1__Model *model)
{
    size_t count = 0;
    for (size_t i = 0; model && i < model->n_findings; i++) {
        bool mended = submission->manifest.len > 0 &&
                      model->findings[i]->kind == JOKBO__V1__FINDING_KIND__FINDING_KIND_UNVERIFIED_ARTIFACT;
        if (!mended) model->findings[count++] = model->findings[i];
    }
    if (model) model->n_findings = count;
}

/* Whether a person agrees, having seen what will be found about it. A status where the registry would refuse it. */
static enum jk_status agree(struct jk_submission *submission, bool *out_agreed)
{
    struct jk_cli *cli = submission->cli;
    Jokbo__V1__Registration *registration;
    *out_agreed = true;
    if (jk_cli_has(cli, JK_OPTION_DRY_RUN) || jk_cli_has(cli, JK_OPTION_YES) || !jk_cli_can_ask(cli)) return JK_OK;
    enum jk_status status = jk_submission_send(submission, true, &registration);
    if (is_unchanged(cli, status)) { /* there is nothing to agree to; what is sent brings its receipt */
        jk_error_init(&cli->error, &cli->arena);
        return JK_OK;
    }
    JK_TRY(status);
    Jokbo__V1__Model *model = registration->model;
    leave_out_mended(submission, model);
    if (model) jk_findings_print(cli, model->findings, model->n_findings);
    show_publisher_notice(cli, registration->publisher_notice);
    if ((model && model->n_findings > 0) || *registration->publisher_notice) fputc('\n', cli->out);
    submission->findings_shown = true;
    *out_agreed = jk_prompt_yes(cli, submission->publish ? "Publish this, for ever?" : "Register this, for ever?");
    return JK_OK;
}

static enum jk_status submit(struct jk_cli *cli, bool publish)
{
    struct jk_submission submission;
    Jokbo__V1__Registration *registration;
    bool dry_run = jk_cli_has(cli, JK_OPTION_DRY_RUN), agreed;
    JK_TRY(jk_submission_prepare(cli, publish, &submission));
    if (!cli->json) show_plan(&submission);
    enum jk_status status = agree(&submission, &agreed);
    if (status == JK_OK && !agreed) {
        fprintf(cli->out, "Nothing was written.\n");
        return JK_OK;
    }
    if (status == JK_OK && !dry_run) status = jk_submission_upload(&submission);
    if (status == JK_OK) status = jk_submission_send(&submission, dry_run, &registration);
    if (is_unchanged(cli, status)) return show_unchanged(&submission, dry_run);
    if (status != JK_OK && cli->error.violation_count > 0) jk_licensing_check(&submission.licensing, &cli->error);
    JK_TRY(status);
    if (dry_run) leave_out_mended(&submission, registration->model);
    return show_result(&submission, registration, dry_run);
}

enum jk_status jk_run_register(struct jk_cli *cli)
{
    return submit(cli, false);
}

enum jk_status jk_run_publish(struct jk_cli *cli)
{
    return submit(cli, true);
}
