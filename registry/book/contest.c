/* See contest.h. */
#include "book/contest.h"

#include <stdlib.h>

#include "base/pages.h"
#include "book/book_internal.h"

struct jk_claimants {
    uint32_t first; /* model: named by a ruling, else the one that claims it longest; JK_NONE for none */
    uint32_t best;  /* model: of those that stand, the one that follows when the first falls away */
};

static uint32_t content_of(const struct jk_contest *contest, const struct jk_verdict *row, enum jk_content kind)
{
    if (kind == JK_CONTENT_WEIGHTS) return row->weights;
    return jk_content_of(contest->book, row->release, kind, contest->n);
}

/* ---- claimants ---- */

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
}

/* Reasons that come after this one do not matter to it. */
static bool stands(const struct jk_verdict *rows, size_t count)
{
    const jk_reasons later = JK_REASON_BIT(DUPLICATE) | JK_REASON_BIT(NEAR_DUPLICATE) | JK_REASON_BIT(CAP);
    for (size_t i = 0; i < count; i++)
        if (!(rows[i].reasons & ~later)) return true;
    return false;
}

static bool model_stands(const struct jk_contest *contest, uint32_t model)
{
    size_t count;
    const struct jk_verdict *rows = jk_verdicts_of(contest->verdicts, model, &count);
    return stands(rows, count);
}

/* The smaller goes first: a verified publisher, then a held artifact, then the earlier entry. */
static uint64_t rank_of(const struct jk_contest *contest, uint32_t model, enum jk_content kind, uint32_t slot)
{
    size_t count;
    const struct jk_verdict *row = jk_verdicts_of(contest->verdicts, model, &count);
    uint64_t unverified = row->flags & JK_FLAG_UNVERIFIED ? 1 : 0;
    uint64_t unheld = jk_book_release_is_held(contest->book, row->release, contest->n) ? 0 : 1;
    return unverified << 33 | unheld << 32 | jk_content_since(contest->book, model, kind, slot, contest->n);
}

static bool claims_earlier(const struct jk_contest *contest, uint32_t model, uint32_t other, enum jk_content kind,
                           uint32_t slot)
{
    return jk_content_since(contest->book, model, kind, slot, contest->n) <
           jk_content_since(contest->book, other, kind, slot, contest->n);
}

void jk_contest_claim(struct jk_contest *contest, const struct jk_verdict *rows, size_t count)
{
    bool standing = stands(rows, count);
    uint32_t model = rows->model;
    for (int i = 0; i < JK_CONTENT_KINDS; i++) {
        enum jk_content kind = (enum jk_content)i;
        uint32_t slot = content_of(contest, rows, kind);
        if (slot == JK_NONE) continue;
        struct jk_claimants *claimants = &contest->of[kind][slot];
        if (claimants->first == JK_NONE || claims_earlier(contest, model, claimants->first, kind, slot))
            claimants->first = model;
        if (!standing) continue;
        if (claimants->best == JK_NONE ||
            rank_of(contest, model, kind, slot) < rank_of(contest, claimants->best, kind, slot))
            claimants->best = model;
    }
}

/* ---- rulings on origin ---- */

/* The ruled model goes first for what its ruled release holds, as far as it still holds it. */
static void put_first(struct jk_contest *contest, const struct jk_ruling *ruling)
{
    size_t count;
    const struct jk_verdict *row = jk_verdicts_of(contest->verdicts, ruling->model, &count);
    for (int i = 0; row && i < JK_CONTENT_KINDS; i++) {
        enum jk_content kind = (enum jk_content)i;
        uint32_t slot = jk_content_of(contest->book, ruling->release, kind, contest->n);
        if (slot != JK_NONE && slot == content_of(contest, row, kind)) contest->of[kind][slot].first = ruling->model;
    }
}

/* In the order in which they took effect, so that the last one decides. */
bool jk_contest_hear_rulings(struct jk_contest *contest)
{
    size_t count;
    const struct jk_ruling **origins = jk_origin_rulings(contest->book, contest->n, &count);
    if (!origins) return false;
    for (size_t i = 0; i < count; i++)
        put_first(contest, origins[i]);
    free(origins);
    return true;
}

/* ---- asking ---- */

uint32_t jk_contest_first_before(const struct jk_contest *contest, const struct jk_verdict *rows,
                                 enum jk_content *out_kind)
{
    for (int i = 0; i < JK_CONTENT_KINDS; i++) {
        uint32_t slot = content_of(contest, rows, (enum jk_content)i);
        if (slot == JK_NONE) continue;
        const struct jk_claimants *claimants = &contest->of[i][slot];
        uint32_t winner = claimants->first;
        if (winner != rows->model && !model_stands(contest, winner)) winner = claimants->best;
        if (winner == rows->model) continue;
        if (out_kind) *out_kind = (enum jk_content)i;
        return winner;
    }
    return JK_NONE;
}
