/* Standing in one walk: the reasons that apply to a pair by itself, then duplicates, then the cap. See standing.h. */
#include "book/standing.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/pages.h"
#include "book/ceiling.h"
#include "book/contest.h"
#include "book/copies.h"
#include "book/count_internal.h"
#include "book/flag_reasons.h"
#include "book/gone.h"
#include "book/pair.h"

#define FIRST_ROWS     1024u
#define DISTINCT_BYTES ((size_t)64 << 20) /* of one pass over many scopes */

_Static_assert((uint32_t)JK_FLAG_EXCLUDED_PAIR == JK_VERDICT_ADOPTED, "a verdict's flags take two bytes");
_Static_assert((uint32_t)JK_FLAG_EXCLUDED == JK_VERDICT_PENDING, "nobody asks a verdict's flags for an exclusion");
_Static_assert((uint32_t)JK_FLAG_ANCESTOR_WEIGHTS == JK_VERDICT_COPY, "rule set 1 takes the spell's flag as it is");

struct jk_standing {
    struct jk_policy policy;
    uint32_t n;
    struct jk_verdicts all;
};

/* Needed only while it is made. */
struct making {
    const struct jk_book *book;
    const struct jk_standing_query *query;
    struct jk_standing *standing;
    jk_reasons *licenses;      /* by licence slot: 1 permits what is required, 2 does not, 0 not known yet */
    uint32_t *earliest;        /* rule set 1, by weights slot: entry that first had it, among those that count */
    struct jk_contest contest; /* rule set 2 */
    struct jk_copies copies;
    struct jk_ceiling ceiling;
    struct jk_gone gone;
    bool contested;         /* … and duplicates are left out */
    bool declared;          /* adoptions are left out */
    uint32_t *of_publisher; /* by publisher slot: derivatives counted so far */
    struct jk_flag_reasons of_flags;
};

/* ---- reasons of a pair by itself ---- */

static bool takes_part(const struct jk_standing_query *query, uint32_t team)
{
    if (!query->teams) return true;
    for (size_t i = 0; i < query->team_count; i++)
        if (query->teams[i] == team) return true;
    return false;
}

static bool permits(struct making *making, uint32_t license)
{
    const struct jk_standing_query *query = making->query;
    jk_reasons *known = &making->licenses[license];
    if (*known == 0) *known = jk_pair_is_permitted(making->book, query->policy, license, query->n) ? 1 : 2;
    return *known == 1;
}

static bool has(uint32_t flags, uint32_t flag)
{
    return (flags & flag) != 0;
}

/* The flags of a spell as the policy sees it: see JK_VERDICT_ADOPTED. */
static uint16_t verdict_flags(const struct making *making, uint32_t flags)
{
    uint32_t found = flags & (JK_FLAG_EXCLUDED_PAIR - 1) & ~(uint32_t)JK_VERDICT_PENDING;
    if (making->query->policy->rules > 1) {
        uint32_t same = making->declared ? JK_FLAG_DECLARED_ANCESTOR_SAME : JK_FLAG_ANCESTOR_SAME;
        found &= ~(uint32_t)JK_VERDICT_COPY;
        if (has(flags, same)) found |= JK_VERDICT_COPY;
    }
    if (making->declared) {
        found &= ~(uint32_t)(JK_FLAG_LICENSE_CONFLICT | JK_FLAG_LICENSE_UNKNOWN);
        if (has(flags, JK_FLAG_DECLARED_LICENSE_CONFLICT)) found |= JK_FLAG_LICENSE_CONFLICT;
        if (has(flags, JK_FLAG_DECLARED_LICENSE_UNKNOWN)) found |= JK_FLAG_LICENSE_UNKNOWN;
    }
    if (has(flags, JK_FLAG_ADOPTED_ONLY)) found |= JK_VERDICT_ADOPTED;
    return (uint16_t)found;
}

