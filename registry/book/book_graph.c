/* The graph of releases: externals and their adoption, edges to children, walks up (cycles) and down (who is affected).
 * Even with each adopted external standing for every release of its adopting model, the graph has no cycle:
 * registering, releasing and adopting refuse what would close one. All walks are iterative. */
#include <stdlib.h>

#include "base/check.h"
#include "book/book_internal.h"

/* ---- externals ---- */

uint32_t jk_book_find_external(const struct jk_book *book, struct jk_span host_and_id, uint32_t n)
{
    uint32_t hash = jk_hash_fold(host_and_id, 0);
    uint32_t slot = jk_index_first(&book->external_index, hash);
    while (slot != JK_NONE) {
        const struct jk_external_row *row = jk_external_row(book, slot);
        if (row->by_name.hash == hash && row->pub.first < n && jk_span_equal_fold(row->pub.name, host_and_id))
            return slot;
        slot = row->by_name.next;
    }
    return JK_NONE;
}

uint32_t jk_book_intern_external(struct jk_book *book, struct jk_span name)
{
    uint32_t slot = jk_book_find_external(book, name, JK_NOW);
    if (slot != JK_NONE) return slot;
    struct jk_external_row *row = jk_book_append(book, &book->externals, &slot);
    if (!row) return JK_NONE;
    row->pub = (struct jk_external){.name = jk_book_copy(book, name),
                                    .first = book->size,
                                    .adoptions = JK_NONE,
                                    .disputed = JK_NONE,
                                    .children = JK_NONE};
    jk_index_add(&book->external_index, &book->journal, &row->by_name, slot, jk_hash_fold(name, 0));
    return slot;
}

const struct jk_external *jk_book_external(const struct jk_book *book, uint32_t slot)
{
    JK_CHECK(slot < book->externals.count);
    return &jk_external_row(book, slot)->pub;
}

uint32_t jk_book_externals(const struct jk_book *book, uint32_t n)
{
    return JK_LOWER_BOUND(book->externals.count, at, jk_external_row(book, at)->pub.first < n);
}

uint32_t jk_book_parent_release(const struct jk_book *book, const struct jk_parent *parent, uint32_t n)
{
    if (!parent->external) return parent->slot;
    const struct jk_adoption *adoption = jk_book_adoption_of(book, parent->slot, n);
    return adoption ? jk_book_standing_release(book, adoption->model, n) : JK_NONE;
}

/* ---- edges ---- */

void jk_book_add_edges(struct jk_book *book, uint32_t release)
{
    const struct jk_release *child = &jk_release_row(book, release)->pub;
    for (uint32_t i = 0; i < child->parent_count; i++) {
        const struct jk_parent *parent = &child->parents[i];
        uint32_t *head = parent->external ? &jk_external_row(book, parent->slot)->pub.children
                                          : &jk_release_row(book, parent->slot)->pub.children;
        uint32_t slot;
        struct jk_edge_row *edge = jk_book_append(book, &book->edges, &slot);
        if (!edge) return;
        *edge = (struct jk_edge_row){.child = release, .next = *head};
        if (*head != JK_NONE) edge->older = jk_edge_row(book, *head)->older + 1;
        jk_book_set(book, head, slot);
    }
}

/* The newest edge before n, starting with this one. */
static uint32_t edge_before(const struct jk_book *book, uint32_t slot, uint32_t n)
{
    while (slot != JK_NONE && jk_release_row(book, jk_edge_row(book, slot)->child)->pub.index >= n)
        slot = jk_edge_row(book, slot)->next;
    return slot;
}

uint32_t jk_book_children_of_release(const struct jk_book *book, uint32_t release, uint32_t n)
{
    uint32_t slot = edge_before(book, jk_book_release(book, release)->children, n);
    return slot == JK_NONE ? 0 : jk_edge_row(book, slot)->older + 1;
}

static uint32_t next_child(const struct jk_book *book, uint32_t head, uint32_t n, uint32_t *cursor)
{
    uint32_t slot = *cursor ? *cursor - 1 : head;
    if (*cursor == JK_NONE) slot = JK_NONE;
    slot = edge_before(book, slot, n);
    uint32_t next = slot == JK_NONE ? JK_NONE : jk_edge_row(book, slot)->next;
    *cursor = next == JK_NONE ? JK_NONE : next + 1;
    return slot == JK_NONE ? JK_NONE : jk_edge_row(book, slot)->child;
}

uint32_t jk_book_child_of_release(const struct jk_book *book, uint32_t release, uint32_t n, uint32_t *cursor)
{
    return next_child(book, jk_book_release(book, release)->children, n, cursor);
}

