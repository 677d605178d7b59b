/* The front matter of a model card, as the Hugging Face Hub has it. Pure; spans lie in the arena. Only the block
 * between the first two "---" lines counts; what a card's body says (a mergekit recipe, say) does not. A byte order
 * mark, empty lines and spaces before the first "---" are tolerated. Limits: 256 KiB of front matter, 64 parents, 256
 * tags (more are not read). */
#ifndef JK_DECLARE_CARD_H
#define JK_DECLARE_CARD_H

#include "base/error.h"
#include "declare/parents.h"

#define JK_CARD_FRONT_MAX (256u << 10)
#define JK_CARD_TAGS_MAX  256

struct jk_card {
    bool front_matter;           /* whether there was one */
    struct jk_names parents;     /* of base_model */
    struct jk_names tag_parents; /* of tags such as base_model:quantized:org/name */
    struct jk_span tag_relation; /* "quantized" of such a tag; empty for none */
    struct jk_span relation, license, license_name, license_link, library, pipeline, version; /* empty for absent */
    struct jk_span tags[JK_CARD_TAGS_MAX];
    size_t tag_count;
    bool several_licenses; /* the first of a list was taken */
};

/* INVALID_ARGUMENT with a violation for each mistake (fields as in the card). */
JK_MUST_USE enum jk_status jk_card_parse(struct jk_span text, struct jk_arena *arena, struct jk_card *out_card,
                                         struct jk_error *error);
bool jk_card_has_tag(const struct jk_card *card, const char *tag);

#endif
