/* See picture.h. */
#include "cli/picture.h"

#include <stdlib.h>

#define ROWS_MAX  400
#define CELLS_MAX 64 /* of a row on a terminal; where there are more tensors, a cell is of several */
#define LABEL_MAX 40
#define CELL      12 /* of the SVG, with its gap */
#define LABEL     300
#define TOP       64

struct row {
    const struct jk_pair **pairs;
    size_t count;
};

struct rows {
    const struct jk_pair **sorted;
    struct row *rows;
    size_t count;
};

/* By part, layer, and the order of the model. */
static int in_picture(const void *a, const void *b)
{
    const struct jk_pair *one = *(const struct jk_pair *const *)a, *two = *(const struct jk_pair *const *)b;
    int order = jk_span_compare(jk_item_part(one->one), jk_item_part(two->one));
    uint64_t layers[2] = {jk_item_layer(one->one), jk_item_layer(two->one)};
    if (order) return order;
    if (layers[0] != layers[1]) return layers[0] < layers[1] ? -1 : 1;
    return (one > two) - (one < two);
}

static bool same_row(const struct jk_pair *one, const struct jk_pair *two)
{
    return jk_span_equal(jk_item_part(one->one), jk_item_part(two->one)) &&
           jk_item_layer(one->one) == jk_item_layer(two->one);
}

static bool make_rows(const struct jk_comparison *comparison, struct rows *out)
{
    *out = (struct rows){.sorted = malloc((comparison->count + 1) * sizeof *out->sorted),
                         .rows = malloc((comparison->count + 1) * sizeof *out->rows)};
    if (!out->sorted || !out->rows) return false;
    for (size_t i = 0; i < comparison->count; i++)
        out->sorted[i] = &comparison->pairs[i];
    if (comparison->count > 1) qsort(out->sorted, comparison->count, sizeof *out->sorted, in_picture);
    for (size_t i = 0; i < comparison->count; i++) {
        if (i == 0 || !same_row(out->sorted[i - 1], out->sorted[i]))
            out->rows[out->count++] = (struct row){out->sorted + i, 0};
        out->rows[out->count - 1].count++;
    }
    return true;
}

static void free_rows(struct rows *rows)
{
    free(rows->sorted);
    free(rows->rows);
}

/* A part's name is whatever a stranger wrote: what would reorder a terminal's line is a question mark, as in tables. */
static void add_name(struct jk_span name, struct jk_text *out)
{
    uint32_t code;
    for (struct jk_span before = name; jk_utf8_next(&name, &code); before = name)
        jk_text_add(out,
                    jk_utf8_is_control(code) ? jk_span_of("?") : (struct jk_span){before.at, before.len - name.len});
}

static void add_label(const struct row *row, struct jk_text *out)
{
    struct jk_span part = jk_item_part(row->pairs[0]->one);
    uint64_t layer = jk_item_layer(row->pairs[0]->one);
    bool cut = part.len > LABEL_MAX;
    add_name(cut ? jk_utf8_cut(part, LABEL_MAX - 2) : part, out);
    if (cut) jk_text_add_str(out, "..");
    if (layer != JK_WHOLE) jk_text_addf(out, " %llu", (unsigned long long)layer);
}

/* ---- terminal ---- */

/* What a cell shows: the mean |r| of its tensors by elements; or that none of them could be compared, or had a partner.
 */
struct shade {
    enum { SHADE_MEAN, SHADE_INCOMPARABLE, SHADE_UNPAIRED } kind;
    uint32_t mean;
};

static struct shade shade_of(const struct jk_pair *const *pairs, size_t count)
{
    jk_wide sum = 0, elements = 0;
    bool paired = false;
    for (size_t i = 0; i < count; i++) {
        paired |= pairs[i]->likeness != JK_UNPAIRED;
        if (pairs[i]->likeness >= JK_INCOMPARABLE) continue;
        sum += (jk_wide)pairs[i]->similarity * pairs[i]->one->elements;
        elements += pairs[i]->one->elements;
    }
    if (elements > 0) return (struct shade){SHADE_MEAN, (uint32_t)(sum / elements)};
    return (struct shade){paired ? SHADE_INCOMPARABLE : SHADE_UNPAIRED, 0};
}

