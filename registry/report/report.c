/* Computing a report: one standing, and what each row takes from it. See report.h. */
#include "report/report_inside.h"

#include <stdlib.h>

#include "base/check.h"
#include "book/book_ask.h"

/* ---- who takes part ---- */

static enum jk_status breathe(void *context, struct jk_error *error)
{
    (void)error;
    jk_report_breathe(context);
    return JK_OK;
}

static enum jk_status make_standing(struct jk_report *report, struct jk_error *error)
{
    struct jk_standing_query query = {.policy = &report->stage.policy,
                                      .n = report->source.cut_size,
                                      .counted_n = report->stage.n,
                                      .pending_passes = report->stage.revision == 1,
                                      .breath = {breathe, report}};

    uint32_t *slots = malloc((report->stage.team_count + 1) * sizeof *slots);
    for (size_t i = 0; slots && i < report->stage.team_count; i++) {
        uint32_t slot = jk_book_find_team(report->source.cut, report->stage.teams[i], report->source.cut_size);
        if (slot != JK_NONE) slots[query.team_count++] = slot;
    }

    if (!slots) return jk_out_of_memory(error);
    query.teams = slots;
    enum jk_status status = jk_standing_make(report->source.cut, &query, &report->standing, error);
    free(slots);
    return status;
}

/* ---- the rows ---- */

static void add_report_row(struct jk_report *report, struct jk_scope scope, struct jk_span name, struct jk_span team)
{
    report->rows[report->count++] = (struct jk_report_row){.scope = scope, .name = name, .team = team};
}

static enum jk_status list_rows(struct jk_report *report, struct jk_error *error)
{
    const struct jk_book *cut = report->source.cut;
    uint32_t n = report->source.cut_size, teams = jk_book_teams(cut, n), listed = 0, model;
    while (jk_book_listed(cut, listed, n) != JK_NONE)
        listed++;
    report->rows = calloc((size_t)listed + teams + 1, sizeof *report->rows);
    if (!report->rows) return jk_out_of_memory(error);
    for (uint32_t i = 0; (model = jk_book_listed(cut, i, n)) != JK_NONE; i++) {
        const struct jk_base_facts *base = jk_book_base(cut, model, n);
        if (base)
            add_report_row(report, (struct jk_scope){JK_SCOPE_BASE, model}, jk_book_alias(cut, model, n)->name,
                           jk_book_team(cut, base->team)->id);
    }
    for (uint32_t team = 0; team < teams; team++) {
        struct jk_span id = jk_book_team(cut, team)->id;
        add_report_row(report, (struct jk_scope){JK_SCOPE_TEAM, team}, id, id);
    }
    add_report_row(report, (struct jk_scope){.type = JK_SCOPE_ALL}, JK_SPAN("all"), (struct jk_span){0});
    return JK_OK;
}

static enum jk_status make_rows(struct jk_report *report, struct jk_error *error)
{
    jk_report_breathe(report);
    JK_TRY(list_rows(report, error));

    struct jk_scope *scopes = calloc(report->count, sizeof *scopes);
    struct jk_policy_total *totals = calloc(report->count, sizeof *totals);
    enum jk_status status = JK_OK;
    if (scopes && totals) {
        for (size_t i = 0; i < report->count; i++)
            scopes[i] = report->rows[i].scope;
        status = jk_standing_totals(report->standing, report->source.cut, scopes, report->count, totals, error);
        for (size_t i = 0; i < report->count; i++)
            report->rows[i].total = totals[i];
    } else {
        status = jk_out_of_memory(error);
    }
    free(scopes);
    free(totals);
    JK_TRY(status);

    jk_report_breathe(report);
    JK_TRY(jk_report_add_late(report, error));
    jk_report_breathe(report);
    return jk_report_add_publishers(report, error);
}

enum jk_status jk_report_make(const struct jk_report_stage *stage, const struct jk_report_source *source,
                              struct jk_report **out_report, struct jk_error *error)
{
    struct jk_report *report = calloc(1, sizeof *report);
    if (!report) return jk_out_of_memory(error);
    report->stage = *stage;
    report->source = *source;
    enum jk_status status = make_standing(report, error);
    if (status == JK_OK) status = make_rows(report, error);
    if (status == JK_OK)
        *out_report = report;
    else
        jk_report_free(report);
    return status;
}

void jk_report_free(struct jk_report *report)
{
    if (!report) return;
    jk_standing_free(report->standing);
    free(report->rows);
    free(report->publishers);
    free(report);
}
