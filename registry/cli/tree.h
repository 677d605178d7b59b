/* A graph of relatives drawn as a tree: each node once in full; at a second occurrence only its name is shown. Pure.
 * The walk is at most 64 levels deep, like lineages. */
#ifndef JK_CLI_TREE_H
#define JK_CLI_TREE_H

#include "base/arena.h"
#include "base/text.h"

#define JK_TREE_DEPTH_MAX 64

struct jk_tree_node {
    const char *label;   /* one line, safe for a terminal */
    const char *name;    /* shown where only the name is given */
    const size_t *below; /* positions of the nodes under it; out of range ones are ignored */
    size_t below_count;
};

/* Draws the nodes under `root`, which is drawn first. False when the arena is exhausted. */
bool jk_tree_draw(const struct jk_tree_node *nodes, size_t count, size_t root, bool utf8, struct jk_arena *arena,
                  struct jk_text *out);

#endif
