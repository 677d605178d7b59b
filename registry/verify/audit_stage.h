/* `audit --stage`: the reports of a stage made anew from the log that was checked, and everything that says the same
 * held against them: the closing entries, the served files, the certificate and its signatures (audit/stage.h). */
#ifndef JK_VERIFY_AUDIT_STAGE_H
#define JK_VERIFY_AUDIT_STAGE_H

#include <jansson.h>

#include "verify/audit_log.h"

/* Before anything is fetched: what does not go with --stage, or only with it. USAGE; KEY_MALFORMED. */
JK_MUST_USE enum jk_status jk_audit_stage_options(struct jk_cli *cli);
/* Every revision that is asked for, the first difference ends it. Prints each in which nothing differs, or with --json
 * gives all of them; after that it fails if a file was not served. The log was folded. */
JK_MUST_USE enum jk_status jk_audit_stage(struct jk_cli *cli, struct jk_audit_log *log, json_t **out_revisions);

#endif
