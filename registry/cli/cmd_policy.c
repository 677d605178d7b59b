/* Recorded policies, and what a policy does to the counts (policy_effect.c). */
#include <jokbo/v1/stage.pb-c.h>

#include "cli/commands.h"
#include "cli/console/local.h"
#include "cli/console/print.h"
#include "cli/console/sheet.h"
#include "cli/policy_effect.h"
#include "cli/policy_file.h"

#define STAGES         (&jokbo__v1__stages__descriptor)
#define REASON_COLUMNS 21 /* of an explanation's lines: two spaces, the word, a space */

static void print_lines(struct jk_cli *cli, struct jk_span text)
{
    for (struct jk_span line; jk_span_line(&text, &line);) {
        const char *copy = jk_arena_copy(&cli->arena, line.at, line.len);
        fprintf(cli->out, "%s\n", jk_print_safe(cli, copy ? copy : ""));
    }
}

/* Reasons stand in a column of their own, which what is said of them does not run under. */
static void print_explained(struct jk_cli *cli, struct jk_span text)
{
    for (struct jk_span line; jk_span_line(&text, &line);) {
        const char *copy = jk_arena_copy(&cli->arena, line.at, line.len);
        jk_print_folded(cli, copy ? copy : "", jk_span_starts(line, JK_SPAN("  ")) ? REASON_COLUMNS : 0);
    }
}

void jk_policy_print_explanation(struct jk_cli *cli, const char *english, const char *korean)
{
    const char *lang = jk_options_text(&cli->options, JK_OPTION_LANG);
    bool en = !lang || strcmp(lang, "ko") != 0, ko = !lang || strcmp(lang, "en") != 0;
    if (en) print_explained(cli, jk_span_of(english));
    if (en && ko) fputc('\n', cli->out);
    if (ko) print_explained(cli, jk_span_of(korean));
}

/* ---- record, list, show ---- */

static enum jk_status show_policy(struct jk_cli *cli, const Jokbo__V1__Policy *policy)
{
    struct jk_table table;
    if (cli->json) return jk_print_message(cli, &policy->base);
    const char *title = jk_arena_printf(&cli->arena, "%s@%d", policy->name, policy->version);
    fprintf(cli->out, "%s\n", jk_print_painted(cli, JK_PAINT_BOLD, title ? title : policy->name));
    jk_print_facts_init(&table, cli);
    jk_print_fact(&table, "sha256", policy->sha256);
    if (policy->log_index > 0) {
        jk_print_fact(&table, "recorded", jk_print_moment(cli, policy->create_time));
        jk_print_fact(&table, "log index", jk_print_number(cli, policy->log_index));
    }
    jk_print_table(cli, &table);
    fputc('\n', cli->out);
    jk_policy_print_explanation(cli, policy->explanation, policy->explanation_ko);
    fputc('\n', cli->out);
    print_lines(cli, jk_span_of(policy->text));
    if (policy->proposed)
        fprintf(cli->err, "It waits for a second evaluator, who records the same file: a further version takes two.\n");
    return JK_OK;
}

static enum jk_status get_policy(struct jk_cli *cli, char *name, Jokbo__V1__Policy **out_policy)
{
    Jokbo__V1__GetPolicyRequest request = JOKBO__V1__GET_POLICY_REQUEST__INIT;
    request.policy = name;
    return jk_cli_call(cli, STAGES, "GetPolicy", &request.base, out_policy);
}

/* What is recorded already, unchanged, is success: a pipeline may repeat it. */
static enum jk_status record(struct jk_cli *cli, const struct jk_policy *policy, Jokbo__V1__Policy **out_policy,
                             bool *out_again)
{
    Jokbo__V1__RecordPolicyRequest request = JOKBO__V1__RECORD_POLICY_REQUEST__INIT;
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_policy_write(policy, &text);
    request.text = text.failed ? NULL : jk_arena_copy(&cli->arena, text.bytes, text.len);
    jk_text_done(&text);
    if (!request.text) return jk_out_of_memory(&cli->error);
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    enum jk_status status = jk_cli_call(cli, STAGES, "RecordPolicy", &request.base, out_policy);
    *out_again = status == JK_ALREADY_EXISTS && cli->error.reason && strcmp(cli->error.reason, "POLICY_EXISTS") == 0;
    if (!*out_again) return status;
    char *name = jk_arena_printf(&cli->arena, "%s@%u", policy->name, policy->version);
    jk_error_init(&cli->error, &cli->arena);
    return get_policy(cli, name ? name : (char *)policy->name, out_policy);
}

