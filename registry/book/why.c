/* See why.h. */
#include "book/why.h"

#include <stdlib.h>

#include "base/check.h"
#include "book/book_internal.h"
#include "book/ceiling.h"
#include "book/contest.h"
#include "book/copies.h"
#include "book/near.h"
#include "book/vouching.h"

struct question {
    const struct jk_book *book;
    const struct jk_standing *standing;
    const struct jk_policy *policy;
    const struct jk_verdict *row;
    uint32_t n;
    bool declared; /* the policy ignores adoptions */
    struct jk_error *error;
};

static uint32_t later(uint32_t a, uint32_t b)
{
    return a == JK_NONE || (b != JK_NONE && b > a) ? b : a;
}

/* ---- facts that last: the entry since which they have held without interruption ---- */

typedef bool holds_fn(const struct question *question, const struct jk_spell *spell);

static bool is_too_deep(const struct question *question, const struct jk_spell *spell)
{
    return (question->declared ? spell->declared_depth : spell->depth) > question->policy->depth;
}

static bool is_in_conflict(const struct question *question, const struct jk_spell *spell)
{
    if (question->policy->rules == 1) return spell->flags & JK_FLAG_LICENSE_CONFLICT;
    return spell->flags & (question->declared ? JK_FLAG_DECLARED_KNOWN_CONFLICT : JK_FLAG_KNOWN_CONFLICT);
}

static bool is_misnamed(const struct question *question, const struct jk_spell *spell)
{
    return spell->flags & (question->policy->lenient ? JK_FLAG_NAMING_LENIENT : JK_FLAG_NAMING_LITERAL);
}

/* Spells are listed newest first; for one root each begins with the entry that ended the previous one. */
static uint32_t since(const struct question *question, holds_fn *holds)
{
    uint32_t slot = jk_model_row(question->book, question->row->model)->pub.spells, from = JK_NONE;
    for (; slot != JK_NONE; slot = jk_spell_row(question->book, slot)->older) {
        const struct jk_spell *spell = jk_spell_row(question->book, slot);
        if (spell->root != question->row->root || spell->from >= question->n) continue;
        bool follows = from == JK_NONE || spell->until == from;
        if (!follows || !holds(question, spell)) break;
        from = spell->from;
    }
    JK_CHECK(from != JK_NONE);
    return from;
}

/* ---- single facts ---- */

/* Every release is yanked: the last yank decided that. */
static uint32_t last_yank(const struct question *question)
{
    uint32_t slot = jk_model_row(question->book, question->row->model)->pub.first_release, entry = JK_NONE;
    for (; slot != JK_NONE; slot = jk_release_row(question->book, slot)->pub.newer) {
        if (jk_release_row(question->book, slot)->pub.index >= question->n) break;
        uint32_t yank = jk_book_yanked_by(question->book, slot, question->n);
        if (yank != JK_NONE) entry = later(entry, yank);
    }
    return entry;
}

static uint32_t ruling_entry(const struct question *question)
{
    const struct jk_ruling *ruling =
        question->policy->rules == 1
            ? jk_book_ruling_of(question->book, question->row->model, question->n)
            : jk_book_pair_ruling_of(question->book, question->row->model, question->row->root, question->n);
    JK_CHECK(ruling != NULL);
    return jk_book_ruling_effect(ruling, question->n);
}

/* The observation that it is absent. */
static uint32_t last_seen_entry(const struct question *question)
{
    uint32_t slot = jk_book_last_observation(question->book, question->row->model, question->n);
    JK_CHECK(slot != JK_NONE);
    return jk_book_observation(question->book, slot)->from;
}

static bool same_base(const struct jk_base_facts *a, const struct jk_base_facts *b, enum jk_reason reason)
{
    if (reason == JK_REASON_NOT_PROGRAMME) return a->programme == b->programme;
    return a->from_scratch == b->from_scratch;
}

/* The entry of the roster that first said so in the current unbroken series. */
static uint32_t roster_entry(const struct question *question, enum jk_reason reason)
{
    const struct jk_base_facts *facts = jk_book_base(question->book, question->row->root, question->n);
    JK_CHECK(facts != NULL);
    while (facts->older != JK_NONE) {
        const struct jk_base_facts *older = jk_chunks_at(&question->book->base_facts, facts->older);
        if (!same_base(older, facts, reason)) break;
        facts = older;
    }
    return facts->from;
}

