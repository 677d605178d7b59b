/* See cases.h. */
#include "cli/cases.h"

#include "cli/console/pages.h"
#include "cli/console/print.h"

#define STAGES (&jokbo__v1__stages__descriptor)

static const char *state_text(const Jokbo__V1__Ruling *ruling)
{
    switch (ruling->state) {
    case JOKBO__V1__RULING_STATE__RULING_STATE_PENDING:
        return "waits for a second evaluator";
    case JOKBO__V1__RULING_STATE__RULING_STATE_IN_FORCE:
        return "in force";
    case JOKBO__V1__RULING_STATE__RULING_STATE_REJECTED:
        return "rejected by a second evaluator";
    case JOKBO__V1__RULING_STATE__RULING_STATE_REPLACED:
        return "a later ruling decides";
    default:
        return "";
    }
}

static const char *what_it_does(const Jokbo__V1__Ruling *ruling)
{
    switch (ruling->kind) {
    case JOKBO__V1__RULING_KIND__RULING_KIND_RESTORE:
        return "restores";
    case JOKBO__V1__RULING_KIND__RULING_KIND_ORIGIN:
        return "puts it first for the content of its release";
    case JOKBO__V1__RULING_KIND__RULING_KIND_ADOPT:
        return "binds the external model to it";
    case JOKBO__V1__RULING_KIND__RULING_KIND_UNADOPT:
        return "frees the external model from it";
    case JOKBO__V1__RULING_KIND__RULING_KIND_VERIFIER:
        return "makes the institution a verifier";
    case JOKBO__V1__RULING_KIND__RULING_KIND_VERIFIER_END:
        return "ends its being a verifier";
    default:
        return "excludes";
    }
}

static void print_title(struct jk_cli *cli, int64_t index, const char *what, const char *model, const char *state)
{
    const char *title = index > 0 ? jk_arena_printf(&cli->arena, "%s %lld", what, (long long)index)
                                  : jk_arena_printf(&cli->arena, "%s (a check, nothing written)", what);
    fprintf(cli->out, "%s  %s: %s\n", jk_print_painted(cli, JK_PAINT_BOLD, title ? title : what),
            jk_print_safe(cli, model), state);
}

static void print_others(struct jk_cli *cli, struct jk_table *table, char *const *others, size_t count, bool more)
{
    for (size_t i = 0; i < count; i++)
        jk_print_fact(table, i == 0 ? "others have it" : " ", jk_print_safe(cli, others[i]));
    if (more) jk_print_fact(table, " ", "and more");
}

static void print_ruling(struct jk_cli *cli, const Jokbo__V1__Ruling *ruling)
{
    struct jk_table table;
    print_title(cli, ruling->log_index, "ruling", *ruling->model ? ruling->model : ruling->verifier,
                state_text(ruling));
    jk_print_facts_init(&table, cli);
    jk_print_fact(&table, "it", what_it_does(ruling));
    jk_print_fact(&table, "as a derivative of", ruling->root);
    jk_print_fact(&table, "release", ruling->lineage_hash);
    print_others(cli, &table, ruling->others, ruling->n_others, ruling->more_others);
    jk_print_fact(&table, "external model", ruling->external);
    jk_print_fact(&table, "institution", ruling->institution);
    jk_print_fact(&table, "reason", ruling->reason);
    jk_print_fact(&table, "text", ruling->text);
    if (ruling->log_index > 0) jk_print_fact(&table, "made", jk_print_moment(cli, ruling->create_time));
    if (ruling->decision_index > 0)
        jk_print_fact(&table, "decided by entry", jk_print_number(cli, ruling->decision_index));
    jk_print_table(cli, &table);
}

enum jk_status jk_cases_show_ruling(struct jk_cli *cli, const Jokbo__V1__Ruling *ruling)
{
    if (cli->json) return jk_print_message(cli, &ruling->base);
    print_ruling(cli, ruling);
    if (ruling->state == JOKBO__V1__RULING_STATE__RULING_STATE_PENDING && ruling->log_index > 0)
        fprintf(cli->out, "Another evaluator confirms it: jokbo rule confirm %lld\n", (long long)ruling->log_index);
    return JK_OK;
}

/* "other/model: since entry 581 (2026-11-17 10:00 KST), verified, manifest held". */
static void print_sides(struct jk_cli *cli, struct jk_table *table, const Jokbo__V1__Dispute *dispute)
{
    for (size_t i = 0; i < dispute->n_sides; i++) {
        const Jokbo__V1__OriginSide *side = dispute->sides[i];
        const char *since = "nothing shared any more";
        if (side->content[0])
            since = jk_arena_printf(&cli->arena, "the %s since entry %s (%s)", side->content,
                                    jk_print_number(cli, side->log_index), jk_print_time(cli, side->time));
        jk_print_fact(table, i == 0 ? "can show" : " ",
                      jk_arena_printf(&cli->arena, "%s: %s, %s, %s", side->model, since ? since : "",
                                      side->verified ? "verified publisher" : "publisher not verified",
                                      side->held ? "manifest held" : "manifest not held"));
    }
}

