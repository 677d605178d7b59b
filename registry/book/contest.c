/* See contest.h.
 *
 * What is shared is counted first; then each derivative that takes part and shares anything makes one claim, to the first
 * kind of content that it does. The claims to one content stand together in their order, and the first of them goes
 * first. */
#include "book/contest.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/pages.h"
#include "book/book_internal.h"
#include "book/home.h"
#include "book/stood.h"

/* Weights go before files, which may be packed in many ways; and files before the list of them. */
static const enum jk_content in_order[] = {JK_CONTENT_WEIGHTS, JK_CONTENT_FILES, JK_CONTENT_ARTIFACT};

struct claim {
    enum jk_content kind;
    uint32_t slot, model;
    bool part;
    uint32_t home;  /* entry; JK_NONE: it is not at home with it */
    uint32_t stood; /* entry since which it has claimed it and stood; of one that takes no part, claimed it */
    uint32_t rank;  /* of those that stand since the same entry the lesser goes before: see rank_of */
    struct jk_age age;
};

struct settling {
    const struct jk_book *book;
    const struct jk_verdicts *verdicts;
    uint32_t n;
    struct jk_stood stood;
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

#define WITHOUT_ONE_OF 3u /* of a rank: what is said of its publisher and its artifact */

/* What came together, then a verified publisher's, then a held artifact. */
static uint32_t rank_of(const struct settling *settling, const struct jk_verdict *row, uint32_t stood)
{
    /* Whether the release that decided once it stood came in one batch with the entry since which it does: with its
     * manifest, as only whoever has that can do. Others may have named its digest before, and have waited for it. */
    uint32_t release = jk_book_standing_release(settling->book, row->model, stood + 1);
    uint32_t index = jk_release_row(settling->book, release)->pub.index;
    uint32_t waited = jk_book_time(settling->book, index) == jk_book_time(settling->book, stood) ? 0 : 4;
    uint32_t unverified = row->flags & JK_FLAG_UNVERIFIED ? 2 : 0;
    return waited + unverified + (jk_book_release_is_held(settling->book, row->release, settling->n) ? 0 : 1);
}

static struct claim *new_claim(struct settling *settling)
{
    if (!JK_ARRAY_GROW(settling->claims, settling->count, settling->room)) return NULL;
    return &settling->claims[settling->count++];
}

/* The entry by which the publisher of its name holds the organisation on the model's hub in which that lists the set of
 * weight files; JK_NONE: none. Nobody else can have put them there, so it goes first for them. */
static uint32_t home_of(const struct settling *settling, uint32_t model, uint32_t files)
{
    const struct jk_book *book = settling->book;
    uint32_t n = settling->n, slot = jk_book_last_observation(book, model, n);
    const struct jk_observation *seen = slot == JK_NONE ? NULL : jk_book_observation(book, slot);
    if (!seen || seen->files != files) return JK_NONE;
    const struct jk_namespace *held = jk_book_namespace_on(book, seen->hub, seen->id, n);
    return held && held->holder == jk_book_alias(book, model, n)->publisher ? held->from : JK_NONE;
}

static enum jk_status tell_place(struct settling *settling, const struct jk_verdict *rows, size_t count,
                                 struct claim *claim)
{
    JK_TRY(jk_stood_since(&settling->stood, rows, count, claim->age.since, settling->breath, &claim->stood,
                          settling->error));
    claim->home = claim->kind == JK_CONTENT_FILES ? home_of(settling, claim->model, claim->slot) : JK_NONE;
    claim->rank = rank_of(settling, rows, claim->stood);
    return JK_OK;
}

/* The derivative's claim, if it shares anything. */
static enum jk_status add_claim(struct settling *settling, const struct jk_verdict *rows, size_t count)
{
    struct claim found = {.model = rows->model, .home = JK_NONE}, *claim;
    if (!find_shared(settling, rows, &found)) return JK_OK;
    found.part = jk_verdicts_stand(rows, count, LATER) && !(rows->flags & JK_VERDICT_COPY);
    found.age = jk_claim_age(settling->book, found.model, found.kind, found.slot, settling->n);
    found.stood = found.age.since;
    if (found.part) JK_TRY(tell_place(settling, rows, count, &found));
    if (!(claim = new_claim(settling))) return jk_out_of_memory(settling->error);
    *claim = found;
    return JK_OK;
}

/* ---- who goes first ---- */

static int compare_claimed(const struct claim *a, const struct claim *b)
{
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    return a->slot < b->slot ? -1 : a->slot > b->slot;
}

/* Those that take part before the others. */
static int compare_claims(const void *left, const void *right)
{
    const struct claim *a = left, *b = right;
    int contents = compare_claimed(a, b);
    if (contents != 0) return contents;
    if (a->part != b->part) return a->part ? -1 : 1;
    if ((a->home == JK_NONE) != (b->home == JK_NONE)) return a->home != JK_NONE ? -1 : 1;
    if (a->stood != b->stood) return a->stood < b->stood ? -1 : 1;
    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    if (jk_age_before(a->age, b->age) || jk_age_before(b->age, a->age)) return jk_age_before(a->age, b->age) ? -1 : 1;
    return a->model < b->model ? -1 : a->model > b->model;
}

/* Of the claims to one content. Where the earliest takes no part, a verified publisher's and what is held go before the
 * age. */
static const struct claim *choose(const struct claim *claims, size_t count)
{
    const struct claim *first = claims;
    /* Whether the earliest claim is one that takes no part. */
    const struct claim *earliest = claims;
    for (size_t i = 1; i < count; i++)
        if (claims[i].stood < earliest->stood) earliest = &claims[i];
    if (earliest->part) return first;
    for (size_t i = 1; i < count && claims[i].part && (claims[i].home != JK_NONE) == (claims->home != JK_NONE); i++)
        if ((claims[i].rank & WITHOUT_ONE_OF) < (first->rank & WITHOUT_ONE_OF)) first = &claims[i];
    return first;
}

static void decide(const struct settling *settling, struct jk_contest *contest)
{
    const struct claim *claims = settling->claims;
    for (size_t at = 0, end; at < settling->count; at = end) {
        for (end = at + 1; end < settling->count && compare_claimed(&claims[at], &claims[end]) == 0;)
            end++;
        const struct claim *first = choose(&claims[at], end - at);
        uint32_t since = first->home != JK_NONE && first->home > first->stood ? first->home : first->stood;
        for (size_t i = at; i < end && claims[i].part; i++)
            if (&claims[i] != first) contest->behind[claims[i].model] = (struct jk_behind){first->model, since};
    }
}

static bool make_contest_room(struct jk_contest *contest, uint32_t models)
{
    contest->models = models;
    contest->behind = jk_pages_alloc(((size_t)models + 1) * sizeof *contest->behind);
    if (!contest->behind) return false;
    for (uint32_t model = 0; model < models; model++)
        contest->behind[model].first = JK_NONE;
    return true;
}

static enum jk_status settle(struct settling *settling, struct jk_contest *contest)
{
    if (!make_contest_room(contest, settling->verdicts->models) || !begin_counting(settling))
        return jk_out_of_memory(settling->error);
    JK_TRY(count_claimants(settling));
    const struct jk_verdicts *all = settling->verdicts;
    uint32_t looked = 0;
    for (size_t at = 0, count; at < all->count; at += count) {
        count = jk_verdicts_at(all, at);
        JK_TRY(add_claim(settling, &all->rows[at], count));
        JK_TRY(jk_breathe_after(settling->breath, &looked, settling->error));
    }
    if (settling->count == 0) return JK_OK;
    qsort(settling->claims, settling->count, sizeof *settling->claims, compare_claims);
    decide(settling, contest);
    return JK_OK;
}

enum jk_status jk_contest_settle(struct jk_contest *contest, const struct jk_book *book, const struct jk_policy *policy,
                                 const struct jk_verdicts *verdicts, uint32_t n, const struct jk_breath *breath,
                                 struct jk_error *error)
{
    struct settling settling = {.book = book, .verdicts = verdicts, .n = n, .breath = breath, .error = error};
    *contest = (struct jk_contest){0};
    jk_stood_init(&settling.stood, book, policy, verdicts, n);
    enum jk_status status = settle(&settling, contest);
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++)
        free(settling.claimants[kind]);
    free(settling.claims);
    jk_stood_done(&settling.stood);
    return status;
}

void jk_contest_done(struct jk_contest *contest)
{
    free(contest->behind);
}

/* ---- asking ---- */

const struct jk_behind *jk_contest_behind(const struct jk_contest *contest, uint32_t model)
{
    if (model >= contest->models || contest->behind[model].first == JK_NONE) return NULL;
    return &contest->behind[model];
}
