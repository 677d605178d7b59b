#include "web/pages/tree.h"

#include <jokbo/v1/registry.pb-c.h>

#include "reply/json.h"
#include "reply/message.h"
#include "web/pages/parameters.h"
#include "web/pages/parts.h"

#define CHILDREN      20 /* of one model on a page */
#define OPEN_MAX      8
#define STEPS_UP      64
#define ANCESTORS_MAX 100

struct node {
    char *name;
    Jokbo__V1__Relation relation;
    int64_t child_count;
    bool yanked, open;
    struct node *children;
    size_t count;
    int64_t total;
    char *next_token;
};

struct tree {
    struct node root;
    struct node *waiting[1 + OPEN_MAX]; /* whose children are asked for, in this order */
    size_t asked, answered;
    struct jk_span open[OPEN_MAX];
    size_t open_count;
    struct jk_shown *family, *rows;
};

/* ---- up ---- */

static void show_ancestor(struct jk_web_page *page, struct jk_shown *list, const Jokbo__V1__LineageNode *node)
{
    struct jk_shown *row = jk_shown_map(list, NULL);
    struct jk_span name = jk_span_of(node->name), version = name;
    jk_shown_string(row, "ancestor", node->name);
    (void)jk_span_cut(&version, '@', &name);
    if (!node->external) jk_shown_text(row, "registered_as", name);
    jk_shown_flag(row, "ancestor_is_base", node->is_base);
    jk_shown_flag(row, "ancestor_yanked", node->yanked);
    jk_part_word(page, row, "made_by", "relation", &jokbo__v1__relation__descriptor, (int)node->relation);
}

/* The farthest first, so that what something was made from stands above it. */
static void fold_ancestors(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__Lineage *lineage = (const Jokbo__V1__Lineage *)reply;
    struct tree *tree = page->state;
    struct jk_shown *levels = jk_shown_list(tree->family, "levels");
    for (int32_t steps = STEPS_UP; steps > 0; steps--) {
        struct jk_shown *nodes = NULL;
        for (size_t i = 0; i < lineage->n_nodes; i++) {
            if (lineage->nodes[i]->distance != -steps) continue;
            if (!nodes) {
                struct jk_shown *level = jk_shown_map(levels, NULL);
                jk_shown_number(level, "steps", steps);
                nodes = jk_shown_list(level, "ancestors");
            }
            show_ancestor(page, nodes, lineage->nodes[i]);
        }
    }
    jk_shown_flag(tree->family, "cut_off", lineage->truncated);
}

static void ask_ancestors(struct jk_web_page *page)
{
    struct tree *tree = page->state;
    Jokbo__V1__GetLineageRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__GetLineageRequest, jokbo__v1__get_lineage_request);
    if (!request) return;
    request->name = tree->root.name;
    request->direction = JOKBO__V1__LINEAGE_DIRECTION__LINEAGE_DIRECTION_UP;
    request->max_depth = STEPS_UP;
    request->max_nodes = ANCESTORS_MAX;
    jk_web_page_ask(page, "/jokbo.v1.Registry/GetLineage", request, fold_ancestors);
}

/* ---- down: the tree as lists in lists, a row for each model ---- */

static void add_open(struct jk_text *url, struct jk_span name)
{
    jk_text_add_str(url, url->len > 0 ? "&open=" : "open=");
    jk_percent_encode(url, name, "&+#=?", true);
}

/* Where this page leads with one model more open, or without it: ?open= of all others. */
static void add_open_link(struct jk_shown *row, const struct tree *tree, const struct node *node)
{
    struct jk_text url;
    jk_text_init(&url, 16384);
    for (size_t i = 0; i < tree->open_count; i++)
        if (!jk_span_equal_fold(tree->open[i], jk_span_of(node->name))) add_open(&url, tree->open[i]);
    if (!node->open) add_open(&url, jk_span_of(node->name));
    jk_shown_text(row, "open_query", jk_text_span(&url));
    jk_text_done(&url);
}

static void show_node(struct jk_web_page *page, const struct node *node, size_t closes);

static void show_children(struct jk_web_page *page, const struct node *parent, size_t closes)
{
    for (size_t i = 0; i < parent->count; i++)
        show_node(page, &parent->children[i], i + 1 == parent->count ? closes : 0);
}

