/* See audit_finding.h. */
#include "verify/audit_finding.h"

#include "base/defer.h"
#include "cli/console/print.h"
#include "cli/console/report_table.h"
#include "reply/message.h"
#include "report/subject.h"

enum { HTML, CSV, COUNTED_CSV, LEFT_OUT_CSV };
const char *const jk_audit_view_files[JK_AUDIT_VIEWS] = {
    [HTML] = "report.html", [CSV] = "report.csv", [COUNTED_CSV] = "counted.csv", [LEFT_OUT_CSV] = "left-out.csv"};

/* ---- making ---- */

enum jk_status jk_audit_finding_make(struct jk_audit *audit, const struct jk_closing *closing,
                                     struct jk_audit_finding *out_finding, struct jk_error *error)
{
    *out_finding = (struct jk_audit_finding){.summary = NULL};
    JK_TRY(jk_audit_revision_make(audit, closing, &out_finding->revision, error));
    JK_TRY(jk_summary_read(jk_text_span(&out_finding->revision.texts.json), &out_finding->summary, error));

    /* The previous stage is recomputed as well: nothing about it is taken from the source. */
    const struct jk_closing *before = jk_report_previous(jk_audit_book(audit), closing->stage, closing->m);
    if (before) {
        JK_TRY(jk_audit_revision_make(audit, before, &out_finding->before, error));
        JK_TRY(jk_summary_read(jk_text_span(&out_finding->before.texts.json), &out_finding->previous, error));
    }

    const struct jk_report_texts *texts = &out_finding->revision.texts;
    struct jk_page page = {out_finding->summary,
                           out_finding->previous,
                           jk_text_span(&texts->members),
                           jk_text_span(&texts->left_out),
                           jk_text_span(&texts->team_names),
                           jk_text_span(&texts->listing)};
    JK_TRY(jk_summary_html(&page, &out_finding->views[HTML], error));
    jk_summary_csv(out_finding->summary, &out_finding->views[CSV]);
    jk_summary_counted_csv(page.listing, &out_finding->views[COUNTED_CSV]);
    jk_summary_left_out_csv(page.left_out, &out_finding->views[LEFT_OUT_CSV]);
    for (int i = 0; i < JK_AUDIT_VIEWS; i++)
        if (out_finding->views[i].failed) return jk_out_of_memory(error);
    return JK_OK;
}

void jk_audit_finding_done(struct jk_audit_finding *finding)
{
    if (finding->summary) jk_summary_free(finding->summary);
    if (finding->previous) jk_summary_free(finding->previous);
    jk_audit_revision_done(&finding->revision);
    jk_audit_revision_done(&finding->before);
    for (int i = 0; i < JK_AUDIT_VIEWS; i++)
        jk_text_done(&finding->views[i]);
    jk_text_done(&finding->note);
}

/* ---- for people ---- */

static const char *key_text(struct jk_cli *cli, const struct jk_verifier *key)
{
    return jk_arena_printf(&cli->arena, "%s+%08x", key->name, key->key_id);
}

static void print_row(struct jk_table *table, const char *file, struct jk_span bytes, const char *closing,
                      const char *served)
{
    struct jk_digest digest = jk_digest_of(bytes);
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&digest, hex);
    jk_table_cell(table, file);
    jk_table_cell(table, hex);
    jk_table_cell(table, closing);
    jk_table_cell(table, served);
}

static void print_files(struct jk_cli *cli, const struct jk_audit_finding *finding)
{
    static const struct jk_column columns[] = {
        {"file", false}, {"sha256 by the log", false}, {"closing entry", false}, {"served", false}};
    static const char *const words[] = {
        [JK_AUDIT_VIEW_ABSENT] = "not there", [JK_AUDIT_VIEW_SAME] = "the same", [JK_AUDIT_VIEW_OTHER] = "another"};
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (unsigned i = 0; i < JK_AUDIT_TEXTS; i++) {
        struct jk_audit_text text = jk_audit_revision_text(&finding->revision, i);
        print_row(&table, text.file, text.bytes, "the same", finding->served[i] ? "the same" : "not there");
    }
    print_row(&table, "certificate's text", jk_text_span(&finding->revision.certificate), "",
              finding->note.len > 0 ? "the same" : "not there");
    for (int i = 0; i < JK_AUDIT_VIEWS; i++)
        print_row(&table, jk_audit_view_files[i], jk_text_span(&finding->views[i]), "", words[finding->view_served[i]]);
    jk_print_table(cli, &table);
}

