/* The inside of a plan: what its files share. */
#ifndef JK_CENSUS_PLAN_INSIDE_H
#define JK_CENSUS_PLAN_INSIDE_H

#include "book/book_ask.h"
#include "census/intern.h"
#include "census/plan.h"
#include "census/record.h"

#define JK_PLAN_ROOTS 16 /* roots of a model that its licence may hang on; more are passed over */

/* What was observed before of one id: the newest. */
struct jk_plan_seen {
    uint32_t name, identity, to; /* numbers of names and identities */
    uint32_t model;
    uint32_t observation; /* of the book: slot */
    enum jk_observed state;
};

/* A parent of a line's model: what its text means, and later what it is. */
struct jk_plan_link {
    uint32_t name;     /* of publisher/model, or of host/id */
    uint32_t revision; /* number among the texts; NONE for none */
    bool external;
    bool cut;       /* left out, so that there is no cycle */
    uint32_t node;  /* the run's own line about it; NONE for none */
    uint32_t model; /* the registered model; JK_NONE for none */
};

struct jk_plan_node {
    uint64_t offset;
    uint32_t length;
    uint32_t name, identity, to; /* numbers; NONE */
    uint32_t first_link, link_count;
    uint32_t license; /* what the record says of it, a number */
    struct jk_digest weight_files;
    char revision[JK_PLAN_REVISION + 1]; /* empty for none */
    enum jk_census_state state;
    enum jk_relation relation;
    const char *why; /* of an unknown one, or what was passed over */
    /* What comes of it. */
    uint32_t model;      /* registered; JK_NONE */
    uint32_t moved_from; /* the name under which it was observed before; NONE */
    enum jk_plan_action action;
    bool moves; /* it is written that it has moved */
    enum jk_plan_action move;
    const char *move_why;
    uint64_t move_offset; /* of the line that says so */
    uint32_t move_length;
    uint32_t gone;  /* what was observed under this name with another identity, and is gone; NONE */
    bool told;      /* another line's step says all that there is to say */
    bool same;      /* the record is the one that was observed */
    bool lost;      /* it is registered, and leads to no base model any more */
    bool candidate; /* it may be registered or released */
    bool placed;
    uint32_t level;                     /* steps to a base model; JK_NONE: no path */
    uint32_t waiting;                   /* parents in the run that are not placed yet */
    struct jk_span version, expression; /* once registered or released */
    uint32_t first_root, root_count;    /* models of the book */
};

struct jk_plan {
    const struct jk_book *book;
    uint32_t n, model_count;
    struct jk_span hub;
    bool complete, failed;
    struct jk_arena arena, scratch; /* for good; for one line */
    struct jk_intern names, identities, texts, licenses, answers;
    /* By number of a name: line and observation. By number of an identity: the same. NONE for none. */
    uint32_t *node_of_name, *seen_of_name, *node_of_identity, *seen_of_identity;
    uint32_t name_room, identity_room;
    struct jk_span spelled;   /* the id in the line that is being added; empty for one that was observed */
    struct jk_intern records; /* digests of records that were observed, and of what */
    uint32_t *seen_of_record;
    uint32_t record_room;
    /* By model: the newest observation, the newest that says present, whether it leads to a base model (0: not asked). */
    uint32_t *seen_of_model, *present_of_model;
    uint8_t *leads;
    uint32_t *answer_of; /* by number of an answer: the licence, a number among the texts */
    uint32_t answer_room;
    struct jk_plan_seen *seen;
    struct jk_plan_node *nodes;
    struct jk_plan_link *links;
    uint32_t *roots;
    struct jk_plan_step *steps;
    uint32_t seen_count, seen_room, node_count, node_room, link_count, link_room, step_count, step_room, root_count,
        root_room;
    size_t totals[JK_PLAN_LEFT + 1];
};

/* Room for one more item; NULL, with plan->failed, without memory. */
void *jk_plan_grow(struct jk_plan *plan, void *items, uint32_t count, uint32_t *room, size_t size);
/* Its number, NONE for an empty text. */
uint32_t jk_plan_name(struct jk_plan *plan, struct jk_span name);
const char *jk_plan_phrase(struct jk_plan *plan, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What is to be said besides what is said already. */
void jk_plan_say(struct jk_plan *plan, struct jk_plan_node *node, const char *phrase);
struct jk_span jk_plan_model_name(const struct jk_plan *plan, uint32_t model);

/* Whether a registered model is a base model or leads to one. */
bool jk_plan_leads(struct jk_plan *plan, uint32_t model);

/* plan_match.c: which model each line is of, and whether it may be written. */
void jk_plan_match(struct jk_plan *plan);
/* The registered model that a name on the hub means; JK_NONE. *out_node: the run's line about it. */
uint32_t jk_plan_model_of(struct jk_plan *plan, uint32_t name, uint32_t *out_node);
/* Nobody has claimed the publisher of a model's name, or it holds the organisation of that id on the hub. */
bool jk_plan_is_free(const struct jk_plan *plan, uint32_t publisher, struct jk_span id);

/* plan_order.c: what the parents are, paths to base models, and an order. `out_order`: the candidates that have a path,
 * parents first; returns how many. */
uint32_t jk_plan_order(struct jk_plan *plan, uint32_t *out_order);

/* plan_decide.c: the steps. */
void jk_plan_decide(struct jk_plan *plan, const uint32_t *order, uint32_t count);
/* plan_license.c: the licence of a model whose parents are decided. */
struct jk_span jk_plan_license(struct jk_plan *plan, const struct jk_plan_node *node);
/* Sets the roots from those of the parents. */
void jk_plan_roots(struct jk_plan *plan, struct jk_plan_node *node);

#endif
