/* See contest.h.
 *
 * Where only one derivative claims a content there is nothing to tell; what several claim is `shared`. Each shared
 * content has an order of those who take part; the first of them who is not decided is its head, and beats the others
 * for it. So a contender is beaten as many times as it is not the head of something that it claims, and all it takes to
 * settle a contest is to count that down: whoever comes to 0 goes first, those with whom it shares are duplicates, and
 * where one of these was a head the next one moves up. Only where a circle is left does anybody have to be chosen. */
#include "book/contest.h"

#include <stdlib.h>

#include "base/pages.h"
#include "book/book_internal.h"

#define FIRST_ROOM 64u

struct jk_claimants { /* of a content */
    uint32_t model;   /* met first; JK_NONE for none */
    uint32_t shared;  /* once there are more; JK_NONE before */
};

struct jk_shared {
    enum jk_content kind;
    uint32_t slot;
    uint32_t first;     /* model that claims it longest … */
    struct jk_age age;  /* … and how old its claim is */
    uint32_t head, end; /* claims: the first that is not decided, the end of the order */
    uint32_t left;      /* how many are not decided */
    uint32_t winner;    /* contender that goes first; JK_NONE: nobody yet */
};

struct jk_claim {
    uint32_t order; /* of those to the same content the smaller goes before, of equals the older */
    uint32_t shared, model;
    struct jk_age age;
};

enum fate { UNDECIDED, GOES_FIRST, DUPLICATE };

struct jk_contender {
    uint32_t model;
    uint32_t claims[JK_CONTENT_KINDS]; /* JK_NONE: shares nothing of the kind */
    uint16_t beaten;                   /* for how many of them it is not the head */
    uint16_t fate;
};

static uint32_t content_of(const struct jk_contest *contest, const struct jk_verdict *row, enum jk_content kind)
{
    if (kind == JK_CONTENT_WEIGHTS) return row->weights;
    return jk_content_of(contest->book, row->release, kind, contest->n);
}

/* ---- claiming ---- */

static struct jk_claimants *new_claimants(uint32_t slots)
{
    struct jk_claimants *claimants = jk_pages_alloc(((size_t)slots + 1) * sizeof *claimants);
    if (claimants) memset(claimants, 0xff, ((size_t)slots + 1) * sizeof *claimants);
    return claimants;
}

bool jk_contest_init(struct jk_contest *contest, const struct jk_book *book, const struct jk_verdicts *verdicts,
                     uint32_t n)
{
    *contest = (struct jk_contest){.book = book, .verdicts = verdicts, .n = n};
    contest->of[JK_CONTENT_WEIGHTS] = new_claimants(book->weights.count);
    contest->of[JK_CONTENT_ARTIFACT] = new_claimants(book->releases.count);
    contest->of[JK_CONTENT_FILES] = new_claimants(book->file_sets.count);
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++)
        if (!contest->of[kind]) return false;
    return true;
}

void jk_contest_done(struct jk_contest *contest)
{
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++)
        free(contest->of[kind]);
    free(contest->shared);
    free(contest->claims);
    free(contest->contenders);
    free(contest->contender_of);
    free(contest->ready);
    free(contest->heads);
}

/* Room for one more; NULL when out of memory. */
static void *with_room(struct jk_contest *contest, void *rows, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room) return rows;
    uint32_t more = *room + *room / 2 + FIRST_ROOM;
    void *moved = realloc(rows, more * size);
    if (moved)
        *room = more;
    else
        contest->failed = true;
    return moved;
}

static void add_claim(struct jk_contest *contest, uint32_t shared, uint32_t model)
{
    struct jk_claim *claims =
        with_room(contest, contest->claims, contest->claim_count, &contest->claim_room, sizeof *contest->claims);
    if (!claims) return;
    contest->claims = claims;
    struct jk_shared *content = &contest->shared[shared];
    struct jk_age age = jk_claim_age(contest->book, model, content->kind, content->slot, contest->n);
    claims[contest->claim_count++] = (struct jk_claim){.shared = shared, .model = model, .age = age};
    if (!jk_age_before(age, content->age)) return;
    content->first = model;
    content->age = age;
}

static void begin_sharing(struct jk_contest *contest, enum jk_content kind, uint32_t slot)
{
    struct jk_claimants *claimants = &contest->of[kind][slot];
    struct jk_shared *shared =
        with_room(contest, contest->shared, contest->shared_count, &contest->shared_room, sizeof *contest->shared);
    if (!shared) return;
    contest->shared = shared;
    claimants->shared = contest->shared_count++;
    shared[claimants->shared] =
        (struct jk_shared){.kind = kind, .slot = slot, .first = JK_NONE, .age = {JK_NONE, JK_NONE}, .winner = JK_NONE};
    add_claim(contest, claimants->shared, claimants->model);
}

