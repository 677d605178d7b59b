/* See copies.h. */
#include "book/copies.h"

#include <stdlib.h>

#include "book/book_internal.h"

bool jk_copies_init(struct jk_copies *copies, const struct jk_book *book, const struct jk_policy *policy, uint32_t n)
{
    *copies = (struct jk_copies){.book = book,
                                 .n = n,
                                 .declared = jk_policy_has(policy, JK_REASON_ADOPTED_PATH),
                                 .unverified = jk_policy_has(policy, JK_REASON_UNVERIFIED)};
    jk_equals_init(&copies->equals, book, copies->declared, n);
    return jk_origins_init(&copies->origins, book, n);
}

void jk_copies_done(struct jk_copies *copies)
{
    jk_origins_done(&copies->origins);
    jk_equals_done(&copies->equals);
    free(copies->seen);
    free(copies->queue);
}

/* ---- what keeps an ancestor from making a duplicate ---- */

/* A model that cannot count for want of a verified publisher; a base model is one by the roster. */
static bool is_mere_claim(const struct jk_copies *copies, uint32_t ancestor)
{
    uint32_t model = jk_release_row(copies->book, ancestor)->pub.model;
    if (jk_book_base(copies->book, model, copies->n)) return false;
    return !jk_book_is_verified(copies->book, jk_book_alias(copies->book, model, copies->n)->publisher, copies->n);
}

/* All that both have is a set of weight files, and the ancestor's manifest came only when the derivative claimed them
 * already. Whose a base model's files are the roster says. */
static bool is_late(const struct jk_copies *copies, uint32_t release, uint32_t ancestor)
{
    const struct jk_release_row *a = jk_release_row(copies->book, release), *b = jk_release_row(copies->book, ancestor);
    if (a->weights != JK_NONE && a->weights == b->weights) return false;
    if (a->artifact == b->artifact || jk_book_base(copies->book, b->pub.model, copies->n)) return false;
    uint32_t files = jk_content_of(copies->book, release, JK_CONTENT_FILES, copies->n);
    struct jk_age age = jk_claim_age(copies->book, a->pub.model, JK_CONTENT_FILES, files, copies->n);
    return age.since < jk_book_files_since(copies->book, ancestor, copies->n);
}

static bool makes_a_duplicate(const struct jk_copies *copies, uint32_t release, bool verified, uint32_t ancestor)
{
    if (!jk_book_same_content(copies->book, release, ancestor, copies->n)) return false;
    if (copies->unverified && verified && is_mere_claim(copies, ancestor)) return false;
    if (is_late(copies, release, ancestor)) return false;
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

static bool find_ancestor(struct jk_copies *copies, uint32_t release, bool verified, uint32_t *out_ancestor)
{
    uint32_t put = 1;
    if (!begin_walk(copies)) return false;
    copies->queue[0] = release;
    for (uint32_t at = 0; at < put; at++) {
        const struct jk_release *from = &jk_release_row(copies->book, copies->queue[at])->pub;
        for (uint32_t i = 0; i < from->parent_count; i++) {
            uint32_t above = copies->declared ? jk_book_declared_parent(&from->parents[i])
                                              : jk_book_parent_release(copies->book, &from->parents[i], copies->n);
            if (above == JK_NONE || copies->seen[above] == copies->walk) continue;
            copies->seen[above] = copies->walk;
            copies->queue[put++] = above;
            if (!makes_a_duplicate(copies, release, verified, above)) continue;
            *out_ancestor = above;
            return true;
        }
    }
    return true;
}

bool jk_copies_find(struct jk_copies *copies, uint32_t release, bool verified, bool above, struct jk_copy *out_copy)
{
    *out_copy = (struct jk_copy){jk_origins_about(&copies->origins, release), JK_NONE};
    if (out_copy->ruling && out_copy->ruling->model != jk_release_row(copies->book, release)->pub.model) return true;
    out_copy->ruling = NULL;
    return !above || find_ancestor(copies, release, verified, &out_copy->ancestor);
}

/* ---- all at once ---- */

static bool is_equal_copy(const struct jk_copies *copies, uint32_t release, bool verified, enum jk_content kind,
                          const struct jk_equal *above)
{
    uint32_t since = copies->unverified && verified ? above->verified : above->any;
    if (above->base != JK_NONE) return true;
    if (since == JK_NONE || kind != JK_CONTENT_FILES) return since != JK_NONE;
    uint32_t model = jk_release_row(copies->book, release)->pub.model;
    uint32_t files = jk_content_of(copies->book, release, kind, copies->n);
    return since <= jk_claim_age(copies->book, model, kind, files, copies->n).since;
}

bool jk_copies_is(struct jk_copies *copies, uint32_t release, bool verified, bool above, bool *out_is)
{
    struct jk_copy copy;
    *out_is = false;
    if (above && !jk_origins_about(&copies->origins, release)) {
        const struct jk_equal *equal = jk_equals_above(&copies->equals, release);
        for (int kind = 0; equal && kind < JK_CONTENT_KINDS; kind++)
            *out_is = *out_is || is_equal_copy(copies, release, verified, (enum jk_content)kind, &equal[kind]);
        return equal != NULL;
    }
    if (!jk_copies_find(copies, release, verified, above, &copy)) return false;
    *out_is = copy.ruling || copy.ancestor != JK_NONE;
    return true;
}
