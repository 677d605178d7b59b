/* See ranking.h. A publisher gets a row with its first derivative that counts, and a row a chain of its base models, which
 * are few, so that finding one of them is a short walk. */
#include "book/ranking.h"

#include <stdlib.h>

#include "base/array.h"
#include "book/count_internal.h"

struct row {
    struct jk_ranked pub;
    uint32_t links; /* first of its chain, JK_NONE: empty */
};

struct link { /* in a row's chain */
    struct jk_ranked_root pub;
    uint32_t next;
};

struct team {
    uint32_t count;
    uint32_t last; /* model that was counted, + 1; 0: none was */
};

struct jk_ranking {
    struct jk_ranking_query query;
    uint32_t *row_of; /* by publisher: its row + 1; 0: it has none */
    struct row *rows;
    size_t count, room;
    struct link *links;
    size_t link_count, link_room;
    struct team *teams; /* by slot */
    uint32_t team_count;
    uint64_t *order; /* once sorted: the row in the low half, complemented */
    bool failed;
};

struct jk_ranking *jk_ranking_new(const struct jk_ranking_query *query)
{
    struct jk_ranking *ranking = calloc(1, sizeof *ranking);
    if (!ranking) return NULL;
    ranking->query = *query;
    ranking->row_of = calloc((size_t)query->book->publishers.count + 1, sizeof *ranking->row_of);
    ranking->team_count = query->book->teams.count;
    ranking->teams = calloc((size_t)ranking->team_count + 1, sizeof *ranking->teams);
    if (ranking->row_of && ranking->teams) return ranking;
    jk_ranking_free(ranking);
    return NULL;
}

void jk_ranking_free(struct jk_ranking *ranking)
{
    if (!ranking) return;
    free(ranking->row_of);
    free(ranking->rows);
    free(ranking->links);
    free(ranking->teams);
    free(ranking->order);
    free(ranking);
}

/* ---- adding ---- */

static struct row *row_of(struct jk_ranking *ranking, uint32_t publisher)
{
    uint32_t *place = &ranking->row_of[publisher];
    if (*place) return &ranking->rows[*place - 1];
    if (!JK_ARRAY_GROW(ranking->rows, ranking->count, ranking->room)) {
        ranking->failed = true;
        return NULL;
    }
    ranking->rows[ranking->count] = (struct row){.pub = {.publisher = publisher, .newest = JK_NONE}, .links = JK_NONE};
    *place = (uint32_t)++ranking->count;
    return &ranking->rows[*place - 1];
}

static void link_root(struct jk_ranking *ranking, struct row *row, uint32_t root)
{
    for (uint32_t at = row->links; at != JK_NONE; at = ranking->links[at].next) {
        if (ranking->links[at].pub.root != root) continue;
        ranking->links[at].pub.count++;
        return;
    }
    if (!JK_ARRAY_GROW(ranking->links, ranking->link_count, ranking->link_room)) {
        ranking->failed = true;
        return;
    }
    ranking->links[ranking->link_count] = (struct link){{root, 1}, row->links};
    row->links = (uint32_t)ranking->link_count++;
}

static struct row *add_one(struct jk_ranking *ranking, uint32_t model, uint32_t publisher, unsigned relation)
{
    struct row *row = row_of(ranking, publisher);
    if (!row) return NULL;
    row->pub.count++;
    row->pub.by_relation[relation]++;
    if (row->pub.newest == JK_NONE || model > row->pub.newest) row->pub.newest = model;
    return row;
}

/* One derivative and one of its base models, if that is in the scope: with its publisher, and once with the team. */
static void rest_on(struct jk_ranking *ranking, struct row *row, uint32_t model, uint32_t root)
{
    struct jk_scope scope = ranking->query.scope;
    if (scope.type == JK_SCOPE_BASE && root != scope.slot) return;
    const struct jk_base_facts *base = jk_book_base(ranking->query.book, root, ranking->query.n);
    if (scope.type == JK_SCOPE_TEAM && !(base && base->team == scope.slot)) return;
    link_root(ranking, row, root);
    if (!base || base->team >= ranking->team_count) return;
    struct team *team = &ranking->teams[base->team];
    if (team->last == model + 1) return;
    team->last = model + 1;
    team->count++;
}

static void add_plain(struct jk_ranking *ranking, uint32_t model)
{
    const struct jk_ranking_query *query = &ranking->query;
    const struct jk_spell *spell = NULL;
    struct jk_light_share share;
    jk_count_light(query->book, model, query->scope, query->n, &share);
    if (!share.present || !share.counted) return;
    struct row *row = add_one(ranking, model, share.publisher, share.relation);
    while (row && (spell = jk_book_spell(query->book, model, query->n, spell)))
        rest_on(ranking, row, model, spell->root);
}

