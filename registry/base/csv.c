/* See csv.h. */
#include "base/csv.h"

static bool needs_quotes(struct jk_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (memchr("\",\r\n", text.at[i], 4)) return true;
    return false;
}

static void begin_cell(struct jk_csv *csv)
{
    if (csv->within) jk_text_add_char(csv->out, ',');
    csv->within = true;
}

void jk_csv_cell(struct jk_csv *csv, struct jk_span text)
{
    bool quoted = needs_quotes(text);
    begin_cell(csv);
    if (quoted) jk_text_add_char(csv->out, '"');
    if (text.len > 0 && memchr("=+-@\t\r", text.at[0], 6) != NULL) jk_text_add_char(csv->out, '\'');
    for (struct jk_span part; quoted && text.len > 0;) {
        bool mark = jk_span_cut(&text, '"', &part);
        jk_text_add(csv->out, part);
        if (mark) jk_text_add_str(csv->out, "\"\"");
    }
    if (quoted)
        jk_text_add_char(csv->out, '"');
    else
        jk_text_add(csv->out, text);
}

void jk_csv_number(struct jk_csv *csv, int64_t number)
{
    begin_cell(csv);
    jk_text_addf(csv->out, "%lld", (long long)number);
}

void jk_csv_end(struct jk_csv *csv)
{
    jk_text_add_str(csv->out, "\r\n");
    csv->within = false;
}

void jk_csv_header(struct jk_csv *csv, const char *names)
{
    struct jk_span rest = jk_span_of(names), name;
    while (rest.len > 0) {
        (void)jk_span_cut(&rest, ',', &name);
        jk_csv_cell(csv, name);
    }
    jk_csv_end(csv);
}
