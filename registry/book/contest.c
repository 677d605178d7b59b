/* See contest.h. */
#include "book/contest.h"

#include <stdlib.h>

#include "base/pages.h"
#include "book/book_internal.h"

struct jk_claims {
    uint32_t first; /* model: named by a ruling, else the one that brought it earliest; JK_NONE for none */
    uint32_t best;  /* model: of those that stand, the one that follows when the first falls away */
};

/* ---- content ---- */

uint32_t jk_content_of(const struct jk_book *book, uint32_t release, enum jk_content kind, uint32_t n)
{
    const struct jk_release_row *row = jk_release_row(book, release);
    if (kind == JK_CONTENT_WEIGHTS) return row->weights;
    return kind == JK_CONTENT_ARTIFACT ? row->artifact : jk_book_artifact_files(book, row->artifact, n);
}

bool jk_shared_content(const struct jk_book *book, uint32_t model, uint32_t other, uint32_t n,
                       enum jk_content *out_kind, uint32_t *out_slot)
{
    uint32_t ours = jk_book_standing_release(book, model, n), theirs = jk_book_standing_release(book, other, n);
    for (int i = 0; i < JK_CONTENT_KINDS; i++) {
        *out_kind = (enum jk_content)i;
        *out_slot = jk_content_of(book, ours, *out_kind, n);
        if (*out_slot != JK_NONE && *out_slot == jk_content_of(book, theirs, *out_kind, n)) return true;
    }
    return false;
}

uint32_t jk_content_brought(const struct jk_book *book, uint32_t model, enum jk_content kind, uint32_t slot, uint32_t n)
{
    uint32_t release = jk_model_row(book, model)->pub.first_release;
    while (jk_content_of(book, release, kind, n) != slot)
        release = jk_release_row(book, release)->pub.newer; /* ends at the deciding release */
    return jk_release_row(book, release)->pub.index;
}

static uint32_t content_of(const struct jk_contest *contest, const struct jk_verdict *row, enum jk_content kind)
{
    if (kind == JK_CONTENT_WEIGHTS) return row->weights;
    return jk_content_of(contest->book, row->release, kind, contest->n);
}

/* ---- claims ---- */

static struct jk_claims *new_claims(uint32_t slots)
{
    struct jk_claims *claims = jk_pages_alloc(((size_t)slots + 1) * sizeof *claims);
    if (claims) memset(claims, 0xff, ((size_t)slots + 1) * sizeof *claims);
    return claims;
}

bool jk_contest_init(struct jk_contest *contest, const struct jk_book *book, const struct jk_standing *standing,
                     uint32_t n)
{
    *contest = (struct jk_contest){.book = book, .standing = standing, .n = n};
    contest->of[JK_CONTENT_WEIGHTS] = new_claims(book->weights.count);
    contest->of[JK_CONTENT_ARTIFACT] = new_claims(book->releases.count);
    contest->of[JK_CONTENT_FILES] = new_claims(book->file_sets.count);
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
    const struct jk_verdict *rows = jk_standing_of(contest->standing, model, &count);
    return stands(rows, count);
}

/* The smaller goes first: a verified publisher, then a held artifact, then the earlier entry. */
static uint64_t rank_of(const struct jk_contest *contest, uint32_t model, enum jk_content kind, uint32_t slot)
{
    size_t count;
    const struct jk_verdict *row = jk_standing_of(contest->standing, model, &count);
    uint64_t unverified = row->flags & JK_FLAG_UNVERIFIED ? 1 : 0;
    uint64_t unheld = jk_book_release_is_held(contest->book, row->release, contest->n) ? 0 : 1;
    return unverified << 33 | unheld << 32 | jk_content_brought(contest->book, model, kind, slot, contest->n);
}

static bool brings_earlier(const struct jk_contest *contest, uint32_t model, uint32_t other, enum jk_content kind,
                           uint32_t slot)
{
    return jk_content_brought(contest->book, model, kind, slot, contest->n) <
           jk_content_brought(contest->book, other, kind, slot, contest->n);
}

