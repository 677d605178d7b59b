/* See equals.h. */
#include "book/equals.h"

#include <stdlib.h>

#include "base/search.h"
#include "book/book_internal.h"

#define FIRST_ROOM 64u

struct jk_equals_step {       /* on the way up */
    uint32_t release, parent; /* the next of its parents to look at */
};

/* Questions in their order that are answered by one walk: their different contents are counted. */
struct walk {
    struct jk_equals *equals;
    struct jk_question *first;
    uint32_t count;
    const struct jk_question *contents[JK_EQUALS_AT_ONCE]; /* the first question about each */
    uint32_t columns;
};

void jk_equals_init(struct jk_equals *equals, const struct jk_book *book, const struct jk_policy *policy, uint32_t n)
{
    *equals = (struct jk_equals){
        .book = book, .policy = policy, .declared = jk_policy_has(policy, JK_REASON_ADOPTED_PATH), .n = n};
}

void jk_equals_done(struct jk_equals *equals)
{
    free(equals->questions);
    free(equals->place);
    free(equals->seen);
    free(equals->cells);
    free(equals->path);
}

/* Room for so many of them, which may be many more at once; false: out of memory. */
static bool have_equals_room(void **rows, size_t count, size_t *room, size_t size)
{
    if (count <= *room) return true;
    size_t more = count + count / 2 + FIRST_ROOM;
    void *moved = realloc(*rows, more * size);
    if (!moved) return false;
    *rows = moved;
    *room = more;
    return true;
}

/* ---- asking ---- */

/* Whether there may be anybody else. */
static bool is_shared(const struct jk_equals *equals, uint32_t release, enum jk_content kind)
{
    if (kind == JK_CONTENT_WEIGHTS) return jk_book_weights_are_shared(equals->book, release);
    if (kind == JK_CONTENT_ARTIFACT) return jk_book_artifact_is_shared(equals->book, release);
    return jk_book_files_are_shared(equals->book, release, equals->n);
}

bool jk_equals_ask(struct jk_equals *equals, uint32_t release, enum jk_content kind, uint32_t since)
{
    void *questions = equals->questions;
    if (!is_shared(equals, release, kind)) return true;
    if (!have_equals_room(&questions, (size_t)equals->count + 1, &equals->room, sizeof *equals->questions))
        return false;
    equals->questions = questions;
    equals->questions[equals->count++] =
        (struct jk_question){.kind = kind,
                             .slot = jk_content_of(equals->book, release, kind, equals->n),
                             .since = since,
                             .release = release};
    return true;
}

/* ---- the order: what asks for the same content lies together ---- */

static int compare_contents(const struct jk_question *a, const struct jk_question *b)
{
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    return a->slot < b->slot ? -1 : a->slot > b->slot;
}

static int compare_questions(const void *left, const void *right)
{
    const struct jk_question *a = left, *b = right;
    int order = compare_contents(a, b);
    if (order != 0) return order;
    return a->release < b->release ? -1 : a->release > b->release;
}

/* As many from this one on as ask for no more contents than there are columns. */
static void take_questions(struct walk *walk, struct jk_question *first, uint32_t left)
{
    walk->first = first;
    walk->count = walk->columns = 0;
    for (uint32_t i = 0; i < left; i++) {
        if (i == 0 || compare_contents(&first[i], &first[i - 1]) != 0) {
            if (walk->columns == JK_EQUALS_AT_ONCE) break;
            walk->contents[walk->columns++] = &first[i];
        }
        walk->count++;
    }
}

/* ---- who has a say ---- */

/* What could not count itself takes nothing from others. */
static bool could_count(const struct jk_equals *equals, uint32_t release)
{
    const struct jk_book *book = equals->book;
    const struct jk_policy *policy = equals->policy;
    const struct jk_release *row = &jk_release_row(book, release)->pub;
    uint32_t n = equals->n;
    if (jk_policy_has(policy, JK_REASON_YANKED) && jk_book_is_yanked(book, release, n)) return false;
    if (jk_policy_has(policy, JK_REASON_UNVERIFIED) && !jk_book_name_is_verified(book, row->model, n)) return false;
    if (!jk_policy_has(policy, JK_REASON_NO_ARTIFACT)) return true;
    return policy->held ? jk_book_release_is_held(book, release, n) : !jk_digest_is_zero(&row->artifact);
}

