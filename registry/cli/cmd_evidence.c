/* `evidence`: what the weights of a release show: toward its parents, of what nobody declared, and of a base model; and
 * `evidence renew`, which has it computed anew. */
#include <jokbo/v1/evidence.pb-c.h>

#include "base/clock.h"
#include "cli/challenge_grades.h"
#include "cli/commands.h"
#include "cli/console/print.h"
#include "cli/console/sheet.h"

#define EVIDENCE     (&jokbo__v1__evidence__descriptor)
#define PARTS_OF_ONE 16 /* shown of a model; --json and --csv have them all */
#define LOOK_MS      1000
#define TELL_MS      10000
#define TRIES        60 /* looks at a server that is away */

static const char *grade_word(struct jk_cli *cli, const Jokbo__V1__ComparedModel *model)
{
    return jk_print_word(cli, &jokbo__v1__grade__descriptor, (int)model->grade);
}

static void add_shares(struct jk_cli *cli, struct jk_table *table, const Jokbo__V1__Likeness *likeness)
{
    static const Jokbo__V1__Likeness none = JOKBO__V1__LIKENESS__INIT;
    const Jokbo__V1__Likeness *given = likeness ? likeness : &none;
    const int32_t shares[] = {given->equal, given->near, given->kin, given->comparable};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        jk_table_cell(table, likeness && shares[i] >= 0 ? jk_print_hundredths(cli, (uint32_t)shares[i]) : "");
}

/* ---- declared parents ---- */

static const char *says(const Jokbo__V1__ComparedModel *parent)
{
    int grade = (int)parent->grade - JOKBO__V1__GRADE__GRADE_CONTRADICTED;
    return grade >= 0 && grade < JK_GRADES ? jk_grade_says((enum jk_grade)grade) : "";
}

static void add_parent(struct jk_cli *cli, struct jk_table *table, const Jokbo__V1__ComparedModel *parent,
                       const char *by, int64_t entry)
{
    jk_table_cell(table, parent->name);
    jk_table_cell(table, by);
    jk_table_cell(table, jk_print_number(cli, entry));
    jk_table_cell(table, grade_word(cli, parent));
    add_shares(cli, table, parent->likeness);
    jk_table_cell(table, says(parent));
}

/* By public sketches first, and then what each challenge showed, the newest first. */
static void add_parent_rows(struct jk_cli *cli, struct jk_table *table, const Jokbo__V1__ReleaseEvidence *evidence,
                            size_t parent)
{
    if (parent < evidence->n_parents)
        add_parent(cli, table, evidence->parents[parent], "public sketches", evidence->log_index);
    for (size_t i = 0; i < evidence->n_challenges; i++) {
        const Jokbo__V1__ChallengeEvidence *shown = evidence->challenges[i];
        if (parent < shown->n_parents)
            add_parent(cli, table, shown->parents[parent], shown->challenge ? shown->challenge->verifier : "",
                       shown->log_index);
    }
}

/* What was found of another model, and what that means. */
#define LIKENESS_COLUMNS                                                                                               \
    {"grade", false}, {"equal", true, .spare = 3}, {"nearly equal", true, .spare = 2}, {"kin", true},                  \
        {"comparable", true, .spare = 1},                                                                              \
    {                                                                                                                  \
        "", false, .wrap = true                                                                                        \
    }

static size_t count_parents(const Jokbo__V1__ReleaseEvidence *evidence)
{
    size_t count = evidence->n_parents;
    for (size_t i = 0; i < evidence->n_challenges; i++)
        if (evidence->challenges[i]->n_parents > count) count = evidence->challenges[i]->n_parents;
    return count;
}

static void print_parents(struct jk_cli *cli, const Jokbo__V1__ReleaseEvidence *evidence)
{
    static const struct jk_column columns[] = {{"declared parent", false, .wrap = true},
                                               {"by", false, .wrap = true},
                                               {"entry", true, .spare = 4},
                                               LIKENESS_COLUMNS};
    size_t count = count_parents(evidence);
    struct jk_table table;
    if (count == 0) {
        if (evidence->log_index != 0) fprintf(cli->out, "It declares no parent.\n");
        return;
    }
    fputc('\n', cli->out);
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < count; i++)
        add_parent_rows(cli, &table, evidence, i);
    jk_print_table(cli, &table);
    jk_print_folded(cli,
                    "Public sketches only find and screen, for weights can be trained to have the sketch that one "
                    "likes. What counts are verifiers' challenges.",
                    0);
}

/* ---- challenges ---- */