void jk_contest_claim(struct jk_contest *contest, const struct jk_verdict *rows)
{
    for (int i = 0; i < JK_CONTENT_KINDS && !contest->failed; i++) {
        enum jk_content kind = (enum jk_content)i;
        uint32_t slot = content_of(contest, rows, kind);
        if (slot == JK_NONE) continue;
        struct jk_claimants *claimants = &contest->of[kind][slot];
        if (claimants->model == JK_NONE) {
            claimants->model = rows->model;
            continue;
        }
        if (claimants->shared == JK_NONE) begin_sharing(contest, kind, slot);
        if (!contest->failed) add_claim(contest, claimants->shared, rows->model);
    }
}

/* ---- the orders ---- */

/* Reasons that come after this one do not matter to it. */
static bool stands(const struct jk_verdict *rows, size_t count)
{
    const jk_reasons later = JK_REASON_BIT(DUPLICATE) | JK_REASON_BIT(NEAR_DUPLICATE) | JK_REASON_BIT(CAP);
    for (size_t i = 0; i < count; i++)
        if (!(rows[i].reasons & ~later)) return true;
    return false;
}

/* The first; then a verified publisher, then a held artifact. */
static uint32_t order_of(const struct jk_contest *contest, const struct jk_claim *claim, const struct jk_verdict *row)
{
    if (contest->shared[claim->shared].first == claim->model) return 0;
    uint32_t unverified = row->flags & JK_FLAG_UNVERIFIED ? 2 : 0;
    uint32_t unheld = jk_book_release_is_held(contest->book, row->release, contest->n) ? 0 : 1;
    return 1 + unverified + unheld;
}

static int compare_claims(const void *left, const void *right)
{
    const struct jk_claim *a = left, *b = right;
    if (a->shared != b->shared) return a->shared < b->shared ? -1 : 1;
    if (a->order != b->order) return a->order < b->order ? -1 : 1;
    return jk_age_before(a->age, b->age) ? -1 : jk_age_before(b->age, a->age);
}

/* Leaves the claims of those who take part, in order. */
static void sort_claims(struct jk_contest *contest)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < contest->claim_count; i++) {
        struct jk_claim claim = contest->claims[i];
        size_t count;
        const struct jk_verdict *rows = jk_verdicts_of(contest->verdicts, claim.model, &count);
        if ((rows->flags & JK_VERDICT_COPY) || !stands(rows, count)) continue;
        claim.order = order_of(contest, &claim, rows);
        contest->claims[kept++] = claim;
    }
    contest->claim_count = kept;
    qsort(contest->claims, kept, sizeof *contest->claims, compare_claims);
}

static struct jk_contender *contender_of(struct jk_contest *contest, uint32_t model)
{
    uint32_t *place = &contest->contender_of[model];
    if (*place == 0) {
        *place = ++contest->contender_count;
        contest->contenders[*place - 1] = (struct jk_contender){.model = model};
        memset(contest->contenders[*place - 1].claims, 0xff, sizeof contest->contenders->claims);
    }
    return &contest->contenders[*place - 1];
}

static void enter_claims(struct jk_contest *contest)
{
    for (uint32_t i = 0; i < contest->claim_count; i++) {
        const struct jk_claim *claim = &contest->claims[i];
        struct jk_shared *shared = &contest->shared[claim->shared];
        struct jk_contender *contender = contender_of(contest, claim->model);
        contender->claims[shared->kind] = i;
        if (shared->left++ == 0)
            shared->head = i;
        else
            contender->beaten++;
        shared->end = i + 1;
    }
}

static bool make_contest_room(struct jk_contest *contest)
{
    size_t claims = (size_t)contest->claim_count + 1;
    contest->contenders = malloc(claims * sizeof *contest->contenders);
    contest->ready = malloc(claims * sizeof *contest->ready);
    contest->contender_of = calloc((size_t)contest->verdicts->models + 1, sizeof *contest->contender_of);
    return contest->contenders && contest->ready && contest->contender_of;
}

/* ---- circles: of the heads that beat anybody the one with the earliest entry is chosen ---- */

static bool is_older(const struct jk_contest *contest, uint32_t place, uint32_t other)
{
    return jk_age_before(contest->claims[contest->heads[place]].age, contest->claims[contest->heads[other]].age);
}

static void swap_heads(struct jk_contest *contest, uint32_t a, uint32_t b)
{
    uint32_t claim = contest->heads[a];
    contest->heads[a] = contest->heads[b];
    contest->heads[b] = claim;
}

static void push_head(struct jk_contest *contest, uint32_t claim)
{
    uint32_t place = contest->head_count++;
    contest->heads[place] = claim;
    for (; place > 0 && is_older(contest, place, (place - 1) / 2); place = (place - 1) / 2)
        swap_heads(contest, place, (place - 1) / 2);
}

static uint32_t pop_head(struct jk_contest *contest)
{
    uint32_t claim = contest->heads[0], place = 0;
    contest->heads[0] = contest->heads[--contest->head_count];
    for (uint32_t least; (least = 2 * place + 1) < contest->head_count; place = least) {
        if (least + 1 < contest->head_count && is_older(contest, least + 1, least)) least++;
        if (!is_older(contest, least, place)) break;
        swap_heads(contest, place, least);
    }
    return claim;
}

