/* See reconcile.h. What the tags name are nodes, whether or not the run has a line of them, and each tag that names a
 * parent is a link; below a base model is what a walk down the links comes to. */
#include "census/reconcile.h"

#include <stdlib.h>

#include "base/array.h"
#include "book/book_ask.h"
#include "book/index.h"
#include "census/match.h"
#include "census/reconcile_inside.h"
#include "census/record_inside.h"
#include "declare/parent_tag.h"

#define MEMORY (1024u << 20) /* texts of a run */

struct jk_reconcile *jk_reconcile_new(const struct jk_book *book, const struct jk_standing *standing,
                                      struct jk_span hub)
{
    struct jk_reconcile *reconcile = calloc(1, sizeof *reconcile);
    if (!reconcile) return NULL;
    reconcile->book = book;
    reconcile->standing = standing;
    reconcile->n = jk_standing_size(standing);
    jk_arena_init(&reconcile->arena, MEMORY);
    reconcile->hub.at = jk_arena_copy(&reconcile->arena, hub.at, hub.len);
    reconcile->hub.len = hub.len;
    return reconcile;
}

void jk_reconcile_free(struct jk_reconcile *reconcile)
{
    if (!reconcile) return;
    free(reconcile->nodes);
    free(reconcile->slots);
    free(reconcile->links);
    free(reconcile->first_link);
    free(reconcile->node_of);
    free(reconcile->queue);
    free(reconcile->rows);
    if (reconcile->contest_made) jk_contest_done(&reconcile->contest);
    jk_arena_done(&reconcile->arena);
    free(reconcile);
}

const struct jk_reconcile_row *jk_reconcile_rows(const struct jk_reconcile *reconcile, size_t *out_count)
{
    *out_count = reconcile->row_count;
    return reconcile->rows;
}

/* ---- nodes ---- */

static struct jk_span kept_text(struct jk_reconcile *reconcile, struct jk_span text)
{
    const char *copy = text.len > 0 ? jk_arena_copy(&reconcile->arena, text.at, text.len) : NULL;
    return copy ? (struct jk_span){copy, text.len} : JK_SPAN("");
}

/* Twice as many places as nodes, at least. */
static bool spread(struct jk_reconcile *reconcile)
{
    if (2 * reconcile->node_count < reconcile->slot_count) return true;
    size_t count = reconcile->slot_count > 0 ? 2 * reconcile->slot_count : 4096;
    uint32_t *slots = malloc(count * sizeof *slots);
    if (!slots) return false;
    memset(slots, 0xff, count * sizeof *slots);
    for (uint32_t i = 0; i < reconcile->node_count; i++) {
        size_t at = reconcile->nodes[i].hash & (count - 1);
        while (slots[at] != JK_NONE)
            at = (at + 1) & (count - 1);
        slots[at] = i;
    }
    free(reconcile->slots);
    reconcile->slots = slots;
    reconcile->slot_count = count;
    return true;
}

static uint32_t new_node(struct jk_reconcile *reconcile, struct jk_span id, uint32_t hash)
{
    reconcile->nodes[reconcile->node_count] = (struct jk_reconcile_node){
        .id = kept_text(reconcile, id), .hash = hash, .model = JK_NONE, .moved = JK_NONE, .state = JK_CENSUS_UNKNOWN};
    return reconcile->arena.exhausted ? JK_NONE : (uint32_t)reconcile->node_count++;
}

/* Of a name on the hub, without regard to case; a new one if there is none. JK_NONE: out of memory. */
static uint32_t node_of(struct jk_reconcile *reconcile, struct jk_span id)
{
    uint32_t hash = jk_hash_fold(id, 0);
    if (!spread(reconcile) || !JK_ARRAY_GROW(reconcile->nodes, reconcile->node_count, reconcile->node_room))
        return JK_NONE;
    size_t at = hash & (reconcile->slot_count - 1);
    for (; reconcile->slots[at] != JK_NONE; at = (at + 1) & (reconcile->slot_count - 1)) {
        const struct jk_reconcile_node *node = &reconcile->nodes[reconcile->slots[at]];
        if (node->hash == hash && jk_span_equal_fold(node->id, id)) return reconcile->slots[at];
    }
    uint32_t slot = new_node(reconcile, id, hash);
    if (slot != JK_NONE) reconcile->slots[at] = slot;
    return slot;
}

