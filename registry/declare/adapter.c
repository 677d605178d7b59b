/* See adapter.h. jansson bounds the nesting itself. */
#include "declare/adapter.h"

#include <jansson.h>

static struct jk_span copy_text(const json_t *value, struct jk_arena *arena)
{
    if (!json_is_string(value)) return JK_SPAN("");
    size_t len = json_string_length(value);
    char *copy = jk_arena_copy(arena, json_string_value(value), len);
    return copy ? jk_span_trim((struct jk_span){copy, len}) : JK_SPAN("");
}

enum jk_status jk_adapter_parse(struct jk_span json, struct jk_arena *arena, struct jk_adapter *out_adapter,
                                struct jk_error *error)
{
    if (json.len > JK_ADAPTER_MAX) {
        jk_error_field(error, "adapter_config.json", "it is larger than 1 MiB");
        return jk_error_result(error);
    }
    json_error_t fault;
    json_t *root = json_loadb(json.at ? json.at : "", json.len, 0, &fault);
    if (!root) jk_error_field(error, "adapter_config.json", "line %d: %s", fault.line, fault.text);
    const json_t *base = json_object_get(root, "base_model_name_or_path");
    if (root && !json_is_object(root)) jk_error_field(error, "adapter_config.json", "it must be a JSON object");
    if (base && !json_is_string(base) && !json_is_null(base))
        jk_error_field(error, "adapter_config.json", "base_model_name_or_path must be text or null");
    if (!jk_error_is_set(error))
        *out_adapter =
            (struct jk_adapter){copy_text(base, arena), copy_text(json_object_get(root, "peft_type"), arena)};
    json_decref(root);
    return jk_error_result(error);
}
