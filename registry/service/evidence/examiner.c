/* See examiner.h. */
#include "service/evidence/examiner.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/defer.h"
#include "base/log.h"
#include "base/metrics.h"
#include "book/holdings.h"
#include "book/vouched.h"
#include "examine/examination.h"
#include "service/evidence/manifests.h"
#include "service/evidence/written.h"
#include "service/records/blob.h"
#include "store/weighed.h"

#define LOOK_MS    1000 /* at the latest, whatever is heard of the log */
#define LEAST_MS   100  /* between two looks at a log that grows, which take the book's lock */
#define RETRY_MS   1000
#define READ_MS    60000
#define DAMAGED_MS 60000 /* until what needs damaged bytes is tried again */

struct jk_examiner {
    struct jk_store *store;
    int64_t pause_ms;
    pthread_t thread;
    pthread_mutex_t lock; /* guards grown */
    pthread_cond_t changed;
    bool grown;
    atomic_bool stopping;
    struct jk_growth_hook hook;
    struct jk_manifests *manifests;
    struct jk_agenda agenda;
    uint32_t entered; /* holdings of which the manifests are in the index */
    uint64_t wishes;  /* for evidence anew, looked at so far */
};

/* ---- what an examination asks for ---- */

static const struct jk_book *enter_book(void *context)
{
    struct jk_view view;
    jk_store_view(((struct jk_examiner *)context)->store, &view);
    return view.book;
}

static void leave_book(void *context)
{
    jk_store_view_end(((struct jk_examiner *)context)->store);
}

static enum jk_status open_model(void *context, const struct jk_digest *artifact, bool lasting,
                                 const struct jk_examined **out_model, struct jk_error *error)
{
    return jk_manifests_open(((struct jk_examiner *)context)->manifests, artifact, lasting, out_model, error);
}

static void close_model(void *context, const struct jk_examined *model)
{
    jk_manifests_close(((struct jk_examiner *)context)->manifests, model);
}

static enum jk_status find_models(void *context, const struct jk_examined *model, unsigned found,
                                  bool (*take)(void *taking, const struct jk_digest *artifacts, size_t count),
                                  void *taking, struct jk_error *error)
{
    return jk_manifests_find(((struct jk_examiner *)context)->manifests, model, found, take, taking, error);
}

static bool is_stopping(void *context)
{
    return atomic_load(&((struct jk_examiner *)context)->stopping);
}

/* ---- the index, up to a size ---- */

/* Manifests of holdings from examiner->entered on, and how many holdings that are. */
static size_t list_holdings(struct jk_examiner *examiner, uint32_t n, struct jk_digest *out_artifacts,
                            uint32_t *out_entered)
{
    const struct jk_book *book = enter_book(examiner);
    uint32_t all = jk_book_holdings(book, n), at = examiner->entered;
    size_t count = 0;
    for (; at < all && count < JK_WEIGHED_PAGE; at++) {
        const struct jk_digest *artifact = &jk_book_release(book, jk_book_holding(book, at)->release)->artifact;
        if (jk_book_is_held(book, artifact, n)) out_artifacts[count++] = *artifact;
    }
    leave_book(examiner);
    *out_entered = at;
    return count;
}

static enum jk_status enter_manifests(struct jk_examiner *examiner, uint32_t n, struct jk_error *error)
{
    struct jk_digest *artifacts = malloc(JK_WEIGHED_PAGE * sizeof *artifacts);
    enum jk_status status = artifacts ? JK_OK : jk_out_of_memory(error);
    bool more = true;
    while (status == JK_OK && more) {
        uint32_t entered;
        size_t count = list_holdings(examiner, n, artifacts, &entered);
        more = entered > examiner->entered;
        if (count > 0) status = jk_manifests_enter(examiner->manifests, artifacts, count, &examiner->stopping, error);
        if (status == JK_OK) examiner->entered = entered;
    }
    free(artifacts);
    return status;
}

/* ---- what is due ---- */

static enum jk_status look_at_log(struct jk_examiner *examiner, uint32_t n, struct jk_error *error)
{
    bool all = false, done = true;
    while (done && !all && !is_stopping(examiner)) {
        const struct jk_book *book = enter_book(examiner);
        done = jk_agenda_look(&examiner->agenda, book, n, &all);
        leave_book(examiner);
    }
    return done ? JK_OK : jk_out_of_memory(error);
}

