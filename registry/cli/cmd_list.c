/* `list` and `claims`: models in order of registration. */
#include <jokbo/v1/access.pb-c.h>
#include <jokbo/v1/registry.pb-c.h>

#include "base/clock.h"
#include "cli/adoptions.h"
#include "cli/cases.h"
#include "cli/commands.h"
#include "cli/console/print.h"
#include "cli/console/sheet.h"
#include "cli/findings.h"
#include "cli/weights_words.h"

#define REGISTRY        (&jokbo__v1__registry__descriptor)
#define FOLLOW_PAUSE_MS 2000

static const struct jk_column columns[] = {{"index", true},
                                           {"model", false, .wrap = true},
                                           {"relation", false, .spare = 1},
                                           {"root", false, .wrap = true},
                                           {"licence", false, .spare = 2},
                                           {"findings", false, .wrap = true},
                                           {"weights", false, .spare = 3}};

#define MODEL_COLUMNS                                                                                                  \
    "log_index,name,create_time,version=release.version,lineage_hash=release.lineage_hash,relation=release.relation,"  \
    "license=release.license,license_class=release.license_class,roots=roots.name,teams=roots.team,"                   \
    "depths=roots.depth,base_of_team=base_facts.team,findings=findings.kind,release_count,child_count,yanked,"         \
    "grade=release.shown.grade,screened_index=release.shown.screened_index,"                                           \
    "attested_index=release.shown.attested_index,attested=release.shown.attested"

static const char *root_text(struct jk_cli *cli, const Jokbo__V1__Model *model)
{
    if (model->base_facts) return "(base model)";
    if (model->n_roots == 0) return "";
    const char *name = model->roots[0]->name;
    if (model->n_roots == 1) return name;
    const char *text = jk_arena_printf(&cli->arena, "%s +%zu", name, model->n_roots - 1);
    return text ? text : name;
}

/* `weighed`: with what its weights show. */
static void model_row(struct jk_cli *cli, struct jk_table *table, const Jokbo__V1__Model *model, bool weighed)
{
    const Jokbo__V1__Release *release = model->release;
    jk_table_cell(table, jk_print_number(cli, model->log_index));
    jk_table_cell(table, model->name);
    jk_table_cell(table, release ? jk_print_word(cli, &jokbo__v1__relation__descriptor, (int)release->relation) : "");
    jk_table_cell(table, root_text(cli, model));
    jk_table_cell(table, release ? release->license : "");
    jk_table_cell(table, jk_findings_words(cli, model->findings, model->n_findings));
    if (weighed) jk_table_cell(table, jk_weights_release_word(cli, release));
}

static void models_table(struct jk_cli *cli, const struct jk_list *list)
{
    struct jk_table table;
    bool weighed = false;
    for (size_t i = 0; i < list->count; i++)
        weighed = weighed || *jk_weights_release_word(cli, ((const Jokbo__V1__Model *)list->items[i])->release);
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0] - (weighed ? 0 : 1));
    for (size_t i = 0; i < list->count; i++)
        model_row(cli, &table, (const Jokbo__V1__Model *)list->items[i], weighed);
    if (list->count > 0)
        jk_print_table(cli, &table);
    else
        fprintf(cli->err, "No model.\n");
    jk_pages_note(cli, list);
}

static enum jk_status print_pages(struct jk_cli *cli, const struct jk_pages *pages)
{
    struct jk_list list;
    JK_TRY(jk_pages_fetch(cli, pages, &list));
    if (cli->json) return jk_pages_print_json(cli, pages, &list);
    if (cli->csv) return jk_sheet_list(cli, MODEL_COLUMNS, &list);
    models_table(cli, &list);
    return JK_OK;
}

static enum jk_status list_derivatives(struct jk_cli *cli)
{
    static const enum jk_option_id others[] = {
        JK_OPTION_PUBLISHER, JK_OPTION_ROOT,  JK_OPTION_TEAM,  JK_OPTION_RELATION, JK_OPTION_LICENSE,
        JK_OPTION_FINDING,   JK_OPTION_GRADE, JK_OPTION_AFTER, JK_OPTION_CONTAINS, JK_OPTION_SHA256};
    Jokbo__V1__ListDerivativesRequest request = JOKBO__V1__LIST_DERIVATIVES_REQUEST__INIT;
    struct jk_pages pages = {REGISTRY, "ListDerivatives", &request.base, "models", jk_pages_limit(cli)};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (jk_cli_has(cli, others[i]))
            return jk_cli_usage(cli, "--derivatives-of cannot be combined with --%s", jk_option_table[others[i]].name);
    request.model = jk_cli_text(cli, JK_OPTION_DERIVATIVES_OF);
    request.transitive = jk_cli_has(cli, JK_OPTION_TRANSITIVE);
    request.include_yanked = jk_cli_has(cli, JK_OPTION_YANKED);
    return print_pages(cli, &pages);
}

