/* See mergekit.h. Forms: models: [{model: A}], slices: [{sources: [{model: A}]}], experts: [{source_model: A}]. */
#include "declare/mergekit.h"

#include "declare/yaml.h"

/* "A", "A+lora", or {model: {path: A}} as newer recipes may write. */
static void add_model(struct jk_mergekit *recipe, const struct jk_yaml *node)
{
    const struct jk_yaml *inner = node;
    if (node && node->kind == JK_YAML_MAPPING) {
        const struct jk_yaml *model = jk_yaml_member(node, "model");
        inner = model && model->kind == JK_YAML_MAPPING ? jk_yaml_member(model, "path") : model;
    }
    struct jk_span rest = jk_yaml_text(inner), name;
    while (rest.len > 0) {
        (void)jk_span_cut(&rest, '+', &name);
        jk_names_add(&recipe->parents, jk_span_trim(name));
    }
}

static void add_list(struct jk_mergekit *recipe, const struct jk_yaml *list, const char *key)
{
    if (!list || list->kind != JK_YAML_SEQUENCE) return;
    for (const struct jk_yaml *item = list->first; item; item = item->next)
        add_model(recipe, jk_yaml_member(item, key));
}

enum jk_status jk_mergekit_parse(struct jk_span text, struct jk_arena *arena, struct jk_mergekit *out_recipe,
                                 struct jk_error *error)
{
    struct jk_error yaml;
    jk_error_init(&yaml, NULL);
    const struct jk_yaml *root;
    if (jk_yaml_parse(text, 1, arena, &root, &yaml) != JK_OK)
        jk_error_field(error, "mergekit_config", "%s", yaml.message);
    else if (root && root->kind != JK_YAML_MAPPING)
        jk_error_field(error, "mergekit_config", "it must be a mapping");
    if (jk_error_is_set(error)) return jk_error_result(error);
    struct jk_mergekit recipe = {.method = jk_yaml_text(jk_yaml_member(root, "merge_method"))};
    const struct jk_yaml *slices = jk_yaml_member(root, "slices");
    add_list(&recipe, jk_yaml_member(root, "models"), "model");
    for (const struct jk_yaml *slice = slices ? slices->first : NULL; slice; slice = slice->next)
        add_list(&recipe, jk_yaml_member(slice, "sources"), "model");
    add_list(&recipe, jk_yaml_member(root, "experts"), "source_model");
    add_model(&recipe, jk_yaml_member(root, "base_model"));
    if (recipe.parents.dropped > 0)
        jk_error_field(error, "mergekit_config", "it names more than 64 models; 64 parents is the most");
    if (jk_error_is_set(error)) return jk_error_result(error);
    *out_recipe = recipe;
    return JK_OK;
}
