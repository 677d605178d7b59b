/* See lineup.h. */
#include "examine/lineup.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "book/book_ask.h"
#include "book/holdings.h"
#include "book/vouched.h"

/* Somebody to be compared; of an other, with the index of the entry by which it has its place. */
struct candidate {
    struct jk_compared who;
    uint32_t entry;
};

/* An ancestor on the way up: a release, or an external with its revision. */
struct climbed {
    const struct jk_parent *parent; /* NULL: the deciding release of a model that adopted an external */
    uint32_t release;               /* slot; JK_NONE: an external */
};

struct walk {
    uint32_t *seen;                 /* by release: the number of the climb that met it last, or LEADS_ELSEWHERE */
    const struct jk_parent **named; /* by external: how it was named last on the way up from the release itself */
    uint32_t number;
    struct climbed *queue;
    size_t count, room;
};

#define LEADS_ELSEWHERE UINT32_MAX /* none of its ancestors, nor itself, is of the line-up's model */

struct jk_lineup {
    uint32_t release, model, n;
    const struct jk_breath *breath;
    uint32_t links; /* gone along since the beginning */
    struct walk walk;
    uint32_t *kin;    /* by model: UNKNOWN … */
    uint32_t *served; /* slots of references that stand for parents and ancestors */
    size_t served_count;
    struct candidate *others;
    size_t other_count, other_room;
    struct jk_compared *all;
    size_t all_count, all_room;
};

enum { UNKNOWN, OWN, /* or of an ancestor */ DESCENDS, OTHER };

/* After each link gone along, and each of others looked at. */
static enum jk_status count_link(struct jk_lineup *lineup, struct jk_error *error)
{
    return ++lineup->links % JK_BREATH_LINKS == 0 ? jk_breathe(lineup->breath, error) : JK_OK;
}

/* ---- the way up ---- */

static enum jk_status add_climbed(struct walk *walk, const struct jk_parent *parent, uint32_t release,
                                  struct jk_error *error)
{
    if (!JK_ARRAY_GROW(walk->queue, walk->count, walk->room)) return jk_out_of_memory(error);
    walk->queue[walk->count++] = (struct climbed){parent, release};
    return JK_OK;
}

static enum jk_status meet_release(struct walk *walk, const struct jk_parent *parent, uint32_t release,
                                   struct jk_error *error)
{
    if (walk->seen[release] == walk->number || walk->seen[release] == LEADS_ELSEWHERE) return JK_OK;
    walk->seen[release] = walk->number;
    return add_climbed(walk, parent, release, error);
}

/* One that is named with several revisions in turn may be met again: it is passed over when it is added. */
static enum jk_status meet_external(struct walk *walk, const struct jk_parent *parent, struct jk_error *error)
{
    const struct jk_parent **named = &walk->named[parent->slot];
    if (*named && jk_digest_equal((*named)->hash, parent->hash)) return JK_OK;
    *named = parent;
    return add_climbed(walk, parent, JK_NONE, error);
}

/* The deciding release of the model that adopted an external; JK_NONE: there is none. */
static uint32_t adopting_release(const struct jk_book *book, uint32_t external, uint32_t n)
{
    const struct jk_adoption *adoption = jk_book_adoption_of(book, external, n);
    return adoption ? jk_book_deciding(book, adoption->model, n) : JK_NONE;
}

/* Each parent, and behind one outside the registry what stands for it by an adoption. Those outside are themselves met
 * only where they may be compared. */
static enum jk_status meet_parents(struct jk_lineup *lineup, const struct jk_book *book, uint32_t release,
                                   bool externals, struct jk_error *error)
{
    const struct jk_release *from = jk_book_release(book, release);
    struct walk *walk = &lineup->walk;
    for (uint32_t i = 0; i < from->parent_count; i++) {
        const struct jk_parent *parent = &from->parents[i];
        JK_TRY(count_link(lineup, error));
        if (!parent->external) {
            JK_TRY(meet_release(walk, parent, parent->slot, error));
            continue;
        }
        if (externals) JK_TRY(meet_external(walk, parent, error));
        uint32_t adopting = adopting_release(book, parent->slot, lineup->n);
        if (adopting != JK_NONE) JK_TRY(meet_release(walk, NULL, adopting, error));
    }
    return JK_OK;
}

