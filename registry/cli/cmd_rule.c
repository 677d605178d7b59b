/* Rulings: exclude, restore, origin, confirm, reject, list. */
#include "cli/cases.h"
#include "cli/commands.h"
#include "cli/console/print.h"
#include "cli/console/sheet.h"
#include "cli/console/words.h"

#define STAGES (&jokbo__v1__stages__descriptor)

static enum jk_status rule(struct jk_cli *cli, Jokbo__V1__RulingKind kind)
{
    Jokbo__V1__RuleRequest request = JOKBO__V1__RULE_REQUEST__INIT;
    Jokbo__V1__Ruling *ruling;
    if (!jk_cli_has(cli, JK_OPTION_REASON))
        return jk_cli_missing(cli, "reason", "missing: give --reason KIND, such as spam; it is public for ever");
    request.model = jk_cli_operand(cli, 0);
    request.kind = kind;
    request.restore = kind == JOKBO__V1__RULING_KIND__RULING_KIND_RESTORE;
    request.root = jk_cli_text(cli, JK_OPTION_ROOT);
    request.reason = jk_cli_text(cli, JK_OPTION_REASON);
    request.text = jk_cli_text(cli, JK_OPTION_TEXT);
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_cli_call(cli, STAGES, "Rule", &request.base, &ruling));
    return jk_cases_show_ruling(cli, ruling);
}

enum jk_status jk_run_rule_exclude(struct jk_cli *cli)
{
    return rule(cli, JOKBO__V1__RULING_KIND__RULING_KIND_EXCLUDE);
}

enum jk_status jk_run_rule_restore(struct jk_cli *cli)
{
    return rule(cli, JOKBO__V1__RULING_KIND__RULING_KIND_RESTORE);
}

enum jk_status jk_run_rule_origin(struct jk_cli *cli)
{
    return rule(cli, JOKBO__V1__RULING_KIND__RULING_KIND_ORIGIN);
}

static enum jk_status decide_pending_ruling(struct jk_cli *cli, bool confirm)
{
    Jokbo__V1__DecideRulingRequest request = JOKBO__V1__DECIDE_RULING_REQUEST__INIT;
    Jokbo__V1__Ruling *ruling;
    JK_TRY(jk_words_number(cli, 0, "INDEX", &request.ruling));
    request.confirm = confirm;
    request.text = jk_cli_text(cli, JK_OPTION_TEXT);
    request.request_id = jk_cli_request_id(cli);
    JK_TRY(jk_cli_call(cli, STAGES, "DecideRuling", &request.base, &ruling));
    return jk_cases_show_ruling(cli, ruling);
}

enum jk_status jk_run_rule_confirm(struct jk_cli *cli)
{
    return decide_pending_ruling(cli, true);
}

enum jk_status jk_run_rule_reject(struct jk_cli *cli)
{
    return decide_pending_ruling(cli, false);
}

enum jk_status jk_run_rule_list(struct jk_cli *cli)
{
    static const struct jk_column columns[] = {
        {"index", true},  {"model", false, .wrap = true},  {"ruling", false},
        {"state", false}, {"reason", false, .wrap = true}, {"made", false, .spare = 1}};
    Jokbo__V1__ListRulingsRequest request = JOKBO__V1__LIST_RULINGS_REQUEST__INIT;
    struct jk_pages pages = {STAGES, "ListRulings", &request.base, "rulings", jk_pages_limit(cli)};
    struct jk_list list;
    struct jk_table table;
    request.model = jk_cli_text(cli, JK_OPTION_MODEL);
    request.pending = jk_cli_has(cli, JK_OPTION_PENDING);
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    if (cli->csv)
        return jk_sheet_list(cli,
                             "log_index,model,kind,root,lineage_hash,external,verifier,institution,reason,state,"
                             "decision_index,create_time",
                             &list);
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__Ruling *ruling = (const Jokbo__V1__Ruling *)list.items[i];
        jk_table_cell(&table, jk_print_number(cli, ruling->log_index));
        jk_table_cell(&table, *ruling->model ? ruling->model : ruling->verifier);
        jk_table_cell(&table, jk_print_word(cli, &jokbo__v1__ruling_kind__descriptor, (int)ruling->kind));
        jk_table_cell(&table, jk_print_word(cli, &jokbo__v1__ruling_state__descriptor, (int)ruling->state));
        jk_table_cell(&table, ruling->reason);
        jk_table_cell(&table, jk_print_time(cli, ruling->create_time));
    }
    if (list.count > 0)
        jk_print_table(cli, &table);
    else
        fprintf(cli->err, "No ruling.\n");
    jk_pages_note(cli, &list);
    return JK_OK;
}
