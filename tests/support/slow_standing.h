/* Standing as the rules read, slowly and pair by pair: size by size where they ask since when, and with nothing kept from
 * one question to the next; to hold a standing of the book against. Counts what it met on the way, so that a test can
 * tell whether the histories say anything. Rules: registry/formats/policy.md. */
#ifndef JK_TESTS_SLOW_STANDING_H
#define JK_TESTS_SLOW_STANDING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "book/book_ask.h"
#include "book/book_internal.h"
#include "book/claims.h"
#include "book/stage.h"
#include "book/standing.h"
#include "support/slow_hub.h"
#include "support/slow_limits.h"
#include "support/slow_vouching.h"

/* A pair as the slow reading has it. */
struct pair {
    uint32_t model, root, release, publisher, brought;
    struct jk_digest weights;
    bool copy, verified, held, pending;
    jk_reasons reasons;
    jk_reasons vouching; /* of these, what verifiers say */
};

static struct pair pairs[PAIRS];
static size_t pair_count;

static uint32_t entry_that_brought(const struct jk_book *book, uint32_t model, const struct jk_digest *weights,
                                   uint32_t n)
{
    uint32_t least = JK_NONE;
    for (uint32_t slot = 0; slot < jk_book_releases(book, n); slot++) {
        const struct jk_release *release = jk_book_release(book, slot);
        if (release->model == model && jk_digest_equal(&release->weights, weights) && release->index < least)
            least = release->index;
    }
    return least;
}

static uint64_t moved_in,
    moved_out; /* of a team's own by nothing but where they went; and where they were in between */

static jk_reasons kin_of(const struct jk_book *book, uint32_t publisher, uint32_t team, int64_t at_us, uint32_t n)
{
    struct jk_bond bond;
    jk_reasons found = jk_book_affiliated(book, publisher, team, at_us, n) ? JK_REASON_BIT(AFFILIATE) : 0;
    if (jk_book_membership(book, jk_book_publisher(book, publisher)->name, team, n, &bond) &&
        (bond.from_us == JK_TIME_NONE || bond.from_us <= at_us) &&
        (bond.until_us == JK_TIME_NONE || at_us < bond.until_us))
        found |= JK_REASON_BIT(SELF);
    return found;
}

/* By every publisher whom its name came under, at the time when it did. */
static jk_reasons kin_reasons(const struct jk_book *book, const struct jk_spell *spell, uint32_t n)
{
    const struct jk_alias *present = jk_book_alias(book, spell->derivative, n), *alias = present, *older;
    uint32_t team = jk_book_base(book, spell->root, n)->team;
    jk_reasons found = 0, last = 0;
    for (; alias; alias = older) {
        older = jk_book_older_alias(book, alias);
        if (older && older->publisher == alias->publisher) continue;
        jk_reasons here = kin_of(book, alias->publisher, team, jk_book_time(book, alias->from), n);
        if (alias->publisher == present->publisher) last |= here;
        found |= here;
    }
    moved_in += found && !(spell->flags & (JK_FLAG_SELF | JK_FLAG_AFFILIATE));
    if (spell->flags & JK_FLAG_SELF) last |= JK_REASON_BIT(SELF);
    if (spell->flags & JK_FLAG_AFFILIATE) last |= JK_REASON_BIT(AFFILIATE);
    moved_out += (found & ~last) != 0;
    return found;
}

/* ---- reasons ---- */

