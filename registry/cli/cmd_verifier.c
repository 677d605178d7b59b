/* Verifiers, and the challenges that they make: verifier add, end, allow and list; challenges. */
#include <jokbo/v1/evidence.pb-c.h>

#include "cli/cases.h"
#include "cli/commands.h"
#include "cli/console/print.h"
#include "cli/console/sheet.h"

#define EVIDENCE (&jokbo__v1__evidence__descriptor)

/* ---- appointing ---- */

static enum jk_status set_verifier(struct jk_cli *cli, bool end)
{
    Jokbo__V1__SetVerifierRequest request = JOKBO__V1__SET_VERIFIER_REQUEST__INIT;
    Jokbo__V1__Ruling *ruling;
    if (!jk_cli_has(cli, JK_OPTION_REASON))
        return jk_cli_missing(cli, "reason", "missing: give --reason KIND, such as letter; it is public for ever");
    request.verifier = jk_cli_operand(cli, 0);
    if (!end) request.institution = jk_cli_operand(cli, 1);
    request.end = end;
    request.reason = jk_cli_text(cli, JK_OPTION_REASON);
    request.text = jk_cli_text(cli, JK_OPTION_TEXT);
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_cli_call(cli, EVIDENCE, "SetVerifier", &request.base, &ruling));
    return jk_cases_show_ruling(cli, ruling);
}

enum jk_status jk_run_verifier_add(struct jk_cli *cli)
{
    return set_verifier(cli, false);
}

enum jk_status jk_run_verifier_end(struct jk_cli *cli)
{
    return set_verifier(cli, true);
}

enum jk_status jk_run_verifier_allow(struct jk_cli *cli)
{
    Jokbo__V1__AllowChallengeRequest request = JOKBO__V1__ALLOW_CHALLENGE_REQUEST__INIT;
    Jokbo__V1__Challenge *challenge;
    if (!jk_cli_has(cli, JK_OPTION_REASON))
        return jk_cli_missing(cli, "reason",
                              "missing: give --reason TEXT, such as \"disk failed\"; it is public for ever");
    request.verifier = jk_cli_operand(cli, 0);
    request.model = jk_cli_operand(cli, 1);
    request.reason = jk_cli_text(cli, JK_OPTION_REASON);
    request.text = jk_cli_text(cli, JK_OPTION_TEXT);
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_cli_call(cli, EVIDENCE, "AllowChallenge", &request.base, &challenge));
    if (cli->json) return jk_print_message(cli, &challenge->base);
    fprintf(cli->out, "%s%s may challenge %s@%s once more.\n", request.validate_only ? "would be: " : "",
            jk_print_safe(cli, challenge->verifier), jk_print_safe(cli, challenge->model),
            jk_print_safe(cli, challenge->version));
    return JK_OK;
}

enum jk_status jk_run_verifier_list(struct jk_cli *cli)
{
    static const struct jk_column columns[] = {{"verifier", false, .wrap = true},
                                               {"institution", false, .wrap = true},
                                               {"attestations", true},
                                               {"since", false, .spare = 1},
                                               {"entry", true, .spare = 2}};
    Jokbo__V1__ListVerifiersRequest request = JOKBO__V1__LIST_VERIFIERS_REQUEST__INIT;
    struct jk_pages pages = {EVIDENCE, "ListVerifiers", &request.base, "verifiers", jk_pages_limit(cli)};
    struct jk_list list;
    struct jk_table table;
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    if (cli->csv) return jk_sheet_list(cli, "id,institution,attestations,since_time,log_index", &list);
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__Verifier *verifier = (const Jokbo__V1__Verifier *)list.items[i];
        jk_table_cell(&table, verifier->id);
        jk_table_cell(&table, verifier->institution);
        jk_table_cell(&table, jk_print_number(cli, verifier->attestations));
        jk_table_cell(&table, jk_print_time(cli, verifier->since_time));
        jk_table_cell(&table, jk_print_number(cli, verifier->log_index));
    }
    if (list.count > 0)
        jk_print_table(cli, &table);
    else
        fprintf(cli->err, "No verifier.\n");
    jk_pages_note(cli, &list);
    return JK_OK;
}

/* ---- challenges ---- */

enum jk_status jk_run_challenges(struct jk_cli *cli)
{
    static const struct jk_column columns[] = {
        {"index", true},  {"verifier", false, .wrap = true}, {"release", false, .wrap = true},
        {"state", false}, {"differs", false, .wrap = true},  {"made", false, .spare = 1}};
    Jokbo__V1__ListChallengesRequest request = JOKBO__V1__LIST_CHALLENGES_REQUEST__INIT;
    struct jk_pages pages = {EVIDENCE, "ListChallenges", &request.base, "challenges", jk_pages_limit(cli)};
    struct jk_list list;
    struct jk_table table;
    request.model = jk_cli_operand(cli, 0);
    request.verifier = jk_cli_text(cli, JK_OPTION_VERIFIER);
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    if (cli->csv)
        return jk_sheet_list(
            cli,
            "log_index,verifier,verifier_in_effect,model,version,lineage_hash,artifact_sha256,key,state,"
            "attest_index,found_sha256,differs,sketches_sha256,create_time",
            &list);
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__Challenge *challenge = (const Jokbo__V1__Challenge *)list.items[i];
        jk_table_cell(&table, jk_print_number(cli, challenge->log_index));
        jk_table_cell(&table, challenge->verifier);
        const char *text = jk_arena_printf(&cli->arena, "%s@%s", challenge->model, challenge->version);
        jk_table_cell(&table, text ? text : challenge->model);
        jk_table_cell(&table, jk_print_word(cli, &jokbo__v1__challenge_state__descriptor, (int)challenge->state));
        jk_table_cell(&table, challenge->differs);
        jk_table_cell(&table, jk_print_time(cli, challenge->create_time));
    }
    if (list.count > 0)
        jk_print_table(cli, &table);
    else
        fprintf(cli->err, "No challenge.\n");
    jk_pages_note(cli, &list);
    return JK_OK;
}