static jk_reasons own_reasons(struct making *making, const struct jk_verdict *row, const struct jk_spell *spell)
{
    const struct jk_policy *policy = making->query->policy;
    uint32_t flags = spell->flags;
    jk_reasons found = jk_flag_reasons_of(&making->of_flags, flags);
    const struct jk_root_facts *root = &making->standing->all.roots[row->root];
    JK_CHECK(root->listed);
    if (!root->takes_part) found |= JK_REASON_BIT(NOT_PARTICIPATING);
    if (jk_policy_has(policy, JK_REASON_GONE) && jk_gone_is(&making->gone, row->model, row->root))
        found |= JK_REASON_BIT(GONE);
    if (policy->rules > 1 && has(flags, JK_FLAG_MOVED))
        found |= jk_pair_kin(making->book, row->model, root->team, making->query->n);
    if (!(policy->relations >> row->relation & 1)) found |= JK_REASON_BIT(RELATION);
    if (row->depth > policy->depth) found |= JK_REASON_BIT(DEPTH);
    if (jk_policy_has(policy, JK_REASON_LICENSE_NOT_OPEN) && !permits(making, spell->license))
        found |= JK_REASON_BIT(LICENSE_NOT_OPEN);
    return found & policy->on;
}

/* ---- the rows ---- */

static bool add_verdict(struct jk_standing *standing, const struct jk_verdict *row)
{
    if (standing->all.count == standing->all.room) {
        size_t room = standing->all.room + standing->all.room / 2 + FIRST_ROWS;
        struct jk_verdict *more = jk_pages_alloc(room * sizeof *more);
        if (!more) return false;
        if (standing->all.count) memcpy(more, standing->all.rows, standing->all.count * sizeof *more);
        free(standing->all.rows);
        standing->all.rows = more;
        standing->all.room = room;
    }
    standing->all.rows[standing->all.count++] = *row;
    return true;
}

/* Few: almost always one. */
static void sort_by_root(struct jk_verdict *rows, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && rows[j - 1].root > rows[j].root; j--) {
            struct jk_verdict row = rows[j];
            rows[j] = rows[j - 1];
            rows[j - 1] = row;
        }
}

static void add_reason(struct jk_verdict *rows, size_t count, jk_reasons reason)
{
    for (size_t i = 0; i < count; i++)
        rows[i].reasons |= reason;
}

/* For a derivative that counts so far. */
static void note_earliest(struct making *making, const struct jk_verdict *rows)
{
    uint32_t *earliest = &making->earliest[rows->weights];
    if (rows->brought < *earliest) *earliest = rows->brought;
}

/* Rule set 2: a licence of an ancestor that has no say is no conflict. False: out of memory. */
static bool look_at_licenses(struct making *making, struct jk_verdict *rows, size_t count)
{
    const jk_reasons conflict = JK_REASON_BIT(LICENSE_CONFLICT);
    bool conflicts;
    if (making->query->policy->rules == 1 || !making->ceiling.verified || !(rows->reasons & conflict)) return true;
    if (!jk_ceiling_conflicts(&making->ceiling, rows->release, &conflicts)) return false;
    for (size_t i = 0; i < count && !conflicts; i++)
        rows[i].reasons &= ~conflict;
    return true;
}

/* Rule set 2: some are copies by a ruling, and of those who have an ancestor's content some are none all the same. Which
 * is said once all are there (settle_duplicates). False: out of memory. */
static bool look_for_copy(struct making *making, struct jk_verdict *rows, size_t count)
{
    bool above =
        has(rows->flags, JK_VERDICT_COPY) || jk_book_listed_are_shared(making->book, rows->release, making->query->n);
    for (size_t i = 0; i < count; i++)
        rows[i].flags &= (uint16_t)~JK_VERDICT_COPY;
    return jk_copies_tell(&making->copies, rows->release, above);
}

