/* Which base models a release descends from, at what depth, and which permissions its ancestors give: a summary cached
 * for each release and computed from those of its parents, so a chain costs its length only once. A summary is valid
 * for an epoch; anything that changes the graph above existing releases (adoptions, the roster, licence facts, a new
 * deciding release of a model that adopted an external) starts a new one. Root sets are interned; set 0 is empty. */
#include <stdlib.h>

#include "base/check.h"
#include "book/book_internal.h"

/* ---- root sets ---- */

static uint32_t intern_set(struct jk_book *book, const struct jk_root *roots, uint32_t count)
{
    if (count == 0) return 0;
    uint32_t hash = 0;
    for (uint32_t i = 0; i < count; i++)
        hash = jk_hash_u64((((uint64_t)roots[i].model << 32) | roots[i].depth) ^ ((uint64_t)hash << 16));
    uint32_t slot = jk_index_first(&book->root_set_index, hash);
    while (slot != JK_NONE) {
        const struct jk_root_set *set = jk_root_set_row(book, slot);
        if (set->by_roots.hash == hash && set->count == count && memcmp(set->roots, roots, count * sizeof *roots) == 0)
            return slot;
        slot = set->by_roots.next;
    }
    struct jk_root *copy = jk_bytes_take(&book->cached, NULL, count * sizeof *copy);
    struct jk_root_set *set = copy ? jk_chunks_append(&book->root_sets, NULL) : NULL;
    if (!set) {
        book->failed = true;
        return 0;
    }
    memcpy(copy, roots, count * sizeof *copy);
    *set = (struct jk_root_set){.roots = copy, .count = count};
    slot = book->root_sets.count - 1;
    jk_index_add(&book->root_set_index, NULL, &set->by_roots, slot, hash);
    return slot;
}

bool jk_book_roots_init(struct jk_book *book)
{
    struct jk_root_set *empty = jk_chunks_append(&book->root_sets, NULL);
    if (!empty) return false;
    jk_index_add(&book->root_set_index, NULL, &empty->by_roots, 0, 0);
    return true;
}

/* The same roots, each one step further away. */
static uint32_t deepen(struct jk_book *book, uint32_t slot)
{
    struct jk_root_set *set = jk_root_set_row(book, slot);
    if (slot == 0 || set->deeper != 0) return set->deeper;
    for (uint32_t i = 0; i < set->count; i++) {
        book->merging[i] = set->roots[i];
        if (book->merging[i].depth < UINT16_MAX) book->merging[i].depth++;
    }
    set->deeper = intern_set(book, book->merging, set->count);
    return set->deeper;
}

/* Merges a set into book->merged[0 … count-1], both sorted by model, keeping the smaller depth; returns the new count.
 */
static uint32_t merge_set(struct jk_book *book, uint32_t count, uint32_t slot)
{
    const struct jk_root_set *set = jk_root_set_row(book, slot);
    uint32_t i = 0, j = 0, k = 0;
    while (i < count || j < set->count) {
        JK_CHECK(k < JK_BOOK_BASES); /* the roster holds no more */
        if (j == set->count || (i < count && book->merged[i].model < set->roots[j].model)) {
            book->merging[k++] = book->merged[i++];
            continue;
        }
        struct jk_root root = set->roots[j++];
        if (i < count && book->merged[i].model == root.model) {
            if (book->merged[i].depth < root.depth) root.depth = book->merged[i].depth;
            i++;
        }
        book->merging[k++] = root;
    }
    struct jk_root *merged = book->merging;
    book->merging = book->merged;
    book->merged = merged;
    return k;
}

/* ---- summaries ---- */

static bool is_summarized(const struct jk_book *book, uint32_t release)
{
    return jk_release_row(book, release)->epoch == book->epoch;
}

/* A summary over all paths, or only over the declared ones. */
struct summary {
    uint32_t roots;
    const uint8_t *met;
};

static struct summary summary_of(const struct jk_book *book, uint32_t release, bool declared)
{
    const struct jk_release_row *row = jk_release_row(book, release);
    if (!declared || !row->adopted_above) return (struct summary){row->roots, row->met};
    const struct jk_declared_row *alone = jk_declared_row(book, row->declared);
    return (struct summary){alone->roots, alone->met};
}

/* The roots that a parent passes to its child: itself if it is on the roster, otherwise its own, one step further. */
static uint32_t roots_given(struct jk_book *book, uint32_t parent_release, uint32_t its_roots)
{
    const struct jk_release_row *parent = jk_release_row(book, parent_release);
    if (!jk_book_base(book, parent->pub.model, JK_NOW)) return deepen(book, its_roots);
    struct jk_root root = {.model = parent->pub.model, .depth = 1};
    return intern_set(book, &root, 1);
}

