/* `census report`: what the hub counts below base models beside what counts here, and why they differ
 * (census/reconcile.h). */
#include <jokbo/v1/stage.pb-c.h>
#include <stdlib.h>

#include "base/defer.h"
#include "book/book_ask.h"
#include "census/record.h"
#include "census/reconcile.h"
#include "cli/census_opened.h"
#include "cli/census_report.h"
#include "cli/commands.h"
#include "cli/console/print.h"
#include "cli/policy_file.h"

#define STAGES (&jokbo__v1__stages__descriptor)

/* ---- by which rule ---- */

static enum jk_status recorded_policy(struct jk_cli *cli, const char *name, struct jk_policy *out_policy)
{
    Jokbo__V1__GetPolicyRequest request = JOKBO__V1__GET_POLICY_REQUEST__INIT;
    Jokbo__V1__Policy *policy;
    request.policy = (char *)name;
    JK_TRY(jk_cli_call(cli, STAGES, "GetPolicy", &request.base, &policy));
    return jk_policy_parse(jk_span_of(policy->text), out_policy, &cli->error);
}

/* --policy; else the recorded policy `census`; else what is registered and not yanked. */
static enum jk_status choose_policy(struct jk_cli *cli, struct jk_policy *out_policy, bool *out_named)
{
    const char *given = jk_options_text(&cli->options, JK_OPTION_POLICY);
    *out_named = true;
    if (given && jk_policy_is_file(given)) return jk_policy_file_read(cli, given, out_policy);
    enum jk_status status = recorded_policy(cli, given ? given : "census", out_policy);
    if (status != JK_NOT_FOUND || given) return status;
    jk_error_init(&cli->error, &cli->arena);
    *out_named = false;
    *out_policy =
        (struct jk_policy){.version = 1, .rules = JK_RULE_SET, .on = JK_REASON_BIT(YANKED), .relations = UINT32_MAX};
    return JK_OK;
}

/* ---- which base models ---- */

static bool covers(const struct jk_census_opened *opened, uint32_t base)
{
    uint32_t n = jk_book_size(opened->book);
    for (size_t i = 0; i < opened->run.base_count; i++)
        if (jk_book_find_model(opened->book, opened->run.bases[i], n) == base) return true;
    return false;
}

static enum jk_status choose_one(const struct jk_census_opened *opened, const char *name, uint32_t *out_base)
{
    struct jk_error *error = &opened->cli->error;
    uint32_t n = jk_book_size(opened->book);
    *out_base = jk_book_find_model(opened->book, jk_span_of(name), n);
    if (*out_base == JK_NONE || !jk_book_base(opened->book, *out_base, n))
        return jk_fail(error, JK_NOT_FOUND, "NOT_A_BASE_MODEL", "%.200s is not a base model of the registry", name);
    if (covers(opened, *out_base)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "RUN_DIFFERS", "the run in %.300s does not cover %.200s",
                   opened->folder, name);
}

/* Of a team, or all: those of the roster that the run covers. */
static enum jk_status choose_many(const struct jk_census_opened *opened, uint32_t team, uint32_t *bases, size_t *count)
{
    const struct jk_book *book = opened->book;
    uint32_t n = jk_book_size(book), model;
    size_t others = 0;
    for (uint32_t i = 0; (model = jk_book_listed(book, i, n)) != JK_NONE; i++) {
        const struct jk_base_facts *facts = jk_book_base(book, model, n);
        if (!facts || (team != JK_NONE && facts->team != team)) continue;
        if (covers(opened, model))
            bases[(*count)++] = model;
        else
            others++;
    }
    if (others > 0)
        fprintf(opened->cli->err, "Of these the run does not cover %s.\n",
                jk_print_plural(opened->cli, (int64_t)others, "base model", "base models"));
    if (*count > 0) return JK_OK;
    return jk_fail(&opened->cli->error, JK_FAILED_PRECONDITION, "RUN_DIFFERS",
                   "the run in %.300s covers none of these base models", opened->folder);
}

static enum jk_status bases_of_scope(const struct jk_census_opened *opened, const char *base, uint32_t **out_bases,
                                     size_t *out_count)
{
    struct jk_cli *cli = opened->cli;
    const char *id = jk_options_text(&cli->options, JK_OPTION_TEAM);
    uint32_t team = JK_NONE;
    *out_count = 0;
    *out_bases = jk_arena_zalloc(&cli->arena, JK_BOOK_BASES, sizeof **out_bases);
    if (!*out_bases) return jk_out_of_memory(&cli->error);
    if (base) {
        *out_count = 1;
        return choose_one(opened, base, *out_bases);
    }
    if (id) team = jk_book_find_team(opened->book, jk_span_of(id), jk_book_size(opened->book));
    if (id && team == JK_NONE)
        return jk_fail(&cli->error, JK_NOT_FOUND, "TEAM_NOT_FOUND", "there is no team %.100s", id);
    return choose_many(opened, team, *out_bases, out_count);
}

/* ---- the lines with what is planned of them ---- */

struct feeding {
    struct jk_reconcile *reconcile;
    const struct jk_plan_step **steps; /* by offset */
    size_t count, at;
    struct jk_arena line;
};

static int by_offset(const void *left, const void *right)
{
    const struct jk_plan_step *a = *(const struct jk_plan_step *const *)left,
                              *b = *(const struct jk_plan_step *const *)right;
    if (a->offset != b->offset) return a->offset < b->offset ? -1 : 1;
    return (int)a->action - (int)b->action;
}

