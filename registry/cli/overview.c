/* See overview.h. All sections are laid out together, so that their columns line up. */
#include "cli/overview.h"

#include <stdlib.h>

#include "base/defer.h"
#include "cli/console/print.h"
#include "cli/console/table_fit.h"

#define GAP       2
#define BAR_LEAST 4
#define BAR_MOST  24

/* The columns of numbers, the most telling first: those at the end give way on a narrow screen. */
static const struct measure {
    const char *title;
    size_t offset;
} measures[] = {
    {"counted", offsetof(Jokbo__V1__DerivativeCount, counted)},
    {"independent", offsetof(Jokbo__V1__DerivativeCount, independent)},
    {"licence clean", offsetof(Jokbo__V1__DerivativeCount, license_clean)},
    {"direct", offsetof(Jokbo__V1__DerivativeCount, direct)},
    {"publishers", offsetof(Jokbo__V1__DerivativeCount, distinct_publishers)},
    {"transitive", offsetof(Jokbo__V1__DerivativeCount, transitive)},
    {"distinct weights", offsetof(Jokbo__V1__DerivativeCount, distinct_weights)},
    {"yanked", offsetof(Jokbo__V1__DerivativeCount, yanked)},
};
#define MEASURES (sizeof measures / sizeof measures[0])

struct layout {
    struct jk_cli *cli;
    size_t name_width, widths[MEASURES];
    size_t shown; /* measures */
    unsigned bar; /* 0: none */
};

const char *jk_overview_scope(const Jokbo__V1__DerivativeCount *count)
{
    if (!count->scope) return "";
    if (count->scope->kind_case == JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL) return count->scope->base_model;
    if (count->scope->kind_case == JOKBO__V1__COUNT_SCOPE__KIND_TEAM) return count->scope->team;
    return "all";
}

const char *jk_overview_bar(struct jk_cli *cli, int64_t value, int64_t most, unsigned width)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);
    jk_table_bar(value > 0 ? (uint64_t)value : 0, most > 0 ? (uint64_t)most : 0, width, cli->utf8, &text);
    const char *copy = jk_arena_copy(&cli->arena, text.bytes ? text.bytes : "", text.len);
    return copy ? copy : "";
}

static const char *measure_text(struct jk_cli *cli, const Jokbo__V1__DerivativeCount *count, size_t measure)
{
    return jk_print_number(cli, *(const int64_t *)((const char *)count + measures[measure].offset));
}

static void widen(size_t *width, size_t least)
{
    if (*width < least) *width = least;
}

static void measure_rows(struct layout *layout, Jokbo__V1__DerivativeCount *const *counts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        widen(&layout->name_width, strlen(jk_overview_scope(counts[i])));
        for (size_t m = 0; m < MEASURES; m++)
            widen(&layout->widths[m], strlen(measure_text(layout->cli, counts[i], m)));
    }
}

/* As many columns as fit, two at least; the bar takes what is left. */
static void fit(struct layout *layout)
{
    size_t used = layout->name_width, width = layout->cli->width_guessed ? SIZE_MAX : layout->cli->width;
    for (size_t m = 0; m < MEASURES; m++) {
        if (m >= 2 && used + GAP + layout->widths[m] > width) break;
        used += GAP + layout->widths[m];
        layout->shown = m + 1;
    }
    if (used + GAP + BAR_LEAST > width) return;
    size_t left = width - used - GAP;
    layout->bar = left < BAR_MOST ? (unsigned)left : BAR_MOST;
}

/* Titles are filled up with spaces to the width that all sections share. */
static const char *title(const struct layout *layout, const char *text, size_t width, bool right)
{
    const char *filled = jk_arena_printf(&layout->cli->arena, right ? "%*s" : "%-*s", (int)width, text);
    return filled ? filled : text;
}

static size_t make_columns(const struct layout *layout, const char *name, struct jk_column *columns)
{
    size_t count = 0;
    columns[count++] = (struct jk_column){title(layout, name, layout->name_width, false), false};
    for (size_t m = 0; m < layout->shown; m++) {
        columns[count++] = (struct jk_column){title(layout, measures[m].title, layout->widths[m], true), true};
        if (m == 0 && layout->bar) columns[count++] = (struct jk_column){title(layout, "", layout->bar, false), false};
    }
    return count;
}

