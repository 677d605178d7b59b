/* See sheet.h. */
#include "cli/console/sheet.h"

#include "base/csv.h"
#include "base/defer.h"
#include "cli/console/print.h"

#define NAME_ROOM 64 /* of a field's name; those of the interface are shorter */

const char *jk_sheet_mark(const struct jk_cli *cli)
{
    return jk_cli_has(cli, JK_OPTION_CSV_BOM) ? JK_CSV_BOM : "";
}

/* ---- a cell ---- */

static void collect(const json_t *value, struct jk_span path, struct jk_text *cell)
{
    char name[NAME_ROOM];
    struct jk_span field;
    if (!value) return;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            collect(json_array_get(value, i), path, cell);
        return;
    }
    if (path.len == 0) {
        if (json_is_null(value)) return;
        if (cell->len > 0) jk_text_add_char(cell, ';');
        if (json_is_string(value))
            jk_text_add(cell, (struct jk_span){json_string_value(value), json_string_length(value)});
        else if (json_is_integer(value))
            jk_text_addf(cell, "%lld", (long long)json_integer_value(value));
        else
            jk_text_add_str(cell, json_is_true(value) ? "true" : "false");
        return;
    }
    (void)jk_span_cut(&path, '.', &field);
    snprintf(name, sizeof name, "%.*s", JK_SPAN_ARG(field));
    collect(json_object_get(value, name), path, cell);
}

/* The name of the next column, and where its value lies. */
static bool next_column(struct jk_span *rest, struct jk_span *out_name, struct jk_span *out_path)
{
    struct jk_span column;
    if (rest->len == 0) return false;
    (void)jk_span_cut(rest, ',', &column);
    *out_path = column;
    if (!jk_span_cut(out_path, '=', out_name)) *out_path = *out_name;
    return true;
}

/* ---- rows ---- */

static enum jk_status put_out(struct jk_cli *cli, const struct jk_text *text)
{
    if (text->failed) return jk_out_of_memory(&cli->error);
    if (fwrite(text->bytes, 1, text->len, cli->out) == text->len) return JK_OK;
    return jk_fail(&cli->error, JK_INTERNAL, "OUTPUT", "the result could not be written");
}

enum jk_status jk_sheet_begin(struct jk_cli *cli, const char *columns)
{
    JK_CLEANUP(jk_text_done) struct jk_text out;
    struct jk_csv csv = {.out = &out};
    struct jk_span rest = jk_span_of(columns), name, path;
    jk_text_init(&out, 0);
    jk_text_add_str(&out, jk_sheet_mark(cli));
    while (next_column(&rest, &name, &path))
        jk_csv_cell(&csv, name);
    jk_csv_end(&csv);
    return put_out(cli, &out);
}

static enum jk_status write_sheet_row(struct jk_cli *cli, const char *columns, const json_t *row)
{
    JK_CLEANUP(jk_text_done) struct jk_text out;
    JK_CLEANUP(jk_text_done) struct jk_text cell;
    struct jk_csv csv = {.out = &out};
    struct jk_span rest = jk_span_of(columns), name, path;
    jk_text_init(&out, 0);
    jk_text_init(&cell, 0);
    while (next_column(&rest, &name, &path)) {
        jk_text_clear(&cell);
        collect(row, path, &cell);
        struct jk_span text = jk_text_span(&cell);
        if (cli->out_terminal) text = jk_span_of(jk_print_safe(cli, text.len > 0 ? text.at : ""));
        jk_csv_cell(&csv, text);
        csv.out->failed |= cell.failed;
    }
    jk_csv_end(&csv);
    return put_out(cli, &out);
}

enum jk_status jk_sheet_row(struct jk_cli *cli, const char *columns, json_t *row)
{
    if (!row) return jk_out_of_memory(&cli->error);
    enum jk_status status = write_sheet_row(cli, columns, row);
    json_decref(row);
    return status;
}

enum jk_status jk_sheet_print(struct jk_cli *cli, const char *columns, json_t *rows)
{
    if (!rows) return jk_out_of_memory(&cli->error);
    enum jk_status status = jk_sheet_begin(cli, columns);
    for (size_t i = 0; i < json_array_size(rows) && status == JK_OK; i++)
        status = write_sheet_row(cli, columns, json_array_get(rows, i));
    json_decref(rows);
    return status;
}

enum jk_status jk_sheet_list(struct jk_cli *cli, const char *columns, const struct jk_list *list)
{
    JK_TRY(jk_sheet_print(cli, columns, jk_pages_items_json(list)));
    jk_pages_note(cli, list);
    return JK_OK;
}
