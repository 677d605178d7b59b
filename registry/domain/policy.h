/* Policies: counting rules as text. Each reason is switched on or off on a line of its own, with its parameters; the
 * canonical text is hashed and becomes an entry. Pure. Source: registry/formats/policy.md. Limits: a file
 * JK_POLICY_FILE_MAX bytes, a canonical text JK_POLICY_MAX; a name 1 to 63 characters, like a team's id. */
#ifndef JK_DOMAIN_POLICY_H
#define JK_DOMAIN_POLICY_H

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "domain/grade.h"
#include "domain/license.h"
#include "domain/reason.h"
#include "domain/relation.h"

#define JK_POLICY_FILE_MAX      16384
#define JK_POLICY_MAX           4096
#define JK_POLICY_NAME_MAX      63
#define JK_POLICY_VERSION_MAX   1000000u
#define JK_POLICY_DEPTH_MAX     1000u
#define JK_POLICY_DAYS_MAX      365u
#define JK_POLICY_CAP_MAX       1000000000u
#define JK_POLICY_VERIFIERS_MAX 16u

struct jk_policy {
    char name[JK_POLICY_NAME_MAX + 1];
    uint32_t version; /* 1 … JK_POLICY_VERSION_MAX */
    uint32_t rules;   /* rule-set version */
    jk_reasons on;
    uint32_t gone_days;                              /* gone: for how long it must have been absent */
    uint32_t relations;                              /* relation: bits 1 << enum jk_relation that count */
    uint32_t depth;                                  /* depth: the greatest that counts */
    enum jk_permission demands[JK_PERMISSION_KINDS]; /* license-not-open: the minimum; NO requires nothing */
    bool unknown_passes;                             /* foreign-base: an unknown from-scratch is accepted */
    bool held;                                       /* no-artifact: the manifest must be stored, not just named */
    bool unknown_permits;                            /* license-not-open: an unknown permission is accepted */
    bool lenient;                                    /* naming: the lenient form is enough */
    uint32_t verifiers;                              /* unattested: how many must agree */
    /* evidence: the least grade by relation; JK_GRADE_CONTRADICTED: none is enough, the relation does not count. */
    enum jk_grade grades[JK_RELATION_COUNT];
    uint32_t cap; /* cap: derivatives of one publisher that count */
};

static inline bool jk_policy_has(const struct jk_policy *policy, enum jk_reason reason)
{
    return policy->on >> reason & 1;
}

/* A file as people write it: lines in any order, "#" comments, empty lines, multiple spaces. Every reason must occur
 * once, so that nothing is left to guess. INVALID_ARGUMENT with all mistakes at once, each with its line. */
JK_MUST_USE enum jk_status jk_policy_read(struct jk_span file, struct jk_policy *out_policy, struct jk_error *error);
/* Appends the canonical text, which is what is hashed and logged. */
void jk_policy_write(const struct jk_policy *policy, struct jk_text *out);
/* Accepts only the canonical text. DATA_LOSS, reason POLICY_MALFORMED. */
JK_MUST_USE enum jk_status jk_policy_parse(struct jk_span text, struct jk_policy *out_policy, struct jk_error *error);
/* SHA-256 of the canonical text. */
struct jk_digest jk_policy_digest(const struct jk_policy *policy);
/* What the policy does, in plain words, one sentence per line. */
void jk_policy_explain(const struct jk_policy *policy, bool korean, struct jk_text *out);
/* Of one reason: when it leaves a derivative out, with the policy's parameters of it, without an end of line. */
void jk_policy_explain_reason(const struct jk_policy *policy, enum jk_reason reason, bool korean, struct jk_text *out);

#endif
