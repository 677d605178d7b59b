/* See census_report.h. */
#include "cli/census_report.h"

#include "base/defer.h"
#include "census/intern.h"
#include "cli/console/long_json.h"
#include "cli/console/print.h"
#include "cli/console/sheet.h"

#define COLUMNS "base,id,model,hub,here,difference,reasons,why"

static struct jk_span model_text(const struct jk_census_report *report, uint32_t model)
{
    const struct jk_book *book = report->opened->book;
    return model == JK_NONE ? JK_SPAN("") : jk_book_alias(book, model, jk_book_size(book))->name;
}

static struct jk_span shown_id(const struct jk_census_report *report, const struct jk_reconcile_row *row)
{
    return row->id.len > 0 ? row->id : model_text(report, row->model);
}

static const char *why_text(const struct jk_census_report *report, const struct jk_reconcile_row *row)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    struct jk_cli *cli = report->opened->cli;
    jk_text_init(&text, 0);
    if (jk_reconcile_explain(report->reconcile, row, &report->policy, &text, &cli->error) != JK_OK) return NULL;
    const char *copy = jk_arena_copy(&cli->arena, text.len > 0 ? text.bytes : "", text.len);
    if (!copy) (void)jk_out_of_memory(&cli->error);
    return copy;
}

static void note_rows(struct jk_cli *cli, size_t shown, size_t count)
{
    if (shown < count)
        fprintf(cli->err, "%s of %s; --limit 0 shows all.\n", jk_print_number(cli, (int64_t)shown),
                jk_print_number(cli, (int64_t)count));
}

/* ---- CSV and JSON ---- */

static json_t *reasons_json(jk_reasons reasons)
{
    json_t *list = json_array();
    for (; reasons; reasons &= reasons - 1)
        json_array_append_new(list, json_string(jk_reason_word(jk_reasons_first(reasons))));
    return list;
}

/* NULL: the failure is the run's. */
static json_t *row_json(const struct jk_census_report *report, const struct jk_reconcile_row *row)
{
    struct jk_span base = model_text(report, row->root), model = model_text(report, row->model);
    const char *why = why_text(report, row);
    if (!why) return NULL;
    return json_pack("{s:s%, s:s%, s:s%, s:s, s:s, s:s, s:o, s:s}", "base", base.at, base.len, "id",
                     row->id.len > 0 ? row->id.at : "", row->id.len, "model", model.at, model.len, "hub",
                     jk_place_word(row->hub), "here", jk_place_word(row->here), "difference",
                     jk_difference_word(row->difference), "reasons", reasons_json(row->reasons), "why", why);
}

/* Every model, so that the sums can be made from it. */
static enum jk_status print_report_csv(const struct jk_census_report *report)
{
    struct jk_cli *cli = report->opened->cli;
    size_t count, limit = jk_census_limit(cli);
    const struct jk_reconcile_row *rows = jk_reconcile_rows(report->reconcile, &count);
    JK_TRY(jk_sheet_begin(cli, COLUMNS));
    for (size_t i = 0; i < count && i < limit; i++) {
        json_t *row = row_json(report, &rows[i]);
        if (!row && jk_error_is_set(&cli->error)) return cli->error.status;
        JK_TRY(jk_sheet_row(cli, COLUMNS, row));
    }
    note_rows(cli, count < limit ? count : limit, count);
    return JK_OK;
}

static json_t *places_json(const uint32_t counts[JK_PLACE_COUNT])
{
    json_t *places = json_object();
    for (int i = JK_PLACE_FINETUNE; i < JK_PLACE_COUNT; i++)
        json_object_set_new(places, jk_place_word((enum jk_place)i), json_integer((json_int_t)counts[i]));
    return places;
}

static json_t *base_report_json(const struct jk_census_report *report, const struct jk_reconcile_base *base)
{
    struct jk_span name = model_text(report, base->root);
    json_t *differences = json_object();
    for (int i = 0; i < JK_DIFFERENCE_COUNT; i++)
        if (base->models[i] > 0)
            json_object_set_new(
                differences, jk_difference_word((enum jk_difference)i),
                json_pack("{s:I, s:I}", "models", (json_int_t)base->models[i], "effect", (json_int_t)base->effects[i]));
    return json_pack("{s:s%, s:o, s:o, s:o, s:o}", "base", name.at, name.len, "hub_counts",
                     base->said ? json_integer((json_int_t)base->children) : json_null(), "hub", places_json(base->hub),
                     "here", places_json(base->here), "differences", differences);
}

