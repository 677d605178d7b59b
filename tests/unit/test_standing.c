/* Standing of random histories under random policies equals a slow reading of the rules, pair by pair; funnels sum; and
 * what a policy switches off cannot be shown. JK_HISTORIES (default 40) says how many histories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "book/book_ask.h"
#include "book/book_internal.h"
#include "book/contest.h"
#include "book/stage.h"
#include "book/standing.h"
#include "support/history_stages.h"
#include "support/slow_hub.h"

#define STEPS 170
#define PAIRS 4096

/* A pair as the slow reading has it. */
struct pair {
    uint32_t model, root, release, publisher, brought;
    struct jk_digest weights;
    bool copy, verified, held;
    jk_reasons reasons;
};

static struct pair pairs[PAIRS];
static size_t pair_count;

static unsigned histories(void)
{
    const char *text = getenv("JK_HISTORIES");
    unsigned count = text ? (unsigned)atoi(text) : 250;
    return count ? count : 250;
}

/* ---- the slow reading ---- */

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

/* ---- rule set 2: licences of ancestors ---- */

static uint64_t unheard_limits; /* conflicts with nobody but ancestors that have no say */

static uint32_t parent_of(const struct jk_book *book, const struct jk_parent *parent, bool declared, uint32_t n)
{
    if (!parent->external) return parent->slot;
    const struct jk_adoption *adoption = declared ? NULL : jk_book_adoption_of(book, parent->slot, n);
    if (!adoption) return JK_NONE;
    uint32_t deciding = jk_book_deciding(book, adoption->model, n);
    return deciding == JK_NONE ? jk_book_newest(book, adoption->model, n) : deciding;
}

static bool is_verified_at(const struct jk_book *book, uint32_t release, uint32_t n)
{
    uint32_t model = jk_book_release(book, release)->model;
    return jk_book_is_verified(book, jk_book_alias(book, model, n)->publisher, n);
}

static void permissions_of(const struct jk_book *book, uint32_t release, uint32_t n, enum jk_permission *out)
{
    jk_book_permissions(book, jk_book_license_text(book, jk_book_release(book, release)->license), n, out);
}

struct limits {
    const struct jk_book *book;
    const struct jk_policy *policy;
    uint32_t n, release;
    bool seen[PAIRS];
};

/* Whether any above permits less, of those that bind. */
static bool is_limited(struct limits *of, uint32_t from)
{
    enum jk_permission own[JK_PERMISSION_KINDS], theirs[JK_PERMISSION_KINDS];
    const struct jk_release *release = jk_book_release(of->book, from);
    bool found = false;
    permissions_of(of->book, of->release, of->n, own);
    for (uint32_t i = 0; i < release->parent_count; i++) {
        uint32_t above =
            parent_of(of->book, &release->parents[i], jk_policy_has(of->policy, JK_REASON_ADOPTED_PATH), of->n);
        if (above == JK_NONE || of->seen[above]) continue;
        of->seen[above] = true;
        found = is_limited(of, above) || found;
        if (jk_policy_has(of->policy, JK_REASON_UNVERIFIED) && !is_verified_at(of->book, above, of->n) &&
            !jk_book_base(of->book, jk_book_release(of->book, above)->model, of->n))
            continue;
        permissions_of(of->book, above, of->n, theirs);
        found = found || theirs[JK_MAY_DERIVE] == JK_PERMISSION_NO;
        for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
            found = found || (own[kind] != JK_PERMISSION_UNKNOWN && theirs[kind] != JK_PERMISSION_UNKNOWN &&
                              own[kind] > theirs[kind]);
    }
    return found;
}

static bool conflicts(const struct jk_book *book, const struct jk_standing_query *query, const struct jk_spell *spell)
{
    static struct limits of;
    of = (struct limits){.book = book, .policy = query->policy, .n = query->n, .release = spell->release};
    bool found = is_limited(&of, spell->release);
    bool declared = jk_policy_has(query->policy, JK_REASON_ADOPTED_PATH);
    unheard_limits += !found && spell->flags & (declared ? JK_FLAG_DECLARED_KNOWN_CONFLICT : JK_FLAG_KNOWN_CONFLICT);
    return found;
}

