/* `audit --stage`: recomputes the reports of a stage from the checked log, and compares them with everything that
 * claims the same: the closing entries, the served files, the certificate and its signatures (audit/stage.h). */
#ifndef JK_VERIFY_AUDIT_STAGE_H
#define JK_VERIFY_AUDIT_STAGE_H

#include <jansson.h>

#include "verify/audit_log.h"

/* That none of the options is given by which an audit counts or exports; `option` is the one that excludes them. USAGE. */
JK_MUST_USE enum jk_status jk_audit_alone(struct jk_cli *cli, const char *option);
/* Before anything is fetched: checks options that cannot be combined with --stage, or need it. USAGE; KEY_MALFORMED. */
JK_MUST_USE enum jk_status jk_audit_stage_options(struct jk_cli *cli);
/* Checks every requested revision; the first difference ends it. Prints each one without differences, or with --json
 * all of them; fails afterwards if a file was not served. The log has been folded. */
JK_MUST_USE enum jk_status jk_audit_stage(struct jk_cli *cli, struct jk_audit_log *log, json_t **out_revisions);

#endif
