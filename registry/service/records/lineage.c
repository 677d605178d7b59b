/* GetLineage: the graph around a release, breadth first, within bounds. */
#include <stdlib.h>

#include "book/book_ask.h"
#include "book/glance.h"
#include "reply/lookup.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/records/present.h"

#define DEPTH_DEFAULT 5
#define NODES_DEFAULT 500

/* A node of the result: a release or an external (with the revision that a child named). */
struct node {
    bool external;
    uint32_t slot;
    struct jk_span revision;
    struct jk_digest hash;
    struct jk_span name; /* external: as named */
    int32_t distance;
    uint32_t *parents; /* positions of nodes */
    uint32_t parent_count, parent_room;
};

struct graph {
    struct jk_call *call;
    const struct jk_book *book;
    uint32_t n, max_nodes;
    int32_t max_depth;
    struct node *nodes;
    uint32_t count;
    uint32_t *buckets; /* positions + 1 by hash: nodes may be reached more than once */
    bool truncated;
};

#define BUCKETS 8192

/* The position of a node, added if it is new; JK_NONE beyond the bounds. */
static uint32_t meet_node(struct graph *graph, const struct node *wanted)
{
    uint32_t first = (uint32_t)(wanted->hash.bytes[0] | wanted->hash.bytes[1] << 8) % BUCKETS, at = first;
    for (; graph->buckets[at]; at = (at + 1) % BUCKETS) {
        uint32_t position = graph->buckets[at] - 1;
        if (jk_digest_equal(&graph->nodes[position].hash, &wanted->hash)) return position;
    }
    if (graph->count == graph->max_nodes || abs(wanted->distance) > graph->max_depth) {
        graph->truncated = true;
        return JK_NONE;
    }
    graph->nodes[graph->count] = *wanted;
    graph->buckets[at] = ++graph->count;
    return graph->count - 1;
}

static void link_parent(struct graph *graph, uint32_t child, uint32_t parent)
{
    struct node *node = &graph->nodes[child];
    for (uint32_t i = 0; i < node->parent_count; i++)
        if (node->parents[i] == parent) return;
    if (node->parent_count == node->parent_room) {
        uint32_t room = node->parent_room ? node->parent_room * 2 : 4;
        uint32_t *grown = jk_arena_alloc(&graph->call->arena, room * sizeof *grown);
        if (!grown) return;
        if (node->parent_count) memcpy(grown, node->parents, node->parent_count * sizeof *grown);
        node->parents = grown;
        node->parent_room = room;
    }
    node->parents[node->parent_count++] = parent;
}

static struct node release_node(const struct graph *graph, uint32_t slot, int32_t distance)
{
    return (struct node){.slot = slot, .hash = jk_book_release(graph->book, slot)->hash, .distance = distance};
}

/* ---- up ---- */

/* An adopted external continues at the adopting model's deciding release. */
static void climb_external(struct graph *graph, uint32_t position)
{
    struct node node = graph->nodes[position];
    const struct jk_adoption *adoption = jk_book_adoption_of(graph->book, node.slot, graph->n);
    if (!adoption) return;
    uint32_t release = jk_book_standing_release(graph->book, adoption->model, graph->n);
    struct node parent = release_node(graph, release, node.distance - 1);
    uint32_t at = meet_node(graph, &parent);
    if (at != JK_NONE) link_parent(graph, position, at);
}

static void climb_release(struct graph *graph, uint32_t position)
{
    struct node node = graph->nodes[position];
    const struct jk_release *release = jk_book_release(graph->book, node.slot);
    for (uint32_t i = 0; i < release->parent_count; i++) {
        const struct jk_parent *parent = &release->parents[i];
        struct node next = {.external = parent->external,
                            .slot = parent->slot,
                            .revision = parent->revision,
                            .hash = *parent->hash,
                            .name = parent->name,
                            .distance = node.distance - 1};
        uint32_t at = meet_node(graph, &next);
        if (at != JK_NONE) link_parent(graph, position, at);
    }
}

static void climb_graph(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].external)
            climb_external(graph, i);
        else
            climb_release(graph, i);
}

/* ---- down ---- */

