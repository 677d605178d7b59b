/* What bringing together and explaining share. */
#ifndef JK_CENSUS_RECONCILE_INSIDE_H
#define JK_CENSUS_RECONCILE_INSIDE_H

#include "book/contest.h"
#include "census/reconcile.h"

struct jk_reconcile_node { /* a name on the hub */
    struct jk_span id, identity, told, from;
    uint32_t hash;
    uint32_t model;  /* slot, JK_NONE: not registered */
    uint32_t moved;  /* node of its new name, JK_NONE: it has not moved */
    uint32_t stamp;  /* of the walk that came to it last */
    uint8_t state;   /* enum jk_census_state */
    uint8_t place;   /* enum jk_place, of that walk */
    uint8_t planned; /* enum jk_planned */
    bool has_line;   /* else a tag names it, and that is all */
};

struct jk_reconcile_link {
    uint32_t parent, child; /* nodes */
    uint8_t relation;       /* enum jk_relation: the hub's, or NONE */
};

struct jk_reconcile {
    const struct jk_book *book;
    const struct jk_standing *standing;
    struct jk_span hub;
    uint32_t n, stamp;
    struct jk_arena arena;
    struct jk_reconcile_node *nodes;
    size_t node_count, node_room;
    uint32_t *slots; /* of nodes, by hash */
    size_t slot_count;
    struct jk_reconcile_link *links; /* by parent, once brought together */
    size_t link_count, link_room;
    size_t *first_link; /* by node */
    uint32_t *node_of;  /* by model */
    uint32_t *queue;    /* of a walk */
    struct jk_reconcile_row *rows;
    size_t row_count, row_room;
    struct jk_contest contest; /* once it is asked */
    bool contest_made;
};

/* Of a pair that the standing has; NULL for none. */
const struct jk_verdict *jk_reconcile_verdict(const struct jk_reconcile *reconcile, uint32_t model, uint32_t root);

/* Why the row's two places differ. `node` is NULL where the hub never had it. */
enum jk_difference jk_reconcile_judge(const struct jk_reconcile *reconcile, const struct jk_reconcile_row *row,
                                      const struct jk_reconcile_node *node);

#endif
