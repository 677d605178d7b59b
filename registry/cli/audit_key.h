/* Whose signature an audit believes. */
#ifndef JK_CLI_AUDIT_KEY_H
#define JK_CLI_AUDIT_KEY_H

#include "audit/audit.h"
#include "cli/cli.h"

struct jk_audit_trust {
    struct jk_audit_keys keys;
    const char *from;   /* for people: "--key", "the first use, remembered", … */
    const char *origin; /* for programs: "option", "mirror", "first-use", "source" */
    bool is_offered;    /* by whoever is to be checked: it proves nothing */
};

/* The first that there is: a key given (--key, JOKBO_KEY, the config file), `remembered`, a text of keys, that of the
 * first use of the log that the source says it is (memory.h), and what the source offers. Both texts are empty for
 * none.
 */
JK_MUST_USE enum jk_status jk_audit_key(struct jk_cli *cli, struct jk_span remembered, struct jk_span offered,
                                        struct jk_audit_trust *out_trust);
/* As in `log.vkey`. */
void jk_audit_key_write(const struct jk_audit_keys *keys, struct jk_text *out);

#endif
