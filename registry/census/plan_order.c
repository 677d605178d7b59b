/* What the parents are, which models have a path to a base model, and an order in which parents come first. Where names
 * go round in a circle, the model in it that is nearest to a base model goes first, without its parent in the circle, or
 * with that parent's present release; so nothing loses its shortest path. */
#include <stdlib.h>

#include "census/plan_inside.h"
#include "domain/ident.h"

#define NONE JK_INTERN_NONE

/* From each parent in the run to those that name it. */
struct edges {
    uint32_t *first; /* by node, and one more */
    uint32_t *child;
};

/* ---- what the parents are ---- */

/* An external that a registered model has adopted is that model. */
static void find_adopter(struct jk_plan *plan, struct jk_plan_link *link)
{
    uint32_t slot = jk_book_find_external(plan->book, jk_intern_text(&plan->names, link->name), plan->n);
    if (slot == JK_NONE) return;
    const struct jk_adoption *adoption = jk_book_adoption_of(plan->book, slot, plan->n);
    if (adoption) link->model = adoption->model;
}

/* "huggingface.co/publisher/model" of a model that is not registered. */
static void make_external(struct jk_plan *plan, struct jk_plan_link *link)
{
    struct jk_span name = jk_intern_text(&plan->names, link->name);
    const char *whole = jk_arena_printf(&plan->arena, "%.*s/%.*s", JK_SPAN_ARG(plan->hub), JK_SPAN_ARG(name));
    plan->failed = plan->failed || !whole;
    if (!whole) return;
    link->external = true;
    link->node = NONE;
    link->name = jk_plan_name(plan, jk_span_of(whole));
    if (!plan->failed) find_adopter(plan, link);
}

static void resolve_link(struct jk_plan *plan, struct jk_plan_node *node, struct jk_plan_link *link)
{
    if (link->external) {
        find_adopter(plan, link);
        return;
    }
    link->model = jk_plan_model_of(plan, link->name, &link->node);
    bool self = (link->model != JK_NONE && link->model == node->model) ||
                (link->node != NONE && &plan->nodes[link->node] == node);
    if (self) {
        link->cut = true;
        jk_plan_say(plan, node, "it names itself as its parent, which is left out");
        return;
    }
    if (link->node != NONE && !plan->nodes[link->node].candidate) link->node = NONE;
    if (link->model != JK_NONE && jk_book_deciding(plan->book, link->model, plan->n) == JK_NONE) {
        link->model = JK_NONE; /* all its releases are yanked: nothing of it can be pinned, nor is it released again */
        link->node = NONE;
    }
    if (link->model == JK_NONE && link->node == NONE) make_external(plan, link);
}

static bool is_same_parent(const struct jk_plan_link *a, const struct jk_plan_link *b)
{
    if (a->model != JK_NONE || b->model != JK_NONE) return a->model == b->model;
    return a->node != NONE || b->node != NONE ? a->node == b->node : a->name == b->name;
}

/* What was renamed may be named twice; once counts. */
static void resolve_links(struct jk_plan *plan, struct jk_plan_node *node)
{
    struct jk_plan_link *links = plan->links + node->first_link;
    for (uint32_t i = 0; i < node->link_count; i++) {
        resolve_link(plan, node, &links[i]);
        for (uint32_t k = 0; k < i && !links[i].cut; k++)
            links[i].cut = !links[k].cut && is_same_parent(&links[k], &links[i]);
    }
}

/* ---- paths to base models ---- */

