/* The list of parked calls; see parking.h. Whoever takes a call off the list, under the lock, is responsible for it;
 * its place is then free. */
#include "service/call/parking.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/metrics.h"
#include "reply/message.h"
#include "service/call/entries.h"

#define NEVER_MS   INT64_MAX
#define SLEEP_MS   60000
#define STOPPED_MS 1000 /* when to suggest trying elsewhere */

/* In the call's arena. */
struct parked {
    struct jk_call *call;
    jk_call_fn *then;
    uint32_t size;
    int64_t until_ms;
    unsigned key;
    struct parked *next, *previous;
};

struct jk_parking {
    struct jk_store *store;
    struct jk_growth_hook hook;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    struct jk_shares *callers;
    struct parked *first;
    uint32_t size;    /* of the log */
    uint32_t least;   /* smallest size that is waited for; UINT32_MAX: none */
    int64_t until_ms; /* when the thread next checks by itself */
    bool draining, stopping;
};

/* ---- the list, under the lock ---- */

static void link_parked(struct jk_parking *parking, struct parked *parked)
{
    parked->previous = NULL;
    parked->next = parking->first;
    if (parked->next) parked->next->previous = parked;
    parking->first = parked;
}

static void unlink_parked(struct jk_parking *parking, struct parked *parked)
{
    if (parked->previous) parked->previous->next = parked->next;
    if (parked->next) parked->next->previous = parked->previous;
    if (parking->first == parked) parking->first = parked->next;
    jk_shares_leave(parking->callers, parked->key);
}

static void tell_count(const struct jk_parking *parking)
{
    jk_metrics_set(JK_METRIC_CALLS_PARKED, jk_shares_count(parking->callers));
}

/* Removes all that end or continue now, linked by next, and determines when to check again. */
static struct parked *take_due(struct jk_parking *parking, int64_t now_ms)
{
    struct parked *taken = NULL, *next;
    parking->least = UINT32_MAX;
    parking->until_ms = NEVER_MS;
    for (struct parked *parked = parking->first; parked; parked = next) {
        next = parked->next;
        if (parked->size <= parking->size || parked->until_ms <= now_ms || parking->draining) {
            unlink_parked(parking, parked);
            parked->next = taken;
            taken = parked;
            continue;
        }
        if (parked->size < parking->least) parking->least = parked->size;
        if (parked->until_ms < parking->until_ms) parking->until_ms = parked->until_ms;
    }
    if (taken) tell_count(parking);
    return taken;
}

/* ---- continuing, and ends; without the lock ---- */

static void end_gone(struct jk_call *call)
{
    (void)jk_fail(&call->error, JK_CANCELLED, "CLIENT_GONE", "the client cancelled the call or is gone");
    jk_call_fail(call);
}

static void end_stopping(struct jk_call *call)
{
    call->error.retry_ms = STOPPED_MS;
    (void)jk_fail(&call->error, JK_UNAVAILABLE, "STOPPING", "the server is stopping; connect again");
    jk_call_fail(call);
}

static void end_behind(struct jk_call *call, uint32_t size)
{
    (void)jk_fail(&call->error, JK_UNAVAILABLE, "BEHIND", "This server has not reached log size %u yet; try again",
                  size);
    jk_call_fail(call);
}

/* Once passed on, the call may be gone, together with its parking state. */
static void let_go_on(struct parked *taken, uint32_t size)
{
    struct parked *next;
    int64_t now_ms = jk_monotonic_ms();
    for (struct parked *parked = taken; parked; parked = next) {
        next = parked->next;
        if (parked->size <= size)
            parked->then(parked->call);
        else if (parked->until_ms <= now_ms)
            end_behind(parked->call, parked->size);
        else
            end_stopping(parked->call);
    }
}

/* ---- the thread ---- */

static void sleep_until(struct jk_parking *parking, int64_t until_ms)
{
    int64_t most_ms = jk_monotonic_ms() + SLEEP_MS;
    if (until_ms > most_ms) until_ms = most_ms;
    (void)jk_condition_wait_until(&parking->changed, &parking->mutex, until_ms);
}

static void *run_parking(void *context)
{
    struct jk_parking *parking = context;
    (void)pthread_setname_np(pthread_self(), "jk-parking");
    pthread_mutex_lock(&parking->mutex);
    while (!parking->stopping) {
        struct parked *taken = take_due(parking, jk_monotonic_ms());
        uint32_t size = parking->size;
        if (!taken) {
            sleep_until(parking, parking->until_ms);
            continue;
        }
        pthread_mutex_unlock(&parking->mutex);
        let_go_on(taken, size);
        pthread_mutex_lock(&parking->mutex);
    }
    pthread_mutex_unlock(&parking->mutex);
    return NULL;
}