/* The newest stay under a publisher related to the team; there is one if the reason applies. */
static const struct jk_alias *kin_stay(const struct question *question, bool self, uint32_t team)
{
    const struct jk_book *book = question->book;
    const struct jk_alias *stay = jk_book_stay(book, jk_book_alias(book, question->row->model, question->n)), *older;
    for (;;) {
        int64_t since_us = jk_book_time(book, stay->from);
        if (self ? jk_book_owned(book, stay->publisher, team, since_us, question->n)
                 : jk_book_affiliated(book, stay->publisher, team, since_us, question->n))
            return stay;
        if (!(older = jk_book_older_alias(book, stay))) return stay;
        stay = jk_book_stay(book, older);
    }
}

/* The publisher at registration; or the last of the team's publishers that it was later moved to, with the entry that
 * moved it there or the one that said whose that publisher is, whichever was last. */
static uint32_t bond_entry(const struct question *question, enum jk_reason reason)
{
    const struct jk_book *book = question->book;
    const struct jk_model *model = jk_book_model(book, question->row->model);
    bool self = reason == JK_REASON_SELF;
    bool registered = question->row->flags & (self ? JK_FLAG_SELF : JK_FLAG_AFFILIATE);
    uint32_t team = jk_book_base(book, question->row->root, question->n)->team;
    const struct jk_alias *stay = registered ? NULL : kin_stay(question, self, team);
    uint32_t publisher = registered ? model->publisher : stay->publisher;
    uint32_t since = registered ? model->index : stay->from;
    uint32_t said = self ? jk_book_owned_since(book, publisher, team, question->n)
                         : jk_book_affiliated_since(book, publisher, team, jk_book_time(book, since), question->n);
    return registered ? said : later(since, said);
}

/* The entry that revoked the verification; if there never was one, that of the publisher. */
static uint32_t unverified_entry(const struct question *question)
{
    const struct jk_publisher *publisher = jk_book_publisher(question->book, question->row->publisher);
    uint32_t since = jk_book_switched_since(question->book, publisher->verified_history, question->n);
    return since == JK_NONE ? publisher->created : since;
}

/* The entry that withdrew the manifest; if it was never stored, that of the release. */
static uint32_t unheld_entry(const struct question *question, const struct jk_release *release)
{
    if (!question->policy->held) return release->index;
    uint32_t artifact = jk_release_row(question->book, question->row->release)->artifact;
    uint32_t held = jk_book_artifact_held(question->book, artifact);
    uint32_t since = jk_book_switched_since(question->book, held, question->n);
    return since == JK_NONE ? release->index : since;
}

/* Whether the list tells anything of the licence that the facts do not. */
static bool is_told_by_list(const struct question *question, struct jk_span license)
{
    enum jk_permission facts[JK_PERMISSION_KINDS], listed[JK_PERMISSION_KINDS];
    if (question->policy->rules == 1) return false;
    jk_book_permissions(question->book, license, question->n, facts);
    jk_book_permissions_listed(question->book, license, question->n, listed);
    return memcmp(facts, listed, sizeof facts) != 0;
}

static uint32_t license_entry(const struct question *question, const struct jk_release *release)
{
    struct jk_span text = jk_book_license_text(question->book, release->license);
    uint32_t since = later(release->index, jk_book_license_since(question->book, text, question->n));
    if (!is_told_by_list(question, text)) return since;
    return later(since, jk_book_spdx_since(question->book, question->n));
}

/* ---- ancestors ---- */

/* Rule set 2: whether the ancestor's licence has a say. */
static bool binds(const struct question *question, const struct jk_release_row *ancestor)
{
    struct jk_ceiling ceiling;
    jk_ceiling_init(&ceiling, question->book, question->policy, question->n);
    return question->policy->rules == 1 || jk_ceiling_has_say(&ceiling, ancestor->pub.model);
}

typedef bool ancestor_fn(const struct question *question, const struct jk_release_row *ancestor);

static bool has_the_weights(const struct question *question, const struct jk_release_row *ancestor)
{
    return ancestor->weights == question->row->weights;
}

static bool grants_less(const struct question *question, const struct jk_release_row *ancestor)
{
    if (!binds(question, ancestor)) return false;
    enum jk_permission own[JK_PERMISSION_KINDS], theirs[JK_PERMISSION_KINDS];
    const struct jk_release *release = jk_book_release(question->book, question->row->release);
    jk_book_permissions(question->book, jk_book_license_text(question->book, release->license), question->n, own);
    jk_book_permissions(question->book, jk_book_license_text(question->book, ancestor->pub.license), question->n,
                        theirs);
    if (theirs[JK_MAY_DERIVE] == JK_PERMISSION_NO) return true;
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        if (own[kind] != JK_PERMISSION_UNKNOWN && theirs[kind] != JK_PERMISSION_UNKNOWN && own[kind] > theirs[kind])
            return true;
    return false;
}

