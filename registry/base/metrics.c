/* Metrics. A histogram's cell holds its buckets, not cumulative, followed by its sum. The count is computed as the sum
 * of the buckets, so that what a scrape shows is always consistent. */
#include "base/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

#define BUCKETS_MOST 17

enum kind { COUNTER, GAUGE, HISTOGRAM };
enum unit { NONE, SECONDS, BYTES };

static const struct row {
    enum kind kind;
    enum unit unit;
    const char *name, *label, *second, *help;
} rows[JK_METRICS] = {
#define JK_METRIC(id, kind, unit, name, label, second, help) {kind, unit, name, label, second, help},
#include "base/metrics.def"
#undef JK_METRIC
};

struct buckets {
    size_t count; /* without the last, which is unbounded */
    uint64_t bounds[BUCKETS_MOST - 1];
};

static const struct buckets of_seconds = {16,
                                          {100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
                                           1000000, 2500000, 5000000, 10000000}};
static const struct buckets of_counts = {10, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}};

struct cells {
    _Atomic uint64_t *at;
    const char *const *values, *const *second;
    size_t count, second_count;
};

static _Atomic uint64_t plain[JK_METRICS][BUCKETS_MOST + 1]; /* rows without labels */
static struct cells labelled[JK_METRICS];

static const struct buckets *buckets_of(enum jk_metric metric)
{
    return rows[metric].unit == SECONDS ? &of_seconds : &of_counts;
}

/* How many numbers a cell holds. */
static size_t width_of(enum jk_metric metric)
{
    return rows[metric].kind == HISTOGRAM ? buckets_of(metric)->count + 2 : 1;
}

bool jk_metrics_labels(enum jk_metric metric, const char *const *values, size_t count, const char *const *second,
                       size_t second_count)
{
    struct cells *cells = &labelled[metric];
    JK_CHECK(rows[metric].label[0] && !rows[metric].second[0] == !second);
    JK_CHECK(count > 0 && count <= JK_METRICS_VALUES && second_count <= JK_METRICS_SECOND);
    if (cells->at) return true;
    if (!second) second_count = 1;
    _Atomic uint64_t *at = calloc(count * second_count * width_of(metric), sizeof *at);
    if (!at) return false;
    *cells = (struct cells){at, values, second, count, second_count};
    return true;
}

/* NULL for a labelled row that has no labels yet. */
static _Atomic uint64_t *cell_of(enum jk_metric metric, size_t value, size_t second)
{
    const struct cells *cells = &labelled[metric];
    if (!rows[metric].label[0]) return plain[metric];
    if (!cells->at) return NULL;
    JK_CHECK(value < cells->count && second < cells->second_count);
    return &cells->at[(value * cells->second_count + second) * width_of(metric)];
}

static void add_to(_Atomic uint64_t *number, uint64_t amount)
{
    atomic_fetch_add_explicit(number, amount, memory_order_relaxed);
}

static uint64_t read_of(const _Atomic uint64_t *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

void jk_metrics_add(enum jk_metric metric, size_t value, size_t second, uint64_t amount)
{
    _Atomic uint64_t *cell = cell_of(metric, value, second);
    JK_CHECK(rows[metric].kind != HISTOGRAM);
    if (cell) add_to(cell, amount);
}

void jk_metrics_set(enum jk_metric metric, uint64_t amount)
{
    JK_CHECK(rows[metric].kind != HISTOGRAM && !rows[metric].label[0]);
    atomic_store_explicit(plain[metric], amount, memory_order_relaxed);
}

void jk_metrics_observe(enum jk_metric metric, size_t value, uint64_t amount)
{
    const struct buckets *buckets = buckets_of(metric);
    _Atomic uint64_t *cell = cell_of(metric, value, 0);
    size_t i = 0;
    JK_CHECK(rows[metric].kind == HISTOGRAM);
    if (!cell) return;
    while (i < buckets->count && amount > buckets->bounds[i])
        i++;
    add_to(&cell[i], 1);
    add_to(&cell[buckets->count + 1], amount);
}

static uint64_t observed(enum jk_metric metric, const _Atomic uint64_t *cell)
{
    uint64_t sum = 0;
    for (size_t i = 0; i <= buckets_of(metric)->count; i++)
        sum += read_of(&cell[i]);
    return sum;
}

uint64_t jk_metrics_read(enum jk_metric metric, size_t value, size_t second)
{
    const _Atomic uint64_t *cell = cell_of(metric, value, second);
    if (!cell) return 0;
    return rows[metric].kind == HISTOGRAM ? observed(metric, cell) : read_of(cell);
}

/* ---- the text ---- */

static void write_escaped(struct jk_text *out, const char *text, bool quotes)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\n')
            jk_text_add_str(out, "\\n");
        else if (*c == '\\' || (*c == '"' && quotes))
            jk_text_addf(out, "\\%c", *c);
        else
            jk_text_add_char(out, *c);
    }
}