/* What rule set 2 sees otherwise than rule set 1: some reasons, and the facts behind others. */
static jk_reasons second_reasons(const struct jk_book *book, const struct jk_standing_query *query,
                                 const struct jk_spell *spell, jk_reasons found)
{
    const struct jk_policy *policy = query->policy;
    bool declared = jk_policy_has(policy, JK_REASON_ADOPTED_PATH);
    found &= ~(JK_REASON_BIT(EXCLUDED) | JK_REASON_BIT(LICENSE_CONFLICT));
    if (jk_book_is_pair_excluded(book, spell->derivative, spell->root, query->n)) found |= JK_REASON_BIT(EXCLUDED);
    if (conflicts(book, query, spell)) found |= JK_REASON_BIT(LICENSE_CONFLICT);
    if (jk_slow_gone(book, query, spell, query->n)) found |= JK_REASON_BIT(GONE);
    if (spell->declared_depth == 0) found |= JK_REASON_BIT(ADOPTED_PATH);
    found |= kin_reasons(book, spell, query->n);
    if (policy->held && (spell->flags & JK_FLAG_NOT_HELD)) found |= JK_REASON_BIT(NO_ARTIFACT);
    if (declared) {
        found &= ~JK_REASON_BIT(DEPTH);
        if (spell->declared_depth > policy->depth) found |= JK_REASON_BIT(DEPTH);
    }
    return found;
}

static jk_reasons slow_reasons(const struct jk_book *book, const struct jk_standing_query *query,
                               const struct jk_spell *spell)
{
    const struct jk_policy *policy = query->policy;
    const struct jk_base_facts *base = jk_book_base(book, spell->root, query->n);
    const struct jk_release *release = jk_book_release(book, spell->release);
    enum jk_permission given[JK_PERMISSION_KINDS];
    jk_reasons found = 0;
    bool part = !query->teams, allowed = true;
    for (size_t i = 0; i < query->team_count; i++)
        part = part || query->teams[i] == base->team;
    if (policy->rules > 1)
        jk_book_permissions_listed(book, jk_book_license_text(book, release->license), query->n, given);
    else
        jk_book_permissions(book, jk_book_license_text(book, release->license), query->n, given);
    for (int i = 0; i < JK_PERMISSION_KINDS; i++)
        allowed = allowed &&
                  (given[i] >= policy->demands[i] || (policy->unknown_permits && given[i] == JK_PERMISSION_UNKNOWN));
    bool scratch =
        base->from_scratch == JK_ANSWER_YES || (base->from_scratch == JK_ANSWER_UNKNOWN && policy->unknown_passes);
    bool named = !(spell->flags & (policy->lenient ? JK_FLAG_NAMING_LENIENT : JK_FLAG_NAMING_LITERAL));
    if (jk_book_deciding(book, spell->derivative, query->n) == JK_NONE) found |= JK_REASON_BIT(YANKED);
    if (jk_book_is_excluded(book, spell->derivative, query->n)) found |= JK_REASON_BIT(EXCLUDED);
    if (!part) found |= JK_REASON_BIT(NOT_PARTICIPATING);
    if (!base->programme) found |= JK_REASON_BIT(NOT_PROGRAMME);
    if (!scratch) found |= JK_REASON_BIT(FOREIGN_BASE);
    if (!(policy->relations & 1u << release->relation)) found |= JK_REASON_BIT(RELATION);
    if (spell->depth > policy->depth) found |= JK_REASON_BIT(DEPTH);
    if (spell->flags & JK_FLAG_SELF) found |= JK_REASON_BIT(SELF);
    if (spell->flags & JK_FLAG_AFFILIATE) found |= JK_REASON_BIT(AFFILIATE);
    if (jk_digest_is_zero(&release->artifact)) found |= JK_REASON_BIT(NO_ARTIFACT);
    if (jk_digest_is_zero(&release->license_text)) found |= JK_REASON_BIT(NO_LICENSE_TEXT);
    if (!allowed) found |= JK_REASON_BIT(LICENSE_NOT_OPEN);
    if (spell->flags & JK_FLAG_LICENSE_CONFLICT) found |= JK_REASON_BIT(LICENSE_CONFLICT);
    if (!named) found |= JK_REASON_BIT(NAMING);
    if (!jk_book_is_verified(book, jk_book_alias(book, spell->derivative, query->n)->publisher, query->n))
        found |= JK_REASON_BIT(UNVERIFIED);
    if (policy->rules > 1) found = second_reasons(book, query, spell, found);
    return found & policy->on;
}

