/* Asking a standing: where a derivative is placed in a scope, and totals. See standing.h. */
#include <stdlib.h>

#include "book/count_internal.h"
#include "book/standing_inside.h"

#define DISTINCT_BYTES ((size_t)64 << 20) /* of one pass over many scopes */

/* ---- its rows ---- */

uint32_t jk_standing_size(const struct jk_standing *standing)
{
    return standing->n;
}

size_t jk_standing_bytes(const struct jk_standing *standing)
{
    const struct jk_verdicts *all = &standing->all;
    return sizeof *standing + all->room * sizeof *all->rows +
           ((size_t)all->models + 1) * (sizeof *all->first_row + sizeof *all->roots);
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
                                   .census = row->census,
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

bool jk_standing_is_pending(const struct jk_standing *standing, const struct jk_verdict *rows, size_t count,
                            struct jk_scope scope)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].reasons == 0 && !(rows[i].flags & JK_VERDICT_PENDING) &&
            is_root_in_scope(standing, rows[i].root, scope))
            return false;
    return true;
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
    total->pending += jk_standing_is_pending(summing->standing, rows, count, scope);
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

static inline void add_counted(struct summing *summing, uint32_t at, const struct jk_verdict *row,
                               const struct jk_light_share *share)
{
    struct jk_total *total = &summing->totals[at].plain;
    summing->totals[at].pending += (row->flags & JK_VERDICT_PENDING) != 0;
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
                add_counted(summing, 0, row, &share);
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
            add_counted(summing, places[i] - 1, row, &share);
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
    uint32_t slots = jk_count_slots(book, by);
    uint32_t *counts = calloc((size_t)slots + 1, sizeof *counts);
    if (!counts) return jk_out_of_memory(error);
    for (size_t at = 0, count; at < standing->all.count; at += count) {
        const struct jk_verdict *rows = &standing->all.rows[at];
        enum jk_reason reason;
        count = jk_verdicts_at(&standing->all, at);
        if (!jk_standing_place(standing, rows, count, scope, &reason) || reason != JK_REASON_COUNT) continue;
        struct jk_grouped one = {rows->model, rows->publisher, jk_release_row(book, rows->release)->pub.license};
        counts[jk_count_slot(book, by, &one, standing->n)]++;
    }
    return jk_count_sort_groups(counts, slots, by, arena, out_groups, out_count, error);
}