static bool add_model_verdicts(struct making *making, uint32_t model)
{
    const struct jk_book *book = making->book;
    struct jk_standing *standing = making->standing;
    uint32_t n = making->query->n;
    const struct jk_spell *spell = jk_spell_at(book, jk_model_row(book, model)->pub.spells, n);
    size_t before = standing->all.count;
    for (; spell; spell = jk_spell_at(book, spell->older, n)) {
        struct jk_verdict row = {.model = model,
                                 .root = spell->root,
                                 .release = spell->release,
                                 .publisher = spell->publisher,
                                 .weights = spell->weights,
                                 .brought = spell->brought,
                                 .flags = verdict_flags(making, spell->flags),
                                 .month = spell->month,
                                 .depth = making->declared ? spell->declared_depth : spell->depth,
                                 .relation = spell->relation,
                                 .license_class = spell->license_class};
        row.reasons = own_reasons(making, &row, spell);
        if (!add_verdict(standing, &row)) return false;
    }
    size_t count = standing->all.count - before;
    struct jk_verdict *rows = standing->all.rows + before;
    if (count == 0) return true;
    if (count > 1) sort_by_root(rows, count);
    standing->all.first_row[model] = (uint32_t)before + 1;
    if (!look_at_licenses(making, rows, count)) return false;
    if (making->contested) return look_for_copy(making, rows, count);
    if (rows->weights != JK_NONE && jk_verdicts_stand(rows, count, 0)) note_earliest(making, rows);
    return true;
}

/* ---- duplicates and the cap: of the derivative, whatever the root ---- */

static bool is_duplicate(const struct making *making, const struct jk_verdict *rows, size_t count)
{
    if (rows->flags & JK_VERDICT_COPY) return true;
    if (making->contested) return jk_contest_behind(&making->contest, rows->model) != NULL;
    return rows->weights != JK_NONE && jk_verdicts_stand(rows, count, 0) &&
           rows->brought > making->earliest[rows->weights];
}

/* In order of registration: the cap counts earlier ones that count and are not duplicates. */
static enum jk_status mark_rest(struct making *making, struct jk_error *error)
{
    uint32_t looked = 0;
    struct jk_standing *standing = making->standing;
    bool duplicates = jk_policy_has(&standing->policy, JK_REASON_DUPLICATE);
    bool capped = jk_policy_has(&standing->policy, JK_REASON_CAP);
    for (size_t i = 0, count; (duplicates || capped) && i < standing->all.count; i += count) {
        struct jk_verdict *rows = &standing->all.rows[i];
        count = jk_verdicts_at(&standing->all, i);
        if (duplicates && is_duplicate(making, rows, count)) add_reason(rows, count, JK_REASON_BIT(DUPLICATE));
        if (capped && jk_verdicts_stand(rows, count, 0) &&
            making->of_publisher[rows->publisher]++ >= standing->policy.cap)
            add_reason(rows, count, JK_REASON_BIT(CAP));
        JK_TRY(jk_breathe_after(&making->query->breath, &looked, error));
    }
    return JK_OK;
}

/* ---- making ---- */

/* What duplicates are told by. */
static bool prepare_duplicates(struct making *making)
{
    size_t weights = making->book->weights.count;
    if (making->contested)
        return jk_copies_init(&making->copies, making->book, making->query->policy, making->query->n);
    making->earliest = malloc((weights + 1) * sizeof *making->earliest);
    if (making->earliest) memset(making->earliest, 0xff, (weights + 1) * sizeof *making->earliest);
    return making->earliest != NULL;
}

static bool prepare_standing(struct making *making)
{
    const struct jk_book *book = making->book;
    struct jk_standing *standing = making->standing;
    standing->all.models = jk_book_models(book, making->query->n);
    standing->all.room = standing->all.models + standing->all.models / 8 + FIRST_ROWS;
    standing->all.rows = jk_pages_alloc(standing->all.room * sizeof *standing->all.rows);
    standing->all.first_row = calloc((size_t)standing->all.models + 1, sizeof *standing->all.first_row);
    standing->all.roots = calloc((size_t)standing->all.models + 1, sizeof *standing->all.roots);
    making->licenses = calloc((size_t)book->licenses.count + 1, sizeof *making->licenses);
    making->of_publisher = calloc((size_t)book->publishers.count + 1, sizeof *making->of_publisher);
    if (!standing->all.rows || !standing->all.first_row || !standing->all.roots || !making->licenses ||
        !making->of_publisher)
        return false;
    /* Of all that are on the roster, also where nobody descends from them any more. */
    const struct jk_standing_query *query = making->query;
    uint32_t model;
    for (uint32_t i = 0; (model = jk_book_listed(making->book, i, query->n)) != JK_NONE; i++) {
        const struct jk_base_facts *base = jk_book_base(making->book, model, query->n);
        if (base)
            making->standing->all.roots[model] =
                (struct jk_root_facts){.listed = true, .takes_part = takes_part(query, base->team), .team = base->team};
    }
    return prepare_duplicates(making);
}

