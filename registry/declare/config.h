/* A model's config.json: how its weights are quantized, and where it was loaded from. Pure; spans are in the arena. At
 * most 1 MiB. */
#ifndef JK_DECLARE_CONFIG_H
#define JK_DECLARE_CONFIG_H

#include <jansson.h>

#include "base/error.h"

struct jk_config {
    struct jk_span quantization; /* "awq", "mlx", …; "quantized" where the method has no name; empty for none */
    struct jk_span loaded_from;  /* _name_or_path */
};

JK_MUST_USE enum jk_status jk_config_parse(struct jk_span json, struct jk_arena *arena, struct jk_config *out_config,
                                           struct jk_error *error);
/* How the weights are quantized by a configuration that is parsed already, which a hub may tell only in part. */
struct jk_span jk_config_quantization(const json_t *config, struct jk_arena *arena);
/* Whether a safetensors file holds packed weights, by its header or the beginning of it: names and types of tensors
 * that only quantized models have. */
bool jk_config_is_packed(struct jk_span safetensors_head);

#endif
