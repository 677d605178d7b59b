/* Kept standings; see standing.h. Each table has its newest in front. */
#include "service/standing.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "book/book_ask.h"

#define JOBS_MOST 64      /* more than there are readers */
#define PRESENT   JK_NONE /* as the size of a job */

struct job {
    const struct jk_count_rule *rule;
    uint32_t size;
};

struct jk_standings {
    pthread_mutex_t mutex; /* guards all */
    pthread_cond_t made;
    struct jk_kept_totals *totals[JK_KEPT_RULES];
    struct jk_kept_standing *standings[JK_KEPT_STANDINGS];
    struct job jobs[JOBS_MOST]; /* being made */
    size_t job_count;
};

struct jk_standings *jk_standings_new(void)
{
    struct jk_standings *standings = calloc(1, sizeof *standings);
    if (!standings) return NULL;
    pthread_mutex_init(&standings->mutex, NULL);
    pthread_cond_init(&standings->made, NULL);
    return standings;
}

void jk_standings_free(struct jk_standings *standings)
{
    if (!standings) return;
    for (size_t i = 0; i < JK_KEPT_RULES; i++)
        jk_kept_totals_release(standings->totals[i]);
    for (size_t i = 0; i < JK_KEPT_STANDINGS; i++)
        jk_kept_standing_release(standings->standings[i]);
    pthread_cond_destroy(&standings->made);
    pthread_mutex_destroy(&standings->mutex);
    free(standings);
}

/* ---- what is given out ---- */

void jk_kept_totals_release(struct jk_kept_totals *totals)
{
    if (!totals || atomic_fetch_sub(&totals->holders, 1) > 1) return;
    free(totals->scopes);
    free(totals->totals);
    free(totals);
}

void jk_kept_standing_release(struct jk_kept_standing *kept)
{
    if (!kept || atomic_fetch_sub(&kept->holders, 1) > 1) return;
    jk_standing_free(kept->standing);
    free(kept);
}

const struct jk_policy_total *jk_kept_total(const struct jk_kept_totals *totals, struct jk_scope scope)
{
    static const struct jk_policy_total nothing;
    for (size_t i = 0; i < totals->count; i++)
        if (totals->scopes[i].type == scope.type && totals->scopes[i].slot == scope.slot) return &totals->totals[i];
    return &nothing;
}

/* ---- the tables, under the lock ---- */

static bool is_good(const struct jk_kept_totals *totals, uint32_t size, uint32_t least)
{
    int64_t life_ms = totals->cost_ms * 4 > JK_KEPT_MS ? totals->cost_ms * 4 : JK_KEPT_MS;
    if (totals->size == size) return true;
    return totals->size >= least && jk_monotonic_ms() - totals->made_ms < life_ms;
}

static struct jk_kept_totals *find_totals(struct jk_standings *standings, const struct jk_count_rule *rule,
                                          uint32_t size, uint32_t least)
{
    for (size_t i = 0; i < JK_KEPT_RULES && standings->totals[i]; i++) {
        struct jk_kept_totals *totals = standings->totals[i];
        if (!jk_count_rule_equal(&totals->rule, rule)) continue;
        if (!is_good(totals, size, least)) return NULL;
        memmove(standings->totals + 1, standings->totals, i * sizeof *standings->totals);
        standings->totals[0] = totals;
        atomic_fetch_add(&totals->holders, 1);
        return totals;
    }
    return NULL;
}

/* Takes the place of those of the same rule, else of the one asked for longest ago; gives back the one that goes. */
static struct jk_kept_totals *put_totals(struct jk_standings *standings, struct jk_kept_totals *totals)
{
    size_t at = 0;
    while (at < JK_KEPT_RULES - 1 && standings->totals[at] &&
           !jk_count_rule_equal(&standings->totals[at]->rule, &totals->rule))
        at++;
    struct jk_kept_totals *old = standings->totals[at];
    memmove(standings->totals + 1, standings->totals, at * sizeof *standings->totals);
    standings->totals[0] = totals;
    atomic_fetch_add(&totals->holders, 1);
    return old;
}

