/* See sweeper.h. */
#include "service/records/sweeper.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/log.h"
#include "base/metrics.h"
#include "service/call/convert.h"
#include "service/records/unnamed.h"

#define AT_ONCE       64          /* blobs in a write */
#define BYTES_AT_ONCE (64u << 20) /* of theirs: once there are as many, it is enough */
#define A_RUN         4096        /* blobs in a run, about */
#define STRIDE        4096        /* examined under the book's lock */
#define EVERY_MS      3600000
#define AGAIN_MS      60000 /* if more is left, or something failed */

struct jk_sweeper {
    struct jk_store *store;
    int64_t keep_us;
    pthread_t thread;
    pthread_mutex_t lock; /* guards stopping */
    pthread_cond_t changed;
    bool stopping;
};

/* A run: candidates for removal, narrowed down. */
struct sweep {
    struct jk_sweeper *sweeper;
    struct jk_digest *digests;
    bool *named;
    size_t count;
    struct jk_unnamed_seen seen;
    size_t removed;
    uint64_t bytes;
};

static bool is_stopping(struct jk_sweeper *sweeper)
{
    pthread_mutex_lock(&sweeper->lock);
    bool stopping = sweeper->stopping;
    pthread_mutex_unlock(&sweeper->lock);
    return stopping;
}

/* ---- which: from the directory, minus those that a release names as its artifact, minus those that any entry names
 * ---- */

/* Most blobs are manifests that a release names, which an index finds. */
static void leave_out_artifacts(struct sweep *sweep)
{
    size_t all = sweep->count, at = 0;
    sweep->count = 0;
    while (at < all) {
        struct jk_view view;
        size_t until = all - at < STRIDE ? all : at + STRIDE;
        jk_store_view(sweep->sweeper->store, &view);
        for (; at < until; at++)
            if (jk_book_find_artifact(view.book, &sweep->digests[at], view.size) == JK_NONE)
                sweep->digests[sweep->count++] = sweep->digests[at];
        jk_store_view_end(sweep->sweeper->store);
    }
}

static void leave_out_named(struct sweep *sweep)
{
    struct jk_unnamed unnamed = {sweep->digests, sweep->named, sweep->count};
    bool all;
    jk_unnamed_sort(sweep->digests, sweep->count);
    do {
        struct jk_view view;
        jk_store_view(sweep->sweeper->store, &view);
        all = jk_unnamed_see(&unnamed, view.book, view.size, STRIDE, &sweep->seen);
        jk_store_view_end(sweep->sweeper->store);
    } while (!all);
    sweep->count = 0;
    for (size_t i = 0; i < unnamed.count; i++)
        if (!unnamed.named[i]) sweep->digests[sweep->count++] = sweep->digests[i];
}

/* ---- removing them ---- */

struct removing {
    struct jk_own_write own; /* first */
    const struct sweep *sweep;
    const struct jk_digest *digests;
    size_t count;
    size_t removed;
    uint64_t bytes;
};

static enum jk_status remove_blob(struct removing *removing, struct jk_turn *turn, const struct jk_digest *digest,
                                  struct jk_error *error)
{
    struct jk_blob_facts facts;
    struct jk_record record;
    if (!jk_directory_blob(turn->directory, digest, &facts) ||
        !jk_unnamed_is_over(&facts, turn->time_us, removing->sweep->sweeper->keep_us))
        return JK_OK;
    facts.state = JK_BLOB_REMOVED;
    facts.withdrawn_us = turn->time_us;
    if (!jk_record_blob(turn->arena, &facts, &record)) return jk_out_of_memory(error);
    JK_TRY(jk_turn_blob_drop(turn, digest, error));
    JK_TRY(jk_turn_record(turn, &record, error));
    removing->removed++;
    removing->bytes += facts.size;
    return JK_OK;
}

/* What was added since, including by this batch, is examined here. */
static enum jk_status decide_removal(struct jk_write *write, struct jk_turn *turn)
{
    struct removing *removing = (struct removing *)write;
    bool named[AT_ONCE] = {false};
    struct jk_unnamed unnamed = {removing->digests, named, removing->count};
    struct jk_unnamed_seen seen = removing->sweep->seen;
    (void)jk_unnamed_see(&unnamed, turn->book, jk_book_size(turn->book), UINT32_MAX, &seen);
    for (size_t i = 0; i < removing->count; i++)
        if (!named[i]) JK_TRY(remove_blob(removing, turn, &removing->digests[i], write->error));
    return JK_OK;
}