/* All ancestors of the line-up's release, breadth first, in walk->queue. */
static enum jk_status climb(struct jk_lineup *lineup, const struct jk_book *book, struct jk_error *error)
{
    struct walk *walk = &lineup->walk;
    walk->number++;
    JK_TRY(meet_parents(lineup, book, lineup->release, true, error));
    for (size_t i = 0; i < walk->count; i++)
        if (walk->queue[i].release != JK_NONE) JK_TRY(meet_parents(lineup, book, walk->queue[i].release, true, error));
    return JK_OK;
}

/* Whether a release of the line-up's model is among the ancestors of another release. Where it is not, all that was met
 * is marked: no later climb goes there again. */
static enum jk_status descends(struct jk_lineup *lineup, const struct jk_book *book, uint32_t release, bool *out_does,
                               struct jk_error *error)
{
    struct walk *walk = &lineup->walk;
    walk->number++;
    walk->count = 0;
    *out_does = false;
    JK_TRY(meet_parents(lineup, book, release, false, error));
    for (size_t i = 0; i < walk->count; i++) {
        *out_does = jk_book_release(book, walk->queue[i].release)->model == lineup->model;
        if (*out_does) return JK_OK;
        JK_TRY(meet_parents(lineup, book, walk->queue[i].release, false, error));
    }
    for (size_t i = 0; i < walk->count; i++)
        walk->seen[walk->queue[i].release] = LEADS_ELSEWHERE;
    return JK_OK;
}

/* ---- new and free ---- */

struct jk_lineup *jk_lineup_new(const struct jk_book *book, uint32_t release, uint32_t n,
                                const struct jk_breath *breath)
{
    struct jk_lineup *lineup = calloc(1, sizeof *lineup);
    if (!lineup) return NULL;
    lineup->release = release;
    lineup->model = jk_book_release(book, release)->model;
    lineup->n = n;
    lineup->breath = breath;
    lineup->walk.seen = calloc((size_t)jk_book_releases(book, n) + 1, sizeof *lineup->walk.seen);
    lineup->walk.named = calloc((size_t)jk_book_externals(book, n) + 1, sizeof *lineup->walk.named);
    lineup->kin = calloc((size_t)jk_book_models(book, n) + 1, sizeof *lineup->kin);
    lineup->served = calloc((size_t)jk_book_references(book, n) + 1, sizeof *lineup->served);
    if (lineup->walk.seen && lineup->walk.named && lineup->kin && lineup->served &&
        JK_ARRAY_GROW(lineup->all, lineup->all_count, lineup->all_room))
        return lineup;
    jk_lineup_free(lineup);
    return NULL;
}

void jk_lineup_free(struct jk_lineup *lineup)
{
    if (!lineup) return;
    free(lineup->walk.seen);
    free(lineup->walk.named);
    free(lineup->walk.queue);
    free(lineup->kin);
    free(lineup->served);
    free(lineup->others);
    free(lineup->all);
    free(lineup);
}

/* ---- parents and ancestors ---- */

static bool serves(const struct jk_lineup *lineup, uint32_t reference)
{
    for (size_t i = 0; i < lineup->served_count; i++)
        if (lineup->served[i] == reference) return true;
    return false;
}

static struct jk_digest held_artifact(const struct jk_book *book, uint32_t release, uint32_t n)
{
    bool held = release != JK_NONE && jk_book_release_is_held(book, release, n);
    return held ? jk_book_release(book, release)->artifact : (struct jk_digest){0};
}

