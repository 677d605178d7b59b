/* Adoptions of external models: adopt, unadopt, list. Also namespaces: who holds which organisation on a hub. */
#include "cli/adoptions.h"
#include "cli/commands.h"
#include "cli/console/print.h"
#include "cli/console/sheet.h"
#include "domain/ident.h"

#define REGISTRY (&jokbo__v1__registry__descriptor)

/* ---- adopt and unadopt ---- */

/* "host/id" of an operand or option; NULL, with the error set, where it is none. */
char *jk_adoptions_external(struct jk_cli *cli, const char *given)
{
    struct jk_text external;
    char *text = NULL;
    jk_text_init(&external, 0);
    if (!jk_ident_external_from(jk_span_of(given), &external))
        (void)jk_cli_usage(
            cli, "the external model must be host/id, such as huggingface.co/google/gemma-2-9b-it, or its URL");
    else if (!(text = jk_arena_copy(&cli->arena, external.bytes, external.len)))
        (void)jk_out_of_memory(&cli->error);
    jk_text_done(&external);
    return text;
}

static void tell_pending(struct jk_cli *cli, int64_t ruling)
{
    fprintf(cli->out, "The ruling of entry %lld waits for a second evaluator: jokbo rule confirm %lld\n",
            (long long)ruling, (long long)ruling);
}

enum jk_status jk_run_adopt(struct jk_cli *cli)
{
    Jokbo__V1__AdoptExternalModelRequest request = JOKBO__V1__ADOPT_EXTERNAL_MODEL_REQUEST__INIT;
    Jokbo__V1__AdoptExternalModelResponse *reply;
    if (!(request.external = jk_adoptions_external(cli, jk_cli_operand(cli, 0)))) return cli->error.status;
    request.model = jk_cli_operand(cli, 1);
    request.reason = jk_cli_text(cli, JK_OPTION_REASON);
    request.text = jk_cli_text(cli, JK_OPTION_TEXT);
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_cli_call(cli, REGISTRY, "AdoptExternalModel", &request.base, &reply));
    if (cli->json) return jk_print_message(cli, &reply->base);
    if (reply->ruling && !reply->log_index) {
        tell_pending(cli, reply->ruling);
        return JK_OK;
    }
    fprintf(cli->out, "%sbound: %s is %s. Lineages of %s run through it.\n", request.validate_only ? "would be " : "",
            jk_print_safe(cli, request.external), jk_print_safe(cli, reply->model ? reply->model->name : request.model),
            jk_print_plural(cli, reply->children, "model", "models"));
    return JK_OK;
}

enum jk_status jk_run_unadopt(struct jk_cli *cli)
{
    Jokbo__V1__UnadoptExternalModelRequest request = JOKBO__V1__UNADOPT_EXTERNAL_MODEL_REQUEST__INIT;
    Jokbo__V1__UnadoptExternalModelResponse *reply;
    if (!(request.external = jk_adoptions_external(cli, jk_cli_operand(cli, 0)))) return cli->error.status;
    request.model = jk_cli_operand(cli, 1);
    request.reason = jk_cli_text(cli, JK_OPTION_REASON);
    request.text = jk_cli_text(cli, JK_OPTION_TEXT);
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_cli_call(cli, REGISTRY, "UnadoptExternalModel", &request.base, &reply));
    if (cli->json) return jk_print_message(cli, &reply->base);
    if (reply->ruling && !reply->log_index) {
        tell_pending(cli, reply->ruling);
        return JK_OK;
    }
    fprintf(cli->out, "%sfreed: %s is no longer %s. Lineages of %s end there.\n",
            request.validate_only ? "would be " : "", jk_print_safe(cli, request.external),
            jk_print_safe(cli, reply->model ? reply->model->name : request.model),
            jk_print_plural(cli, reply->children, "model", "models"));
    return JK_OK;
}

/* ---- the list ---- */

static const char *adopted_roots(struct jk_cli *cli, const Jokbo__V1__Adoption *adoption)
{
    if (adoption->n_roots == 0) return "";
    if (adoption->n_roots == 1) return adoption->roots[0]->name;
    const char *text = jk_arena_printf(&cli->arena, "%s +%zu", adoption->roots[0]->name, adoption->n_roots - 1);
    return text ? text : adoption->roots[0]->name;
}

void jk_adoptions_print(struct jk_cli *cli, const struct jk_list *list)
{
    static const struct jk_column columns[] = {
        {"index", true},           {"external", false, .wrap = true}, {"stands for", false, .wrap = true},
        {"by", false, .spare = 1}, {"children", true, .spare = 2},    {"leads to", false, .wrap = true},
        {"", false, .wrap = true}};
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < list->count; i++) {
        const Jokbo__V1__Adoption *adoption = (const Jokbo__V1__Adoption *)list->items[i];
        jk_table_cell(&table, jk_print_number(cli, adoption->log_index));
        jk_table_cell(&table, adoption->external);
        jk_table_cell(&table, adoption->model);
        jk_table_cell(&table, adoption->actor);
        jk_table_cell(&table, jk_print_number(cli, adoption->children));
        jk_table_cell(&table, adopted_roots(cli, adoption));
        if (adoption->end_log_index)
            jk_table_cellf(&table, "ended by entry %lld", (long long)adoption->end_log_index);
        else
            jk_table_cell(&table, adoption->n_open_disputes ? "disputed" : "");
    }
    jk_print_table(cli, &table);
}