static bool find_edges(struct jk_plan *plan, struct edges *edges)
{
    edges->first = calloc(plan->node_count + (size_t)2, sizeof *edges->first);
    edges->child = malloc((plan->link_count + (size_t)1) * sizeof *edges->child);
    if (!edges->first || !edges->child) return false;
    for (uint32_t i = 0; i < plan->link_count; i++)
        if (plan->links[i].node != NONE && !plan->links[i].cut) edges->first[plan->links[i].node + 2]++;
    for (uint32_t i = 2; i < plan->node_count + 2; i++)
        edges->first[i] += edges->first[i - 1];
    for (uint32_t i = 0; i < plan->node_count; i++)
        for (uint32_t k = 0; k < plan->nodes[i].link_count; k++) {
            const struct jk_plan_link *link = &plan->links[plan->nodes[i].first_link + k];
            if (link->node != NONE && !link->cut) edges->child[edges->first[link->node + 1]++] = i;
        }
    return true;
}

/* One step from a registered model that leads to a base model. */
static bool begins_path(struct jk_plan *plan, const struct jk_plan_node *node)
{
    for (uint32_t i = 0; i < node->link_count; i++) {
        const struct jk_plan_link *link = &plan->links[node->first_link + i];
        if (!link->cut && link->model != JK_NONE && jk_plan_leads(plan, link->model)) return true;
    }
    return false;
}

/* Breadth first, the level being the place in the queue. `queue` ends up with all candidates that have a path, those nearest to a base model first. */
static uint32_t find_levels(struct jk_plan *plan, const struct edges *edges, uint32_t *queue)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->node_count; i++) {
        struct jk_plan_node *node = &plan->nodes[i];
        if (!node->candidate || !begins_path(plan, node)) continue;
        node->level = count;
        queue[count++] = i;
    }
    for (uint32_t at = 0; at < count; at++) {
        uint32_t parent = queue[at];
        for (uint32_t i = edges->first[parent]; i < edges->first[parent + 1]; i++) {
            struct jk_plan_node *child = &plan->nodes[edges->child[i]];
            if (!child->candidate || child->level != JK_NONE) continue;
            child->level = count;
            queue[count++] = edges->child[i];
        }
    }
    return count;
}

/* ---- the order ---- */

/* Parents in the run that will not be registered are the hub's own; the others have to come first. */
static void count_waiting(struct jk_plan *plan, struct jk_plan_node *node)
{
    for (uint32_t i = 0; i < node->link_count; i++) {
        struct jk_plan_link *link = &plan->links[node->first_link + i];
        if (link->cut || link->node == NONE) continue;
        bool comes = plan->nodes[link->node].level != JK_NONE;
        if (comes) node->waiting++;
        if (!comes && link->model != JK_NONE) link->node = NONE;
        if (!comes && link->model == JK_NONE) make_external(plan, link);
    }
}

static struct jk_plan_link *link_to(const struct jk_plan *plan, const struct jk_plan_node *node, uint32_t parent)
{
    for (uint32_t i = 0; i < node->link_count; i++) {
        struct jk_plan_link *link = &plan->links[node->first_link + i];
        if (!link->cut && link->node == parent) return link;
    }
    return NULL;
}

/* Places one, and all that waited for nothing else. */
static void place(struct jk_plan *plan, const struct edges *edges, uint32_t at, uint32_t *order, uint32_t *count)
{
    uint32_t from = *count;
    plan->nodes[at].placed = true;
    order[(*count)++] = at;
    for (; from < *count; from++) {
        for (uint32_t i = edges->first[order[from]]; i < edges->first[order[from] + 1]; i++) {
            struct jk_plan_node *child = &plan->nodes[edges->child[i]];
            if (child->placed || child->waiting == 0 || !link_to(plan, child, order[from])) continue;
            if (--child->waiting > 0) continue;
            child->placed = true;
            order[(*count)++] = edges->child[i];
        }
    }
}

/* A parent in the run that is not placed. */
static uint32_t waits_for(const struct jk_plan *plan, const struct jk_plan_node *node)
{
    for (uint32_t i = 0; i < node->link_count; i++) {
        const struct jk_plan_link *link = &plan->links[node->first_link + i];
        if (!link->cut && link->node != NONE && !plan->nodes[link->node].placed) return link->node;
    }
    return NONE;
}

