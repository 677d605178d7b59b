/* Standing of random histories under random policies equals a slow reading of the rules, pair by pair; funnels sum; and
 * what a policy switches off cannot be shown. JK_HISTORIES (default 40) says how many histories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "book/book_ask.h"
#include "book/contest.h"
#include "book/stage.h"
#include "book/standing.h"
#include "support/history_stages.h"

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

/* What rule set 2 sees otherwise than rule set 1: some reasons, and the facts behind others. */
static jk_reasons second_reasons(const struct jk_book *book, const struct jk_standing_query *query,
                                 const struct jk_spell *spell, jk_reasons found)
{
    const struct jk_policy *policy = query->policy;
    bool declared = jk_policy_has(policy, JK_REASON_ADOPTED_PATH);
    uint32_t conflict = declared ? JK_FLAG_DECLARED_KNOWN_CONFLICT : JK_FLAG_KNOWN_CONFLICT;
    found &= ~(JK_REASON_BIT(EXCLUDED) | JK_REASON_BIT(LICENSE_CONFLICT));
    if (jk_book_is_pair_excluded(book, spell->derivative, spell->root, query->n)) found |= JK_REASON_BIT(EXCLUDED);
    if (spell->flags & conflict) found |= JK_REASON_BIT(LICENSE_CONFLICT);
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

static uint64_t ruled_own, mere_claims, late_ancestors; /* ancestors that made no duplicate */
static uint64_t superseded;                             /* copies of what a ruled model has in an older release alone */

static bool same_kind(const struct lineage *of, uint32_t a, uint32_t b, int kind)
{
    uint32_t slot = jk_content_of(of->book, a, (enum jk_content)kind, of->n);
    return slot != JK_NONE && slot == jk_content_of(of->book, b, (enum jk_content)kind, of->n);
}

static bool still_has(const struct lineage *of, uint32_t model, uint32_t release, int kind)
{
    for (uint32_t slot = 0; slot < jk_book_releases(of->book, of->n); slot++)
        if (jk_book_release(of->book, slot)->model == model && !jk_book_is_yanked(of->book, slot, of->n) &&
            same_kind(of, slot, release, kind))
            return true;
    return false;
}

/* The model that the last ruling names, of those about anything that both have and the model still has; JK_NONE for
 * none. */
static uint32_t named_last(const struct lineage *of, uint32_t ancestor)
{
    uint32_t model = JK_NONE, last = 0;
    for (uint32_t i = 0; i < jk_book_rulings(of->book, of->n); i++) {
        const struct jk_ruling *ruling = jk_book_ruling(of->book, i);
        uint32_t effect = jk_book_ruling_effect(ruling, of->n);
        if (ruling->kind != JK_RULING_ORIGIN || effect == JK_NONE || effect < last) continue;
        for (int kind = 0; kind < JK_CONTENT_KINDS; kind++) {
            if (!same_kind(of, of->release, ancestor, kind) || !same_kind(of, of->release, ruling->release, kind) ||
                !still_has(of, ruling->model, ruling->release, kind))
                continue;
            model = ruling->model;
            last = effect;
        }
    }
    return model;
}

static bool is_verified_at(const struct lineage *of, uint32_t release)
{
    uint32_t model = jk_book_release(of->book, release)->model;
    return jk_book_is_verified(of->book, jk_book_alias(of->book, model, of->n)->publisher, of->n);
}

/* Only then did the ancestor's release have the files, which are all that it shares. */
static bool came_late(const struct lineage *of, uint32_t ancestor)
{
    const struct jk_release *release = jk_book_release(of->book, ancestor);
    if (same_kind(of, of->release, ancestor, JK_CONTENT_WEIGHTS)) return false;
    if (same_kind(of, of->release, ancestor, JK_CONTENT_ARTIFACT)) return false;
    if (jk_book_base(of->book, release->model, of->n)) return false;
    struct claim claim = {of->book, JK_CONTENT_FILES, jk_content_of(of->book, ancestor, JK_CONTENT_FILES, of->n),
                          of->n};
    uint64_t since = claimed_since(&claim, jk_book_release(of->book, of->release)->model);
    uint32_t known = release->index;
    while (!was_known(&claim, ancestor, known + 1))
        known++;
    return since >> 32 < known;
}

static bool is_copy_of(const struct lineage *of, uint32_t ancestor)
{
    bool same = false;
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++)
        same = same || same_kind(of, of->release, ancestor, kind);
    if (!same) return false;
    bool own = named_last(of, ancestor) == jk_book_release(of->book, of->release)->model;
    bool mere = jk_policy_has(of->policy, JK_REASON_UNVERIFIED) && is_verified_at(of, of->release) &&
                !is_verified_at(of, ancestor) &&
                !jk_book_base(of->book, jk_book_release(of->book, ancestor)->model, of->n);
    bool late = came_late(of, ancestor);
    ruled_own += own;
    mere_claims += mere;
    late_ancestors += late;
    return !own && !mere && !late;
}