/* ---- rule set 2: how old a claim is ---- */

struct claim {
    const struct jk_book *book;
    enum jk_content kind;
    uint32_t slot, n;
};

/* What a release was known to have at n: with it came whatever bears the same time. */
static bool was_known(const struct claim *claim, uint32_t release, uint32_t n)
{
    uint32_t index = jk_book_release(claim->book, release)->index, end = index;
    while (end < claim->n && jk_book_time(claim->book, end) == jk_book_time(claim->book, index))
        end++;
    return jk_content_of(claim->book, release, claim->kind, n > end ? n : end) == claim->slot;
}

static bool has_now(const struct claim *claim, uint32_t model, uint32_t n, bool yanked)
{
    uint32_t release = jk_book_deciding(claim->book, model, n);
    if (yanked != (release == JK_NONE)) return false;
    return was_known(claim, yanked ? jk_book_newest(claim->book, model, n) : release, n);
}

static uint64_t late_met, together_met; /* manifests that came after their release, in one batch with it */

/* Size by size, backwards, as long as nothing is otherwise than now; then as long as the same release decides. */
static uint64_t claimed_since(const struct claim *claim, uint32_t model)
{
    bool yanked = jk_book_deciding(claim->book, model, claim->n) == JK_NONE;
    uint32_t n = claim->n, registered = jk_book_model(claim->book, model)->index;
    while (n > registered && has_now(claim, model, n, yanked))
        n--;
    uint32_t since = n, release = jk_book_deciding(claim->book, model, since + 1);
    while (n > registered && jk_book_deciding(claim->book, model, n) == release)
        n--;
    late_met += n < since;
    together_met += n == since && !yanked && jk_content_of(claim->book, release, claim->kind, n + 1) != claim->slot;
    return (uint64_t)since << 32 | n;
}

/* ---- rule set 2: rulings on origin, and ancestors with the same content ---- */

struct lineage {
    const struct jk_book *book;
    const struct jk_policy *policy;
    uint32_t n, release;
    bool seen[PAIRS];
};

/* Ancestors that made no duplicate, by why. */
static uint64_t ruled_own, yanked_claims, unverified_claims, unheld_claims, late_ancestors, late_weights, crossed_kinds;
static uint64_t grown;      /* what came to light after the ruling */
static uint64_t superseded; /* copies of what a ruled model has in an older release alone */

static bool same_kind(const struct lineage *of, uint32_t a, uint32_t b, int kind)
{
    uint32_t slot = jk_content_of(of->book, a, (enum jk_content)kind, of->n);
    return slot != JK_NONE && slot == jk_content_of(of->book, b, (enum jk_content)kind, of->n);
}

static bool still_has(const struct lineage *of, uint32_t model, enum jk_content kind, uint32_t content)
{
    for (uint32_t slot = 0; slot < jk_book_releases(of->book, of->n); slot++)
        if (jk_book_release(of->book, slot)->model == model && !jk_book_is_yanked(of->book, slot, of->n) &&
            jk_content_of(of->book, slot, kind, of->n) == content)
            return true;
    return false;
}

/* The model that the last ruling names, of those about anything that both have and the model still has, as far as it was
 * known when they were made; JK_NONE for none. */
