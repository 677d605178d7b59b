/* The publisher: a thread that makes files of what was committed. It follows the newest checkpoint.
 *
 *   WAITING --something new, 100 ms over--> PUBLISHING --done--> WAITING
 *      ^                                        |  |
 *      +--- back-off, 100 ms to 5 s <--cannot---+  +--contradiction--> STOPPED (alarm; writes are refused from then on)
 *
 * One publication is publication.c's. When the server stops, what is left is published first. */
#include "store/publisher.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/log.h"

#define EVERY_MS       100 /* at most 10 publications a second */
#define BACKOFF_MAX_MS 5000
#define LOOK_MS        1000
#define START_LOCK_MS  10000

/* ---- what other threads are told ---- */

/* The flag is cleared in any case: if the note is not the published one yet, its publication sets it again. */
static void tell_published(struct jk_log_publisher *publisher)
{
    struct jk_store *store = publisher->store;
    jk_published_fn *published = NULL;
    struct jk_error error;
    void *context = NULL;

    pthread_mutex_lock(&store->publish_lock);
    if (store->tell_published && store->published_size > 0) {
        published = store->published_fn;
        context = store->published_context;
        store->tell_published = false;
    }
    pthread_mutex_unlock(&store->publish_lock);
    if (!published) return;
    jk_error_init(&error, NULL);
    if (publisher->checkpoint.size != store->published_size && jk_publication_note(publisher, &error) != JK_OK) return;
    if (publisher->checkpoint.size != store->published_size) return;
    pthread_mutex_lock(&store->publish_lock);
    jk_cosigned_publish(&store->cosignatures, publisher->checkpoint.size, jk_text_span(&publisher->note));
    pthread_mutex_unlock(&store->publish_lock);
    published(context, publisher->checkpoint.size, jk_text_span(&publisher->note));
}

static void log_failure(struct jk_log_publisher *publisher, enum jk_status status, const struct jk_error *error)
{
    if (status == JK_DATA_LOSS || status == JK_FAILED_PRECONDITION) {
        publisher->store->publication_stopped = true;
        jk_log(JK_LOG_ERROR, "publication-stopped", "reason", error->reason, "detail", error->message, "way_out",
               "writes are refused until this is repaired and the server restarted", NULL);
        return;
    }
    if (strcmp(error->reason, publisher->refusal) == 0) return;
    (void)snprintf(publisher->refusal, sizeof(publisher->refusal), "%s", error->reason);
    jk_log(JK_LOG_WARN, "publication-failed", "reason", error->reason, "detail", error->message, NULL);
}

static void publish_once(struct jk_log_publisher *publisher)
{
    int64_t began_ms = jk_monotonic_ms(), wait_ms = EVERY_MS;
    struct jk_error error;
    enum jk_status status;

    jk_error_init(&error, NULL);
    status = jk_publication(publisher, &error);
    if (status == JK_OK) {
        publisher->failures = 0;

        if (publisher->refusal[0]) jk_log(JK_LOG_INFO, "publication-resumed", "after", publisher->refusal, NULL);
        publisher->refusal[0] = '\0';
        jk_log(JK_LOG_DEBUG, "published", "size", jk_log_i64((int64_t)publisher->checkpoint.size), NULL);

        struct jk_store *store = publisher->store;
        uint64_t size = publisher->checkpoint.size;
        pthread_mutex_lock(&store->publish_lock);
        if (size > store->published_size) store->tell_published = true;
        store->published_size = size;
        store->behind_since_ms = store->size > size ? began_ms : 0;
        pthread_mutex_unlock(&store->publish_lock);
    } else if (status != JK_ABORTED && status != JK_CANCELLED) {
        log_failure(publisher, status, &error);
        for (unsigned i = 0; i < publisher->failures && wait_ms < BACKOFF_MAX_MS; i++)
            wait_ms *= 2;
        publisher->failures++;
    }
    publisher->next_ms = began_ms + (wait_ms < BACKOFF_MAX_MS ? wait_ms : BACKOFF_MAX_MS);
}

/* ---- the thread ---- */

static bool is_due(const struct jk_log_publisher *publisher)
{
    const struct jk_store *store = publisher->store;

    return jk_monotonic_ms() >= publisher->next_ms && (store->size > store->published_size || store->cosigned_new);
}

static void *run_publisher(void *context)
{
    struct jk_log_publisher *publisher = context;
    struct jk_store *store = publisher->store;

    (void)pthread_setname_np(pthread_self(), "jk-publisher");
    while (!publisher->stopping && !store->publication_stopped) {
        /* until there is something to do, or for a second */
        int64_t deadline_ms = jk_monotonic_ms() + LOOK_MS, until_ms = deadline_ms;
        pthread_mutex_lock(&store->publish_lock);
        while (!publisher->stopping && !is_due(publisher) && !(store->tell_published && store->published_size > 0) &&
               jk_monotonic_ms() < deadline_ms) {
            int64_t now_ms = jk_monotonic_ms();

            until_ms =
                now_ms < publisher->next_ms && publisher->next_ms < deadline_ms ? publisher->next_ms : deadline_ms;
            (void)jk_condition_wait_until(&store->published, &store->publish_lock, until_ms);
        }
        pthread_mutex_unlock(&store->publish_lock);

        if (publisher->stopping) break;
        if (is_due(publisher)) publish_once(publisher);
        tell_published(publisher);
    }

    if (!store->publication_stopped && store->size > store->published_size) {
        publisher->conn.next_ms = 0;
        publish_once(publisher);
        if (store->size > store->published_size)
            jk_log(JK_LOG_WARN, "publication-behind", "published", jk_log_i64((int64_t)store->published_size), "size",
                   jk_log_i64(store->size), NULL);
    }

    jk_conn_drop(&publisher->conn);
    return NULL;
}

