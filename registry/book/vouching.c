/* See vouching.h. */
#include "book/vouching.h"

#include <stdlib.h>

#include "book/book_internal.h"

void jk_vouching_init(struct jk_vouching *vouching, const struct jk_book *book, const struct jk_policy *policy,
                      uint32_t n, bool pending_passes)
{
    *vouching = (struct jk_vouching){.book = book,
                                     .policy = policy,
                                     .n = n,
                                     .pending_passes = pending_passes,
                                     .declared = jk_policy_has(policy, JK_REASON_ADOPTED_PATH)};
}

void jk_vouching_done(struct jk_vouching *vouching)
{
    free(vouching->seen);
    free(vouching->queue);
}

/* ---- who has a say ---- */

/* Of a verifier that is in effect: not of the root's team, and not of a publisher that the derivative has been under. */
static bool has_say(const struct jk_vouching *vouching, const struct jk_vouched_pair *pair,
                    const struct jk_attest *attest)
{
    const struct jk_book *book = vouching->book;
    uint32_t n = vouching->n;
    struct jk_appointment appointment;
    if (!jk_book_appointment(book, attest->verifier, n, &appointment)) return false;
    int64_t at_us = jk_book_time(book, jk_book_challenge(book, attest->challenge)->from);
    if (pair->team != JK_NONE && jk_book_institution_affiliated(book, appointment.institution, pair->team, at_us, n))
        return false;
    const struct jk_alias *stay, *alias = jk_book_alias(book, pair->model, n);
    for (; alias; alias = jk_book_older_alias(book, stay)) {
        stay = jk_book_stay(book, alias);
        if (jk_book_institution_operates(book, appointment.institution, stay->publisher, at_us, n)) return false;
    }
    return true;
}

/* Whether its verifier has said nothing newer of the release. Attestations of one release are few: each verifier makes
 * one, and evaluators allow any further one. */
static bool is_newest(const struct jk_vouching *vouching, uint32_t release, uint32_t slot)
{
    uint32_t verifier = jk_book_attest(vouching->book, slot)->verifier;
    uint32_t newer = jk_book_last_attest(vouching->book, release, vouching->n);
    for (; newer != slot; newer = jk_book_older_attest(vouching->book, newer))
        if (jk_book_attest(vouching->book, newer)->verifier == verifier) return false;
    return true;
}

bool jk_attest_speaks(const struct jk_vouching *vouching, const struct jk_vouched_pair *pair, uint32_t slot)
{
    const struct jk_attest *attest = jk_book_attest(vouching->book, slot);
    return is_newest(vouching, attest->release, slot) && has_say(vouching, pair, attest);
}

struct jk_votes jk_votes_on(const struct jk_vouching *vouching, const struct jk_vouched_pair *pair)
{
    const struct jk_book *book = vouching->book;
    struct jk_votes votes = {.newest = JK_NONE};
    uint32_t newest[2] = {JK_NONE, JK_NONE}; /* that differs, that agrees */
    uint32_t slot = jk_book_last_attest(book, pair->release, vouching->n);
    for (; slot != JK_NONE; slot = jk_book_older_attest(book, slot)) {
        const struct jk_attest *attest = jk_book_attest(book, slot);
        if (!jk_attest_speaks(vouching, pair, slot)) continue;
        *(attest->agrees ? &votes.agree : &votes.differ) += 1;
        if (newest[attest->agrees] == JK_NONE) newest[attest->agrees] = slot;
    }
    votes.newest = votes.differ > 0 && votes.differ >= votes.agree ? newest[false] : newest[true];
    return votes;
}

/* ---- what weights show ---- */

/* The evidence of an attestation that gives grades; JK_NONE: it gives none. */
static uint32_t grades_of(const struct jk_vouching *vouching, const struct jk_vouched_pair *pair, uint32_t release,
                          uint32_t slot)
{
    const struct jk_attest *attest = jk_book_attest(vouching->book, slot);
    if (!attest->agrees || !is_newest(vouching, release, slot)) return JK_NONE;
    uint32_t evidence = jk_book_attest_evidence(vouching->book, slot, vouching->n);
    return evidence != JK_NONE && has_say(vouching, pair, attest) ? evidence : JK_NONE;
}

/* Of any parent. */
static bool says_something(const struct jk_book *book, uint32_t evidence)
{
    const struct jk_weights_evidence *row = jk_book_evidence(book, evidence);
    uint32_t parents = jk_book_release(book, row->release)->parent_count;
    for (uint32_t i = 0; i < parents; i++)
        if (row->grades[i].grade != JK_GRADE_NONE) return true;
    return false;
}

uint32_t jk_deciding_evidence(const struct jk_vouching *vouching, const struct jk_vouched_pair *pair)
{
    uint32_t newest[2] = {JK_NONE, JK_NONE}; /* that says nothing, that says something */
    uint32_t slot = jk_book_last_attest(vouching->book, pair->release, vouching->n);
    for (; slot != JK_NONE; slot = jk_book_older_attest(vouching->book, slot)) {
        uint32_t evidence = grades_of(vouching, pair, pair->release, slot);
        if (evidence == JK_NONE) continue;
        uint32_t *of = &newest[says_something(vouching->book, evidence)];
        if (*of == JK_NONE || evidence > *of) *of = evidence;
    }
    return newest[true] != JK_NONE ? newest[true] : newest[false];
}

