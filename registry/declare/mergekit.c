/* See mergekit.h. Forms of a model: A, A@revision, A+lora, {model: A}, {source_model: A}, {path: A, revision: R},
 * {model: {path: A}, lora: {path: L}}, and each of them within another. */
#include "declare/mergekit.h"

#include "declare/yaml.h"

#define NESTED_MAX 5

struct recipe {
    struct jk_arena *arena;
    struct jk_names parents, made; /* made: names of earlier documents */
};

static void add_text(struct recipe *recipe, struct jk_span rest)
{
    struct jk_span name;
    while (rest.len > 0) {
        (void)jk_span_cut(&rest, '+', &name);
        jk_names_add(&recipe->parents, name);
    }
}

static void add_model(struct recipe *recipe, const struct jk_yaml *node, unsigned depth)
{
    static const char *const inner[] = {"model", "source_model", "lora", "adapter"};
    if (!node || depth == NESTED_MAX) return;
    if (node->kind == JK_YAML_SCALAR) add_text(recipe, jk_yaml_text(node));
    if (node->kind == JK_YAML_SEQUENCE)
        for (const struct jk_yaml *item = node->first; item; item = item->next)
            add_model(recipe, item, depth + 1);
    if (node->kind != JK_YAML_MAPPING) return;
    /* {path: A, revision: R} */
    struct jk_span path = jk_yaml_text(jk_yaml_member(node, "path")),
                   revision = jk_yaml_text(jk_yaml_member(node, "revision"));
    const char *both = path.len > 0 && revision.len > 0
                           ? jk_arena_printf(recipe->arena, "%.*s@%.*s", JK_SPAN_ARG(path), JK_SPAN_ARG(revision))
                           : NULL;
    add_text(recipe, both ? jk_span_of(both) : path);
    for (size_t i = 0; i < sizeof inner / sizeof inner[0]; i++)
        add_model(recipe, jk_yaml_member(node, inner[i]), depth + 1);
}

static void add_list(struct recipe *recipe, const struct jk_yaml *list)
{
    if (!list || list->kind != JK_YAML_SEQUENCE) return;
    for (const struct jk_yaml *item = list->first; item; item = item->next)
        add_model(recipe, item, 0);
}

/* One merge: a document, a module of it, or what an evolution starts from. */
static void add_merge(struct recipe *recipe, const struct jk_yaml *merge)
{
    const struct jk_yaml *slices = jk_yaml_member(merge, "slices");
    add_list(recipe, jk_yaml_member(merge, "models"));
    for (const struct jk_yaml *slice = slices ? slices->first : NULL; slice; slice = slice->next)
        add_list(recipe, jk_yaml_member(slice, "sources"));
    add_list(recipe, jk_yaml_member(merge, "experts"));
    add_list(recipe, jk_yaml_member(merge, "shared_experts"));
    add_model(recipe, jk_yaml_member(merge, "base_model"), 0);
}

static void add_document(struct recipe *recipe, const struct jk_yaml *root)
{
    const struct jk_yaml *modules = jk_yaml_member(root, "modules");
    if (modules && modules->kind != JK_YAML_SCALAR)
        for (const struct jk_yaml *module = modules->first; module; module = module->next)
            add_merge(recipe, module);
    add_merge(recipe, jk_yaml_member(root, "genome"));
    add_merge(recipe, root);
    jk_names_add(&recipe->made, jk_yaml_text(jk_yaml_member(root, "name")));
}

static void read_documents(const struct jk_yaml_documents *documents, struct jk_arena *arena,
                           struct jk_mergekit *out_recipe, struct jk_error *error)
{
    struct recipe recipe = {.arena = arena};
    for (size_t i = 0; i < documents->count; i++) {
        const struct jk_yaml *root = documents->roots[i];
        if (root->kind != JK_YAML_MAPPING) {
            jk_error_field(error, "mergekit_config", "line %u: it must be a mapping", root->line);
            return;
        }
        add_document(&recipe, root);
        struct jk_span method = jk_yaml_text(jk_yaml_member(root, "merge_method"));
        if (method.len > 0) out_recipe->method = method;
    }
    /* The parents that are no merge of an earlier document. */
    for (size_t i = 0; i < recipe.parents.count; i++)
        if (!jk_names_hold(&recipe.made, recipe.parents.items[i]))
            jk_names_add(&out_recipe->parents, recipe.parents.items[i]);
    if (recipe.parents.dropped > 0)
        jk_error_field(error, "mergekit_config", "it names more than 64 models; at most 64 parents are allowed");
}

enum jk_status jk_mergekit_parse(struct jk_span text, struct jk_arena *arena, struct jk_mergekit *out_recipe,
                                 struct jk_error *error)
{
    struct jk_error yaml;
    struct jk_yaml_documents documents;
    struct jk_mergekit recipe = {0};
    jk_error_init(&yaml, NULL);
    if (jk_yaml_parse_all(text, 1, arena, &documents, &yaml) != JK_OK)
        jk_error_field(error, "mergekit_config", "%s", yaml.message);
    else
        read_documents(&documents, arena, &recipe, error);
    if (jk_error_is_set(error)) return jk_error_result(error);
    *out_recipe = recipe;
    return JK_OK;
}