static enum jk_planned planned_of(const struct jk_plan_step *step)
{
    switch (step->action) {
    case JK_PLAN_RENAME:
    case JK_PLAN_TRANSFER:
    case JK_PLAN_REGISTER:
    case JK_PLAN_RELEASE:
        return JK_PLANNED_WRITE;
    case JK_PLAN_BLOCKED:
        return JK_PLANNED_BLOCKED;
    case JK_PLAN_LEFT:
    case JK_PLAN_OBSERVE:
        return step->no_path ? JK_PLANNED_NO_PATH : JK_PLANNED_NOTHING;
    default:
        return JK_PLANNED_NOTHING;
    }
}

static enum jk_status feed_line(void *context, struct jk_span bytes, uint64_t offset, struct jk_error *error)
{
    struct feeding *feeding = context;
    struct jk_census_line *line = jk_arena_alloc(&feeding->line, sizeof *line);
    struct jk_reconcile_line fed = {.line = line, .why = JK_SPAN("")};
    struct jk_hub_record record;
    if (!line) return jk_out_of_memory(error);
    JK_TRY(jk_census_line_read(bytes, &feeding->line, line, error));
    fed.id = line->id;
    fed.identity = line->identity;
    fed.tags = line->tags;
    if (line->state == JK_CENSUS_PRESENT) {
        JK_TRY(jk_hub_record_read(line->record, &record, error));
        fed.id = record.id;
        fed.identity = record.identity;
        fed.tags = record.tags;
    }
    while (feeding->at < feeding->count && feeding->steps[feeding->at]->offset < offset)
        feeding->at++;
    if (feeding->at < feeding->count && feeding->steps[feeding->at]->offset == offset) {
        fed.planned = planned_of(feeding->steps[feeding->at]);
        fed.why = jk_span_of(feeding->steps[feeding->at]->why);
    }
    JK_TRY(jk_reconcile_add(feeding->reconcile, &fed, error));
    jk_arena_reset(&feeding->line);
    return JK_OK;
}

static enum jk_status feed(struct jk_census_opened *opened, struct jk_reconcile *reconcile)
{
    size_t count = jk_plan_count(opened->plan);
    struct feeding feeding = {.reconcile = reconcile, .count = count};
    feeding.steps = malloc((count + 1) * sizeof *feeding.steps);
    if (!feeding.steps) return jk_out_of_memory(&opened->cli->error);
    for (size_t i = 0; i < count; i++)
        feeding.steps[i] = jk_plan_step(opened->plan, i);
    qsort(feeding.steps, count, sizeof *feeding.steps, by_offset);
    jk_arena_init(&feeding.line, 16u << 20);
    enum jk_status status = jk_census_each(opened, "comparing", feed_line, &feeding);
    jk_arena_done(&feeding.line);
    free(feeding.steps);
    return status;
}

/* ---- the command ---- */

static enum jk_status reconcile_all(struct jk_census_opened *opened, struct jk_census_report *report)
{
    struct jk_error *error = &opened->cli->error;
    struct jk_standing_query query = {.policy = &report->policy, .n = jk_book_size(opened->book)};
    JK_TRY(jk_standing_make(opened->book, &query, &report->standing, error));
    report->reconcile = jk_reconcile_new(opened->book, report->standing, opened->run.hub);
    if (!report->reconcile) return jk_out_of_memory(error);
    JK_TRY(feed(opened, report->reconcile));
    jk_plan_free(opened->plan); /* much memory, and all that it says has been taken */
    opened->plan = NULL;
    for (size_t i = 0; i < report->base_count; i++)
        JK_TRY(jk_reconcile_base(report->reconcile, report->roots[i], &opened->run, &report->bases[i], error));
    return JK_OK;
}

static enum jk_status make_report(struct jk_census_opened *opened, const char *base, struct jk_census_report *report)
{
    report->opened = opened;
    JK_TRY(bases_of_scope(opened, base, &report->roots, &report->base_count));
    report->bases = jk_arena_zalloc(&opened->cli->arena, report->base_count, sizeof *report->bases);
    if (!report->bases) return jk_out_of_memory(&opened->cli->error);
    JK_TRY(choose_policy(opened->cli, &report->policy, &report->named));
    return reconcile_all(opened, report);
}

static enum jk_status check_scope(struct jk_cli *cli, const char *base)
{
    int scopes = (base != NULL) + jk_cli_has(cli, JK_OPTION_TEAM) + jk_cli_has(cli, JK_OPTION_ALL);
    if (scopes == 1) return JK_OK;
    return jk_cli_usage(cli, "give one of BASE, --team TEAM and --all, and then the folder of a run");
}

enum jk_status jk_run_census_report(struct jk_cli *cli)
{
    bool named = cli->options.operand_count == 2;
    const char *base = named ? jk_cli_operand(cli, 0) : NULL;
    struct jk_census_report report = {.standing = NULL};
    JK_CLEANUP(jk_census_close) struct jk_census_opened opened = {.cli = cli};
    JK_TRY(check_scope(cli, base));
    JK_TRY(jk_census_open(cli, jk_cli_operand(cli, named ? 1 : 0), &opened));
    enum jk_status status = make_report(&opened, base, &report);
    if (status == JK_OK) status = jk_census_report_print(&report);
    jk_reconcile_free(report.reconcile);
    jk_standing_free(report.standing);
    return status;
}
