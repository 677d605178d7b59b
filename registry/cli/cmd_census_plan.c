/* `census plan`: what a run would write, before anything is written. */
#include "base/defer.h"
#include "cli/census_opened.h"
#include "cli/commands.h"
#include "cli/console/long_json.h"
#include "cli/console/print.h"
#include "cli/console/sheet.h"

#define COLUMNS    "action,id,to,identity,model,version,relation,license,parents,why,notes"
#define NOTE_SHOWN 64 /* bytes of a note in the table */

/* What there is to print, and the line of the step that is being printed. */
struct sheet {
    struct jk_census_opened *opened;
    struct jk_arena arena;
    const struct jk_census_line *line; /* NULL: its model is not there, so it declares nothing */
};

static enum jk_status read_step_line(struct sheet *sheet, const struct jk_plan_step *step)
{
    struct jk_error *error = &sheet->opened->cli->error;
    struct jk_span bytes;
    jk_arena_reset(&sheet->arena);
    struct jk_census_line *line = jk_arena_alloc(&sheet->arena, sizeof *line);
    if (!line) return jk_out_of_memory(error);
    JK_TRY(jk_census_line_at(sheet->opened, step->offset, step->length, &bytes));
    JK_TRY(jk_census_line_read(bytes, &sheet->arena, line, error));
    /* Of what is gone the line may be that of another repository, which has its name now. */
    bool own = step->to.len == 0 && step->action != JK_PLAN_ABSENT;
    sheet->line = line->state == JK_CENSUS_PRESENT && own ? line : NULL;
    return JK_OK;
}

/* What the reader of the declaration was unsure of, or ignored. */
static json_t *notes_json(const struct sheet *sheet)
{
    json_t *notes = json_array();
    for (size_t i = 0; sheet->line && i < sheet->line->note_count; i++)
        json_array_append_new(notes, json_stringn(sheet->line->notes[i].at, sheet->line->notes[i].len));
    return notes;
}

/* "publisher/model@version", or "host/id" of what is external. */
static json_t *parents_json(struct sheet *sheet, const struct jk_plan_step *step)
{
    json_t *parents = json_array();
    for (uint32_t i = 0; i < step->parent_count; i++) {
        const struct jk_plan_parent *parent = &step->parents[i];
        const char *text = jk_arena_printf(&sheet->arena, "%.*s%s%.*s", JK_SPAN_ARG(parent->name),
                                           parent->version.len > 0 ? "@" : "", JK_SPAN_ARG(parent->version));
        json_array_append_new(parents, json_string(text ? text : ""));
    }
    return parents;
}

static void set_text(json_t *object, const char *key, struct jk_span text)
{
    json_object_set_new(object, key, json_stringn(text.len > 0 ? text.at : "", text.len));
}

/* NULL, with the run's error, if the line cannot be read again, or without memory. */
static json_t *step_json(struct sheet *sheet, const struct jk_plan_step *step)
{
    if (read_step_line(sheet, step) != JK_OK) return NULL;
    json_t *object = json_pack("{s:s}", "action", jk_plan_action_text(step->action));
    if (!object) return NULL;
    set_text(object, "id", step->id);
    set_text(object, "to", step->to);
    set_text(object, "identity", step->identity);
    set_text(object, "model", step->model);
    set_text(object, "version", step->version);
    set_text(object, "relation", jk_span_of(jk_relation_text(step->relation)));
    set_text(object, "license", step->license);
    json_object_set_new(object, "parents", parents_json(sheet, step));
    json_object_set_new(object, "why", json_string(step->why));
    json_object_set_new(object, "notes", notes_json(sheet));
    return object;
}

static json_t *totals_json(const struct jk_plan *plan)
{
    json_t *totals = json_object();
    for (int i = 0; i <= JK_PLAN_LEFT; i++)
        json_object_set_new(totals, jk_plan_action_text((enum jk_plan_action)i),
                            json_integer((json_int_t)jk_plan_of(plan, (enum jk_plan_action)i)));
    return totals;
}

static enum jk_status print_plan_json(struct sheet *sheet, size_t shown)
{
    const struct jk_census_opened *opened = sheet->opened;
    struct jk_long_json out;
    json_t *head = json_pack("{s:o, s:o, s:I}", "run", jk_census_run_json(opened), "totals", totals_json(opened->plan),
                             "log_size", (json_int_t)jk_book_size(opened->book));
    JK_TRY(jk_long_json_begin(opened->cli, head, "steps", &out));
    for (size_t i = 0; i < shown; i++)
        JK_TRY(jk_long_json_item(&out, step_json(sheet, jk_plan_step(opened->plan, i))));
    return jk_long_json_end(&out);
}

static enum jk_status print_plan_csv(struct sheet *sheet, size_t shown)
{
    struct jk_cli *cli = sheet->opened->cli;
    JK_TRY(jk_sheet_begin(cli, COLUMNS));
    for (size_t i = 0; i < shown; i++) {
        json_t *row = step_json(sheet, jk_plan_step(sheet->opened->plan, i));
        if (!row && jk_error_is_set(&cli->error)) return cli->error.status;
        JK_TRY(jk_sheet_row(cli, COLUMNS, row));
    }
    return JK_OK;
}

