/* See report_table.h. */
#include "cli/console/report_table.h"

#include <stdio.h>

#include "base/clock.h"
#include "cli/console/table_fit.h"

#define BAR        30
#define BAR_NARROW 12 /* on a screen of less than WIDE */
#define WIDE       100
#define CHANGE     4  /* which column it is */
#define HEAD       10 /* columns before what the head's lines say */
#define PUBLISHERS 5  /* of those with the most */

/* ---- what it speaks of ---- */

static void add_head(const struct jk_summary *summary, const struct jk_summary *previous, struct jk_report_style style,
                     struct jk_arena *arena, struct jk_text *out)
{
    char cutoff[JK_MOMENT_TEXT], digest[JK_DIGEST_HEX + 1];
    size_t begin = out->len;
    jk_time_format_moment(summary->cutoff_us, cutoff);
    jk_digest_hex(&summary->policy_sha256, digest);
    jk_text_addf(out, "Stage %s, revision %u: %s", summary->id, summary->revision,
                 jk_table_safe(arena, summary->title));
    if (strcmp(summary->title, summary->title_ko) != 0)
        jk_text_addf(out, " / %s", jk_table_safe(arena, summary->title_ko));
    if (jk_summary_is_demo(summary)) jk_text_add_str(out, "\nThis is a demo: nothing here was really counted.");
    jk_text_addf(out, "\nCut-off   %s; %s\n", cutoff, jk_table_safe(arena, summary->source));
    jk_text_addf(out, "Policy    %s@%u, %s\n", summary->policy.name, summary->policy.version, digest);
    jk_text_addf(out, "Log       %s, registrations before entry %u, rulings and corrections before entry %u\n",
                 jk_table_safe(arena, summary->origin), summary->n, summary->m);
    jk_text_add_str(out, "Teams    ");
    for (size_t i = 0; i < summary->team_count; i++)
        jk_text_addf(out, " %s", summary->teams[i]);
    jk_text_add_str(out, "\n");
    if (previous)
        jk_text_addf(out, "Change    since %s, revision %u%s\n", previous->id, previous->revision,
                     jk_digest_equal(&summary->policy_sha256, &previous->policy_sha256) ? ""
                                                                                        : ", under another policy");

    /* the lines that were collected since `begin`, folded */
    struct jk_span rest, line;
    if (style.width == 0 || out->failed) return;
    const char *copy = jk_arena_copy(arena, out->bytes + begin, out->len - begin);
    if (!copy) return;
    rest = jk_span_of(copy);
    out->len = begin;
    while (jk_span_line(&rest, &line))
        jk_table_fold(line, style.width, HEAD, out);
}

/* ---- the lines ---- */

static void add_report_line(struct jk_table *table, const struct jk_summary_row *row, const struct jk_summary *previous,
                            struct jk_text *scratch)
{
    static const char *const scopes[] = {[JK_SCOPE_ALL] = "", [JK_SCOPE_TEAM] = "team", [JK_SCOPE_BASE] = "base"};
    const struct jk_total *plain = &row->total.plain;
    jk_table_cell(table, scopes[row->scope]);
    jk_table_cell(table, row->name);
    jk_table_cellf(table, "%u", plain->registered);
    jk_table_cellf(table, "%u", plain->counted);
    if (previous) {
        const struct jk_summary_row *before = jk_summary_find(previous, row->scope, row->name);
        if (before)
            jk_table_cellf(table, "%+lld",
                           (long long)row->total.plain.counted - (long long)before->total.plain.counted);
        else
            jk_table_cell(table, "new");
    }
    jk_table_cellf(table, "%u", plain->direct);
    jk_table_cellf(table, "%u", plain->independent);
    jk_table_cellf(table, "%u", plain->distinct_publishers);
    jk_table_cellf(table, "%u", plain->registered - plain->counted);
    /* "yanked 3, relation 12" */
    jk_text_clear(scratch);
    jk_text_add_str(scratch, "");
    for (int i = 0; i < JK_REASON_COUNT; i++)
        if (row->total.left_out[i])
            jk_text_addf(scratch, "%s%s %u", scratch->len ? ", " : "", jk_reason_word((enum jk_reason)i),
                         row->total.left_out[i]);
    jk_table_cell(table, scratch->len ? scratch->bytes : "");
}

static void add_report_lines(const struct jk_summary *summary, const struct jk_summary *previous,
                             struct jk_report_style style, struct jk_arena *arena, struct jk_text *out)
{
    static const struct jk_column compared[] = {{"", false},
                                                {"", false, .wrap = true},
                                                {"registered", true, .spare = 1}, /* counted and left out */
                                                {"counted", true},
                                                {"change", true},
                                                {"direct", true, .spare = 4},
                                                {"independent", true, .spare = 2},
                                                {"publishers", true, .spare = 3},
                                                {"left out", true},
                                                {"for the first reason", false, .wrap = true}};
    struct jk_column plain[sizeof compared / sizeof *compared - 1]; /* without the change */
    struct jk_table table;
    struct jk_text scratch;
    jk_text_init(&scratch, 0);
    memcpy(plain, compared, CHANGE * sizeof *plain);
    memcpy(plain + CHANGE, compared + CHANGE + 1, sizeof plain - CHANGE * sizeof *plain);
    if (previous)
        jk_table_init(&table, arena, compared, sizeof compared / sizeof *compared);
    else
        jk_table_init(&table, arena, plain, sizeof plain / sizeof *plain);
    for (enum jk_scope_type scope = JK_SCOPE_ALL; scope <= JK_SCOPE_BASE; scope++)
        for (size_t i = 0; i < summary->count; i++)
            if (summary->rows[i].scope == scope) add_report_line(&table, &summary->rows[i], previous, &scratch);
    table.width = style.width;
    jk_table_write(&table, style.color, out);
    jk_table_add_hidden(&table, out);
    out->failed |= scratch.failed || table.failed;
    jk_text_done(&scratch);
}

