/* Stage evaluations: create, amend, list, show, close. */
#include <jokbo/v1/stage.pb-c.h>

#include "base/defer.h"
#include "cli/commands.h"
#include "cli/console/moment.h"
#include "cli/console/pages.h"
#include "cli/console/print.h"
#include "cli/console/sheet.h"
#include "cli/policy_file.h"
#include "demo/demo.h"

#define STAGES (&jokbo__v1__stages__descriptor)

/* ---- show ---- */

static const char *joined(struct jk_cli *cli, char *const *parts, size_t count)
{
    const char *text = count > 0 ? parts[0] : "";
    for (size_t i = 1; i < count && text; i++)
        text = jk_arena_printf(&cli->arena, "%s, %s", text, parts[i]);
    return text ? text : "";
}

static void print_closing(struct jk_cli *cli, const Jokbo__V1__Closing *closing)
{
    struct jk_table table;
    const char *title = jk_arena_printf(&cli->arena, "revision %d", closing->revision);
    fprintf(cli->out, "\n%s\n", jk_print_painted(cli, JK_PAINT_BOLD, title ? title : ""));
    jk_print_facts_wrapped(&table, cli);
    jk_print_fact(&table, "closed", jk_print_moment(cli, closing->create_time));
    if (closing->log_index > 0) jk_print_fact(&table, "log index", jk_print_number(cli, closing->log_index));
    jk_print_fact(&table, "registrations before", jk_print_number(cli, closing->n));
    jk_print_fact(&table, "rulings before", jk_print_number(cli, closing->m));
    jk_print_fact(&table, "table", closing->table_sha256);
    jk_print_fact(&table, "members", closing->members_sha256);
    jk_print_fact(&table, "left out", closing->left_out_sha256);
    jk_print_fact(&table, "text", closing->text);
    jk_print_table(cli, &table);
}

/* Past its cut-off and not closed: whose turn it is. */
static const char *const waits[] = {
    [JOKBO__V1__STAGE_WAIT__STAGE_WAIT_UNSPECIFIED] = NULL,
    [JOKBO__V1__STAGE_WAIT__STAGE_WAIT_WITNESSES] = "waits for witnesses",
    [JOKBO__V1__STAGE_WAIT__STAGE_WAIT_EVALUATOR] = "waits for an evaluator",
    [JOKBO__V1__STAGE_WAIT__STAGE_WAIT_TWO_EVALUATORS] = "waits for two evaluators",
};

static const char *wait_of(const Jokbo__V1__Stage *stage)
{
    return (size_t)stage->wait < sizeof waits / sizeof waits[0] ? waits[stage->wait] : NULL;
}

static const char *closed_of(struct jk_cli *cli, const Jokbo__V1__Stage *stage)
{
    const char *wait = wait_of(stage);
    if (stage->n_closings > 0 || !wait) return stage->n_closings > 0 ? "yes" : "no";
    const char *text = stage->wait == JOKBO__V1__STAGE_WAIT__STAGE_WAIT_WITNESSES
                           ? jk_arena_printf(&cli->arena, "no; %s", wait)
                           : jk_arena_printf(&cli->arena, "no; %s: jokbo stage close %s", wait, stage->id);
    return text ? text : "no";
}

/* How another evaluator makes what one proposes. */
static void print_proposal(struct jk_cli *cli, const Jokbo__V1__Stage *stage)
{
    JK_CLEANUP(jk_text_done) struct jk_text teams = {0};
    if (stage->n_proposed_teams == 0) return;
    for (size_t i = 0; i < stage->n_proposed_teams; i++)
        jk_text_addf(&teams, "%s%s", i > 0 ? "," : "", stage->proposed_teams[i]);
    fprintf(
        cli->out,
        "\nOther teams are proposed since %s; another evaluator confirms them with\n  jokbo stage put %s --teams %s\n",
        jk_print_moment(cli, stage->propose_time), jk_print_safe(cli, stage->id),
        jk_print_safe(cli, teams.bytes ? teams.bytes : ""));
}