/* Nearest first. *out_release JK_NONE: none. False: out of memory. */
static bool find_ancestor(const struct question *question, ancestor_fn *wanted, uint32_t *out_release)
{
    uint32_t count = question->book->releases.count, put = 1;
    uint64_t *seen = calloc(count / 64 + 1, sizeof *seen);
    uint32_t *queue = malloc(((size_t)count + 1) * sizeof *queue);
    *out_release = JK_NONE;
    if (seen && queue) queue[0] = question->row->release;
    for (uint32_t at = 0; seen && queue && at < put && *out_release == JK_NONE; at++) {
        const struct jk_release *release = jk_book_release(question->book, queue[at]);
        for (uint32_t i = 0; i < release->parent_count && *out_release == JK_NONE; i++) {
            uint32_t slot = jk_book_parent_above(question->book, &release->parents[i], question->declared, question->n);
            if (slot == JK_NONE || (seen[slot / 64] >> slot % 64 & 1)) continue;
            seen[slot / 64] |= (uint64_t)1 << slot % 64;
            queue[put++] = slot;
            if (wanted(question, jk_release_row(question->book, slot))) *out_release = slot;
        }
    }
    bool room = seen && queue;
    free(seen);
    free(queue);
    return room;
}

static bool take_ancestor(const struct question *question, ancestor_fn *wanted, struct jk_why *why)
{
    if (!find_ancestor(question, wanted, &why->release)) return false;
    if (why->release != JK_NONE) why->other = jk_book_release(question->book, why->release)->model;
    return true;
}

/* The ancestor that permits less; where it has a say only since it was verified, that is since when. */
static bool find_limit(const struct question *question, struct jk_why *why)
{
    const struct jk_book *book = question->book;
    why->entry = since(question, is_in_conflict);
    if (!take_ancestor(question, grants_less, why)) return false;
    bool asked = question->policy->rules > 1 && jk_policy_has(question->policy, JK_REASON_UNVERIFIED);
    if (!asked || why->other == JK_NONE || jk_book_base(book, why->other, question->n)) return true;
    const struct jk_alias *stay = jk_book_stay(book, jk_book_alias(book, why->other, question->n));
    why->entry = later(why->entry, jk_book_verified_since(book, stay->publisher, question->n));
    why->entry = later(why->entry, stay->from == jk_book_model(book, why->other)->index ? JK_NONE : stay->from);
    return true;
}

/* Rule set 2: the ancestor's release, or a ruling that says whose it is. */
static bool find_copied(const struct question *question, struct jk_why *why)
{
    struct jk_copies copies;
    struct jk_copy copy = {NULL, JK_NONE};
    bool room = jk_copies_init(&copies, question->book, question->policy, question->n) &&
                jk_copies_find(&copies, question->row->release, true, &copy);
    why->release = copy.ancestor;
    if (copy.ruling) {
        why->other = copy.ruling->model;
        why->entry = jk_book_ruling_effect(copy.ruling, question->n);
    }
    jk_copies_done(&copies);
    return room;
}

static bool take_copied(const struct question *question, struct jk_why *why)
{
    bool room = question->policy->rules == 1 ? find_ancestor(question, has_the_weights, &why->release)
                                             : find_copied(question, why);
    if (!room || why->release == JK_NONE) return room;
    why->other = jk_book_release(question->book, why->release)->model;
    why->entry = jk_book_release(question->book, why->release)->index;
    return true;
}

/* ---- other derivatives ---- */

/* Rule set 1: the one with the same weights that goes first; it may itself be a copy of an ancestor, and so not count.
 */
static void find_earliest(const struct question *question, struct jk_why *why)
{
    size_t count;
    const struct jk_verdict *rows = jk_standing_rows(question->standing, &count);
    uint32_t least = question->row->brought;
    for (size_t i = 0; i < count; i++) {
        bool stands = (rows[i].reasons & ~(JK_REASON_BIT(DUPLICATE) | JK_REASON_BIT(CAP))) == 0;
        if (!stands || rows[i].weights != question->row->weights || rows[i].brought >= least) continue;
        least = rows[i].brought;
        why->other = rows[i].model;
    }
    why->entry = least;
}