/* Of the circle that the path ends with, from `begin` on: opens it behind the one nearest to a base model. A parent that
 * is registered already is pinned to the release that decides now; whether that is a circle, too, is seen later. */
static uint32_t open_circle(struct jk_plan *plan, const uint32_t *path, uint32_t begin, uint32_t end)
{
    uint32_t nearest = begin;
    for (uint32_t i = begin; i < end; i++)
        if (plan->nodes[path[i]].level < plan->nodes[path[nearest]].level) nearest = i;
    struct jk_plan_node *node = &plan->nodes[path[nearest]];
    struct jk_plan_link *link = link_to(plan, node, path[nearest + 1 < end ? nearest + 1 : begin]);
    node->waiting--;
    if (link->model != JK_NONE) {
        link->node = NONE;
        return path[nearest];
    }
    link->cut = true;
    jk_plan_say(plan, node,
                jk_plan_phrase(plan, "the parent %.*s is left out: by what the models say, it descends from this one",
                               JK_SPAN_ARG(jk_intern_text(&plan->names, link->name))));
    return path[nearest];
}

/* Walks from a model to what it waits for, until that comes round; place_on_path: by node, where on the path it is. */
static void open_circles(struct jk_plan *plan, const struct edges *edges, uint32_t from, uint32_t *path,
                         uint32_t *place_on_path, uint32_t *order, uint32_t *count)
{
    uint32_t len = 0, at = from;
    while (!plan->failed) {
        while (len > 0 && plan->nodes[path[len - 1]].placed)
            place_on_path[path[--len]] = NONE;
        if (len > 0) at = waits_for(plan, &plan->nodes[path[len - 1]]);
        if (plan->nodes[from].placed) break;
        if (place_on_path[at] == NONE) {
            place_on_path[at] = len;
            path[len++] = at;
            continue;
        }
        uint32_t opened = open_circle(plan, path, place_on_path[at], len);
        if (plan->nodes[opened].waiting == 0) place(plan, edges, opened, order, count);
        while (len > place_on_path[at] + 1)
            place_on_path[path[--len]] = NONE;
    }
    while (len > 0)
        place_on_path[path[--len]] = NONE;
}

static uint32_t put_in_order(struct jk_plan *plan, const struct edges *edges, const uint32_t *queue, uint32_t total,
                             uint32_t *order)
{
    uint32_t count = 0, *path = NULL, *place_on_path = NULL;
    for (uint32_t i = 0; i < total; i++)
        count_waiting(plan, &plan->nodes[queue[i]]);
    for (uint32_t i = 0; i < total; i++)
        if (!plan->nodes[queue[i]].placed && plan->nodes[queue[i]].waiting == 0)
            place(plan, edges, queue[i], order, &count);
    if (count == total) return count;
    path = malloc(total * sizeof *path);
    place_on_path = malloc(plan->node_count * sizeof *place_on_path);
    plan->failed = plan->failed || !path || !place_on_path;
    if (!plan->failed) memset(place_on_path, 0xff, plan->node_count * sizeof *place_on_path);
    for (uint32_t i = 0; i < total && !plan->failed; i++)
        if (!plan->nodes[queue[i]].placed) open_circles(plan, edges, queue[i], path, place_on_path, order, &count);
    free(path);
    free(place_on_path);
    return count;
}

uint32_t jk_plan_order(struct jk_plan *plan, uint32_t *out_order)
{
    struct edges edges = {0};
    uint32_t *queue = malloc((plan->node_count + (size_t)1) * sizeof *queue), count = 0;
    for (uint32_t i = 0; i < plan->node_count; i++)
        if (plan->nodes[i].candidate) resolve_links(plan, &plan->nodes[i]);
    bool whole = queue && find_edges(plan, &edges) && !plan->failed;
    plan->failed = !whole;
    if (whole) count = put_in_order(plan, &edges, queue, find_levels(plan, &edges, queue), out_order);
    free(queue);
    free(edges.first);
    free(edges.child);
    return count;
}