static json_t *rule_json(const struct jk_census_report *report)
{
    char hex[JK_DIGEST_HEX + 1];
    if (!report->named) return json_null();
    struct jk_digest digest = jk_policy_digest(&report->policy);
    jk_digest_hex(&digest, hex);
    return json_pack("{s:s, s:I, s:s}", "name", report->policy.name, "version", (json_int_t)report->policy.version,
                     "sha256", hex);
}

static enum jk_status print_report_json(const struct jk_census_report *report)
{
    struct jk_cli *cli = report->opened->cli;
    size_t count, limit = jk_census_limit(cli), shown = 0;
    const struct jk_reconcile_row *rows = jk_reconcile_rows(report->reconcile, &count);
    struct jk_long_json out;
    json_t *bases = json_array();
    for (size_t i = 0; i < report->base_count; i++)
        json_array_append_new(bases, base_report_json(report, &report->bases[i]));
    json_t *head =
        json_pack("{s:o, s:o, s:I, s:o}", "run", jk_census_run_json(report->opened), "policy", rule_json(report),
                  "log_size", (json_int_t)jk_standing_size(report->standing), "bases", bases);
    JK_TRY(jk_long_json_begin(cli, head, "models", &out));
    for (size_t i = 0; i < count && shown < limit; i++) {
        if (rows[i].difference == JK_DIFFERENCE_SAME) continue;
        JK_TRY(jk_long_json_item(&out, row_json(report, &rows[i])));
        shown++;
    }
    return jk_long_json_end(&out);
}

/* ---- for people ---- */

static uint32_t sum_of(const uint32_t counts[JK_PLACE_COUNT], int until)
{
    uint32_t sum = 0;
    for (int i = JK_PLACE_FINETUNE; i < until; i++)
        sum += counts[i];
    return sum;
}

static void add_count_row(struct jk_cli *cli, struct jk_table *table, struct jk_span base, const char *place,
                          const char *said, uint32_t hub, uint32_t here)
{
    jk_table_cellf(table, "%.*s", JK_SPAN_ARG(base));
    jk_table_cell(table, place);
    jk_table_cell(table, said);
    jk_table_cell(table, jk_print_number(cli, hub));
    jk_table_cell(table, jk_print_number(cli, here));
}

static void print_counts(const struct jk_census_report *report)
{
    static const struct jk_column columns[] = {{"base model", false, .wrap = true},
                                               {"", false},
                                               {"the hub says", true, .spare = 1},
                                               {"the hub lists", true},
                                               {"here", true}};
    struct jk_cli *cli = report->opened->cli;
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < report->base_count; i++) {
        const struct jk_reconcile_base *base = &report->bases[i];
        const char *said = base->said ? jk_print_number(cli, (int64_t)base->children) : "";
        add_count_row(cli, &table, model_text(report, base->root), "all", "", sum_of(base->hub, JK_PLACE_COUNT),
                      sum_of(base->here, JK_PLACE_COUNT));
        add_count_row(cli, &table, JK_SPAN(""), "direct", said, sum_of(base->hub, JK_PLACE_DEEPER),
                      sum_of(base->here, JK_PLACE_DEEPER));
        for (int k = JK_PLACE_FINETUNE; k < JK_PLACE_COUNT; k++)
            if (base->hub[k] > 0 || base->here[k] > 0)
                add_count_row(cli, &table, JK_SPAN(""), jk_place_word((enum jk_place)k), "", base->hub[k],
                              base->here[k]);
    }
    jk_print_table(cli, &table);
}

/* A model below two base models that differs alike for both is one. */
static enum jk_status count_models(const struct jk_census_report *report, uint32_t out_models[JK_DIFFERENCE_COUNT])
{
    struct jk_intern seen[JK_DIFFERENCE_COUNT];
    size_t count;
    bool failed = false;
    const struct jk_reconcile_row *rows = jk_reconcile_rows(report->reconcile, &count);
    for (int k = 0; k < JK_DIFFERENCE_COUNT; k++)
        jk_intern_init(&seen[k], false);
    for (size_t i = 0; i < count; i++)
        (void)jk_intern_add(&seen[rows[i].difference], shown_id(report, &rows[i]));
    for (int k = 0; k < JK_DIFFERENCE_COUNT; k++) {
        out_models[k] = seen[k].count;
        failed = failed || seen[k].failed;
        jk_intern_done(&seen[k]);
    }
    return failed ? jk_out_of_memory(&report->opened->cli->error) : JK_OK;
}