void jk_contest_claim(struct jk_contest *contest, const struct jk_verdict *rows, size_t count)
{
    bool standing = stands(rows, count);
    uint32_t model = rows->model;
    for (int i = 0; i < JK_CONTENT_KINDS; i++) {
        enum jk_content kind = (enum jk_content)i;
        uint32_t slot = content_of(contest, rows, kind);
        if (slot == JK_NONE) continue;
        struct jk_claims *claims = &contest->of[kind][slot];
        if (claims->first == JK_NONE || brings_earlier(contest, model, claims->first, kind, slot))
            claims->first = model;
        if (!standing) continue;
        if (claims->best == JK_NONE ||
            rank_of(contest, model, kind, slot) < rank_of(contest, claims->best, kind, slot))
            claims->best = model;
    }
}

/* ---- rulings on origin ---- */

struct heard {
    uint32_t effect;
    const struct jk_ruling *ruling;
};

/* The ruled model goes first for what its ruled release holds, as far as it still holds it. */
static void put_first(struct jk_contest *contest, const struct jk_ruling *ruling)
{
    size_t count;
    const struct jk_verdict *row = jk_standing_of(contest->standing, ruling->model, &count);
    for (int i = 0; row && i < JK_CONTENT_KINDS; i++) {
        enum jk_content kind = (enum jk_content)i;
        uint32_t slot = jk_content_of(contest->book, ruling->release, kind, contest->n);
        if (slot != JK_NONE && slot == content_of(contest, row, kind)) contest->of[kind][slot].first = ruling->model;
    }
}

static int compare_effects(const void *left, const void *right)
{
    const struct heard *a = left, *b = right;
    return (a->effect > b->effect) - (a->effect < b->effect);
}

/* In the order in which they took effect, so that the last one decides. */
bool jk_contest_hear_rulings(struct jk_contest *contest)
{
    uint32_t rulings = jk_book_rulings(contest->book, contest->n);
    struct heard *heard = malloc(((size_t)rulings + 1) * sizeof *heard);
    size_t count = 0;
    if (!heard) return false;
    for (uint32_t slot = 0; slot < rulings; slot++) {
        const struct jk_ruling *ruling = jk_book_ruling(contest->book, slot);
        uint32_t effect = jk_book_ruling_effect(ruling, contest->n);
        if (ruling->kind == JK_RULING_ORIGIN && effect != JK_NONE)
            heard[count++] = (struct heard){.effect = effect, .ruling = ruling};
    }
    qsort(heard, count, sizeof *heard, compare_effects);
    for (size_t i = 0; i < count; i++)
        put_first(contest, heard[i].ruling);
    free(heard);
    return true;
}

/* ---- asking ---- */

uint32_t jk_contest_first_before(const struct jk_contest *contest, const struct jk_verdict *rows,
                                 enum jk_content *out_kind)
{
    for (int i = 0; i < JK_CONTENT_KINDS; i++) {
        uint32_t slot = content_of(contest, rows, (enum jk_content)i);
        if (slot == JK_NONE) continue;
        const struct jk_claims *claims = &contest->of[i][slot];
        uint32_t winner = claims->first;
        if (winner != rows->model && !model_stands(contest, winner)) winner = claims->best;
        if (winner == rows->model) continue;
        if (out_kind) *out_kind = (enum jk_content)i;
        return winner;
    }
    return JK_NONE;
}

/* ---- contested, whatever the policy ---- */

static uint32_t publisher_at(const struct jk_book *book, uint32_t model, uint32_t n)
{
    return jk_book_alias(book, model, n)->publisher;
}

/* Whether it is what the model holds now; one whose releases are all yanked holds nothing. */
static bool holds(const struct jk_book *book, uint32_t model, enum jk_content kind, uint32_t slot, uint32_t n)
{
    uint32_t release = jk_book_deciding(book, model, n);
    return release != JK_NONE && jk_content_of(book, release, kind, n) == slot;
}

