/* The relations' words. Pure: two constant tables. */
#include "domain/relation.h"

#define WORD(text)                                                                                                     \
    {                                                                                                                  \
        (text), sizeof(text) - 1                                                                                       \
    }
static const struct jk_span words[JK_RELATION_COUNT] = {
    [JK_RELATION_NONE] = WORD(""),           [JK_RELATION_FINETUNE] = WORD("finetune"),
    [JK_RELATION_ADAPTER] = WORD("adapter"), [JK_RELATION_QUANTIZED] = WORD("quantized"),
    [JK_RELATION_MERGE] = WORD("merge"),     [JK_RELATION_DISTILL] = WORD("distill"),
    [JK_RELATION_CONVERT] = WORD("convert"), [JK_RELATION_PRUNE] = WORD("prune"),
    [JK_RELATION_DRAFT] = WORD("draft"),
};
#undef WORD

const char *jk_relation_text(enum jk_relation relation)
{
    return (unsigned)relation < JK_RELATION_COUNT ? words[relation].at : "";
}

bool jk_relation_parse(struct jk_span text, enum jk_relation *out_relation)
{
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++) {
        if (!jk_span_equal(text, words[i])) continue;
        *out_relation = (enum jk_relation)i;
        return true;
    }
    return false;
}

enum jk_relation jk_relation_on_hub(enum jk_relation relation)
{
    switch (relation) {
    case JK_RELATION_DISTILL:
    case JK_RELATION_DRAFT:
    case JK_RELATION_PRUNE:
        return JK_RELATION_FINETUNE;
    case JK_RELATION_CONVERT:
        return JK_RELATION_QUANTIZED;
    default:
        return relation;
    }
}

enum jk_relation jk_relation_of_hub(struct jk_span word)
{
    enum jk_relation relation;
    bool good = jk_relation_parse(word, &relation) && jk_relation_on_hub(relation) == relation;
    return good ? relation : JK_RELATION_NONE;
}
