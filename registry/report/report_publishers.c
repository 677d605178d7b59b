/* The publishers of a report's rows, in one walk: counted derivatives are sorted by publisher; then each publisher is
 * counted in all rows at once. 8 bytes per derivative while it runs. */
#include <stdlib.h>

#include "report/report_inside.h"

struct weighing {
    struct jk_report *report;
    const struct jk_verdict *verdicts;
    size_t count;
    uint32_t *row_of_base; /* by model slot; position + 1, 0 for none */
    uint32_t *row_of_team; /* by the base's row; likewise */
    uint32_t *ends;        /* by publisher slot: where its derivatives end in `order` */
    uint32_t *order;       /* verdicts of counted derivatives: the first of each */
    uint32_t *counts;      /* by row, of the publisher that is weighed */
    uint32_t *seen;        /* by row: verdict + 1 of the last derivative counted there */
    uint32_t publishers;
};

static size_t verdicts_of(const struct weighing *weighing, size_t at)
{
    size_t end = at + 1;
    while (end < weighing->count && weighing->verdicts[end].model == weighing->verdicts[at].model)
        end++;
    return end - at;
}

static bool counts(const struct jk_verdict *verdicts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (verdicts[i].reasons == 0) return true;
    return false;
}

/* ---- one publisher in all rows ---- */

static void count_in(struct weighing *weighing, uint32_t place, uint32_t at)
{
    if (place == 0 || weighing->seen[place - 1] == at + 1) return;
    weighing->seen[place - 1] = at + 1;
    weighing->counts[place - 1]++;
}

static void count_derivative(struct weighing *weighing, uint32_t at)
{
    const struct jk_verdict *verdicts = weighing->verdicts + at;
    size_t count = verdicts_of(weighing, at);
    for (size_t i = 0; i < count; i++) {
        uint32_t base = weighing->row_of_base[verdicts[i].root];
        if (verdicts[i].reasons != 0) continue;
        count_in(weighing, base, at);
        if (base) count_in(weighing, weighing->row_of_team[base - 1], at);
        count_in(weighing, (uint32_t)weighing->report->count, at); /* all is the last */
    }
}

static bool goes_before(const struct jk_report_publisher *a, const struct jk_report_publisher *b)
{
    if (a->counted != b->counted) return a->counted > b->counted;
    return jk_span_compare(a->name, b->name) < 0;
}

/* Into the row's list, if it is among the first so far; what falls out joins the others. */
static void offer(struct jk_report_row *row, struct jk_report_publisher *list, struct jk_report_publisher publisher)
{
    size_t at = row->publisher_count;
    if (at == JK_REPORT_PUBLISHERS) {
        const struct jk_report_publisher *last = &list[at - 1];
        bool in = goes_before(&publisher, last);
        row->publishers_other += in ? last->counted : publisher.counted;
        if (!in) return;
        at--;
    } else {
        row->publisher_count++;
    }
    for (; at > 0 && goes_before(&publisher, &list[at - 1]); at--)
        list[at] = list[at - 1];
    list[at] = publisher;
}

static void weigh(struct weighing *weighing)
{
    struct jk_report *report = weighing->report;
    uint32_t at = 0;
    for (uint32_t slot = 0; slot < weighing->publishers; slot++) {
        if (at == weighing->ends[slot]) continue;
        struct jk_span name = jk_book_publisher(report->source.cut, slot)->name;
        for (; at < weighing->ends[slot]; at++)
            count_derivative(weighing, weighing->order[at]);
        for (size_t i = 0; i < report->count; i++) {
            if (weighing->counts[i] == 0) continue;
            offer(&report->rows[i], report->publishers + i * JK_REPORT_PUBLISHERS,
                  (struct jk_report_publisher){name, weighing->counts[i]});
            weighing->counts[i] = 0;
        }
    }
}

/* ---- all of it ---- */

static void place_rows(struct weighing *weighing)
{
    struct jk_report *report = weighing->report;
    uint32_t n = report->source.cut_size;
    for (size_t i = 0; i < report->count; i++) {
        if (report->rows[i].scope.type != JK_SCOPE_BASE) continue;
        uint32_t team = jk_book_base(report->source.cut, report->rows[i].scope.slot, n)->team;
        weighing->row_of_base[report->rows[i].scope.slot] = (uint32_t)i + 1;
        for (size_t k = 0; k < report->count; k++)
            if (report->rows[k].scope.type == JK_SCOPE_TEAM && report->rows[k].scope.slot == team)
                weighing->row_of_team[i] = (uint32_t)k + 1;
    }
}

static bool prepare_weighing(struct weighing *weighing)
{
    struct jk_report *report = weighing->report;
    const struct jk_book *cut = report->source.cut;
    weighing->verdicts = jk_standing_rows(report->standing, &weighing->count);
    weighing->publishers = jk_book_publishers(cut, report->source.cut_size);
    weighing->row_of_base =
        calloc((size_t)jk_book_models(cut, report->source.cut_size) + 1, sizeof *weighing->row_of_base);
    weighing->row_of_team = calloc(report->count, sizeof *weighing->row_of_team);
    weighing->ends = calloc((size_t)weighing->publishers + 1, sizeof *weighing->ends);
    weighing->order = malloc((weighing->count + 1) * sizeof *weighing->order);
    weighing->counts = calloc(report->count, sizeof *weighing->counts);
    weighing->seen = calloc(report->count, sizeof *weighing->seen);
    report->publishers = calloc(report->count * JK_REPORT_PUBLISHERS, sizeof *report->publishers);
    return weighing->row_of_base && weighing->row_of_team && weighing->ends && weighing->order && weighing->counts &&
           weighing->seen && report->publishers;
}

enum jk_status jk_report_add_publishers(struct jk_report *report, struct jk_error *error)
{
    struct weighing weighing = {.report = report};
    bool room = prepare_weighing(&weighing);
    if (room) {
        place_rows(&weighing);

        uint32_t sum = 0;
        for (size_t at = 0, count; at < weighing.count; at += count) {
            count = verdicts_of(&weighing, at);
            if (counts(weighing.verdicts + at, count)) weighing.ends[weighing.verdicts[at].publisher]++;
        }
        for (uint32_t i = 0; i < weighing.publishers; i++) {
            uint32_t own = weighing.ends[i];
            weighing.ends[i] = sum; /* begins there; moves on to the end as it is filled */
            sum += own;
        }
        for (size_t at = 0, count; at < weighing.count; at += count) {
            count = verdicts_of(&weighing, at);
            if (!counts(weighing.verdicts + at, count)) continue;
            weighing.order[weighing.ends[weighing.verdicts[at].publisher]++] = (uint32_t)at;
        }

        weigh(&weighing);
        for (size_t i = 0; i < report->count; i++)
            report->rows[i].publishers = report->publishers + i * JK_REPORT_PUBLISHERS;
    }
    free(weighing.row_of_base);
    free(weighing.row_of_team);
    free(weighing.ends);
    free(weighing.order);
    free(weighing.counts);
    free(weighing.seen);
    return room ? JK_OK : jk_out_of_memory(error);
}
