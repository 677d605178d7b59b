/* mergekit's recipes: which models a merge was made from. Pure; spans are in the arena. */
#ifndef JK_DECLARE_MERGEKIT_H
#define JK_DECLARE_MERGEKIT_H

#include "base/error.h"
#include "declare/parents.h"

struct jk_mergekit {
    /* Of models, slices, experts, shared_experts, modules, a genome and base_model, of all documents; "model+lora" is
     * two. What one document makes and a later one uses is no parent. */
    struct jk_names parents;
    struct jk_span method; /* merge_method of the last document; empty for absent */
};

JK_MUST_USE enum jk_status jk_mergekit_parse(struct jk_span text, struct jk_arena *arena,
                                             struct jk_mergekit *out_recipe, struct jk_error *error);

#endif