static void section(const struct layout *layout, const char *name, Jokbo__V1__DerivativeCount *const *counts,
                    size_t count)
{
    struct jk_cli *cli = layout->cli;
    struct jk_column columns[JK_TABLE_COLUMNS_MAX];
    struct jk_table table;
    int64_t most = 0;
    for (size_t i = 0; i < count; i++)
        if (counts[i]->counted > most) most = counts[i]->counted;
    jk_table_init(&table, &cli->arena, columns, make_columns(layout, name, columns));
    for (size_t i = 0; i < count; i++) {
        jk_table_cell(&table, jk_overview_scope(counts[i]));
        for (size_t m = 0; m < layout->shown; m++) {
            jk_table_cell(&table, measure_text(cli, counts[i], m));
            if (m == 0 && layout->bar)
                jk_table_cell(&table, jk_overview_bar(cli, counts[i]->counted, most, layout->bar));
        }
    }
    jk_print_table(cli, &table);
}

/* Those with a derivative, the largest first, else as listed. */
static size_t choose_bases(const Jokbo__V1__ListCountsResponse *counts, Jokbo__V1__DerivativeCount **chosen)
{
    size_t count = 0;
    for (size_t i = 0; i < counts->n_bases; i++) {
        size_t at = count;
        if (counts->bases[i]->registered == 0) continue;
        for (; at > 0 && chosen[at - 1]->counted < counts->bases[i]->counted; at--)
            chosen[at] = chosen[at - 1];
        chosen[at] = counts->bases[i];
        count++;
    }
    return count;
}

static void tell_hidden(const struct layout *layout)
{
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};
    JK_CLEANUP(jk_text_done) struct jk_text lines = {0};
    if (layout->shown == MEASURES) return;
    jk_text_add_str(&note, "No room for ");
    for (size_t m = layout->shown; m < MEASURES; m++)
        jk_text_addf(&note, "%s%s", measures[m].title, m + 1 < MEASURES ? ", " : "");
    jk_text_add_str(&note, ": a wider terminal, --json, or one BASE or --team shows them.");
    jk_table_fold(jk_text_span(&note), jk_print_width(layout->cli), 2, &lines);
    fprintf(layout->cli->out, "\n%s", lines.bytes ? lines.bytes : "");
}

void jk_overview_print(struct jk_cli *cli, const Jokbo__V1__ListCountsResponse *counts)
{
    struct layout layout = {.cli = cli, .name_width = strlen("base model")};
    Jokbo__V1__DerivativeCount **bases = jk_arena_zalloc(&cli->arena, counts->n_bases + 1, sizeof(*bases));
    Jokbo__V1__DerivativeCount *all = counts->all;
    size_t shown = bases ? choose_bases(counts, bases) : 0;
    for (size_t m = 0; m < MEASURES; m++)
        layout.widths[m] = strlen(measures[m].title);
    measure_rows(&layout, bases, shown);
    measure_rows(&layout, counts->teams, counts->n_teams);
    measure_rows(&layout, &all, all ? 1 : 0);
    fit(&layout);
    if (shown > 0) section(&layout, "base model", bases, shown);
    size_t rest = counts->n_bases - shown;
    if (counts->n_bases == 0)
        fprintf(cli->out, "No base model is on the roster.\n");
    else if (shown == 0)
        fprintf(cli->out, "No base model has a derivative.\n");
    else if (rest > 0)
        fprintf(cli->out, "and %s without derivatives\n",
                jk_print_plural(cli, (int64_t)rest, "base model", "base models"));
    if (counts->n_teams > 0) fputc('\n', cli->out);
    if (counts->n_teams > 0) section(&layout, "team", counts->teams, counts->n_teams);
    if (all) fputc('\n', cli->out);
    if (all) section(&layout, "total", &all, 1);
    if (shown > 0) tell_hidden(&layout);
}