uint32_t jk_book_child_of_external(const struct jk_book *book, uint32_t external, uint32_t n, uint32_t *cursor)
{
    return next_child(book, jk_book_external(book, external)->children, n, cursor);
}

/* ---- the walk down: only the writer's, so it marks rows with stamps ---- */

void jk_book_walk_begin(struct jk_book *book)
{
    book->stamp++;
    book->queue.count = book->wanted.count = 0;
}

static void visit_release(struct jk_book *book, uint32_t release)
{
    struct jk_release_row *row = jk_release_row(book, release);
    if (row->stamp == book->stamp) return;
    row->stamp = book->stamp;
    (void)jk_book_push(book, &book->queue, release);
}

static void visit_children(struct jk_book *book, uint32_t head)
{
    for (uint32_t slot = head; slot != JK_NONE; slot = jk_edge_row(book, slot)->next)
        visit_release(book, jk_edge_row(book, slot)->child);
}

void jk_book_want_alone(struct jk_book *book, uint32_t model)
{
    struct jk_model_row *row = jk_model_row(book, model);
    if (row->stamp == book->stamp) return;
    row->stamp = book->stamp;
    (void)jk_book_push(book, &book->wanted, model);
}

void jk_book_want(struct jk_book *book, uint32_t model)
{
    struct jk_model_row *row = jk_model_row(book, model);
    if (row->stamp == book->stamp) return;
    jk_book_want_alone(book, model);
    for (uint32_t slot = row->adoptions; slot != JK_NONE; slot = jk_adoption_row(book, slot)->next_of_model)
        if (jk_adoption_row(book, slot)->until == JK_NONE)
            jk_book_want_under_external(book, jk_adoption_row(book, slot)->external);
}

void jk_book_want_under_external(struct jk_book *book, uint32_t external)
{
    visit_children(book, jk_external_row(book, external)->pub.children);
}

void jk_book_want_under_model(struct jk_book *book, uint32_t model)
{
    uint32_t slot = jk_model_row(book, model)->pub.last_release;
    for (; slot != JK_NONE; slot = jk_release_row(book, slot)->pub.older)
        visit_release(book, slot);
}

void jk_book_walk(struct jk_book *book)
{
    for (uint32_t i = 0; i < book->queue.count; i++) { /* grows as it goes */
        const struct jk_release *release = &jk_release_row(book, book->queue.at[i])->pub;
        jk_book_want(book, release->model);
        visit_children(book, release->children);
    }
}

/* ---- the walk up: any reader's, so it has marks of its own ---- */

#define CLIMB_INLINE 64

struct climb {
    uint32_t model, external; /* what we are looking for; JK_NONE: nothing in particular */
    uint32_t *stack;          /* releases still to look at */
    uint32_t *seen;           /* open addressing, release + 1 */
    uint32_t count, seen_count, seen_size, stack_room;
    uint32_t inline_stack[CLIMB_INLINE], inline_seen[2 * CLIMB_INLINE];
    bool failed;
};

static bool mark_seen(uint32_t *seen, uint32_t size, uint32_t release)
{
    uint32_t at = jk_hash_u64(release) & (size - 1);
    while (seen[at] != 0) {
        if (seen[at] == release + 1) return false;
        at = (at + 1) & (size - 1);
    }
    seen[at] = release + 1;
    return true;
}

static bool grow_seen(struct climb *climb)
{
    uint32_t size = climb->seen_size * 4;
    uint32_t *seen = calloc(size, sizeof *seen);
    if (!seen) return false;
    for (uint32_t i = 0; i < climb->seen_size; i++)
        if (climb->seen[i]) mark_seen(seen, size, climb->seen[i] - 1);
    if (climb->seen != climb->inline_seen) free(climb->seen);
    climb->seen = seen;
    climb->seen_size = size;
    return true;
}

static bool grow_stack(struct climb *climb)
{
    uint32_t room = climb->stack_room * 4;
    uint32_t *stack = malloc(room * sizeof *stack);
    if (!stack) return false;
    memcpy(stack, climb->stack, climb->count * sizeof *stack);
    if (climb->stack != climb->inline_stack) free(climb->stack);
    climb->stack = stack;
    climb->stack_room = room;
    return true;
}

static void climb_to(struct climb *climb, uint32_t release)
{
    if (!mark_seen(climb->seen, climb->seen_size, release)) return;
    climb->seen_count++;
    if (climb->seen_count * 2 > climb->seen_size && !grow_seen(climb)) climb->failed = true;
    if (climb->count == climb->stack_room && !grow_stack(climb)) climb->failed = true;
    if (!climb->failed) climb->stack[climb->count++] = release;
}

