/* From a model's files to what each of them declares. Pure; everything is in the arena. What cannot be read is
 * reported: a card, configuration or recipe as a mistake; a GGUF file, which is only supplementary, as a doubt. */
#ifndef JK_DECLARE_GATHER_H
#define JK_DECLARE_GATHER_H

#include "declare/adapter.h"
#include "declare/card.h"
#include "declare/files.h"
#include "declare/gguf.h"
#include "declare/weight_head.h"
#include "declare/hub.h"
#include "declare/mergekit.h"

/* The files that exist. */
struct jk_sources {
    struct jk_card card;
    struct jk_adapter adapter;
    struct jk_mergekit mergekit;
    struct jk_gguf gguf;
    struct jk_hub hub;
    bool has_card, has_adapter, has_mergekit, has_gguf, has_hub;
    bool unread; /* something that might name parents was refused, which is already reported */
    struct jk_names gguf_parents;
    const char *card_file, *recipe_file, *gguf_file; /* their names; NULL for none */
    /* What the files are, by names and heads; NULL or empty for no such thing. */
    const char *gguf_weights, *gguf_adapter, *adapter_weights, *weights, *converted;
    struct jk_span loaded_from; /* config.json's _name_or_path */
    struct jk_weight_head
        head;              /* of the weights, whose head was given and could be read: adapter and packed by tensors */
    const char *head_file; /* NULL: none */
    struct jk_span quantization; /* config.json's quantization method, where the weights are packed so */
    struct jk_doubts doubts;
};

/* Files with their bytes, and the Hub's record of the model (empty for none). */
void jk_gather(const struct jk_files *files, struct jk_span hub_model, struct jk_arena *arena,
               struct jk_sources *out_sources, struct jk_error *mistakes);
/* From the Hub's record, which is parsed already, and the bytes of files that it lists. */
void jk_gather_hub(const json_t *hub_model, const struct jk_files *files, struct jk_arena *arena,
                   struct jk_sources *out_sources, struct jk_error *mistakes);

#endif
