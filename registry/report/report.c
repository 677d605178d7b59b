/* Computing a report: one standing, and a total for each row. See report.h. */
#include "report/report.h"

#include <stdlib.h>

#include "base/check.h"
#include "book/book_ask.h"

/* ---- who takes part ---- */

static uint32_t *team_slots(const struct jk_report_stage *stage, const struct jk_report_source *source,
                            size_t *out_count)
{
    uint32_t *slots = malloc((stage->team_count + 1) * sizeof *slots);
    *out_count = 0;
    for (size_t i = 0; slots && i < stage->team_count; i++) {
        uint32_t slot = jk_book_find_team(source->cut, stage->teams[i], source->cut_size);
        if (slot != JK_NONE) slots[(*out_count)++] = slot;
    }
    return slots;
}

static enum jk_status make_standing(struct jk_report *report, struct jk_error *error)
{
    struct jk_standing_query query = {.policy = &report->stage.policy, .n = report->source.cut_size};
    uint32_t *slots = team_slots(&report->stage, &report->source, &query.team_count);
    if (!slots) return jk_fail(error, JK_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "out of memory for a report");
    query.teams = slots;
    enum jk_status status = jk_standing_make(report->source.cut, &query, &report->standing, error);
    free(slots);
    return status;
}

/* ---- the late ones ---- */

static bool root_in_scope(const struct jk_book *book, uint32_t root, struct jk_scope scope, uint32_t n)
{
    if (scope.type == JK_SCOPE_ALL) return true;
    if (scope.type == JK_SCOPE_BASE) return root == scope.slot;
    const struct jk_base_facts *base = jk_book_base(book, root, n);
    return base && base->team == scope.slot;
}

/* The same scope in the full book: slots of two books differ. False where it has none of that name. */
static bool scope_in_full(const struct jk_report *report, const struct jk_report_row *row, struct jk_scope *out_scope)
{
    uint32_t m = report->stage.m;
    *out_scope = row->scope;
    if (row->scope.type == JK_SCOPE_BASE)
        out_scope->slot =
            jk_book_find_model_index(report->source.full, jk_book_model(report->source.cut, row->scope.slot)->index, m);
    if (row->scope.type == JK_SCOPE_TEAM) out_scope->slot = jk_book_find_team(report->source.full, row->name, m);
    return out_scope->slot != JK_NONE;
}

static bool is_late_in(const struct jk_book *book, uint32_t model, struct jk_scope scope, uint32_t m)
{
    const struct jk_spell *spell = NULL;
    while ((spell = jk_book_spell(book, model, m, spell)) != NULL)
        if (root_in_scope(book, spell->root, scope, m)) return true;
    return false;
}

static void count_late(struct jk_report *report, struct jk_report_row *row)
{
    const struct jk_book *full = report->source.full;
    uint32_t m = report->stage.m, late = 0;
    struct jk_scope scope;
    if (!scope_in_full(report, row, &scope)) return;
    for (uint32_t model = jk_book_models(full, report->stage.n); model < jk_book_models(full, m); model++)
        late += is_late_in(full, model, scope, m);
    row->total.left_out[JK_REASON_LATE] += late;
    row->total.plain.registered += late;
}

/* ---- the rows ---- */

static enum jk_status add_row(struct jk_report *report, struct jk_scope scope, struct jk_span name,
                              struct jk_error *error)
{
    struct jk_report_row *row = &report->rows[report->count++];
    *row = (struct jk_report_row){.scope = scope, .name = name};
    JK_TRY(jk_standing_total(report->standing, report->source.cut, scope, &row->total, error));
    count_late(report, row);
    return JK_OK;
}

static enum jk_status make_rows(struct jk_report *report, struct jk_error *error)
{
    const struct jk_book *cut = report->source.cut;
    uint32_t n = report->source.cut_size, teams = jk_book_teams(cut, n), model;
    report->rows = calloc((size_t)JK_BOOK_BASES + teams + 1, sizeof *report->rows);
    if (!report->rows) return jk_fail(error, JK_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "out of memory for a report");
    for (uint32_t i = 0; (model = jk_book_listed(cut, i, n)) != JK_NONE; i++)
        if (jk_book_base(cut, model, n))
            JK_TRY(add_row(report, (struct jk_scope){JK_SCOPE_BASE, model}, jk_book_alias(cut, model, n)->name, error));
    for (uint32_t team = 0; team < teams; team++)
        JK_TRY(add_row(report, (struct jk_scope){JK_SCOPE_TEAM, team}, jk_book_team(cut, team)->id, error));
    return add_row(report, (struct jk_scope){.type = JK_SCOPE_ALL}, JK_SPAN("all"), error);
}

enum jk_status jk_report_make(const struct jk_report_stage *stage, const struct jk_report_source *source,
                              struct jk_report **out_report, struct jk_error *error)
{
    struct jk_report *report = calloc(1, sizeof *report);
    if (!report) return jk_fail(error, JK_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "out of memory for a report");
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
    free(report);
}

const struct jk_report_row *jk_report_all(const struct jk_report *report)
{
    JK_CHECK(report->count > 0);
    return &report->rows[report->count - 1];
}