static const char *parents_text(struct jk_cli *cli, const struct jk_plan_step *step)
{
    if (step->parent_count == 0) return "";
    const struct jk_plan_parent *first = &step->parents[0];
    const char *text = step->parent_count == 1
                           ? jk_arena_copy(&cli->arena, first->name.at, first->name.len)
                           : jk_arena_printf(&cli->arena, "%.*s +%u", JK_SPAN_ARG(first->name), step->parent_count - 1);
    return text ? text : "";
}

/* Why, and the first note; --csv and --json have them all. */
static void add_why(const struct sheet *sheet, const struct jk_plan_step *step, struct jk_table *table)
{
    size_t count = sheet->line ? sheet->line->note_count : 0;
    char note[NOTE_SHOWN], more[32] = "";
    if (count == 0) {
        jk_table_cell(table, step->why);
        return;
    }
    jk_text_shorten(sheet->line->notes[0], note, sizeof note);
    if (count > 1) (void)snprintf(more, sizeof more, " (+%zu)", count - 1);
    jk_table_cellf(table, "%s%snote: %s%s", step->why, step->why[0] ? "; " : "", note, more);
}

static enum jk_status print_steps(struct sheet *sheet, size_t shown)
{
    static const struct jk_column columns[] = {{"", false},
                                               {"repository", false, .wrap = true},
                                               {"relation", false, .spare = 2},
                                               {"made from", false, .wrap = true, .spare = 1},
                                               {"licence", false, .spare = 3},
                                               {"", false, .wrap = true}};
    struct jk_cli *cli = sheet->opened->cli;
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < shown; i++) {
        const struct jk_plan_step *step = jk_plan_step(sheet->opened->plan, i);
        JK_TRY(read_step_line(sheet, step));
        jk_table_cell(&table, jk_plan_action_text(step->action));
        if (step->to.len > 0)
            jk_table_cellf(&table, "%.*s, now %.*s", JK_SPAN_ARG(step->id), JK_SPAN_ARG(step->to));
        else
            jk_table_cellf(&table, "%.*s", JK_SPAN_ARG(step->id));
        jk_table_cell(&table, jk_relation_text(step->relation));
        jk_table_cell(&table, parents_text(cli, step));
        jk_table_cellf(&table, "%.*s", JK_SPAN_ARG(step->license));
        add_why(sheet, step, &table);
    }
    jk_print_table(cli, &table);
    return JK_OK;
}

static void print_totals(struct jk_cli *cli, const struct jk_plan *plan)
{
    static const char *const words[] = {[JK_PLAN_RENAME] = "renamed on the hub",
                                        [JK_PLAN_TRANSFER] = "renamed on the hub, to another publisher",
                                        [JK_PLAN_MOVED] = "renamed on the hub, keeping their name here",
                                        [JK_PLAN_REGISTER] = "new",
                                        [JK_PLAN_RELEASE] = "released anew",
                                        [JK_PLAN_OBSERVE] = "changed in what makes no release",
                                        [JK_PLAN_ABSENT] = "gone from the hub",
                                        [JK_PLAN_UNCHANGED] = "nothing is written of these",
                                        [JK_PLAN_BLOCKED] = "somebody else has to decide",
                                        [JK_PLAN_LEFT] = "not written, for what they say of themselves"};
    static const struct jk_column columns[] = {{"", false}, {"models", true}, {"", false, .wrap = true}};
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, 3);
    for (int i = 0; i <= JK_PLAN_LEFT; i++) {
        size_t count = jk_plan_of(plan, (enum jk_plan_action)i);
        if (count == 0) continue;
        jk_table_cell(&table, jk_plan_action_text((enum jk_plan_action)i));
        jk_table_cell(&table, jk_print_number(cli, (int64_t)count));
        jk_table_cell(&table, words[i]);
    }
    jk_print_table(cli, &table);
}

static enum jk_status print_plan(struct sheet *sheet)
{
    struct jk_census_opened *opened = sheet->opened;
    struct jk_cli *cli = opened->cli;
    size_t count = jk_plan_count(opened->plan), limit = jk_census_limit(cli), shown = limit < count ? limit : count;
    if (cli->json) return print_plan_json(sheet, shown);
    if (!cli->csv) {
        fprintf(cli->out, "%s\n\n", jk_print_safe(cli, jk_census_run_text(opened)));
        print_totals(cli, opened->plan);
        if (shown > 0) fputc('\n', cli->out);
        if (shown > 0) JK_TRY(print_steps(sheet, shown));
    } else {
        JK_TRY(print_plan_csv(sheet, shown));
    }
    if (shown < count)
        fprintf(cli->err, "%s of %s; --limit 0 shows all.\n", jk_print_number(cli, (int64_t)shown),
                jk_print_number(cli, (int64_t)count));
    return JK_OK;
}

enum jk_status jk_run_census_plan(struct jk_cli *cli)
{
    JK_CLEANUP(jk_census_close) struct jk_census_opened opened;
    JK_TRY(jk_census_open(cli, jk_cli_operand(cli, 0), &opened));
    struct sheet sheet = {.opened = &opened};
    jk_arena_init(&sheet.arena, 16u << 20);
    enum jk_status status = print_plan(&sheet);
    jk_arena_done(&sheet.arena);
    if (status != JK_OK) return status;
    const char *many = jk_census_many_absent(&opened);
    if (many) fprintf(cli->err, "Careful: %s. jokbo census apply asks for --many-absent.\n", many);
    return JK_OK;
}
