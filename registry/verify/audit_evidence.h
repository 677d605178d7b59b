/* `audit --weights`: recomputes all evidence from the checked log and what is served beside it (audit/reweigh.h). */
#ifndef JK_VERIFY_AUDIT_EVIDENCE_H
#define JK_VERIFY_AUDIT_EVIDENCE_H

#include <jansson.h>

#include "verify/audit_log.h"

/* Before anything is fetched: checks options that cannot be combined with --weights. USAGE. */
JK_MUST_USE enum jk_status jk_audit_evidence_options(struct jk_cli *cli);
/* Checks everything, whatever is found, and prints it, or returns it with --json; *out_json NULL: it did not come to that. Fails with
 * AUDIT_EVIDENCE if anything differs, else with AUDIT_ABSENT if anything is not served. The log has been folded. */
JK_MUST_USE enum jk_status jk_audit_evidence(struct jk_cli *cli, struct jk_audit_log *log, json_t **out_json);

#endif
