/* See contest.h.
 *
 * What is shared is counted first; then each derivative that shares anything makes one claim, to the first kind of
 * content that it does. The claims to one content stand together: first those whose publisher owns the place on a hub
 * where it lies, then the others, each the oldest first; and one of them goes first. */
#include "book/contest.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/pages.h"
#include "book/book_internal.h"

#define FIRST_ROOM 64u

/* Weights go before files, which may be packed in many ways; and files before the list of them. */
static const enum jk_content in_order[] = {JK_CONTENT_WEIGHTS, JK_CONTENT_FILES, JK_CONTENT_ARTIFACT};

struct claim {
    enum jk_content kind;
    uint32_t slot, model;
    bool at_home; /* see jk_contest_home */
    struct jk_age age;
    uint32_t rank; /* of those that are not the first the lesser goes before; JK_NONE: it takes no part */
};

struct settling {
    const struct jk_book *book;
    const struct jk_verdicts *verdicts;
    uint32_t n;
    const struct jk_breath *breath;
    struct jk_error *error;
    uint8_t *claimants[JK_CONTENT_KINDS]; /* that stand, by slot of the content: none, one, or more */
    struct claim *claims;
    size_t count, room;
};

static uint32_t content_of(const struct settling *settling, const struct jk_verdict *row, enum jk_content kind)
{
    if (kind == JK_CONTENT_WEIGHTS) return row->weights;
    return jk_content_of(settling->book, row->release, kind, settling->n);
}

/* ---- what is shared ---- */

/* Reasons that come after this one do not matter to it. */
#define LATER (JK_REASON_BIT(DUPLICATE) | JK_REASON_BIT(NEAR_DUPLICATE) | JK_REASON_BIT(CAP))

static bool begin_counting(struct settling *settling)
{
    const struct jk_book *book = settling->book;
    const uint32_t slots[] = {[JK_CONTENT_WEIGHTS] = book->weights.count,
                              [JK_CONTENT_ARTIFACT] = book->releases.count,
                              [JK_CONTENT_FILES] = book->file_sets.count};
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++) {
        settling->claimants[kind] = jk_pages_alloc((size_t)slots[kind] + 1);
        if (!settling->claimants[kind]) return false;
        memset(settling->claimants[kind], 0, (size_t)slots[kind] + 1);
    }
    return true;
}

static enum jk_status count_claimants(struct settling *settling)
{
    const struct jk_verdicts *all = settling->verdicts;
    uint32_t looked = 0;
    for (size_t at = 0, count; at < all->count; at += count) {
        count = jk_verdicts_at(all, at);
        bool standing = jk_verdicts_stand(&all->rows[at], count, LATER);
        for (int kind = 0; kind < JK_CONTENT_KINDS && standing; kind++) {
            uint32_t slot = content_of(settling, &all->rows[at], (enum jk_content)kind);
            if (slot != JK_NONE && settling->claimants[kind][slot] < 2) settling->claimants[kind][slot]++;
        }
        JK_TRY(jk_breathe_after(settling->breath, &looked, settling->error));
    }
    return JK_OK;
}

static bool find_shared(const struct settling *settling, const struct jk_verdict *row, struct claim *claim)
{
    for (int i = 0; i < JK_CONTENT_KINDS; i++) {
        claim->kind = in_order[i];
        claim->slot = content_of(settling, row, claim->kind);
        if (claim->slot != JK_NONE && settling->claimants[claim->kind][claim->slot] > 1) return true;
    }
    return false;
}

/* ---- claims ---- */

/* A verified publisher, then a held artifact. */
static uint32_t rank_of(const struct settling *settling, const struct jk_verdict *row)
{
    uint32_t unverified = row->flags & JK_FLAG_UNVERIFIED ? 2 : 0;
    return unverified + (jk_book_release_is_held(settling->book, row->release, settling->n) ? 0 : 1);
}

static struct claim *new_claim(struct settling *settling)
{
    if (settling->count == settling->room) {
        size_t room = settling->room + settling->room / 2 + FIRST_ROOM;
        struct claim *moved = realloc(settling->claims, room * sizeof *moved);
        if (!moved) return NULL;
        settling->claims = moved;
        settling->room = room;
    }
    return &settling->claims[settling->count++];
}

uint32_t jk_contest_home(const struct jk_book *book, uint32_t model, uint32_t files, uint32_t n)
{
    char organisation[JK_EXTERNAL_MAX + JK_NAME_MAX];
    uint32_t slot = jk_book_last_observation(book, model, n);
    const struct jk_observation *seen = slot == JK_NONE ? NULL : jk_book_observation(book, slot);
    if (!seen || seen->files != files) return JK_NONE;
    struct jk_span owner, name;
    jk_ident_split(seen->id, &owner, &name);
    int len = snprintf(organisation, sizeof organisation, "%.*s/%.*s", JK_SPAN_ARG(seen->hub), JK_SPAN_ARG(owner));
    const struct jk_namespace *held = jk_book_namespace_of(book, (struct jk_span){organisation, (size_t)len}, n);
    return held && held->holder == jk_book_alias(book, model, n)->publisher ? held->from : JK_NONE;
}