static enum jk_status show_stage(struct jk_cli *cli, const Jokbo__V1__Stage *stage)
{
    struct jk_table table;
    if (cli->json) return jk_print_message(cli, &stage->base);
    fprintf(cli->out, "%s  %s\n", jk_print_painted(cli, JK_PAINT_BOLD, stage->id), jk_print_safe(cli, stage->title));
    jk_print_facts_wrapped(&table, cli);
    jk_print_fact(&table, "title", stage->title_ko);
    jk_print_fact(&table, "opens", jk_print_moment(cli, stage->open_time));
    jk_print_fact(&table, "cut-off", jk_print_moment(cli, stage->cutoff_time));
    jk_print_fact(&table, "disputes until",
                  stage->dispute_end_time ? jk_print_moment(cli, stage->dispute_end_time) : "no end");
    jk_print_fact(&table, "policy", stage->policy);
    jk_print_fact(&table, "policy sha256", stage->policy_sha256);
    jk_print_fact(&table, "teams", joined(cli, stage->teams, stage->n_teams));
    jk_print_fact(&table, "proposed", joined(cli, stage->proposed_teams, stage->n_proposed_teams));
    jk_print_fact(&table, "source", stage->source);
    if (stage->log_index > 0) jk_print_fact(&table, "log index", jk_print_number(cli, stage->log_index));
    jk_print_fact(&table, "closed", closed_of(cli, stage));
    jk_print_table(cli, &table);
    for (size_t i = 0; i < stage->n_closings; i++)
        print_closing(cli, stage->closings[i]);
    print_proposal(cli, stage);
    return JK_OK;
}

static enum jk_status get_stage(struct jk_cli *cli, Jokbo__V1__Stage **out_stage)
{
    Jokbo__V1__GetStageRequest request = JOKBO__V1__GET_STAGE_REQUEST__INIT;
    request.id = jk_cli_operand(cli, 0);
    return jk_cli_call(cli, STAGES, "GetStage", &request.base, out_stage);
}

enum jk_status jk_run_stage_show(struct jk_cli *cli)
{
    Jokbo__V1__Stage *stage;
    JK_TRY(get_stage(cli, &stage));
    return show_stage(cli, stage);
}

static const char *state_of(const Jokbo__V1__Stage *stage, int64_t now_us)
{
    if (stage->n_closings > 0) return "closed";
    if (wait_of(stage)) return wait_of(stage);
    if (now_us >= jk_json_time_us(stage->cutoff_time)) return "past its cut-off";
    return now_us >= jk_json_time_us(stage->open_time) ? "open" : "not open yet";
}

static enum jk_status list_csv(struct jk_cli *cli, const struct jk_list *list, int64_t now_us)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < list->count; i++) {
        json_t *row = jk_json_message(list->items[i]);
        if (row)
            json_object_set_new(row, "state", json_string(state_of((const Jokbo__V1__Stage *)list->items[i], now_us)));
        json_array_append_new(rows, row);
    }
    JK_TRY(jk_sheet_print(cli,
                          "id,title,title_ko,open_time,cutoff_time,dispute_end_time,policy,policy_sha256,teams,source,"
                          "log_index,revisions=closings.revision,state",
                          rows));
    jk_pages_note(cli, list);
    return JK_OK;
}

static void list_table(struct jk_cli *cli, const struct jk_list *list, int64_t now_us)
{
    static const struct jk_column columns[] = {{"stage", false},
                                               {"title", false, .wrap = true, .spare = 1},
                                               {"cut-off", false, .wrap = true},
                                               {"policy", false, .wrap = true},
                                               {"teams", true, .spare = 2},
                                               {"", false, .wrap = true}};
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < list->count; i++) {
        const Jokbo__V1__Stage *stage = (const Jokbo__V1__Stage *)list->items[i];
        jk_table_cell(&table, stage->id);
        jk_table_cell(&table, stage->title);
        jk_table_cell(&table, jk_print_moment(cli, stage->cutoff_time));
        jk_table_cell(&table, stage->policy);
        jk_table_cellf(&table, "%zu", stage->n_teams);
        jk_table_cell(&table, state_of(stage, now_us));
    }
    if (list->count > 0)
        jk_print_table(cli, &table);
    else
        fprintf(cli->err, "No stage.\n");
    jk_pages_note(cli, list);
}

