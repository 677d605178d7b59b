/* See pace.h. */
#include "web/pace.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/condition.h"

/* It is looked so often whether there is something more important to do, which is over when it was not for so long: there is
 * a moment between two batches as well. */
#define LOOK_MS  4
#define QUIET_MS 20

struct slot {
    struct jk_pace *pace;
    pthread_t thread;
    uint64_t ticket; /* of its turn */
    bool over;
};

struct jk_pace {
    bool (*busy)(void *context);
    void *context;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t change;
    struct jk_paced *first, **end;
    unsigned waiting;
    struct jk_peer last; /* whose turn was begun last */
    int64_t busy_ms;     /* when there was something more important last */
    uint64_t tickets;
    bool ending;
    unsigned slot_count;
    struct slot slots[JK_PACE_THREADS];
};

/* ---- under the lock ---- */

/* The oldest of another client than the last; else the oldest. */
static struct jk_paced *take_next(struct jk_pace *pace)
{
    struct jk_paced **at = &pace->first;
    while (*at && jk_peer_equal(&(*at)->client, &pace->last))
        at = &(*at)->next;
    if (!*at) at = &pace->first;
    struct jk_paced *turn = *at;
    if (!turn) return NULL;
    *at = turn->next;
    if (!*at) pace->end = at;
    pace->waiting--;
    pace->last = turn->client;
    return turn;
}

static void run_turn(struct slot *slot, struct jk_paced *turn)
{
    struct jk_pace *pace = slot->pace;
    int64_t until_ms = jk_monotonic_ms() + JK_PACE_PATIENCE_MS;
    slot->ticket = turn->ticket = ++pace->tickets;
    slot->over = false;
    pthread_mutex_unlock(&pace->lock);
    turn->run(turn);
    pthread_mutex_lock(&pace->lock);
    while (!slot->over && jk_condition_wait_until(&pace->change, &pace->lock, until_ms)) {
    }
}

static void note_busy(struct jk_pace *pace)
{
    if (pace->busy(pace->context)) pace->busy_ms = jk_monotonic_ms();
}

/* Until it is time, or nothing is more important any more. */
static void give_way(struct jk_pace *pace, int64_t until_us)
{
    note_busy(pace);
    while (!pace->ending && jk_monotonic_us() < until_us && jk_monotonic_ms() - pace->busy_ms < QUIET_MS) {
        int64_t look_ms = jk_monotonic_ms() + LOOK_MS;
        while (!pace->ending && jk_condition_wait_until(&pace->change, &pace->lock, look_ms)) {
        }
        note_busy(pace);
    }
}

/* ---- threads ---- */

static void *run_slot(void *context)
{
    struct slot *slot = context;
    struct jk_pace *pace = slot->pace;
    (void)pthread_setname_np(pthread_self(), "jk-pages");
    pthread_mutex_lock(&pace->lock);
    while (pace->first || !pace->ending) {
        struct jk_paced *turn = take_next(pace);
        if (!turn) {
            pthread_cond_wait(&pace->change, &pace->lock);
            continue;
        }
        int64_t began_us = jk_monotonic_us();
        note_busy(pace);
        run_turn(slot, turn);
        int64_t now_us = jk_monotonic_us(), rest_us = (now_us - began_us) * JK_PACE_REST;
        give_way(pace, now_us + (rest_us < JK_PACE_REST_MS * 1000 ? rest_us : JK_PACE_REST_MS * 1000));
    }
    pthread_mutex_unlock(&pace->lock);
    return NULL;
}

static unsigned thread_count(unsigned wanted)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned count = wanted > 0 ? wanted : cores > 2 ? (unsigned)cores - 1 : 1;
    return count < JK_PACE_THREADS ? count : JK_PACE_THREADS;
}

enum jk_status jk_pace_start(unsigned threads, bool (*busy)(void *context), void *context, struct jk_pace **out_pace,
                             struct jk_error *error)
{
    struct jk_pace *pace = calloc(1, sizeof *pace);
    if (!pace) return jk_out_of_memory(error);
    pace->busy = busy;
    pace->context = context;
    pace->end = &pace->first;
    pace->busy_ms = -QUIET_MS;
    pthread_mutex_init(&pace->lock, NULL);
    jk_condition_init(&pace->change);
    for (unsigned count = thread_count(threads); pace->slot_count < count; pace->slot_count++) {
        struct slot *slot = &pace->slots[pace->slot_count];
        slot->pace = pace;
        if (pthread_create(&slot->thread, NULL, run_slot, slot) == 0) continue;
        jk_pace_stop(pace);
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start a thread for pages");
    }
    *out_pace = pace;
    return JK_OK;
}

void jk_pace_stop(struct jk_pace *pace)
{
    if (!pace) return;
    pthread_mutex_lock(&pace->lock);
    pace->ending = true;
    pthread_cond_broadcast(&pace->change);
    pthread_mutex_unlock(&pace->lock);
    for (unsigned i = 0; i < pace->slot_count; i++)
        pthread_join(pace->slots[i].thread, NULL);
    pthread_cond_destroy(&pace->change);
    pthread_mutex_destroy(&pace->lock);
    free(pace);
}

/* ---- for any thread ---- */

bool jk_pace_wait(struct jk_pace *pace, struct jk_paced *turn)
{
    pthread_mutex_lock(&pace->lock);
    bool in = pace->waiting < JK_PACE_MOST;
    if (in) {
        turn->next = NULL;
        *pace->end = turn;
        pace->end = &turn->next;
        pace->waiting++;
        pthread_cond_broadcast(&pace->change);
    }
    pthread_mutex_unlock(&pace->lock);
    return in;
}

void jk_pace_over(struct jk_pace *pace, uint64_t ticket)
{
    pthread_mutex_lock(&pace->lock);
    for (unsigned i = 0; i < pace->slot_count; i++)
        if (pace->slots[i].ticket == ticket) pace->slots[i].over = true;
    pthread_cond_broadcast(&pace->change);
    pthread_mutex_unlock(&pace->lock);
}