static uint32_t named_last(const struct lineage *of, uint32_t ancestor)
{
    uint32_t model = JK_NONE, last = 0;
    for (uint32_t i = 0; i < jk_book_rulings(of->book, of->n); i++) {
        const struct jk_ruling *ruling = jk_book_ruling(of->book, i);
        uint32_t effect = jk_book_ruling_effect(ruling, of->n);
        if (ruling->kind != JK_RULING_ORIGIN || effect == JK_NONE || effect < last) continue;
        for (int i_kind = 0; i_kind < JK_CONTENT_KINDS; i_kind++) {
            enum jk_content kind = (enum jk_content)i_kind;
            uint32_t both = jk_content_of(of->book, ancestor, kind, of->n);
            uint32_t ruled = jk_content_of(of->book, ruling->release, kind, ruling->from);
            if (!same_kind(of, of->release, ancestor, i_kind)) continue;
            grown += ruled != both && same_kind(of, of->release, ruling->release, i_kind);
            if (ruled != both || !still_has(of, ruling->model, kind, ruled)) continue;
            model = ruling->model;
            last = effect;
        }
    }
    return model;
}

/* Whether it could count itself, were it a derivative's. */
static bool could_count(const struct lineage *of, uint32_t ancestor)
{
    const struct jk_policy *policy = of->policy;
    bool yanked = jk_policy_has(policy, JK_REASON_YANKED) && jk_book_is_yanked(of->book, ancestor, of->n);
    bool unverified = jk_policy_has(policy, JK_REASON_UNVERIFIED) && !is_verified_at(of->book, ancestor, of->n);
    bool unheld = jk_policy_has(policy, JK_REASON_NO_ARTIFACT) &&
                  (policy->held ? !jk_book_release_is_held(of->book, ancestor, of->n)
                                : jk_digest_is_zero(&jk_book_release(of->book, ancestor)->artifact));
    yanked_claims += yanked;
    unverified_claims += unverified;
    unheld_claims += unheld;
    return !yanked && !unverified && !unheld;
}

/* Whether it could count at that size. */
static bool could_count_at(const struct lineage *of, uint32_t ancestor, uint32_t size)
{
    const struct jk_policy *policy = of->policy;
    if (jk_policy_has(policy, JK_REASON_UNVERIFIED) && !is_verified_at(of->book, ancestor, size)) return false;
    bool held = jk_policy_has(policy, JK_REASON_NO_ARTIFACT) && policy->held;
    return !held || jk_book_release_is_held(of->book, ancestor, size);
}

/* Whether the derivative claimed it before the ancestor's release had it and could count: size by size, backwards, as long
 * as that has it, could, and is not yanked otherwise than now. */
static bool came_late(const struct lineage *of, uint32_t ancestor, int kind)
{
    struct claim claim = {of->book, (enum jk_content)kind,
                          jk_content_of(of->book, ancestor, (enum jk_content)kind, of->n), of->n};
    uint64_t since = claimed_since(&claim, jk_book_release(of->book, of->release)->model);
    uint32_t index = jk_book_release(of->book, ancestor)->index, known = of->n;
    bool yanked = jk_book_is_yanked(of->book, ancestor, of->n);
    while (known > index && was_known(&claim, ancestor, known) &&
           jk_book_is_yanked(of->book, ancestor, known) == yanked && could_count_at(of, ancestor, known))
        known--;
    bool late = since >> 32 < known;
    late_weights += late && kind == JK_CONTENT_WEIGHTS;
    late_ancestors += late && kind == JK_CONTENT_FILES;
    return late;
}

static bool is_copy_by(const struct lineage *of, uint32_t ancestor, int kind)
{
    if (!same_kind(of, of->release, ancestor, kind)) return false;
    if (jk_book_base(of->book, jk_book_release(of->book, ancestor)->model, of->n)) return true;
    bool crossed = kind != JK_CONTENT_WEIGHTS && !jk_digest_is_zero(&jk_book_release(of->book, ancestor)->weights);
    crossed_kinds += crossed && !same_kind(of, of->release, ancestor, JK_CONTENT_WEIGHTS);
    return could_count(of, ancestor) && !crossed && !came_late(of, ancestor, kind);
}

static bool is_copy_of(const struct lineage *of, uint32_t ancestor)
{
    bool same = false;
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++)
        same = is_copy_by(of, ancestor, kind) || same;
    bool own = same && named_last(of, ancestor) == jk_book_release(of->book, of->release)->model;
    ruled_own += own;
    return same && !own;
}

