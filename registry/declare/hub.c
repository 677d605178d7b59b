/* See hub.h. The card's data becomes the tree that its YAML would have given, so that one reader handles both. */
#include "declare/hub.h"

#include "declare/config.h"
#include "declare/json.h"
#include "declare/words.h"

#define NESTED_MAX 8 /* what is used lies at depth 3 */

/* ---- what is looked at ---- */

static const struct jk_json_wanted quantization_wanted[] = {
    {"quantization_config", NULL}, {"compression_config", NULL}, {"quantization", NULL}, {NULL, NULL}};
static const struct jk_json_wanted config_wanted[] = {{"quantization_config", NULL},
                                                      {"compression_config", NULL},
                                                      {"quantization", NULL},
                                                      {"text_config", quantization_wanted},
                                                      {NULL, NULL}};
static const struct jk_json_wanted file_wanted[] = {{"rfilename", NULL}, {"size", NULL}, {"lfs", NULL}, {NULL, NULL}};

const struct jk_json_wanted jk_hub_wanted[] = {
    {"_id", NULL},       {"baseModels", NULL}, {"cardData", NULL},        {"config", config_wanted},
    {"createdAt", NULL}, {"disabled", NULL},   {"gated", NULL},           {"id", NULL},
    {"left_out", NULL},  {"modelId", NULL},    {"lastModified", NULL},    {"library_name", NULL},
    {"private", NULL},   {"sha", NULL},        {"siblings", file_wanted}, {"tags", NULL},
    {NULL, NULL}};

/* ---- the card ---- */

struct tree {
    struct jk_arena *arena;
    size_t nodes;
};

static struct jk_span copy_of(struct jk_arena *arena, const char *text, size_t len)
{
    const char *copy = jk_arena_copy(arena, text, len);
    return copy ? (struct jk_span){copy, len} : JK_SPAN("");
}

/* A scalar as YAML would have it; what is neither text nor number has no use here. */
static struct jk_span scalar_text(const json_t *value, struct jk_arena *arena)
{
    if (json_is_string(value)) return copy_of(arena, json_string_value(value), json_string_length(value));
    if (!json_is_number(value)) return JK_SPAN("");
    const char *text = json_is_integer(value)
                           ? jk_arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value))
                           : jk_arena_printf(arena, "%g", json_real_value(value));
    return text ? jk_span_of(text) : JK_SPAN("");
}

static struct jk_yaml *tree_of(struct tree *tree, const json_t *value, unsigned depth);

static void hang(struct jk_yaml *parent, struct jk_yaml **last, struct jk_yaml *node)
{
    if (!node) return;
    if (*last)
        (*last)->next = node;
    else
        parent->first = node;
    *last = node;
    parent->count++;
}

static void add_members(struct tree *tree, struct jk_yaml *node, const json_t *value, unsigned depth)
{
    struct jk_yaml *last = NULL;
    const char *key;
    size_t index;
    json_t *inner;
    if (json_is_array(value)) {
        json_array_foreach(value, index, inner) hang(node, &last, tree_of(tree, inner, depth + 1));
        return;
    }
    json_object_foreach((json_t *)value, key, inner)
    {
        struct jk_yaml *member = tree_of(tree, inner, depth + 1);
        if (member) member->key = copy_of(tree->arena, key, strlen(key));
        hang(node, &last, member);
    }
}

/* NULL past the limits: what is left out is then not used, or the record belongs to nobody. */
static struct jk_yaml *tree_of(struct tree *tree, const json_t *value, unsigned depth)
{
    if (depth == NESTED_MAX || ++tree->nodes > JK_YAML_NODES_MAX) return NULL;
    struct jk_yaml *node = jk_arena_zalloc(tree->arena, 1, sizeof *node);
    if (!node) return NULL;
    node->line = 1;
    node->kind = json_is_object(value) ? JK_YAML_MAPPING : json_is_array(value) ? JK_YAML_SEQUENCE : JK_YAML_SCALAR;
    node->quoted = json_is_string(value);
    if (node->kind == JK_YAML_SCALAR)
        node->text = scalar_text(value, tree->arena);
    else
        add_members(tree, node, value, depth);
    return node;
}

/* Of more files than there is room for, those that say something. */
static void read_files(struct jk_hub *hub, const json_t *root, struct jk_arena *arena)
{
    const json_t *siblings = json_object_get(root, "siblings");
    size_t count = json_array_size(siblings), index;
    bool crowded = count > JK_FILES_MAX;
    json_t *sibling;
    hub->files.items = jk_arena_zalloc(arena, (crowded ? JK_FILES_MAX : count) + 1, sizeof *hub->files.items);
    if (!hub->files.items) return;
    json_array_foreach(siblings, index, sibling)
    {
        const json_t *size = json_object_get(sibling, "size"), *name = json_object_get(sibling, "rfilename");
        struct jk_span shown = {json_string_value(name), json_string_length(name)};
        if (crowded && (hub->files.count == JK_FILES_MAX || jk_file_kind(shown) == JK_FILE_OTHER)) continue;
        struct jk_file file = {.name = jk_declared_json_text(sibling, "rfilename", arena)};
        if (json_is_integer(size) && json_integer_value(size) > 0) file.size = (uint64_t)json_integer_value(size);
        if (file.name.len > 0) hub->files.items[hub->files.count++] = file;
    }
}

void jk_hub_read(const json_t *root, struct jk_arena *arena, struct jk_hub *out_hub, struct jk_error *error)
{
    *out_hub = (struct jk_hub){.id = jk_declared_json_text(root, "id", arena)};
    if (out_hub->id.len == 0) out_hub->id = jk_declared_json_text(root, "modelId", arena);
    struct tree tree = {.arena = arena};
    const json_t *data = json_object_get(root, "cardData");
    out_hub->card.doubts.arena = arena;
    if (json_is_object(data))
        out_hub->has_card = jk_card_read(tree_of(&tree, data, 0), arena, &out_hub->card, error) == JK_OK;
    const json_t *tags = json_object_get(root, "tags");
    size_t index;
    json_t *tag;
    json_array_foreach(tags, index, tag) jk_card_add_tag(&out_hub->card, scalar_text(tag, arena));
    if (out_hub->card.library.len == 0) out_hub->card.library = jk_declared_json_text(root, "library_name", arena);
    /* baseModels: {"relation": "quantized", "models": [{"id": "org/name"}]} */
    const json_t *bases = json_object_get(root, "baseModels");
    json_t *model;
    out_hub->relation = jk_declared_json_text(bases, "relation", arena);
    json_array_foreach(json_object_get(bases, "models"), index, model)
        jk_names_add(&out_hub->parents, jk_declared_json_text(model, "id", arena));
    read_files(out_hub, root, arena);
    out_hub->quantization = jk_config_quantization(json_object_get(root, "config"), arena);
}

enum jk_status jk_hub_parse(struct jk_span json, struct jk_arena *arena, struct jk_hub *out_hub, struct jk_error *error)
{
    json_t *root = jk_declared_json(json, "hub_model", error);
    if (!root) return jk_error_result(error);
    size_t files = json_array_size(json_object_get(root, "siblings"));
    jk_hub_read(root, arena, out_hub, error);
    json_decref(root);
    if (files > JK_FILES_MAX)
        jk_error_field(error, "hub_model", "siblings: it lists %zu files; at most 10,000 are allowed", files);
    return jk_error_result(error);
}