static void write_label(struct jk_text *out, char before, const char *name, const char *value)
{
    jk_text_addf(out, "%c%s=\"", before, name);
    write_escaped(out, value, true);
    jk_text_add_char(out, '"');
}

static void print_number(char *out, size_t room, enum unit unit, uint64_t number)
{
    if (unit == SECONDS)
        snprintf(out, room, "%" PRIu64 ".%06u", number / 1000000, (unsigned)(number % 1000000));
    else
        snprintf(out, room, "%" PRIu64, number);
}

static void write_sample(struct jk_text *out, enum jk_metric metric, const char *suffix, size_t value, size_t second,
                         const char *bound, uint64_t number, enum unit unit)
{
    char text[40];
    print_number(text, sizeof text, unit, number);
    jk_text_addf(out, "%s%s", rows[metric].name, suffix);

    /* {method="…",code="…",le="…"}, with those that the row has */
    const struct row *row = &rows[metric];
    char before = '{';
    if (row->label[0]) {
        write_label(out, before, row->label, labelled[metric].values[value]);
        before = ',';
    }
    if (row->second[0]) write_label(out, before, row->second, labelled[metric].second[second]);
    if (bound) write_label(out, before, "le", bound);
    if (row->label[0] || bound) jk_text_add_char(out, '}');

    jk_text_addf(out, " %s\n", text);
}

static void write_cell(struct jk_text *out, enum jk_metric metric, size_t value, size_t second)
{
    const _Atomic uint64_t *cell = cell_of(metric, value, second);
    if (rows[metric].label[0] && jk_metrics_read(metric, value, second) == 0) return;
    if (rows[metric].kind == HISTOGRAM) {
        const struct buckets *buckets = buckets_of(metric);
        char bound[40];
        uint64_t sum = 0;
        for (size_t i = 0; i < buckets->count; i++) {
            sum += read_of(&cell[i]);
            print_number(bound, sizeof bound, rows[metric].unit, buckets->bounds[i]);
            write_sample(out, metric, "_bucket", value, 0, bound, sum, NONE);
        }
        sum += read_of(&cell[buckets->count]);
        write_sample(out, metric, "_bucket", value, 0, "+Inf", sum, NONE);
        write_sample(out, metric, "_sum", value, 0, NULL, read_of(&cell[buckets->count + 1]), rows[metric].unit);
        write_sample(out, metric, "_count", value, 0, NULL, sum, NONE);
    } else {
        write_sample(out, metric, "", value, second, NULL, read_of(cell), rows[metric].unit);
    }
}

static void write_metric(struct jk_text *out, enum jk_metric metric)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    const struct cells *cells = &labelled[metric];
    size_t count = cells->at ? cells->count : 1, second_count = cells->at ? cells->second_count : 1;
    if (rows[metric].label[0] && !cells->at) return;
    jk_text_addf(out, "# HELP %s ", rows[metric].name);
    write_escaped(out, rows[metric].help, false);
    jk_text_addf(out, "\n# TYPE %s %s\n", rows[metric].name, kinds[rows[metric].kind]);
    for (size_t value = 0; value < count; value++)
        for (size_t second = 0; second < second_count; second++)
            write_cell(out, metric, value, second);
}

void jk_metrics_write(struct jk_text *out)
{
    for (int metric = 0; metric < JK_METRICS; metric++)
        write_metric(out, (enum jk_metric)metric);
}