static enum jk_status add_all_verdicts(struct making *making, struct jk_error *error)
{
    uint32_t models = making->standing->all.models, looked = 0;
    for (uint32_t model = 0; model < models; model++) {
        jk_count_look_ahead(making->book, model, models);
        if (!add_model_verdicts(making, model)) return jk_out_of_memory(error);
        JK_TRY(jk_breathe_after(&making->query->breath, &looked, error));
    }
    return JK_OK;
}

/* Copies take no part in a contest. */
static enum jk_status settle_duplicates(struct making *making, struct jk_error *error)
{
    JK_TRY(jk_copies_settle(&making->copies, &making->query->breath, error));
    uint32_t looked = 0;
    for (uint32_t i = 0; i < making->copies.found_count; i++) {
        uint32_t model = jk_release_row(making->book, making->copies.found[i])->pub.model;
        size_t place = making->standing->all.first_row[model] - 1,
               count = jk_verdicts_at(&making->standing->all, place);
        for (size_t row = place; row < place + count; row++)
            making->standing->all.rows[row].flags |= JK_VERDICT_COPY;
        JK_TRY(jk_breathe_after(&making->query->breath, &looked, error));
    }
    return jk_contest_settle(&making->contest, making->book, making->query->policy, &making->standing->all,
                             making->query->n, &making->query->breath, error);
}

static enum jk_status make_verdicts(struct making *making, struct jk_error *error)
{
    if (!prepare_standing(making)) return jk_out_of_memory(error);
    jk_flag_reasons_fill(&making->of_flags, making->query->policy, making->declared);
    JK_TRY(add_all_verdicts(making, error));
    if (making->contested) JK_TRY(settle_duplicates(making, error));
    return mark_rest(making, error);
}

enum jk_status jk_standing_make(const struct jk_book *book, const struct jk_standing_query *query,
                                struct jk_standing **out_standing, struct jk_error *error)
{
    struct jk_standing *standing = calloc(1, sizeof *standing);
    struct making making = {.book = book, .query = query, .standing = standing};
    if (!standing) return jk_out_of_memory(error);
    standing->policy = *query->policy;
    standing->n = query->n;
    making.contested = query->policy->rules > 1 && jk_policy_has(query->policy, JK_REASON_DUPLICATE);
    making.declared = jk_policy_has(query->policy, JK_REASON_ADOPTED_PATH);
    jk_ceiling_init(&making.ceiling, book, query->policy, query->n);
    standing->all.counted_n = query->counted_n ? query->counted_n : query->n;
    jk_gone_init(&making.gone, book, query->policy, query->n, standing->all.counted_n);
    enum jk_status status = make_verdicts(&making, error);
    jk_contest_done(&making.contest);
    jk_copies_done(&making.copies);
    jk_ceiling_done(&making.ceiling);
    free(making.licenses);
    free(making.earliest);
    free(making.of_publisher);
    if (status == JK_OK)
        *out_standing = standing;
    else
        jk_standing_free(standing);
    return status;
}

void jk_standing_free(struct jk_standing *standing)
{
    if (!standing) return;
    free(standing->all.rows);
    free(standing->all.first_row);
    free(standing->all.roots);
    free(standing);
}

/* ---- asking ---- */

