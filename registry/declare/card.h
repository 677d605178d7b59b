/* The front matter of a model card, as the Hugging Face Hub defines it. Pure; spans are in the arena. Only one block
 * between two "---" lines counts; what a card's body says (a mergekit recipe, say) does not. It should be at the top: a
 * byte order mark, empty lines and spaces before the first "---" are tolerated. If there is none at the top, the first
 * block further down that looks like one (in an HTML comment, below a title) is used, with a doubt. Common variants of
 * keys ("License", "base_models") are recognised, also with a doubt. Limits: 1 MiB of front matter, 64 parents, 64
 * licences, 1,024 tags (of any more, only those about parents are read). */
#ifndef JK_DECLARE_CARD_H
#define JK_DECLARE_CARD_H

#include "base/error.h"
#include "declare/doubts.h"
#include "declare/parents.h"
#include "declare/yaml.h"

#define JK_CARD_FRONT_MAX (1u << 20)
#define JK_CARD_TAGS_MAX  1024

struct jk_card {
    bool front_matter;                                       /* whether there was one */
    struct jk_names parents;                                 /* of base_model */
    struct jk_names tag_parents;                             /* of tags such as base_model:quantized:org/name */
    struct jk_span tag_relation;                             /* "quantized" of such a tag; empty for none */
    struct jk_span tag_license;                              /* "mit" of the tag license:mit */
    struct jk_span relation, license_name, library, version; /* empty for absent */
    struct jk_span quantized_by;                             /* who quantized it, where the card says so */
    struct jk_names licenses;                                /* of license: usually one */
    struct jk_span tags[JK_CARD_TAGS_MAX];
    size_t tag_count;
    struct jk_doubts doubts;
};

/* INVALID_ARGUMENT with a violation for each mistake (fields as in the card). If the front matter could be read,
 * *out_card then has all that is not mistaken, so that whatever else is wrong can be told as well; else it is left. */
JK_MUST_USE enum jk_status jk_card_parse(struct jk_span text, struct jk_arena *arena, struct jk_card *out_card,
                                         struct jk_error *error);
/* The same from the mapping that the front matter is; NULL for an empty one. */
JK_MUST_USE enum jk_status jk_card_read(const struct jk_yaml *root, struct jk_arena *arena, struct jk_card *out_card,
                                        struct jk_error *error);
/* The key of those about parents and licences that a written one is, or is a variant of; NULL for others. */
const char *jk_card_key(struct jk_span written);
/* Adds a tag, and what it says of parents, relation and licence. */
void jk_card_add_tag(struct jk_card *card, struct jk_span tag);
bool jk_card_has_tag(const struct jk_card *card, const char *tag);

#endif
