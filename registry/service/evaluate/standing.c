/* Cached standings; see standing.h. Each table has its newest first. */
#include "service/evaluate/standing.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/condition.h"
#include "book/book_ask.h"
#include "closing/cut.h"
#include "service/call/entries.h"

#define JOBS_MOST 64  /* more than there are readers */
#define LOOK_MS   100 /* how soon a call that waits for another's work sees that its client is gone */

struct job {
    const struct jk_count_rule *rule;
    uint32_t size;
    bool present; /* with its totals, for whoever wants a recent one */
};

struct jk_standings {
    pthread_mutex_t mutex; /* guards all */
    pthread_cond_t made;
    struct jk_kept_totals *totals[JK_KEPT_RULES];
    struct jk_kept_standing *standings[JK_KEPT_STANDINGS];
    size_t standing_count, standing_bytes;
    struct job jobs[JOBS_MOST]; /* being made */
    size_t job_count;
};

struct jk_standings *jk_standings_new(void)
{
    struct jk_standings *standings = calloc(1, sizeof *standings);
    if (!standings) return NULL;
    pthread_mutex_init(&standings->mutex, NULL);
    jk_condition_init(&standings->made);
    return standings;
}

void jk_standings_free(struct jk_standings *standings)
{
    if (!standings) return;
    for (size_t i = 0; i < JK_KEPT_RULES; i++)
        jk_kept_totals_release(standings->totals[i]);
    for (size_t i = 0; i < standings->standing_count; i++)
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
    jk_book_free(kept->cut);
    free(kept);
}

const struct jk_book *jk_kept_book(const struct jk_kept_standing *kept, const struct jk_view *view)
{
    return kept->cut ? kept->cut : view->book;
}

uint32_t jk_kept_book_size(const struct jk_kept_standing *kept)
{
    return kept->cut ? jk_book_size(kept->cut) : kept->size;
}

struct jk_late jk_kept_late(const struct jk_kept_standing *kept, const struct jk_view *view)
{
    return (struct jk_late){view->book, kept->size, kept->cut ? kept->rule.m : kept->size};
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

/* Replaces those of the same rule, otherwise the least recently requested; returns the one replaced. */
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
    for (size_t i = 0; i < standings->standing_count; i++) {
        struct jk_kept_standing *kept = standings->standings[i];
        if (kept->size != size || !jk_count_rule_equal(&kept->rule, rule)) continue;
        memmove(standings->standings + 1, standings->standings, i * sizeof *standings->standings);
        standings->standings[0] = kept;
        atomic_fetch_add(&kept->holders, 1);
        return kept;
    }
    return NULL;
}

static struct jk_kept_standing *take_standing(struct jk_standings *standings, size_t at)
{
    struct jk_kept_standing *kept = standings->standings[at];
    standings->standing_count--;
    standings->standing_bytes -= kept->bytes;
    memmove(standings->standings + at, standings->standings + at + 1,
            (standings->standing_count - at) * sizeof *standings->standings);
    return kept;
}

/* Whether another one of so many bytes needs the place of one that is there. */
static bool is_full(const struct jk_standings *standings, size_t bytes)
{
    return standings->standing_count == JK_KEPT_STANDINGS ||
           (standings->standing_count >= JK_KEPT_LEAST && standings->standing_bytes + bytes > JK_KEPT_BYTES);
}

/* Replaces the least recently used; one with a second book replaces the other that has one. Out: those replaced. */
static size_t put_standing(struct jk_standings *standings, struct jk_kept_standing *kept,
                           struct jk_kept_standing *out_gone[JK_KEPT_STANDINGS])
{
    size_t gone = 0;
    for (size_t i = 0; kept->cut && i < standings->standing_count; i++)
        if (standings->standings[i]->cut) out_gone[gone++] = take_standing(standings, i--);
    while (is_full(standings, kept->bytes))
        out_gone[gone++] = take_standing(standings, standings->standing_count - 1);
    memmove(standings->standings + 1, standings->standings, standings->standing_count * sizeof *standings->standings);
    standings->standings[0] = kept;
    standings->standing_count++;
    standings->standing_bytes += kept->bytes;
    atomic_fetch_add(&kept->holders, 1);
    return gone;
}

static bool is_being_made(const struct jk_standings *standings, const struct jk_count_rule *rule, uint32_t size)
{
    for (size_t i = 0; i < standings->job_count; i++)
        if (standings->jobs[i].size == size && jk_count_rule_equal(standings->jobs[i].rule, rule)) return true;
    return false;
}

/* Its totals, at whatever size. */
static bool is_present_being_made(const struct jk_standings *standings, const struct jk_count_rule *rule)
{
    for (size_t i = 0; i < standings->job_count; i++)
        if (standings->jobs[i].present && jk_count_rule_equal(standings->jobs[i].rule, rule)) return true;
    return false;
}