uint32_t jk_standing_size(const struct jk_standing *standing)
{
    return standing->n;
}

const struct jk_verdicts *jk_standing_verdicts(const struct jk_standing *standing)
{
    return &standing->all;
}

const struct jk_verdict *jk_standing_rows(const struct jk_standing *standing, size_t *out_count)
{
    *out_count = standing->all.count;
    return standing->all.rows;
}

const struct jk_verdict *jk_standing_of(const struct jk_standing *standing, uint32_t model, size_t *out_count)
{
    return jk_verdicts_of(&standing->all, model, out_count);
}

static bool is_root_in_scope(const struct jk_standing *standing, uint32_t root, struct jk_scope scope)
{
    if (scope.type == JK_SCOPE_ALL) return true;
    if (scope.type == JK_SCOPE_BASE) return root == scope.slot;
    return standing->all.roots[root].team == scope.slot;
}

bool jk_standing_place(const struct jk_standing *standing, const struct jk_verdict *rows, size_t count,
                       struct jk_scope scope, enum jk_reason *out_reason)
{
    enum jk_reason latest = JK_REASON_LATE;
    bool present = false;
    for (size_t i = 0; i < count; i++) {
        if (!is_root_in_scope(standing, rows[i].root, scope)) continue;
        enum jk_reason first = jk_reasons_first(rows[i].reasons);
        if (first > latest) latest = first;
        present = true;
    }
    if (present) *out_reason = latest;
    return present;
}

static inline bool is_independent(const struct jk_verdict *row)
{
    return !(row->flags & (JK_FLAG_SELF | JK_FLAG_AFFILIATE));
}

/* What a derivative of one root is worth where it counts, in the form of a plain count. */
static inline struct jk_light_share share_of_one(const struct jk_verdict *row)
{
    uint32_t unclean = JK_FLAG_LICENSE_CONFLICT | JK_FLAG_LICENSE_UNKNOWN;
    return (struct jk_light_share){.present = true,
                                   .counted = true,
                                   .independent = is_independent(row),
                                   .adopted = row->flags & JK_VERDICT_ADOPTED,
                                   .license_clean = !(row->flags & unclean) && row->license_class != JK_LICENSE_UNKNOWN,
                                   .depth = row->depth,
                                   .relation = row->relation,
                                   .license_class = row->license_class,
                                   .month = row->month,
                                   .publisher = row->publisher,
                                   .weights = row->weights,
                                   .release = row->release,
                                   .flags = row->flags};
}

static void share_of(const struct jk_standing *standing, const struct jk_verdict *rows, size_t count,
                     struct jk_scope scope, struct jk_light_share *out_share)
{
    *out_share = share_of_one(rows);
    bool declared = jk_policy_has(&standing->policy, JK_REASON_ADOPTED_PATH);
    out_share->independent = false;
    out_share->adopted = true;
    out_share->depth = UINT16_MAX;
    for (size_t i = 0; i < count; i++) {
        if (!is_root_in_scope(standing, rows[i].root, scope)) continue;
        if (!(rows[i].flags & JK_VERDICT_ADOPTED))
            out_share->adopted = false;
        else if (declared)
            continue; /* under such a policy it does not lead there */
        if (rows[i].depth < out_share->depth) out_share->depth = rows[i].depth;
        if (is_independent(&rows[i])) out_share->independent = true;
    }
}

void jk_standing_look(const struct jk_standing *standing, const struct jk_verdict *rows, size_t count,
                      struct jk_scope scope, struct jk_share *share)
{
    struct jk_light_share seen;
    if (!jk_policy_has(&standing->policy, JK_REASON_ADOPTED_PATH)) return;
    share_of(standing, rows, count, scope, &seen);
    share->depth = seen.adopted ? 0 : seen.depth;
    share->independent = seen.independent;
}

/* ---- totals: each derivative in all scopes in which it has a root ---- */