static bool copies_above(struct lineage *of, uint32_t from)
{
    const struct jk_release *release = jk_book_release(of->book, from);
    bool found = false;
    for (uint32_t i = 0; i < release->parent_count; i++) {
        uint32_t above =
            parent_of(of->book, &release->parents[i], jk_policy_has(of->policy, JK_REASON_ADOPTED_PATH), of->n);
        if (above == JK_NONE) continue;
        if (of->seen[above]) continue;
        of->seen[above] = true;
        found = is_copy_of(of, above) || found;
        found = copies_above(of, above) || found;
    }
    return found;
}

static bool is_copy(const struct jk_book *book, const struct jk_standing_query *query, const struct jk_spell *spell)
{
    static struct lineage of;
    if (query->policy->rules == 1) return spell->flags & JK_FLAG_ANCESTOR_WEIGHTS;
    of = (struct lineage){.book = book, .policy = query->policy, .n = query->n, .release = spell->release};
    uint32_t named = named_last(&of, spell->release);
    if (named == JK_NONE || named == spell->derivative) return copies_above(&of, spell->release);
    uint32_t has = jk_book_deciding(book, named, query->n);
    superseded += has != JK_NONE && !same_kind(&of, has, spell->release, 0) &&
                  !same_kind(&of, has, spell->release, 1) && !same_kind(&of, has, spell->release, 2);
    return true;
}

static int compare_pairs(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    if (a->model != b->model) return a->model < b->model ? -1 : 1;
    return (a->root > b->root) - (a->root < b->root);
}

static void collect(const struct jk_book *book, const struct jk_standing_query *query)
{
    pair_count = 0;
    for (uint32_t model = 0; model < jk_book_models(book, query->n); model++)
        for (const struct jk_spell *spell = NULL; (spell = jk_book_spell(book, model, query->n, spell)) != NULL;) {
            const struct jk_release *release = jk_book_release(book, spell->release);
            assert_true(pair_count < PAIRS);
            pairs[pair_count++] = (struct pair){.model = model,
                                                .root = spell->root,
                                                .release = spell->release,
                                                .publisher = jk_book_alias(book, model, query->n)->publisher,
                                                .weights = release->weights,
                                                .brought = entry_that_brought(book, model, &release->weights, query->n),
                                                .copy = is_copy(book, query, spell),
                                                .verified = !(spell->flags & JK_FLAG_UNVERIFIED),
                                                .held = !(spell->flags & JK_FLAG_NOT_HELD),
                                                .reasons = slow_reasons(book, query, spell)};
            struct pair *pair = &pairs[pair_count - 1];
            pair->vouching = slow_vouching(book, query, model, spell->release, spell->root, &pair->pending);
            pair->reasons |= pair->vouching;
        }
    qsort(pairs, pair_count, sizeof *pairs, compare_pairs);
}

/* Whether the model stands as far as is known: before duplicates, or before the cap. */
static bool stands(uint32_t model)
{
    for (size_t i = 0; i < pair_count; i++)
        if (pairs[i].model == model && pairs[i].reasons == 0) return true;
    return false;
}

static bool is_duplicate(const struct pair *pair)
{
    if (pair->copy) return true;
    if (jk_digest_is_zero(&pair->weights) || !stands(pair->model)) return false;
    for (size_t i = 0; i < pair_count; i++)
        if (pairs[i].model != pair->model && jk_digest_equal(&pairs[i].weights, &pair->weights) &&
            pairs[i].brought < pair->brought && stands(pairs[i].model))
            return true;
    return false;
}

/* ---- rule set 2: who goes first for some content ---- */

static bool holds(const struct claim *claim, const struct pair *pair)
{
    return jk_content_of(claim->book, pair->release, claim->kind, claim->n) == claim->slot;
}