static uint32_t the_later(uint32_t a, uint32_t b)
{
    return b == JK_NONE || b < a ? a : b;
}

/* The entry since which it has had it, and could count, without a break: that of the release, the one that shows its
 * files, the one that took back that it was yanked, or the one since which it is held or its publishers are verified. */
static uint32_t since_of(const struct jk_equals *equals, uint32_t release, enum jk_content kind)
{
    const struct jk_book *book = equals->book;
    const struct jk_release_row *row = jk_release_row(book, release);
    uint32_t n = equals->n, held = jk_book_artifact_held(book, row->artifact);
    uint32_t since = kind == JK_CONTENT_FILES ? jk_files_known_since(book, release, n) : row->pub.index;
    since = the_later(since, jk_book_switched_since(book, row->pub.yanks, n));
    if (jk_policy_has(equals->policy, JK_REASON_UNVERIFIED))
        since = the_later(since, jk_book_name_verified_since(book, row->pub.model, n));
    if (jk_policy_has(equals->policy, JK_REASON_NO_ARTIFACT) && equals->policy->held)
        since = the_later(since, jk_book_switched_since(book, held, n));
    return since;
}

uint32_t jk_equals_say(const struct jk_equals *equals, uint32_t ancestor, enum jk_content kind)
{
    const struct jk_release_row *row = jk_release_row(equals->book, ancestor);
    if (jk_book_base(equals->book, row->pub.model, equals->n)) return 0;
    if (kind != JK_CONTENT_WEIGHTS && row->weights != JK_NONE) return JK_NONE; /* one release takes by one kind alone */
    return could_count(equals, ancestor) ? since_of(equals, ancestor, kind) : JK_NONE;
}

/* ---- what a release itself has ---- */

/* By content that is asked for: the earliest entry since which the release or one above it has it, with a say; JK_NONE:
 * neither has. Stays in place until the next one is added. */
static uint32_t *row_of(const struct walk *walk, uint32_t release)
{
    return &walk->equals->cells[(size_t)walk->equals->place[release] * walk->columns];
}

