/* The canonical texts of a report: the table, the counted, the left-out. */
#include <stdlib.h>

#include "report/report_inside.h"

/* ---- the table ---- */

const char *jk_report_scope_word(enum jk_scope_type type)
{
    static const char *const words[] = {[JK_SCOPE_ALL] = "all", [JK_SCOPE_TEAM] = "team", [JK_SCOPE_BASE] = "base"};
    return words[type];
}

/* Of a rule set: those of an earlier one stay as they are. */
const char *jk_report_format(uint32_t rules)
{
    return rules == 1 ? "jokbo/report/v1" : "jokbo/report/v2";
}

void jk_report_columns(uint32_t rules, struct jk_text *out)
{
    jk_text_add_str(out, "scope\tname\tregistered");
    for (int i = jk_reason_next(0, rules); i < JK_REASON_COUNT; i = jk_reason_next(i + 1, rules))
        jk_text_addf(out, "\t%s", jk_reason_word((enum jk_reason)i));
    jk_text_add_str(out,
                    "\tcounted\tdirect\ttransitive\tindependent\tlicense-clean\tdistinct-publishers\tdistinct-weights");
    if (rules > 1) jk_text_add_str(out, "\tadopted\tpending");
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++)
        jk_text_addf(out, "\trelation:%s", jk_relation_text((enum jk_relation)i));
    for (int i = 0; i < JK_LICENSE_CLASSES; i++)
        jk_text_addf(out, "\tclass:%s", jk_license_class_text((enum jk_license_class)i));
    for (int i = 1; i <= JK_COUNT_DEPTHS; i++)
        jk_text_addf(out, "\tdepth:%d%s", i, i == JK_COUNT_DEPTHS ? "+" : "");
}

static uint32_t *add_numbers(uint32_t *at, const uint32_t *numbers, size_t count)
{
    memcpy(at, numbers, count * sizeof *numbers);
    return at + count;
}

size_t jk_report_numbers(const struct jk_policy_total *total, uint32_t rules, uint32_t out_numbers[JK_REPORT_NUMBERS])
{
    const struct jk_total *plain = &total->plain;
    const uint32_t facts[JK_REPORT_FACTS] = {plain->counted,          plain->direct,        plain->transitive,
                                             plain->independent,      plain->license_clean, plain->distinct_publishers,
                                             plain->distinct_weights, plain->adopted,       total->pending};
    uint32_t *at = add_numbers(out_numbers, &plain->registered, 1);
    for (int i = jk_reason_next(0, rules); i < JK_REASON_COUNT; i = jk_reason_next(i + 1, rules))
        *at++ = total->left_out[i];
    at = add_numbers(at, facts, rules > 1 ? JK_REPORT_FACTS : JK_REPORT_FACTS - 2);
    at = add_numbers(at, plain->by_relation + JK_RELATION_FINETUNE, JK_RELATION_COUNT - JK_RELATION_FINETUNE);
    at = add_numbers(at, plain->by_license_class, JK_LICENSE_CLASSES);
    at = add_numbers(at, plain->by_depth + 1, JK_COUNT_DEPTHS);
    return (size_t)(at - out_numbers);
}

void jk_report_tsv(const struct jk_report *report, struct jk_text *out)
{
    jk_report_columns(report->stage.policy.rules, out);
    jk_text_add_char(out, '\n');
    for (size_t i = 0; i < report->count; i++) {
        uint32_t numbers[JK_REPORT_NUMBERS];
        size_t count = jk_report_numbers(&report->rows[i].total, report->stage.policy.rules, numbers);
        jk_text_addf(out, "%s\t%.*s", jk_report_scope_word(report->rows[i].scope.type),
                     JK_SPAN_ARG(report->rows[i].name));
        for (size_t column = 0; column < count; column++)
            jk_text_addf(out, "\t%u", numbers[column]);
        jk_text_add_char(out, '\n');
    }
}

/* ---- the lists ---- */

static size_t rows_of(const struct jk_verdict *rows, size_t left)
{
    size_t count = 1;
    while (count < left && rows[count].model == rows->model)
        count++;
    return count;
}

static bool counts(const struct jk_verdict *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].reasons == 0) return true;
    return false;
}

