/* How a model was made, where its card does not say: by the tags, files and names that publishers use. Pure. The rules
 * stand in order in infer.c; the first that fits wins, and says which it was. */
#ifndef JK_DECLARE_INFER_H
#define JK_DECLARE_INFER_H

#include "declare/card.h"
#include "domain/relation.h"

struct jk_signs {
    const struct jk_card *card; /* may be NULL */
    struct jk_span name;        /* of the model, publisher/model; may be empty */
    bool adapter_config, mergekit_config, gguf_files;
    size_t parents;
};

/* `out_why` is a phrase such as "tag peft", static or in the card's arena's life. */
void jk_infer_relation(const struct jk_signs *signs, enum jk_relation *out_relation, const char **out_why);
/* Whether a model's name tells that its weights are quantized. */
bool jk_infer_name_is_quantized(struct jk_span name);

#endif