/* Under a policy it rests on those roots only for which it counts. */
static void add_standing(struct jk_ranking *ranking, uint32_t model)
{
    const struct jk_ranking_query *query = &ranking->query;
    enum jk_reason reason;
    size_t count;
    const struct jk_verdict *rows = jk_standing_of(query->standing, model, &count);
    if (!rows || !jk_standing_place(query->standing, rows, count, query->scope, &reason) || reason != JK_REASON_COUNT)
        return;
    struct row *row = add_one(ranking, model, rows->publisher, rows->relation);
    for (size_t i = 0; row && i < count; i++)
        if (!rows[i].reasons) rest_on(ranking, row, model, rows[i].root);
}

bool jk_ranking_add(struct jk_ranking *ranking, uint32_t from, uint32_t end)
{
    for (uint32_t model = from; model < end && !ranking->failed; model++) {
        jk_count_look_ahead(ranking->query.book, model, end);
        if (ranking->query.standing)
            add_standing(ranking, model);
        else
            add_plain(ranking, model);
    }
    return !ranking->failed;
}

/* ---- the order ---- */

/* Greater first: what decides lies in the high half. */
static int order_keys(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a < b) - (a > b);
}

bool jk_ranking_sort(struct jk_ranking *ranking, bool newest_first)
{
    free(ranking->order);
    ranking->order = calloc(ranking->count + 1, sizeof *ranking->order);
    if (!ranking->order) return false;
    for (size_t i = 0; i < ranking->count; i++) {
        const struct jk_ranked *row = &ranking->rows[i].pub;
        ranking->order[i] = (uint64_t)(newest_first ? row->newest : row->count) << 32 | (UINT32_MAX - (uint32_t)i);
    }
    qsort(ranking->order, ranking->count, sizeof *ranking->order, order_keys);
    return true;
}

size_t jk_ranking_count(const struct jk_ranking *ranking)
{
    return ranking->count;
}

static const struct row *row_at(const struct jk_ranking *ranking, size_t place)
{
    return &ranking->rows[UINT32_MAX - (uint32_t)ranking->order[place]];
}

const struct jk_ranked *jk_ranking_row(const struct jk_ranking *ranking, size_t place)
{
    return &row_at(ranking, place)->pub;
}

struct jk_ranked jk_ranking_sum(const struct jk_ranking *ranking)
{
    struct jk_ranked sum = {.publisher = JK_NONE, .newest = JK_NONE};
    for (size_t i = 0; i < ranking->count; i++) {
        const struct jk_ranked *row = &ranking->rows[i].pub;
        sum.count += row->count;
        if (sum.newest == JK_NONE || row->newest > sum.newest) sum.newest = row->newest;
        for (int k = 0; k < JK_RELATION_COUNT; k++)
            sum.by_relation[k] += row->by_relation[k];
    }
    return sum;
}

uint32_t jk_ranking_of_team(const struct jk_ranking *ranking, uint32_t team)
{
    return team < ranking->team_count ? ranking->teams[team].count : 0;
}

/* ---- base models ---- */

static int order_roots(const void *left, const void *right)
{
    const struct jk_ranked_root *a = left, *b = right;
    if (a->count != b->count) return a->count < b->count ? 1 : -1;
    return (a->root > b->root) - (a->root < b->root);
}

struct jk_ranked_root *jk_ranking_roots(const struct jk_ranking *ranking, size_t place, struct jk_arena *arena,
                                        size_t *out_count)
{
    const struct row *row = row_at(ranking, place);
    size_t count = 0;
    for (uint32_t at = row->links; at != JK_NONE; at = ranking->links[at].next)
        count++;
    struct jk_ranked_root *roots = jk_arena_alloc(arena, (count + 1) * sizeof *roots);
    *out_count = 0;
    if (!roots) return NULL;
    for (uint32_t at = row->links; at != JK_NONE; at = ranking->links[at].next)
        roots[(*out_count)++] = ranking->links[at].pub;
    qsort(roots, count, sizeof *roots, order_roots);
    return roots;
}

static int order_slots(const void *left, const void *right)
{
    const struct jk_ranked_root *a = left, *b = right;
    return (a->root > b->root) - (a->root < b->root);
}

/* The links of all chains, with those of one base model joined. */
struct jk_ranked_root *jk_ranking_sum_roots(const struct jk_ranking *ranking, struct jk_arena *arena, size_t *out_count)
{
    struct jk_ranked_root *roots = jk_arena_alloc(arena, (ranking->link_count + 1) * sizeof *roots);
    size_t count = 0;
    *out_count = 0;
    if (!roots) return NULL;
    for (size_t i = 0; i < ranking->link_count; i++)
        roots[i] = ranking->links[i].pub;
    qsort(roots, ranking->link_count, sizeof *roots, order_slots);
    for (size_t i = 0; i < ranking->link_count; i++) {
        if (count > 0 && roots[count - 1].root == roots[i].root)
            roots[count - 1].count += roots[i].count;
        else
            roots[count++] = roots[i];
    }
    qsort(roots, count, sizeof *roots, order_roots);
    *out_count = count;
    return roots;
}
