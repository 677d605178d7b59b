/* Which key an audit accepts signatures from. */
#ifndef JK_VERIFY_AUDIT_KEY_H
#define JK_VERIFY_AUDIT_KEY_H

#include "audit/audit.h"
#include "cli/console/cli.h"
#include "verify/keys.h"

struct jk_audit_trust {
    struct jk_audit_keys keys;
    const char *from;   /* for people: "--key", "first use, remembered", "the source itself" */
    const char *origin; /* for programs: "option", "trust-policy", "first-use", "mirror", "source" */
    bool is_given;      /* by the user: what it signs is proven */
    bool is_offered;    /* given by the party being checked: it proves nothing */
};

/* Texts of keys, each empty for none. */
struct jk_audit_key_places {
    struct jk_checkpoint claimed; /* what is to be verified says of itself */
    const struct jk_keys
        *first_use;         /* what this user remembers of the log (verify/memory.h); NULL or count 0: nothing */
    struct jk_span mirror;  /* what the mirror was last checked with */
    struct jk_span offered; /* by the source */
};
/* The policy's keys of the log, count 0 for none. */
void jk_audit_key_named(const struct jk_cli *cli, struct jk_span origin, struct jk_audit_keys *out_keys);
/* There is a key before those of mirror and source. */
bool jk_audit_key_is_known(const struct jk_cli *cli, const struct jk_audit_key_places *places);
/* The first available: the key given (--key, JOKBO_KEY, the config file), the policy's (cli->witnessed), then the
 * remaining places in order. */
JK_MUST_USE enum jk_status jk_audit_key(struct jk_cli *cli, const struct jk_audit_key_places *places,
                                        struct jk_audit_trust *out_trust);
/* As in `log.vkey`. */
void jk_audit_key_write(const struct jk_audit_keys *keys, struct jk_text *out);

#endif