static void descend_from(struct graph *graph, uint32_t position, uint32_t external, uint32_t release)
{
    uint32_t cursor = 0, child;
    int32_t distance = graph->nodes[position].distance + 1;
    while ((child = external != JK_NONE
                        ? jk_book_child_of_external(graph->book, external, graph->n, &cursor)
                        : jk_book_child_of_release(graph->book, release, graph->n, &cursor)) != JK_NONE) {
        struct node next = release_node(graph, child, distance);
        uint32_t at = meet_node(graph, &next);
        if (at != JK_NONE) link_parent(graph, at, position);
        if (graph->count == graph->max_nodes && graph->truncated) return;
    }
}

static void descend_adopted(struct graph *graph, uint32_t position, uint32_t release)
{
    uint32_t cursor = 0, external, model = jk_book_release(graph->book, release)->model;
    uint32_t deciding = jk_book_deciding(graph->book, model, graph->n);
    if (release != deciding) return;
    while ((external = jk_book_adopted_by(graph->book, model, graph->n, &cursor)) != JK_NONE)
        descend_from(graph, position, external, JK_NONE);
}

/* From the requested model, over all its releases if none was named; nodes reached upwards are left alone. */
static void descend(struct graph *graph, bool whole_model)
{
    uint32_t model = jk_book_release(graph->book, graph->nodes[0].slot)->model;
    for (uint32_t release = whole_model ? jk_book_newest(graph->book, model, graph->n) : JK_NONE; release != JK_NONE;
         release = jk_book_release(graph->book, release)->older)
        descend_from(graph, 0, JK_NONE, release);
    for (uint32_t i = 0; i < graph->count; i++) {
        if (graph->nodes[i].external || graph->nodes[i].distance < 0) continue;
        if (i > 0 || !whole_model) descend_from(graph, i, JK_NONE, graph->nodes[i].slot);
        descend_adopted(graph, i, graph->nodes[i].slot);
    }
}

/* ---- the reply ---- */

static void present_release_node(const struct graph *graph, const struct node *node, Jokbo__V1__LineageNode *out)
{
    struct jk_arena *arena = &graph->call->arena;
    const struct jk_release *release = jk_book_release(graph->book, node->slot);
    char *name =
        jk_arena_printf(arena, "%.*s@%.*s", JK_SPAN_ARG(jk_book_alias(graph->book, release->model, graph->n)->name),
                        JK_SPAN_ARG(release->version));
    if (name) out->name = name;
    struct jk_glance glance;
    enum jk_grade grade;
    bool attested;
    if (jk_glance_take(&glance, graph->book, node->slot, graph->n) && jk_glance_weakest(&glance, &grade, &attested)) {
        out->grade = jk_to_grade(grade);
        out->attested = attested;
    }
    out->is_base = jk_book_base(graph->book, release->model, graph->n) != NULL;
    out->relation = jk_to_relation(release->relation);
    out->license = jk_to_string(arena, jk_book_license_text(graph->book, release->license));
    out->yanked = jk_book_is_yanked(graph->book, node->slot, graph->n);
}

static void present_external_node(const struct graph *graph, const struct node *node, Jokbo__V1__LineageNode *out)
{
    char *name = jk_arena_printf(&graph->call->arena, "%.*s%s%.*s", JK_SPAN_ARG(node->name),
                                 node->revision.len ? "@" : "", JK_SPAN_ARG(node->revision));
    if (name) out->name = name;
    out->external = true;
}

static Jokbo__V1__LineageNode *present_node(const struct graph *graph, const struct node *node)
{
    Jokbo__V1__LineageNode *out = JK_MESSAGE(&graph->call->arena, Jokbo__V1__LineageNode, jokbo__v1__lineage_node);
    if (!out) return NULL;
    if (node->external)
        present_external_node(graph, node, out);
    else
        present_release_node(graph, node, out);
    out->lineage_hash = jk_to_hex(&graph->call->arena, &node->hash);
    out->distance = node->distance;
    out->parents = (int32_t *)node->parents;
    out->n_parents = node->parent_count;
    return out;
}