static uint64_t breaks_met; /* claims that would be first but for a break */

/* Whether a release of it had the content before that entry: a break took its place away. */
static bool had_before(const struct claim *claim, uint32_t model, uint32_t entry)
{
    for (uint32_t slot = 0; slot < jk_book_releases(claim->book, entry); slot++)
        if (jk_book_release(claim->book, slot)->model == model &&
            jk_content_of(claim->book, slot, claim->kind, claim->n) == claim->slot)
            return true;
    return false;
}

static uint64_t spared; /* that share something with another, which is compared by something else */

/* Whether two that stand claim it. */
static bool is_shared(const struct claim *claim)
{
    const struct pair *one = NULL;
    for (size_t i = 0; i < pair_count; i++) {
        if (!holds(claim, &pairs[i]) || !stands(pairs[i].model)) continue;
        if (one && one->model != pairs[i].model) return true;
        one = &pairs[i];
    }
    return false;
}

/* What a derivative is compared by; slot JK_NONE: nothing. */
static struct claim compared_by(const struct jk_book *book, const struct pair *pair, uint32_t n)
{
    static const enum jk_content kinds[] = {JK_CONTENT_WEIGHTS, JK_CONTENT_FILES, JK_CONTENT_ARTIFACT};
    for (int i = 0; i < JK_CONTENT_KINDS; i++) {
        struct claim claim = {book, kinds[i], jk_content_of(book, pair->release, kinds[i], n), n};
        if (claim.slot != JK_NONE && is_shared(&claim)) return claim;
    }
    return (struct claim){book, JK_CONTENT_WEIGHTS, JK_NONE, n};
}

static bool are_compared(const struct claim *claim, const struct pair *other)
{
    struct claim theirs = compared_by(claim->book, other, claim->n);
    bool same = theirs.kind == claim->kind && theirs.slot == claim->slot;
    spared += !same && holds(claim, other);
    return same;
}

static bool takes_part(const struct pair *pair)
{
    return !pair->copy && stands(pair->model);
}

/* ---- rule set 2: since when one stands ---- */

static uint64_t woken, together; /* older claims that stand later; releases that came with their manifests */
static uint64_t homes_met;       /* firsts that came later than another */

/* Whether a licence from above bound at that size, of those known at the end. */
static bool was_limited(const struct jk_book *book, const struct jk_standing_query *query, uint32_t release,
                        uint32_t size)
{
    static struct limits of;
    of = (struct limits){.book = book, .policy = query->policy, .n = query->n, .release = release, .size = size};
    return is_limited(&of, release);
}

/* What verifiers say at the end; nothing for a root that it no longer has. */
static jk_reasons vouching_at_the_end(uint32_t model, uint32_t root)
{
    for (size_t i = 0; i < pair_count; i++)
        if (pairs[i].model == model && pairs[i].root == root) return pairs[i].vouching;
    return 0;
}

/* Whether one spell of a size lets it stand, with what is taken as at the end. */
static bool stood_by(const struct jk_book *book, const struct jk_standing_query *query, const struct jk_spell *spell,
                     uint32_t size)
{
    const jk_reasons kin = JK_REASON_BIT(SELF) | JK_REASON_BIT(AFFILIATE);
    struct jk_standing_query then = {.policy = query->policy, .n = size};
    const struct jk_base_facts *base = jk_book_base(book, spell->root, query->n);
    if (!base) return false;
    jk_reasons found = slow_reasons(book, &then, spell);
    found &= ~(JK_REASON_BIT(GONE) | kin | JK_REASON_BIT(EXCLUDED) | JK_REASON_BIT(LICENSE_NOT_OPEN) |
               JK_REASON_BIT(LICENSE_CONFLICT));
    struct jk_spell ended = *spell;
    ended.flags &= ~(uint32_t)(JK_FLAG_SELF | JK_FLAG_AFFILIATE); /* as it was known then */
    jk_reasons at_end = slow_reasons(book, query, &ended);
    found |=
        at_end & (kin | JK_REASON_BIT(EXCLUDED) | JK_REASON_BIT(LICENSE_NOT_OPEN) | JK_REASON_BIT(NOT_PARTICIPATING));
    found |= vouching_at_the_end(spell->derivative, spell->root);
    bool gone = jk_policy_has(query->policy, JK_REASON_GONE) && jk_slow_gone(book, &then, spell, query->n);
    if (gone) return false;
    bool limited =
        jk_policy_has(query->policy, JK_REASON_LICENSE_CONFLICT) && was_limited(book, query, spell->release, size);
    return !found && !limited;
}

