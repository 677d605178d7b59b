/* See table.h. */
#include "cli/console/table.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/defer.h"
#include "cli/console/table_fit.h"

#define DIM   "\033[2m"
#define PLAIN "\033[0m"

void jk_table_init(struct jk_table *table, struct jk_arena *arena, const struct jk_column *columns, size_t count)
{
    *table = (struct jk_table){.arena = arena, .columns = columns, .column_count = count};
}

const char *jk_table_safe(struct jk_arena *arena, const char *text)
{
    struct jk_span rest = jk_span_of(text ? text : "");
    char *copy = jk_arena_alloc(arena, rest.len + 1);
    size_t len = 0;
    if (!copy) return "";
    while (rest.len > 0) {
        struct jk_span before = rest;
        uint32_t code;
        if (!jk_utf8_next(&rest, &code)) {
            copy[len++] = '?';
            rest = (struct jk_span){rest.at + 1, rest.len - 1};
        } else if (code == '\n' || code == '\t') {
            copy[len++] = ' ';
        } else if (jk_utf8_is_control(code)) {
            copy[len++] = '?';
        } else {
            memcpy(copy + len, before.at, before.len - rest.len);
            len += before.len - rest.len;
        }
    }
    copy[len] = '\0';
    return copy;
}

static bool make_cell_room(struct jk_table *table)
{
    if (table->cell_count < table->room) return true;
    size_t room = table->room ? table->room * 2 : 64;
    const char **cells = jk_arena_zalloc(table->arena, room, sizeof *cells);
    if (!cells) {
        table->failed = true;
        return false;
    }
    if (table->cell_count > 0) memcpy(cells, table->cells, table->cell_count * sizeof *cells);
    table->cells = cells;
    table->room = room;
    return true;
}

void jk_table_cell(struct jk_table *table, const char *text)
{
    if (table->failed || !make_cell_room(table)) return;
    table->cells[table->cell_count++] = jk_table_safe(table->arena, text);
}

void jk_table_cellf(struct jk_table *table, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    jk_table_cell(table, text);
}

static void pad(struct jk_text *out, size_t count)
{
    while (count-- > 0)
        jk_text_add_char(out, ' ');
}

/* What is too wide stays as it is, and the gap behind it. */
static void add_table_cell(struct jk_text *out, struct jk_span text, size_t width, bool right)
{
    size_t columns = jk_utf8_columns(text), missing = width > columns ? width - columns : 0;
    if (right) pad(out, missing);
    jk_text_add(out, text);
    pad(out, (right ? 0 : missing) + JK_TABLE_GAP);
}

static void end_line(struct jk_text *out, size_t begin)
{
    while (out->len > begin && out->bytes[out->len - 1] == ' ')
        out->bytes[--out->len] = '\0';
    jk_text_add_char(out, '\n');
}

static bool has_titles(const struct jk_table *table)
{
    for (size_t c = 0; c < table->column_count; c++)
        if (table->columns[c].title[0]) return true;
    return false;
}

/* As many lines as the longest of its wrapped cells takes. */
static void write_table_row(const struct jk_table *table, const char *const *cells, const size_t *widths,
                            struct jk_text *out)
{
    struct jk_span rest[JK_TABLE_COLUMNS_MAX];
    bool more = true;
    for (size_t c = 0; c < table->column_count; c++)
        rest[c] = jk_span_of(cells[c]);
    while (more) {
        size_t begin = out->len;
        more = false;
        for (size_t c = 0; c < table->column_count; c++) {
            if (table->hidden[c]) continue;
            add_table_cell(out, jk_table_piece(&rest[c], widths[c]), widths[c], table->columns[c].right);
            more |= rest[c].len > 0;
        }
        end_line(out, begin);
    }
}

void jk_table_write(struct jk_table *table, bool color, struct jk_text *out)
{
    size_t widths[JK_TABLE_COLUMNS_MAX];
    size_t rows = table->cell_count / table->column_count;
    jk_table_fit(table, rows, widths);
    if (has_titles(table)) {
        if (color) jk_text_add_str(out, DIM);
        size_t begin = out->len;
        for (size_t c = 0; c < table->column_count; c++)
            if (!table->hidden[c])
                add_table_cell(out, jk_span_of(table->columns[c].title), widths[c], table->columns[c].right);
        end_line(out, begin);
        if (color) jk_text_add_str(out, PLAIN);
    }
    for (size_t r = 0; r < rows; r++)
        write_table_row(table, table->cells + r * table->column_count, widths, out);
}

void jk_table_print(struct jk_table *table, bool color, FILE *file)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);
    jk_table_write(table, color, &text);
    if (text.len > 0) fwrite(text.bytes, 1, text.len, file);
}

void jk_table_add_hidden(const struct jk_table *table, struct jk_text *out)
{
    JK_CLEANUP(jk_text_done) struct jk_text note;
    const char *before = "No room for ";
    jk_text_init(&note, 0);
    for (size_t c = 0; c < table->column_count; c++) {
        if (!table->hidden[c] || !table->columns[c].title[0]) continue; /* a bar goes without a word */
        jk_text_addf(&note, "%s%s", before, table->columns[c].title);
        before = ", ";
    }
    if (note.len == 0) return;
    jk_text_add_str(&note, ": a wider terminal, --csv or --json shows them.");
    jk_table_fold(jk_text_span(&note), table->width, 2, out);
}

void jk_table_bar(uint64_t value, uint64_t most, unsigned width, bool utf8, struct jk_text *out)
{
    static const char *const parts[8] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (most == 0) return;
    if (value > most) value = most;
    uint64_t eighths = (uint64_t)((double)value / (double)most * width * 8 + 0.5);
    if (value > 0 && eighths == 0) eighths = 1;
    for (uint64_t i = 0; i < eighths / 8; i++)
        jk_text_add_str(out, utf8 ? "█" : "#");
    if (utf8)
        jk_text_add_str(out, parts[eighths % 8]);
    else if (eighths % 8 >= 4 || eighths < 8)
        jk_text_add_str(out, value ? "#" : "");
}