/* Rule set 2: the contest is settled again, since a standing does not keep it, once for all roots of a derivative; in
 * one piece, as an answer about one derivative is made with the book held. False: out of memory. */
static bool find_first(const struct question *question, struct jk_why *why)
{
    struct jk_contest contest;
    const struct jk_verdicts *all = jk_standing_verdicts(question->standing);
    struct jk_breath none = {NULL, NULL};
    bool room = jk_contest_settle(&contest, question->book, question->policy, all, question->n, &none,
                                  question->error) == JK_OK;
    const struct jk_behind *behind = room ? jk_contest_behind(&contest, question->row->model) : NULL;
    if (behind) {
        why->other = behind->first;
        why->entry = behind->since;
    }
    jk_contest_done(&contest);
    return room;
}

/* The nearest adoption through which the root is reached. */
static bool leads_to(const struct question *question, uint32_t adopter)
{
    if (adopter == question->row->root) return true;
    const struct jk_spell *spell = NULL;
    while ((spell = jk_book_spell(question->book, adopter, question->n, spell)) != NULL)
        if (spell->root == question->row->root) return true;
    return false;
}

static bool look_for_adoption(const struct question *question, uint32_t release, struct jk_why *why)
{
    const struct jk_release *row = jk_book_release(question->book, release);
    for (uint32_t i = 0; i < row->parent_count; i++) {
        const struct jk_adoption *adoption =
            row->parents[i].external ? jk_book_adoption_of(question->book, row->parents[i].slot, question->n) : NULL;
        if (!adoption || !leads_to(question, adoption->model)) continue;
        why->entry = adoption->from;
        why->other = adoption->model;
        return true;
    }
    return false;
}

static bool adopts_the_way(const struct question *question, const struct jk_release_row *ancestor)
{
    struct jk_why ignored;
    return look_for_adoption(question, jk_book_find_release(question->book, &ancestor->pub.hash, question->n),
                             &ignored);
}

static bool find_adoption(const struct question *question, struct jk_why *why)
{
    struct question declared = *question;
    uint32_t release;
    declared.declared = true; /* up to the first adoption every step is a declared one */
    if (look_for_adoption(question, question->row->release, why)) return true;
    if (!find_ancestor(&declared, adopts_the_way, &release)) return false;
    if (release != JK_NONE) (void)look_for_adoption(question, release, why);
    return true;
}

/* The last of the publisher's that still counted. */
static void find_last_under_cap(const struct question *question, struct jk_why *why)
{
    size_t count;
    const struct jk_verdict *rows = jk_standing_rows(question->standing, &count);
    for (size_t i = 0; i < count && rows[i].model < question->row->model; i++)
        if (rows[i].publisher == question->row->publisher && rows[i].reasons == 0) why->other = rows[i].model;
    why->entry = jk_book_model(question->book, why->other == JK_NONE ? question->row->model : why->other)->index;
}

static bool find_duplicate(const struct question *question, struct jk_why *why)
{
    if (question->row->flags & JK_VERDICT_COPY) {
        return take_copied(question, why);
    } else if (question->policy->rules == 1) {
        find_earliest(question, why);
    } else {
        return find_first(question, why);
    }
    return true;
}

/* ---- what verifiers say ---- */

/* The newest evidence of the release that decides whose verifier has a say, or the attestation that decides against it.
 * Where nobody said anything, or no grade would be enough for the relation, the release itself. */
static uint32_t vouching_entry(const struct question *question, enum jk_reason reason)
{
    const struct jk_vouched_pair pair = jk_vouched_pair_of(jk_standing_verdicts(question->standing), question->row);
    struct jk_vouching vouching;
    jk_vouching_init(&vouching, question->book, question->policy, question->n, false);
    if (reason == JK_REASON_EVIDENCE) {
        uint32_t slot = JK_NONE;
        if (question->policy->grades[question->row->relation] != JK_GRADE_CONTRADICTED)
            slot = jk_deciding_evidence(&vouching, &pair);
        if (slot != JK_NONE) return jk_book_evidence(question->book, slot)->from;
    } else {
        struct jk_votes votes = jk_votes_on(&vouching, &pair);
        if (votes.newest != JK_NONE) return jk_book_attest(question->book, votes.newest)->from;
    }
    return jk_book_release(question->book, pair.release)->index;
}

struct near_sought {
    uint32_t model;
    struct jk_why *why;
};

