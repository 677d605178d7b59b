/* The words of the reasons, from reason.def. */
#include "domain/reason.h"

static const struct {
    uint32_t since; /* rule set */
    const char *word, *english, *korean;
} reasons[JK_REASON_COUNT] = {
#define JK_REASON(name, since, word, english, korean) {since, word, english, korean},
#include "domain/reason.def"
#undef JK_REASON
};

const char *jk_reason_word(enum jk_reason reason)
{
    return (unsigned)reason < JK_REASON_COUNT ? reasons[reason].word : "counted";
}

const char *jk_reason_english(enum jk_reason reason)
{
    return (unsigned)reason < JK_REASON_COUNT ? reasons[reason].english : "";
}

const char *jk_reason_korean(enum jk_reason reason)
{
    return (unsigned)reason < JK_REASON_COUNT ? reasons[reason].korean : "";
}

bool jk_reason_parse(struct jk_span word, enum jk_reason *out_reason)
{
    for (int i = 0; i < JK_REASON_COUNT; i++) {
        if (!jk_span_equal(word, jk_span_of(reasons[i].word))) continue;
        *out_reason = (enum jk_reason)i;
        return true;
    }
    return false;
}

jk_reasons jk_reasons_of(uint32_t rules)
{
    jk_reasons found = 0;
    for (int i = 0; i < JK_REASON_COUNT; i++)
        if (reasons[i].since <= rules) found |= (jk_reasons)1 << i;
    return found;
}

enum jk_reason jk_reason_next(int reason, uint32_t rules)
{
    while (reason < JK_REASON_COUNT && reasons[reason].since > rules)
        reason++;
    return (enum jk_reason)reason;
}
