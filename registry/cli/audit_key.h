/* Whose signature an audit believes. */
#ifndef JK_CLI_AUDIT_KEY_H
#define JK_CLI_AUDIT_KEY_H

#include "audit/audit.h"
#include "cli/cli.h"

struct jk_audit_trust {
    struct jk_audit_keys keys;
    const char *from;   /* for people: "--key", "the first audit into this mirror", "the source itself" */
    const char *origin; /* for programs: "option", "mirror", "source" */
    bool is_offered;    /* by whoever is to be checked: it proves nothing */
};

/* The first that there is: --key, a text of keys that was remembered, and what the source offers (both empty for none).
 */
JK_MUST_USE enum jk_status jk_audit_key(struct jk_cli *cli, struct jk_span remembered, struct jk_span offered,
                                        struct jk_audit_trust *out_trust);
/* As in `log.vkey`. */
void jk_audit_key_write(const struct jk_audit_keys *keys, struct jk_text *out);

#endif