/* What rule set 2 sees otherwise than rule set 1: some reasons, and the facts behind others. */
static jk_reasons second_reasons(const struct jk_book *book, const struct jk_standing_query *query,
                                 const struct jk_spell *spell, jk_reasons found)
{
    const struct jk_policy *policy = query->policy;
    bool declared = jk_policy_has(policy, JK_REASON_ADOPTED_PATH);
    found &= ~(JK_REASON_BIT(EXCLUDED) | JK_REASON_BIT(LICENSE_CONFLICT));
    if (jk_book_is_pair_excluded(book, spell->derivative, spell->root, query->n)) found |= JK_REASON_BIT(EXCLUDED);
    if (jk_slow_gone(book, query, spell)) found |= JK_REASON_BIT(GONE);
    if (conflicts(book, query, spell)) found |= JK_REASON_BIT(LICENSE_CONFLICT);
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

/* Whether the derivative claimed it before the ancestor's release had it: size by size, backwards, as long as that has
 * it and is not yanked otherwise than now. */
static bool came_late(const struct lineage *of, uint32_t ancestor, int kind)
{
    struct claim claim = {of->book, (enum jk_content)kind,
                          jk_content_of(of->book, ancestor, (enum jk_content)kind, of->n), of->n};
    uint64_t since = claimed_since(&claim, jk_book_release(of->book, of->release)->model);
    uint32_t index = jk_book_release(of->book, ancestor)->index, known = of->n;
    bool yanked = jk_book_is_yanked(of->book, ancestor, of->n);
    while (known > index && was_known(&claim, ancestor, known) &&
           jk_book_is_yanked(of->book, ancestor, known) == yanked)
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

static bool is_verified_pair(const struct pair *pair)
{
    return pair->verified;
}

static bool is_held_pair(const struct pair *pair)
{
    return pair->held;
}

static uint64_t homes_met; /* firsts that came later than another */

static bool is_at_home(const struct claim *claim, const struct pair *pair)
{
    return claim->kind == JK_CONTENT_FILES && jk_slow_at_home(claim->book, pair->model, claim->slot, claim->n);
}

/* Of those compared by it that are wanted, the one with the oldest claim; NULL for none. */
static const struct pair *oldest(const struct claim *claim, bool part, bool (*first)(const struct pair *),
                                 bool (*second)(const struct pair *))
{
    const struct pair *found = NULL;
    for (size_t i = 0; i < pair_count; i++) {
        if (part && !takes_part(&pairs[i])) continue;
        if ((first && !first(&pairs[i])) || (second && !second(&pairs[i]))) continue;
        if (!are_compared(claim, &pairs[i])) continue;
        if (!found || claimed_since(claim, pairs[i].model) < claimed_since(claim, found->model)) found = &pairs[i];
    }
    return found;
}

static const struct pair *first_of(const struct claim *claim)
{
    const struct pair *first = oldest(claim, false, NULL, NULL), *found = NULL;
    for (size_t i = 0; i < pair_count; i++)
        if (is_at_home(claim, &pairs[i]) && are_compared(claim, &pairs[i]) &&
            (!found || claimed_since(claim, pairs[i].model) < claimed_since(claim, found->model)))
            found = &pairs[i];
    homes_met += found && found->model != first->model;
    if (found) first = found;
    for (size_t i = 0; i < pair_count; i++)
        if (pairs[i].model != first->model && are_compared(claim, &pairs[i]))
            breaks_met += had_before(claim, pairs[i].model, (uint32_t)(claimed_since(claim, first->model) >> 32));
    if (takes_part(first)) return first;
    if ((found = oldest(claim, true, is_verified_pair, is_held_pair)) != NULL) return found;
    if ((found = oldest(claim, true, is_verified_pair, NULL)) != NULL) return found;
    if ((found = oldest(claim, true, is_held_pair, NULL)) != NULL) return found;
    return oldest(claim, true, NULL, NULL);
}

static bool is_second_duplicate(const struct jk_book *book, const struct pair *pair, uint32_t n)
{
    if (!takes_part(pair)) return pair->copy;
    struct claim claim = compared_by(book, pair, n);
    return claim.slot != JK_NONE && first_of(&claim)->model != pair->model;
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
        hits[i] =
            jk_policy_has(query->policy, JK_REASON_DUPLICATE) &&
            (query->policy->rules == 1 ? is_duplicate(&pairs[i]) : is_second_duplicate(book, &pairs[i], query->n));
    mark(JK_REASON_BIT(DUPLICATE), hits);
    for (size_t i = 0; i < pair_count; i++)
        hits[i] = jk_policy_has(query->policy, JK_REASON_CAP) && is_past_cap(&pairs[i], query->policy->cap);
    mark(JK_REASON_BIT(CAP), hits);
}

/* ---- comparing ---- */

static void check_total(const struct jk_standing *standing, const struct jk_book *book, struct jk_scope scope)
{
    struct jk_policy_total total;
    struct jk_error error;
    struct jk_total plain;
    uint32_t sum = 0;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_standing_total(standing, book, scope, &total, &error), JK_OK);
    for (int i = 0; i < JK_REASON_COUNT; i++)
        sum += total.left_out[i];
    assert_int_equal(total.plain.counted + sum, total.plain.registered);
    assert_int_equal(total.plain.direct + total.plain.transitive, total.plain.counted);
    assert_int_equal(jk_count_at(book, scope, jk_standing_size(standing), &plain, &error), JK_OK);
    assert_int_equal(total.plain.registered, plain.registered);
}

static void check_totals(const struct jk_standing *standing, const struct jk_book *book, uint32_t n)
{
    check_total(standing, book, (struct jk_scope){.type = JK_SCOPE_ALL});
    for (uint32_t team = 0; team < jk_book_teams(book, n); team++)
        check_total(standing, book, (struct jk_scope){JK_SCOPE_TEAM, team});
    for (uint32_t model = 0; model < jk_book_models(book, n); model++)
        if (jk_book_base(book, model, n)) check_total(standing, book, (struct jk_scope){JK_SCOPE_BASE, model});
}

static void compare(const struct jk_book *book, const struct jk_standing_query *query)
{
    struct jk_standing *standing;
    struct jk_error error;
    size_t count;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_standing_make(book, query, &standing, &error), JK_OK);
    slow_standing(book, query);
    const struct jk_verdict *rows = jk_standing_rows(standing, &count);
    assert_int_equal(count, pair_count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].model, pairs[i].model);
        assert_int_equal(rows[i].root, pairs[i].root);
        if (rows[i].reasons != pairs[i].reasons)
            fail_msg("size %u, model %u, root %u: reasons %x, by the slow reading %x", query->n, rows[i].model,
                     rows[i].root, rows[i].reasons, pairs[i].reasons);
    }
    check_totals(standing, book, query->n);
    jk_standing_free(standing);
}