static bool copies_above(struct lineage *of, uint32_t from)
{
    const struct jk_release *release = jk_book_release(of->book, from);
    bool found = false;
    for (uint32_t i = 0; i < release->parent_count; i++) {
        uint32_t above = release->parents[i].slot;
        if (release->parents[i].external) {
            const struct jk_adoption *adoption = jk_book_adoption_of(of->book, above, of->n);
            if (!adoption || jk_policy_has(of->policy, JK_REASON_ADOPTED_PATH)) continue;
            above = jk_book_deciding(of->book, adoption->model, of->n);
            if (above == JK_NONE) above = jk_book_newest(of->book, adoption->model, of->n);
        }
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

/* Of all that claim it, whether they take part or not. */
static uint32_t first_of(const struct claim *claim)
{
    const struct pair *first = NULL;
    for (size_t i = 0; i < pair_count; i++) {
        if (!holds(claim, &pairs[i])) continue;
        if (!first || claimed_since(claim, pairs[i].model) < claimed_since(claim, first->model)) first = &pairs[i];
    }
    for (size_t i = 0; i < pair_count; i++)
        if (holds(claim, &pairs[i]) && pairs[i].model != first->model)
            breaks_met += had_before(claim, pairs[i].model, (uint32_t)(claimed_since(claim, first->model) >> 32));
    return first->model;
}

/* One for each model that takes part: what it claims, since when, and who is the first for that. */
struct contender {
    const struct pair *pair;
    uint32_t slots[JK_CONTENT_KINDS], first[JK_CONTENT_KINDS];
    uint64_t since[JK_CONTENT_KINDS];
    bool left, duplicate;
};

static struct contender contenders[PAIRS];
static size_t contender_count;
static uint64_t circles_met;

static void enter_contenders(const struct jk_book *book, uint32_t n)
{
    contender_count = 0;
    for (size_t i = 0; i < pair_count; i++) {
        if (i > 0 && pairs[i].model == pairs[i - 1].model) continue;
        if (pairs[i].copy || !stands(pairs[i].model)) continue;
        struct contender *contender = &contenders[contender_count++];
        *contender = (struct contender){.pair = &pairs[i], .left = true};
        for (int kind = 0; kind < JK_CONTENT_KINDS; kind++) {
            struct claim claim = {book, (enum jk_content)kind,
                                  jk_content_of(book, pairs[i].release, (enum jk_content)kind, n), n};
            contender->slots[kind] = claim.slot;
            if (claim.slot == JK_NONE) continue;
            contender->since[kind] = claimed_since(&claim, pairs[i].model);
            contender->first[kind] = first_of(&claim);
        }
    }
}

static bool share(const struct contender *a, const struct contender *b, int kind)
{
    return a != b && a->slots[kind] != JK_NONE && a->slots[kind] == b->slots[kind];
}

static bool share_any(const struct contender *a, const struct contender *b)
{
    return share(a, b, 0) || share(a, b, 1) || share(a, b, 2);
}

static bool comes_before(const struct contender *a, const struct contender *b, int kind)
{
    if (a->pair->model == a->first[kind] || b->pair->model == a->first[kind]) return a->pair->model == a->first[kind];
    if (a->pair->verified != b->pair->verified) return a->pair->verified;
    if (a->pair->held != b->pair->held) return a->pair->held;
    return a->since[kind] < b->since[kind];
}

static bool is_beaten(const struct contender *contender)
{
    for (size_t i = 0; i < contender_count; i++)
        for (int kind = 0; kind < JK_CONTENT_KINDS; kind++)
            if (contenders[i].left && share(&contenders[i], contender, kind) &&
                comes_before(&contenders[i], contender, kind))
                return true;
    return false;
}

static bool beats_all(const struct contender *contender, int kind)
{
    bool any = false;
    for (size_t i = 0; i < contender_count; i++) {
        if (!contenders[i].left || !share(&contenders[i], contender, kind)) continue;
        if (comes_before(&contenders[i], contender, kind)) return false;
        any = true;
    }
    return any;
}

static struct contender *next_to_go_first(void)
{
    struct contender *chosen = NULL;
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < contender_count; i++)
        if (contenders[i].left && !is_beaten(&contenders[i])) return &contenders[i];
    for (size_t i = 0; i < contender_count; i++)
        for (int kind = 0; kind < JK_CONTENT_KINDS; kind++) {
            if (!contenders[i].left || contenders[i].slots[kind] == JK_NONE) continue;
            if (contenders[i].since[kind] >= least || !beats_all(&contenders[i], kind)) continue;
            chosen = &contenders[i];
            least = contenders[i].since[kind];
        }
    circles_met += chosen != NULL;
    return chosen;
}

static void settle(const struct jk_book *book, uint32_t n)
{
    enter_contenders(book, n);
    for (struct contender *first; (first = next_to_go_first()) != NULL;) {
        first->left = false;
        for (size_t i = 0; i < contender_count; i++) {
            if (!contenders[i].left || !share_any(&contenders[i], first)) continue;
            contenders[i].left = false;
            contenders[i].duplicate = true;
        }
    }
}

static bool is_second_duplicate(const struct pair *pair)
{
    for (size_t i = 0; i < contender_count; i++)
        if (contenders[i].pair->model == pair->model) return contenders[i].duplicate;
    return pair->copy;
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
    if (query->policy->rules > 1) settle(book, query->n);
    for (size_t i = 0; i < pair_count; i++)
        hits[i] = jk_policy_has(query->policy, JK_REASON_DUPLICATE) &&
                  (query->policy->rules == 1 ? is_duplicate(&pairs[i]) : is_second_duplicate(&pairs[i]));
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
    wanted &= ~(JK_REASON_BIT(LATE) | JK_REASON_BIT(GONE) | JK_REASON_BIT(UNATTESTED) | JK_REASON_BIT(EVIDENCE) |
                JK_REASON_BIT(NEAR_DUPLICATE));
    assert_int_equal(all_seen, wanted);
    assert_true(breaks_met > 0);
    assert_true(ruled_own > 0 && mere_claims > 0 && circles_met > 0 && moved_in > 0 && moved_out > 0);
    assert_true(late_met > 0 && together_met > 0 && late_ancestors > 0 && superseded > 0);
    print_message("%llu claims would be first but for a break; %llu ancestors gave way to a ruling, %llu as mere "
                  "claims, %llu as late; %llu circles; %llu copies of superseded releases\n",
                  (unsigned long long)breaks_met, (unsigned long long)ruled_own, (unsigned long long)mere_claims,
                  (unsigned long long)late_ancestors, (unsigned long long)circles_met, (unsigned long long)superseded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_histories)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
