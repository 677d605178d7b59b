/* The roster: applying a file to it, and showing it. */
#include "cli/commands.h"
#include "cli/console/local.h"
#include "cli/console/print.h"
#include "cli/console/sheet.h"
#include "cli/counting.h"
#include "declare/rosterfile.h"
#include "declare/yaml.h"

#define REGISTRY (&jokbo__v1__registry__descriptor)

enum jk_status jk_run_roster_apply(struct jk_cli *cli)
{
    Jokbo__V1__ApplyRosterRequest request = JOKBO__V1__APPLY_ROSTER_REQUEST__INIT;
    Jokbo__V1__ApplyRosterResponse *reply;
    bool dry_run = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    /* Both files are read before anything is said, so that the mistakes of both come together. */
    const char *licenses = jk_options_text(&cli->options, JK_OPTION_LICENSES), *note;
    struct jk_span yaml, tsv;
    JK_TRY(jk_local_read(jk_cli_operand(cli, 0), JK_YAML_BYTES_MAX, &cli->arena, &yaml, &cli->error));
    if (licenses) JK_TRY(jk_local_read(licenses, JK_YAML_BYTES_MAX, &cli->arena, &tsv, &cli->error));
    enum jk_status status = jk_roster_parse(yaml, &cli->arena, &request, &note, &cli->error);
    if (licenses) status = jk_roster_parse_licenses(tsv, &cli->arena, &request, &cli->error);
    if (note) fprintf(cli->err, "jokbo: note: %s\n", note);
    JK_TRY(status);
    request.evidence = jk_cli_text(cli, JK_OPTION_EVIDENCE);
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = dry_run;
    JK_TRY(jk_cli_call(cli, REGISTRY, "ApplyRoster", &request.base, &reply));
    if (cli->json) return jk_print_message(cli, &reply->base);
    for (size_t i = 0; i < reply->n_changes; i++)
        fprintf(cli->out, "%s\n", jk_print_safe(cli, reply->changes[i]));
    if (reply->n_changes == 0)
        fprintf(cli->out, "Nothing to change: the roster is as the file says.\n");
    else if (dry_run)
        fprintf(cli->out, "%s would be made.\n", jk_print_plural(cli, (int64_t)reply->n_changes, "change", "changes"));
    else
        fprintf(cli->out, "%s, from log index %s on; log size %s.\n",
                jk_print_plural(cli, (int64_t)reply->n_changes, "change", "changes"),
                jk_print_number(cli, reply->first_log_index), jk_print_number(cli, reply->log_size));
    return JK_OK;
}

static void bases_table(struct jk_cli *cli, const struct jk_list *list, const Jokbo__V1__ListCountsResponse *counts)
{
    static const struct jk_column columns[] = {{"base model", false, .wrap = true},
                                               {"team", false, .wrap = true},
                                               {"programme", false, .spare = 2},
                                               {"from scratch", false, .spare = 3},
                                               {"released", false, .spare = 4},
                                               {"licence", false, .wrap = true, .spare = 1},
                                               {"derivatives", true}};
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < list->count; i++) {
        const Jokbo__V1__Model *model = (const Jokbo__V1__Model *)list->items[i];
        const Jokbo__V1__BaseModelFacts *base = model->base_facts;
        jk_table_cell(&table, model->name);
        jk_table_cell(&table, base ? base->team : "");
        jk_table_cell(&table, base && base->programme ? "yes" : "no");
        jk_table_cell(&table, base ? jk_print_word(cli, &jokbo__v1__answer__descriptor, (int)base->from_scratch) : "");
        jk_table_cell(&table, base ? base->released : "");
        jk_table_cell(&table, model->release ? model->release->license : "");
        jk_table_cell(&table, jk_print_number(cli, jk_count_in_all(counts, model->name)));
    }
    jk_print_table(cli, &table);
}

static bool wanted(struct jk_cli *cli, const Jokbo__V1__Team *team)
{
    const char *id = jk_options_text(&cli->options, JK_OPTION_TEAM);
    return !id || strcmp(id, team->id) == 0;
}

