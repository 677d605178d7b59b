/* How a derivative was made: each has exactly one relation. Pure. Source: registry/formats/lineage.md. */
#ifndef JK_DOMAIN_RELATION_H
#define JK_DOMAIN_RELATION_H

#include "base/span.h"

enum jk_relation {
    JK_RELATION_NONE, /* a base model's releases */
    JK_RELATION_FINETUNE,
    JK_RELATION_ADAPTER,
    JK_RELATION_QUANTIZED,
    JK_RELATION_MERGE,
    JK_RELATION_DISTILL,
    JK_RELATION_CONVERT,
    JK_RELATION_PRUNE,
    JK_RELATION_DRAFT,
    JK_RELATION_COUNT
};

const char *jk_relation_text(enum jk_relation relation); /* "" for NONE */
bool jk_relation_parse(struct jk_span text, enum jk_relation *out_relation);
/* The Hugging Face Hub's four: distill, draft and prune map to finetune, convert to quantized. */
enum jk_relation jk_relation_on_hub(enum jk_relation relation);
/* The one of these four that a word is; NONE for any other. */
enum jk_relation jk_relation_of_hub(struct jk_span word);

#endif