static enum jk_status set_finding(struct jk_cli *cli, Jokbo__V1__ListModelsRequest *request)
{
    const char *word = jk_options_text(&cli->options, JK_OPTION_FINDING);
    int value;
    if (!word) return JK_OK;
    if (jk_json_enum_parse(&jokbo__v1__finding_kind__descriptor, word, &value)) {
        request->finding = (Jokbo__V1__FindingKind)value;
        return JK_OK;
    }
    struct jk_text words;
    jk_text_init(&words, 0);
    jk_json_enum_words(&jokbo__v1__finding_kind__descriptor, &words);
    (void)jk_cli_usage(cli, "--finding must be one of %s", words.bytes ? words.bytes : "");
    jk_text_done(&words);
    return cli->error.status;
}

enum jk_status jk_run_list(struct jk_cli *cli)
{
    Jokbo__V1__ListModelsRequest request = JOKBO__V1__LIST_MODELS_REQUEST__INIT;
    struct jk_pages pages = {REGISTRY, "ListModels", &request.base, "models", jk_pages_limit(cli)};
    if (jk_cli_has(cli, JK_OPTION_DERIVATIVES_OF)) return list_derivatives(cli);
    if (jk_cli_has(cli, JK_OPTION_TRANSITIVE)) return jk_cli_usage(cli, "--transitive needs --derivatives-of MODEL");
    JK_TRY(set_finding(cli, &request));
    int relation = 0;
    if (jk_json_enum_parse(&jokbo__v1__relation__descriptor, jk_cli_text(cli, JK_OPTION_RELATION), &relation))
        request.relation = (Jokbo__V1__Relation)relation;
    int grade = 0;
    if (jk_json_enum_parse(&jokbo__v1__grade__descriptor, jk_cli_text(cli, JK_OPTION_GRADE), &grade))
        request.grade = (Jokbo__V1__Grade)grade;
    request.publisher = jk_cli_text(cli, JK_OPTION_PUBLISHER);
    request.root = jk_cli_text(cli, JK_OPTION_ROOT);
    request.team = jk_cli_text(cli, JK_OPTION_TEAM);
    request.license = jk_cli_text(cli, JK_OPTION_LICENSE);
    request.name_contains = jk_cli_text(cli, JK_OPTION_CONTAINS);
    request.sha256 = jk_cli_text(cli, JK_OPTION_SHA256);
    request.after_log_index = (int64_t)jk_options_count(&cli->options, JK_OPTION_AFTER, 0);
    request.include_yanked = jk_cli_has(cli, JK_OPTION_YANKED);
    return print_pages(cli, &pages);
}

/* One claim a line, as it comes. */
static enum jk_status print_claim(struct jk_cli *cli, const Jokbo__V1__Model *model)
{
    const Jokbo__V1__Release *release = model->release;
    if (cli->json) return jk_print_json_line(cli, jk_json_message(&model->base));
    if (cli->csv) return jk_sheet_row(cli, MODEL_COLUMNS, jk_json_message(&model->base));
    fprintf(cli->out, "%lld  %s  %s  %s  %s  %s\n", (long long)model->log_index, jk_print_time(cli, model->create_time),
            jk_print_safe(cli, model->name),
            release ? jk_print_word(cli, &jokbo__v1__relation__descriptor, (int)release->relation) : "",
            jk_print_safe(cli, root_text(cli, model)), jk_findings_words(cli, model->findings, model->n_findings));
    return JK_OK;
}

/* One round: what came after *after, which moves on. */
static enum jk_status follow_once(struct jk_cli *cli, const char *team, int64_t *after)
{
    Jokbo__V1__ListModelsRequest request = JOKBO__V1__LIST_MODELS_REQUEST__INIT;
    struct jk_pages pages = {REGISTRY, "ListModels", &request.base, "models", 0};
    struct jk_list list;
    request.team = (char *)team;
    request.after_log_index = *after;
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__Model *model = (const Jokbo__V1__Model *)list.items[i];
        JK_TRY(print_claim(cli, model));
        if (model->log_index > *after) *after = model->log_index;
    }
    fflush(cli->out); /* somebody waits for them, in whatever form */
    return ferror(cli->out) ? jk_fail(&cli->error, JK_INTERNAL, "OUTPUT", "the result could not be written") : JK_OK;
}

/* Goes on until the program is stopped, the output is closed, or the server stays away. Each round has memory of its
 * own. */
static enum jk_status follow(struct jk_cli *cli, const char *team)
{
    int64_t after = (int64_t)jk_options_count(&cli->options, JK_OPTION_AFTER, 0);
    struct jk_arena kept = cli->arena;
    jk_arena_init(&cli->arena, JK_CLI_ARENA);
    enum jk_status status = cli->csv ? jk_sheet_begin(cli, MODEL_COLUMNS) : JK_OK;
    while (status == JK_OK) {
        jk_arena_reset(&cli->arena);
        status = follow_once(cli, team, &after);
        if (status == JK_OK) jk_sleep_ms(FOLLOW_PAUSE_MS);
    }
    char why[sizeof cli->error.message];
    memcpy(why, cli->error.message, sizeof why);
    jk_arena_done(&cli->arena); /* the error's details with it; its message was kept */
    cli->arena = kept;
    jk_error_init(&cli->error, &cli->arena);
    return jk_fail(&cli->error, status, NULL, "following ended after log index %lld: %s", (long long)after, why);
}

