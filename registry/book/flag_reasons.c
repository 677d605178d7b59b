/* See flag_reasons.h. */
#include "book/flag_reasons.h"

struct flag_reason {
    uint32_t flag;
    jk_reasons reason;
};

static jk_reasons reasons_by(const struct flag_reason *rules, size_t count, uint32_t flags)
{
    jk_reasons found = 0;
    for (size_t i = 0; i < count; i++)
        if (flags & rules[i].flag) found |= rules[i].reason;
    return found;
}

/* Whatever the rule set. */
static jk_reasons lasting_reasons(const struct jk_policy *policy, uint32_t flags)
{
    static const struct flag_reason rules[] = {
        {JK_FLAG_YANKED, JK_REASON_BIT(YANKED)},
        {JK_FLAG_NOT_PROGRAMME, JK_REASON_BIT(NOT_PROGRAMME)},
        {JK_FLAG_FOREIGN_BASE, JK_REASON_BIT(FOREIGN_BASE)},
        {JK_FLAG_SELF, JK_REASON_BIT(SELF)},
        {JK_FLAG_AFFILIATE, JK_REASON_BIT(AFFILIATE)},
        {JK_FLAG_NO_LICENSE_TEXT, JK_REASON_BIT(NO_LICENSE_TEXT)},
        {JK_FLAG_UNVERIFIED, JK_REASON_BIT(UNVERIFIED)},
    };
    jk_reasons found = reasons_by(rules, sizeof rules / sizeof *rules, flags);
    if ((flags & JK_FLAG_FROM_SCRATCH_UNKNOWN) && !policy->unknown_passes) found |= JK_REASON_BIT(FOREIGN_BASE);
    if (flags & (policy->lenient ? JK_FLAG_NAMING_LENIENT : JK_FLAG_NAMING_LITERAL)) found |= JK_REASON_BIT(NAMING);
    return found;
}

static jk_reasons first_rules(uint32_t flags)
{
    static const struct flag_reason rules[] = {
        {JK_FLAG_EXCLUDED, JK_REASON_BIT(EXCLUDED)},
        {JK_FLAG_NO_ARTIFACT, JK_REASON_BIT(NO_ARTIFACT)},
        {JK_FLAG_LICENSE_CONFLICT, JK_REASON_BIT(LICENSE_CONFLICT)},
    };
    return reasons_by(rules, sizeof rules / sizeof *rules, flags);
}

static jk_reasons second_rules(const struct jk_policy *policy, bool declared, uint32_t flags)
{
    const struct flag_reason rules[] = {
        {JK_FLAG_EXCLUDED_PAIR, JK_REASON_BIT(EXCLUDED)},
        {JK_FLAG_ADOPTED_ONLY, JK_REASON_BIT(ADOPTED_PATH)},
        {policy->held ? JK_FLAG_NOT_HELD : JK_FLAG_NO_ARTIFACT, JK_REASON_BIT(NO_ARTIFACT)},
        {declared ? JK_FLAG_DECLARED_KNOWN_CONFLICT : JK_FLAG_KNOWN_CONFLICT, JK_REASON_BIT(LICENSE_CONFLICT)},
    };
    return reasons_by(rules, sizeof rules / sizeof *rules, flags);
}

void jk_flag_reasons_fill(struct jk_flag_reasons *table, const struct jk_policy *policy, bool declared)
{
    for (uint32_t i = 0; i < JK_FLAG_BYTES * 256; i++) {
        uint32_t flags = (i & 255) << (i >> 8) * 8;
        table->of[i >> 8][i & 255] = lasting_reasons(policy, flags) |
                                     (policy->rules == 1 ? first_rules(flags) : second_rules(policy, declared, flags));
    }
}