/* A claim is a head once at most, so there is room for all. */
static bool begin_choosing(struct jk_contest *contest)
{
    contest->heads = malloc(((size_t)contest->claim_count + 1) * sizeof *contest->heads);
    for (uint32_t i = 0; contest->heads && i < contest->shared_count; i++)
        if (contest->shared[i].left > 1) push_head(contest, contest->shared[i].head);
    return contest->heads != NULL;
}

/* One of a circle; NULL where nobody is left. What was pushed may have been decided since. */
static struct jk_contender *choose_from_circle(struct jk_contest *contest)
{
    while (contest->head_count > 0) {
        uint32_t claim = pop_head(contest);
        const struct jk_shared *shared = &contest->shared[contest->claims[claim].shared];
        if (shared->winner == JK_NONE && shared->head == claim && shared->left > 1)
            return contender_of(contest, contest->claims[claim].model);
    }
    return NULL;
}

/* ---- deciding ---- */

static void note_unbeaten(struct jk_contest *contest, struct jk_contender *contender)
{
    if (contender->beaten == 0) contest->ready[contest->ready_count++] = (uint32_t)(contender - contest->contenders);
}

/* The next who is not decided becomes the head. */
static void move_up(struct jk_contest *contest, struct jk_shared *shared)
{
    struct jk_contender *contender = NULL;
    while (shared->head < shared->end) {
        contender = contender_of(contest, contest->claims[shared->head].model);
        if (contender->fate == UNDECIDED) break;
        shared->head++;
    }
    if (shared->head == shared->end) return;
    contender->beaten--;
    note_unbeaten(contest, contender);
    if (contest->heads) push_head(contest, shared->head);
}

static void make_duplicate(struct jk_contest *contest, struct jk_contender *contender)
{
    contender->fate = DUPLICATE;
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++) {
        uint32_t claim = contender->claims[kind];
        if (claim == JK_NONE) continue;
        struct jk_shared *shared = &contest->shared[contest->claims[claim].shared];
        shared->left--;
        if (shared->winner == JK_NONE && shared->head == claim) move_up(contest, shared);
    }
}

/* It goes first for all that it claims. */
static void let_go_first(struct jk_contest *contest, struct jk_contender *contender)
{
    contender->fate = GOES_FIRST;
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++)
        if (contender->claims[kind] != JK_NONE)
            contest->shared[contest->claims[contender->claims[kind]].shared].winner =
                (uint32_t)(contender - contest->contenders);
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++) {
        if (contender->claims[kind] == JK_NONE) continue;
        const struct jk_shared *shared = &contest->shared[contest->claims[contender->claims[kind]].shared];
        for (uint32_t i = shared->head; i < shared->end; i++) {
            struct jk_contender *other = contender_of(contest, contest->claims[i].model);
            if (other->fate == UNDECIDED) make_duplicate(contest, other);
        }
    }
}

/* Where a circle was broken, one that had just come to be unbeaten may be a duplicate by now. */
static struct jk_contender *take_unbeaten(struct jk_contest *contest)
{
    while (contest->ready_count > 0) {
        struct jk_contender *contender = &contest->contenders[contest->ready[--contest->ready_count]];
        if (contender->fate == UNDECIDED) return contender;
    }
    return NULL;
}

static bool decide_contest(struct jk_contest *contest)
{
    for (uint32_t i = 0; i < contest->contender_count; i++)
        note_unbeaten(contest, &contest->contenders[i]);
    while (true) {
        struct jk_contender *next = take_unbeaten(contest);
        if (!next && !contest->heads && !begin_choosing(contest)) return false;
        if (!next) next = choose_from_circle(contest);
        if (!next) return true;
        let_go_first(contest, next);
    }
}

bool jk_contest_settle(struct jk_contest *contest)
{
    if (contest->failed) return false;
    if (contest->shared_count == 0) return true;
    sort_claims(contest);
    if (!make_contest_room(contest)) return false;
    enter_claims(contest);
    return decide_contest(contest);
}

/* ---- asking ---- */

uint32_t jk_contest_first_before(const struct jk_contest *contest, uint32_t model, enum jk_content *out_kind)
{
    uint32_t place = contest->contender_of ? contest->contender_of[model] : 0;
    if (place == 0 || contest->contenders[place - 1].fate != DUPLICATE) return JK_NONE;
    const struct jk_contender *contender = &contest->contenders[place - 1];
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++) {
        if (contender->claims[kind] == JK_NONE) continue;
        uint32_t winner = contest->shared[contest->claims[contender->claims[kind]].shared].winner;
        if (winner == JK_NONE) continue;
        if (out_kind) *out_kind = (enum jk_content)kind;
        return contest->contenders[winner].model;
    }
    return JK_NONE;
}