static enum jk_status print_differences(const struct jk_census_report *report)
{
    static const struct jk_column columns[] = {
        {"difference", false}, {"models", true}, {"here", true}, {"", false, .wrap = true}};
    struct jk_cli *cli = report->opened->cli;
    struct jk_table table;
    uint32_t models[JK_DIFFERENCE_COUNT];
    JK_TRY(count_models(report, models));
    jk_table_init(&table, &cli->arena, columns, 4);
    for (int k = JK_DIFFERENCE_SAME; k < JK_DIFFERENCE_COUNT; k++) {
        int32_t effect = 0;
        for (size_t i = 0; i < report->base_count; i++)
            effect += report->bases[i].effects[k];
        if (models[k] == 0) continue;
        jk_table_cell(&table, jk_difference_word((enum jk_difference)k));
        jk_table_cell(&table, jk_print_number(cli, models[k]));
        if (effect != 0)
            jk_table_cellf(&table, "%+d", effect);
        else
            jk_table_cell(&table, "");
        jk_table_cell(&table, jk_difference_english((enum jk_difference)k));
    }
    jk_print_table(cli, &table);
    return JK_OK;
}

static void add_difference_row(const struct jk_census_report *report, const struct jk_reconcile_row *row,
                               const char *why, struct jk_table *table)
{
    struct jk_span shown = shown_id(report, row);
    jk_table_cell(table, jk_difference_word(row->difference));
    jk_table_cellf(table, "%.*s", JK_SPAN_ARG(shown));
    jk_table_cell(table, jk_place_word(row->hub));
    jk_table_cell(table, jk_place_word(row->here));
    jk_table_cell(table, why);
    if (report->base_count > 1) jk_table_cellf(table, "%.*s", JK_SPAN_ARG(model_text(report, row->root)));
}

/* How many there would be; fills in what is shown. */
static enum jk_status list_differences(const struct jk_census_report *report, struct jk_table *table, size_t *out_count,
                                       size_t *out_shown)
{
    struct jk_cli *cli = report->opened->cli;
    size_t count, limit = jk_census_limit(cli);
    const struct jk_reconcile_row *rows = jk_reconcile_rows(report->reconcile, &count);
    *out_count = *out_shown = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].difference == JK_DIFFERENCE_SAME || ++*out_count > limit) continue;
        const char *why = why_text(report, &rows[i]);
        if (!why) return cli->error.status;
        add_difference_row(report, &rows[i], why, table);
        ++*out_shown;
    }
    return JK_OK;
}

static enum jk_status print_rows(const struct jk_census_report *report)
{
    static const struct jk_column columns[] = {
        {"difference", false}, {"model", false, .wrap = true}, {"on the hub", false},
        {"here", false},       {"", false, .wrap = true},      {"base model", false, .wrap = true, .spare = 1}};
    struct jk_cli *cli = report->opened->cli;
    struct jk_table table;
    size_t count, shown;
    jk_table_init(&table, &cli->arena, columns, report->base_count > 1 ? 6 : 5);
    JK_TRY(list_differences(report, &table, &count, &shown));
    if (shown > 0) fputc('\n', cli->out);
    if (shown > 0) jk_print_table(cli, &table);
    note_rows(cli, shown, count);
    return JK_OK;
}

enum jk_status jk_census_report_print(struct jk_census_report *report)
{
    struct jk_cli *cli = report->opened->cli;
    if (cli->json) return print_report_json(report);
    if (cli->csv) return print_report_csv(report);
    fprintf(cli->out, "%s\n", jk_print_safe(cli, jk_census_run_text(report->opened)));
    if (report->named)
        fprintf(cli->out, "Here counts what %s@%u counts, at log size %s.\n\n", report->policy.name,
                report->policy.version, jk_print_number(cli, jk_standing_size(report->standing)));
    else
        fprintf(cli->out, "Here counts what is registered and not yanked, at log size %s.\n\n",
                jk_print_number(cli, jk_standing_size(report->standing)));
    print_counts(report);
    fputc('\n', cli->out);
    JK_TRY(print_differences(report));
    return print_rows(report);
}