static void check_size(const struct jk_book *book, uint32_t n, struct jk_random *random)
{
    uint32_t teams[8];
    struct jk_policy policy = jk_history_policy(random, 1);
    struct jk_standing_query query = {.policy = &policy, .n = n};
    for (uint32_t team = 0; team < jk_book_teams(book, n) && query.team_count < 8; team++)
        if (jk_random_below(random, 2)) teams[query.team_count++] = team;
    if (jk_random_below(random, 2)) query.teams = teams;
    compare(book, &query);
}

static jk_reasons all_seen;

static void note_seen(void)
{
    for (size_t i = 0; i < pair_count; i++)
        all_seen |= pairs[i].reasons;
}

static void check_history(uint64_t seed)
{
    struct jk_ledger ledger;
    struct jk_random random = {seed ^ 99};
    struct jk_error error;
    uint32_t kinds[JK_KIND_COUNT];
    jk_ledger_init(&ledger);
    jk_history_make(&ledger, seed, STEPS, kinds);
    struct jk_book *book = jk_book_new();
    jk_error_init(&error, NULL);
    for (uint32_t i = 0; i < ledger.count; i++)
        assert_int_equal(jk_book_apply(book, ledger.entries[i], &error), JK_OK);
    jk_book_keep(book);
    for (int i = 0; i < 8; i++) {
        check_size(book, jk_random_below(&random, ledger.count + 1), &random);
        note_seen();
    }
    jk_book_free(book);
    jk_ledger_done(&ledger);
}

static void random_histories(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= histories(); seed++)
        check_history(seed);
    /* every reason that a walk of the log can give was met, else the comparison says little */
    jk_reasons wanted = ((jk_reasons)1 << JK_REASON_COUNT) - 1;
    wanted &=
        ~(JK_REASON_BIT(LATE) | JK_REASON_BIT(UNATTESTED) | JK_REASON_BIT(EVIDENCE) | JK_REASON_BIT(NEAR_DUPLICATE));
    assert_int_equal(all_seen, wanted);
    assert_true(breaks_met > 0 && homes_met > 0);
    assert_true(jk_slow_met.after_gap > 0 && jk_slow_met.restored > 0 && jk_slow_met.too_briefly > 0);
    assert_true(ruled_own > 0 && yanked_claims > 0 && unverified_claims > 0 && unheld_claims > 0);
    assert_true(crossed_kinds > 0 && spared > 0 && unheard_limits > 0 && moved_in > 0 && moved_out > 0);
    assert_true(late_met > 0 && together_met > 0 && late_ancestors > 0 && late_weights > 0 && superseded > 0 &&
                grown > 0);
    print_message("%llu claims would be first but for a break; ancestors gave way %llu times to a ruling, %llu as "
                  "yanked, %llu as unverified, %llu as not held, %llu as late; %llu copies of superseded releases\n",
                  (unsigned long long)breaks_met, (unsigned long long)ruled_own, (unsigned long long)yanked_claims,
                  (unsigned long long)unverified_claims, (unsigned long long)unheld_claims,
                  (unsigned long long)(late_ancestors + late_weights), (unsigned long long)superseded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_histories)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