static bool stood_at(const struct jk_book *book, const struct jk_standing_query *query, uint32_t model, uint32_t size)
{
    for (const struct jk_spell *spell = NULL; (spell = jk_book_spell(book, model, size, spell)) != NULL;)
        if (stood_by(book, query, spell, size)) return true;
    return false;
}

/* What orders those that take part, the first before the others. */
struct turn {
    bool away; /* from where its weight files lie with their owner */
    uint32_t stood;
    bool waited, unverified, unheld;
    uint64_t since;
    uint32_t model;
};

static struct turn turn_of(const struct claim *claim, const struct jk_standing_query *query, const struct pair *pair)
{
    uint64_t since = claimed_since(claim, pair->model);
    uint32_t n = claim->n;
    while (n > since >> 32 && stood_at(claim->book, query, pair->model, n))
        n--;
    uint32_t release = jk_book_deciding(claim->book, pair->model, n + 1);
    if (release == JK_NONE) release = jk_book_newest(claim->book, pair->model, n + 1);
    bool waited =
        jk_book_time(claim->book, jk_book_release(claim->book, release)->index) != jk_book_time(claim->book, n);
    together += !waited && jk_book_release(claim->book, release)->index != n;
    bool away = claim->kind != JK_CONTENT_FILES || !jk_slow_at_home(claim->book, pair->model, claim->slot, claim->n);
    return (struct turn){away, n, waited, !pair->verified, !pair->held, since, pair->model};
}

/* `fallen`: the earliest takes no part. */
static bool is_before(const struct turn *a, const struct turn *b, bool fallen)
{
    woken += a->stood < b->stood && a->since > b->since;
    homes_met += (b->away && !a->away && a->stood > b->stood) || (a->away && !b->away && b->stood > a->stood);
    if (a->away != b->away) return b->away;
    if (fallen && a->unverified != b->unverified) return b->unverified;
    if (fallen && a->unheld != b->unheld) return b->unheld;
    if (a->stood != b->stood) return a->stood < b->stood;
    if (a->waited != b->waited) return b->waited;
    if (a->unverified != b->unverified) return b->unverified;
    if (a->unheld != b->unheld) return b->unheld;
    if (a->since != b->since) return a->since < b->since;
    return a->model < b->model;
}

static bool has_fallen(const struct claim *claim, const struct jk_standing_query *query)
{
    uint32_t stands = JK_NONE, other = JK_NONE;
    for (size_t i = 0; i < pair_count; i++) {
        if (!are_compared(claim, &pairs[i])) continue;
        bool part = takes_part(&pairs[i]);
        uint32_t since =
            part ? turn_of(claim, query, &pairs[i]).stood : (uint32_t)(claimed_since(claim, pairs[i].model) >> 32);
        uint32_t *least = part ? &stands : &other;
        if (since < *least) *least = since;
    }
    return other < stands;
}

