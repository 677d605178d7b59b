/* Disputes: open, resolve, list. */
#include "cli/cases.h"
#include "cli/commands.h"
#include "cli/pages.h"
#include "cli/print.h"
#include "cli/words.h"

#define STAGES (&jokbo__v1__stages__descriptor)

static enum jk_status show(struct jk_cli *cli, const Jokbo__V1__Dispute *dispute)
{
    if (cli->json) return jk_print_message(cli, &dispute->base);
    jk_cases_print_dispute(cli, dispute);
    return JK_OK;
}

/* What it is about: with --ruling a ruling, else --about says. */
static enum jk_status read_subject(struct jk_cli *cli, Jokbo__V1__OpenDisputeRequest *request)
{
    uint64_t ruling = jk_options_count(&cli->options, JK_OPTION_RULING, 0);
    int subject = JOKBO__V1__DISPUTE_SUBJECT__DISPUTE_SUBJECT_RULING;
    if (ruling > INT64_MAX) return jk_cli_usage(cli, "--ruling must be a log index");
    request->ruling = (int64_t)ruling;
    if (jk_cli_has(cli, JK_OPTION_ABOUT))
        (void)jk_json_enum_parse(&jokbo__v1__dispute_subject__descriptor, jk_cli_text(cli, JK_OPTION_ABOUT), &subject);
    else if (!jk_cli_has(cli, JK_OPTION_RULING))
        return jk_cli_missing(cli, "subject", "it is not given: --about parent, --about standing, or --ruling INDEX");
    request->subject = (Jokbo__V1__DisputeSubject)subject;
    return JK_OK;
}

enum jk_status jk_run_dispute_open(struct jk_cli *cli)
{
    Jokbo__V1__OpenDisputeRequest request = JOKBO__V1__OPEN_DISPUTE_REQUEST__INIT;
    Jokbo__V1__Dispute *dispute;
    JK_TRY(read_subject(cli, &request));
    if (!jk_cli_has(cli, JK_OPTION_TEXT))
        return jk_cli_missing(cli, "text", "it is not given: --text TEXT says the case");
    request.model = jk_cli_operand(cli, 0);
    request.stage = jk_cli_text(cli, JK_OPTION_STAGE);
    request.text = jk_cli_text(cli, JK_OPTION_TEXT);
    request.request_id = jk_cli_request_id(cli);
    JK_TRY(jk_cli_call(cli, STAGES, "OpenDispute", &request.base, &dispute));
    return show(cli, dispute);
}

enum jk_status jk_run_dispute_resolve(struct jk_cli *cli)
{
    Jokbo__V1__ResolveDisputeRequest request = JOKBO__V1__RESOLVE_DISPUTE_REQUEST__INIT;
    Jokbo__V1__Dispute *dispute;
    int outcome = 0;
    JK_TRY(jk_words_number(cli, 0, "INDEX", &request.dispute));
    if (!jk_cli_has(cli, JK_OPTION_OUTCOME))
        return jk_cli_missing(cli, "outcome", "it is not given: --outcome upheld or --outcome dismissed");
    if (!jk_cli_has(cli, JK_OPTION_TEXT)) return jk_cli_missing(cli, "text", "it is not given: --text TEXT says why");
    (void)jk_json_enum_parse(&jokbo__v1__dispute_outcome__descriptor, jk_cli_text(cli, JK_OPTION_OUTCOME), &outcome);
    request.outcome = (Jokbo__V1__DisputeOutcome)outcome;
    request.text = jk_cli_text(cli, JK_OPTION_TEXT);
    request.request_id = jk_cli_request_id(cli);
    JK_TRY(jk_cli_call(cli, STAGES, "ResolveDispute", &request.base, &dispute));
    return show(cli, dispute);
}

enum jk_status jk_run_dispute_list(struct jk_cli *cli)
{
    static const struct jk_column columns[] = {{"index", true},  {"model", false},   {"about", false}, {"by", false},
                                               {"stage", false}, {"outcome", false}, {"opened", false}};
    Jokbo__V1__ListDisputesRequest request = JOKBO__V1__LIST_DISPUTES_REQUEST__INIT;
    struct jk_pages pages = {STAGES, "ListDisputes", &request.base, "disputes", jk_pages_limit(cli)};
    struct jk_list list;
    struct jk_table table;
    request.model = jk_cli_text(cli, JK_OPTION_MODEL);
    request.open = jk_cli_has(cli, JK_OPTION_PENDING);
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__Dispute *dispute = (const Jokbo__V1__Dispute *)list.items[i];
        const char *outcome = jk_print_word(cli, &jokbo__v1__dispute_outcome__descriptor, (int)dispute->outcome);
        jk_table_cellf(&table, "%lld", (long long)dispute->log_index);
        jk_table_cell(&table, dispute->model);
        jk_table_cell(&table, jk_print_word(cli, &jokbo__v1__dispute_subject__descriptor, (int)dispute->subject));
        jk_table_cell(&table, dispute->actor);
        jk_table_cell(&table, dispute->stage);
        jk_table_cell(&table, outcome[0] ? outcome : "open");
        jk_table_cell(&table, jk_print_time(cli, dispute->create_time));
    }
    if (list.count > 0)
        jk_table_print(&table, cli->color, cli->out);
    else
        fprintf(cli->err, "No dispute.\n");
    jk_pages_note(cli, &list);
    return JK_OK;
}