/* ---- from registered to counted ---- */

static void add_step(struct jk_table *table, const char *word, uint32_t value, uint32_t most,
                     struct jk_report_style style, const char *meaning)
{
    struct jk_text bar;
    jk_text_init(&bar, 0);
    jk_text_add_str(&bar, "");
    jk_table_bar(value, most, style.width > 0 && style.width < WIDE ? BAR_NARROW : BAR, style.utf8, &bar);
    jk_table_cell(table, word);
    jk_table_cellf(table, "%u", value);
    jk_table_cell(table, bar.bytes);
    jk_table_cell(table, meaning);
    jk_text_done(&bar);
}

static void add_funnel(const struct jk_summary_row *row, struct jk_report_style style, struct jk_arena *arena,
                       struct jk_text *out)
{
    static const struct jk_column columns[] = {{"", false}, {"", true}, {"", false}, {"", false, .wrap = true}};
    const struct jk_policy_total *total = &row->total;
    uint32_t most = total->plain.registered;
    struct jk_table table;
    jk_table_init(&table, arena, columns, sizeof columns / sizeof *columns);
    add_step(&table, "registered", most, most, style, "");
    for (int i = 0; i < JK_REASON_COUNT; i++)
        if (total->left_out[i])
            add_step(&table, jk_reason_word((enum jk_reason)i), total->left_out[i], most, style,
                     jk_reason_english((enum jk_reason)i));
    add_step(&table, "counted", total->plain.counted, most, style, "");
    if (total->pending)
        add_step(&table, "pending", total->pending, most, style,
                 "of those counted: they wait for a verifier, and a later revision decides");
    table.width = style.width;
    jk_table_write(&table, style.color, out);
    out->failed |= table.failed;
}

/* ---- those that count, split ---- */

static void add_named_count(const char *word, uint32_t count, struct jk_text *line)
{
    if (count > 0) jk_text_addf(line, "%s%s %u", line->len ? ", " : "", word, count);
}

static void end_split(struct jk_table *table, const char *word, struct jk_text *line)
{
    jk_table_cell(table, word);
    jk_table_cell(table, line->len ? line->bytes : "");
    jk_text_clear(line);
}

static void add_splits(const struct jk_summary_row *row, struct jk_report_style style, struct jk_arena *arena,
                       struct jk_text *out)
{
    static const struct jk_column columns[] = {{"counted by", false}, {"", false, .wrap = true}};
    const struct jk_total *total = &row->total.plain;
    struct jk_table table;
    struct jk_text line;
    jk_text_init(&line, 0);
    jk_table_init(&table, arena, columns, sizeof columns / sizeof *columns);
    for (int i = 1; i < JK_RELATION_COUNT; i++)
        add_named_count(jk_relation_text((enum jk_relation)i), total->by_relation[i], &line);
    end_split(&table, "relation", &line);
    for (int i = 0; i < JK_LICENSE_CLASSES; i++)
        add_named_count(jk_license_class_text((enum jk_license_class)i), total->by_license_class[i], &line);
    end_split(&table, "licence class", &line);

    char depth[16];
    for (unsigned i = 1; i <= JK_COUNT_DEPTHS; i++) {
        (void)snprintf(depth, sizeof depth, i < JK_COUNT_DEPTHS ? "%u:" : "%u+:", i);
        add_named_count(depth, total->by_depth[i], &line);
    }
    end_split(&table, "depth", &line);

    char month[8];
    for (unsigned i = 0; i < JK_COUNT_MONTHS; i++) {
        if (!total->by_month[i]) continue;
        jk_month_format(i, month);
        add_named_count(month, total->by_month[i], &line);
    }
    end_split(&table, "month", &line);

    uint32_t left = row->total.plain.counted;
    for (size_t i = 0; i < row->publisher_count && i < PUBLISHERS; i++) {
        add_named_count(jk_table_safe(arena, row->publishers[i].name), row->publishers[i].counted, &line);
        left -= row->publishers[i].counted;
    }
    add_named_count("all others", left, &line);
    end_split(&table, "publisher", &line);
    table.width = style.width;
    jk_table_write(&table, style.color, out);
    out->failed |= line.failed || table.failed;
    jk_text_done(&line);
}

void jk_report_table(const struct jk_summary *summary, const struct jk_summary *previous, struct jk_report_style style,
                     struct jk_arena *arena, struct jk_text *out)
{
    add_head(summary, previous, style, arena, out);
    jk_text_add_char(out, '\n');
    add_report_lines(summary, previous, style, arena, out);
    jk_text_add_char(out, '\n');
    add_funnel(jk_summary_all(summary), style, arena, out);
    if (jk_summary_all(summary)->total.plain.counted == 0) return;
    jk_text_add_char(out, '\n');
    add_splits(jk_summary_all(summary), style, arena, out);
}
