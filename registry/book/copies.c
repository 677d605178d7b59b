/* See copies.h. */
#include "book/copies.h"

#include <stdlib.h>

#include "base/array.h"
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
    free(copies->found);
}

/* ---- when an ancestor makes a duplicate ---- */

/* The entry since which the derivative has claimed what it has; who came to have it later makes no duplicate. */
static uint32_t claimed_since(const struct jk_copies *copies, uint32_t release, enum jk_content kind, uint32_t slot)
{
    return jk_claim_age(copies->book, jk_release_row(copies->book, release)->pub.model, kind, slot, copies->n).since;
}

static bool is_copy_by(const struct jk_copies *copies, uint32_t release, uint32_t ancestor, enum jk_content kind)
{
    uint32_t slot = jk_content_of(copies->book, release, kind, copies->n);
    if (slot == JK_NONE || slot != jk_content_of(copies->book, ancestor, kind, copies->n)) return false;
    uint32_t say = jk_equals_say(&copies->equals, ancestor, kind);
    return say != JK_NONE && say <= claimed_since(copies, release, kind, slot);
}

static bool makes_a_duplicate(const struct jk_copies *copies, uint32_t release, uint32_t ancestor)
{
    bool is = false;
    for (int kind = 0; kind < JK_CONTENT_KINDS && !is; kind++)
        is = is_copy_by(copies, release, ancestor, (enum jk_content)kind);
    if (!is) return false;
    const struct jk_ruling *ruling = jk_origins_about_both(&copies->origins, release, ancestor);
    return !ruling || ruling->model != jk_release_row(copies->book, release)->pub.model;
}

/* ---- the walk, nearest first ---- */

static bool find_ancestor(struct jk_copies *copies, uint32_t release, uint32_t *out_ancestor)
{
    uint32_t put = 1;
    size_t room = (size_t)copies->book->releases.count + 1;
    if (!copies->seen) copies->seen = calloc(room, sizeof *copies->seen);
    if (!copies->queue) copies->queue = malloc(room * sizeof *copies->queue);
    copies->walk++;
    if (!copies->seen || !copies->queue) return false;
    copies->queue[0] = release;
    for (uint32_t at = 0; at < put; at++) {
        const struct jk_release *from = &jk_release_row(copies->book, copies->queue[at])->pub;
        for (uint32_t i = 0; i < from->parent_count; i++) {
            uint32_t above = jk_book_parent_above(copies->book, &from->parents[i], copies->equals.declared, copies->n);
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

static bool add_copy(struct jk_copies *copies, uint32_t release)
{
    if (!JK_ARRAY_GROW(copies->found, copies->found_count, copies->found_room)) return false;
    copies->found[copies->found_count++] = release;
    return true;
}

static bool ask_for_equals(struct jk_copies *copies, uint32_t release)
{
    for (int i = 0; i < JK_CONTENT_KINDS; i++) {
        enum jk_content kind = (enum jk_content)i;
        uint32_t slot = jk_content_of(copies->book, release, kind, copies->n);
        if (slot == JK_NONE) continue;
        if (!jk_equals_ask(&copies->equals, release, kind, claimed_since(copies, release, kind, slot))) return false;
    }
    return true;
}

bool jk_copies_tell(struct jk_copies *copies, uint32_t release, bool above)
{
    struct jk_copy copy;
    if (above && !jk_origins_about(&copies->origins, release)) return ask_for_equals(copies, release);
    if (!jk_copies_find(copies, release, above, &copy)) return false;
    return (!copy.ruling && copy.ancestor == JK_NONE) || add_copy(copies, release);
}

enum jk_status jk_copies_settle(struct jk_copies *copies, const struct jk_breath *breath, struct jk_error *error)
{
    JK_TRY(jk_equals_answer(&copies->equals, breath, error));
    for (uint32_t i = 0; i < copies->equals.count; i++)
        if (copies->equals.questions[i].found && !add_copy(copies, copies->equals.questions[i].release))
            return jk_out_of_memory(error);
    return JK_OK;
}
