/* See keeper.h. */
#include "closing/keeper.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/log.h"
#include "base/metrics.h"
#include "closing/tend.h"

#define LEAST_MS       20
#define BACKOFF_MAX_MS 60000
#define JOB_MS         300000

struct jk_keeper {
    struct jk_store *store;
    struct jk_tend tend;
    pthread_t thread;
    pthread_mutex_t lock; /* guards `stopping` */
    pthread_cond_t changed;
    bool stopping;
    unsigned failures; /* the thread's own */
    int64_t not_before_ms;
    char refusal[64]; /* last logged reason */
};

static enum jk_status tend(void *context, struct jk_reader *reader, struct jk_error *error)
{
    struct jk_keeper *keeper = context;
    return jk_tend_all(&keeper->tend, reader, jk_monotonic_ms() + JOB_MS, error);
}

/* ---- the thread ---- */

/* How long to wait from now; 0: something is due. */
static int64_t look_at_stages(struct jk_keeper *keeper)
{
    struct jk_tend_look look;
    jk_tend_look(&keeper->tend, &look);
    jk_tend_ask(&keeper->tend, &look);
    jk_closer_forget(keeper->tend.closer);
    jk_metrics_set(JK_METRIC_STAGES_CLOSED, look.closed);
    jk_metrics_set(JK_METRIC_STAGES_WAITING, look.waiting);
    jk_metrics_set(JK_METRIC_REPORTS_MISSING, look.missing);
    if (jk_monotonic_ms() < keeper->not_before_ms) return JK_TEND_LOOK_MS;
    return look.wait_ms == 0 || look.wait_ms > LEAST_MS ? look.wait_ms : LEAST_MS;
}

static void *run_keeper(void *context)
{
    struct jk_keeper *keeper = context;
    int64_t wait_ms = 0;
    (void)pthread_setname_np(pthread_self(), "jk-keeper");
    while (!jk_condition_rest(&keeper->changed, &keeper->lock, &keeper->stopping, wait_ms)) {
        struct jk_error error;
        wait_ms = look_at_stages(keeper);
        if (wait_ms > 0) continue;
        jk_error_init(&error, NULL);
        if (jk_store_closing_own(keeper->store, tend, keeper, jk_monotonic_ms() + JOB_MS, &error) == JK_OK) {
            if (keeper->refusal[0]) jk_log(JK_LOG_INFO, "closing-resumed", "after", keeper->refusal, NULL);
            keeper->refusal[0] = '\0';
            keeper->failures = 0;
        } else {
            int64_t pause_ms = JK_TEND_LOOK_MS;
            for (unsigned i = 0; i < keeper->failures && pause_ms < BACKOFF_MAX_MS; i++)
                pause_ms *= 2;
            keeper->failures++;
            keeper->not_before_ms = jk_monotonic_ms() + (pause_ms < BACKOFF_MAX_MS ? pause_ms : BACKOFF_MAX_MS);
            if (strcmp(error.reason, keeper->refusal) != 0) {
                (void)snprintf(keeper->refusal, sizeof keeper->refusal, "%s", error.reason);
                jk_log(JK_LOG_WARN, "closing-failed", "reason", error.reason, "detail", error.message, NULL);
            }
        }
        wait_ms = LEAST_MS;
    }
    return NULL;
}

/* ---- start and stop ---- */

static void free_keeper(struct jk_keeper *keeper)
{
    pthread_mutex_destroy(&keeper->lock);
    pthread_cond_destroy(&keeper->changed);
    jk_tend_done(&keeper->tend);
    free(keeper);
}

enum jk_status jk_keeper_start(struct jk_store *store, struct jk_closer *closer,
                               const struct jk_closing_witnesses *witnesses, struct jk_keeper **out_keeper,
                               struct jk_error *error)
{
    struct jk_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper) return jk_out_of_memory(error);
    keeper->store = store;
    pthread_mutex_init(&keeper->lock, NULL);
    jk_condition_init(&keeper->changed);
    jk_tend_init(&keeper->tend, store, closer, witnesses);
    if (pthread_create(&keeper->thread, NULL, run_keeper, keeper) != 0) {
        free_keeper(keeper);
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start the keeper's thread");
    }
    *out_keeper = keeper;
    return JK_OK;
}

void jk_keeper_stop(struct jk_keeper *keeper)
{
    if (!keeper) return;
    pthread_mutex_lock(&keeper->lock);
    keeper->stopping = true;
    pthread_cond_broadcast(&keeper->changed);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->thread, NULL);
    free_keeper(keeper);
}