/* The derivative's claim, if it shares anything. False: out of memory. */
static bool add_claim(struct settling *settling, const struct jk_verdict *rows, size_t count)
{
    struct claim found = {.model = rows->model}, *claim;
    if (!find_shared(settling, rows, &found)) return true;
    if (!(claim = new_claim(settling))) return false;
    *claim = found;
    bool part = jk_verdicts_stand(rows, count, LATER) && !(rows->flags & JK_VERDICT_COPY);
    claim->at_home = found.kind == JK_CONTENT_FILES &&
                     jk_contest_home(settling->book, found.model, found.slot, settling->n) != JK_NONE;
    claim->age = jk_claim_age(settling->book, found.model, found.kind, found.slot, settling->n);
    claim->rank = part ? rank_of(settling, rows) : JK_NONE;
    return true;
}

static enum jk_status make_claims(struct settling *settling)
{
    const struct jk_verdicts *all = settling->verdicts;
    uint32_t looked = 0;
    for (size_t at = 0, count; at < all->count; at += count) {
        count = jk_verdicts_at(all, at);
        if (!add_claim(settling, &all->rows[at], count)) return jk_out_of_memory(settling->error);
        JK_TRY(jk_breathe_after(settling->breath, &looked, settling->error));
    }
    return JK_OK;
}

/* ---- who goes first ---- */

static int compare_claims(const void *left, const void *right)
{
    const struct claim *a = left, *b = right;
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    if (a->slot != b->slot) return a->slot < b->slot ? -1 : 1;
    if (a->at_home != b->at_home) return a->at_home ? -1 : 1;
    return jk_age_before(a->age, b->age) ? -1 : jk_age_before(b->age, a->age);
}

/* The first, if it takes part; else the oldest of those with the least rank. NULL: none takes part. */
static const struct claim *choose(const struct claim *claims, size_t count)
{
    const struct claim *chosen = &claims[0];
    if (chosen->rank != JK_NONE) return chosen;
    for (size_t i = 1; i < count; i++)
        if (claims[i].rank < chosen->rank ||
            (claims[i].rank == chosen->rank && jk_age_before(claims[i].age, chosen->age)))
            chosen = &claims[i];
    return chosen->rank == JK_NONE ? NULL : chosen;
}

static void decide(const struct settling *settling, struct jk_contest *contest)
{
    const struct claim *claims = settling->claims;
    for (size_t at = 0, end; at < settling->count; at = end) {
        for (end = at + 1; end < settling->count; end++)
            if (claims[end].kind != claims[at].kind || claims[end].slot != claims[at].slot) break;
        const struct claim *first = choose(&claims[at], end - at);
        for (size_t i = at; first && i < end; i++) {
            if (&claims[i] == first || claims[i].rank == JK_NONE) continue;
            contest->first_before[claims[i].model] = first->model;
            contest->kind_of[claims[i].model] = (uint8_t)claims[i].kind;
        }
    }
}

static bool make_room(struct jk_contest *contest, uint32_t models)
{
    contest->models = models;
    contest->first_before = malloc(((size_t)models + 1) * sizeof *contest->first_before);
    contest->kind_of = malloc((size_t)models + 1);
    if (!contest->first_before || !contest->kind_of) return false;
    memset(contest->first_before, 0xff, ((size_t)models + 1) * sizeof *contest->first_before);
    return true;
}

static enum jk_status settle(struct settling *settling, struct jk_contest *contest)
{
    if (!make_room(contest, settling->verdicts->models) || !begin_counting(settling))
        return jk_out_of_memory(settling->error);
    JK_TRY(count_claimants(settling));
    JK_TRY(make_claims(settling));
    if (settling->count == 0) return JK_OK;
    qsort(settling->claims, settling->count, sizeof *settling->claims, compare_claims);
    decide(settling, contest);
    return JK_OK;
}

enum jk_status jk_contest_settle(struct jk_contest *contest, const struct jk_book *book,
                                 const struct jk_verdicts *verdicts, uint32_t n, const struct jk_breath *breath,
                                 struct jk_error *error)
{
    struct settling settling = {.book = book, .verdicts = verdicts, .n = n, .breath = breath, .error = error};
    *contest = (struct jk_contest){0};
    enum jk_status status = settle(&settling, contest);
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++)
        free(settling.claimants[kind]);
    free(settling.claims);
    return status;
}

void jk_contest_done(struct jk_contest *contest)
{
    free(contest->first_before);
    free(contest->kind_of);
}

/* ---- asking ---- */

uint32_t jk_contest_first_before(const struct jk_contest *contest, uint32_t model, enum jk_content *out_kind)
{
    if (model >= contest->models || contest->first_before[model] == JK_NONE) return JK_NONE;
    if (out_kind) *out_kind = (enum jk_content)contest->kind_of[model];
    return contest->first_before[model];
}
