/* The words of the reasons, from reason.def. */
#include "domain/reason.h"

static const struct {
    const char *word, *english, *korean;
} reasons[JK_REASON_COUNT] = {
#define JK_REASON(name, word, english, korean) {word, english, korean},
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