static const struct {
    uint32_t least;
    const char *block, *plain, *color;
} shades[] = {{JK_SIMILAR_NEAR, "█", "#", "32"},
              {9000, "▓", "X", "36"},
              {JK_SIMILAR_KIN, "▒", "x", "33"},
              {2500, "░", ":", "31"},
              {0, "·", ".", "31"}};

static void add_shade(struct shade shade, struct jk_picture_style style, struct jk_text *out)
{
    size_t i = 0;
    if (shade.kind != SHADE_MEAN) {
        jk_text_add_str(out, shade.kind == SHADE_INCOMPARABLE ? "?" : "-");
        return;
    }
    while (shade.mean < shades[i].least)
        i++;
    const char *mark = style.utf8 ? shades[i].block : shades[i].plain;
    if (style.color)
        jk_text_addf(out, "\033[%sm%s\033[0m", shades[i].color, mark);
    else
        jk_text_add_str(out, mark);
}

static size_t label_width(const struct rows *rows, size_t shown)
{
    size_t widest = 0;
    for (size_t i = 0; i < shown; i++) {
        struct jk_text label;
        jk_text_init(&label, 0);
        add_label(&rows->rows[i], &label);
        size_t columns = jk_utf8_columns(jk_text_span(&label));
        widest = columns > widest ? columns : widest;
        jk_text_done(&label);
    }
    return widest;
}

static void add_row(const struct row *row, size_t label, size_t cells, struct jk_picture_style style,
                    struct jk_text *out)
{
    size_t before = out->len, shown = row->count < cells ? row->count : cells;
    add_label(row, out);
    size_t columns = jk_utf8_columns((struct jk_span){out->bytes + before, out->len - before});
    jk_text_addf(out, "%*s", (int)(label - columns + 2), "");
    for (size_t c = 0; c < shown; c++) {
        size_t from = c * row->count / shown, to = (c + 1) * row->count / shown;
        add_shade(shade_of(row->pairs + from, to - from), style, out);
    }
    jk_text_add_char(out, '\n');
}

static void add_legend(struct jk_picture_style style, struct jk_text *out)
{
    static const char *const words[] = {"0.9999", "0.9", "0.5", "0.25", "0"};
    jk_text_add_str(out, "|r| from");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        jk_text_addf(out, " %s ", words[i]);
        add_shade((struct shade){SHADE_MEAN, shades[i].least}, style, out);
    }
    jk_text_add_str(out, "   ? not comparable   - not paired\n");
}

void jk_picture_text(const struct jk_comparison *comparison, struct jk_picture_style style, struct jk_text *out)
{
    struct rows rows;
    if (make_rows(comparison, &rows)) {
        size_t shown = rows.count < ROWS_MAX ? rows.count : ROWS_MAX, label = label_width(&rows, shown);
        size_t room = style.width > label + 10 ? style.width - label - 2 : 8,
               cells = room < CELLS_MAX ? room : CELLS_MAX;
        for (size_t i = 0; i < shown; i++)
            add_row(&rows.rows[i], label, cells, style, out);
        if (shown < rows.count) jk_text_addf(out, "and %zu more rows: --svg FILE has them all\n", rows.count - shown);
        add_legend(style, out);
    }
    free_rows(&rows);
}

/* ---- SVG ---- */

static void add_escaped(struct jk_text *out, struct jk_span text)
{
    uint32_t code;
    for (struct jk_span rest = text, before = text; jk_utf8_next(&rest, &code); before = rest) {
        if (code == '&' || code == '<' || code == '>' || code == '"')
            jk_text_addf(out, "&#%u;", (unsigned)code);
        else if (!jk_utf8_is_control(code) && code != 0xfffe && code != 0xffff) /* these two are no characters of XML */
            jk_text_add(out, (struct jk_span){before.at, (size_t)(rest.at - before.at)});
    }
}