/* Of the rulings on origin about this content the last in effect whose model holds it; NULL for none. */
static const struct jk_ruling *origin_ruling(const struct jk_book *book, enum jk_content kind, uint32_t slot, uint32_t n)
{
    const struct jk_ruling *found = NULL, *ruling;
    for (uint32_t i = book->origins; i != JK_NONE; i = ruling->older_origin) {
        ruling = jk_book_ruling(book, i);
        uint32_t effect = jk_book_ruling_effect(ruling, n);
        if (effect == JK_NONE || jk_content_of(book, ruling->release, kind, n) != slot) continue;
        if (!holds(book, ruling->model, kind, slot, n)) continue;
        if (!found || effect > jk_book_ruling_effect(found, n)) found = ruling;
    }
    return found;
}

/* The first of a chain of releases whose model still holds what they brought; JK_NONE for none. */
static uint32_t first_of_chain(const struct jk_book *book, uint32_t release, enum jk_content kind, uint32_t slot,
                               uint32_t n)
{
    for (const struct jk_release_row *row; release != JK_NONE;
         release = kind == JK_CONTENT_WEIGHTS ? row->next_weights : row->next_artifact) {
        row = jk_release_row(book, release);
        if (row->pub.index >= n) return JK_NONE;
        if (holds(book, row->pub.model, kind, slot, n)) return release;
    }
    return JK_NONE;
}

/* The same over all manifests with this set of weight files. */
static uint32_t first_with_files(const struct jk_book *book, uint32_t files, uint32_t n)
{
    uint32_t first = JK_NONE, slot = jk_files_row(book, files)->first;
    for (; slot != JK_NONE; slot = jk_manifest_row(book, slot)->next) {
        uint32_t artifact = jk_manifest_row(book, slot)->artifact;
        uint32_t release = first_of_chain(book, artifact, JK_CONTENT_ARTIFACT, artifact, n);
        if (release == JK_NONE || !holds(book, jk_release_row(book, release)->pub.model, JK_CONTENT_FILES, files, n))
            continue;
        if (first == JK_NONE || release < first) first = release;
    }
    return first;
}

uint32_t jk_first_claim(const struct jk_book *book, enum jk_content kind, uint32_t slot, uint32_t n)
{
    const struct jk_ruling *ruling = origin_ruling(book, kind, slot, n);
    if (ruling) return ruling->model;
    uint32_t release = kind == JK_CONTENT_FILES     ? first_with_files(book, slot, n)
                       : kind == JK_CONTENT_WEIGHTS ? first_of_chain(book, jk_weights_row(book, slot)->first, kind, slot, n)
                                                    : first_of_chain(book, slot, kind, slot, n);
    return release == JK_NONE ? JK_NONE : jk_release_row(book, release)->pub.model;
}

static uint32_t disputed_by(const struct jk_book *book, uint32_t model, uint32_t release, uint32_t n)
{
    uint32_t slot = jk_model_row(book, model)->disputed;
    for (const struct jk_dispute *dispute; slot != JK_NONE; slot = dispute->older_same) {
        dispute = jk_book_dispute(book, slot);
        if (dispute->from >= n || dispute->resolved < n || dispute->publisher == JK_NONE) continue;
        if (!jk_book_is_verified(book, dispute->publisher, n)) continue;
        uint32_t theirs = jk_book_standing_release(book, dispute->model, n);
        if (jk_book_same_content(book, release, theirs, n)) return dispute->model;
    }
    return JK_NONE;
}

uint32_t jk_contested_with(const struct jk_book *book, uint32_t model, uint32_t n)
{
    uint32_t release = jk_book_standing_release(book, model, n);
    for (int i = 0; i < JK_CONTENT_KINDS; i++) {
        uint32_t slot = jk_content_of(book, release, (enum jk_content)i, n);
        uint32_t first = slot == JK_NONE ? model : jk_first_claim(book, (enum jk_content)i, slot, n);
        if (first == JK_NONE || first == model) continue;
        if (publisher_at(book, first, n) != publisher_at(book, model, n)) return first;
    }
    return disputed_by(book, model, release, n);
}