enum jk_status jk_run_policy_record(struct jk_cli *cli)
{
    struct jk_policy policy;
    Jokbo__V1__Policy *reply;
    struct jk_span file;
    bool again = false;
    JK_TRY(jk_local_read(jk_cli_operand(cli, 0), JK_POLICY_FILE_MAX, &cli->arena, &file, &cli->error));
    JK_TRY(jk_policy_read(file, &policy, &cli->error));
    JK_TRY(record(cli, &policy, &reply, &again));
    if (again) fprintf(cli->err, "It is recorded already.\n");
    return show_policy(cli, reply);
}

enum jk_status jk_run_policy_show(struct jk_cli *cli)
{
    Jokbo__V1__Policy *policy;
    char *given = jk_cli_operand(cli, 0), *asked;
    JK_TRY(jk_policy_asked(cli, given, &asked));
    JK_TRY(jk_policy_answered(cli, given, get_policy(cli, asked, &policy)));
    return show_policy(cli, policy);
}

enum jk_status jk_run_policy_list(struct jk_cli *cli)
{
    static const struct jk_column columns[] = {
        {"index", true}, {"policy", false, .wrap = true}, {"recorded", false}, {"sha256", false, .spare = 1}};
    Jokbo__V1__ListPoliciesRequest request = JOKBO__V1__LIST_POLICIES_REQUEST__INIT;
    struct jk_pages pages = {STAGES, "ListPolicies", &request.base, "policies", jk_pages_limit(cli)};
    struct jk_list list;
    struct jk_table table;
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    if (cli->csv) return jk_sheet_list(cli, "log_index,name,version,create_time,sha256", &list);
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__Policy *policy = (const Jokbo__V1__Policy *)list.items[i];
        jk_table_cell(&table, jk_print_number(cli, policy->log_index));
        jk_table_cellf(&table, "%s@%d", policy->name, policy->version);
        jk_table_cell(&table, jk_print_time(cli, policy->create_time));
        jk_table_cell(&table, policy->sha256);
    }
    if (list.count > 0)
        jk_print_table(cli, &table);
    else
        fprintf(cli->err, "No policy is recorded; ready-made ones are in registry/data/policies of the source, or "
                          "share/jokbo/policies where it is installed.\n");
    jk_pages_note(cli, &list);
    return JK_OK;
}

/* ---- check, diff ---- */

/* A file where there is one of that name, else a recorded policy. */
static enum jk_status load(struct jk_cli *cli, size_t operand, struct jk_policy *out_policy)
{
    char *name = jk_cli_operand(cli, operand);
    Jokbo__V1__Policy *recorded;
    if (jk_policy_is_file(name)) return jk_policy_file_read(cli, name, out_policy);
    if (jk_cli_has(cli, JK_OPTION_OFFLINE))
        return jk_cli_usage(cli, "there is no file \"%.200s\", and --offline asks no server for a recorded policy",
                            name);
    JK_TRY(get_policy(cli, name, &recorded));
    return jk_policy_parse(jk_span_of(recorded->text), out_policy, &cli->error);
}

enum jk_status jk_run_policy_check(struct jk_cli *cli)
{
    struct jk_policy policy;
    JK_TRY(load(cli, 0, &policy));
    return jk_policy_check(cli, &policy);
}

enum jk_status jk_run_policy_diff(struct jk_cli *cli)
{
    struct jk_policy before, after;
    JK_TRY(load(cli, 0, &before));
    JK_TRY(load(cli, 1, &after));
    return jk_policy_diff(cli, &before, &after);
}
