/* How a model was made, if nothing declares it: inferred from its files, its recipe, its name, its tags, its library,
 * in this order. Pure. The rows are in one table in infer.c; the first match wins and says which it was, and later rows
 * that disagree are reported. */
#ifndef JK_DECLARE_INFER_H
#define JK_DECLARE_INFER_H

#include "declare/card.h"
#include "domain/relation.h"

#define JK_INFER_OTHERS_MAX 16

/* Files by their names, as gather.h has them; NULL for none. */
struct jk_signs {
    const struct jk_card *card; /* may be NULL */
    struct jk_span name;        /* of the model, publisher/model; may be empty */
    const char *gguf_weights, *gguf_adapter, *adapter_weights, *weights;
    const char *converted;       /* "ONNX": the format of converted weights */
    const char *recipe;          /* mergekit's */
    struct jk_span quantization; /* of weights that are packed */
    bool adapter_config;
    bool packed_tensors, adapter_tensors; /* as the head of the weights has them */
    const struct jk_names *parents;
};

/* `why` is a phrase such as "tag peft", static or in the life of the signs. */
struct jk_inferred {
    enum jk_relation relation;
    const char *why;
};

struct jk_inference {
    struct jk_inferred first;
    struct jk_inferred others[JK_INFER_OTHERS_MAX]; /* that say otherwise, but for the default */
    size_t other_count;
};

void jk_infer_relation(const struct jk_signs *signs, struct jk_inference *out_inference);
/* Whether a model's name tells that its weights are quantized. */
bool jk_infer_name_is_quantized(struct jk_span name);
/* The relation that a word means, in the spellings that cards have: "LoRA", "fine-tuned", "quantization". */
bool jk_infer_word(struct jk_span word, enum jk_relation *out_relation);

#endif
