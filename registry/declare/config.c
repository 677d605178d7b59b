/* See config.h. */
#include "declare/config.h"

#include "declare/json.h"
#include "declare/weight_head.h"
#include "declare/words.h"

/* quantization_config of transformers, compression_config of older compressed tensors, quantization of MLX. */
static struct jk_span quantization_of(const json_t *root, struct jk_arena *arena)
{
    static const struct {
        const char *key, *method;
    } places[] = {
        {"quantization_config", "quantized"}, {"compression_config", "compressed-tensors"}, {"quantization", "mlx"}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const json_t *place = json_object_get(root, places[i].key);
        if (json_object_size(place) == 0) continue;
        struct jk_span method = jk_declared_json_text(place, "quant_method", arena);
        return method.len > 0 ? method : jk_span_of(places[i].method);
    }
    return JK_SPAN("");
}

struct jk_span jk_config_quantization(const json_t *config, struct jk_arena *arena)
{
    struct jk_span method = quantization_of(config, arena);
    /* A vision model's language part has a configuration of its own. */
    return method.len > 0 ? method : quantization_of(json_object_get(config, "text_config"), arena);
}

enum jk_status jk_config_parse(struct jk_span json, struct jk_arena *arena, struct jk_config *out_config,
                               struct jk_error *error)
{
    struct jk_config config = {0};
    json_t *root = jk_declared_json(json, "config.json", error);
    config.quantization = jk_config_quantization(root, arena);
    config.loaded_from = jk_declared_json_text(root, "_name_or_path", arena);
    json_decref(root);
    if (jk_error_is_set(error)) return jk_error_result(error);
    *out_config = config;
    return JK_OK;
}

bool jk_config_is_packed(struct jk_span safetensors_head)
{
    /* Scales beside the weights, and types that only quantized weights have. */
    static const char *const signs[] = {".weight_scale",    ".scales\"",        ".weight_scb\"",
                                        "_blocks\"",        "\"f8_e4m3\"",      "\"f8_e5m2\"",
                                        "\"dtype\":\"u8\"", "\"dtype\":\"i8\"", "\"dtype\":\"u32\""};
    if (jk_weight_head_names_packed(safetensors_head)) return true;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (jk_words_hold(safetensors_head, signs[i], false)) return true;
    return false;
}
