/* All rows of an export in the order in which they are made, in pieces of whole rows: the log, the headers, every
 * entry, then models and releases. */
#ifndef JK_EXPORT_ROWS_H
#define JK_EXPORT_ROWS_H

#include "export/export.h"

/* Takes whole rows of a table; the header comes first. */
typedef enum jk_status jk_export_sink_fn(void *context, enum jk_export_table table, struct jk_span rows,
                                         struct jk_error *error);

/* `size`: at most the audit's. Fills *out_summary. */
JK_MUST_USE enum jk_status jk_export_make(const struct jk_export_options *options, uint64_t size,
                                          jk_export_sink_fn *sink, void *context, struct jk_export_summary *out_summary,
                                          struct jk_error *error);

#endif
