/* See equals.h. */
#include "book/equals.h"

#include <stdlib.h>

#include "book/book_internal.h"

void jk_equals_init(struct jk_equals *equals, const struct jk_book *book, const struct jk_policy *policy, uint32_t n)
{
    *equals = (struct jk_equals){
        .book = book, .policy = policy, .declared = jk_policy_has(policy, JK_REASON_ADOPTED_PATH), .n = n};
}

void jk_equals_done(struct jk_equals *equals)
{
    free(equals->known);
    free(equals->place);
    free(equals->seen);
    free(equals->queue);
    free(equals->stack);
}

static bool make_equals_room(struct jk_equals *equals)
{
    size_t room = (size_t)equals->book->releases.count + 1;
    if (equals->place) return true;
    equals->place = calloc(room, sizeof *equals->place);
    equals->seen = calloc(room, sizeof *equals->seen);
    equals->queue = malloc(room * sizeof *equals->queue);
    equals->stack = malloc(room * sizeof *equals->stack);
    return equals->place && equals->seen && equals->queue && equals->stack;
}

/* ---- one release ---- */

static uint32_t earlier(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* What could not count itself takes nothing from others. */
static bool could_count(const struct jk_equals *equals, uint32_t release)
{
    const struct jk_book *book = equals->book;
    const struct jk_policy *policy = equals->policy;
    const struct jk_release *row = &jk_release_row(book, release)->pub;
    uint32_t n = equals->n;
    if (jk_policy_has(policy, JK_REASON_YANKED) && jk_book_is_yanked(book, release, n)) return false;
    if (jk_policy_has(policy, JK_REASON_UNVERIFIED) &&
        !jk_book_is_verified(book, jk_book_alias(book, row->model, n)->publisher, n))
        return false;
    if (!jk_policy_has(policy, JK_REASON_NO_ARTIFACT)) return true;
    return policy->held ? jk_book_release_is_held(book, release, n) : !jk_digest_is_zero(&row->artifact);
}

/* The entry since which it has it: that of the release, the one that shows its files, or the one that took back that it
 * was yanked. */
static uint32_t since_of(const struct jk_equals *equals, uint32_t release, enum jk_content kind)
{
    const struct jk_release *row = &jk_release_row(equals->book, release)->pub;
    uint32_t since = kind == JK_CONTENT_FILES ? jk_book_files_since(equals->book, release, equals->n) : row->index;
    uint32_t switched = jk_book_switched_since(equals->book, row->yanks, equals->n);
    return switched == JK_NONE || switched < since ? since : switched;
}

void jk_equals_add(const struct jk_equals *equals, uint32_t ancestor, enum jk_content kind, struct jk_equal *found)
{
    const struct jk_release_row *row = jk_release_row(equals->book, ancestor);
    uint32_t since = since_of(equals, ancestor, kind);
    if (jk_book_base(equals->book, row->pub.model, equals->n)) {
        found->base = earlier(found->base, since);
        return;
    }
    if (kind != JK_CONTENT_WEIGHTS && row->weights != JK_NONE) return; /* one release takes by one kind alone */
    if (could_count(equals, ancestor)) found->other = earlier(found->other, since);
}

static void add_all(const struct jk_equal *more, struct jk_equal *found)
{
    found->base = earlier(found->base, more->base);
    found->other = earlier(found->other, more->other);
}

/* ---- the walk up, which ends at equals: what is above them is known ---- */

/* JK_NONE, or an equal of which it is not known yet what is above it: to be worked out before. */
static uint32_t look_at(struct jk_equals *equals, uint32_t release, enum jk_content kind, uint32_t slot, uint32_t *put,
                        struct jk_equal *found)
{
    equals->seen[release] = equals->walk;
    equals->steps++;
    if (jk_content_of(equals->book, release, kind, equals->n) != slot) {
        equals->queue[(*put)++] = release;
        return JK_NONE;
    }
    if (equals->place[release] == 0) return release;
    jk_equals_add(equals, release, kind, found);
    add_all(&equals->known[equals->place[release] - 1][kind], found);
    return JK_NONE;
}

/* Whether there is anything to climb for. */
static bool is_shared(const struct jk_equals *equals, uint32_t release, enum jk_content kind)
{
    if (kind == JK_CONTENT_WEIGHTS) return jk_book_weights_are_shared(equals->book, release);
    if (kind == JK_CONTENT_ARTIFACT) return jk_book_artifact_is_shared(equals->book, release);
    return jk_content_of(equals->book, release, kind, equals->n) != JK_NONE;
}

static uint32_t climb(struct jk_equals *equals, uint32_t release, enum jk_content kind, struct jk_equal *found)
{
    uint32_t slot = jk_content_of(equals->book, release, kind, equals->n), put = 1, missing = JK_NONE;
    *found = (struct jk_equal){JK_NONE, JK_NONE};
    if (!is_shared(equals, release, kind)) return JK_NONE;
    equals->walk++;
    equals->queue[0] = release;
    for (uint32_t at = 0; at < put && missing == JK_NONE; at++) {
        const struct jk_release *from = &jk_release_row(equals->book, equals->queue[at])->pub;
        for (uint32_t i = 0; i < from->parent_count && missing == JK_NONE; i++) {
            uint32_t above = equals->declared ? jk_book_declared_parent(&from->parents[i])
                                              : jk_book_parent_release(equals->book, &from->parents[i], equals->n);
            if (above != JK_NONE && equals->seen[above] != equals->walk)
                missing = look_at(equals, above, kind, slot, &put, found);
        }
    }
    return missing;
}

/* The release's row is added, or what has to be known before is given back. */
static uint32_t work_out(struct jk_equals *equals, uint32_t release)
{
    struct jk_equal found[JK_CONTENT_KINDS];
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++) {
        uint32_t missing = climb(equals, release, (enum jk_content)kind, &found[kind]);
        if (missing != JK_NONE) return missing;
    }
    memcpy(equals->known[equals->count], found, sizeof found);
    equals->place[release] = ++equals->count;
    return JK_NONE;
}

static bool have_row(struct jk_equals *equals)
{
    if (equals->count < equals->room) return true;
    uint32_t room = equals->room * 2 + 64;
    void *more = realloc(equals->known, room * sizeof *equals->known);
    if (!more) return false;
    equals->known = more;
    equals->room = room;
    return true;
}

/* What is on the stack descends from what is put on it, so nothing is there twice. */
const struct jk_equal *jk_equals_above(struct jk_equals *equals, uint32_t release)
{
    uint32_t count = 0;
    if (!make_equals_room(equals)) return NULL;
    if (equals->place[release] == 0) equals->stack[count++] = release;
    while (count > 0) {
        if (!have_row(equals)) return NULL;
        uint32_t missing = work_out(equals, equals->stack[count - 1]);
        if (missing == JK_NONE)
            count--;
        else
            equals->stack[count++] = missing;
    }
    return equals->known[equals->place[release] - 1];
}