static void meet(uint8_t met[JK_PERMISSION_KINDS], const uint8_t others[JK_PERMISSION_KINDS])
{
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        met[kind] |= others[kind];
}

/* All parents have summaries. `declared`: adopted externals are treated like any other. */
static uint32_t combine(struct jk_book *book, const struct jk_parent *parents, uint32_t count, bool declared,
                        uint8_t met[JK_PERMISSION_KINDS])
{
    static const uint8_t unknown[JK_PERMISSION_KINDS] = {1 << JK_PERMISSION_UNKNOWN, 1 << JK_PERMISSION_UNKNOWN,
                                                         1 << JK_PERMISSION_UNKNOWN};
    uint32_t merged = 0, only = 0;
    bool several = false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t release = jk_book_parent_above(book, &parents[i], declared, JK_NOW);
        if (release == JK_NONE) {
            meet(met, unknown);
            continue;
        }
        struct summary above = summary_of(book, release, declared);
        const uint8_t *permissions = jk_book_license_now(book, jk_release_row(book, release)->pub.license)->permissions;
        for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
            met[kind] |= (uint8_t)(1u << permissions[kind]);
        meet(met, above.met);
        uint32_t given = roots_given(book, release, above.roots);
        if (given == 0 || given == only) continue;
        if (only != 0 && !several) merged = merge_set(book, 0, only);
        several = only != 0;
        if (several)
            merged = merge_set(book, merged, given);
        else
            only = given;
    }
    return several ? intern_set(book, book->merged, merged) : only;
}

/* Whether any path upwards goes through an adoption. */
static bool has_adoption_above(const struct jk_book *book, const struct jk_release *release)
{
    for (uint32_t i = 0; i < release->parent_count; i++) {
        const struct jk_parent *parent = &release->parents[i];
        if (parent->external ? jk_book_adoption_of(book, parent->slot, JK_NOW) != NULL
                             : jk_release_row(book, parent->slot)->adopted_above)
            return true;
    }
    return false;
}

/* A cache like the others: a row is allocated once for a release that needs it, and rewritten in each epoch. */
static void summarize_declared(struct jk_book *book, struct jk_release_row *row)
{
    row->adopted_above = has_adoption_above(book, &row->pub);
    if (!row->adopted_above) return;
    if (row->declared == JK_NONE) {
        if (!jk_chunks_append(&book->declared, NULL)) {
            book->failed = true;
            return;
        }
        row->declared = book->declared.count - 1;
    }
    struct jk_declared_row *alone = jk_declared_row(book, row->declared);
    memset(alone->met, 0, sizeof alone->met);
    alone->roots = combine(book, row->pub.parents, row->pub.parent_count, true, alone->met);
}

/* Puts the parents without a summary on the stack; false if there were none. */
static bool push_missing(struct jk_book *book, const struct jk_parent *parents, uint32_t count)
{
    uint32_t before = book->stack.count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t release = jk_book_parent_release(book, &parents[i], JK_NOW);
        if (release != JK_NONE && !is_summarized(book, release)) (void)jk_book_push(book, &book->stack, release);
    }
    return book->stack.count > before;
}

static void drain_stack(struct jk_book *book)
{
    while (book->stack.count > 0 && !book->failed) {
        uint32_t release = book->stack.at[book->stack.count - 1];
        struct jk_release_row *row = jk_release_row(book, release);
        if (!is_summarized(book, release)) {
            if (push_missing(book, row->pub.parents, row->pub.parent_count)) continue;
            memset(row->met, 0, sizeof row->met);
            row->roots = combine(book, row->pub.parents, row->pub.parent_count, false, row->met);
            summarize_declared(book, row);
            row->epoch = book->epoch;
        }
        book->stack.count--;
    }
}

void jk_book_summarize(struct jk_book *book, uint32_t release)
{
    if (is_summarized(book, release)) return;
    book->stack.count = 0;
    (void)jk_book_push(book, &book->stack, release);
    drain_stack(book);
}

bool jk_book_leads_to_base(struct jk_book *book, const struct jk_parent *parents, uint32_t count)
{
    uint8_t met[JK_PERMISSION_KINDS] = {0};
    book->stack.count = 0;
    if (push_missing(book, parents, count)) drain_stack(book);
    return !book->failed && combine(book, parents, count, false, met) != 0;
}