/* From white over yellow and red to black-blue, in whole numbers. */
static void add_color(const struct jk_pair *pair, struct jk_text *out)
{
    static const struct {
        uint32_t at;
        int red, green, blue;
    } stops[] = {{0, 0xf4, 0xf1, 0xea},
                 {2500, 0xf6, 0xdc, 0x9a},
                 {5000, 0xf0, 0x9a, 0x4a},
                 {9000, 0x3a, 0x7f, 0xb0},
                 {10000, 0x0b, 0x3c, 0x5d}};
    size_t i = 0;
    if (pair->likeness >= JK_INCOMPARABLE) {
        jk_text_add_str(out, pair->likeness == JK_UNPAIRED ? "none" : "#c8c8c8");
        return;
    }
    while (pair->similarity > stops[i + 1].at)
        i++;
    int width = (int)(stops[i + 1].at - stops[i].at), in = (int)(pair->similarity - stops[i].at);
#define MIXED(of) (stops[i].of + (stops[i + 1].of - stops[i].of) * in / width)
    jk_text_addf(out, "#%02x%02x%02x", (unsigned)MIXED(red), (unsigned)MIXED(green), (unsigned)MIXED(blue));
}

static void add_cell(const struct jk_pair *pair, size_t column, size_t row, struct jk_text *out)
{
    jk_text_addf(out, "<rect x=\"%zu\" y=\"%zu\" width=\"%d\" height=\"%d\" fill=\"", LABEL + column * CELL,
                 TOP + row * CELL, CELL - 1, CELL - 1);
    add_color(pair, out);
    jk_text_add_str(out, pair->likeness == JK_UNPAIRED ? "\" stroke=\"#c8c8c8\"><title>" : "\"><title>");
    add_escaped(out, pair->one->name);
    jk_text_addf(out, ": %s", jk_likeness_words[pair->likeness]);
    if (pair->likeness < JK_INCOMPARABLE)
        jk_text_addf(out, ", |r| %u.%04u", pair->similarity / 10000, pair->similarity % 10000);
    if (pair->two && pair->renamed) {
        jk_text_add_str(out, ", with ");
        add_escaped(out, pair->two->name);
    }
    if (pair->two && pair->longer) {
        jk_text_add_str(out, ", whose first dimension is another: ");
        add_escaped(out, pair->two->shape);
    }
    jk_text_add_str(out, "</title></rect>\n");
}

static void add_svg_legend(struct jk_text *out)
{
    for (uint32_t i = 0; i <= 20; i++) {
        struct jk_pair pair = {.similarity = i * 500};
        jk_text_addf(out, "<rect x=\"%d\" y=\"40\" width=\"%d\" height=\"10\" fill=\"", LABEL + (int)i * CELL, CELL);
        add_color(&pair, out);
        jk_text_add_str(out, "\"/>\n");
    }
    jk_text_addf(out,
                 "<text x=\"%d\" y=\"50\" text-anchor=\"end\">|r| 0</text>\n<text x=\"%d\" y=\"50\">1; grey: not "
                 "comparable; frame: not paired</text>\n",
                 LABEL - 6, LABEL + 21 * CELL + 6);
}

void jk_picture_svg(const struct jk_comparison *comparison, const char *one, const char *two, struct jk_text *out)
{
    struct rows rows;
    size_t widest = 60;
    if (make_rows(comparison, &rows)) {
        for (size_t i = 0; i < rows.count; i++)
            widest = rows.rows[i].count > widest ? rows.rows[i].count : widest;
        jk_text_addf(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" height=\"%zu\" font-family=\"sans-serif\" "
            "font-size=\"10\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n<text x=\"8\" y=\"20\" font-size=\"13\">",
            LABEL + widest * CELL + 20, TOP + rows.count * CELL + 20);
        add_escaped(out, jk_span_of(one));
        jk_text_add_str(out, " beside ");
        add_escaped(out, jk_span_of(two));
        jk_text_add_str(out, "</text>\n");
        add_svg_legend(out);
        for (size_t i = 0; i < rows.count; i++) {
            struct jk_text label;
            jk_text_init(&label, 0);
            add_label(&rows.rows[i], &label);
            jk_text_addf(out, "<text x=\"%d\" y=\"%zu\" text-anchor=\"end\">", LABEL - 6, TOP + i * CELL + CELL - 3);
            add_escaped(out, jk_text_span(&label));
            jk_text_add_str(out, "</text>\n");
            jk_text_done(&label);
            for (size_t c = 0; c < rows.rows[i].count; c++)
                add_cell(rows.rows[i].pairs[c], c, i, out);
        }
        jk_text_add_str(out, "</svg>\n");
    }
    free_rows(&rows);
}