struct summing {
    const struct jk_standing *standing;
    const struct jk_scope *scopes;
    size_t count;
    struct jk_policy_total *totals;
    size_t publisher_words, weights_words;
    uint64_t *bits;              /* of each scope: publishers, then weights */
    uint32_t *of_base, *of_team; /* position + 1 among the scopes, 0 for none */
    uint32_t of_all, teams;
};

static void sum_in(struct summing *summing, uint32_t at, const struct jk_verdict *rows, size_t count)
{
    struct jk_policy_total *total = &summing->totals[at];
    struct jk_scope scope = summing->scopes[at];
    uint64_t *publishers = summing->bits + at * (summing->publisher_words + summing->weights_words);
    struct jk_light_share share;
    enum jk_reason reason;
    if (!jk_standing_place(summing->standing, rows, count, scope, &reason)) return;
    if (reason != JK_REASON_COUNT) {
        total->plain.registered++;
        total->left_out[reason]++;
        return;
    }
    share_of(summing->standing, rows, count, scope, &share);
    jk_count_add(&total->plain, &share, 1);
    jk_count_distinct(&total->plain, &share, publishers, publishers + summing->publisher_words);
}

static uint32_t team_of(const struct summing *summing, const struct jk_verdict *row)
{
    uint32_t team = summing->standing->all.roots[row->root].team;
    return team < summing->teams ? summing->of_team[team] : 0;
}

/* Whether an earlier row has the same team. */
static bool team_seen(const struct summing *summing, const struct jk_verdict *rows, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (summing->standing->all.roots[rows[k].root].team == summing->standing->all.roots[rows[i].root].team)
            return true;
    return false;
}

static inline void add_counted(struct summing *summing, uint32_t at, const struct jk_light_share *share)
{
    struct jk_total *total = &summing->totals[at].plain;
    uint64_t *publishers = summing->bits + at * (summing->publisher_words + summing->weights_words);
    jk_count_add(total, share, 1);
    jk_count_distinct(total, share, publishers, publishers + summing->publisher_words);
}

static inline void add_left_out(struct summing *summing, uint32_t at, jk_reasons reasons)
{
    summing->totals[at].plain.registered++;
    summing->totals[at].left_out[jk_reasons_first(reasons)]++;
}

/* One scope alone, as most questions have it. */
static void sum_one(struct summing *summing)
{
    const struct jk_standing *standing = summing->standing;
    struct jk_scope scope = summing->scopes[0];
    for (size_t at = 0, count; at < standing->all.count; at += count) {
        const struct jk_verdict *row = &standing->all.rows[at];
        count = jk_verdicts_at(&standing->all, at);
        if (count > 1) {
            sum_in(summing, 0, row, count);
        } else if (is_root_in_scope(standing, row->root, scope)) {
            struct jk_light_share share = share_of_one(row);
            if (row->reasons)
                add_left_out(summing, 0, row->reasons);
            else
                add_counted(summing, 0, &share);
        }
    }
}

/* The short cut for a derivative with one root, as nearly all have: it is worth the same in each scope. */
static void sum_single(struct summing *summing, const struct jk_verdict *row)
{
    uint32_t places[3] = {summing->of_all, summing->of_base[row->root], team_of(summing, row)};
    struct jk_light_share share;
    if (!row->reasons) share = share_of_one(row);
    for (int i = 0; i < 3; i++) {
        if (places[i] == 0) continue;
        if (row->reasons)
            add_left_out(summing, places[i] - 1, row->reasons);
        else
            add_counted(summing, places[i] - 1, &share);
    }
}

static void sum_several(struct summing *summing, const struct jk_verdict *rows, size_t count)
{
    if (summing->of_all) sum_in(summing, summing->of_all - 1, rows, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t base = summing->of_base[rows[i].root], team = team_of(summing, &rows[i]);
        if (base) sum_in(summing, base - 1, rows, count);
        if (team && !team_seen(summing, rows, i)) sum_in(summing, team - 1, rows, count);
    }
}