static Jokbo__V1__Lineage *present(const struct graph *graph)
{
    Jokbo__V1__Lineage *reply = JK_MESSAGE(&graph->call->arena, Jokbo__V1__Lineage, jokbo__v1__lineage);
    if (!reply || !(reply->nodes = (Jokbo__V1__LineageNode **)jk_pointers(&graph->call->arena, graph->count)))
        return NULL;
    for (; reply->n_nodes < graph->count; reply->n_nodes++)
        if (!(reply->nodes[reply->n_nodes] = present_node(graph, &graph->nodes[reply->n_nodes]))) return NULL;
    reply->truncated = graph->truncated;
    reply->log_size = graph->n;
    return reply;
}

static enum jk_status start_graph(struct graph *graph, bool *out_whole_model)
{
    const Jokbo__V1__GetLineageRequest *request = (const void *)graph->call->request;
    struct jk_error *error = &graph->call->error;
    struct jk_span text = jk_span_of(request->name), name, version;
    jk_split_version(text, &name, &version);
    if (!version.len) name = text;
    uint32_t model = jk_book_find_model(graph->book, name, graph->n), release;
    if (model == JK_NONE) return jk_model_not_found(graph->book, graph->n, name, error);
    release = version.len ? jk_book_find_version(graph->book, model, version, graph->n)
                          : jk_book_standing_release(graph->book, model, graph->n);
    if (release == JK_NONE)
        return jk_fail(error, JK_NOT_FOUND, "RELEASE_NOT_FOUND", "There is no release \"%.*s\"", JK_SPAN_ARG(version));
    *out_whole_model = !version.len;
    struct node first = release_node(graph, release, 0);
    (void)meet_node(graph, &first);
    return JK_OK;
}

static enum jk_status read_bounds(struct graph *graph, const Jokbo__V1__GetLineageRequest *request)
{
    struct jk_error *error = &graph->call->error;
    if (request->max_depth < 0 || request->max_depth > JK_LINEAGE_DEPTH_MAX)
        jk_error_field(error, "max_depth", "%d: give 0 to %d", request->max_depth, JK_LINEAGE_DEPTH_MAX);
    if (request->max_nodes < 0 || request->max_nodes > JK_LINEAGE_NODES_MAX)
        jk_error_field(error, "max_nodes", "%d: give 0 to %d", request->max_nodes, JK_LINEAGE_NODES_MAX);
    if ((int)request->direction < 0 || request->direction > JOKBO__V1__LINEAGE_DIRECTION__LINEAGE_DIRECTION_DOWN)
        jk_error_field(error, "direction", "%d is not a direction", (int)request->direction);
    JK_TRY(jk_error_result(error));
    graph->max_depth = request->max_depth ? request->max_depth : DEPTH_DEFAULT;
    graph->max_nodes = request->max_nodes ? (uint32_t)request->max_nodes : NODES_DEFAULT;
    graph->nodes = jk_arena_zalloc(&graph->call->arena, graph->max_nodes, sizeof *graph->nodes);
    graph->buckets = jk_arena_zalloc(&graph->call->arena, BUCKETS, sizeof *graph->buckets);
    return graph->nodes && graph->buckets ? JK_OK : jk_out_of_memory(error);
}

void jk_get_lineage(struct jk_call *call)
{
    const Jokbo__V1__GetLineageRequest *request = (const void *)call->request;
    struct graph graph = {.call = call};
    struct jk_view view;
    Jokbo__V1__Lineage *reply = NULL;
    bool whole_model = false;
    enum jk_status status = read_bounds(&graph, request);
    if (status == JK_OK) {
        jk_store_view(jk_store_of(call), &view);
        graph.book = view.book;
        graph.n = view.size;
        status = start_graph(&graph, &whole_model);
        if (status == JK_OK && request->direction != JOKBO__V1__LINEAGE_DIRECTION__LINEAGE_DIRECTION_DOWN)
            climb_graph(&graph);
        if (status == JK_OK && request->direction != JOKBO__V1__LINEAGE_DIRECTION__LINEAGE_DIRECTION_UP)
            descend(&graph, whole_model);
        if (status == JK_OK && !(reply = present(&graph))) status = jk_out_of_memory(&call->error);
        jk_store_view_end(jk_store_of(call));
    }
    jk_call_answer(call, status, (const ProtobufCMessage *)reply);
}