/* Of a line: where another repository has its name already, in other letters as a rule, a node that no name leads to. */
static uint32_t node_of_line(struct jk_reconcile *reconcile, const struct jk_reconcile_line *line)
{
    uint32_t slot = node_of(reconcile, line->id);
    const struct jk_reconcile_node *node = slot == JK_NONE ? NULL : &reconcile->nodes[slot];
    bool twin = node && node->has_line && node->identity.len > 0 && line->identity.len > 0 &&
                !jk_span_equal(node->identity, line->identity);
    if (!twin) return slot;
    if (!JK_ARRAY_GROW(reconcile->nodes, reconcile->node_count, reconcile->node_room)) return JK_NONE;
    return new_node(reconcile, line->id, jk_hash_fold(line->id, 0));
}

/* Where it is now, if the run says that it has another name. */
static uint32_t settled(const struct jk_reconcile *reconcile, uint32_t node)
{
    for (int steps = 0; steps < 8 && reconcile->nodes[node].moved != JK_NONE; steps++)
        node = reconcile->nodes[node].moved;
    return node;
}

/* ---- lines ---- */

static enum jk_place hub_place(enum jk_relation relation)
{
    switch (jk_relation_on_hub(relation)) {
    case JK_RELATION_ADAPTER:
        return JK_PLACE_ADAPTER;
    case JK_RELATION_QUANTIZED:
        return JK_PLACE_QUANTIZED;
    case JK_RELATION_MERGE:
        return JK_PLACE_MERGE;
    default:
        return JK_PLACE_FINETUNE;
    }
}

/* One link for each parent: the tag with a relation tells more than that without. */
static enum jk_status add_link(struct jk_reconcile *reconcile, size_t first, uint32_t child, struct jk_span parent,
                               enum jk_relation relation, struct jk_error *error)
{
    uint32_t slot = node_of(reconcile, parent);
    if (slot == JK_NONE || !JK_ARRAY_GROW(reconcile->links, reconcile->link_count, reconcile->link_room))
        return jk_out_of_memory(error);
    for (size_t i = first; i < reconcile->link_count; i++) {
        if (reconcile->links[i].parent != slot) continue;
        if (relation != JK_RELATION_NONE) reconcile->links[i].relation = (uint8_t)relation;
        return JK_OK;
    }
    reconcile->links[reconcile->link_count++] = (struct jk_reconcile_link){slot, child, (uint8_t)relation};
    return JK_OK;
}

static enum jk_status add_links(struct jk_reconcile *reconcile, uint32_t child, struct jk_span tags,
                                enum jk_relation hub_relation, struct jk_error *error)
{
    char room[JK_HUB_RECORD_TAG_MAX];
    struct jk_canonical_string string;
    struct jk_parent_tag parent;
    struct jk_span tag;
    size_t first = reconcile->link_count;
    bool more = jk_canonical_take(&tags, "[");
    for (; more && jk_canonical_take_string(&tags, &string); more = jk_canonical_take(&tags, ",")) {
        if (!jk_canonical_text(&string, room, sizeof room, &tag) || !jk_parent_tag_read(tag, &parent)) continue;
        JK_TRY(add_link(reconcile, first, child, parent.name, parent.relation, error));
    }
    for (size_t i = first; i < reconcile->link_count; i++)
        if (reconcile->links[i].relation == JK_RELATION_NONE) reconcile->links[i].relation = (uint8_t)hub_relation;
    return JK_OK;
}

enum jk_status jk_reconcile_add(struct jk_reconcile *reconcile, const struct jk_reconcile_line *line,
                                struct jk_error *error)
{
    uint32_t slot = node_of_line(reconcile, line), to = JK_NONE;
    if (slot == JK_NONE) return jk_out_of_memory(error);
    if (line->line->state == JK_CENSUS_MOVED && (to = node_of(reconcile, line->line->to)) == JK_NONE)
        return jk_out_of_memory(error);
    struct jk_reconcile_node *node = &reconcile->nodes[slot];
    node->has_line = true;
    node->state = line->line->state;
    node->moved = to != slot ? to : JK_NONE;
    node->id = kept_text(reconcile, line->id); /* as the hub spells it, whoever named it first */
    node->identity = kept_text(reconcile, line->identity);
    node->planned = line->planned;
    node->told = kept_text(reconcile, line->line->why.len > 0 ? line->line->why : line->why);
    node->from = kept_text(reconcile, line->line->relation_from);
    if (reconcile->arena.exhausted) return jk_out_of_memory(error);
    return add_links(reconcile, slot, line->tags, line->line->hub_relation, error);
}

/* ---- the two sides brought together, once all lines are there ---- */

static void find_models(struct jk_reconcile *reconcile)
{
    for (uint32_t i = 0; i < reconcile->node_count; i++) {
        struct jk_reconcile_node *node = &reconcile->nodes[i];
        struct jk_match match;
        jk_match_repository(reconcile->book, reconcile->hub, node->id, node->identity, reconcile->n, &match);
        node->model = match.model;
        if (node->model == JK_NONE || node->moved != JK_NONE) continue;
        uint32_t *of = &reconcile->node_of[node->model];
        if (*of == JK_NONE || !reconcile->nodes[*of].has_line) *of = i;
    }
}

