/* The proofreader: reads again what was published. A disk that rots, or a hand that slips, changes files that nobody
 * writes any more; whoever asks for them would be the first to notice. Each bundle and tile is held against the tree
 * (a bundle's entries against its leaves), full ones and partial ones of earlier sizes too, and one that is wrong or
 * gone is made anew from the forest and PostgreSQL, with an alarm.
 *
 *   RESTING --published, not stopped--> READING one file when it is due --whole--> READING the next …
 *                                          |  ^                                       |
 *                                wrong     v  |  mended, or cannot be mended (alarm)  +--the last--> a new pass
 *                                       MENDING under the folder's lock
 *
 * One thread, a folder handle and a connection of its own (made when something is to be mended). How fast: reread.h. It
 * stands still while publication is stopped or the log was rolled back: then nobody knows who is right. The checkpoint
 * and the keys' file are the publisher's, which reads both at each publication. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/source.h"
#include "tiles/grow.h"
#include "tiles/reread.h"

#define REST_MS     1000
#define LOCK_MS     1000
#define LATE_MS     60000 /* a pass that is further behind continues from now instead of catching up */
#define AGAIN_MS    1000  /* after a failure, doubled this many times; then the file waits for the next pass */
#define TRIES       6
#define UNMENDED_MS 600000 /* what cannot be repaired is reported in each pass, but not more often than this */
#define UNREAD_MS   (INT64_C(24) * 3600 * 1000)

struct jk_proofreader {
    struct jk_store *store;
    struct jk_folder *folder;
    struct jk_conn conn;
    struct jk_published public;
    struct jk_text bytes;
    /* The pass. */
    uint64_t size, at, count; /* count 0: none has begun */
    int64_t began_ms, pass_ms, not_before_ms;
    unsigned tries; /* of this file */
    bool unmended;  /* something could not be repaired so far in this pass */
    /* The round: as many files as there are, from wherever it began. */
    uint64_t round_read;
    int64_t round_began_ms;
    bool late; /* it was logged that some file was not read for a day */
    char refusal[64];
    pthread_t thread;
    pthread_mutex_t lock; /* guards stopping */
    pthread_cond_t changed;
    bool stopping, started;
};

/* ---- where files come from ---- */

static enum jk_status proofread_hashes(void *context, unsigned level, uint64_t first, unsigned count,
                                       struct jk_digest *out_hashes, struct jk_error *error)
{
    struct jk_proofreader *reader = context;

    (void)error;
    jk_source_hashes(reader->store, level, first, count, out_hashes);
    return JK_OK;
}

static enum jk_status proofread_entries(void *context, uint64_t first, unsigned count, struct jk_text *bundle,
                                        struct jk_error *error)
{
    struct jk_proofreader *reader = context;
    unsigned added;

    return jk_source_entries(&reader->conn, first, count, JK_CONNECT_TIMEOUT_MS, bundle, &added, error);
}

static struct jk_grow_source source_of(struct jk_proofreader *reader)
{
    return (struct jk_grow_source){.hashes = proofread_hashes, .entries = proofread_entries, .context = reader};
}

/* ---- repairing ---- */

static void tell_damaged(const char *path, const struct jk_grow_found *found, const struct jk_error *why)
{
    char text[256];
    char hex[JK_DIGEST_HEX + 1];

    if (found->state == JK_GROW_ABSENT) {
        (void)snprintf(text, sizeof(text), "nothing");
    } else if (found->unreadable[0]) {
        (void)snprintf(text, sizeof(text), "%s", found->unreadable);
    } else {
        jk_digest_hex(&found->digest, hex);
        (void)snprintf(text, sizeof(text), "%zu bytes, sha256 %s", found->len, hex);
    }

    if (!why)
        jk_log(JK_LOG_ERROR, "tile-damaged", "file", path, "found", text, "mended", "yes", "advice",
               "find out what damages files here; caches in front of the server may have the damaged one", NULL);
    else
        jk_log(JK_LOG_ERROR, "tile-damaged", "file", path, "found", text, "mended", "no", "reason", why->reason,
               "detail", why->message, NULL);
}

/* Under the lock the folder does not change: is the file still wrong, and is it part of the log's size? One that only
 * another server's larger checkpoint needs is left to our next pass. */
static enum jk_status look_again(struct jk_proofreader *reader, const struct jk_tile *tile, bool needed,
                                 struct jk_error *error)
{
    struct jk_grow_source source = source_of(reader);
    struct jk_grow_found found;
    unsigned width;