/* All releases of a model: any of them may be meant. */
static void climb_model(struct climb *climb, const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t slot = jk_model_row(book, model)->pub.last_release;
    for (; slot != JK_NONE && !climb->failed; slot = jk_release_row(book, slot)->pub.older)
        if (jk_release_row(book, slot)->pub.index < n) climb_to(climb, slot);
}

/* Examines one parent; true if it is what we are looking for. */
static bool climb_parent(struct climb *climb, const struct jk_book *book, const struct jk_parent *parent, uint32_t n)
{
    if (!parent->external) {
        climb_to(climb, parent->slot);
        return jk_release_row(book, parent->slot)->pub.model == climb->model;
    }
    if (parent->slot == climb->external) return true;
    const struct jk_adoption *adoption = jk_book_adoption_of(book, parent->slot, n);
    if (!adoption) return false;
    climb_model(climb, book, adoption->model, n);
    return adoption->model == climb->model;
}

static void climb_begin(struct climb *climb, uint32_t model, uint32_t external)
{
    memset(climb->inline_seen, 0, sizeof climb->inline_seen);
    climb->model = model;
    climb->external = external;
    climb->stack = climb->inline_stack;
    climb->seen = climb->inline_seen;
    climb->stack_room = CLIMB_INLINE;
    climb->seen_size = 2 * CLIMB_INLINE;
    climb->count = climb->seen_count = 0;
    climb->failed = false;
}

static void climb_end(struct climb *climb)
{
    if (climb->stack != climb->inline_stack) free(climb->stack);
    if (climb->seen != climb->inline_seen) free(climb->seen);
}

/* Whether it is met on the way up from what was put on the stack. Out of memory refuses rather than lets a cycle in. */
static bool climb_all(struct climb *climb, const struct jk_book *book, uint32_t n)
{
    bool found = false;
    while (climb->count > 0 && !found && !climb->failed) {
        const struct jk_release *at = &jk_release_row(book, climb->stack[--climb->count])->pub;
        for (uint32_t i = 0; i < at->parent_count && !found && !climb->failed; i++)
            found = climb_parent(climb, book, &at->parents[i], n);
    }
    climb_end(climb);
    return found || climb->failed;
}

bool jk_book_descends(const struct jk_book *book, uint32_t release, uint32_t model, uint32_t n)
{
    struct climb climb;
    climb_begin(&climb, model, JK_NONE);
    climb_to(&climb, release);
    return climb_all(&climb, book, n);
}

bool jk_book_parents_descend(const struct jk_book *book, const struct jk_parent *parents, size_t count, uint32_t model,
                             uint32_t n)
{
    struct climb climb;
    bool found = false;
    climb_begin(&climb, model, JK_NONE);
    for (size_t i = 0; i < count && !found && !climb.failed; i++)
        found = parents[i].slot != JK_NONE && climb_parent(&climb, book, &parents[i], n);
    return climb_all(&climb, book, n) || found;
}

/* The releases that the parents mean, as far as they are not seen yet. */
static uint32_t climb_lineage(struct climb *climb, const struct jk_book *book, const struct jk_parent *parents,
                              size_t count, uint32_t n)
{
    for (size_t i = 0; i < count && !climb->failed; i++) {
        uint32_t release = jk_book_parent_release(book, &parents[i], n);
        if (release != JK_NONE) climb_to(climb, release);
    }
    return (uint32_t)count;
}

uint32_t jk_book_lineage_links(const struct jk_book *book, const struct jk_parent *parents, size_t count, uint32_t n,
                               uint32_t most)
{
    struct climb climb;
    climb_begin(&climb, JK_NONE, JK_NONE);
    uint32_t links = climb_lineage(&climb, book, parents, count, n);
    while (climb.count > 0 && links <= most && !climb.failed) {
        const struct jk_release *at = &jk_release_row(book, climb.stack[--climb.count])->pub;
        links += climb_lineage(&climb, book, at->parents, at->parent_count, n);
    }
    bool failed = climb.failed;
    climb_end(&climb);
    return failed ? UINT32_MAX : links;
}

bool jk_book_descends_from_external(const struct jk_book *book, uint32_t model, uint32_t external, uint32_t n)
{
    struct climb climb;
    climb_begin(&climb, JK_NONE, external);
    climb_model(&climb, book, model, n);
    return climb_all(&climb, book, n);
}