static void teams_table(struct jk_cli *cli, const struct jk_list *list)
{
    static const struct jk_column columns[] = {{"team", false, .wrap = true},   {"name", false, .wrap = true},
                                               {"", false, .wrap = true},       {"joined", false, .spare = 1},
                                               {"left", false, .spare = 2},     {"publishers", false, .wrap = true},
                                               {"affiliates", true, .spare = 3}};
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < list->count; i++) {
        const Jokbo__V1__Team *team = (const Jokbo__V1__Team *)list->items[i];
        if (!wanted(cli, team)) continue;
        struct jk_text publishers;
        jk_text_init(&publishers, 0);
        for (size_t p = 0; p < team->n_publishers; p++)
            jk_text_addf(&publishers, "%s%s", p > 0 ? ", " : "", team->publishers[p]);
        jk_table_cell(&table, team->id);
        jk_table_cell(&table, team->name);
        jk_table_cell(&table, team->name_ko);
        jk_table_cellf(&table, "%.10s", jk_print_time(cli, team->join_time));
        jk_table_cellf(&table, "%.10s", jk_print_time(cli, team->leave_time));
        jk_table_cell(&table, publishers.bytes);
        jk_table_cell(&table, jk_print_number(cli, (int64_t)team->n_affiliations));
        jk_text_done(&publishers);
    }
    jk_print_table(cli, &table);
}

static json_t *base_json(const ProtobufCMessage *model, const Jokbo__V1__ListCountsResponse *counts)
{
    json_t *base = jk_json_message(model);
    int64_t counted = jk_count_in_all(counts, ((const Jokbo__V1__Model *)model)->name);
    if (base) json_object_set_new(base, "counted", json_integer(counted));
    return base;
}

static void add_roster_row(json_t *rows, const Jokbo__V1__Team *team, json_t *base)
{
    if (!base) base = json_object();
    if (base) json_object_set_new(base, "team", jk_json_message(&team->base));
    json_array_append_new(rows, base);
}

/* A row a base model, with its team; a team without one has a row of its own. */
static enum jk_status show_csv(struct jk_cli *cli, const struct jk_list *teams, const struct jk_list *bases,
                               const Jokbo__V1__ListCountsResponse *counts)
{
    json_t *rows = json_array();
    for (size_t t = 0; t < teams->count; t++) {
        const Jokbo__V1__Team *team = (const Jokbo__V1__Team *)teams->items[t];
        bool any = false;
        if (!wanted(cli, team)) continue;
        for (size_t i = 0; i < bases->count; i++) {
            const Jokbo__V1__BaseModelFacts *facts = ((const Jokbo__V1__Model *)bases->items[i])->base_facts;
            if (!facts || strcmp(facts->team, team->id) != 0) continue;
            add_roster_row(rows, team, base_json(bases->items[i], counts));
            any = true;
        }
        if (!any) add_roster_row(rows, team, NULL);
    }
    return jk_sheet_print(cli,
                          "team=team.id,team_name=team.name,team_name_ko=team.name_ko,join_time=team.join_time,"
                          "leave_time=team.leave_time,publishers=team.publishers,model=name,log_index,"
                          "programme=base_facts.programme,from_scratch=base_facts.from_scratch,"
                          "built_on=base_facts.built_on,released=base_facts.released,"
                          "parameters=base_facts.parameters,license=release.license,counted",
                          rows);
}

static enum jk_status show_json(struct jk_cli *cli, const struct jk_list *teams, const struct jk_list *bases,
                                const Jokbo__V1__ListCountsResponse *counts)
{
    json_t *team_list = json_array(), *base_list = json_array();
    for (size_t i = 0; i < teams->count; i++)
        if (wanted(cli, (const Jokbo__V1__Team *)teams->items[i]))
            json_array_append_new(team_list, jk_json_message(teams->items[i]));
    for (size_t i = 0; i < bases->count; i++)
        json_array_append_new(base_list, base_json(bases->items[i], counts));
    return jk_print_json(cli, json_pack("{s:o, s:o, s:I}", "teams", team_list, "models", base_list, "log_size",
                                        (json_int_t)bases->log_size));
}

enum jk_status jk_run_roster_show(struct jk_cli *cli)
{
    Jokbo__V1__ListTeamsRequest team_request = JOKBO__V1__LIST_TEAMS_REQUEST__INIT;
    Jokbo__V1__ListBaseModelsRequest base_request = JOKBO__V1__LIST_BASE_MODELS_REQUEST__INIT;
    struct jk_pages team_pages = {REGISTRY, "ListTeams", &team_request.base, "teams", 0};
    struct jk_pages base_pages = {REGISTRY, "ListBaseModels", &base_request.base, "models", 0};
    Jokbo__V1__ListCountsResponse *counts;
    struct jk_list teams, bases;
    base_request.team = jk_cli_text(cli, JK_OPTION_TEAM);
    JK_TRY(jk_pages_fetch(cli, &team_pages, &teams));
    JK_TRY(jk_pages_fetch(cli, &base_pages, &bases));
    JK_TRY(jk_count_of_all(cli, bases.log_size, &counts));
    if (cli->json) return show_json(cli, &teams, &bases, counts);
    if (cli->csv) return show_csv(cli, &teams, &bases, counts);
    teams_table(cli, &teams);
    fputc('\n', cli->out);
    bases_table(cli, &bases, counts);
    return JK_OK;
}