/* The folder's size, and who cosigned it; start has already compared it with the log. */
static enum jk_status find_size(struct jk_log_publisher *publisher, struct jk_error *error)
{
    struct jk_store *store = publisher->store;
    struct jk_error unsigned_by_us;

    JK_TRY(jk_published_read(publisher->folder, &publisher->public, error));
    if (!publisher->public.present || publisher->public.checkpoint.size > store->size) return JK_OK;
    store->published_size = publisher->public.checkpoint.size;
    jk_error_init(&unsigned_by_us, NULL);
    if (jk_public_is_signed(store, jk_text_span(&publisher->public.note), &unsigned_by_us))
        jk_cosigned_publish(&store->cosignatures, store->published_size, jk_text_span(&publisher->public.note));
    if (store->published_size == store->size) store->behind_since_ms = 0;
    return JK_OK;
}

enum jk_status jk_publisher_start(struct jk_store *store, struct jk_error *error)
{
    struct jk_log_publisher *publisher = calloc(1, sizeof(*publisher));

    JK_CHECK(publisher != NULL); /* at start: nothing to save */
    publisher->store = store;
    store->publisher = publisher;
    jk_conn_init(&publisher->conn, store->database, JK_CONN_READER);
    jk_published_init(&publisher->public);
    jk_text_init(&publisher->note, JK_NOTE_MAX);
    jk_text_init(&publisher->bundle, 0);

    enum jk_status status;
    JK_TRY(jk_folder_open(publisher->store->public_dir, true, &publisher->folder, error));
    JK_TRY(jk_folder_lock(publisher->folder, START_LOCK_MS, error));
    status = jk_public_put_keys(publisher->store, publisher->folder, publisher->store->size, error);
    if (status == JK_OK) status = find_size(publisher, error);
    jk_folder_unlock(publisher->folder);
    JK_TRY(status);

    if (pthread_create(&publisher->thread, NULL, run_publisher, publisher) != 0)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start the publisher's thread");
    publisher->started = true;
    return JK_OK;
}

void jk_publisher_stop(struct jk_store *store)
{
    struct jk_log_publisher *publisher = store->publisher;

    if (!publisher) return;
    publisher->stop_ms = jk_monotonic_ms() + JK_PUBLISH_LAST_MS;
    publisher->stopping = true;

    pthread_mutex_lock(&store->publish_lock);
    pthread_cond_broadcast(&store->published);
    pthread_mutex_unlock(&store->publish_lock);

    if (publisher->started) pthread_join(publisher->thread, NULL);
    jk_conn_drop(&publisher->conn);
    jk_published_done(&publisher->public);
    jk_text_done(&publisher->note);
    jk_text_done(&publisher->bundle);
    jk_folder_close(publisher->folder);
    free(publisher);
    store->publisher = NULL;
}

/* ---- the port ---- */

const char *jk_store_public_dir(struct jk_store *store)
{
    return store->public_dir;
}

void jk_store_publish_state(struct jk_store *store, struct jk_publish_state *out_state)
{
    int64_t now_ms = jk_monotonic_ms();

    pthread_mutex_lock(&store->publish_lock);
    *out_state = (struct jk_publish_state){.size = store->published_size,
                                           .lag_ms = store->behind_since_ms ? now_ms - store->behind_since_ms : 0,
                                           .unread_ms = now_ms - store->reread_since_ms,
                                           .stopped = store->publication_stopped};
    pthread_mutex_unlock(&store->publish_lock);
}

void jk_store_on_published(struct jk_store *store, jk_published_fn *published, void *context)
{
    pthread_mutex_lock(&store->publish_lock);
    store->published_fn = published;
    store->published_context = context;
    store->tell_published = true;
    pthread_cond_broadcast(&store->published);
    pthread_mutex_unlock(&store->publish_lock);
}

void jk_store_cosign(struct jk_store *store, uint64_t size, struct jk_span lines)
{
    pthread_mutex_lock(&store->publish_lock);
    (void)jk_cosigned_add(&store->cosignatures, size, lines);
    if (size >= store->published_size) {
        if (store->cosigned_size != size) jk_text_clear(&store->cosigned);
        store->cosigned_size = size;
        jk_text_add(&store->cosigned, lines);
        store->cosigned_new = true;
        pthread_cond_broadcast(&store->published);
    }
    pthread_mutex_unlock(&store->publish_lock);
}

void jk_store_cosigned(struct jk_store *store, uint64_t size)
{
    pthread_mutex_lock(&store->publish_lock);
    jk_cosigned_set_quorum(&store->cosignatures, size);
    pthread_mutex_unlock(&store->publish_lock);
}
