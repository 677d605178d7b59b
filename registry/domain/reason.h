/* Reasons why a derivative does not count: their order, their words, and sets of them. Pure. The table is reason.def; a
 * published rule set never changes. Source: registry/formats/policy.md. */
#ifndef JK_DOMAIN_REASON_H
#define JK_DOMAIN_REASON_H

#include "base/span.h"

#define JK_RULE_SET 2 /* the newest version of the rules */

enum jk_reason {
#define JK_REASON(name, since, word, english, korean) JK_REASON_##name,
#include "domain/reason.def"
#undef JK_REASON
    JK_REASON_COUNT /* also: no reason applies, so it counts */
};

/* A set of reasons: bit 1 << reason. */
typedef uint32_t jk_reasons;
#define JK_REASON_BIT(name) ((jk_reasons)1 << JK_REASON_##name)

const char *jk_reason_word(enum jk_reason reason);
bool jk_reason_parse(struct jk_span word, enum jk_reason *out_reason);
/* The text after "left out: ". */
const char *jk_reason_english(enum jk_reason reason);
const char *jk_reason_korean(enum jk_reason reason);
/* The reasons of a rule set. */
jk_reasons jk_reasons_of(uint32_t rules);
/* The first reason of a rule set, starting with `reason`; JK_REASON_COUNT if there is none: for (r = jk_reason_next(0,
 * rules); r < JK_REASON_COUNT; r = jk_reason_next(r + 1, rules)) */
enum jk_reason jk_reason_next(int reason, uint32_t rules);
/* The first that applies; JK_REASON_COUNT for none. */
static inline enum jk_reason jk_reasons_first(jk_reasons reasons)
{
    return reasons ? (enum jk_reason)__builtin_ctz(reasons) : JK_REASON_COUNT;
}

#endif