static int compare_links(const void *left, const void *right)
{
    const struct jk_reconcile_link *a = left, *b = right;
    if (a->parent != b->parent) return a->parent < b->parent ? -1 : 1;
    return a->child < b->child ? -1 : a->child > b->child;
}

/* From then on there is no further node. */
static bool add_bases(struct jk_reconcile *reconcile)
{
    uint32_t model;
    for (uint32_t i = 0; (model = jk_book_listed(reconcile->book, i, reconcile->n)) != JK_NONE; i++)
        if (node_of(reconcile, jk_book_alias(reconcile->book, model, reconcile->n)->name) == JK_NONE) return false;
    return true;
}

static enum jk_status bring_together(struct jk_reconcile *reconcile, struct jk_error *error)
{
    size_t models = jk_book_models(reconcile->book, reconcile->n), at = 0;
    if (reconcile->first_link) return JK_OK;
    if (!add_bases(reconcile)) return jk_out_of_memory(error);
    reconcile->first_link = calloc(reconcile->node_count + 1, sizeof *reconcile->first_link);
    reconcile->queue = calloc(reconcile->node_count + 1, sizeof *reconcile->queue);
    reconcile->node_of = malloc((models + 1) * sizeof *reconcile->node_of);
    if (!reconcile->first_link || !reconcile->queue || !reconcile->node_of) return jk_out_of_memory(error);
    memset(reconcile->node_of, 0xff, (models + 1) * sizeof *reconcile->node_of);
    for (size_t i = 0; i < reconcile->link_count; i++)
        reconcile->links[i].parent = settled(reconcile, reconcile->links[i].parent);
    if (reconcile->link_count > 1)
        qsort(reconcile->links, reconcile->link_count, sizeof *reconcile->links, compare_links);
    for (uint32_t i = 0; i <= reconcile->node_count; i++) {
        while (at < reconcile->link_count && reconcile->links[at].parent < i)
            at++;
        reconcile->first_link[i] = at;
    }
    find_models(reconcile);
    return JK_OK;
}

/* ---- one base model ---- */

/* Gives each node its place below the base model, breadth first, so that the direct ones are known as such. */
static size_t walk_down(struct jk_reconcile *reconcile, uint32_t from)
{
    size_t count = 0;
    reconcile->nodes[from].stamp = ++reconcile->stamp;
    reconcile->queue[count++] = from;
    for (size_t done = 0; done < count; done++) {
        uint32_t parent = reconcile->queue[done];
        for (size_t i = reconcile->first_link[parent]; i < reconcile->first_link[parent + 1]; i++) {
            const struct jk_reconcile_link *link = &reconcile->links[i];
            struct jk_reconcile_node *child = &reconcile->nodes[link->child];
            if (child->stamp == reconcile->stamp) continue;
            child->stamp = reconcile->stamp;
            child->place = parent == from ? hub_place((enum jk_relation)link->relation) : JK_PLACE_DEEPER;
            reconcile->queue[count++] = link->child;
        }
    }
    return count;
}

static struct jk_span shown_name(const struct jk_reconcile *reconcile, const struct jk_reconcile_row *row)
{
    return row->id.len > 0 || row->model == JK_NONE ? row->id
                                                    : jk_book_alias(reconcile->book, row->model, reconcile->n)->name;
}

struct named_row {
    struct jk_span name;
    struct jk_reconcile_row row;
};

static int compare_rows(const void *left, const void *right)
{
    const struct named_row *a = left, *b = right;
    if (a->row.difference != b->row.difference) return a->row.difference < b->row.difference ? -1 : 1;
    return jk_span_compare(a->name, b->name);
}

static enum jk_status sort_rows(struct jk_reconcile *reconcile, size_t first, struct jk_error *error)
{
    size_t count = reconcile->row_count - first;
    struct named_row *named = malloc((count + 1) * sizeof *named);
    if (!named) return jk_out_of_memory(error);
    for (size_t i = 0; i < count; i++)
        named[i] = (struct named_row){shown_name(reconcile, &reconcile->rows[first + i]), reconcile->rows[first + i]};
    qsort(named, count, sizeof *named, compare_rows);
    for (size_t i = 0; i < count; i++)
        reconcile->rows[first + i] = named[i].row;
    free(named);
    return JK_OK;
}