static bool is_cut_being_made(const struct jk_standings *standings)
{
    for (size_t i = 0; i < standings->job_count; i++)
        if (standings->jobs[i].rule->m) return true;
    return false;
}

static void begin_job(struct jk_standings *standings, struct job job)
{
    JK_CHECK(standings->job_count < JOBS_MOST);
    standings->jobs[standings->job_count++] = job;
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

/* Whether anybody still waits for the answer. */
static enum jk_status check_wanted(const struct jk_call *call, struct jk_error *error)
{
    if (!atomic_load(&call->cancelled) && jk_monotonic_ms() < call->deadline_ms) return JK_OK;
    return jk_fail(error, JK_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", "The deadline passed while it was counted");
}

static enum jk_status breathe_alone(void *context, struct jk_error *error)
{
    return check_wanted(context, error);
}

/* Writers pass: all that is asked for is asked at a size that does not change any more. */
static enum jk_status breathe_in_view(void *context, struct jk_error *error)
{
    struct jk_call *call = context;
    struct jk_view view;
    jk_store_view_end(jk_store_of(call));
    enum jk_status status = check_wanted(call, error);
    jk_store_view(jk_store_of(call), &view);
    return status;
}

/* `book_size` is the size of the state, which for a cut-off's is above the size counted at. */
static enum jk_status make_standing(const struct jk_book *book, const struct jk_count_rule *rule, uint32_t size,
                                    uint32_t book_size, struct jk_breath breath, struct jk_kept_standing **out_kept,
                                    struct jk_error *error)
{
    struct jk_standing_query query = jk_count_rule_query(rule, book_size);
    query.counted_n = size;
    query.breath = breath;
    struct jk_kept_standing *kept = calloc(1, sizeof *kept);
    if (!kept) return jk_out_of_memory(error);
    kept->rule = *rule;
    kept->size = size;
    atomic_init(&kept->holders, 1);
    enum jk_status status = jk_standing_make(book, &query, &kept->standing, error);
    if (status == JK_OK) kept->bytes = jk_standing_bytes(kept->standing);
    if (status == JK_OK)
        *out_kept = kept;
    else
        jk_kept_standing_release(kept);
    return status;
}

static enum jk_status make_cut(struct jk_call *call, const struct jk_count_rule *rule, uint32_t size,
                               struct jk_kept_standing **out_kept)
{
    struct jk_close_plan plan = {.n = size, .m = rule->m};
    struct jk_book *cut;
    JK_TRY(jk_cut_fold(jk_store_of(call), call->reader, &plan, call->deadline_ms, &cut, &call->error));
    struct jk_breath breath = {breathe_alone, call};
    enum jk_status status = make_standing(cut, rule, size, jk_book_size(cut), breath, out_kept, &call->error);
    if (status == JK_OK)
        (*out_kept)->cut = cut;
    else
        jk_book_free(cut);
    return status;
}

/* Everything that can be asked for. */
static bool list_scopes(const struct jk_view *view, struct jk_kept_totals *totals)
{
    uint32_t teams = jk_book_teams(view->book, totals->size), model;
    totals->scopes = calloc((size_t)JK_BOOK_BASES + teams + 1, sizeof *totals->scopes);
    if (!totals->scopes) return false;
    totals->scopes[totals->count++] = (struct jk_scope){.type = JK_SCOPE_ALL};
    for (uint32_t team = 0; team < teams; team++)
        totals->scopes[totals->count++] = (struct jk_scope){JK_SCOPE_TEAM, team};
    for (uint32_t i = 0; (model = jk_book_listed(view->book, i, totals->size)) != JK_NONE; i++)
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

static enum jk_status make_at(struct jk_call *call, const struct jk_count_rule *rule, uint32_t size,
                              struct jk_kept_standing **out_kept)
{
    struct jk_view view;
    if (rule->m) return make_cut(call, rule, size, out_kept);
    jk_store_view(jk_store_of(call), &view);
    struct jk_breath breath = {breathe_in_view, call};
    enum jk_status status = make_standing(view.book, rule, size, size, breath, out_kept, &call->error);
    jk_store_view_end(jk_store_of(call));
    return status;
}

/* Of the present, with its totals; the standing itself may be there already. */
static enum jk_status make_present(struct jk_call *call, const struct jk_count_rule *rule, uint32_t size,
                                   struct jk_kept_standing **inout_kept, struct jk_kept_totals **out_totals)
{
    struct jk_view view;
    int64_t started_ms = jk_monotonic_ms();
    if (!*inout_kept) JK_TRY(make_at(call, rule, size, inout_kept));
    jk_store_view(jk_store_of(call), &view);
    enum jk_status status = make_totals(&view, *inout_kept, out_totals, &call->error);
    jk_store_view_end(jk_store_of(call));
    if (status != JK_OK) return status;
    (*out_totals)->made_ms = jk_monotonic_ms();
    (*out_totals)->cost_ms = (*out_totals)->made_ms - started_ms;
    return JK_OK;
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

/* Puts what was made for the job into the tables; NULL: it was not made, or is in them. */
static void finish_job(struct jk_standings *standings, const struct jk_count_rule *rule, struct jk_kept_standing *kept,
                       struct jk_kept_totals *totals)
{
    struct jk_kept_standing *gone[JK_KEPT_STANDINGS];
    pthread_mutex_lock(&standings->mutex);
    end_job(standings, rule);
    size_t gone_count = kept ? put_standing(standings, kept, gone) : 0;
    struct jk_kept_totals *old = totals ? put_totals(standings, totals) : NULL;
    pthread_mutex_unlock(&standings->mutex);
    for (size_t i = 0; i < gone_count; i++)
        jk_kept_standing_release(gone[i]);
    jk_kept_totals_release(old);
}

/* Under the lock: until something was made, or it is time to look again. */
static enum jk_status wait_for_maker(struct jk_standings *standings, struct jk_call *call)
{
    (void)jk_condition_wait_until(&standings->made, &standings->mutex, jk_monotonic_ms() + LOOK_MS);
    return check_wanted(call, &call->error);
}

/* Under the lock: what is there already, or a job that has begun, for which the standing may be there. */
static enum jk_status find_or_begin_present(struct jk_call *call, const struct jk_count_rule *rule, uint32_t size,
                                            uint32_t least, struct jk_kept_standing **out_kept,
                                            struct jk_kept_totals **out_totals)
{
    struct jk_standings *standings = jk_services_of(call)->standings;
    while (!(*out_totals = find_totals(standings, rule, size, least)) &&
           (is_present_being_made(standings, rule) || is_being_made(standings, rule, size)))
        JK_TRY(wait_for_maker(standings, call));
    if (*out_totals) return JK_OK;
    *out_kept = find_standing(standings, rule, size);
    begin_job(standings, (struct job){rule, size, true});
    return JK_OK;
}

enum jk_status jk_standings_renew(struct jk_call *call, const struct jk_count_rule *rule, uint32_t least,
                                  struct jk_kept_totals **out_totals)
{
    struct jk_standings *standings = jk_services_of(call)->standings;
    struct jk_kept_standing *kept = NULL;
    uint32_t size = jk_size_now(jk_store_of(call));
    *out_totals = NULL;
    pthread_mutex_lock(&standings->mutex);
    enum jk_status status = find_or_begin_present(call, rule, size, least, &kept, out_totals);
    pthread_mutex_unlock(&standings->mutex);
    if (status != JK_OK || *out_totals) return status;
    bool there = kept != NULL;
    status = make_present(call, rule, size, &kept, out_totals);
    finish_job(standings, rule, there ? NULL : kept, *out_totals);
    jk_kept_standing_release(kept);
    return status;
}

/* Under the lock: what is there already, or a job that has begun. A second book is waited for only for some time. */
static enum jk_status find_or_begin(struct jk_call *call, const struct jk_count_rule *rule, uint32_t size,
                                    struct jk_kept_standing **out_kept)
{
    struct jk_standings *standings = jk_services_of(call)->standings;
    int64_t until_ms = jk_monotonic_ms() + JK_KEPT_WAIT_MS;
    while (!(*out_kept = find_standing(standings, rule, size)) && is_being_made(standings, rule, size) &&
           (!rule->m || jk_monotonic_ms() < until_ms))
        JK_TRY(wait_for_maker(standings, call));
    if (*out_kept) return JK_OK;
    if (rule->m && is_cut_being_made(standings)) {
        call->error.retry_ms = 1000;
        return jk_fail(&call->error, JK_UNAVAILABLE, "COMPUTING",
                       "The state of a revision is being made for another call; try again shortly");
    }
    begin_job(standings, (struct job){rule, size, false});
    return JK_OK;
}

enum jk_status jk_standings_at(struct jk_call *call, const struct jk_count_rule *rule, uint32_t size,
                               struct jk_kept_standing **out_kept)
{
    struct jk_standings *standings = jk_services_of(call)->standings;
    pthread_mutex_lock(&standings->mutex);
    enum jk_status status = find_or_begin(call, rule, size, out_kept);
    pthread_mutex_unlock(&standings->mutex);
    if (status != JK_OK || *out_kept) return status;
    status = make_at(call, rule, size, out_kept);
    finish_job(standings, rule, *out_kept, NULL);
    return status;
}