bool jk_edge_grade(const struct jk_vouching *vouching, const struct jk_vouched_pair *pair, uint32_t release,
                   uint32_t parent, enum jk_grade *out_grade)
{
    const struct jk_book *book = vouching->book;
    uint32_t of[JK_GRADES] = {0}, count = 0, grade = 0;
    uint32_t slot = jk_book_last_attest(book, release, vouching->n);
    for (; slot != JK_NONE; slot = jk_book_older_attest(book, slot)) {
        uint32_t evidence = grades_of(vouching, pair, release, slot);
        if (evidence == JK_NONE) continue;
        of[jk_book_evidence(book, evidence)->grades[parent].grade]++;
        count++;
    }
    *out_grade = JK_GRADE_NONE;
    if (count == of[JK_GRADE_NONE]) return count > 0;
    count -= of[JK_GRADE_NONE];
    of[JK_GRADE_NONE] = 0;
    /* The lower median. */
    for (uint32_t below = of[0], place = (count + 1) / 2; below < place; below += of[grade])
        grade++;
    *out_grade = (enum jk_grade)grade;
    return true;
}

static bool make_room(struct jk_vouching *vouching)
{
    size_t releases = (size_t)vouching->book->releases.count + 1;
    if (!vouching->seen) vouching->seen = calloc(releases, sizeof *vouching->seen);
    if (!vouching->queue) vouching->queue = malloc(releases * sizeof *vouching->queue);
    return vouching->seen && vouching->queue;
}

/* Whether a path leads to the root whose edges all have at least the grade. */
static bool reaches(struct jk_vouching *vouching, const struct jk_vouched_pair *pair, enum jk_grade least,
                    bool unproven_passes)
{
    const struct jk_book *book = vouching->book;
    uint32_t count = 1;
    vouching->walk++;
    vouching->queue[0] = pair->release;
    for (uint32_t at = 0; at < count; at++) {
        const struct jk_release *release = jk_book_release(book, vouching->queue[at]);
        vouching->steps += 1 + release->parent_count;
        for (uint32_t i = 0; i < release->parent_count; i++) {
            uint32_t above = jk_book_parent_above(book, &release->parents[i], vouching->declared, vouching->n);
            if (above == JK_NONE || vouching->seen[above] == vouching->walk) continue;
            enum jk_grade grade;
            bool proven = jk_edge_grade(vouching, pair, vouching->queue[at], i, &grade);
            if (grade < least && (proven || !unproven_passes)) continue;
            uint32_t model = jk_book_release(book, above)->model;
            if (model == pair->root) return true;
            vouching->seen[above] = vouching->walk;
            if (!jk_book_base(book, model, vouching->n)) vouching->queue[count++] = above;
        }
    }
    return false;
}

bool jk_root_grade(struct jk_vouching *vouching, const struct jk_vouched_pair *pair, enum jk_grade *out_grade)
{
    if (!make_room(vouching)) return false;
    int grade = JK_GRADE_SAME;
    while (grade >= JK_GRADE_CONTRADICTED && !reaches(vouching, pair, (enum jk_grade)grade, false))
        grade--;
    *out_grade = grade < JK_GRADE_CONTRADICTED ? JK_GRADES : (enum jk_grade)grade;
    return true;
}

bool jk_root_may_have(struct jk_vouching *vouching, const struct jk_vouched_pair *pair, enum jk_grade least,
                      bool *out_may)
{
    if (!make_room(vouching)) return false;
    *out_may = reaches(vouching, pair, least, true);
    return true;
}

/* ---- reasons ---- */

static bool is_unattested(const struct jk_vouching *vouching, const struct jk_vouched_pair *pair, bool *out_pending)
{
    struct jk_votes votes = jk_votes_on(vouching, pair);
    bool outvoted = votes.differ > 0 && votes.differ >= votes.agree;
    if (!outvoted && votes.agree >= vouching->policy->verifiers) return false;
    *out_pending = !outvoted && vouching->pending_passes;
    return !*out_pending;
}

/* False: out of memory. */
static bool lacks_evidence(struct jk_vouching *vouching, const struct jk_vouched_pair *pair, enum jk_relation relation,
                           bool *out_lacks, bool *out_pending)
{
    enum jk_grade least = vouching->policy->grades[relation];
    *out_lacks = true;
    if (least == JK_GRADE_CONTRADICTED) return true;
    if (!make_room(vouching)) return false;
    if (reaches(vouching, pair, least, false))
        *out_lacks = false;
    else if (vouching->pending_passes && reaches(vouching, pair, least, true)) {
        *out_lacks = false;
        *out_pending = true;
    }
    return true;
}

bool jk_vouching_reasons(struct jk_vouching *vouching, const struct jk_vouched_pair *pair, enum jk_relation relation,
                         jk_reasons *out_reasons, bool *out_pending)
{
    const struct jk_policy *policy = vouching->policy;
    *out_reasons = 0;
    *out_pending = false;
    if (jk_policy_has(policy, JK_REASON_UNATTESTED) && is_unattested(vouching, pair, out_pending))
        *out_reasons |= JK_REASON_BIT(UNATTESTED);
    if (jk_policy_has(policy, JK_REASON_EVIDENCE)) {
        bool lacks, missing = false;
        if (!lacks_evidence(vouching, pair, relation, &lacks, &missing)) return false;
        if (lacks) *out_reasons |= JK_REASON_BIT(EVIDENCE);
        *out_pending |= missing;
    }
    return true;
}