/* `closes`: how many lists end after it, besides its own. */
static void show_node(struct jk_web_page *page, const struct node *node, size_t closes)
{
    struct tree *tree = page->state;
    struct jk_shown *row = jk_shown_map(tree->rows, NULL);
    bool nested = node->open && node->count > 0;
    jk_part_name(row, node->name);
    jk_shown_flag(row, "yanked", node->yanked);
    jk_part_word(page, row, "relation", "relation", &jokbo__v1__relation__descriptor, (int)node->relation);
    if (node->child_count > 0) jk_shown_number(row, "child_count", node->child_count);
    jk_shown_flag(row, "is_open", node->open);
    jk_shown_flag(row, "nested", nested);
    jk_shown_flag(row, "rest", nested && node->next_token[0]);
    jk_shown_flag(row, "openable", node->open || tree->open_count < OPEN_MAX);
    if (node->child_count > 0) add_open_link(row, tree, node);
    struct jk_shown *ends = jk_shown_list(row, "ends");
    for (size_t i = 0; !nested && i < closes; i++)
        (void)jk_shown_map(ends, NULL);
    if (nested) show_children(page, node, closes + 1);
}

static void show_tree(struct jk_web_page *page)
{
    struct tree *tree = page->state;
    tree->rows = jk_shown_list(tree->family, "rows");
    for (size_t i = 0; i < tree->root.count; i++)
        show_node(page, &tree->root.children[i], 0);
    jk_shown_string(tree->family, "family_of", tree->root.name);
    jk_shown_number(tree->family, "children_total", tree->root.total);
    jk_shown_string(tree->family, "next_children", tree->root.next_token);
    struct jk_shown *words = jk_shown_list(tree->family, "words");
    for (unsigned i = 1; i < jokbo__v1__relation__descriptor.n_values; i++) {
        const ProtobufCEnumValue *value = &jokbo__v1__relation__descriptor.values[i];
        struct jk_shown *word = jk_shown_map(words, NULL);
        jk_shown_string(word, "code", value->name);
        jk_part_word(page, word, "label", "relation", &jokbo__v1__relation__descriptor, value->value);
    }
}

/* ---- down: asking ---- */

static void ask_children(struct jk_web_page *page, struct node *node, char *token);

static bool is_open(const struct tree *tree, const char *name)
{
    for (size_t i = 0; i < tree->open_count; i++)
        if (jk_span_equal_fold(tree->open[i], jk_span_of(name))) return true;
    return false;
}

static void fold_children(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListDerivativesResponse *list = (const Jokbo__V1__ListDerivativesResponse *)reply;
    struct tree *tree = page->state;
    struct node *parent = tree->waiting[tree->answered++];
    parent->children = jk_arena_zalloc(&page->arena, list->n_models + 1, sizeof *parent->children);
    parent->count = parent->children ? list->n_models : 0;
    parent->total = list->total_size;
    parent->next_token = jk_web_page_string(page, jk_span_of(list->next_page_token));
    for (size_t i = 0; i < parent->count; i++) {
        const Jokbo__V1__Model *model = list->models[i];
        struct node *node = &parent->children[i];
        *node = (struct node){.name = jk_web_page_string(page, jk_span_of(model->name)),
                              .relation = model->release ? model->release->relation : 0,
                              .child_count = model->child_count,
                              .yanked = model->yanked,
                              .next_token = ""};
        node->open = node->child_count > 0 && tree->asked <= OPEN_MAX && is_open(tree, node->name);
        if (node->open) ask_children(page, node, "");
    }
    if (tree->answered == tree->asked) show_tree(page);
}

static void ask_children(struct jk_web_page *page, struct node *node, char *token)
{
    struct tree *tree = page->state;
    Jokbo__V1__ListDerivativesRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListDerivativesRequest, jokbo__v1__list_derivatives_request);
    if (!request) return;
    tree->waiting[tree->asked++] = node;
    request->model = node->name;
    request->page_size = CHILDREN;
    request->page_token = token;
    request->include_yanked = true; /* as child_count does */
    jk_web_page_ask(page, "/jokbo.v1.Registry/ListDerivatives", request, fold_children);
}

void jk_web_page_tree(struct jk_web_page *page, const char *name)
{
    struct tree *tree = page->state = jk_arena_zalloc(&page->arena, 1, sizeof *tree);
    struct jk_span open;
    if (!tree) return;
    tree->root.name = jk_web_page_string(page, jk_span_of(name));
    tree->root.next_token = "";
    tree->family = jk_shown_map(page->view, "family");
    while (tree->open_count < OPEN_MAX && (open = jk_web_page_parameter_again(page, "open", tree->open_count)).len > 0)
        tree->open[tree->open_count++] = open;
    ask_ancestors(page);
    jk_web_page_blame_token(page, "children");
    ask_children(page, &tree->root, jk_web_page_string(page, jk_web_page_parameter(page, "children")));
}