    JK_TRY(jk_published_read(reader->folder, &reader->public, error));
    if (!reader->public.present || reader->public.checkpoint.size > reader->store->size) return JK_OK;
    JK_TRY(jk_public_check(reader->store, &reader->public, error));
    width = jk_tile_width_at(tile->level, tile->index, reader->public.checkpoint.size);
    if (tile->width != width && (width == JK_TILE_WIDTH || tile->width > width)) return JK_OK; /* already removed */
    JK_TRY(jk_grow_look(reader->folder, &source, tile, &reader->bytes, &found, error));
    if (found.state == JK_GROW_WHOLE || (found.state == JK_GROW_ABSENT && !needed && tile->width != width))
        return JK_OK;

    /* also well if it cannot be repaired here: the database's entry does not match the tree */
    char path[JK_TILE_PATH];
    struct jk_error why;
    enum jk_status status;

    jk_tile_path(tile, path);
    jk_error_init(&why, NULL);
    status = jk_grow_again(reader->folder, &source, tile, &why);
    if (reader->tries == 0) jk_metrics_add(JK_METRIC_TILES_DAMAGED, 0, 0, 1);
    if (status == JK_OK || status == JK_DATA_LOSS || reader->tries == 0)
        tell_damaged(path, &found, status == JK_OK ? NULL : &why);
    reader->unmended = reader->unmended || status == JK_DATA_LOSS;
    if (status == JK_OK || status == JK_DATA_LOSS) return JK_OK;
    return jk_fail(error, status, why.reason, "%s", why.message);
}

static enum jk_status mend(struct jk_proofreader *reader, const struct jk_tile *tile, bool needed,
                           struct jk_error *error)
{
    enum jk_status status;

    JK_TRY(jk_folder_lock(reader->folder, LOCK_MS, error));
    status = look_again(reader, tile, needed, error);
    jk_folder_unlock(reader->folder);
    return status;
}

/* ---- reading ---- */

/* `needed`: a log of this size has the file; otherwise it is a partial form of an earlier size, if it exists. */
static enum jk_status read_one(struct jk_proofreader *reader, const struct jk_tile *tile, bool needed,
                               struct jk_error *error)
{
    struct jk_grow_source source = source_of(reader);
    struct jk_grow_found found;

    JK_TRY(jk_grow_look(reader->folder, &source, tile, &reader->bytes, &found, error));
    if (found.state == JK_GROW_ABSENT && !needed) return JK_OK;
    jk_metrics_add(JK_METRIC_TILES_REREAD, 0, 0, 1);
    jk_metrics_add(JK_METRIC_TILES_REREAD_BYTES, 0, 0, found.len);
    reader->not_before_ms = jk_monotonic_ms() + jk_reread_rest_ms(found.len);
    return found.state == JK_GROW_WHOLE ? JK_OK : mend(reader, tile, needed, error);
}

/* A partial tile with its earlier forms. */
static enum jk_status read_all_forms(struct jk_proofreader *reader, const struct jk_tile *tile, struct jk_error *error)
{
    struct jk_tile earlier = *tile;

    if (tile->width < JK_TILE_WIDTH) {
        for (earlier.width = 1; earlier.width < tile->width; earlier.width++)
            JK_TRY(read_one(reader, &earlier, false, error));
    }
    return read_one(reader, tile, true, error);
}

static void next_file(struct jk_proofreader *reader)
{
    reader->at++;
    reader->tries = 0;
    if (++reader->round_read < reader->count) return;
    pthread_mutex_lock(&reader->store->publish_lock);
    reader->store->reread_since_ms = reader->round_began_ms;
    pthread_mutex_unlock(&reader->store->publish_lock);
    reader->round_began_ms = jk_monotonic_ms();
    reader->round_read = 0;
}

static void read_due(struct jk_proofreader *reader)
{
    struct jk_error error;
    struct jk_tile tile;
    enum jk_status status;

    jk_reread_tile(reader->size, reader->at, &tile);
    jk_error_init(&error, NULL);
    status = read_all_forms(reader, &tile, &error);
    if (status == JK_OK) {
        if (reader->refusal[0]) jk_log(JK_LOG_INFO, "proofreading-resumed", "after", reader->refusal, NULL);
        reader->refusal[0] = '\0';
        next_file(reader);
        return;
    }
    if (strcmp(error.reason, reader->refusal) != 0) {
        (void)snprintf(reader->refusal, sizeof(reader->refusal), "%s", error.reason);
        jk_log(JK_LOG_WARN, "proofreading-failed", "reason", error.reason, "detail", error.message, NULL);
    }
    if (++reader->tries == TRIES)
        next_file(reader);
    else
        reader->not_before_ms = jk_monotonic_ms() + (AGAIN_MS << (reader->tries - 1));
}