/* "<lineage hash> <index> <name>@<version>" */
static void write_release(const struct jk_book *book, uint32_t model, uint32_t release, uint32_t n, struct jk_text *out)
{
    const struct jk_release *row = jk_book_release(book, release);
    struct jk_span name = jk_book_alias(book, model, n)->name;
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&row->hash, hex);
    jk_text_addf(out, "%s %u %.*s@%.*s", hex, jk_book_model(book, model)->index, JK_SPAN_ARG(name),
                 JK_SPAN_ARG(row->version));
}

struct member {
    struct jk_digest hash;
    uint32_t model, release;
};

/* Lineage hashes differ, and so decide the order of the lines. */
static int compare_members(const void *left, const void *right)
{
    return memcmp(((const struct member *)left)->hash.bytes, ((const struct member *)right)->hash.bytes,
                  JK_DIGEST_SIZE);
}

enum jk_status jk_report_members(const struct jk_report *report, struct jk_text *out, struct jk_error *error)
{
    const struct jk_book *book = report->source.cut;
    size_t all, used = 0;
    const struct jk_verdict *rows = jk_standing_rows(report->standing, &all);
    struct member *members = malloc((all + 1) * sizeof *members);
    if (!members) return jk_out_of_memory(error);
    for (size_t i = 0, count; i < all; i += count) {
        count = rows_of(rows + i, all - i);
        if (!counts(rows + i, count)) continue;
        if (used % JK_REPORT_STRIDE == 0) jk_report_breathe(report);
        members[used++] = (struct member){jk_book_release(book, rows[i].release)->hash, rows[i].model, rows[i].release};
    }
    jk_report_hold(report, false);
    qsort(members, used, sizeof *members, compare_members);
    jk_report_hold(report, true);
    for (size_t i = 0; i < used; i++) {
        if (i % JK_REPORT_STRIDE == 0) jk_report_breathe(report);
        write_release(book, members[i].model, members[i].release, report->source.cut_size, out);
        jk_text_add_char(out, '\n');
    }
    free(members);
    return out->failed ? jk_out_of_memory(error) : JK_OK;
}

/* A tab, the root, and its reasons joined by commas. */
static void write_reasons(const struct jk_book *book, uint32_t root, jk_reasons reasons, uint32_t n,
                          struct jk_text *out)
{
    char mark = ' ';
    jk_text_addf(out, "\t%.*s", JK_SPAN_ARG(jk_book_alias(book, root, n)->name));
    for (int i = 0; i < JK_REASON_COUNT; i++) {
        if (!(reasons >> i & 1)) continue;
        jk_text_addf(out, "%c%s", mark, jk_reason_word((enum jk_reason)i));
        mark = ',';
    }
}

/* The spell of the next root in order of registration; `last` NULL to begin. */
static const struct jk_spell *next_by_root(const struct jk_book *book, uint32_t model, uint32_t n,
                                           const struct jk_spell *last)
{
    const struct jk_spell *next = NULL, *spell = NULL;
    while ((spell = jk_book_spell(book, model, n, spell)) != NULL)
        if ((!last || spell->root > last->root) && (!next || spell->root < next->root)) next = spell;
    return next;
}

enum jk_status jk_report_left_out(const struct jk_report *report, struct jk_text *out, struct jk_error *error)
{
    const struct jk_book *book = report->source.cut;
    uint32_t n = report->source.cut_size;
    size_t all, lines = 0;
    const struct jk_verdict *rows = jk_standing_rows(report->standing, &all);
    for (size_t i = 0, count; i < all; i += count) {
        count = rows_of(rows + i, all - i);
        if (counts(rows + i, count)) continue;
        if (lines++ % JK_REPORT_STRIDE == 0) jk_report_breathe(report);
        write_release(book, rows[i].model, rows[i].release, n, out);
        for (size_t j = i; j < i + count; j++)
            write_reasons(book, rows[j].root, rows[j].reasons, n, out);
        jk_text_add_char(out, '\n');
    }

    const struct jk_book *full = report->source.full;
    uint32_t m = report->stage.m;
    for (uint32_t model = jk_book_models(full, report->stage.n); model < jk_book_models(full, m); model++) {
        if (model % JK_REPORT_STRIDE == 0) jk_report_breathe(report);
        const struct jk_spell *spell = next_by_root(full, model, m, NULL);
        if (!spell) continue;
        write_release(full, model, spell->release, m, out);
        for (; spell; spell = next_by_root(full, model, m, spell))
            write_reasons(full, spell->root, JK_REASON_BIT(LATE), m, out);
        jk_text_add_char(out, '\n');
    }

    return out->failed ? jk_out_of_memory(error) : JK_OK;
}