static struct jk_kept_standing *find_standing(struct jk_standings *standings, const struct jk_count_rule *rule,
                                              uint32_t size)
{
    for (size_t i = 0; i < JK_KEPT_STANDINGS && standings->standings[i]; i++) {
        struct jk_kept_standing *kept = standings->standings[i];
        if (kept->size != size || !jk_count_rule_equal(&kept->rule, rule)) continue;
        memmove(standings->standings + 1, standings->standings, i * sizeof *standings->standings);
        standings->standings[0] = kept;
        atomic_fetch_add(&kept->holders, 1);
        return kept;
    }
    return NULL;
}

static struct jk_kept_standing *put_standing(struct jk_standings *standings, struct jk_kept_standing *kept)
{
    struct jk_kept_standing *old = standings->standings[JK_KEPT_STANDINGS - 1];
    memmove(standings->standings + 1, standings->standings, (JK_KEPT_STANDINGS - 1) * sizeof *standings->standings);
    standings->standings[0] = kept;
    atomic_fetch_add(&kept->holders, 1);
    return old;
}

static bool is_being_made(const struct jk_standings *standings, const struct jk_count_rule *rule, uint32_t size)
{
    for (size_t i = 0; i < standings->job_count; i++)
        if (standings->jobs[i].size == size && jk_count_rule_equal(standings->jobs[i].rule, rule)) return true;
    return false;
}

static void begin_job(struct jk_standings *standings, const struct jk_count_rule *rule, uint32_t size)
{
    JK_CHECK(standings->job_count < JOBS_MOST);
    standings->jobs[standings->job_count++] = (struct job){rule, size};
}

static void end_job(struct jk_standings *standings, const struct jk_count_rule *rule)
{
    size_t at = 0;
    while (standings->jobs[at].rule != rule)
        at++;
    standings->jobs[at] = standings->jobs[--standings->job_count];
    pthread_cond_broadcast(&standings->made);
}

/* ---- making, without the lock ---- */

static enum jk_status make_standing(const struct jk_view *view, const struct jk_count_rule *rule, uint32_t size,
                                    struct jk_kept_standing **out_kept, struct jk_error *error)
{
    struct jk_standing_query query = jk_count_rule_query(rule, size);
    struct jk_kept_standing *kept = calloc(1, sizeof *kept);
    if (!kept) return jk_out_of_memory(error);
    kept->rule = *rule;
    kept->size = size;
    atomic_init(&kept->holders, 1);
    enum jk_status status = jk_standing_make(view->book, &query, &kept->standing, error);
    if (status == JK_OK)
        *out_kept = kept;
    else
        jk_kept_standing_release(kept);
    return status;
}

/* Everything that can be asked for. */
static bool list_scopes(const struct jk_view *view, struct jk_kept_totals *totals)
{
    uint32_t teams = jk_book_teams(view->book, view->size), model;
    totals->scopes = calloc((size_t)JK_BOOK_BASES + teams + 1, sizeof *totals->scopes);
    if (!totals->scopes) return false;
    totals->scopes[totals->count++] = (struct jk_scope){.type = JK_SCOPE_ALL};
    for (uint32_t team = 0; team < teams; team++)
        totals->scopes[totals->count++] = (struct jk_scope){JK_SCOPE_TEAM, team};
    for (uint32_t i = 0; (model = jk_book_listed(view->book, i, view->size)) != JK_NONE; i++)
        totals->scopes[totals->count++] = (struct jk_scope){JK_SCOPE_BASE, model};
    totals->totals = calloc(totals->count, sizeof *totals->totals);
    return totals->totals != NULL;
}

static enum jk_status make_totals(const struct jk_view *view, const struct jk_kept_standing *kept,
                                  struct jk_kept_totals **out_totals, struct jk_error *error)
{
    struct jk_kept_totals *totals = calloc(1, sizeof *totals);
    if (!totals) return jk_out_of_memory(error);
    totals->rule = kept->rule;
    totals->size = kept->size;
    atomic_init(&totals->holders, 1);
    enum jk_status status = list_scopes(view, totals) ? jk_standing_totals(kept->standing, view->book, totals->scopes,
                                                                           totals->count, totals->totals, error)
                                                      : jk_out_of_memory(error);
    if (status == JK_OK)
        *out_totals = totals;
    else
        jk_kept_totals_release(totals);
    return status;
}