/* Of an external: that of the reference in force, or else of the model that adopted it. */
static struct jk_digest external_artifact(struct jk_lineup *lineup, const struct jk_book *book,
                                          const struct jk_parent *parent)
{
    uint32_t reference = jk_book_find_reference(book, parent->name, parent->revision, lineup->n);
    if (reference == JK_NONE || !jk_book_reference_stands(book, reference, lineup->n))
        return held_artifact(book, adopting_release(book, parent->slot, lineup->n), lineup->n);
    if (!serves(lineup, reference)) lineup->served[lineup->served_count++] = reference;
    return jk_book_reference(book, reference)->artifact;
}

static bool add_compared(struct jk_lineup *lineup, const struct jk_compared *who)
{
    if (!JK_ARRAY_GROW(lineup->all, lineup->all_count, lineup->all_room)) return false;
    lineup->all[lineup->all_count++] = *who;
    return true;
}

/* At most parents and JK_ANCESTORS_MAX others are there. */
static bool is_added(const struct jk_lineup *lineup, const struct jk_digest *release)
{
    for (size_t i = 0; i < lineup->all_count; i++)
        if (jk_digest_equal(&lineup->all[i].release, release)) return true;
    return false;
}

static enum jk_status add_ancestor(struct jk_lineup *lineup, const struct jk_book *book, enum jk_tie tie,
                                   const struct jk_parent *parent, uint32_t release, struct jk_error *error)
{
    struct jk_compared who = {.tie = tie};
    who.release = release == JK_NONE ? *parent->hash : jk_book_release(book, release)->hash;
    if (tie != JK_TIE_PARENT && is_added(lineup, &who.release)) return JK_OK;
    who.artifact =
        release == JK_NONE ? external_artifact(lineup, book, parent) : held_artifact(book, release, lineup->n);
    if (tie != JK_TIE_PARENT && jk_digest_is_zero(&who.artifact)) return JK_OK;
    return add_compared(lineup, &who) ? JK_OK : jk_out_of_memory(error);
}

static enum jk_status add_declared(struct jk_lineup *lineup, const struct jk_book *book, struct jk_error *error)
{
    const struct jk_release *of = jk_book_release(book, lineup->release);
    const struct walk *walk = &lineup->walk;
    for (uint32_t i = 0; i < of->parent_count; i++) {
        const struct jk_parent *parent = &of->parents[i];
        JK_TRY(add_ancestor(lineup, book, JK_TIE_PARENT, parent, parent->external ? JK_NONE : parent->slot, error));
    }
    size_t most = lineup->all_count + JK_ANCESTORS_MAX;
    for (size_t i = 0; i < walk->count && lineup->all_count < most; i++) {
        const struct climbed *one = &walk->queue[i];
        JK_TRY(count_link(lineup, error));
        JK_TRY(add_ancestor(lineup, book, JK_TIE_ANCESTOR, one->parent, one->release, error));
    }
    return JK_OK;
}

/* ---- others ---- */

static bool line_up_other(struct jk_lineup *lineup, const struct candidate *other)
{
    if (!JK_ARRAY_GROW(lineup->others, lineup->other_count, lineup->other_room)) return false;
    lineup->others[lineup->other_count++] = *other;
    return true;
}

/* Neither the release's own model, nor that of an ancestor, nor a descendant. */
static enum jk_status is_other(struct jk_lineup *lineup, const struct jk_book *book, uint32_t model, uint32_t deciding,
                               bool *out_is, struct jk_error *error)
{
    bool does;
    if (lineup->kin[model] == UNKNOWN) {
        JK_TRY(descends(lineup, book, deciding, &does, error));
        lineup->kin[model] = does ? DESCENDS : OTHER;
    }
    *out_is = lineup->kin[model] == OTHER;
    return JK_OK;
}

/* A deciding release, if it has a manifest. */
static enum jk_status add_release(struct jk_lineup *lineup, const struct jk_book *book, unsigned found, uint32_t slot,
                                  struct jk_error *error)
{
    const struct jk_release *release = jk_book_release(book, slot);
    struct candidate other = {
        .who = {.tie = JK_TIE_OTHER, .found = found, .release = release->hash, .artifact = release->artifact},
        .entry = release->index};
    bool is;
    if (!jk_book_release_is_held(book, slot, lineup->n)) return JK_OK;
    JK_TRY(is_other(lineup, book, release->model, slot, &is, error));
    return !is || line_up_other(lineup, &other) ? JK_OK : jk_out_of_memory(error);
}