static void sum_up(struct summing *summing)
{
    const struct jk_standing *standing = summing->standing;
    for (size_t at = 0, count; at < standing->all.count; at += count) {
        const struct jk_verdict *rows = &standing->all.rows[at];
        count = jk_verdicts_at(&standing->all, at);
        if (count == 1)
            sum_single(summing, rows);
        else
            sum_several(summing, rows, count);
    }
}

static void place_scopes(struct summing *summing)
{
    for (size_t i = 0; i < summing->count; i++) {
        struct jk_scope scope = summing->scopes[i];
        uint32_t place = (uint32_t)i + 1;
        if (scope.type == JK_SCOPE_ALL) summing->of_all = place;
        if (scope.type == JK_SCOPE_TEAM && scope.slot < summing->teams) summing->of_team[scope.slot] = place;
        if (scope.type == JK_SCOPE_BASE && scope.slot < summing->standing->all.models)
            summing->of_base[scope.slot] = place;
    }
}

static bool sum_some(struct summing *summing)
{
    size_t words = summing->publisher_words + summing->weights_words;
    summing->bits = calloc(summing->count * words, sizeof *summing->bits);
    summing->of_base = calloc((size_t)summing->standing->all.models + 1, sizeof *summing->of_base);
    summing->of_team = calloc((size_t)summing->teams + 1, sizeof *summing->of_team);
    bool room = summing->bits && summing->of_base && summing->of_team;
    if (room) {
        memset(summing->totals, 0, summing->count * sizeof *summing->totals);
        for (size_t i = 0; i < summing->count; i++)
            summing->totals[i].plain.size = summing->standing->n;
        if (summing->count == 1) {
            sum_one(summing);
        } else {
            place_scopes(summing);
            sum_up(summing);
        }
    }
    free(summing->bits);
    free(summing->of_base);
    free(summing->of_team);
    return room;
}

enum jk_status jk_standing_totals(const struct jk_standing *standing, const struct jk_book *book,
                                  const struct jk_scope *scopes, size_t count, struct jk_policy_total *out_totals,
                                  struct jk_error *error)
{
    size_t publisher_words = book->publishers.count / 64 + 1, weights_words = book->weights.count / 64 + 1;
    size_t at_once = DISTINCT_BYTES / ((publisher_words + weights_words) * sizeof(uint64_t)) + 1;
    for (size_t done = 0; done < count;) {
        struct summing summing = {.standing = standing,
                                  .scopes = scopes + done,
                                  .count = count - done < at_once ? count - done : at_once,
                                  .totals = out_totals + done,
                                  .publisher_words = publisher_words,
                                  .weights_words = weights_words,
                                  .teams = book->teams.count};
        if (!sum_some(&summing)) return jk_out_of_memory(error);
        done += summing.count;
    }
    return JK_OK;
}

enum jk_status jk_standing_total(const struct jk_standing *standing, const struct jk_book *book, struct jk_scope scope,
                                 struct jk_policy_total *out_total, struct jk_error *error)
{
    return jk_standing_totals(standing, book, &scope, 1, out_total, error);
}

enum jk_status jk_standing_groups(const struct jk_standing *standing, const struct jk_book *book, struct jk_scope scope,
                                  enum jk_group_by by, struct jk_arena *arena, struct jk_group **out_groups,
                                  size_t *out_count, struct jk_error *error)
{
    uint32_t slots = by == JK_GROUP_PUBLISHER ? book->publishers.count : book->licenses.count;
    uint32_t *counts = calloc((size_t)slots + 1, sizeof *counts);
    if (!counts) return jk_out_of_memory(error);
    for (size_t at = 0, count; at < standing->all.count; at += count) {
        const struct jk_verdict *rows = &standing->all.rows[at];
        enum jk_reason reason;
        count = jk_verdicts_at(&standing->all, at);
        if (!jk_standing_place(standing, rows, count, scope, &reason) || reason != JK_REASON_COUNT) continue;
        counts[by == JK_GROUP_PUBLISHER ? rows->publisher : jk_release_row(book, rows->release)->pub.license]++;
    }
    return jk_count_sort_groups(counts, slots, arena, out_groups, out_count, error);
}
