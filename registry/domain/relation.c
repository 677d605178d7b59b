/* The relations' words. Pure: two constant tables. */
#include "domain/relation.h"

static const char *const words[JK_RELATION_COUNT] = {
    [JK_RELATION_NONE] = "",           [JK_RELATION_FINETUNE] = "finetune",
    [JK_RELATION_ADAPTER] = "adapter", [JK_RELATION_QUANTIZED] = "quantized",
    [JK_RELATION_MERGE] = "merge",     [JK_RELATION_DISTILL] = "distill",
    [JK_RELATION_CONVERT] = "convert", [JK_RELATION_PRUNE] = "prune",
    [JK_RELATION_DRAFT] = "draft",
};

const char *jk_relation_text(enum jk_relation relation)
{
    return (unsigned)relation < JK_RELATION_COUNT ? words[relation] : "";
}

bool jk_relation_parse(struct jk_span text, enum jk_relation *out_relation)
{
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++) {
        if (!jk_span_equal(text, jk_span_of(words[i]))) continue;
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
