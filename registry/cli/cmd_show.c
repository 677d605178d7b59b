/* `show`: one model or one release in detail. `releases`: all releases of a model. */
#include <jokbo/v1/registry.pb-c.h>

#include "cli/cases.h"
#include "cli/commands.h"
#include "cli/console/print.h"
#include "cli/console/sheet.h"
#include "cli/counting.h"
#include "cli/findings.h"
#include "cli/weights_words.h"
#include "verify/yanked.h"

#define REGISTRY (&jokbo__v1__registry__descriptor)

static void release_facts(struct jk_cli *cli, struct jk_table *table, const Jokbo__V1__Release *release)
{
    const char *license =
        jk_arena_printf(&cli->arena, "%s (%s)", release->license,
                        jk_print_word(cli, &jokbo__v1__license_class__descriptor, (int)release->license_class));
    jk_print_fact(table, "release", release->version);
    jk_print_fact(table, "relation", jk_print_word(cli, &jokbo__v1__relation__descriptor, (int)release->relation));
    for (size_t i = 0; i < release->n_parents; i++) {
        const char *text = jk_arena_printf(
            &cli->arena, "%s%s%s%s%s%s", release->parents[i]->external ? "external " : "", release->parents[i]->name,
            release->parents[i]->version[0] ? "@" : "", release->parents[i]->version,
            release->parents[i]->adopted_by[0] ? ", here as " : "", release->parents[i]->adopted_by);
        jk_print_fact(table, i == 0 ? "parents" : " ", text ? text : "");
    }
    jk_print_fact(table, "licence", release->license_class ? license : release->license);
    jk_print_fact(table, "licence text", release->license_text_sha256);
    jk_print_fact(table, "artifact", release->artifact_sha256);
    jk_print_fact(table, "weights", release->weights_sha256);
    jk_print_fact(table, "lineage hash", release->lineage_hash);
}

static void base_facts(struct jk_cli *cli, struct jk_table *table, const Jokbo__V1__BaseModelFacts *base)
{
    jk_print_fact(table, "K-AI model", base->programme ? "made for the programme" : "not made for the programme");
    jk_print_fact(table, "team", base->team);
    jk_print_fact(table, "from scratch", jk_print_word(cli, &jokbo__v1__answer__descriptor, (int)base->from_scratch));
    jk_print_fact(table, "built on", base->built_on);
    jk_print_fact(table, "released", base->released);
    jk_print_fact(table, "parameters", base->parameters);
    if (!base->listed) jk_print_fact(table, "roster", "taken off");
}

/* In words: its hub's, not the registry's. */
static void hub_facts(struct jk_cli *cli, struct jk_table *table, const Jokbo__V1__Observation *seen)
{
    const char *state = seen->state == JOKBO__V1__OBSERVED_STATE__OBSERVED_STATE_PRESENT ? "is there"
                        : seen->state == JOKBO__V1__OBSERVED_STATE__OBSERVED_STATE_MOVED ? "has moved to "
                                                                                         : "is absent";
    jk_print_fact(table, "on its hub",
                  jk_arena_printf(&cli->arena, "%s/%s %s%s, seen %s", seen->hub, seen->id, state, seen->moved_to,
                                  jk_print_time(cli, seen->observe_time)));
    jk_print_fact(table, "last asked", seen->census_time ? jk_print_time(cli, seen->census_time) : "");
    if (seen->hub_create_time)
        jk_print_fact(table, "hub's dates",
                      jk_arena_printf(&cli->arena, "created %s%s%s (claims)", jk_print_time(cli, seen->hub_create_time),
                                      seen->hub_update_time ? ", changed " : "",
                                      seen->hub_update_time ? jk_print_time(cli, seen->hub_update_time) : ""));
}

/* `counted`: of a base model. */
static void model_facts(struct jk_cli *cli, struct jk_table *table, const Jokbo__V1__Model *model, int64_t counted)
{
    if (model->base_facts) base_facts(cli, table, model->base_facts);
    for (size_t i = 0; i < model->n_roots; i++)
        jk_print_fact(table, i == 0 ? "roots" : " ",
                      jk_arena_printf(&cli->arena, "%s, depth %d (%s)%s", model->roots[i]->name, model->roots[i]->depth,
                                      model->roots[i]->team, model->roots[i]->adopted ? ", by an adoption only" : ""));
    if (model->release) release_facts(cli, table, model->release);
    jk_print_fact(table, "releases", jk_print_number(cli, model->release_count));
    jk_print_fact(table, "children", jk_print_number(cli, model->child_count));
    if (model->base_facts) jk_print_fact(table, "derivatives", jk_print_number(cli, counted));
    jk_print_fact(table, "registered", jk_print_time(cli, model->create_time));
    jk_print_fact(table, "log index", jk_print_number(cli, model->log_index));
    if (model->observation) hub_facts(cli, table, model->observation);
    for (size_t i = 0; i < model->n_former_names; i++)
        jk_print_fact(table, i == 0 ? "former names" : " ", model->former_names[i]);
}

