/* A graph of relatives drawn as a tree: each node once in full; where it hangs a second time it is only named. Pure.
 * The walk goes at most 64 deep, as lineages do. */
#ifndef JK_CLI_TREE_H
#define JK_CLI_TREE_H

#include "base/arena.h"
#include "base/text.h"

#define JK_TREE_DEPTH_MAX 64

struct jk_tree_node {
    const char *label;   /* one line, safe for a terminal */
    const char *name;    /* what stands where it is only named */
    const size_t *below; /* positions of the nodes under it; out of range ones are passed over */
    size_t below_count;
};

/* Draws what hangs under node `root`, which is drawn first. False when the arena is exhausted. */
bool jk_tree_draw(const struct jk_tree_node *nodes, size_t count, size_t root, bool utf8, struct jk_arena *arena,
                  struct jk_text *out);

#endif