static enum jk_status add_references(struct jk_lineup *lineup, const struct jk_book *book, struct jk_error *error)
{
    uint32_t count = jk_book_references(book, lineup->n);
    for (uint32_t slot = 0; slot < count; slot++) {
        JK_TRY(count_link(lineup, error));
        if (serves(lineup, slot) || !jk_book_reference_stands(book, slot, lineup->n)) continue;
        const struct jk_reference *reference = jk_book_reference(book, slot);
        struct candidate other = {.who = {.tie = JK_TIE_OTHER,
                                          .is_reference = true,
                                          .reference = reference->from,
                                          .artifact = reference->artifact},
                                  .entry = reference->from};
        if (!line_up_other(lineup, &other)) return jk_out_of_memory(error);
    }
    return JK_OK;
}

enum jk_status jk_lineup_begin(struct jk_lineup *lineup, const struct jk_book *book, struct jk_error *error)
{
    JK_TRY(climb(lineup, book, error));
    JK_TRY(add_declared(lineup, book, error));
    lineup->kin[lineup->model] = OWN;
    for (size_t i = 0; i < lineup->walk.count; i++)
        if (lineup->walk.queue[i].release != JK_NONE)
            lineup->kin[jk_book_release(book, lineup->walk.queue[i].release)->model] = OWN;
    uint32_t model;
    for (uint32_t i = 0; (model = jk_book_listed(book, i, lineup->n)) != JK_NONE; i++) {
        uint32_t deciding = jk_book_base(book, model, lineup->n) ? jk_book_deciding(book, model, lineup->n) : JK_NONE;
        if (deciding != JK_NONE) JK_TRY(add_release(lineup, book, JK_FOUND_BASE, deciding, error));
    }
    return add_references(lineup, book, error);
}

enum jk_status jk_lineup_find(struct jk_lineup *lineup, const struct jk_book *book, unsigned found,
                              const struct jk_digest *artifacts, size_t count, struct jk_error *error)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t slot = jk_book_find_artifact(book, &artifacts[i], lineup->n);
        for (; slot != JK_NONE; slot = jk_book_next_with_artifact(book, slot, lineup->n)) {
            JK_TRY(count_link(lineup, error));
            if (jk_book_deciding(book, jk_book_release(book, slot)->model, lineup->n) == slot)
                JK_TRY(add_release(lineup, book, found, slot, error));
        }
    }
    return JK_OK;
}

/* ---- the end ---- */

/* By entry; of one that was found in several ways, each is next to the others. */
static int order_others(const void *a, const void *b)
{
    const struct candidate *one = a, *two = b;
    int order = (one->entry > two->entry) - (one->entry < two->entry);
    return order ? order : (one->who.found > two->who.found) - (one->who.found < two->who.found);
}

const struct jk_compared *jk_lineup_end(struct jk_lineup *lineup, size_t *out_count)
{
    static const unsigned limited[] = {JK_FOUND_EQUAL, JK_FOUND_ALIKE};
    size_t taken[] = {0, 0};
    if (lineup->other_count > 0) qsort(lineup->others, lineup->other_count, sizeof *lineup->others, order_others);
    for (size_t begin = 0, end; begin < lineup->other_count; begin = end) {
        struct candidate one = lineup->others[begin];
        for (end = begin + 1; end < lineup->other_count && lineup->others[end].entry == one.entry; end++)
            one.who.found |= lineup->others[end].who.found;
        for (size_t i = 0; i < 2; i++)
            if ((one.who.found & limited[i]) && taken[i]++ >= JK_FOUND_MAX) one.who.found &= ~limited[i];
        if ((one.who.found || one.who.is_reference) && !add_compared(lineup, &one.who)) return NULL;
    }
    *out_count = lineup->all_count;
    return lineup->all;
}
