/* Depth first, with an explicit stack. Two styles: box-drawing characters, and ASCII if the locale has none. */
#include "cli/tree.h"

struct style {
    const char *branch, *last, *through, *blank, *again;
};

static const struct style unicode_style = {"├─ ", "└─ ", "│  ", "   ", " (↑ above)"};
static const struct style ascii_style = {"|- ", "`- ", "|  ", "   ", " (see above)"};

struct level {
    size_t node;
    size_t next; /* child to draw */
};

struct walk {
    const struct jk_tree_node *nodes;
    size_t count;
    const struct style *style;
    bool *drawn;
    struct level levels[JK_TREE_DEPTH_MAX + 1];
    size_t depth; /* levels in use */
    struct jk_text *out;
};

static bool is_last(const struct walk *walk, const struct level *level)
{
    const struct jk_tree_node *node = &walk->nodes[level->node];
    for (size_t i = level->next; i < node->below_count; i++)
        if (node->below[i] < walk->count) return false;
    return true;
}

static void draw_node(struct walk *walk, size_t index)
{
    const struct jk_tree_node *node = &walk->nodes[index];
    bool again = walk->drawn[index];
    jk_text_add_str(walk->out, again ? node->name : node->label);
    if (again && node->below_count > 0) jk_text_add_str(walk->out, walk->style->again);
    jk_text_add_char(walk->out, '\n');
    if (!again && walk->depth <= JK_TREE_DEPTH_MAX) walk->levels[walk->depth++] = (struct level){index, 0};
    walk->drawn[index] = true;
}

bool jk_tree_draw(const struct jk_tree_node *nodes, size_t count, size_t root, bool utf8, struct jk_arena *arena,
                  struct jk_text *out)
{
    struct walk walk = {.nodes = nodes, .count = count, .style = utf8 ? &unicode_style : &ascii_style, .out = out};
    walk.drawn = jk_arena_zalloc(arena, count ? count : 1, sizeof *walk.drawn);
    if (!walk.drawn) return false;
    if (root >= count) return true;
    draw_node(&walk, root);
    while (walk.depth > 0) {
        struct level *level = &walk.levels[walk.depth - 1];
        const struct jk_tree_node *node = &nodes[level->node];
        while (level->next < node->below_count && node->below[level->next] >= count)
            level->next++;
        if (level->next == node->below_count) {
            walk.depth--;
            continue;
        }
        size_t child = node->below[level->next++];
        /* The lines that lead to a child of the innermost level. `next` already points past it. */
        for (size_t i = 0; i + 1 < walk.depth; i++)
            jk_text_add_str(walk.out, is_last(&walk, &walk.levels[i]) ? walk.style->blank : walk.style->through);
        bool last = is_last(&walk, &walk.levels[walk.depth - 1]);
        jk_text_add_str(walk.out, last ? walk.style->last : walk.style->branch);
        draw_node(&walk, child);
    }
    return true;
}