static const char *challenge_note(struct jk_cli *cli, const Jokbo__V1__ChallengeEvidence *shown)
{
    const Jokbo__V1__Challenge *challenge = shown->challenge;
    bool waits = challenge->state == JOKBO__V1__CHALLENGE_STATE__CHALLENGE_STATE_AGREES && shown->log_index == 0;
    const char *what = waits ? "its grades are not computed yet" : challenge->differs;
    return jk_arena_printf(&cli->arena, "%s%s%s", what, *what && !challenge->verifier_in_effect ? "; " : "",
                           challenge->verifier_in_effect ? "" : "no longer a verifier");
}

static void print_challenges(struct jk_cli *cli, const Jokbo__V1__ReleaseEvidence *evidence)
{
    static const struct jk_column columns[] = {
        {"challenge", true}, {"verifier", false, .wrap = true}, {"state", false}, {"", false, .wrap = true}};
    struct jk_table table;
    bool agrees = false;
    fputc('\n', cli->out);
    if (evidence->n_challenges == 0) {
        jk_print_folded(cli, "No verifier has challenged it: nothing of this is proven.", 0);
        return;
    }
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < evidence->n_challenges; i++) {
        const Jokbo__V1__Challenge *challenge = evidence->challenges[i]->challenge;
        if (!challenge) continue;
        agrees |=
            challenge->verifier_in_effect && challenge->state == JOKBO__V1__CHALLENGE_STATE__CHALLENGE_STATE_AGREES;
        jk_table_cell(&table, jk_print_number(cli, challenge->log_index));
        jk_table_cell(&table, challenge->verifier);
        jk_table_cell(&table, jk_print_word(cli, &jokbo__v1__challenge_state__descriptor, (int)challenge->state));
        jk_table_cell(&table, challenge_note(cli, evidence->challenges[i]));
    }
    jk_print_table(cli, &table);
    if (!agrees)
        jk_print_folded(cli, "No verifier has found it to be what was registered: nothing of this is proven.", 0);
}

/* ---- others ---- */

static const char *about_other(const Jokbo__V1__ComparedModel *model, bool from_scratch)
{
    if (!from_scratch) return model->base_model ? "base model" : "";
    if (model->base_model) return model->older ? "base model, older" : "base model, younger";
    return model->older ? "older, or its age is not known" : "younger";
}

static void add_found_model(struct jk_cli *cli, struct jk_table *table, const Jokbo__V1__ComparedModel *model,
                            bool from_scratch)
{
    jk_table_cell(table, model->name);
    jk_table_cell(table, "all");
    jk_table_cell(table, "");
    jk_table_cell(table, grade_word(cli, model));
    add_shares(cli, table, model->likeness);
    jk_table_cell(table, about_other(model, from_scratch));
    for (size_t i = 0; i < model->n_parts && i < PARTS_OF_ONE; i++) {
        const Jokbo__V1__PartLikeness *part = model->parts[i];
        jk_table_cell(table, "");
        jk_table_cell(table, part->part);
        jk_table_cell(table, part->share >= 0 ? jk_print_hundredths(cli, (uint32_t)part->share) : "");
        jk_table_cell(table, "");
        add_shares(cli, table, part->likeness);
        jk_table_cell(table, "");
    }
    if (model->n_parts <= PARTS_OF_ONE) return;
    jk_table_cell(table, "");
    jk_table_cellf(table, "and %zu more", model->n_parts - PARTS_OF_ONE);
    for (int i = 0; i < 7; i++)
        jk_table_cell(table, "");
}

static void print_others(struct jk_cli *cli, const char *title, Jokbo__V1__ComparedModel *const *models, size_t count,
                         bool from_scratch)
{
    const struct jk_column columns[] = {
        {title, false, .wrap = true}, {"part", false, .wrap = true}, {"size", true, .spare = 4}, LIKENESS_COLUMNS};
    struct jk_table table;
    if (count == 0) return;
    fputc('\n', cli->out);
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < count; i++)
        add_found_model(cli, &table, models[i], from_scratch);
    jk_print_table(cli, &table);
}

/* A base model's findings have a table of their own. */
static bool is_finding_of_base(const Jokbo__V1__ReleaseEvidence *evidence, const Jokbo__V1__ComparedModel *model)
{
    for (size_t i = 0; i < evidence->n_from_scratch; i++)
        if (strcmp(evidence->from_scratch[i]->name, model->name) == 0) return true;
    return false;
}

static void print_undeclared(struct jk_cli *cli, const Jokbo__V1__ReleaseEvidence *evidence)
{
    Jokbo__V1__ComparedModel **rest = jk_arena_zalloc(&cli->arena, evidence->n_undeclared + 1, sizeof *rest);
    size_t count = 0;
    for (size_t i = 0; rest && i < evidence->n_undeclared; i++)
        if (!is_finding_of_base(evidence, evidence->undeclared[i])) rest[count++] = evidence->undeclared[i];
    print_others(cli, "not declared", rest, count, false);
}