/* `size` PRESENT: the view's, with totals. */
static enum jk_status make(struct jk_store *store, const struct jk_count_rule *rule, uint32_t size,
                           struct jk_kept_standing **out_kept, struct jk_kept_totals **out_totals,
                           struct jk_error *error)
{
    struct jk_view view;
    int64_t started_ms = jk_monotonic_ms();
    jk_store_view(store, &view);
    enum jk_status status = make_standing(&view, rule, size == PRESENT ? view.size : size, out_kept, error);
    if (status == JK_OK && size == PRESENT) status = make_totals(&view, *out_kept, out_totals, error);
    jk_store_view_end(store);
    if (status == JK_OK && size == PRESENT) {
        (*out_totals)->made_ms = jk_monotonic_ms();
        (*out_totals)->cost_ms = (*out_totals)->made_ms - started_ms;
    }
    return status;
}

/* ---- asking ---- */

struct jk_kept_totals *jk_standings_totals(struct jk_standings *standings, const struct jk_count_rule *rule,
                                           uint32_t size, uint32_t least)
{
    pthread_mutex_lock(&standings->mutex);
    struct jk_kept_totals *found = find_totals(standings, rule, size, least);
    pthread_mutex_unlock(&standings->mutex);
    return found;
}

static uint32_t size_now(struct jk_store *store)
{
    struct jk_view view;
    jk_store_view(store, &view);
    jk_store_view_end(store);
    return view.size;
}

/* Makes it and puts it into the tables; under the lock before and after. */
static enum jk_status make_and_put(struct jk_standings *standings, struct jk_store *store,
                                   const struct jk_count_rule *rule, uint32_t size, struct jk_kept_standing **out_kept,
                                   struct jk_kept_totals **out_totals, struct jk_error *error)
{
    struct jk_kept_standing *gone = NULL;
    struct jk_kept_totals *old = NULL;
    begin_job(standings, rule, size);
    pthread_mutex_unlock(&standings->mutex);
    enum jk_status status = make(store, rule, size, out_kept, out_totals, error);
    pthread_mutex_lock(&standings->mutex);
    end_job(standings, rule);
    if (*out_kept) gone = put_standing(standings, *out_kept);
    if (*out_totals) old = put_totals(standings, *out_totals);
    pthread_mutex_unlock(&standings->mutex);
    jk_kept_standing_release(gone);
    jk_kept_totals_release(old);
    pthread_mutex_lock(&standings->mutex);
    return status;
}

enum jk_status jk_standings_renew(struct jk_standings *standings, struct jk_store *store,
                                  const struct jk_count_rule *rule, uint32_t least, struct jk_kept_totals **out_totals,
                                  struct jk_error *error)
{
    struct jk_kept_standing *kept = NULL;
    enum jk_status status = JK_OK;
    uint32_t size = size_now(store);
    *out_totals = NULL;
    pthread_mutex_lock(&standings->mutex);
    while (!(*out_totals = find_totals(standings, rule, size, least)) && is_being_made(standings, rule, PRESENT))
        pthread_cond_wait(&standings->made, &standings->mutex);
    if (!*out_totals) status = make_and_put(standings, store, rule, PRESENT, &kept, out_totals, error);
    pthread_mutex_unlock(&standings->mutex);
    jk_kept_standing_release(kept);
    return status;
}

enum jk_status jk_standings_at(struct jk_standings *standings, struct jk_store *store, const struct jk_count_rule *rule,
                               uint32_t size, struct jk_kept_standing **out_kept, struct jk_error *error)
{
    struct jk_kept_totals *none = NULL;
    enum jk_status status = JK_OK;
    pthread_mutex_lock(&standings->mutex);
    while (!(*out_kept = find_standing(standings, rule, size)) && is_being_made(standings, rule, size))
        pthread_cond_wait(&standings->made, &standings->mutex);
    if (!*out_kept) status = make_and_put(standings, store, rule, size, out_kept, &none, error);
    pthread_mutex_unlock(&standings->mutex);
    return status;
}
