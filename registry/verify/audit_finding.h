/* The result of `audit --stage` for one revision: what it recomputed, what it found, and how that is shown. */
#ifndef JK_VERIFY_AUDIT_FINDING_H
#define JK_VERIFY_AUDIT_FINDING_H

#include <jansson.h>

#include "audit/stage.h"
#include "cli/console/cli.h"
#include "report/summary.h"

/* Files derived from the canonical texts for reading: nothing commits to their bytes, and another version may produce
 * different ones. So a difference is reported, but is not a failure. */
#define JK_AUDIT_VIEWS 4
enum jk_audit_view { JK_AUDIT_VIEW_ABSENT, JK_AUDIT_VIEW_SAME, JK_AUDIT_VIEW_OTHER };
extern const char *const jk_audit_view_files[JK_AUDIT_VIEWS];

struct jk_audit_finding {
    struct jk_audit_revision revision, before; /* before: of the stage that the report compares with */
    struct jk_summary *summary, *previous;     /* previous NULL: there is none */
    struct jk_text views[JK_AUDIT_VIEWS];

    bool served[JK_AUDIT_TEXTS];
    enum jk_audit_view view_served[JK_AUDIT_VIEWS];
    struct jk_text note; /* the served certificate; empty: none */
    struct jk_verifier log_key;
    const struct jk_verifier *counts_key; /* NULL: there is none to ask */
    bool counts_given;                    /* by the user; else it is the source's own */
};

/* From the log alone. Accepted by _done in any case. */
JK_MUST_USE enum jk_status jk_audit_finding_make(struct jk_audit *audit, const struct jk_closing *closing,
                                                 struct jk_audit_finding *out_finding, struct jk_error *error);
void jk_audit_finding_done(struct jk_audit_finding *finding);
JK_MUST_USE enum jk_status jk_audit_finding_print(struct jk_cli *cli, const struct jk_audit_finding *finding);
/* NULL: out of memory. */
json_t *jk_audit_finding_json(struct jk_cli *cli, const struct jk_audit_finding *finding);

#endif
