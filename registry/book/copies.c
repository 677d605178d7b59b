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
    copies->origins = jk_origin_rulings(book, n, &copies->origin_count);
    return copies->origins != NULL;
}

void jk_copies_done(struct jk_copies *copies)
{
    free(copies->origins);
    free(copies->seen);
    free(copies->queue);
}

/* ---- what keeps an ancestor from making a duplicate ---- */

/* Whether the ruling's release has a content that both have. */
static bool is_about(const struct jk_copies *copies, const struct jk_ruling *ruling, uint32_t release,
                     uint32_t ancestor)
{
    for (int i = 0; i < JK_CONTENT_KINDS; i++) {
        enum jk_content kind = (enum jk_content)i;
        uint32_t slot = jk_content_of(copies->book, release, kind, copies->n);
        if (slot != JK_NONE && slot == jk_content_of(copies->book, ancestor, kind, copies->n) &&
            slot == jk_content_of(copies->book, ruling->release, kind, copies->n))
            return true;
    }
    return false;
}

/* The last ruling about what they share decides, if there is one. */
static bool is_ruled_its_own(const struct jk_copies *copies, uint32_t release, uint32_t ancestor)
{
    for (size_t i = copies->origin_count; i-- > 0;)
        if (is_about(copies, copies->origins[i], release, ancestor))
            return copies->origins[i]->model == jk_release_row(copies->book, release)->pub.model;
    return false;
}

/* A model that cannot count for want of a verified publisher; a base model is one by the roster. */
static bool is_mere_claim(const struct jk_copies *copies, uint32_t ancestor)
{
    uint32_t model = jk_release_row(copies->book, ancestor)->pub.model;
    if (jk_book_base(copies->book, model, copies->n)) return false;
    return !jk_book_is_verified(copies->book, jk_book_alias(copies->book, model, copies->n)->publisher, copies->n);
}

static bool makes_a_duplicate(const struct jk_copies *copies, uint32_t release, bool verified, uint32_t ancestor)
{
    if (!jk_book_same_content(copies->book, release, ancestor, copies->n)) return false;
    if (copies->unverified && verified && is_mere_claim(copies, ancestor)) return false;
    return !is_ruled_its_own(copies, release, ancestor);
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

bool jk_copies_find(struct jk_copies *copies, uint32_t release, bool verified, uint32_t *out_ancestor)
{
    uint32_t put = 1;
    *out_ancestor = JK_NONE;
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
