/* What verifiers say of a pair as the rules read: every attestation looked at for every question, every path walked by
 * itself; to hold a standing of the book against. Included by slow_standing.h only. Rules: registry/formats/policy.md,
 * Verifiers that have a say. */
#ifndef JK_TESTS_SLOW_VOUCHING_H
#define JK_TESTS_SLOW_VOUCHING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "book/book_ask.h"
#include "book/standing.h"
#include "book/vouched.h"
#include "support/slow_limits.h"

#define SLOW_ATTESTS 256
#define SLOW_NO_PATH (-1)

struct slow_vouching {
    const struct jk_book *book;
    const struct jk_policy *policy;
    uint32_t n, model, root, team;
    bool unproven_passes; /* an edge without a grade is as good as any */
};

/* What histories were about, so that a test can tell whether they say anything. */
static uint64_t silenced, outvoted, passed_over, medians, bottlenecks, unlisted, pending_met, near_met, spared_kin;

static bool slow_has_say(const struct slow_vouching *of, const struct jk_attest *attest)
{
    struct jk_appointment appointment;
    int64_t at_us = jk_book_time(of->book, jk_book_challenge(of->book, attest->challenge)->from);
    if (!jk_book_appointment(of->book, attest->verifier, of->n, &appointment)) return false;
    bool own = jk_book_institution_affiliated(of->book, appointment.institution, of->team, at_us, of->n);
    const struct jk_alias *alias = jk_book_alias(of->book, of->model, of->n);
    for (; alias; alias = jk_book_older_alias(of->book, alias))
        own = own || jk_book_institution_operates(of->book, appointment.institution, alias->publisher, at_us, of->n);
    silenced += own;
    return !own;
}

/* The slots of the newest attestations of a release, one of each verifier that has a say. */
static size_t slow_voices(const struct slow_vouching *of, uint32_t release, uint32_t slots[SLOW_ATTESTS])
{
    size_t count = 0;
    for (uint32_t verifier = 0; verifier < jk_book_verifiers(of->book, of->n); verifier++) {
        uint32_t newest = JK_NONE;
        for (uint32_t slot = 0; slot < jk_book_attests(of->book, of->n); slot++) {
            const struct jk_attest *attest = jk_book_attest(of->book, slot);
            if (attest->release == release && attest->verifier == verifier) newest = slot;
        }
        if (newest == JK_NONE || !slow_has_say(of, jk_book_attest(of->book, newest))) continue;
        assert_true(count < SLOW_ATTESTS);
        slots[count++] = newest;
    }
    return count;
}

static bool slow_unattested(const struct slow_vouching *of, uint32_t release, bool pending_passes, bool *out_pending)
{
    uint32_t slots[SLOW_ATTESTS], agree = 0, differ = 0;
    size_t count = slow_voices(of, release, slots);
    for (size_t i = 0; i < count; i++)
        *(jk_book_attest(of->book, slots[i])->agrees ? &agree : &differ) += 1;
    bool lost = differ > 0 && agree <= differ, lacking = agree < of->policy->verifiers;
    outvoted += lost && !lacking;
    if (!lost && lacking && pending_passes) *out_pending = true;
    return lost || (lacking && !pending_passes);
}

static int compare_grades(const void *left, const void *right)
{
    return *(const int *)left - *(const int *)right;
}

/* The grade of an edge, as a number. */
static int slow_edge(const struct slow_vouching *of, uint32_t release, uint32_t parent)
{
    int grades[SLOW_ATTESTS];
    uint32_t slots[SLOW_ATTESTS];
    size_t count = slow_voices(of, release, slots), graded = 0;
    for (size_t i = 0; i < count; i++) {
        const struct jk_weights_evidence *newest = NULL;
        if (!jk_book_attest(of->book, slots[i])->agrees) continue;
        for (uint32_t slot = 0; slot < jk_book_evidences(of->book, of->n); slot++)
            if (jk_book_evidence(of->book, slot)->attest == slots[i]) newest = jk_book_evidence(of->book, slot);
        if (newest) grades[graded++] = newest->grades[parent].grade;
    }
    if (graded == 0) return of->unproven_passes ? JK_GRADE_SAME : JK_GRADE_NONE;
    size_t telling = 0;
    for (size_t i = 0; i < graded; i++)
        if (grades[i] != JK_GRADE_NONE) grades[telling++] = grades[i];
    passed_over += telling > 0 && telling < graded;
    if (telling == 0) return JK_GRADE_NONE;
    qsort(grades, telling, sizeof *grades, compare_grades);
    medians += grades[telling - 1] != grades[(telling - 1) / 2];
    return grades[(telling - 1) / 2];
}