static void print_near(struct jk_cli *cli, const Jokbo__V1__ReleaseEvidence *evidence)
{
    if (evidence->n_near > 0) fputc('\n', cli->out);
    for (size_t i = 0; i < evidence->n_near; i++)
        jk_print_folded(cli, jk_arena_printf(&cli->arena, "Nearly the same weights as %s.", evidence->near[i]), 2);
}

static void tell_evidence(struct jk_cli *cli, const Jokbo__V1__ReleaseEvidence *evidence)
{
    const char *title = jk_arena_printf(&cli->arena, "%s@%s", evidence->model, evidence->version);
    fprintf(cli->out, "%s\n", jk_print_painted(cli, JK_PAINT_BOLD, title ? title : evidence->model));
    if (evidence->log_index == 0)
        fprintf(cli->out, "Public sketches of it have not been compared.\n");
    else
        fprintf(cli->out, "Compared by public sketches in log entry %s, with what the log had at size %s.\n",
                jk_print_number(cli, evidence->log_index), jk_print_number(cli, evidence->at_size));
    if (evidence->renewal_size != 0)
        fprintf(cli->out, "It waits to be computed anew, at log size %s or a larger one.\n",
                jk_print_number(cli, evidence->renewal_size));
    print_parents(cli, evidence);
    print_challenges(cli, evidence);
    print_undeclared(cli, evidence);
    print_near(cli, evidence);
    print_others(cli, "shares parts with", evidence->from_scratch, evidence->n_from_scratch, true);
    if (evidence->n_undeclared + evidence->n_near + evidence->n_from_scratch > 0)
        jk_print_folded(cli, "By public sketches: a reason to look closer, and no verdict. Kin is not who came first.",
                        0);
    else if (evidence->log_index != 0)
        fprintf(cli->out, "\nNothing undeclared was found, and no near copy.\n");
}

/* ---- for spreadsheets ---- */

struct origin {
    const char *kind;                          /* of a row */
    const Jokbo__V1__ChallengeEvidence *shown; /* NULL: public sketches */
    int64_t entry;
};

static void add_evidence_row(json_t *rows, const struct origin *origin, const char *model, json_t *row)
{
    if (row) {
        json_object_set_new(row, "kind", json_string(origin->kind));
        json_object_set_new(row, "model", json_string(model));
        json_object_set_new(row, "log_index", json_integer(origin->entry));
        if (origin->shown && origin->shown->challenge) {
            json_object_set_new(row, "verifier", json_string(origin->shown->challenge->verifier));
            json_object_set_new(row, "challenge", json_integer(origin->shown->challenge->log_index));
        }
    }
    json_array_append_new(rows, row);
}

/* Each model, and then its parts. */
static void add_model_rows(json_t *rows, const struct origin *origin, Jokbo__V1__ComparedModel *const *models,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add_evidence_row(rows, origin, models[i]->name, jk_json_message(&models[i]->base));
        for (size_t k = 0; k < models[i]->n_parts; k++)
            add_evidence_row(rows, origin, models[i]->name, jk_json_message(&models[i]->parts[k]->base));
    }
}

static enum jk_status tell_sheet(struct jk_cli *cli, const Jokbo__V1__ReleaseEvidence *evidence)
{
    const int64_t entry = evidence->log_index;
    json_t *rows = json_array();
    add_model_rows(rows, &(struct origin){"parent", NULL, entry}, evidence->parents, evidence->n_parents);
    for (size_t i = 0; i < evidence->n_challenges; i++) {
        const Jokbo__V1__ChallengeEvidence *shown = evidence->challenges[i];
        add_model_rows(rows, &(struct origin){"parent", shown, shown->log_index}, shown->parents, shown->n_parents);
    }
    add_model_rows(rows, &(struct origin){"undeclared", NULL, entry}, evidence->undeclared, evidence->n_undeclared);
    for (size_t i = 0; i < evidence->n_near; i++)
        add_evidence_row(rows, &(struct origin){"near", NULL, entry}, evidence->near[i], json_object());
    add_model_rows(rows, &(struct origin){"from-scratch", NULL, entry}, evidence->from_scratch,
                   evidence->n_from_scratch);
    return jk_sheet_print(cli,
                          "kind,model,lineage_hash,verifier,challenge,log_index,part,share,grade,equal=likeness.equal,"
                          "near=likeness.near,kin=likeness.kin,comparable=likeness.comparable,base_model,older",
                          rows);
}

