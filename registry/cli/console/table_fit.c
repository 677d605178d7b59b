/* See table_fit.h. */
#include "cli/console/table_fit.h"

#define WORD_MOST 24 /* a longer word may be broken rather than cost a column */

/* ---- pieces of a cell ---- */

enum place { AFTER_COMMA, AFTER_WORD, AFTER_HYPHEN, PLACES, NO_PLACE = PLACES };

/* What kind of place for a break there is before `next`. */
static enum place place_of(struct jk_span text, const char *next)
{
    if (next == text.at || next >= text.at + text.len) return NO_PLACE;
    if (next[0] == ' ') return next[-1] == ',' ? AFTER_COMMA : AFTER_WORD;
    if (next[-1] == '/') return AFTER_WORD;
    return next[-1] == '-' ? AFTER_HYPHEN : NO_PLACE;
}

/* The best of the last places of each kind, if a third of the line is filled by then; else behind a word, else as much
 * as fits. */
static const char *choose_break(const char *const last[PLACES], const char *third, const char *full)
{
    for (int place = 0; place < PLACES; place++)
        if (last[place] && last[place] >= third) return last[place];
    if (last[AFTER_WORD]) return last[AFTER_WORD];
    return last[AFTER_COMMA] ? last[AFTER_COMMA] : full;
}

struct jk_span jk_table_piece(struct jk_span *rest, size_t width)
{
    struct jk_span text = *rest, left = *rest;
    const char *last[PLACES] = {NULL}, *third = text.at, *end = text.at;
    uint32_t code;
    if (jk_utf8_columns(text) <= width) {
        rest->len = 0;
        return text;
    }
    while (jk_utf8_next(&left, &code)) {
        size_t columns = jk_utf8_columns((struct jk_span){text.at, (size_t)(left.at - text.at)});
        if (columns > width && end > text.at) break; /* one character goes, however wide */
        end = left.at;
        if (columns * 3 < width) third = end;
        enum place place = place_of(text, end);
        if (place != NO_PLACE) last[place] = end;
    }
    end = choose_break(last, third, end > text.at ? end : text.at + 1);
    *rest = (struct jk_span){end, text.len - (size_t)(end - text.at)};
    while (rest->len > 0 && rest->at[0] == ' ')
        *rest = (struct jk_span){rest->at + 1, rest->len - 1};
    return (struct jk_span){text.at, (size_t)(end - text.at)};
}

void jk_table_fold(struct jk_span text, size_t width, size_t indent, struct jk_text *out)
{
    struct jk_span label = jk_utf8_cut(text, indent);
    size_t room = width > indent ? width - indent : SIZE_MAX;
    jk_text_add(out, label);
    text = (struct jk_span){text.at + label.len, text.len - label.len};
    for (bool first = true; first || text.len > 0; first = false) {
        if (!first) jk_text_addf(out, "%*s", (int)indent, "");
        jk_text_add(out, jk_table_piece(&text, room));
        jk_text_add_char(out, '\n');
    }
}

/* ---- widths ---- */

static void widen(size_t *width, size_t least)
{
    if (*width < least) *width = least;
}

/* The longest that stands between two places for a break, hyphens left out. */
static size_t longest_word(struct jk_span text)
{
    size_t longest = 0;
    while (text.len > 0) {
        size_t len = 0;
        while (len < text.len && text.at[len] != ' ' && (len == 0 || text.at[len - 1] != '/'))
            len++;
        widen(&longest, jk_utf8_columns((struct jk_span){text.at, len}));
        while (len < text.len && text.at[len] == ' ')
            len++;
        text = (struct jk_span){text.at + len, text.len - len};
    }
    return longest < WORD_MOST ? longest : WORD_MOST;
}

static size_t total_of(const struct jk_table *table, const size_t *widths)
{
    size_t total = 0;
    for (size_t c = 0; c < table->column_count; c++)
        if (!table->hidden[c]) total += widths[c] + (total > 0 ? JK_TABLE_GAP : 0);
    return total;
}

/* The column that can be spared first; false: none. */
static bool hide_one(struct jk_table *table)
{
    size_t chosen = table->column_count;
    for (size_t c = 0; c < table->column_count; c++) {
        unsigned spare = table->hidden[c] ? 0 : table->columns[c].spare;
        if (spare > (chosen < table->column_count ? table->columns[chosen].spare : 0)) chosen = c;
    }
    if (chosen == table->column_count) return false;
    table->hidden[chosen] = true;
    return true;
}

/* Takes from the widest that can give, a column at a time. */
static void narrow(const struct jk_table *table, size_t *widths, const size_t *least)
{
    while (total_of(table, widths) > table->width) {
        size_t chosen = table->column_count;
        for (size_t c = 0; c < table->column_count; c++)
            if (!table->hidden[c] && widths[c] > least[c] &&
                (chosen == table->column_count || widths[c] > widths[chosen]))
                chosen = c;
        if (chosen == table->column_count) return;
        widths[chosen]--;
    }
}

void jk_table_fit(struct jk_table *table, size_t rows, size_t widths[JK_TABLE_COLUMNS_MAX])
{
    size_t least[JK_TABLE_COLUMNS_MAX];
    memset(table->hidden, 0, sizeof table->hidden);

    /* as wide as the widest cell, and for columns that wrap how narrow they may become */
    for (size_t c = 0; c < table->column_count; c++) {
        widths[c] = least[c] = jk_utf8_columns(jk_span_of(table->columns[c].title));
        for (size_t r = 0; r < rows; r++) {
            struct jk_span cell = jk_span_of(table->cells[r * table->column_count + c]);
            widen(&widths[c], jk_utf8_columns(cell));
            if (table->columns[c].wrap) widen(&least[c], longest_word(cell));
        }
        if (!table->columns[c].wrap) least[c] = widths[c];
    }

    if (table->width == 0) return;
    while (total_of(table, least) > table->width && hide_one(table))
        ;
    narrow(table, widths, least);

    /* a column that was made narrower is as wide as what stands on its lines */
    for (size_t c = 0; c < table->column_count; c++) {
        size_t needed = jk_utf8_columns(jk_span_of(table->columns[c].title));
        for (size_t r = 0; r < rows; r++) {
            struct jk_span rest = jk_span_of(table->cells[r * table->column_count + c]);
            while (rest.len > 0)
                widen(&needed, jk_utf8_columns(jk_table_piece(&rest, widths[c])));
        }
        if (needed < widths[c]) widths[c] = needed;
    }
}
