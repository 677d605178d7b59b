/* A report that anyone may have written: refused with a message, or read; and what is read becomes a table and a page
 * in which nothing of it stands unescaped. Input: the JSON. */
#include "base/check.h"
#include "base/defer.h"
#include "cli/console/report_table.h"
#include "report/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX 200000

static void write_page(const struct jk_summary *summary)
{
    JK_CLEANUP(jk_text_done) struct jk_text html;
    struct jk_page page = {.summary = summary};
    struct jk_error error;
    jk_text_init(&html, 0);
    jk_error_init(&error, NULL);
    JK_CHECK(jk_summary_html(&page, &html, &error) == JK_OK);
    JK_CHECK(jk_utf8_valid(jk_text_span(&html)));
    JK_CHECK(strstr(html.bytes, "<script") == NULL && strstr(html.bytes, "</html>\n") != NULL);
}

/* As many lines as rows and one, and no cell that begins a formula. */
static void write_csv(const struct jk_summary *summary)
{
    JK_CLEANUP(jk_text_done) struct jk_text csv;
    struct jk_span rest, line;
    size_t lines = 0;
    jk_text_init(&csv, 0);
    jk_summary_csv(summary, &csv);
    for (rest = jk_text_span(&csv); jk_span_line(&rest, &line); lines++)
        JK_CHECK(line.len > 0 && strchr("=+-@", line.at[0]) == NULL);
    JK_CHECK(lines == summary->count + 1);
    JK_CHECK(strstr(csv.bytes, ",=") == NULL && strstr(csv.bytes, ",@") == NULL);
}

static void write_table(const struct jk_summary *summary)
{
    JK_CLEANUP(jk_text_done) struct jk_text table;
    JK_CLEANUP(jk_arena_done) struct jk_arena arena;
    jk_arena_init(&arena, 64 << 20);
    jk_text_init(&table, 0);
    jk_report_table(summary, summary, (struct jk_report_style){.utf8 = true}, &arena, &table);
    JK_CHECK(!table.failed && memchr(table.bytes, '\033', table.len) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_summary *summary;
    struct jk_error error;
    jk_digest_setup();
    jk_error_init(&error, NULL);
    if (size > INPUT_MAX) return 0;
    enum jk_status status = jk_summary_read((struct jk_span){(const char *)data, size}, &summary, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    JK_CHECK(status == JK_OK || jk_utf8_valid(jk_span_of(error.message)));
    if (status != JK_OK) return 0;
    write_page(summary);
    write_csv(summary);
    write_table(summary);
    jk_summary_free(summary);
    return 0;
}
