/* A report as CSV. See summary.h. */
#include "report/report_inside.h"
#include "report/summary.h"

/* A spreadsheet takes what begins so for a formula. */
static bool is_formula(const char *text)
{
    return text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
}

static void add_field(const char *text, struct jk_text *out)
{
    bool quoted = strpbrk(text, "\",\r\n") != NULL;
    if (quoted) jk_text_add_char(out, '"');
    if (is_formula(text)) jk_text_add_char(out, '\'');
    for (; *text; text++) {
        if (*text == '"') jk_text_add_char(out, '"');
        jk_text_add_char(out, *text);
    }
    if (quoted) jk_text_add_char(out, '"');
}

static void write_columns(uint32_t rules, struct jk_text *out)
{
    struct jk_text columns;
    jk_text_init(&columns, 0);
    jk_report_columns(rules, &columns);
    struct jk_span rest = jk_text_span(&columns), column;
    out->failed |= columns.failed;
    for (size_t i = 0; rest.len > 0; i++) {
        (void)jk_span_cut(&rest, '\t', &column);
        jk_text_addf(out, "%s%.*s%s", i ? "," : "", JK_SPAN_ARG(column), i == 1 ? ",team" : "");
    }
    jk_text_add_str(out, "\r\n");
    jk_text_done(&columns);
}

static void write_row(const struct jk_summary_row *row, uint32_t rules, struct jk_text *out)
{
    uint32_t numbers[JK_REPORT_NUMBERS];
    size_t count = jk_report_numbers(&row->total, rules, numbers);
    jk_text_add_str(out, jk_report_scope_word(row->scope));
    jk_text_add_char(out, ',');
    add_field(row->name, out);
    jk_text_add_char(out, ',');
    add_field(row->team ? row->team : "", out);
    for (size_t i = 0; i < count; i++)
        jk_text_addf(out, ",%u", numbers[i]);
    jk_text_add_str(out, "\r\n");
}

void jk_summary_csv(const struct jk_summary *summary, struct jk_text *out)
{
    write_columns(summary->policy.rules, out);
    for (size_t i = 0; i < summary->count; i++)
        write_row(&summary->rows[i], summary->policy.rules, out);
}
