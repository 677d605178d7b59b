/* See closer.h. */
#include "closing/closer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/defer.h"
#include "base/log.h"
#include "base/metrics.h"
#include "report/subject.h"
#include "report/summary.h"

#define BUSY_MS 10000 /* how long to wait for another report to be computed */
#define KEEP_MS 60000

struct jk_closer {
    struct jk_store *store;
    pthread_mutex_t computing; /* locked while a report is computed */
    pthread_mutex_t lock;      /* guards what follows */
    struct jk_computed *kept;
    int64_t kept_ms;
};

struct jk_closer *jk_closer_new(struct jk_store *store)
{
    struct jk_closer *closer = calloc(1, sizeof *closer);
    if (!closer) return NULL;
    closer->store = store;
    pthread_mutex_init(&closer->computing, NULL);
    pthread_mutex_init(&closer->lock, NULL);
    return closer;
}

void jk_closer_free(struct jk_closer *closer)
{
    if (!closer) return;
    jk_computed_release(closer->kept);
    pthread_mutex_destroy(&closer->computing);
    pthread_mutex_destroy(&closer->lock);
    free(closer);
}

/* ---- what is kept ---- */

static void keep_computed(struct jk_closer *closer, struct jk_computed *computed)
{
    if (computed) atomic_fetch_add(&computed->holders, 1);
    pthread_mutex_lock(&closer->lock);
    struct jk_computed *old = closer->kept;
    closer->kept = computed;
    closer->kept_ms = jk_monotonic_ms();
    pthread_mutex_unlock(&closer->lock);
    jk_computed_release(old);
}

void jk_closer_forget(struct jk_closer *closer)
{
    struct jk_computed *old = NULL;
    pthread_mutex_lock(&closer->lock);
    if (closer->kept && jk_monotonic_ms() - closer->kept_ms > KEEP_MS) {
        old = closer->kept;
        closer->kept = NULL;
    }
    pthread_mutex_unlock(&closer->lock);
    jk_computed_release(old);
}

/* ---- computing ---- */

enum jk_status jk_closer_compute(struct jk_closer *closer, struct jk_reader *reader, const struct jk_close_plan *plan,
                                 int64_t deadline_ms, struct jk_computed **out_computed, struct jk_error *error)
{
    enum jk_status status = JK_OK;
    int64_t most_ms = jk_monotonic_ms() + BUSY_MS, until_ms = deadline_ms < most_ms ? deadline_ms : most_ms;
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    if (pthread_mutex_clocklock(&closer->computing, CLOCK_MONOTONIC, &until) != 0) {
        error->retry_ms = 1000;
        return jk_fail(error, JK_UNAVAILABLE, "COMPUTING", "Another report is being computed; try again shortly");
    }

    /* what was computed last may be the same */
    struct jk_computed *found = NULL;
    pthread_mutex_lock(&closer->lock);
    if (closer->kept && closer->kept->plan.stage == plan->stage && closer->kept->plan.revision == plan->revision &&
        closer->kept->plan.n == plan->n && closer->kept->plan.m == plan->m) {
        found = closer->kept;
        atomic_fetch_add(&found->holders, 1);
    }
    pthread_mutex_unlock(&closer->lock);
    *out_computed = found;

    if (!*out_computed) {
        keep_computed(closer, NULL); /* never two of ours in memory; callers may still hold one */
        status = jk_compute(closer->store, reader, plan, deadline_ms, out_computed, error);
        if (status == JK_OK) keep_computed(closer, *out_computed);
    }
    pthread_mutex_unlock(&closer->computing);
    return status;
}

/* ---- files ---- */

struct revision {
    struct jk_closing closing;
    char stage[JK_STAGE_ID];
};

static void copy_revision(const struct jk_view *view, const struct jk_closing *closing, struct revision *out)
{
    struct jk_span id = jk_book_stage(view->book, closing->stage, view->size)->id;
    JK_CHECK(id.len < JK_STAGE_ID);
    *out = (struct revision){.closing = *closing};
    memcpy(out->stage, id.at, id.len);
}

struct making {
    struct jk_closer *closer;
    struct jk_reader *reader;
    int64_t deadline_ms;
};

static enum jk_status compute_and_write(const struct making *making, const struct revision *revision,
                                        struct jk_span previous, struct jk_error *error)
{
    struct jk_close_plan plan = jk_close_plan_of(&revision->closing);
    struct jk_computed *computed;
    JK_TRY(jk_closer_compute(making->closer, making->reader, &plan, making->deadline_ms, &computed, error));
    const struct jk_report_making files = {making->closer->store, making->reader, computed, &revision->closing,
                                           previous};
    enum jk_status status = jk_report_files_write(&files, error);
    jk_computed_release(computed);
    return status;
}

/* The page compares with the report of the previous stage if there is one; the files are made in any case. */
static enum jk_status make_files(const struct making *making, const struct revision *revision, struct jk_error *error)
{
    const char *public_dir = jk_store_public_dir(making->closer->store);
    JK_CLEANUP(jk_text_done) struct jk_text json;
    struct revision previous;
    struct jk_span found = {"", 0};
    jk_text_init(&json, JK_SUMMARY_MAX);

    struct jk_view view;
    jk_store_view(making->closer->store, &view);
    const struct jk_closing *before = jk_report_previous(view.book, revision->closing.stage, revision->closing.m);
    if (before) copy_revision(&view, before, &previous);
    jk_store_view_end(making->closer->store);

    if (before && jk_report_file_read(public_dir, previous.stage, &previous.closing, JK_REPORT_JSON, &json))
        found = jk_text_span(&json);

    struct jk_error why;
    jk_error_init(&why, NULL);
    enum jk_status status = compute_and_write(making, revision, found, &why);
    if (status == JK_OK) {
        keep_computed(making->closer, NULL);
        return JK_OK;
    }
    if (status == JK_DATA_LOSS) {
        jk_metrics_add(JK_METRIC_REPORTS_DIFFERENT, 0, 0, 1);
        jk_log(JK_LOG_ERROR, "report-different", "stage", revision->stage, "reason", why.reason, "detail", why.message,
               NULL);
    }
    error->retry_ms = why.retry_ms;
    return jk_fail(error, status, why.reason, "%s", why.message);
}

enum jk_status jk_closer_files(struct jk_closer *closer, struct jk_reader *reader, uint32_t stage, uint32_t revision,
                               int64_t deadline_ms, struct jk_error *error)
{
    const struct making making = {closer, reader, deadline_ms};
    struct revision found;
    struct jk_view view;
    jk_store_view(closer->store, &view);
    const struct jk_closing *closing = jk_book_closing(view.book, stage, revision, view.size);
    if (closing) copy_revision(&view, closing, &found);
    jk_store_view_end(closer->store);
    if (!closing) return jk_fail(error, JK_NOT_FOUND, "REVISION_NOT_FOUND", "The stage has no revision %u", revision);

    if (jk_report_files_there(jk_store_public_dir(closer->store), found.stage, revision)) return JK_OK;
    return make_files(&making, &found, error);
}
