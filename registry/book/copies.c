/* See copies.h. */
#include "book/copies.h"

#include <stdlib.h>

#include "book/book_internal.h"

bool jk_copies_init(struct jk_copies *copies, const struct jk_book *book, const struct jk_policy *policy, uint32_t n)
{
    *copies = (struct jk_copies){.book = book, .n = n};
    jk_equals_init(&copies->equals, book, policy, n);
    return jk_origins_init(&copies->origins, book, n);
}

void jk_copies_done(struct jk_copies *copies)
{
    jk_origins_done(&copies->origins);
    jk_equals_done(&copies->equals);
    free(copies->seen);
    free(copies->queue);
}

/* ---- when an ancestor makes a duplicate ---- */

/* Unless it came to have that content only when the derivative claimed it already. Whose a base model's is the roster
 * says. */
static bool is_copy_of(const struct jk_copies *copies, uint32_t release, enum jk_content kind,
                       const struct jk_equal *above)
{
    if (above->base != JK_NONE) return true;
    if (above->other == JK_NONE) return false;
    uint32_t model = jk_release_row(copies->book, release)->pub.model;
    uint32_t slot = jk_content_of(copies->book, release, kind, copies->n);
    return above->other <= jk_claim_age(copies->book, model, kind, slot, copies->n).since;
}

static bool makes_a_duplicate(const struct jk_copies *copies, uint32_t release, uint32_t ancestor)
{
    bool is = false;
    for (int i = 0; i < JK_CONTENT_KINDS && !is; i++) {
        enum jk_content kind = (enum jk_content)i;
        uint32_t slot = jk_content_of(copies->book, release, kind, copies->n);
        struct jk_equal found = {JK_NONE, JK_NONE};
        if (slot == JK_NONE || slot != jk_content_of(copies->book, ancestor, kind, copies->n)) continue;
        jk_equals_add(&copies->equals, ancestor, kind, &found);
        is = is_copy_of(copies, release, kind, &found);
    }
    if (!is) return false;
    const struct jk_ruling *ruling = jk_origins_about_both(&copies->origins, release, ancestor);
    return !ruling || ruling->model != jk_release_row(copies->book, release)->pub.model;
}

/* ---- the walk, nearest first ---- */

static bool begin_walk(struct jk_copies *copies)
{
    size_t room = (size_t)copies->book->releases.count + 1;
    if (!copies->seen) copies->seen = calloc(room, sizeof *copies->seen);
    if (!copies->queue) copies->queue = malloc(room * sizeof *copies->queue);
    copies->walk++;
    return copies->seen && copies->queue;
}

static bool find_ancestor(struct jk_copies *copies, uint32_t release, uint32_t *out_ancestor)
{
    uint32_t put = 1;
    if (!begin_walk(copies)) return false;
    copies->queue[0] = release;
    for (uint32_t at = 0; at < put; at++) {
        const struct jk_release *from = &jk_release_row(copies->book, copies->queue[at])->pub;
        for (uint32_t i = 0; i < from->parent_count; i++) {
            uint32_t above = copies->equals.declared
                                 ? jk_book_declared_parent(&from->parents[i])
                                 : jk_book_parent_release(copies->book, &from->parents[i], copies->n);
            if (above == JK_NONE || copies->seen[above] == copies->walk) continue;
            copies->seen[above] = copies->walk;
            copies->queue[put++] = above;
            if (!makes_a_duplicate(copies, release, above)) continue;
            *out_ancestor = above;
            return true;
        }
    }
    return true;
}

bool jk_copies_find(struct jk_copies *copies, uint32_t release, bool above, struct jk_copy *out_copy)
{
    *out_copy = (struct jk_copy){jk_origins_about(&copies->origins, release), JK_NONE};
    if (out_copy->ruling && out_copy->ruling->model != jk_release_row(copies->book, release)->pub.model) return true;
    out_copy->ruling = NULL;
    return !above || find_ancestor(copies, release, &out_copy->ancestor);
}

/* ---- all at once ---- */

bool jk_copies_is(struct jk_copies *copies, uint32_t release, bool above, bool *out_is)
{
    struct jk_copy copy;
    *out_is = false;
    if (above && !jk_origins_about(&copies->origins, release)) {
        const struct jk_equal *equal = jk_equals_above(&copies->equals, release);
        for (int kind = 0; equal && kind < JK_CONTENT_KINDS; kind++)
            *out_is = *out_is || is_copy_of(copies, release, (enum jk_content)kind, &equal[kind]);
        return equal != NULL;
    }
    if (!jk_copies_find(copies, release, above, &copy)) return false;
    *out_is = copy.ruling || copy.ancestor != JK_NONE;
    return true;
}
