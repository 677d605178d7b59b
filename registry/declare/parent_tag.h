/* The Hub's tags that name a parent: base_model:ORG/NAME, and base_model:RELATION:ORG/NAME. Pure. */
#ifndef JK_DECLARE_PARENT_TAG_H
#define JK_DECLARE_PARENT_TAG_H

#include "domain/relation.h"

struct jk_parent_tag {
    struct jk_span name;       /* as written: publisher/model, or a URL */
    struct jk_span word;       /* between the colons; empty for none */
    enum jk_relation relation; /* that word, if it is one of the Hub's four; else NONE */
};

/* The spans are the tag's. False: it names no parent. */
bool jk_parent_tag_read(struct jk_span tag, struct jk_parent_tag *out_tag);

#endif
