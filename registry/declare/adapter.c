/* See adapter.h. */
#include "declare/adapter.h"

#include "declare/json.h"

static struct jk_span revision_of(const json_t *root, struct jk_arena *arena)
{
    struct jk_span revision = jk_declared_json_text(root, "revision", arena);
    bool newest = jk_span_equal(revision, JK_SPAN("main")) || jk_span_equal(revision, JK_SPAN("master"));
    return newest ? JK_SPAN("") : revision;
}

enum jk_status jk_adapter_parse(struct jk_span json, struct jk_arena *arena, struct jk_adapter *out_adapter,
                                struct jk_error *error)
{
    json_t *root = jk_declared_json_unique(json, "adapter_config.json", error);
    const json_t *base = json_object_get(root, "base_model_name_or_path");
    if (base && !json_is_string(base) && !json_is_null(base))
        jk_error_field(error, "adapter_config.json", "base_model_name_or_path must be text or null");
    if (!jk_error_is_set(error))
        *out_adapter = (struct jk_adapter){jk_declared_json_text(root, "base_model_name_or_path", arena),
                                           revision_of(root, arena), jk_declared_json_text(root, "peft_type", arena)};
    json_decref(root);
    return jk_error_result(error);
}
