/* Making a standing in one walk: the reasons that apply to a pair by itself, then duplicates, then the cap. See standing.h.
 */
#include "book/standing_inside.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/pages.h"
#include "book/ceiling.h"
#include "book/contest.h"
#include "book/copies.h"
#include "book/count_internal.h"
#include "book/flag_reasons.h"
#include "book/gone.h"
#include "book/near.h"
#include "book/pair.h"
#include "book/vouching.h"

#define FIRST_ROWS 1024u

_Static_assert((uint32_t)JK_FLAG_EXCLUDED_PAIR == JK_VERDICT_ADOPTED, "a verdict's flags take two bytes");
_Static_assert((uint32_t)JK_FLAG_EXCLUDED == JK_VERDICT_PENDING, "nobody asks a verdict's flags for an exclusion");
_Static_assert((uint32_t)JK_FLAG_ANCESTOR_WEIGHTS == JK_VERDICT_COPY, "rule set 1 takes the spell's flag as it is");

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
    struct jk_vouching vouching;
    bool vouched;           /* … and its policy asks verifiers */
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

/* What verifiers say, or do not say yet. False: out of memory. */
static bool add_vouching(struct making *making, struct jk_verdict *row)
{
    const struct jk_vouched_pair pair = jk_vouched_pair_of(&making->standing->all, row);
    jk_reasons found;
    bool pending;
    if (!jk_vouching_reasons(&making->vouching, &pair, (enum jk_relation)row->relation, &found, &pending)) return false;
    row->reasons |= found;
    if (pending) row->flags |= JK_VERDICT_PENDING;
    return true;
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
                                 .license_class = spell->license_class,
                                 .census = jk_book_is_from_census(book, model, n)};
        row.reasons = own_reasons(making, &row, spell);
        if (making->vouched && !add_vouching(making, &row)) return false;
        if (!add_verdict(standing, &row)) return false;
    }
    size_t count = standing->all.count - before;
    struct jk_verdict *rows = standing->all.rows + before;
    if (count == 0) return true;
    if (count > 1) sort_by_root(rows, count);
    standing->all.first_row[model] = (uint32_t)before + 1;
    if (!look_at_licenses(making, rows, count)) return false;
    if (making->contested) return look_for_copy(making, rows, count);
    if (rows->weights != JK_NONE && jk_verdicts_stand(rows, count, 0)) {
        uint32_t *earliest = &making->earliest[rows->weights];
        if (rows->brought < *earliest) *earliest = rows->brought;
    }
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

static enum jk_status mark_duplicates(struct making *making, struct jk_error *error)
{
    uint32_t looked = 0;
    struct jk_verdicts *all = &making->standing->all;
    for (size_t i = 0, count; i < all->count; i += count) {
        count = jk_verdicts_at(all, i);
        if (is_duplicate(making, &all->rows[i], count)) add_reason(&all->rows[i], count, JK_REASON_BIT(DUPLICATE));
        JK_TRY(jk_breathe_after(&making->query->breath, &looked, error));
    }
    return JK_OK;
}

static void mark_near(void *context, const struct jk_verdict *first, uint32_t since, const struct jk_verdict *later)
{
    struct jk_verdicts *all = context;
    size_t at = (size_t)(later - all->rows);
    (void)first, (void)since;
    add_reason(&all->rows[at], jk_verdicts_at(all, at), JK_REASON_BIT(NEAR_DUPLICATE));
}

/* In order of registration: the cap counts earlier ones that count and are not duplicates. */
static enum jk_status mark_cap(struct making *making, struct jk_error *error)
{
    uint32_t looked = 0;
    struct jk_verdicts *all = &making->standing->all;
    for (size_t i = 0, count; i < all->count; i += count) {
        count = jk_verdicts_at(all, i);
        if (jk_verdicts_stand(&all->rows[i], count, 0) &&
            making->of_publisher[all->rows[i].publisher]++ >= making->query->policy->cap)
            add_reason(&all->rows[i], count, JK_REASON_BIT(CAP));
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
        if (making->vouching.steps >= JK_BREATH_LINKS) {
            making->vouching.steps = 0;
            JK_TRY(jk_breathe(&making->query->breath, error));
        }
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
    const struct jk_standing_query *query = making->query;
    struct jk_near_told told = {mark_near, &making->standing->all};
    if (jk_policy_has(query->policy, JK_REASON_DUPLICATE)) JK_TRY(mark_duplicates(making, error));
    if (jk_policy_has(query->policy, JK_REASON_NEAR_DUPLICATE))
        JK_TRY(jk_near_find(making->book, query->policy, &making->standing->all, query->n, JK_NONE, &told,
                            &query->breath, error));
    return jk_policy_has(query->policy, JK_REASON_CAP) ? mark_cap(making, error) : JK_OK;
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
    making.vouched =
        jk_policy_has(query->policy, JK_REASON_UNATTESTED) || jk_policy_has(query->policy, JK_REASON_EVIDENCE);
    jk_vouching_init(&making.vouching, book, query->policy, query->n, query->pending_passes);
    jk_gone_init(&making.gone, book, query->policy, query->n, standing->all.counted_n);
    enum jk_status status = make_verdicts(&making, error);
    jk_contest_done(&making.contest);
    jk_copies_done(&making.copies);
    jk_ceiling_done(&making.ceiling);
    jk_vouching_done(&making.vouching);
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
