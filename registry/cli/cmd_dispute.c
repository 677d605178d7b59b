/* Disputes: open, resolve, list. */
#include "cli/adoptions.h"
#include "cli/cases.h"
#include "cli/commands.h"
#include "cli/console/print.h"
#include "cli/console/sheet.h"
#include "cli/console/words.h"

#define STAGES (&jokbo__v1__stages__descriptor)

static enum jk_status show_dispute(struct jk_cli *cli, const Jokbo__V1__Dispute *dispute)
{
    if (cli->json) return jk_print_message(cli, &dispute->base);
    jk_cases_print_dispute(cli, dispute);
    return JK_OK;
}

enum jk_status jk_run_dispute_open(struct jk_cli *cli)
{
    Jokbo__V1__OpenDisputeRequest request = JOKBO__V1__OPEN_DISPUTE_REQUEST__INIT;
    Jokbo__V1__Dispute *dispute;
    /* What it is about: with --ruling a ruling, else --about says. */
    uint64_t ruling = jk_options_count(&cli->options, JK_OPTION_RULING, 0);
    int subject = JOKBO__V1__DISPUTE_SUBJECT__DISPUTE_SUBJECT_RULING;
    if (ruling > INT64_MAX) return jk_cli_usage(cli, "--ruling must be a log index");
    request.ruling = (int64_t)ruling;
    if (jk_cli_has(cli, JK_OPTION_ABOUT))
        (void)jk_json_enum_parse(&jokbo__v1__dispute_subject__descriptor, jk_cli_text(cli, JK_OPTION_ABOUT), &subject);
    else if (!jk_cli_has(cli, JK_OPTION_RULING))
        return jk_cli_missing(cli, "subject",
                              "missing: give --about parent, standing, origin or adoption; or --ruling INDEX");
    request.subject = (Jokbo__V1__DisputeSubject)subject;
    request.against = jk_cli_text(cli, JK_OPTION_AGAINST);
    if (jk_cli_has(cli, JK_OPTION_EXTERNAL) &&
        !(request.external = jk_adoptions_external(cli, jk_cli_text(cli, JK_OPTION_EXTERNAL))))
        return cli->error.status;
    if (!jk_cli_has(cli, JK_OPTION_TEXT))
        return jk_cli_missing(cli, "text", "missing: state the case with --text TEXT");
    request.model = jk_cli_operand(cli, 0);
    request.stage = jk_cli_text(cli, JK_OPTION_STAGE);
    request.text = jk_cli_text(cli, JK_OPTION_TEXT);
    request.request_id = jk_cli_request_id(cli);
    JK_TRY(jk_cli_call(cli, STAGES, "OpenDispute", &request.base, &dispute));
    return show_dispute(cli, dispute);
}

enum jk_status jk_run_dispute_resolve(struct jk_cli *cli)
{
    Jokbo__V1__ResolveDisputeRequest request = JOKBO__V1__RESOLVE_DISPUTE_REQUEST__INIT;
    Jokbo__V1__Dispute *dispute;
    int outcome = 0;
    JK_TRY(jk_words_number(cli, 0, "INDEX", &request.dispute));
    if (!jk_cli_has(cli, JK_OPTION_OUTCOME))
        return jk_cli_missing(cli, "outcome", "missing: give --outcome upheld or --outcome dismissed");
    if (!jk_cli_has(cli, JK_OPTION_TEXT)) return jk_cli_missing(cli, "text", "missing: say why with --text TEXT");
    (void)jk_json_enum_parse(&jokbo__v1__dispute_outcome__descriptor, jk_cli_text(cli, JK_OPTION_OUTCOME), &outcome);
    request.outcome = (Jokbo__V1__DisputeOutcome)outcome;
    request.text = jk_cli_text(cli, JK_OPTION_TEXT);
    request.request_id = jk_cli_request_id(cli);
    JK_TRY(jk_cli_call(cli, STAGES, "ResolveDispute", &request.base, &dispute));
    return show_dispute(cli, dispute);
}

enum jk_status jk_run_dispute_list(struct jk_cli *cli)
{
    Jokbo__V1__ListDisputesRequest request = JOKBO__V1__LIST_DISPUTES_REQUEST__INIT;
    struct jk_pages pages = {STAGES, "ListDisputes", &request.base, "disputes", jk_pages_limit(cli)};
    struct jk_list list;
    request.model = jk_cli_text(cli, JK_OPTION_MODEL);
    request.team = jk_cli_text(cli, JK_OPTION_TEAM);
    request.open = jk_cli_has(cli, JK_OPTION_PENDING);
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    if (cli->csv)
        return jk_sheet_list(cli,
                             "log_index,subject,model,against,external,ruling,stage,actor,create_time,outcome,"
                             "resolution_index,text,resolution_text",
                             &list);
    if (list.count > 0)
        jk_cases_print_disputes(cli, (const Jokbo__V1__Dispute *const *)list.items, list.count);
    else
        fprintf(cli->err, "No dispute.\n");
    jk_pages_note(cli, &list);
    return JK_OK;
}