static enum jk_status run_show_release(struct jk_cli *cli)
{
    Jokbo__V1__Release *release;
    JK_TRY(jk_release_find(cli, jk_cli_operand(cli, 0), NULL, &release));
    if (cli->json) return jk_print_message(cli, &release->base);
    struct jk_table table;
    const char *title = jk_arena_printf(&cli->arena, "%s@%s", release->model, release->version);
    fprintf(cli->out, "%s%s\n", jk_print_painted(cli, JK_PAINT_BOLD, title), release->yanked ? "  yanked" : "");
    jk_print_facts_init(&table, cli);
    jk_print_fact(&table, "yanked", jk_yanked_text(cli, release));
    release_facts(cli, &table, release);
    jk_print_fact(&table, "published", jk_print_time(cli, release->create_time));
    jk_print_fact(&table, "log index", jk_print_number(cli, release->log_index));
    jk_print_table(cli, &table);
    jk_weights_print(cli, release, NULL);
    fprintf(cli->out, "\n%s", release->statement);
    return JK_OK;
}

enum jk_status jk_run_show(struct jk_cli *cli)
{
    Jokbo__V1__GetModelRequest request = JOKBO__V1__GET_MODEL_REQUEST__INIT;
    Jokbo__V1__Model *model;
    struct jk_cases cases;
    int64_t counted = 0;
    if (strchr(jk_cli_operand(cli, 0), '@')) return run_show_release(cli);
    request.name = jk_cli_operand(cli, 0);
    JK_TRY(jk_cli_call(cli, REGISTRY, "GetModel", &request.base, &model));
    if (model->base_facts) JK_TRY(jk_count_of_base(cli, model->name, model->log_size, &counted));
    JK_TRY(jk_cases_fetch(cli, model->name, &cases));
    if (cli->json) {
        json_t *root = jk_json_message(&model->base);
        if (root && model->base_facts) json_object_set_new(root, "counted", json_integer(counted));
        if (root) jk_cases_json(&cases, root);
        return jk_print_json(cli, root);
    }
    struct jk_table table;
    fprintf(cli->out, "%s%s\n", jk_print_painted(cli, JK_PAINT_BOLD, model->name), model->yanked ? "  yanked" : "");
    jk_print_facts_init(&table, cli);
    model_facts(cli, &table, model, counted);
    jk_print_table(cli, &table);
    if (model->release) jk_weights_print(cli, model->release, model);
    if (model->n_findings > 0) fputc('\n', cli->out);
    jk_findings_print(cli, model->findings, model->n_findings);
    jk_cases_print(cli, &cases);
    return JK_OK;
}

static void releases_table(struct jk_cli *cli, const struct jk_list *list)
{
    static const struct jk_column columns[] = {{"index", true},
                                               {"release", false, .wrap = true},
                                               {"relation", false},
                                               {"licence", false, .wrap = true, .spare = 1},
                                               {"published", false, .spare = 2},
                                               {"", false},
                                               {"weights", false, .spare = 3}};
    struct jk_table table;
    bool any = false;
    for (size_t i = 0; i < list->count; i++)
        any = any || *jk_weights_release_word(cli, (const Jokbo__V1__Release *)list->items[i]);
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0] - (any ? 0 : 1));
    for (size_t i = 0; i < list->count; i++) {
        const Jokbo__V1__Release *release = (const Jokbo__V1__Release *)list->items[i];
        jk_table_cell(&table, jk_print_number(cli, release->log_index));
        jk_table_cell(&table, release->version);
        jk_table_cell(&table, jk_print_word(cli, &jokbo__v1__relation__descriptor, (int)release->relation));
        jk_table_cell(&table, release->license);
        jk_table_cell(&table, jk_print_time(cli, release->create_time));
        jk_table_cell(&table, release->yanked ? "yanked" : "");
        if (any) jk_table_cell(&table, jk_weights_release_word(cli, release));
    }
    jk_print_table(cli, &table);
    jk_pages_note(cli, list);
}

enum jk_status jk_run_releases(struct jk_cli *cli)
{
    Jokbo__V1__ListReleasesRequest request = JOKBO__V1__LIST_RELEASES_REQUEST__INIT;
    struct jk_pages pages = {REGISTRY, "ListReleases", &request.base, "releases", jk_pages_limit(cli)};
    struct jk_list list;
    request.model = jk_cli_operand(cli, 0);
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    if (cli->csv)
        return jk_sheet_list(
            cli,
            "log_index,model,version,create_time,lineage_hash,relation,license,license_class,parents="
            "parents.lineage_hash,artifact_sha256,weights_sha256,yanked,yank_index,yank_time,"
            "grade=shown.grade,screened_index=shown.screened_index,attested_index=shown.attested_index,"
            "attested=shown.attested",
            &list);
    releases_table(cli, &list);
    return JK_OK;
}
