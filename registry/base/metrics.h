/* What the process counts: counters, gauges and histograms, one row each in metrics.def, and their text in Prometheus'
 * exposition format 0.0.4. One set per process: metrics of two servers in one process would be meaningless. Threads:
 * any; updates are single relaxed additions, without locks, strings or allocation. Labels are set at start, before any
 * other thread updates that row; a labelled row without labels drops updates. Limits: at most 512 x 64 label values for
 * a row. */
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

/* Sets the row's label values; `second` is NULL if it has only one label. The texts must outlive everything. Only the
 * first call for a row has an effect; later ones (another server in a test) are ignored. False: out of memory. */
bool jk_metrics_labels(enum jk_metric metric, const char *const *values, size_t count, const char *const *second,
                       size_t second_count);
/* `value` and `second` are indexes into the label values; 0 for a label that the row does not have. */
void jk_metrics_add(enum jk_metric metric, size_t value, size_t second, uint64_t amount);
void jk_metrics_set(enum jk_metric metric, uint64_t amount); /* a row without labels */
/* Histograms: seconds are passed in microseconds. */
void jk_metrics_observe(enum jk_metric metric, size_t value, uint64_t amount);
/* A counter's or gauge's value; for a histogram, the number of observations. */
uint64_t jk_metrics_read(enum jk_metric metric, size_t value, size_t second);
/* All rows. Of labelled rows only non-zero values are shown. */
void jk_metrics_write(struct jk_text *out);

#endif