static uint32_t first_of(const struct claim *claim, const struct jk_standing_query *query)
{
    struct turn first = {.model = JK_NONE};
    bool fallen = has_fallen(claim, query);
    for (size_t i = 0; i < pair_count; i++) {
        if (!takes_part(&pairs[i]) || !are_compared(claim, &pairs[i])) continue;
        struct turn turn = turn_of(claim, query, &pairs[i]);
        if (first.model == JK_NONE || is_before(&turn, &first, fallen)) first = turn;
    }
    for (size_t i = 0; i < pair_count; i++)
        if (pairs[i].model != first.model && are_compared(claim, &pairs[i]))
            breaks_met += had_before(claim, pairs[i].model, (uint32_t)(claimed_since(claim, first.model) >> 32));
    return first.model;
}

static bool is_second_duplicate(const struct jk_book *book, const struct jk_standing_query *query,
                                const struct pair *pair)
{
    if (!takes_part(pair)) return pair->copy;
    struct claim claim = compared_by(book, pair, query->n);
    return claim.slot != JK_NONE && first_of(&claim, query) != pair->model;
}

/* ---- rule set 2: near-duplicates ---- */

/* Since when it has stood, whatever it claims. */
static uint32_t stood_since(const struct jk_book *book, const struct jk_standing_query *query, uint32_t model)
{
    uint32_t n = query->n, registered = jk_book_model(book, model)->index;
    while (n > registered && stood_at(book, query, model, n))
        n--;
    return n;
}

/* Whether the other goes first; both stand. */
static bool is_near_duplicate_of(const struct jk_book *book, const struct jk_standing_query *query,
                                 const struct pair *pair, const struct pair *other)
{
    bool near = slow_names(book, pair->release, other->release, query->n) ||
                slow_names(book, other->release, pair->release, query->n);
    if (!near || other->publisher == pair->publisher || slow_related(book, pair->release, other->release, query->n))
        return false;
    uint32_t since = stood_since(book, query, pair->model), theirs = stood_since(book, query, other->model);
    near_met++;
    return theirs != since ? theirs < since : other->model < pair->model;
}

static bool is_near_duplicate(const struct jk_book *book, const struct jk_standing_query *query,
                              const struct pair *pair)
{
    if (!stands(pair->model)) return false;
    for (size_t i = 0; i < pair_count; i++)
        if (pairs[i].model != pair->model && stands(pairs[i].model) &&
            is_near_duplicate_of(book, query, pair, &pairs[i]))
            return true;
    return false;
}

static bool is_past_cap(const struct pair *pair, uint32_t cap)
{
    uint32_t earlier = 0, last = JK_NONE;
    if (!stands(pair->model)) return false;
    for (size_t i = 0; i < pair_count; i++) {
        bool counts = pairs[i].publisher == pair->publisher && pairs[i].model < pair->model && pairs[i].model != last;
        if (!counts || !stands(pairs[i].model)) continue;
        last = pairs[i].model;
        earlier++;
    }
    return earlier >= cap;
}

static void mark(jk_reasons reason, const bool *hits)
{
    for (size_t i = 0; i < pair_count; i++)
        if (hits[i]) pairs[i].reasons |= reason;
}

static void slow_standing(const struct jk_book *book, const struct jk_standing_query *query)
{
    static bool hits[PAIRS];
    collect(book, query);
    for (size_t i = 0; i < pair_count; i++)
        hits[i] = jk_policy_has(query->policy, JK_REASON_DUPLICATE) &&
                  (query->policy->rules == 1 ? is_duplicate(&pairs[i]) : is_second_duplicate(book, query, &pairs[i]));
    mark(JK_REASON_BIT(DUPLICATE), hits);
    for (size_t i = 0; i < pair_count; i++)
        hits[i] = jk_policy_has(query->policy, JK_REASON_NEAR_DUPLICATE) && is_near_duplicate(book, query, &pairs[i]);
    mark(JK_REASON_BIT(NEAR_DUPLICATE), hits);
    for (size_t i = 0; i < pair_count; i++)
        hits[i] = jk_policy_has(query->policy, JK_REASON_CAP) && is_past_cap(&pairs[i], query->policy->cap);
    mark(JK_REASON_BIT(CAP), hits);
}

#endif