/* The best path's weakest edge. */
static int slow_grade(const struct slow_vouching *of, uint32_t from)
{
    const struct jk_release *release = jk_book_release(of->book, from);
    int best = SLOW_NO_PATH;
    for (uint32_t i = 0; i < release->parent_count; i++) {
        uint32_t above =
            parent_of(of->book, &release->parents[i], jk_policy_has(of->policy, JK_REASON_ADOPTED_PATH), of->n);
        if (above == JK_NONE) continue;
        uint32_t model = jk_book_release(of->book, above)->model;
        int edge = slow_edge(of, from, i), rest = SLOW_NO_PATH;
        if (model == of->root)
            rest = JK_GRADE_SAME;
        else if (!jk_book_base(of->book, model, of->n))
            rest = slow_grade(of, above);
        bottlenecks += rest > JK_GRADE_NONE && rest < edge;
        if (rest < edge) edge = rest;
        if (edge > best) best = edge;
    }
    return best;
}

static bool slow_lacks_evidence(struct slow_vouching *of, uint32_t release, bool pending_passes, bool *out_pending)
{
    enum jk_grade least = of->policy->grades[jk_book_release(of->book, release)->relation];
    if (least == JK_GRADE_CONTRADICTED) {
        unlisted++;
        return true;
    }
    if (slow_grade(of, release) >= (int)least) return false;
    of->unproven_passes = true;
    bool merely = pending_passes && slow_grade(of, release) >= (int)least;
    of->unproven_passes = false;
    if (merely) *out_pending = true;
    return !merely;
}

/* `unattested` and `evidence` of a pair whose derivative has this deciding release. */
static jk_reasons slow_vouching(const struct jk_book *book, const struct jk_standing_query *query, uint32_t model,
                                uint32_t release, uint32_t root, bool *out_pending)
{
    const struct jk_policy *policy = query->policy;
    struct slow_vouching of = {.book = book,
                               .policy = policy,
                               .n = query->n,
                               .model = model,
                               .root = root,
                               .team = jk_book_base(book, root, query->n)->team};
    jk_reasons found = 0;
    *out_pending = false;
    if (jk_policy_has(policy, JK_REASON_UNATTESTED) &&
        slow_unattested(&of, release, query->pending_passes, out_pending))
        found |= JK_REASON_BIT(UNATTESTED);
    if (jk_policy_has(policy, JK_REASON_EVIDENCE) &&
        slow_lacks_evidence(&of, release, query->pending_passes, out_pending))
        found |= JK_REASON_BIT(EVIDENCE);
    pending_met += *out_pending;
    return found;
}

/* ---- near-duplicates ---- */

/* Whether the newest evidence of a release from public sketches names another. */
static bool slow_names(const struct jk_book *book, uint32_t release, uint32_t other, uint32_t n)
{
    const struct jk_weights_evidence *newest = NULL;
    for (uint32_t slot = 0; slot < jk_book_evidences(book, n); slot++) {
        const struct jk_weights_evidence *evidence = jk_book_evidence(book, slot);
        if (evidence->release == release && evidence->attest == JK_NONE) newest = evidence;
    }
    for (uint32_t i = 0; newest && i < newest->near_count; i++)
        if (jk_digest_equal(&newest->near[i], &jk_book_release(book, other)->hash)) return true;
    return false;
}

/* Whether any release of the model is above the release; an adopted external has all releases of its adopter above it. */
static bool slow_descends(const struct jk_book *book, uint32_t release, uint32_t model, uint32_t n, bool *seen)
{
    const struct jk_release *row = jk_book_release(book, release);
    if (row->model == model) return true;
    if (seen[release]) return false;
    seen[release] = true;
    for (uint32_t i = 0; i < row->parent_count; i++) {
        const struct jk_parent *parent = &row->parents[i];
        const struct jk_adoption *adoption = parent->external ? jk_book_adoption_of(book, parent->slot, n) : NULL;
        if (!parent->external && slow_descends(book, parent->slot, model, n, seen)) return true;
        for (uint32_t slot = 0; adoption && slot < jk_book_releases(book, n); slot++)
            if (jk_book_release(book, slot)->model == adoption->model && slow_descends(book, slot, model, n, seen))
                return true;
    }
    return false;
}

static bool slow_related(const struct jk_book *book, uint32_t one, uint32_t other, uint32_t n)
{
    bool *seen = calloc(2 * (size_t)jk_book_releases(book, n), sizeof *seen);
    assert_non_null(seen);
    bool related = slow_descends(book, one, jk_book_release(book, other)->model, n, seen) ||
                   slow_descends(book, other, jk_book_release(book, one)->model, n, seen + jk_book_releases(book, n));
    free(seen);
    spared_kin += related;
    return related;
}

#endif
