/* See held_catch_up.h. */
#include "service/records/held_catch_up.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/defer.h"
#include "base/log.h"
#include "domain/manifest.h"
#include "service/records/blob.h"
#include "service/records/held.h"

#define AT_ONCE       64          /* manifests in a write */
#define BYTES_AT_ONCE (64u << 20) /* bytes of theirs: enough for one write */
#define READ_MS       60000
#define RETRY_MS      1000
#define STOP_LOOK_MS  50

struct jk_held_catch_up {
    struct jk_store *store;
    pthread_t thread;
    atomic_bool stopping;
    struct jk_digest *manifests;
    size_t count;
};

struct looked_at {
    struct jk_digest digest;
    bool sound; /* its bytes are here, and are a manifest: `summary` is valid */
    struct jk_manifest_summary summary;
};

struct batch {
    struct looked_at manifests[AT_ONCE];
    size_t count;
    uint64_t bytes;
};

/* ---- reading ---- */

struct reading {
    struct batch *batch;
    const struct jk_digest *wanted;
    size_t count;
};

static enum jk_status look_at_manifest(struct jk_reader *reader, struct looked_at *manifest, uint64_t *bytes,
                                       struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    struct jk_error fault;
    char hex[JK_DIGEST_HEX + 1];
    jk_text_init(&text, JK_MANIFEST_MAX);
    jk_error_init(&fault, NULL);
    JK_TRY(jk_blob_bytes(reader, &manifest->digest, &text, error));
    *bytes += text.len;
    manifest->sound = jk_manifest_check(jk_text_span(&text), &manifest->summary, &fault) == JK_OK &&
                      jk_digest_equal(&manifest->summary.artifact, &manifest->digest);
    if (manifest->sound) return JK_OK;
    jk_digest_hex(&manifest->digest, hex);
    jk_log(JK_LOG_ERROR, "manifest-damaged", "sha256", hex, "detail", fault.message, NULL);
    return JK_OK;
}

static enum jk_status run_reading(void *context, struct jk_reader *reader, struct jk_error *error)
{
    const struct reading *reading = context;
    struct batch *batch = reading->batch;
    while (batch->count < reading->count && batch->count < AT_ONCE && batch->bytes < BYTES_AT_ONCE) {
        struct looked_at *manifest = &batch->manifests[batch->count];
        *manifest = (struct looked_at){.digest = reading->wanted[batch->count]};
        JK_TRY(look_at_manifest(reader, manifest, &batch->bytes, error));
        batch->count++;
    }
    return JK_OK;
}

/* ---- writing ---- */

struct noting {
    struct jk_own_write own; /* first */
    const struct batch *batch;
};

static enum jk_status note_one(struct jk_turn *turn, const struct looked_at *manifest, struct jk_error *error)
{
    struct jk_blob_facts facts;
    struct jk_record record;
    if (!manifest->sound || !jk_directory_blob_stored(turn->directory, &manifest->digest, &facts)) return JK_OK;
    if (!facts.files_known) {
        facts.weight_files = manifest->summary.weight_files;
        facts.files_known = true;
        if (!jk_record_blob(turn->arena, &facts, &record)) return jk_out_of_memory(error);
        JK_TRY(jk_turn_record(turn, &record, error));
    }
    return jk_held_note(turn, &manifest->digest, error);
}

static enum jk_status decide_held(struct jk_write *write, struct jk_turn *turn)
{
    const struct batch *batch = ((struct noting *)write)->batch;
    for (size_t i = 0; i < batch->count; i++)
        JK_TRY(note_one(turn, &batch->manifests[i], write->error));
    return JK_OK;
}

/* ---- the thread ---- */

static enum jk_status do_some(struct jk_held_catch_up *catch_up, struct batch *batch, size_t done,
                              struct jk_error *error)
{
    struct reading reading = {.batch = batch, .wanted = catch_up->manifests + done, .count = catch_up->count - done};
    struct noting noting = {.own.write.decide = decide_held, .batch = batch};
    batch->count = 0;
    batch->bytes = 0;
    JK_TRY(jk_store_read_own(catch_up->store, run_reading, &reading, jk_monotonic_ms() + READ_MS, error));
    return jk_store_write_own(catch_up->store, &noting.own, error);
}

static void *run_catch_up(void *context)
{
    struct jk_held_catch_up *catch_up = context;
    struct batch *batch = malloc(sizeof *batch);
    char count[24];
    size_t done = 0;
    (void)pthread_setname_np(pthread_self(), "jk-catch-up");
    while (batch && done < catch_up->count && !atomic_load(&catch_up->stopping)) {
        struct jk_error error;
        jk_error_init(&error, NULL);
        if (do_some(catch_up, batch, done, &error) == JK_OK) {
            done += batch->count;
            continue;
        }
        jk_log(JK_LOG_WARN, "held-catch-up-failed", "reason", error.reason, "detail", error.message, NULL);
        for (int64_t until_ms = jk_monotonic_ms() + RETRY_MS;
             jk_monotonic_ms() < until_ms && !atomic_load(&catch_up->stopping);)
            jk_sleep_ms(STOP_LOOK_MS);
    }
    free(batch);
    (void)snprintf(count, sizeof count, "%zu", done);
    jk_log(JK_LOG_INFO, "held-catch-up", "manifests", count, "complete", done == catch_up->count ? "yes" : "no", NULL);
    return NULL;
}

/* ---- start and stop ---- */

/* What was stored since was said, or waits for the release that it belongs to (blob.c). */
static bool is_unsaid(struct jk_directory *directory, const struct jk_digest *digest)
{
    struct jk_blob_facts facts;
    return jk_directory_blob_stored(directory, digest, &facts) && !facts.files_known;
}

static void free_catch_up(struct jk_held_catch_up *catch_up)
{
    free(catch_up->manifests);
    free(catch_up);
}

enum jk_status jk_held_catch_up_start(struct jk_store *store, struct jk_held_catch_up **out_catch_up,
                                      struct jk_error *error)
{
    struct jk_held_catch_up *catch_up = calloc(1, sizeof *catch_up);
    *out_catch_up = NULL;
    if (catch_up) catch_up->manifests = jk_directory_manifests(jk_store_directory(store), &catch_up->count);
    if (!catch_up || !catch_up->manifests) {
        free(catch_up);
        return jk_out_of_memory(error);
    }
    catch_up->store = store;
    size_t all = catch_up->count;
    catch_up->count = 0;
    for (size_t i = 0; i < all; i++)
        if (is_unsaid(jk_store_directory(catch_up->store), &catch_up->manifests[i]))
            catch_up->manifests[catch_up->count++] = catch_up->manifests[i];
    if (catch_up->count == 0) {
        free_catch_up(catch_up);
        return JK_OK;
    }
    if (pthread_create(&catch_up->thread, NULL, run_catch_up, catch_up) != 0) {
        free_catch_up(catch_up);
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start a thread");
    }
    *out_catch_up = catch_up;
    return JK_OK;
}

void jk_held_catch_up_stop(struct jk_held_catch_up *catch_up)
{
    if (!catch_up) return;
    atomic_store(&catch_up->stopping, true);
    pthread_join(catch_up->thread, NULL);
    free_catch_up(catch_up);
}