static enum jk_status add_row(struct jk_reconcile *reconcile, struct jk_reconcile_row row,
                              const struct jk_reconcile_node *node, struct jk_reconcile_base *base,
                              struct jk_error *error)
{
    if (row.hub == JK_PLACE_NONE && row.here == JK_PLACE_NONE) return JK_OK;
    if (!JK_ARRAY_GROW(reconcile->rows, reconcile->row_count, reconcile->row_room)) return jk_out_of_memory(error);
    row.difference = jk_reconcile_judge(reconcile, &row, node);
    if (node) {
        row.id = node->has_line ? node->id : JK_SPAN("");
        row.told = node->told;
        row.from = node->from;
    }
    base->hub[row.hub]++;
    base->here[row.here]++;
    base->models[row.difference]++;
    base->effects[row.difference] += (row.here != JK_PLACE_NONE) - (row.hub != JK_PLACE_NONE);
    reconcile->rows[reconcile->row_count++] = row;
    return JK_OK;
}

static void place_here(const struct jk_verdict *verdict, struct jk_reconcile_row *row)
{
    row->reasons = verdict->reasons;
    if (verdict->reasons) return;
    row->here = verdict->depth == 1 ? hub_place((enum jk_relation)verdict->relation) : JK_PLACE_DEEPER;
}

const struct jk_verdict *jk_reconcile_verdict(const struct jk_reconcile *reconcile, uint32_t model, uint32_t root)
{
    size_t count;
    const struct jk_verdict *rows = jk_standing_of(reconcile->standing, model, &count);
    for (size_t i = 0; i < count; i++)
        if (rows[i].root == root) return &rows[i];
    return NULL;
}

/* What the walk came to, with its place here. */
static enum jk_status add_walked(struct jk_reconcile *reconcile, size_t count, struct jk_reconcile_base *base,
                                 struct jk_error *error)
{
    for (size_t i = 1; i < count; i++) { /* the first is the base model */
        const struct jk_reconcile_node *node = &reconcile->nodes[reconcile->queue[i]];
        struct jk_reconcile_row row = {.model = node->model, .root = base->root};
        bool shown = node->state == JK_CENSUS_PRESENT || node->state == JK_CENSUS_SAME ||
                     node->state == JK_CENSUS_UNREADABLE; /* with the tags by which a list showed it */
        row.hub = node->has_line && shown ? (enum jk_place)node->place : JK_PLACE_NONE;
        const struct jk_verdict *verdict =
            node->model != JK_NONE ? jk_reconcile_verdict(reconcile, node->model, base->root) : NULL;
        if (verdict && reconcile->node_of[node->model] == reconcile->queue[i]) place_here(verdict, &row);
        JK_TRY(add_row(reconcile, row, node, base, error));
    }
    return JK_OK;
}

/* What counts here, and the walk did not come to. */
static enum jk_status add_others(struct jk_reconcile *reconcile, struct jk_reconcile_base *base, struct jk_error *error)
{
    size_t count;
    const struct jk_verdict *verdicts = jk_standing_rows(reconcile->standing, &count);
    for (size_t i = 0; i < count; i++) {
        if (verdicts[i].root != base->root) continue;
        uint32_t slot = reconcile->node_of[verdicts[i].model];
        const struct jk_reconcile_node *node = slot != JK_NONE ? &reconcile->nodes[slot] : NULL;
        if (node && node->stamp == reconcile->stamp && slot != reconcile->queue[0]) continue;
        struct jk_reconcile_row row = {.model = verdicts[i].model, .root = base->root};
        place_here(&verdicts[i], &row);
        JK_TRY(add_row(reconcile, row, node, base, error));
    }
    return JK_OK;
}

enum jk_status jk_reconcile_base(struct jk_reconcile *reconcile, uint32_t root, const struct jk_census_run *run,
                                 struct jk_reconcile_base *out_base, struct jk_error *error)
{
    struct jk_span name = jk_book_alias(reconcile->book, root, reconcile->n)->name;
    *out_base = (struct jk_reconcile_base){.root = root, .first_row = reconcile->row_count};
    JK_TRY(bring_together(reconcile, error));
    uint32_t node = node_of(reconcile, name);
    if (node == JK_NONE) return jk_out_of_memory(error);
    node = settled(reconcile, node);
    for (size_t i = 0; i < run->children_count; i++) {
        if (!jk_span_equal_fold(run->children[i].id, reconcile->nodes[node].id)) continue;
        out_base->said = true;
        out_base->children = run->children[i].count;
    }
    JK_TRY(add_walked(reconcile, walk_down(reconcile, node), out_base, error));
    JK_TRY(add_others(reconcile, out_base, error));
    out_base->row_count = reconcile->row_count - out_base->first_row;
    out_base->hub[JK_PLACE_NONE] = out_base->here[JK_PLACE_NONE] = 0;
    return sort_rows(reconcile, out_base->first_row, error);
}