static uint32_t earlier(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void note_content(const struct walk *walk, uint32_t release, enum jk_content kind)
{
    const struct jk_equals *equals = walk->equals;
    struct jk_question held = {.kind = kind, .slot = jk_content_of(equals->book, release, kind, equals->n)};
    if (held.slot == JK_NONE || !is_shared(equals, release, kind)) return;
    uint32_t column = JK_LOWER_BOUND(walk->columns, at, compare_contents(walk->contents[at], &held) < 0);
    if (column == walk->columns || compare_contents(walk->contents[column], &held) != 0) return;
    uint32_t *since = row_of(walk, release);
    since[column] = earlier(since[column], jk_equals_say(equals, release, kind));
}

/* ---- the walk: up the links, and on the way back down what was found ---- */

static bool climb_on(const struct walk *walk, uint32_t release)
{
    struct jk_equals *equals = walk->equals;
    void *cells = equals->cells, *path = equals->path;
    size_t needed = ((size_t)equals->row_count + 1) * walk->columns;
    bool room = have_equals_room(&cells, needed, &equals->cell_room, sizeof *equals->cells);
    equals->cells = cells;
    room = room && have_equals_room(&path, (size_t)equals->path_count + 1, &equals->path_room, sizeof *equals->path);
    equals->path = path;
    if (!room) return false;
    equals->seen[release] = equals->walk;
    equals->place[release] = equals->row_count++;
    memset(row_of(walk, release), 0xFF, walk->columns * sizeof *equals->cells); /* JK_NONE in all columns */
    equals->path[equals->path_count++] = (struct jk_equals_step){release, 0};
    return true;
}

/* One look from the end of the path: further up, or a parent's row comes down, or the release is finished. */
static bool take_step(const struct walk *walk)
{
    struct jk_equals *equals = walk->equals;
    equals->steps++;
    struct jk_equals_step *step = &equals->path[equals->path_count - 1];
    const struct jk_release *release = &jk_release_row(equals->book, step->release)->pub;
    if (step->parent == release->parent_count) {
        for (int kind = 0; kind < JK_CONTENT_KINDS; kind++)
            note_content(walk, step->release, (enum jk_content)kind);
        equals->path_count--;
        return true;
    }
    uint32_t parent = jk_book_parent_above(equals->book, &release->parents[step->parent], equals->declared, equals->n);
    if (parent != JK_NONE && equals->seen[parent] != equals->walk) return climb_on(walk, parent);
    step->parent++;
    if (parent != JK_NONE) {
        const uint32_t *from = row_of(walk, parent);
        uint32_t *to = row_of(walk, step->release);
        for (uint32_t i = 0; i < walk->columns; i++)
            to[i] = earlier(to[i], from[i]);
    }
    return true;
}

static enum jk_status climb_from(const struct walk *walk, uint32_t release, const struct jk_breath *breath,
                                 struct jk_error *error)
{
    struct jk_equals *equals = walk->equals;
    if (equals->seen[release] == equals->walk) return JK_OK;
    if (!climb_on(walk, release)) return jk_out_of_memory(error);
    while (equals->path_count > 0) {
        if (!take_step(walk)) return jk_out_of_memory(error);
        if (equals->steps % JK_BREATH_LINKS == 0) JK_TRY(jk_breathe(breath, error));
    }
    return JK_OK;
}

/* Its own content is not above it: what its parents have is. */
static bool is_above_it(const struct walk *walk, const struct jk_question *question, uint32_t column)
{
    const struct jk_equals *equals = walk->equals;
    const struct jk_release *row = &jk_release_row(equals->book, question->release)->pub;
    for (uint32_t i = 0; i < row->parent_count; i++) {
        uint32_t parent = jk_book_parent_above(equals->book, &row->parents[i], equals->declared, equals->n);
        uint32_t since = parent != JK_NONE ? row_of(walk, parent)[column] : JK_NONE;
        if (since != JK_NONE && since <= question->since) return true;
    }
    return false;
}

static enum jk_status answer_walk(struct walk *walk, const struct jk_breath *breath, struct jk_error *error)
{
    struct jk_equals *equals = walk->equals;
    uint32_t looked = 0;
    equals->walk++;
    equals->row_count = equals->path_count = 0;
    for (uint32_t i = 0; i < walk->count; i++)
        JK_TRY(climb_from(walk, walk->first[i].release, breath, error));
    for (uint32_t i = 0, column = 0; i < walk->count; i++) {
        if (i > 0 && compare_contents(&walk->first[i], &walk->first[i - 1]) != 0) column++;
        walk->first[i].found = is_above_it(walk, &walk->first[i], column);
        JK_TRY(jk_breathe_after(breath, &looked, error));
    }
    return jk_breathe(breath, error);
}

enum jk_status jk_equals_answer(struct jk_equals *equals, const struct jk_breath *breath, struct jk_error *error)
{
    struct walk walk = {.equals = equals};
    if (equals->count == 0) return JK_OK;
    size_t room = (size_t)equals->book->releases.count + 1;
    if (!equals->place) equals->place = calloc(room, sizeof *equals->place);
    if (!equals->seen) equals->seen = calloc(room, sizeof *equals->seen);
    if (!equals->place || !equals->seen) return jk_out_of_memory(error);
    qsort(equals->questions, equals->count, sizeof *equals->questions, compare_questions);
    for (uint32_t done = 0; done < equals->count; done += walk.count) {
        take_questions(&walk, &equals->questions[done], equals->count - done);
        JK_TRY(answer_walk(&walk, breath, error));
    }
    return JK_OK;
}