static enum jk_status look_at_wishes(struct jk_examiner *examiner, uint32_t n, struct jk_error *error)
{
    uint64_t seen = examiner->wishes;
    size_t count;
    struct jk_renewal *wishes = jk_directory_renewals(jk_store_directory(examiner->store), n, &seen, &count);
    bool done = wishes != NULL;
    for (size_t i = 0; done && i < count && !is_stopping(examiner); i++) {
        done = jk_agenda_wish(&examiner->agenda, enter_book(examiner), &wishes[i].release, wishes[i].size, n);
        leave_book(examiner);
    }
    free(wishes);
    if (!done) return jk_out_of_memory(error);
    examiner->wishes = seen;
    return JK_OK;
}

static bool take_due(struct jk_examiner *examiner, uint32_t n, struct jk_evidence_made *made)
{
    enum jk_taken taken = JK_TAKEN_NOT_YET;
    while (taken == JK_TAKEN_NOT_YET && !is_stopping(examiner)) {
        const struct jk_book *book = enter_book(examiner);
        taken = jk_agenda_take(&examiner->agenda, book, n, jk_monotonic_ms(), &made->due);
        if (taken == JK_TAKEN) made->before = jk_book_last_screening(book, made->due.release, n);
        leave_book(examiner);
    }
    jk_metrics_set(JK_METRIC_EVIDENCE_WAITING, examiner->agenda.count);
    made->at = n;
    return taken == JK_TAKEN;
}

/* ---- one release ---- */

struct challenged {
    struct jk_digest digest;
    struct jk_text text;
};

static enum jk_status fetch_challenge(void *context, struct jk_reader *reader, struct jk_error *error)
{
    struct challenged *challenged = context;
    return jk_blob_bytes(reader, &challenged->digest, &challenged->text, error);
}

static enum jk_status examine_attest(struct jk_examiner *examiner, const struct jk_examination *outside,
                                     struct jk_evidence_made *made, struct jk_text *text, struct jk_error *error)
{
    struct challenged challenged;
    jk_text_init(&challenged.text, JK_CHALLENGE_TEXT_MAX);
    challenged.digest = jk_book_attest(enter_book(examiner), made->due.attest)->sketches;
    leave_book(examiner);
    enum jk_status status =
        jk_store_read_own(examiner->store, fetch_challenge, &challenged, jk_monotonic_ms() + READ_MS, error);
    if (status == JK_OK)
        status = jk_examine_attest(outside, made->due.attest, made->at, jk_text_span(&challenged.text), &made->figures,
                                   text, error);
    jk_text_done(&challenged.text);
    return status;
}

static enum jk_status make_evidence(struct jk_examiner *examiner, struct jk_evidence_made *made, bool *out_written,
                                    struct jk_error *error)
{
    const struct jk_examination outside = {examiner,    enter_book,  leave_book, open_model,
                                           close_model, find_models, is_stopping};
    JK_CLEANUP(jk_text_done) struct jk_text text;
    int64_t begun_us = jk_monotonic_ms() * 1000;
    jk_text_init(&text, JK_EVIDENCE_TEXT_MAX);
    if (made->due.attest == JK_NONE)
        JK_TRY(jk_examine(&outside, made->due.release, made->at, &made->figures, &text, error));
    else
        JK_TRY(examine_attest(examiner, &outside, made, &text, error));
    jk_metrics_observe(JK_METRIC_EVIDENCE_SECONDS, 0, (uint64_t)(jk_monotonic_ms() * 1000 - begun_us));
    made->text = jk_text_span(&text);
    return jk_write_evidence(examiner->store, made, out_written, error);
}

static void tell_failure(struct jk_examiner *examiner, const struct jk_evidence_made *made,
                         const struct jk_error *error)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&jk_book_release(enter_book(examiner), made->due.release)->hash, hex);
    leave_book(examiner);
    jk_metrics_add(JK_METRIC_EVIDENCE_FAILED, 0, 0, 1);
    jk_log(JK_LOG_WARN, "evidence-failed", "release", hex, "reason", error->reason, "detail", error->message, NULL);
}

/* Puts it back into the queue, at its end: the next try lines up anew. Bytes that are damaged may be restored, which takes
 * a while; a text that is not sound stays so. */
static void put_back(struct jk_examiner *examiner, const struct jk_evidence_made *made, enum jk_status status)
{
    int64_t pause_ms = status == JK_DATA_LOSS ? DAMAGED_MS : RETRY_MS;
    if (status != JK_INVALID_ARGUMENT) jk_agenda_return(&examiner->agenda, &made->due, jk_monotonic_ms() + pause_ms);
}

