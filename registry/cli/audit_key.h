/* Whose signature an audit believes. */
#ifndef JK_CLI_AUDIT_KEY_H
#define JK_CLI_AUDIT_KEY_H

#include "audit/audit.h"
#include "cli/cli.h"

struct jk_audit_trust {
    struct jk_audit_keys keys;
    const char *from;   /* for people: "--key", "the first use, remembered", "the source itself" */
    const char *origin; /* for programs: "option", "first-use", "mirror", "source" */
    bool is_offered;    /* by whoever is to be checked: it proves nothing */
};

/* Texts of keys, each empty for none. */
struct jk_audit_key_places {
    struct jk_span first_use; /* what this user remembers of the log (cli/memory.h) */
    struct jk_span mirror;    /* what the mirror was first checked with */
    struct jk_span offered;   /* by the source */
};
/* The first that there is: the key given (--key, JOKBO_KEY, the config file), then those places in their order. */
JK_MUST_USE enum jk_status jk_audit_key(struct jk_cli *cli, const struct jk_audit_key_places *places,
                                        struct jk_audit_trust *out_trust);
/* As in `log.vkey`. */
void jk_audit_key_write(const struct jk_audit_keys *keys, struct jk_text *out);

#endif
