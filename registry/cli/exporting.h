/* Exports on the command line: written and compared with a progress bar, and the result shown. Shared by `export` and
 * `audit --export`. */
#ifndef JK_CLI_EXPORTING_H
#define JK_CLI_EXPORTING_H

#include <jansson.h>

#include "export/export.h"
#include "verify/audit_log.h"

/* Of a log that was checked and folded; failures as export/export.h says. */
JK_MUST_USE enum jk_status jk_exporting_write(struct jk_cli *cli, struct jk_audit_log *log, const char *folder,
                                              struct jk_export_summary *out_summary);
JK_MUST_USE enum jk_status jk_exporting_compare(struct jk_cli *cli, struct jk_audit_log *log, const char *folder,
                                                struct jk_export_summary *out_summary);
/* Every file with its number of rows. */
void jk_exporting_print(struct jk_cli *cli, const struct jk_export_summary *summary);
/* {"folder", "log_size", "root_hash", "tables": {file: rows}}; NULL: out of memory. */
json_t *jk_exporting_json(const char *folder, const struct jk_export_summary *summary);

#endif
