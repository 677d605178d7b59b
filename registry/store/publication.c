/* One publication: the folder's checkpoint is compared with our log, bundles and tiles are written, then the new
 * checkpoint, then superseded files are removed. Thread: the publisher's.
 *
 * Hashes come from the forest, a tile's worth at a time under the read lock, which is never held while files are
 * written; entries come from PostgreSQL over the publisher's own connection, and must hash to the tree's leaves.
 * Several servers may publish into one folder: each holds its lock while writing, and first checks how far the folder
 * has got. */
#include "base/clock.h"
#include "base/log.h"
#include "store/publisher.h"
#include "store/source.h"
#include "tiles/grow.h"

/* ---- where hashes and entries come from ---- */

static enum jk_status publish_hashes(void *context, unsigned level, uint64_t first, unsigned count,
                                     struct jk_digest *out_hashes, struct jk_error *error)
{
    struct jk_log_publisher *publisher = context;

    if (publisher->stopping && jk_monotonic_ms() >= publisher->stop_ms)
        return jk_fail(error, JK_CANCELLED, "STOPPING", "the server stops");
    jk_source_hashes(publisher->store, level, first, count, out_hashes);
    return JK_OK;
}

static enum jk_status fetch_entries(struct jk_log_publisher *publisher, unsigned wanted, struct jk_error *error)
{
    int connect_ms = publisher->stopping ? JK_PUBLISH_LAST_MS / 3 : JK_CONNECT_TIMEOUT_MS;
    uint64_t first = publisher->bundle_first + publisher->bundle_count;
    unsigned added = 0;
    enum jk_status status = jk_source_entries(&publisher->conn, first, wanted - publisher->bundle_count, connect_ms,
                                              &publisher->bundle, &added, error);

    publisher->bundle_count += added;
    return status;
}

static void forget_bundle(struct jk_log_publisher *publisher, uint64_t first)
{
    jk_text_clear(&publisher->bundle);
    publisher->bundle_first = first;
    publisher->bundle_count = 0;
}

static enum jk_status publish_entries(void *context, uint64_t first, unsigned count, struct jk_text *bundle,
                                      struct jk_error *error)
{
    struct jk_log_publisher *publisher = context;
    enum jk_status status = JK_OK;

    if (first != publisher->bundle_first || count < publisher->bundle_count || publisher->bundle.failed)
        forget_bundle(publisher, first);
    if (count > publisher->bundle_count) status = fetch_entries(publisher, count, error);
    if (status == JK_OK) jk_text_add(bundle, jk_text_span(&publisher->bundle));
    if (status != JK_OK || count == JK_TILE_WIDTH) forget_bundle(publisher, 0);
    return status;
}

/* ---- the folder's checkpoint against our log ---- */

/* Either another server was faster or the database was rolled back: its head, read after the folder, tells which. */
static enum jk_status check_ahead(struct jk_log_publisher *publisher, struct jk_error *error)
{
    struct jk_store *store = publisher->store;
    uint64_t there = publisher->public.checkpoint.size, held;

    /* whether the primary has as much as the folder says */
    struct jk_query query;
    struct jk_head head;
    JK_TRY(jk_conn_up(&publisher->conn, JK_CONNECT_TIMEOUT_MS, error));
    JK_TRY(jk_load_head(&publisher->conn, &query, &head, error));
    held = head.size;
    jk_queries_done(&query, 1);

    if (held < there) return jk_public_rolled_back(store, &publisher->public, held, error);
    if (there > store->heard_size) store->heard_size = there;
    jk_mailbox_nudge(store->writes);
    return jk_fail(error, JK_ABORTED, "CHECKPOINT_AHEAD", "another server published %llu entries",
                   (unsigned long long)there);
}

static enum jk_status check_public(struct jk_log_publisher *publisher, struct jk_error *error)
{
    JK_TRY(jk_published_read(publisher->folder, &publisher->public, error));
    if (!publisher->public.present) return JK_OK;
    JK_TRY(jk_public_check(publisher->store, &publisher->public, error));
    return publisher->public.checkpoint.size <= publisher->store->size ? JK_OK : check_ahead(publisher, error);
}

/* ---- one publication ---- */

enum jk_status jk_publication_note(struct jk_log_publisher *publisher, struct jk_error *error)
{
    struct jk_store *store = publisher->store;
    struct jk_span body, signatures;

    jk_text_clear(&publisher->note);
    pthread_mutex_lock(&store->publish_lock);
    jk_text_add(&publisher->note, (struct jk_span){store->checkpoint, store->checkpoint_len});
    pthread_mutex_unlock(&store->publish_lock);
    JK_TRY(jk_note_open(jk_text_span(&publisher->note), &body, &signatures, error));
    return jk_checkpoint_parse(body, &publisher->checkpoint, error);
}

/* The lines that witnesses gave for this size, after the note's own. Lines that are not signatures are dropped. */
static void add_cosignatures(struct jk_log_publisher *publisher)
{
    struct jk_store *store = publisher->store;
    struct jk_span body, signatures;
    size_t len = publisher->note.len;
    struct jk_error error;

    pthread_mutex_lock(&store->publish_lock);
    if (store->cosigned_size == publisher->checkpoint.size)
        jk_text_add(&publisher->note, jk_text_span(&store->cosigned));
    store->cosigned_new = false;
    pthread_mutex_unlock(&store->publish_lock);
    jk_error_init(&error, NULL);
    if (!publisher->note.failed && jk_note_open(jk_text_span(&publisher->note), &body, &signatures, &error) == JK_OK)
        return;
    jk_log(JK_LOG_WARN, "cosignatures-dropped", "detail", error.message, NULL);
    publisher->note.failed = false;
    publisher->note.len = len;
}

static enum jk_status grow_folder(struct jk_log_publisher *publisher, uint64_t old_size, struct jk_error *error)
{
    const struct jk_grow_source source = {.hashes = publish_hashes, .entries = publish_entries, .context = publisher};
    uint64_t size = publisher->checkpoint.size;

    if (!publisher->tidied) JK_TRY(jk_grow_tidy(publisher->folder, old_size, error));
    publisher->tidied = true;
    if (old_size < size) JK_TRY(jk_grow(publisher->folder, &source, old_size, size, error));
    JK_TRY(jk_public_put_keys(publisher->store, publisher->folder, size, error));
    add_cosignatures(publisher);
    JK_TRY(jk_published_put(publisher->folder, jk_text_span(&publisher->note), error));
    return jk_grow_sweep(publisher->folder, old_size, size, error);
}

enum jk_status jk_publication(struct jk_log_publisher *publisher, struct jk_error *error)
{
    uint64_t old_size;
    enum jk_status status;

    JK_TRY(jk_publication_note(publisher, error));
    JK_TRY(jk_folder_lock(publisher->folder, JK_PUBLISH_LOCK_MS, error));
    status = check_public(publisher, error);
    if (status == JK_OK) {
        old_size = publisher->public.present ? publisher->public.checkpoint.size : 0;
        status = old_size <= publisher->checkpoint.size
                     ? grow_folder(publisher, old_size, error)
                     : jk_fail(error, JK_ABORTED, "CHECKPOINT_AHEAD", "the note was taken too early");
    }
    jk_folder_unlock(publisher->folder);
    if (status != JK_OK) publisher->tidied = false; /* something may have been left behind */
    return status;
}