/* Nobody is woken for an entry that nobody waits for. */
static void grown(void *context, uint32_t size)
{
    struct jk_parking *parking = context;
    pthread_mutex_lock(&parking->mutex);
    if (size > parking->size) parking->size = size;
    if (parking->least <= size) pthread_cond_signal(&parking->changed);
    pthread_mutex_unlock(&parking->mutex);
}

/* ---- start and stop ---- */

static void free_parking(struct jk_parking *parking)
{
    pthread_mutex_destroy(&parking->mutex);
    pthread_cond_destroy(&parking->changed);
    jk_shares_free(parking->callers);
    free(parking);
}

enum jk_status jk_parking_start(struct jk_store *store, struct jk_parking **out_parking, struct jk_error *error)
{
    struct jk_shares_limits limits = {JK_PARKING_MOST, JK_PARKING_ANONYMOUS, JK_PARKING_EACH};
    struct jk_parking *parking = calloc(1, sizeof *parking);
    if (!parking) return jk_out_of_memory(error);
    jk_condition_init(&parking->changed);
    pthread_mutex_init(&parking->mutex, NULL);
    parking->store = store;
    parking->least = UINT32_MAX;
    parking->until_ms = NEVER_MS;
    parking->hook = (struct jk_growth_hook){.grown = grown, .context = parking};
    parking->callers = jk_shares_new(&limits);
    if (!parking->callers || pthread_create(&parking->thread, NULL, run_parking, parking) != 0) {
        free_parking(parking);
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start the thread of parked calls");
    }
    jk_store_on_growth(store, &parking->hook);
    grown(parking, jk_size_now(store)); /* what came before the hook */
    *out_parking = parking;
    return JK_OK;
}

void jk_parking_drain(struct jk_parking *parking)
{
    pthread_mutex_lock(&parking->mutex);
    parking->draining = true;
    pthread_cond_signal(&parking->changed);
    pthread_mutex_unlock(&parking->mutex);
}

void jk_parking_stop(struct jk_parking *parking)
{
    if (!parking) return;
    jk_store_off_growth(parking->store, &parking->hook);
    pthread_mutex_lock(&parking->mutex);
    JK_CHECK(!parking->first);
    parking->stopping = true;
    pthread_cond_signal(&parking->changed);
    pthread_mutex_unlock(&parking->mutex);
    pthread_join(parking->thread, NULL);
    free_parking(parking);
}

/* ---- what a call does ---- */

/* True: it is in the list, and may already be gone. */
static bool enter_parking(struct jk_parking *parking, struct parked *parked, const struct jk_sharer *caller,
                          bool *out_stops, enum jk_shares_word *out_word)
{
    bool in;
    pthread_mutex_lock(&parking->mutex);
    *out_stops = parking->draining;
    /* If the client goes away later, the call is found in the list; if it went away before, we notice it here. */
    in = !*out_stops && !atomic_load(&parked->call->cancelled);
    if (in) *out_word = jk_shares_enter(parking->callers, caller, &parked->key);
    in = in && *out_word == JK_SHARES_IN;
    if (in) {
        link_parked(parking, parked);
        tell_count(parking);
        if (parked->size < parking->least) parking->least = parked->size;
        if (parked->size <= parking->size || parked->until_ms < parking->until_ms)
            pthread_cond_signal(&parking->changed);
    }
    pthread_mutex_unlock(&parking->mutex);
    return in;
}

void jk_park(struct jk_parking *parking, struct jk_call *call, uint32_t size, int64_t until_ms, jk_call_fn *then)
{
    struct parked *parked = jk_arena_zalloc(&call->arena, 1, sizeof *parked);
    enum jk_shares_word word = JK_SHARES_IN;
    struct jk_sharer caller;
    bool stops;
    if (!parked) {
        (void)jk_out_of_memory(&call->error);
        jk_call_fail(call);
        return;
    }
    jk_caller_of(call, &caller);
    *parked = (struct parked){.call = call, .then = then, .size = size, .until_ms = until_ms};
    if (enter_parking(parking, parked, &caller, &stops, &word)) return;
    if (word != JK_SHARES_IN) {
        jk_metrics_add(JK_METRIC_CALLS_PARK_REFUSED, 0, 0, 1);
        (void)jk_callers_refuse(parking->callers, &caller, word, "TOO_MANY_WAITING", "calls wait for the log to grow",
                                &call->error);
        jk_call_fail(call);
    } else if (stops) {
        end_stopping(call);
    } else {
        end_gone(call);
    }
}

void jk_parking_gone(struct jk_parking *parking, struct jk_call *call)
{
    pthread_mutex_lock(&parking->mutex);
    struct parked *parked = parking->first;
    while (parked && parked->call != call)
        parked = parked->next;
    if (parked) {
        unlink_parked(parking, parked);
        tell_count(parking);
    }
    pthread_mutex_unlock(&parking->mutex);
    if (parked) end_gone(call);
}