enum jk_status jk_run_stage_list(struct jk_cli *cli)
{
    Jokbo__V1__ListStagesRequest request = JOKBO__V1__LIST_STAGES_REQUEST__INIT;
    struct jk_pages pages = {STAGES, "ListStages", &request.base, "stages", jk_pages_limit(cli)};
    struct jk_list list;
    Jokbo__V1__Clock *clock;
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    JK_TRY(jk_demo_now(cli, &clock));
    int64_t now_us = jk_json_time_us(clock->time);
    if (clock->demo) jk_print_note(cli, JK_DEMO_NOTE);
    if (clock->disagrees) jk_print_note(cli, "Clocks disagree: for now nothing can be written, and no stage closes.");
    if (cli->csv) return list_csv(cli, &list, now_us);
    list_table(cli, &list, now_us);
    return JK_OK;
}

/* ---- put ---- */

/* For an existing stage, what is not given stays; its etag detects concurrent changes. */
static enum jk_status begin_stage(struct jk_cli *cli, Jokbo__V1__Stage *out_stage)
{
    Jokbo__V1__Stage *now;
    enum jk_status status = get_stage(cli, &now);
    jokbo__v1__stage__init(out_stage);
    out_stage->id = jk_cli_operand(cli, 0);
    if (status == JK_NOT_FOUND) {
        jk_error_init(&cli->error, &cli->arena);
        return JK_OK;
    }
    JK_TRY(status);
    *out_stage = *now;
    out_stage->n_closings = 0;
    if (out_stage->policy_sha256[0]) out_stage->policy = out_stage->policy_sha256;
    return JK_OK;
}

static void put_text(const struct jk_cli *cli, enum jk_option_id id, char **field)
{
    if (jk_cli_has(cli, id)) *field = jk_cli_text(cli, id);
}

static enum jk_status put_time(struct jk_cli *cli, enum jk_option_id id, Google__Protobuf__Timestamp *room,
                               Google__Protobuf__Timestamp **field)
{
    int64_t time_us;
    if (!jk_cli_has(cli, id)) return JK_OK;
    *field = NULL;
    if (id == JK_OPTION_DISPUTES_UNTIL && strcmp(jk_cli_text(cli, id), "none") == 0) return JK_OK;
    if (!jk_moment_parse(jk_span_of(jk_cli_text(cli, id)), &time_us))
        return jk_cli_usage(cli,
                            "--%s \"%.60s\" must be a date such as 2026-08-01, or a time such as 2026-08-01T18:00 or "
                            "2026-08-01T18:00:00+09:00",
                            jk_option_table[id].name, jk_cli_text(cli, id));
    jk_json_time_set(time_us, room);
    *field = room;
    return JK_OK;
}

static enum jk_status put_teams(struct jk_cli *cli, Jokbo__V1__Stage *stage)
{
    struct jk_span rest = jk_span_of(jk_cli_text(cli, JK_OPTION_TEAMS)), team;
    if (!jk_cli_has(cli, JK_OPTION_TEAMS)) return JK_OK;
    stage->teams = jk_arena_zalloc(&cli->arena, rest.len + 1, sizeof *stage->teams);
    if (!stage->teams) return jk_out_of_memory(&cli->error);
    stage->n_teams = 0;
    for (bool more = true; more;) {
        more = jk_span_cut(&rest, ',', &team);
        team = jk_span_trim(team);
        char *copy = jk_arena_copy(&cli->arena, team.at, team.len);
        stage->teams[stage->n_teams++] = copy ? copy : (char *)"";
    }
    return JK_OK;
}

