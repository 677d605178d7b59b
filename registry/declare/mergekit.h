/* mergekit's recipe (mergekit_config.yml): which models a merge was made from. Pure; spans lie in the arena. */
#ifndef JK_DECLARE_MERGEKIT_H
#define JK_DECLARE_MERGEKIT_H

#include "base/error.h"
#include "declare/parents.h"

struct jk_mergekit {
    struct jk_names parents; /* of models, slices, experts and base_model; "model+lora" is two */
    struct jk_span method;   /* merge_method; empty for absent */
};

JK_MUST_USE enum jk_status jk_mergekit_parse(struct jk_span text, struct jk_arena *arena,
                                             struct jk_mergekit *out_recipe, struct jk_error *error);

#endif