/* ---- the pass ---- */

static void begin_pass(struct jk_proofreader *reader, bool first)
{
    int64_t now_ms = jk_monotonic_ms();

    reader->size = reader->store->published_size;
    reader->count = jk_reread_count(reader->size);
    reader->pass_ms = jk_reread_pass_ms(jk_reread_bytes(reader->folder, reader->size));
    if (reader->unmended && reader->pass_ms < UNMENDED_MS) reader->pass_ms = UNMENDED_MS;
    reader->unmended = false;
    reader->at = first ? jk_reread_place(jk_now_us() / 1000, reader->count, reader->pass_ms) : 0;
    reader->began_ms = now_ms - jk_reread_due_ms(reader->at, reader->count, reader->pass_ms);
}

/* How long until the next file is due; 0: now. */
static int64_t until_next_ms(struct jk_proofreader *reader)
{
    int64_t now_ms = jk_monotonic_ms(), due_ms;

    if (reader->store->publication_stopped || reader->store->rolled_back || reader->store->published_size == 0)
        return REST_MS;
    if (reader->count == 0 || reader->at == reader->count) {
        due_ms = reader->count == 0 ? now_ms : reader->began_ms + reader->pass_ms;
        if (due_ms > now_ms) return due_ms - now_ms;
        begin_pass(reader, reader->count == 0);
    }
    due_ms = reader->began_ms + jk_reread_due_ms(reader->at, reader->count, reader->pass_ms);
    if (now_ms - due_ms > LATE_MS) reader->began_ms += now_ms - due_ms;
    if (due_ms < reader->not_before_ms) due_ms = reader->not_before_ms;
    return due_ms > now_ms ? due_ms - now_ms : 0;
}

static void *run_proofreader(void *context)
{
    struct jk_proofreader *reader = context;

    (void)pthread_setname_np(pthread_self(), "jk-proofreader");
    for (;;) {
        int64_t ms = until_next_ms(reader);

        if (jk_condition_rest(&reader->changed, &reader->lock, &reader->stopping, ms < REST_MS ? ms : REST_MS)) break;
        if (ms == 0) read_due(reader);

        int64_t unread_ms = jk_monotonic_ms() - reader->store->reread_since_ms;
        if (unread_ms <= UNREAD_MS)
            reader->late = false;
        else if (!reader->late)
            jk_log(JK_LOG_WARN, "proofreading-late", "unread_ms", jk_log_i64(unread_ms), "detail",
                   "some published files have not been checked again for a day", NULL);
        reader->late = unread_ms > UNREAD_MS;
    }
    jk_conn_drop(&reader->conn);
    return NULL;
}

/* ---- start and stop ---- */

enum jk_status jk_proofreader_start(struct jk_store *store, struct jk_error *error)
{
    struct jk_proofreader *reader = calloc(1, sizeof(*reader));

    if (!reader) return jk_out_of_memory(error);
    reader->store = store;
    store->proofreader = reader;
    jk_conn_init(&reader->conn, store->database, JK_CONN_READER);
    jk_published_init(&reader->public);
    jk_text_init(&reader->bytes, JK_GROW_BUNDLE_MAX);
    jk_condition_init(&reader->changed);
    pthread_mutex_init(&reader->lock, NULL);
    reader->round_began_ms = store->reread_since_ms = jk_monotonic_ms();
    JK_TRY(jk_folder_open(store->public_dir, true, &reader->folder, error));
    reader->started = pthread_create(&reader->thread, NULL, run_proofreader, reader) == 0;
    if (reader->started) return JK_OK;
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start the proofreader's thread");
}

void jk_proofreader_stop(struct jk_store *store)
{
    struct jk_proofreader *reader = store->proofreader;

    if (!reader) return;
    pthread_mutex_lock(&reader->lock);
    reader->stopping = true;
    pthread_cond_broadcast(&reader->changed);
    pthread_mutex_unlock(&reader->lock);
    if (reader->started) pthread_join(reader->thread, NULL);
    jk_folder_close(reader->folder);
    jk_published_done(&reader->public);
    jk_text_done(&reader->bytes);
    pthread_cond_destroy(&reader->changed);
    pthread_mutex_destroy(&reader->lock);
    free(reader);
    store->proofreader = NULL;
}