/* ---- the thread ---- */

/* Does what there is to do next; how long to wait then. */
static int64_t step(struct jk_examiner *examiner)
{
    struct jk_evidence_made *made = calloc(1, sizeof *made);
    struct jk_error error;
    struct jk_view view;
    bool written = false;
    jk_error_init(&error, NULL);
    jk_store_view(examiner->store, &view);
    uint32_t n = view.size;
    jk_store_view_end(examiner->store);
    enum jk_status status = made ? enter_manifests(examiner, n, &error) : jk_out_of_memory(&error);
    if (status == JK_OK) status = look_at_log(examiner, n, &error);
    if (status == JK_OK) status = look_at_wishes(examiner, n, &error);
    if (status != JK_OK && !is_stopping(examiner))
        jk_log(JK_LOG_WARN, "evidence-delayed", "reason", error.reason, "detail", error.message, NULL);
    int64_t wait_ms = status == JK_OK ? LOOK_MS : RETRY_MS;
    if (status == JK_OK && take_due(examiner, n, made)) {
        status = make_evidence(examiner, made, &written, &error);
        wait_ms = status == JK_OK ? examiner->pause_ms : RETRY_MS;
        if (written) jk_metrics_add(JK_METRIC_EVIDENCE_MADE, 0, 0, 1);
        if (status != JK_OK && !is_stopping(examiner)) tell_failure(examiner, made, &error);
        if (status != JK_OK) put_back(examiner, made, status);
    } else if (status == JK_OK) {
        wait_ms = -LOOK_MS;
    }
    free(made);
    return wait_ms;
}

/* A negative time ends early when the log grows. */
static void rest(struct jk_examiner *examiner, int64_t wait_ms)
{
    int64_t now_ms = jk_monotonic_ms(), soonest_ms = now_ms + LEAST_MS;
    int64_t until_ms = now_ms + (wait_ms < 0 ? -wait_ms : wait_ms);
    pthread_mutex_lock(&examiner->lock);
    while (!is_stopping(examiner) && jk_monotonic_ms() < until_ms) {
        if (wait_ms < 0 && examiner->grown) until_ms = soonest_ms;
        (void)jk_condition_wait_until(&examiner->changed, &examiner->lock, until_ms);
    }
    examiner->grown = false;
    pthread_mutex_unlock(&examiner->lock);
}

static void *run_examiner(void *context)
{
    struct jk_examiner *examiner = context;
    (void)pthread_setname_np(pthread_self(), "jk-examiner");
    while (!is_stopping(examiner))
        rest(examiner, step(examiner));
    return NULL;
}

static void wake(struct jk_examiner *examiner)
{
    pthread_mutex_lock(&examiner->lock);
    examiner->grown = true;
    pthread_cond_broadcast(&examiner->changed);
    pthread_mutex_unlock(&examiner->lock);
}

static void log_grew(void *context, uint32_t size)
{
    (void)size;
    wake(context);
}

/* ---- start and stop ---- */

static void free_examiner(struct jk_examiner *examiner)
{
    pthread_mutex_destroy(&examiner->lock);
    pthread_cond_destroy(&examiner->changed);
    jk_manifests_free(examiner->manifests);
    jk_agenda_done(&examiner->agenda);
    free(examiner);
}

enum jk_status jk_examiner_start(struct jk_store *store, int64_t pause_ms, struct jk_examiner **out_examiner,
                                 struct jk_error *error)
{
    struct jk_examiner *examiner = calloc(1, sizeof *examiner);
    if (!examiner) return jk_out_of_memory(error);
    *examiner = (struct jk_examiner){.store = store, .pause_ms = pause_ms};
    pthread_mutex_init(&examiner->lock, NULL);
    jk_condition_init(&examiner->changed);
    examiner->manifests = jk_manifests_new(store);
    if (!examiner->manifests || pthread_create(&examiner->thread, NULL, run_examiner, examiner) != 0) {
        free_examiner(examiner);
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start the examiner's thread");
    }
    examiner->hook = (struct jk_growth_hook){.grown = log_grew, .context = examiner};
    jk_store_on_growth(store, &examiner->hook);
    *out_examiner = examiner;
    return JK_OK;
}

void jk_examiner_stop(struct jk_examiner *examiner)
{
    if (!examiner) return;
    jk_store_off_growth(examiner->store, &examiner->hook);
    atomic_store(&examiner->stopping, true);
    wake(examiner);
    pthread_join(examiner->thread, NULL);
    free_examiner(examiner);
}
