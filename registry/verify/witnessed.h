/* --trust-policy FILE: which logs and witnesses are trusted (tlog/trust.h), for `audit` and `verify`. Read once per
 * run, then read-only. A log's key may have changed since the policy was written, so its log lines are only starting
 * keys (keys.h), and who cosigned is checked separately from who signed. */
#ifndef JK_VERIFY_WITNESSED_H
#define JK_VERIFY_WITNESSED_H

#include <jansson.h>

#include "cli/console/cli.h"
#include "tlog/trust.h"
#include "verify/keys.h"

struct jk_witnessed {
    const char *path;
    const struct jk_trust *policy;
};

/* Sets cli->witnessed, where --trust-policy is given; a note on cli->err names witnesses that are ignored, because
 * their keys are of types not known here. LOCAL_FILE names line and rule. */
JK_MUST_USE enum jk_status jk_witnessed_read(struct jk_cli *cli);
/* The keys of the policy's log lines of that origin, as given ones; count 0 where there are none. */
void jk_witnessed_keys(const struct jk_witnessed *witnessed, struct jk_span origin, struct jk_keys *out_keys);
/* The checkpoint, signed by this key, has the cosignatures that the policy asks for. Fails as jk_trust_check does. */
JK_MUST_USE enum jk_status jk_witnessed_check(const struct jk_witnessed *witnessed, struct jk_span note,
                                              const struct jk_verifier *key, struct jk_trust_verdict *out_verdict,
                                              struct jk_error *error);
/* "one (2026-11-22T03:05:30Z), two (…); not: three; keys not known here: four (ML-DSA-44)"; in the arena, never NULL. */
const char *jk_witnessed_text(const struct jk_witnessed *witnessed, const struct jk_trust_verdict *verdict,
                              struct jk_arena *arena);
/* {"file", "cosigned": [{"witness", "time"}], "missing": [name], "unknown": [{"witness", "type"}]} */
json_t *jk_witnessed_json(const struct jk_witnessed *witnessed, const struct jk_trust_verdict *verdict);

#endif
