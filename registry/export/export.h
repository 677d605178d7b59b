/* A whole log as a folder of tables: writing it, and comparing it with the log later. All rows are made from a log that
 * was audited and folded; memory is a few buffers, whatever the log's size. The folder is complete or absent: it is
 * written beside its final place, as .<name>.new, and replaces the previous one by two renames. One writer per folder
 * (a lock).
 *
 * Failures: LOCAL_FILE (INVALID_ARGUMENT) names the file and why; ABORTED with EXPORT_BUSY if another process writes
 * the same folder; DATA_LOSS with AUDIT_EXPORT for differences from the log, with the facts `file`, `line`, `column`,
 * `expected`, `found` where they apply; always the first difference in the order in which the tables are made. */
#ifndef JK_EXPORT_EXPORT_H
#define JK_EXPORT_EXPORT_H

#include "audit/audit.h"
#include "export/tables.h"

struct jk_export_options {
    struct jk_audit *audit;                                         /* folded */
    const char *folder;                                             /* where the tables are, or are to be */
    void (*progress)(void *context, uint64_t done, uint64_t total); /* entries; NULL: none */
    void *context;
};

struct jk_export_summary {
    uint64_t size; /* the log's, that the tables are of */
    struct jk_digest root;
    uint64_t rows[JK_EXPORT_TABLES];
};

/* Writes the audited log. The folder's place must be empty: nothing, an empty folder, or tables of the same log. */
JK_MUST_USE enum jk_status jk_export_write(const struct jk_export_options *options,
                                           struct jk_export_summary *out_summary, struct jk_error *error);
/* Recomputes all rows, at the size that the tables state, and compares them byte by byte; checks that there is no other
 * file. */
JK_MUST_USE enum jk_status jk_export_compare(const struct jk_export_options *options,
                                             struct jk_export_summary *out_summary, struct jk_error *error);

#endif
