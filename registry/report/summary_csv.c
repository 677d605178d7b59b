/* A report as CSV. See summary.h. */
#include "base/csv.h"
#include "report/report_inside.h"
#include "report/summary.h"

void jk_summary_csv(const struct jk_summary *summary, struct jk_text *out)
{
    struct jk_csv csv = {.out = out};

    /* the table's columns, and after the name the team */
    struct jk_text columns;
    jk_text_init(&columns, 0);
    jk_report_columns(summary->policy.rules, &columns);
    struct jk_span rest = jk_text_span(&columns), column;
    csv.out->failed |= columns.failed;
    for (size_t i = 0; rest.len > 0; i++) {
        (void)jk_span_cut(&rest, '\t', &column);
        jk_csv_cell(&csv, column);
        if (i == 1) jk_csv_cell(&csv, JK_SPAN("team"));
    }
    jk_csv_end(&csv);
    jk_text_done(&columns);

    for (size_t i = 0; i < summary->count; i++) {
        uint32_t numbers[JK_REPORT_NUMBERS];
        size_t count = jk_report_numbers(&summary->rows[i].total, summary->policy.rules, numbers);
        jk_csv_cell(&csv, jk_span_of(jk_report_scope_word(summary->rows[i].scope)));
        jk_csv_cell(&csv, jk_span_of(summary->rows[i].name));
        jk_csv_cell(&csv, jk_span_of(summary->rows[i].team));
        for (size_t n = 0; n < count; n++)
            jk_csv_number(&csv, numbers[n]);
        jk_csv_end(&csv);
    }
}

/* ---- the lists ---- */

/* "publisher/model": its publisher, then all of it. */
static void add_model_cells(struct jk_csv *csv, struct jk_span name)
{
    struct jk_span rest = name, publisher;
    (void)jk_span_cut(&rest, '/', &publisher);
    jk_csv_cell(csv, publisher);
    jk_csv_cell(csv, name);
}

void jk_summary_counted_csv(struct jk_span listing, struct jk_text *out)
{
    struct jk_csv csv = {.out = out};
    struct jk_span line, cell;
    jk_csv_header(&csv, "team,base,publisher,model,version,relation,log_index,lineage_hash");
    while (jk_span_line(&listing, &line)) {
        for (int i = 0; line.len > 0; i++) {
            (void)jk_span_cut(&line, '\t', &cell);
            if (i == 2)
                add_model_cells(&csv, cell);
            else
                jk_csv_cell(&csv, cell);
        }
        jk_csv_end(&csv);
    }
}

/* "<root> <reason>,<reason>" */
static void add_left_out_row(struct jk_csv *csv, struct jk_span release, struct jk_span root)
{
    struct jk_span hash, index, base, version = jk_span_after_last(release, '@');
    (void)jk_span_cut(&release, ' ', &hash);
    (void)jk_span_cut(&release, ' ', &index);
    (void)jk_span_cut(&root, ' ', &base);
    add_model_cells(csv, (struct jk_span){release.at, release.len - version.len - 1});
    jk_csv_cell(csv, version);
    jk_csv_cell(csv, base);
    jk_csv_cell(csv, root);
    jk_csv_cell(csv, index);
    jk_csv_cell(csv, hash);
    jk_csv_end(csv);
}

void jk_summary_left_out_csv(struct jk_span left_out, struct jk_text *out)
{
    struct jk_csv csv = {.out = out};
    struct jk_span line, release, root;
    jk_csv_header(&csv, "publisher,model,version,base,reasons,log_index,lineage_hash");
    while (jk_span_line(&left_out, &line)) {
        (void)jk_span_cut(&line, '\t', &release);
        while (line.len > 0) {
            (void)jk_span_cut(&line, '\t', &root);
            add_left_out_row(&csv, release, root);
        }
    }
}
