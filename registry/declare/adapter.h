/* PEFT's adapter_config.json: which model an adapter sits on, and at which revision. Pure. At most 1 MiB. */
#ifndef JK_DECLARE_ADAPTER_H
#define JK_DECLARE_ADAPTER_H

#include "base/error.h"

struct jk_adapter {
    struct jk_span base;     /* base_model_name_or_path; empty for null or absent */
    struct jk_span revision; /* of it; empty for null, absent, or the branch that is meant anyway */
    struct jk_span type;     /* peft_type; empty for absent */
};

JK_MUST_USE enum jk_status jk_adapter_parse(struct jk_span json, struct jk_arena *arena, struct jk_adapter *out_adapter,
                                            struct jk_error *error);

#endif