/* Of those that go before the model, the one that has stood for longest. */
static void take_near(void *context, const struct jk_verdict *first, uint32_t since, const struct jk_verdict *later)
{
    struct near_sought *sought = context;
    if (later->model != sought->model || (sought->why->other != JK_NONE && sought->why->entry <= since)) return;
    sought->why->other = first->model;
    sought->why->entry = since;
}

/* False: out of memory. */
static bool find_near(const struct question *question, struct jk_why *why)
{
    struct near_sought sought = {question->row->model, why};
    struct jk_near_told told = {take_near, &sought};
    struct jk_breath none = {NULL, NULL};
    return jk_near_find(question->book, question->policy, jk_standing_verdicts(question->standing), question->n,
                        question->row->model, &told, &none, question->error) == JK_OK;
}

/* ---- all of them ---- */

static bool find_why(const struct question *question, uint32_t stage_entry, enum jk_reason reason, struct jk_why *why)
{
    const struct jk_release *release = jk_book_release(question->book, question->row->release);
    why->entry = release->index; /* relation, licence text */
    switch (reason) {
    case JK_REASON_LATE:
        why->entry = jk_book_model(question->book, question->row->model)->index;
        return true;
    case JK_REASON_YANKED:
        why->entry = last_yank(question);
        return true;
    case JK_REASON_GONE:
        why->entry = last_seen_entry(question);
        return true;
    case JK_REASON_EXCLUDED:
        why->entry = ruling_entry(question);
        return true;
    case JK_REASON_NOT_PARTICIPATING:
        why->entry = stage_entry;
        return true;
    case JK_REASON_NOT_PROGRAMME:
    case JK_REASON_FOREIGN_BASE:
        why->entry = roster_entry(question, reason);
        return true;
    case JK_REASON_ADOPTED_PATH:
        return find_adoption(question, why);
    case JK_REASON_NO_ARTIFACT:
        why->entry = unheld_entry(question, release);
        return true;
    case JK_REASON_DEPTH:
        why->entry = since(question, is_too_deep);
        return true;
    case JK_REASON_SELF:
    case JK_REASON_AFFILIATE:
        why->entry = bond_entry(question, reason);
        return true;
    case JK_REASON_LICENSE_NOT_OPEN:
        why->entry = license_entry(question, release);
        return true;
    case JK_REASON_LICENSE_CONFLICT:
        return find_limit(question, why);
    case JK_REASON_NAMING:
        why->entry = since(question, is_misnamed);
        return true;
    case JK_REASON_UNVERIFIED:
        why->entry = unverified_entry(question);
        return true;
    case JK_REASON_UNATTESTED:
    case JK_REASON_EVIDENCE:
        why->entry = vouching_entry(question, reason);
        return true;
    case JK_REASON_DUPLICATE:
        return find_duplicate(question, why);
    case JK_REASON_NEAR_DUPLICATE:
        return find_near(question, why);
    case JK_REASON_CAP:
        find_last_under_cap(question, why);
        return true;
    default:
        return true;
    }
}

void jk_whys_init(struct jk_whys *whys, const struct jk_book *book, const struct jk_standing *standing,
                  const struct jk_policy *policy, uint32_t stage_entry)
{
    *whys = (struct jk_whys){.book = book,
                             .standing = standing,
                             .policy = policy,
                             .stage_entry = stage_entry,
                             .duplicate_of = JK_NONE,
                             .near_of = JK_NONE};
}

enum jk_status jk_why_find(struct jk_whys *whys, const struct jk_verdict *row, enum jk_reason reason,
                           struct jk_why *out_why, struct jk_error *error)
{
    struct question question = {.book = whys->book,
                                .standing = whys->standing,
                                .policy = whys->policy,
                                .row = row,
                                .n = jk_standing_size(whys->standing),
                                .declared = jk_policy_has(whys->policy, JK_REASON_ADOPTED_PATH),
                                .error = error};
    bool duplicate = reason == JK_REASON_DUPLICATE, near = reason == JK_REASON_NEAR_DUPLICATE;
    struct jk_why *kept = duplicate ? &whys->duplicate : near ? &whys->near : NULL;
    uint32_t *kept_of = duplicate ? &whys->duplicate_of : &whys->near_of;
    if (kept && *kept_of == row->model) {
        *out_why = *kept;
        return JK_OK;
    }
    *out_why = (struct jk_why){JK_NONE, JK_NONE, JK_NONE};
    if (!find_why(&question, whys->stage_entry, reason, out_why)) return jk_out_of_memory(error);
    if (kept) {
        *kept = *out_why;
        *kept_of = row->model;
    }
    return JK_OK;
}