/* How many from `at` on go into one write. */
static size_t group_at(const struct sweep *sweep, size_t at)
{
    struct jk_directory *directory = jk_store_directory(sweep->sweeper->store);
    uint64_t bytes = 0;
    size_t count = 0;
    while (at + count < sweep->count && count < AT_ONCE && bytes < BYTES_AT_ONCE) {
        struct jk_blob_facts facts = {.size = 0};
        (void)jk_directory_blob(directory, &sweep->digests[at + count++], &facts);
        bytes += facts.size;
    }
    return count;
}

static enum jk_status remove_group(struct sweep *sweep, size_t at, size_t count, struct jk_error *error)
{
    struct removing removing = {
        .own.write.decide = decide_removal, .sweep = sweep, .digests = sweep->digests + at, .count = count};
    JK_TRY(jk_store_write_own(sweep->sweeper->store, &removing.own, error));
    sweep->removed += removing.removed;
    sweep->bytes += removing.bytes;
    return JK_OK;
}

/* True: all of them were handled. */
static bool remove_all(struct sweep *sweep)
{
    struct jk_error error;
    size_t at = 0;
    jk_error_init(&error, NULL);
    while (at < sweep->count && at < A_RUN && !is_stopping(sweep->sweeper)) {
        size_t count = group_at(sweep, at);
        if (remove_group(sweep, at, count, &error) != JK_OK) {
            jk_log(JK_LOG_WARN, "blobs-not-removed", "reason", error.reason, "detail", error.message, NULL);
            return false;
        }
        at += count;
    }
    return at >= sweep->count;
}

/* How long until the next run. */
static int64_t sweep_once(struct jk_sweeper *sweeper)
{
    struct sweep sweep = {.sweeper = sweeper};
    struct jk_store *store = sweeper->store;
    int64_t before_us = jk_store_clock_us(store) - sweeper->keep_us - JK_BLOB_RENEW_US;
    sweep.digests = jk_directory_old_blobs(jk_store_directory(store), before_us, &sweep.count);
    sweep.named = calloc(sweep.count + 1, sizeof *sweep.named);
    bool all = sweep.digests && sweep.named;
    if (all) {
        leave_out_artifacts(&sweep);
        if (sweep.count > 0) leave_out_named(&sweep);
        all = remove_all(&sweep);
        if (sweep.removed != 0) {
            jk_metrics_add(JK_METRIC_BLOBS_REMOVED, 0, 0, sweep.removed);
            jk_metrics_add(JK_METRIC_BLOBS_REMOVED_BYTES, 0, 0, sweep.bytes);
            jk_log(JK_LOG_INFO, "blobs-removed", "blobs", jk_log_i64((int64_t)sweep.removed), "bytes",
                   jk_log_i64((int64_t)sweep.bytes), "because", "no entry names them", "more", all ? "no" : "yes",
                   NULL);
        }
    }
    free(sweep.digests);
    free(sweep.named);
    return all ? EVERY_MS : AGAIN_MS;
}

/* ---- the thread ---- */

static void *run_sweeper(void *context)
{
    struct jk_sweeper *sweeper = context;
    (void)pthread_setname_np(pthread_self(), "jk-sweeper");
    while (!jk_condition_rest(&sweeper->changed, &sweeper->lock, &sweeper->stopping, sweep_once(sweeper)))
        continue;
    return NULL;
}

static void free_sweeper(struct jk_sweeper *sweeper)
{
    pthread_mutex_destroy(&sweeper->lock);
    pthread_cond_destroy(&sweeper->changed);
    free(sweeper);
}

enum jk_status jk_sweeper_start(struct jk_store *store, int64_t keep_us, struct jk_sweeper **out_sweeper,
                                struct jk_error *error)
{
    struct jk_sweeper *sweeper = calloc(1, sizeof *sweeper);
    if (!sweeper) return jk_out_of_memory(error);
    *sweeper = (struct jk_sweeper){.store = store, .keep_us = keep_us};
    pthread_mutex_init(&sweeper->lock, NULL);
    jk_condition_init(&sweeper->changed);
    if (pthread_create(&sweeper->thread, NULL, run_sweeper, sweeper) != 0) {
        free_sweeper(sweeper);
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start the sweeper's thread");
    }
    *out_sweeper = sweeper;
    return JK_OK;
}

void jk_sweeper_stop(struct jk_sweeper *sweeper)
{
    if (!sweeper) return;
    pthread_mutex_lock(&sweeper->lock);
    sweeper->stopping = true;
    pthread_cond_broadcast(&sweeper->changed);
    pthread_mutex_unlock(&sweeper->lock);
    pthread_join(sweeper->thread, NULL);
    free_sweeper(sweeper);
}