static enum jk_status show_evidence(struct jk_cli *cli, const char *model)
{
    Jokbo__V1__GetEvidenceRequest request = JOKBO__V1__GET_EVIDENCE_REQUEST__INIT;
    Jokbo__V1__ReleaseEvidence *evidence;
    request.model = (char *)(uintptr_t)model;
    JK_TRY(jk_cli_call(cli, EVIDENCE, "GetEvidence", &request.base, &evidence));
    if (cli->json) return jk_print_message(cli, &evidence->base);
    if (cli->csv) return tell_sheet(cli, evidence);
    tell_evidence(cli, evidence);
    return JK_OK;
}

enum jk_status jk_run_evidence(struct jk_cli *cli)
{
    return show_evidence(cli, jk_cli_operand(cli, 0));
}

/* ---- anew ---- */

struct awaited {
    const char *name; /* of the release */
    int64_t size;     /* that its evidence has to reflect at the least */
    bool done;
    unsigned lost; /* looks in a row at which nothing waited: one may be at a server that does not know of it yet */
};

/* Each look has memory of its own. */
static enum jk_status look_for_it(struct jk_cli *cli, struct awaited *awaited, struct jk_error *error)
{
    Jokbo__V1__GetEvidenceRequest request = JOKBO__V1__GET_EVIDENCE_REQUEST__INIT;
    struct jk_arena arena;
    ProtobufCMessage *reply;
    request.model = (char *)(uintptr_t)awaited->name;
    request.min_log_size = awaited->size;
    request.entry_only = true;
    jk_arena_init(&arena, JK_CLI_ARENA);
    enum jk_status status = jk_client_call(cli->client, EVIDENCE, "GetEvidence", &request.base, &arena, &reply, error);
    if (status == JK_OK) {
        const Jokbo__V1__ReleaseEvidence *evidence = (const Jokbo__V1__ReleaseEvidence *)reply;
        awaited->done = evidence->at_size >= awaited->size;
        awaited->lost = evidence->renewal_size == 0 ? awaited->lost + 1 : 0;
    }
    jk_arena_done(&arena);
    if (status != JK_OK || awaited->done || awaited->lost < 2) return status;
    return jk_fail(error, JK_FAILED_PRECONDITION, "NO_EVIDENCE",
                   "nothing is computed of %s any more: its manifest was withdrawn", awaited->name);
}

/* Until evidence of that size is there. A server that restarts is waited for, too. */
static enum jk_status wait_for_it(struct jk_cli *cli, struct awaited *awaited)
{
    int64_t begun_ms = jk_monotonic_ms(), told_ms = begun_ms;
    unsigned failed = 0;
    for (;;) {
        struct jk_error error;
        jk_error_init(&error, NULL);
        enum jk_status status = look_for_it(cli, awaited, &error);
        bool away = status == JK_UNAVAILABLE || status == JK_DEADLINE_EXCEEDED;
        failed = away ? failed + 1 : 0;
        if (status != JK_OK && (!away || failed == TRIES))
            return jk_fail(&cli->error, status, error.reason, "%s", error.message);
        if (awaited->done) return JK_OK;
        jk_sleep_ms(LOOK_MS);
        if (jk_monotonic_ms() - told_ms < TELL_MS) continue;
        told_ms = jk_monotonic_ms();
        fprintf(cli->err, "waiting for the evidence of %s: %lld s\n", awaited->name,
                (long long)(told_ms - begun_ms) / 1000);
    }
}

enum jk_status jk_run_evidence_renew(struct jk_cli *cli)
{
    Jokbo__V1__RenewEvidenceRequest request = JOKBO__V1__RENEW_EVIDENCE_REQUEST__INIT;
    Jokbo__V1__EvidenceRenewal *renewal;
    request.model = jk_cli_operand(cli, 0);
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_cli_call(cli, EVIDENCE, "RenewEvidence", &request.base, &renewal));
    const char *name =
        jk_arena_printf(&cli->arena, "%s@%s", jk_print_safe(cli, renewal->model), jk_print_safe(cli, renewal->version));
    bool wait = jk_cli_has(cli, JK_OPTION_WAIT) && !request.validate_only;
    if (!name) return jk_out_of_memory(&cli->error);
    if (cli->json && !wait) return jk_print_message(cli, &renewal->base);
    fprintf(wait ? cli->err : cli->out,
            "The evidence of %s, made at log size %s, %s anew, at size %s or a larger one.\n", name,
            jk_print_number(cli, renewal->at_size), request.validate_only ? "would be computed" : "will be computed",
            jk_print_number(cli, renewal->renewal_size));
    if (!wait) return JK_OK;
    JK_TRY(wait_for_it(cli, &(struct awaited){.name = name, .size = renewal->renewal_size}));
    return show_evidence(cli, name);
}
