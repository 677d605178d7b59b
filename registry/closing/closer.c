/* See closer.h. */
#include "closing/closer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"

#define BUSY_MS 10000 /* how long one waits for another's report */
#define KEEP_MS 60000

struct jk_closer {
    struct jk_store *store;
    pthread_mutex_t computing; /* held while a report is computed */
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

static void keep(struct jk_closer *closer, struct jk_computed *computed)
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

static bool same_plan(const struct jk_close_plan *a, const struct jk_close_plan *b)
{
    return a->stage == b->stage && a->revision == b->revision && a->n == b->n && a->m == b->m;
}

static struct jk_computed *find_kept(struct jk_closer *closer, const struct jk_close_plan *plan)
{
    struct jk_computed *found = NULL;
    pthread_mutex_lock(&closer->lock);
    if (closer->kept && same_plan(&closer->kept->plan, plan)) {
        found = closer->kept;
        atomic_fetch_add(&found->holders, 1);
    }
    pthread_mutex_unlock(&closer->lock);
    return found;
}

/* ---- computing ---- */

static enum jk_status wait_turn(struct jk_closer *closer, int64_t deadline_ms, struct jk_error *error)
{
    int64_t most_ms = jk_monotonic_ms() + BUSY_MS, until_ms = deadline_ms < most_ms ? deadline_ms : most_ms;
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    if (pthread_mutex_clocklock(&closer->computing, CLOCK_MONOTONIC, &until) == 0) return JK_OK;
    error->retry_ms = 1000;
    return jk_fail(error, JK_UNAVAILABLE, "COMPUTING", "Another report is being computed; try again shortly");
}

enum jk_status jk_closer_compute(struct jk_closer *closer, struct jk_reader *reader, const struct jk_close_plan *plan,
                                 int64_t deadline_ms, struct jk_computed **out_computed, struct jk_error *error)
{
    enum jk_status status = JK_OK;
    JK_TRY(wait_turn(closer, deadline_ms, error));
    *out_computed = find_kept(closer, plan);
    if (!*out_computed) {
        keep(closer, NULL); /* never two at once in memory, but for what a caller still holds */
        status = jk_compute(closer->store, reader, plan, deadline_ms, out_computed, error);
        if (status == JK_OK) keep(closer, *out_computed);
    }
    pthread_mutex_unlock(&closer->computing);
    return status;
}

/* ---- files ---- */

/* A closing with its stage's id, as of the view's end. */
static bool find_closing(struct jk_closer *closer, uint32_t stage, uint32_t revision, struct jk_closing *out_closing,
                         char out_id[JK_STAGE_ID])
{
    struct jk_view view;
    jk_store_view(closer->store, &view);
    const struct jk_closing *closing = jk_book_closing(view.book, stage, revision, view.size);
    if (closing) {
        struct jk_span id = jk_book_stage(view.book, stage, view.size)->id;
        JK_CHECK(id.len < JK_STAGE_ID);
        *out_closing = *closing;
        memcpy(out_id, id.at, id.len);
        out_id[id.len] = '\0';
    }
    jk_store_view_end(closer->store);
    return closing != NULL;
}

enum jk_status jk_closer_files(struct jk_closer *closer, struct jk_reader *reader, uint32_t stage, uint32_t revision,
                               int64_t deadline_ms, struct jk_error *error)
{
    const char *public_dir = jk_store_public_dir(closer->store);
    struct jk_computed *computed;
    struct jk_closing closing;
    char id[JK_STAGE_ID];
    if (!find_closing(closer, stage, revision, &closing, id))
        return jk_fail(error, JK_NOT_FOUND, "REVISION_NOT_FOUND", "The stage has no revision %u", revision);
    if (jk_report_files_there(public_dir, id, revision)) return JK_OK;
    struct jk_close_plan plan = jk_close_plan_of(&closing);
    JK_TRY(jk_closer_compute(closer, reader, &plan, deadline_ms, &computed, error));
    enum jk_status status = jk_report_files_write(public_dir, computed, &closing, error);
    jk_computed_release(computed);
    if (status == JK_OK) keep(closer, NULL);
    return status;
}