enum jk_status jk_audit_finding_print(struct jk_cli *cli, const struct jk_audit_finding *finding)
{
    JK_CLEANUP(jk_text_done) struct jk_text text = {0};
    struct jk_report_style style = {.color = cli->color, .utf8 = cli->utf8, .width = jk_print_width(cli)};
    jk_report_table(finding->summary, finding->previous, style, &cli->arena, &text);
    if (text.failed) return jk_out_of_memory(&cli->error);
    fprintf(cli->out, "\n%s\n", text.bytes);
    print_files(cli, finding);

    struct jk_table table;
    jk_print_facts_init(&table, cli);
    jk_print_fact(&table, "closed by", jk_arena_printf(&cli->arena, "entry %u", finding->revision.closing->from));
    if (finding->note.len > 0) jk_print_fact(&table, "certificate signed by", key_text(cli, &finding->log_key));
    if (finding->counts_key)
        jk_print_fact(&table, "and by",
                      jk_arena_printf(&cli->arena, "%s (%s)", key_text(cli, finding->counts_key),
                                      finding->counts_given ? "--counts-key" : "key from the source itself"));
    jk_print_table(cli, &table);
    return JK_OK;
}

/* ---- JSON ---- */

static json_t *files_json(const struct jk_audit_finding *finding)
{
    static const char *const words[] = {
        [JK_AUDIT_VIEW_ABSENT] = "absent", [JK_AUDIT_VIEW_SAME] = "same", [JK_AUDIT_VIEW_OTHER] = "other"};
    json_t *files = json_object();
    char hex[JK_DIGEST_HEX + 1];
    for (unsigned i = 0; i < JK_AUDIT_TEXTS; i++) {
        struct jk_audit_text text = jk_audit_revision_text(&finding->revision, i);
        jk_digest_hex(&text.made, hex);
        json_object_set_new(files, text.file,
                            json_pack("{s:s, s:s}", "sha256", hex, "served", finding->served[i] ? "same" : "absent"));
    }
    for (int i = 0; i < JK_AUDIT_VIEWS; i++) {
        struct jk_digest made = jk_digest_of(jk_text_span(&finding->views[i]));
        jk_digest_hex(&made, hex);
        json_object_set_new(files, jk_audit_view_files[i],
                            json_pack("{s:s, s:s}", "sha256", hex, "served", words[finding->view_served[i]]));
    }
    return files;
}

json_t *jk_audit_finding_json(struct jk_cli *cli, const struct jk_audit_finding *finding)
{
    const struct jk_closing *closing = finding->revision.closing;
    const struct jk_text *json = &finding->revision.texts.json;
    const struct jk_text *body = &finding->revision.certificate;
    const char *log = finding->note.len > 0 ? key_text(cli, &finding->log_key) : NULL;
    const char *counts = finding->counts_key ? key_text(cli, finding->counts_key) : NULL;

    return json_pack("{s:i, s:I, s:I, s:I, s:o, s:o, s:o}", "revision", (int)closing->revision, "log_index",
                     (json_int_t)closing->from, "n", (json_int_t)closing->n, "m", (json_int_t)closing->m, "files",
                     files_json(finding), "certificate",
                     json_pack("{s:s%, s:s, s:s?, s:s?, s:b}", "body", body->bytes, body->len, "served",
                               finding->note.len > 0 ? "same" : "absent", "log_key", log, "counts_key", counts,
                               "counts_key_given", finding->counts_given),
                     "report", json_loadb(json->bytes, json->len, 0, NULL));
}
