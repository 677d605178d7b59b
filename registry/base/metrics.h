/* What the process counts: counters, gauges and histograms, one row each in metrics.def, and their text in Prometheus'
 * exposition format 0.0.4. One set for the process, because metrics of two servers in one process mean nothing.
 * Threads: any; changes are single relaxed additions, without locks, strings or allocation. Labels are given at start,
 * before any other thread changes that row; a labelled row without labels drops what it is given.
 * Limits: a row has at most 512 x 64 label values. */
#ifndef JK_BASE_METRICS_H
#define JK_BASE_METRICS_H

#include "base/text.h"

enum jk_metric {
#define JK_METRIC(id, kind, unit, name, label, second, help) JK_METRIC_##id,
#include "base/metrics.def"
#undef JK_METRIC
    JK_METRICS
};

#define JK_METRICS_VALUES 512
#define JK_METRICS_SECOND 64

/* The values of the row's labels; `second` NULL where it has only one. The texts must outlive everything. The first
 * call for a row counts, later ones (another server in a test) change nothing. False: out of memory. */
bool jk_metrics_labels(enum jk_metric metric, const char *const *values, size_t count, const char *const *second,
                       size_t second_count);
/* `value` and `second` are the places of the labels' values; 0 for a label that the row has not. */
void jk_metrics_add(enum jk_metric metric, size_t value, size_t second, uint64_t amount);
void jk_metrics_set(enum jk_metric metric, uint64_t amount); /* a row without labels */
/* Histograms: seconds are given in microseconds. */
void jk_metrics_observe(enum jk_metric metric, size_t value, uint64_t amount);
/* A counter or gauge as it stands; of a histogram how often it was observed. */
uint64_t jk_metrics_read(enum jk_metric metric, size_t value, size_t second);
/* All rows. Of a labelled row only what is not zero is shown. */
void jk_metrics_write(struct jk_text *out);

#endif