void jk_cases_print_dispute(struct jk_cli *cli, const Jokbo__V1__Dispute *dispute)
{
    struct jk_table table;
    const char *about = jk_print_word(cli, &jokbo__v1__dispute_subject__descriptor, (int)dispute->subject);
    const char *outcome = jk_print_word(cli, &jokbo__v1__dispute_outcome__descriptor, (int)dispute->outcome);
    print_title(cli, dispute->log_index, "dispute", dispute->model, outcome[0] ? outcome : "open");
    jk_print_facts_init(&table, cli);
    jk_print_fact(&table, "about", about);
    jk_print_fact(&table, "against", dispute->against);
    print_sides(cli, &table, dispute);
    print_others(cli, &table, dispute->others, dispute->n_others, dispute->more_others);
    jk_print_fact(&table, "external model", dispute->external);
    if (dispute->ruling > 0) jk_print_fact(&table, "ruling", jk_print_number(cli, dispute->ruling));
    jk_print_fact(&table, "stage", dispute->stage);
    jk_print_fact(&table, "by", dispute->actor);
    jk_print_fact(&table, "text", dispute->text);
    jk_print_fact(&table, "opened", jk_print_moment(cli, dispute->create_time));
    if (dispute->resolution_index > 0)
        jk_print_fact(&table, "resolved by entry", jk_print_number(cli, dispute->resolution_index));
    jk_print_fact(&table, "resolution", dispute->resolution_text);
    jk_print_table(cli, &table);
}

void jk_cases_print_disputes(struct jk_cli *cli, const Jokbo__V1__Dispute *const *disputes, size_t count)
{
    static const struct jk_column columns[] = {{"index", true},
                                               {"model", false, .wrap = true},
                                               {"about", false, .wrap = true},
                                               {"by", false, .wrap = true, .spare = 2},
                                               {"stage", false, .wrap = true},
                                               {"outcome", false},
                                               {"opened", false, .spare = 1}};
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < count; i++) {
        const Jokbo__V1__Dispute *dispute = disputes[i];
        const char *outcome = jk_print_word(cli, &jokbo__v1__dispute_outcome__descriptor, (int)dispute->outcome);
        jk_table_cell(&table, jk_print_number(cli, dispute->log_index));
        jk_table_cell(&table, dispute->model);
        jk_table_cellf(&table, "%s%s%s%s",
                       jk_print_word(cli, &jokbo__v1__dispute_subject__descriptor, (int)dispute->subject),
                       dispute->against[0]    ? " against "
                       : dispute->external[0] ? " of "
                                              : "",
                       dispute->against, dispute->external);
        jk_table_cell(&table, dispute->actor);
        jk_table_cell(&table, dispute->stage);
        jk_table_cell(&table, outcome[0] ? outcome : "open");
        jk_table_cell(&table, jk_print_time(cli, dispute->create_time));
    }
    jk_print_table(cli, &table);
}

/* ---- of one model ---- */

static enum jk_status fetch(struct jk_cli *cli, const struct jk_pages *pages, struct jk_list *out_list)
{
    enum jk_status status = jk_pages_fetch(cli, pages, out_list);
    if (status != JK_UNIMPLEMENTED) return status;
    jk_error_init(&cli->error, &cli->arena);
    *out_list = (struct jk_list){0};
    return JK_OK;
}

enum jk_status jk_cases_fetch(struct jk_cli *cli, const char *model, struct jk_cases *out_cases)
{
    Jokbo__V1__ListRulingsRequest rulings = JOKBO__V1__LIST_RULINGS_REQUEST__INIT;
    Jokbo__V1__ListDisputesRequest disputes = JOKBO__V1__LIST_DISPUTES_REQUEST__INIT;
    struct jk_pages ruling_pages = {STAGES, "ListRulings", &rulings.base, "rulings", 0},
                    dispute_pages = {STAGES, "ListDisputes", &disputes.base, "disputes", 0};
    struct jk_list ruling_list, dispute_list;
    rulings.model = disputes.model = (char *)(uintptr_t)model;
    JK_TRY(fetch(cli, &ruling_pages, &ruling_list));
    JK_TRY(fetch(cli, &dispute_pages, &dispute_list));
    *out_cases =
        (struct jk_cases){(const Jokbo__V1__Ruling *const *)ruling_list.items,
                          (const Jokbo__V1__Dispute *const *)dispute_list.items, ruling_list.count, dispute_list.count};
    return JK_OK;
}

void jk_cases_print(struct jk_cli *cli, const struct jk_cases *cases)
{
    for (size_t i = 0; i < cases->ruling_count; i++) {
        fputc('\n', cli->out);
        print_ruling(cli, cases->rulings[i]);
    }
    for (size_t i = 0; i < cases->dispute_count; i++) {
        fputc('\n', cli->out);
        jk_cases_print_dispute(cli, cases->disputes[i]);
    }
}

void jk_cases_json(const struct jk_cases *cases, json_t *root)
{
    json_t *rulings = json_array(), *disputes = json_array();
    for (size_t i = 0; i < cases->ruling_count; i++)
        json_array_append_new(rulings, jk_json_message(&cases->rulings[i]->base));
    for (size_t i = 0; i < cases->dispute_count; i++)
        json_array_append_new(disputes, jk_json_message(&cases->disputes[i]->base));
    json_object_set_new(root, "rulings", rulings);
    json_object_set_new(root, "disputes", disputes);
}
