/* See inspector.h. */
#include "closing/inspector.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/log.h"
#include "base/metrics.h"
#include "tiles/reread.h"

#define REST_MS    1000
#define JOB_MS     300000
#define TROUBLE_MS 600000 /* what cannot be made is reported in each pass, but not more often than this */

/* A revision of any stage: by slots, in order. */
struct place {
    uint32_t stage, revision; /* the last revision checked; 0: none of the stage */
};

struct jk_inspector {
    struct jk_store *store;
    struct jk_closer *closer;
    struct place at;
    uint64_t number, count; /* revisions in the pass; count 0: it has not begun */
    uint64_t bytes;         /* bytes read in it */
    int64_t began_ms, pass_ms;
    bool trouble; /* something could not be made so far in it */
    pthread_t thread;
    pthread_mutex_t lock; /* guards stopping */
    pthread_cond_t changed;
    bool stopping;
};

/* ---- which ---- */

struct found {
    struct jk_closing closing;
    char stage[JK_STAGE_ID];
};

/* ---- one revision ---- */

static void tell_damaged(void *context, enum jk_report_file file, const char *text)
{
    const struct found *found = context;
    jk_metrics_add(JK_METRIC_REPORTS_DIFFERENT, 0, 0, 1);
    jk_log(JK_LOG_ERROR, "report-damaged", "stage", found->stage, "revision", jk_log_i64(found->closing.revision),
           "file", jk_report_file_name(file), "found", text, "advice",
           "it is being made again; find out what damages files here, and check caches in front of the server", NULL);
}

struct making {
    struct jk_inspector *inspector;
    const struct found *found;
    int64_t deadline_ms;
};

static enum jk_status make_anew(void *context, struct jk_reader *reader, struct jk_error *error)
{
    const struct making *making = context;
    return jk_closer_files(making->inspector->closer, reader, making->found->closing.stage,
                           making->found->closing.revision, making->deadline_ms, error);
}

static enum jk_status inspect(struct jk_inspector *inspector, struct found *found, struct jk_error *error)
{
    struct jk_report_inspection inspection = {.store = inspector->store,
                                              .stage = found->stage,
                                              .closing = &found->closing,
                                              .told = tell_damaged,
                                              .context = found};
    struct making making = {inspector, found, jk_monotonic_ms() + JOB_MS};
    bool whole;
    JK_TRY(jk_report_files_inspect(&inspection, &whole, &inspector->bytes, error));
    if (whole) return JK_OK;
    JK_TRY(jk_store_read_own(inspector->store, make_anew, &making, making.deadline_ms, error));
    jk_log(JK_LOG_WARN, "report-mended", "stage", found->stage, "revision", jk_log_i64(found->closing.revision), NULL);
    return JK_OK;
}

static void inspect_next(struct jk_inspector *inspector)
{
    struct jk_error error;
    struct found found;

    /* the revision after the one inspected last, if there is one */
    const struct jk_closing *closing = NULL;
    struct place *at = &inspector->at;
    struct jk_view view;
    jk_store_view(inspector->store, &view);
    while (!closing && at->stage < jk_book_stages(view.book, view.size)) {
        closing = jk_book_closing(view.book, at->stage, at->revision + 1, view.size);
        *at = closing ? (struct place){at->stage, at->revision + 1} : (struct place){at->stage + 1, 0};
    }
    if (closing) {
        struct jk_span id = jk_book_stage(view.book, at->stage, view.size)->id;
        JK_CHECK(id.len < JK_STAGE_ID);
        found = (struct found){.closing = *closing};
        memcpy(found.stage, id.at, id.len);
    }
    jk_store_view_end(inspector->store);

    if (!closing) {
        inspector->number = inspector->count;
        return;
    }
    inspector->number++;
    jk_error_init(&error, NULL);
    if (inspect(inspector, &found, &error) == JK_OK) return;
    inspector->trouble = true;
    jk_log(JK_LOG_WARN, "report-not-mended", "stage", found.stage, "revision", jk_log_i64(found.closing.revision),
           "reason", error.reason, "detail", error.message, NULL);
}

/* ---- the pass ---- */

static void begin_pass(struct jk_inspector *inspector)
{
    inspector->pass_ms = jk_reread_pass_ms(inspector->bytes);
    if (inspector->trouble && inspector->pass_ms < TROUBLE_MS) inspector->pass_ms = TROUBLE_MS;
    inspector->at = (struct place){0, 0};

    struct jk_view view;
    uint64_t count = 0;
    jk_store_view(inspector->store, &view);
    for (uint32_t stage = 0; stage < jk_book_stages(view.book, view.size); stage++) {
        const struct jk_closing *last = jk_book_closing(view.book, stage, 0, view.size);
        count += last ? last->revision : 0;
    }
    jk_store_view_end(inspector->store);
    inspector->count = count;

    inspector->number = inspector->bytes = 0;
    inspector->trouble = false;
    inspector->began_ms = jk_monotonic_ms();
}

/* How long until the next is due; 0: now. */
static int64_t until_next_ms(struct jk_inspector *inspector)
{
    int64_t now_ms = jk_monotonic_ms(), due_ms = inspector->began_ms + inspector->pass_ms;
    struct jk_publish_state state;
    jk_store_publish_state(inspector->store, &state);
    if (state.stopped) return REST_MS;

    if (inspector->number == inspector->count) {
        if (now_ms < due_ms) return due_ms - now_ms;
        begin_pass(inspector);
        if (inspector->count == 0) return REST_MS;
    }
    due_ms = inspector->began_ms + jk_reread_due_ms(inspector->number, inspector->count, inspector->pass_ms);
    return due_ms > now_ms ? due_ms - now_ms : 0;
}

static void *run_inspector(void *context)
{
    struct jk_inspector *inspector = context;
    (void)pthread_setname_np(pthread_self(), "jk-inspector");
    for (;;) {
        int64_t ms = until_next_ms(inspector);
        if (jk_condition_rest(&inspector->changed, &inspector->lock, &inspector->stopping, ms < REST_MS ? ms : REST_MS))
            return NULL;
        if (ms == 0) inspect_next(inspector);
    }
}

/* ---- start and stop ---- */

static void free_inspector(struct jk_inspector *inspector)
{
    pthread_mutex_destroy(&inspector->lock);
    pthread_cond_destroy(&inspector->changed);
    free(inspector);
}

enum jk_status jk_inspector_start(struct jk_store *store, struct jk_closer *closer, struct jk_inspector **out_inspector,
                                  struct jk_error *error)
{
    struct jk_inspector *inspector = calloc(1, sizeof *inspector);
    if (!inspector) return jk_out_of_memory(error);
    *inspector = (struct jk_inspector){.store = store, .closer = closer};
    pthread_mutex_init(&inspector->lock, NULL);
    jk_condition_init(&inspector->changed);
    inspector->began_ms = jk_monotonic_ms(); /* leaves the keeper time to make what the last run left unmade */
    inspector->pass_ms = JK_REREAD_PASS_LEAST_MS;
    if (pthread_create(&inspector->thread, NULL, run_inspector, inspector) != 0) {
        free_inspector(inspector);
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start the inspector's thread");
    }
    *out_inspector = inspector;
    return JK_OK;
}

void jk_inspector_stop(struct jk_inspector *inspector)
{
    if (!inspector) return;
    pthread_mutex_lock(&inspector->lock);
    inspector->stopping = true;
    pthread_cond_broadcast(&inspector->changed);
    pthread_mutex_unlock(&inspector->lock);
    pthread_join(inspector->thread, NULL);
    free_inspector(inspector);
}
