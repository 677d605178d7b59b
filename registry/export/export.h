/* A whole log as a folder of tables: written, and held against the log again. All rows are made from a log that was
 * audited and folded; memory is a few buffers, whatever its size. The folder is whole or not there: it is made beside
 * its place, as .<name>.new, and takes the place of the one before by two renames. One writer a folder (a lock).
 *
 * Failures: LOCAL_FILE (INVALID_ARGUMENT) names the file and why; ABORTED with EXPORT_BUSY where another process writes
 * the same; DATA_LOSS with AUDIT_EXPORT for what differs from the log, with the facts `file`, `line`, `column`,
 * `expected`, `found` as far as they apply; the first difference in the order of the tables' making. */
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

/* Writes the log as it was audited. What stands in the folder's place must be nothing, an empty folder, or tables of
 * the same log. */
JK_MUST_USE enum jk_status jk_export_write(const struct jk_export_options *options,
                                           struct jk_export_summary *out_summary, struct jk_error *error);
/* Makes all rows anew, at the size that the tables say, and compares them byte by byte; there is no other file. */
JK_MUST_USE enum jk_status jk_export_compare(const struct jk_export_options *options,
                                             struct jk_export_summary *out_summary, struct jk_error *error);

#endif
