/* A report as CSV. See summary.h. */
#include "base/csv.h"
#include "report/report_inside.h"
#include "report/summary.h"

/* The table's columns, and after the name the team. */
static void write_columns(uint32_t rules, struct jk_csv *csv)
{
    struct jk_text columns;
    jk_text_init(&columns, 0);
    jk_report_columns(rules, &columns);
    struct jk_span rest = jk_text_span(&columns), column;
    csv->out->failed |= columns.failed;
    for (size_t i = 0; rest.len > 0; i++) {
        (void)jk_span_cut(&rest, '\t', &column);
        jk_csv_cell(csv, column);
        if (i == 1) jk_csv_cell(csv, JK_SPAN("team"));
    }
    jk_csv_end(csv);
    jk_text_done(&columns);
}

static void write_csv_row(const struct jk_summary_row *row, uint32_t rules, struct jk_csv *csv)
{
    uint32_t numbers[JK_REPORT_NUMBERS];
    size_t count = jk_report_numbers(&row->total, rules, numbers);
    jk_csv_cell(csv, jk_span_of(jk_report_scope_word(row->scope)));
    jk_csv_cell(csv, jk_span_of(row->name));
    jk_csv_cell(csv, jk_span_of(row->team));
    for (size_t i = 0; i < count; i++)
        jk_csv_number(csv, numbers[i]);
    jk_csv_end(csv);
}

void jk_summary_csv(const struct jk_summary *summary, struct jk_text *out)
{
    struct jk_csv csv = {.out = out};
    write_columns(summary->policy.rules, &csv);
    for (size_t i = 0; i < summary->count; i++)
        write_csv_row(&summary->rows[i], summary->policy.rules, &csv);
}