enum jk_status jk_adoptions_fetch(struct jk_cli *cli, const struct jk_adoptions_wish *wish, struct jk_list *out_list)
{
    Jokbo__V1__ListAdoptionsRequest request = JOKBO__V1__LIST_ADOPTIONS_REQUEST__INIT;
    struct jk_pages pages = {REGISTRY, "ListAdoptions", &request.base, "adoptions", wish->limit};
    request.team = (char *)(uintptr_t)wish->team;
    request.model = (char *)(uintptr_t)wish->model;
    request.after_log_index = wish->after;
    request.include_ended = wish->ended;
    return jk_pages_fetch(cli, &pages, out_list);
}

enum jk_status jk_run_adoption_list(struct jk_cli *cli)
{
    struct jk_adoptions_wish wish = {.team = jk_cli_text(cli, JK_OPTION_TEAM),
                                     .model = jk_cli_text(cli, JK_OPTION_MODEL),
                                     .after = (int64_t)jk_options_count(&cli->options, JK_OPTION_AFTER, 0),
                                     .ended = jk_cli_has(cli, JK_OPTION_ENDED),
                                     .limit = jk_pages_limit(cli)};
    Jokbo__V1__ListAdoptionsRequest request = JOKBO__V1__LIST_ADOPTIONS_REQUEST__INIT;
    struct jk_pages pages = {REGISTRY, "ListAdoptions", &request.base, "adoptions", wish.limit};
    struct jk_list list;
    JK_TRY(jk_adoptions_fetch(cli, &wish, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    if (cli->csv)
        return jk_sheet_list(
            cli, "log_index,external,model,actor,create_time,end_log_index,children,roots=roots.name,open_disputes",
            &list);
    if (list.count > 0)
        jk_adoptions_print(cli, &list);
    else
        fprintf(cli->err, "No adoption.\n");
    jk_pages_note(cli, &list);
    return JK_OK;
}

/* ---- namespaces ---- */

static enum jk_status set_namespace(struct jk_cli *cli, bool end)
{
    Jokbo__V1__SetNamespaceRequest request = JOKBO__V1__SET_NAMESPACE_REQUEST__INIT;
    Jokbo__V1__Namespace *namespace;
    if (!jk_cli_has(cli, JK_OPTION_EVIDENCE))
        return jk_cli_missing(cli, "evidence",
                              "missing: give --evidence KIND, such as hub-file; it is public for ever");
    request.publisher = jk_cli_operand(cli, 0);
    if (!(request.organisation = jk_adoptions_external(cli, jk_cli_operand(cli, 1)))) return cli->error.status;
    request.evidence = jk_cli_text(cli, JK_OPTION_EVIDENCE);
    request.details = jk_cli_text(cli, JK_OPTION_DETAILS);
    request.end = end;
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_cli_call(cli, REGISTRY, "SetNamespace", &request.base, &namespace));
    if (cli->json) return jk_print_message(cli, &namespace->base);
    fprintf(cli->out, "%s%s %s %s.\n", request.validate_only ? "would be: " : "",
            jk_print_safe(cli, namespace->publisher), namespace->held ? "holds" : "no longer holds",
            jk_print_safe(cli, namespace->organisation));
    return JK_OK;
}

enum jk_status jk_run_namespace_set(struct jk_cli *cli)
{
    return set_namespace(cli, false);
}

enum jk_status jk_run_namespace_end(struct jk_cli *cli)
{
    return set_namespace(cli, true);
}

enum jk_status jk_run_namespace_list(struct jk_cli *cli)
{
    static const struct jk_column columns[] = {
        {"index", true}, {"organisation", false, .wrap = true}, {"publisher", false, .wrap = true},
        {"", false},     {"evidence", false, .wrap = true},     {"recorded", false, .spare = 1}};
    Jokbo__V1__ListNamespacesRequest request = JOKBO__V1__LIST_NAMESPACES_REQUEST__INIT;
    struct jk_pages pages = {REGISTRY, "ListNamespaces", &request.base, "namespaces", jk_pages_limit(cli)};
    struct jk_list list;
    struct jk_table table;
    request.publisher = jk_cli_text(cli, JK_OPTION_PUBLISHER);
    request.include_ended = jk_cli_has(cli, JK_OPTION_ENDED);
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    if (cli->csv) return jk_sheet_list(cli, "log_index,organisation,publisher,held,evidence,create_time", &list);
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__Namespace *namespace = (const Jokbo__V1__Namespace *)list.items[i];
        jk_table_cell(&table, jk_print_number(cli, namespace->log_index));
        jk_table_cell(&table, namespace->organisation);
        jk_table_cell(&table, namespace->publisher);
        jk_table_cell(&table, namespace->held ? "holds it" : "ended");
        jk_table_cell(&table, namespace->evidence);
        jk_table_cell(&table, jk_print_time(cli, namespace->create_time));
    }
    if (list.count > 0)
        jk_print_table(cli, &table);
    else
        fprintf(cli->err, "No namespace.\n");
    jk_pages_note(cli, &list);
    return JK_OK;
}