/* What a team has to look at: registrations, those that their weights contradict, whenever they were registered, adoptions
 * that lead to its bases, and disputes that are open. */
struct claims {
    struct jk_list models, contradicted, adoptions, disputes;
};

static enum jk_status fetch_claims(struct jk_cli *cli, char *team, struct claims *claims)
{
    Jokbo__V1__ListDisputesRequest disputes = JOKBO__V1__LIST_DISPUTES_REQUEST__INIT;
    struct jk_pages pages = {&jokbo__v1__stages__descriptor, "ListDisputes", &disputes.base, "disputes", 0};
    Jokbo__V1__ListModelsRequest contradicted = JOKBO__V1__LIST_MODELS_REQUEST__INIT;
    struct jk_pages false_claims = {REGISTRY, "ListModels", &contradicted.base, "models", 0};
    struct jk_adoptions_wish wish = {
        .team = team, .model = "", .after = (int64_t)jk_options_count(&cli->options, JK_OPTION_AFTER, 0)};
    disputes.team = team;
    disputes.open = true;
    contradicted.team = team;
    contradicted.grade = JOKBO__V1__GRADE__GRADE_CONTRADICTED;
    JK_TRY(jk_pages_fetch(cli, &false_claims, &claims->contradicted));
    JK_TRY(jk_adoptions_fetch(cli, &wish, &claims->adoptions));
    return jk_pages_fetch(cli, &pages, &claims->disputes);
}

static enum jk_status print_claims(struct jk_cli *cli, const struct claims *claims)
{
    models_table(cli, &claims->models);
    if (claims->contradicted.count > 0) {
        fprintf(cli->out, "\nTheir weights have nothing in common with a declared parent's:\n");
        jk_weights_print_contradicted(cli, &claims->contradicted);
    }
    if (claims->adoptions.count > 0) {
        fprintf(cli->out, "\nAdoptions that lead to its base models:\n");
        jk_adoptions_print(cli, &claims->adoptions);
    }
    if (claims->disputes.count > 0) {
        fprintf(cli->out, "\nDisputes that are open:\n");
        jk_cases_print_disputes(cli, (const Jokbo__V1__Dispute *const *)claims->disputes.items, claims->disputes.count);
    }
    return JK_OK;
}

/* The team that is asked for, or else the caller's own. */
static enum jk_status find_team(struct jk_cli *cli, char **out_team)
{
    Jokbo__V1__GetCallerRequest request = JOKBO__V1__GET_CALLER_REQUEST__INIT;
    Jokbo__V1__Caller *caller = NULL;
    bool twice = cli->options.operand_count > 0 && jk_cli_has(cli, JK_OPTION_TEAM);
    if (twice) return jk_cli_usage(cli, "TEAM and --team are the same: give one of them");
    *out_team = cli->options.operand_count > 0 ? jk_cli_operand(cli, 0) : jk_cli_text(cli, JK_OPTION_TEAM);
    if (!(*out_team)[0] && cli->settings.token) {
        JK_TRY(jk_cli_call(cli, &jokbo__v1__access__descriptor, "GetCaller", &request.base, &caller));
        if (caller->account) *out_team = caller->account->team;
    }
    if ((*out_team)[0]) return JK_OK;
    return jk_cli_missing(
        cli, "team", "missing, and the token is not a team's: jokbo claims TEAM; jokbo roster show lists the teams");
}

enum jk_status jk_run_claims(struct jk_cli *cli)
{
    Jokbo__V1__ListModelsRequest request = JOKBO__V1__LIST_MODELS_REQUEST__INIT;
    struct claims claims;
    struct jk_pages pages = {REGISTRY, "ListModels", &request.base, "models", jk_pages_limit(cli)};
    JK_TRY(find_team(cli, &request.team));
    if (jk_cli_has(cli, JK_OPTION_FOLLOW)) return follow(cli, request.team);
    request.after_log_index = (int64_t)jk_options_count(&cli->options, JK_OPTION_AFTER, 0);
    JK_TRY(jk_pages_fetch(cli, &pages, &claims.models));
    if (cli->csv) return jk_sheet_list(cli, MODEL_COLUMNS, &claims.models);
    JK_TRY(fetch_claims(cli, request.team, &claims));
    if (!cli->json) return print_claims(cli, &claims);
    json_t *root = jk_pages_json(&pages, &claims.models);
    if (root) json_object_set_new(root, "contradicted", jk_pages_items_json(&claims.contradicted));
    if (root) json_object_set_new(root, "adoptions", jk_pages_items_json(&claims.adoptions));
    if (root) json_object_set_new(root, "disputes", jk_pages_items_json(&claims.disputes));
    return jk_print_json(cli, root);
}