static bool same_teams(char *const *a, size_t a_count, char *const *b, size_t b_count)
{
    for (size_t i = 0; i < a_count; i++) {
        size_t k = 0;
        while (k < b_count && strcmp(a[i], b[k]) != 0)
            k++;
        if (k == b_count) return false;
    }
    return a_count == b_count;
}

/* Of teams that somebody proposed before and that neither wait any more nor became the stage's. */
static void tell_replaced(struct jk_cli *cli, const Jokbo__V1__Stage *before, const Jokbo__V1__Stage *now)
{
    char **teams = before->proposed_teams;
    size_t count = before->n_proposed_teams;
    if (count == 0 || same_teams(teams, count, now->proposed_teams, now->n_proposed_teams) ||
        same_teams(teams, count, now->teams, now->n_teams))
        return;
    fprintf(cli->out, "\nNote: the teams proposed on %s %s proposed no longer: %s.\n",
            jk_print_moment(cli, before->propose_time), jk_cli_has(cli, JK_OPTION_DRY_RUN) ? "would be" : "are",
            jk_print_safe(cli, joined(cli, teams, count)));
}

enum jk_status jk_run_stage_put(struct jk_cli *cli)
{
    Jokbo__V1__PutStageRequest request = JOKBO__V1__PUT_STAGE_REQUEST__INIT;
    Google__Protobuf__Timestamp times[3];
    Jokbo__V1__Stage stage, *reply;
    JK_TRY(begin_stage(cli, &stage));
    put_text(cli, JK_OPTION_TITLE, &stage.title);
    put_text(cli, JK_OPTION_TITLE_KO, &stage.title_ko);
    put_text(cli, JK_OPTION_SOURCE, &stage.source);
    JK_TRY(put_time(cli, JK_OPTION_OPENS, &times[0], &stage.open_time));
    JK_TRY(put_time(cli, JK_OPTION_CUT_OFF, &times[1], &stage.cutoff_time));
    JK_TRY(put_time(cli, JK_OPTION_DISPUTES_UNTIL, &times[2], &stage.dispute_end_time));
    JK_TRY(put_teams(cli, &stage));
    if (jk_cli_has(cli, JK_OPTION_POLICY))
        JK_TRY(jk_policy_asked(cli, jk_cli_text(cli, JK_OPTION_POLICY), &stage.policy));
    request.stage = &stage;
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_policy_answered(cli, jk_cli_text(cli, JK_OPTION_POLICY),
                              jk_cli_call(cli, STAGES, "PutStage", &request.base, &reply)));
    JK_TRY(show_stage(cli, reply));
    if (!cli->json) tell_replaced(cli, &stage, reply);
    return JK_OK;
}

/* ---- close ---- */

enum jk_status jk_run_stage_close(struct jk_cli *cli)
{
    Jokbo__V1__CloseStageRequest request = JOKBO__V1__CLOSE_STAGE_REQUEST__INIT;
    Jokbo__V1__Closing *closing;
    Jokbo__V1__Stage *before;
    JK_TRY(get_stage(cli, &before));
    request.stage = jk_cli_operand(cli, 0);
    request.text = jk_cli_text(cli, JK_OPTION_TEXT);
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_cli_call(cli, STAGES, "CloseStage", &request.base, &closing));
    if (cli->json) return jk_print_message(cli, &closing->base);
    fprintf(cli->out, "%s", jk_print_painted(cli, JK_PAINT_BOLD, closing->stage));
    print_closing(cli, closing);
    if (before->n_closings > 0 && !jk_cli_has(cli, JK_OPTION_TEXT))
        fprintf(cli->out, "\nIt was closed already; --text TEXT, which says why, makes a further revision.\n");
    if (closing->proposed)
        fprintf(cli->out,
                "\nNot closed yet: no quorum of the witnesses has cosigned since the cut-off, so another "
                "evaluator closes it: jokbo stage close %s\n",
                closing->stage);
    if (closing->log_index > 0) fprintf(cli->out, "\nThe report: jokbo stage report %s\n", closing->stage);
    return JK_OK;
}
