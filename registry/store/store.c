/* The port (store.h): start, stop, and what callers' threads may do without waiting. The order of start: lock the data
 * directory, connect, schema, head or new log, key, guard copy, load, threads. */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/condition.h"
#include "store/clock.h"
#include "store/files.h"
#include "store/keyfile.h"
#include "store/state.h"
#include "tlog/receipt.h"

#define CONNECT_MS 30000

/* ---- making and freeing ---- */

static char *copy_option(const char *text)
{
    char *copy = strdup(text);

    JK_CHECK(copy != NULL); /* at start: nothing to save */
    return copy;
}

static char *path_in(const char *folder, const char *name)
{
    size_t len = strlen(folder) + strlen(name) + 2;
    char *path = malloc(len);

    JK_CHECK(path != NULL);
    (void)snprintf(path, len, "%s/%s", folder, name);
    return path;
}

static struct jk_store *make_store(const struct jk_store_options *options)
{
    struct jk_store *store = calloc(1, sizeof(*store));

    JK_CHECK(store != NULL);
    store->lock_fd = store->listener_wake = -1;
    store->guard.fd = -1;
    store->database = copy_option(options->database);
    store->data_dir = copy_option(options->data_dir);

    char *path = options->key_file ? copy_option(options->key_file) : path_in(options->data_dir, "log.key");
    jk_signkeys_init(&store->keys, path);
    free(path);

    store->public_dir = options->public_dir ? copy_option(options->public_dir) : path_in(options->data_dir, "public");
    store->guard_path = path_in(options->data_dir, "checkpoint.guard");
    store->purpose = options->purpose ? copy_option(options->purpose) : NULL;
    store->after = options->after ? copy_option(options->after) : NULL;
    store->origin = options->origin ? copy_option(options->origin) : NULL;
    store->reader_count = options->readers;
    store->batch_max = options->batch_max;
    jk_timekeeper_init(&store->time, options->clocks, path_in(options->data_dir, "clock.stop"));

    pthread_rwlockattr_t rwlock;
    /* Writers first: otherwise a steady stream of readers would starve the sequencer. */
    pthread_rwlockattr_init(&rwlock);
    pthread_rwlockattr_setkind_np(&rwlock, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&store->lock, &rwlock);
    pthread_rwlockattr_destroy(&rwlock);
    jk_condition_init(&store->published);
    pthread_mutex_init(&store->publish_lock, NULL);
    pthread_mutex_init(&store->certify_lock, NULL);

    store->book = jk_book_new();
    store->cube = jk_cube_new();
    store->forest = jk_forest_new();
    store->directory = jk_directory_new();
    store->writes = jk_mailbox_new(JK_SEQUENCER_BOX);
    store->jobs = jk_mailbox_new(JK_READER_BOX);
    store->closing_jobs = jk_mailbox_new(JK_READER_BOX);
    JK_CHECK(store->book && store->cube && store->forest && store->directory && store->writes && store->jobs &&
             store->closing_jobs);
    jk_edge_init(&store->edge);
    jk_text_init(&store->cosigned, JK_NOTE_MAX);
    return store;
}

/* ---- start ---- */

static enum jk_status check_store_options(const struct jk_store_options *options, struct jk_error *error)
{
    if (options->readers < 1 || options->readers > JK_READERS_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "OPTION", "readers is %u: give 1 to %d", options->readers,
                       JK_READERS_MAX);
    if (options->batch_max < 1 || options->batch_max > JK_BATCH_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "OPTION", "batch_max is %u: give 1 to %d", options->batch_max,
                       JK_BATCH_MAX);
    if (options->origin && !jk_note_name_valid(jk_span_of(options->origin)))
        return jk_fail(
            error, JK_INVALID_ARGUMENT, "ORIGIN",
            "the origin \"%.80s\" is not a valid key name: give a URL without scheme, without spaces and '+'",
            options->origin);
    return JK_OK;
}

static enum jk_status prepare_schema(struct jk_store *store, bool migrate, struct jk_error *error)
{
    struct jk_conn plain;
    enum jk_status status;

    jk_conn_init(&plain, store->database, JK_CONN_PLAIN);
    status = jk_conn_wait(&plain, jk_monotonic_ms() + CONNECT_MS, error);
    if (status == JK_OK) status = jk_migrate(&plain, migrate, error);
    if (status == JK_OK && !migrate) status = jk_grants_check(&plain, error);
    jk_conn_drop(&plain);
    return status;
}

/* The keys' name is the log's origin; if none was asked for, it is taken from the key. */
static enum jk_status check_keys(struct jk_store *store, struct jk_error *error)
{
    for (size_t i = 0; i < JK_KEY_FILES; i++) {
        const char *name = store->keys.held[i] ? jk_signer_verifier(store->keys.held[i])->name : NULL;

        if (!name) continue;
        if (!store->origin) store->origin = copy_option(name);
        if (strcmp(name, store->origin) != 0)
            return jk_fail(error, JK_FAILED_PRECONDITION, "KEY_FILE",
                           "the signing key %s is for \"%s\", not for the origin \"%s\"", store->keys.paths[i], name,
                           store->origin);
    }
    return JK_OK;
}

/* A log that is still empty: its key is made here, unless the operator supplied one. If a race is lost, no key is left
 * behind. */
static enum jk_status begin_log(struct jk_store *store, struct jk_conn *writer, const struct jk_published *published,
                                struct jk_error *error)
{
    struct jk_signer *signer = NULL;
    struct jk_error failure;
    enum jk_status status;
    bool made = false;

    if (store->guard.note_len > 0)
        return jk_fail(
            error, JK_FAILED_PRECONDITION, "LOG_ROLLED_BACK",
            "the database is empty, but %s guards a log: restore its backup, replay the published log (jokbod "
            "recover --from DIR|URL), or give a new data directory",
            store->guard_path);
    if (published->present)
        return jk_fail(
            error, JK_FAILED_PRECONDITION, "LOG_ROLLED_BACK",
            "the database is empty, but %s holds a log of %llu entries: restore its backup, replay it (jokbod "
            "recover --from %s), or give another folder with --public",
            store->public_dir, (unsigned long long)published->checkpoint.size, store->public_dir);
    jk_error_init(&failure, NULL);
    status = jk_keyfile_load(store->keys.paths[0], &signer, &failure);
    if (status == JK_NOT_FOUND) {
        jk_error_init(&failure, NULL);
        JK_TRY(store->origin ? jk_keyfile_make(store->keys.paths[0], jk_span_of(store->origin), &signer, error)
                             : jk_keyfile_make_local(store->keys.paths[0], &signer, error));
        made = true;
    } else if (status != JK_OK) {
        return jk_fail(error, status, failure.reason, "%s", failure.message);
    }
    JK_TRY(jk_signkeys_take(&store->keys, 0, signer, error));
    JK_TRY(check_keys(store, error));
    status = jk_init_log(store, writer, &failure);
    if (status == JK_OK) return JK_OK;
    if (status != JK_ALREADY_EXISTS) return jk_fail(error, status, failure.reason, "%s", failure.message);
    if (!made) return JK_OK; /* with the operator's key: either it is the log's, or jk_load says that it is not */
    (void)unlink(store->keys.paths[0]);
    return jk_fail(error, JK_FAILED_PRECONDITION, "KEY_FILE_ABSENT",
                   "another server has just created the log: copy its key file to %s", store->keys.paths[0]);
}

enum jk_status jk_store_load_key(struct jk_store *store, struct jk_error *error)
{
    struct jk_error failure;
    enum jk_status status;

    jk_error_init(&failure, NULL);
    status = jk_signkeys_read(&store->keys, &failure);
    if (status == JK_NOT_FOUND)
        return jk_fail(error, JK_FAILED_PRECONDITION, "KEY_FILE_ABSENT",
                       "the log has entries, and there is no signing key %s: copy the key file from the first server",
                       store->keys.paths[0]);
    if (status != JK_OK) return jk_fail(error, status, failure.reason, "%s", failure.message);
    return check_keys(store, error);
}

enum jk_status jk_store_join_log(struct jk_store *store, const struct jk_head *head, struct jk_error *error)
{
    JK_TRY(jk_clock_check_origin(store, head->origin, error));
    if (store->origin && !jk_span_equal(head->origin, jk_span_of(store->origin)))
        return jk_fail(error, JK_FAILED_PRECONDITION, "ORIGIN",
                       "the database's log has the origin \"%.*s\", not \"%s\"", JK_SPAN_ARG(head->origin),
                       store->origin);
    if (!store->origin) {
        store->origin = strndup(head->origin.at, head->origin.len);
        JK_CHECK(store->origin != NULL);
    }
    return jk_store_load_key(store, error);
}

static enum jk_status open_log(struct jk_store *store, struct jk_conn *writer, const struct jk_published *published,
                               struct jk_error *error)
{
    struct jk_query query;
    struct jk_head head;
    struct jk_error failure;
    enum jk_status status;

    jk_error_init(&failure, NULL);
    status = jk_load_head(writer, &query, &head, &failure);
    if (status == JK_NOT_FOUND) return begin_log(store, writer, published, error);
    if (status != JK_OK) return jk_fail(error, status, failure.reason, "%s", failure.message);
    status = jk_store_join_log(store, &head, error);
    jk_queries_done(&query, 1);
    return status;
}

static enum jk_status start_all(struct jk_store *store, int64_t confirmed_us, struct jk_error *error)
{
    struct jk_published published;
    struct jk_conn writer;
    enum jk_status status;

    JK_TRY(jk_guard_open(&store->guard, store->guard_path, error));
    jk_published_init(&published);
    status = jk_public_read(store->public_dir, &published, error);
    jk_conn_init(&writer, store->database, JK_CONN_WRITER);
    if (status == JK_OK) status = jk_conn_wait(&writer, jk_monotonic_ms() + CONNECT_MS, error);
    if (status == JK_OK) status = open_log(store, &writer, &published, error);
    if (status == JK_OK) status = jk_load(store, &writer, &published, error);
    if (status == JK_OK) status = jk_clock_check_purpose(store, error);
    if (status == JK_OK) status = jk_timekeeper_start(store, &writer, confirmed_us, error);
    jk_conn_drop(&writer);
    jk_published_done(&published);
    if (status == JK_OK) (void)jk_signkeys_tidy(&store->keys, store->book);
    JK_TRY(status);

    store->healthy = true;
    JK_TRY(jk_sequencer_start(store, error));
    JK_TRY(jk_readers_start(store, error));
    JK_TRY(jk_listener_start(store, error));
    JK_TRY(jk_warden_start(store, error));
    JK_TRY(jk_publisher_start(store, error));
    return jk_proofreader_start(store, error);
}

enum jk_status jk_store_begin(const struct jk_store_options *options, struct jk_store **out_store,
                              struct jk_error *error)
{
    struct jk_store *store;
    enum jk_status status;

    jk_digest_setup();
    JK_TRY(check_store_options(options, error));
    store = make_store(options);
    status = jk_data_dir_lock(store->data_dir, "/lock", &store->lock_fd, error);
    if (status == JK_OK) status = prepare_schema(store, options->migrate, error);
    if (status == JK_OK)
        *out_store = store;
    else
        jk_store_stop(store);
    return status;
}

enum jk_status jk_store_start(const struct jk_store_options *options, struct jk_store **out_store,
                              struct jk_error *error)
{
    struct jk_store *store;
    enum jk_status status;

    JK_TRY(jk_store_begin(options, &store, error));
    status = start_all(store, options->confirmed_us, error);
    if (status == JK_OK)
        *out_store = store;
    else
        jk_store_stop(store);
    return status;
}

void jk_store_stop(struct jk_store *store)
{
    if (!store) return;
    store->stopping = true;
    jk_mailbox_close(store->writes);
    jk_sequencer_stop(store);
    jk_mailbox_close(store->jobs);
    jk_mailbox_close(store->closing_jobs);
    jk_readers_stop(store);
    jk_listener_stop(store);
    jk_proofreader_stop(store);
    jk_publisher_stop(store);
    jk_warden_stop(store); /* late: those that stop before it may have to wait for a frozen server, too */
    if (store->size > 0) (void)jk_signkeys_tidy(&store->keys, store->book);

    jk_guard_close(&store->guard);
    if (store->lock_fd >= 0) close(store->lock_fd);
    jk_signkeys_done(&store->keys);
    jk_timekeeper_done(&store->time);
    jk_mailbox_free(store->writes);
    jk_mailbox_free(store->jobs);
    jk_mailbox_free(store->closing_jobs);
    jk_directory_free(store->directory);
    jk_cube_free(store->cube);
    jk_forest_free(store->forest);
    jk_book_free(store->book);
    pthread_mutex_destroy(&store->publish_lock);
    pthread_mutex_destroy(&store->certify_lock);
    pthread_cond_destroy(&store->published);
    pthread_rwlock_destroy(&store->lock);
    free(store->checkpoint);
    free(store->database);
    free(store->data_dir);
    free(store->public_dir);
    jk_text_done(&store->cosigned);
    jk_cosigned_done(&store->cosignatures);
    free(store->guard_path);
    free(store->purpose);
    free(store->after);
    free(store->origin);
    free(store);
}

/* ---- what callers do ---- */

void jk_store_view(struct jk_store *store, struct jk_view *out_view)
{
    pthread_rwlock_rdlock(&store->lock);
    *out_view = (struct jk_view){store->book, store->cube, store->forest, store->size};
}

void jk_store_view_end(struct jk_store *store)
{
    pthread_rwlock_unlock(&store->lock);
}

struct jk_directory *jk_store_directory(struct jk_store *store)
{
    return store->directory;
}

/* Under publish_lock. */
static struct jk_span newest_note(const struct jk_store *store)
{
    const struct jk_cosigned_note *cosigned = jk_cosigned_at(&store->cosignatures, store->checkpoint_size);

    return cosigned ? jk_text_span(&cosigned->note) : (struct jk_span){store->checkpoint, store->checkpoint_len};
}

enum jk_status jk_store_checkpoint(struct jk_store *store, struct jk_arena *arena, struct jk_span *out_note,
                                   struct jk_error *error)
{
    struct jk_span note;

    pthread_mutex_lock(&store->publish_lock);
    note = newest_note(store);
    note.at = jk_arena_copy(arena, note.at, note.len);
    pthread_mutex_unlock(&store->publish_lock);
    if (!note.at) return jk_out_of_memory(error);
    *out_note = note;
    return JK_OK;
}

static enum jk_status not_cosigned(struct jk_error *error)
{
    error->retry_ms = 1000;
    return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_COSIGNED",
                   "No witness has cosigned a checkpoint of this log here yet");
}

enum jk_status jk_store_checkpoint_cosigned(struct jk_store *store, struct jk_arena *arena, struct jk_span *out_note,
                                            struct jk_error *error)
{
    const struct jk_cosigned_note *best;
    struct jk_span note = {NULL, 0};

    pthread_mutex_lock(&store->publish_lock);
    best = jk_cosigned_best(&store->cosignatures);
    if (best) note = (struct jk_span){jk_arena_copy(arena, best->note.bytes, best->note.len), best->note.len};
    pthread_mutex_unlock(&store->publish_lock);
    if (!best) return not_cosigned(error);
    if (!note.at) return jk_out_of_memory(error);
    *out_note = note;
    return JK_OK;
}

uint64_t jk_store_published_size(const struct jk_store *store)
{
    return store->published_size;
}

/* Under both locks. */
static bool write_receipt(struct jk_store *store, uint64_t index, uint64_t size, struct jk_span note,
                          struct jk_text *out)
{
    struct jk_proof proof;

    if (index >= size || !jk_merkle_inclusion(jk_forest_read, store->forest, index, size, &proof)) return false;
    jk_receipt_write(index, &proof, note, out);
    return true;
}

static enum jk_status no_entry(uint64_t index, uint64_t size, struct jk_error *error)
{
    return jk_fail(error, JK_NOT_FOUND, "ENTRY_NOT_FOUND", "There is no entry %llu; the log has %llu",
                   (unsigned long long)index, (unsigned long long)size);
}

/* While the lock is held, forest and checkpoint match. */
static enum jk_status newest_receipt(struct jk_store *store, uint64_t index, bool bare, struct jk_text *out,
                                     struct jk_error *error)
{
    struct jk_span note;
    uint64_t size;
    bool proved;

    pthread_rwlock_rdlock(&store->lock);
    pthread_mutex_lock(&store->publish_lock);
    size = store->checkpoint_size;
    note = bare ? (struct jk_span){store->checkpoint, store->checkpoint_len} : newest_note(store);
    proved = write_receipt(store, index, size, note, out);
    pthread_mutex_unlock(&store->publish_lock);
    pthread_rwlock_unlock(&store->lock);
    if (proved) return out->failed ? jk_out_of_memory(error) : JK_OK;
    return no_entry(index, size, error);
}

enum jk_status jk_store_receipt(struct jk_store *store, uint64_t index, struct jk_text *out, struct jk_error *error)
{
    return newest_receipt(store, index, false, out, error);
}

enum jk_status jk_store_receipt_cosigned(struct jk_store *store, uint64_t index, struct jk_text *out,
                                         struct jk_error *error)
{
    const struct jk_cosigned_note *best;
    uint64_t size = 0, log_size;
    bool proved = false;

    pthread_rwlock_rdlock(&store->lock);
    pthread_mutex_lock(&store->publish_lock);
    log_size = store->checkpoint_size;
    best = jk_cosigned_best(&store->cosignatures);
    if (best) {
        size = best->size;
        proved = write_receipt(store, index, size, jk_text_span(&best->note), out);
    }
    pthread_mutex_unlock(&store->publish_lock);
    pthread_rwlock_unlock(&store->lock);
    if (proved) return out->failed ? jk_out_of_memory(error) : JK_OK;
    if (index >= log_size) return no_entry(index, log_size, error);
    if (size == 0) return not_cosigned(error);
    error->retry_ms = 1000;
    return jk_fail(
        error, JK_FAILED_PRECONDITION, "NOT_COSIGNED",
        "The newest checkpoint that witnesses cosigned has %llu entries, and does not include entry %llu yet",
        (unsigned long long)size, (unsigned long long)index);
}

static bool same_keys(const struct jk_store *store, uint32_t size)
{
    struct jk_text then, now;
    bool same;

    jk_text_init(&then, 0);
    jk_text_init(&now, 0);
    jk_signkeys_lines(store->book, size, &then);
    jk_signkeys_lines(store->book, store->size, &now);
    same = !then.failed && !now.failed && jk_span_equal(jk_text_span(&then), jk_text_span(&now));
    jk_text_done(&then);
    jk_text_done(&now);
    return same;
}

/* Ed25519 is deterministic: the same checkpoint gets the same signature, so it need not be kept. */
static bool sign_earlier(struct jk_store *store, uint64_t size, struct jk_text *out_note, struct jk_error *error)
{
    struct jk_checkpoint checkpoint = {.origin = jk_span_of(store->origin), .size = size};

    if (size == 0 || size >= store->size || store->keys.count == 0 || !same_keys(store, (uint32_t)size)) return false;
    if (!jk_merkle_root_at(jk_forest_read, store->forest, size, &checkpoint.root)) return false;
    return jk_checkpoint_sign(store->keys.signing, store->keys.count, &checkpoint, out_note, error) == JK_OK;
}

enum jk_status jk_store_receipt_at(struct jk_store *store, uint64_t index, uint64_t size, struct jk_text *out,
                                   struct jk_error *error)
{
    struct jk_proof proof;
    struct jk_error failure;
    struct jk_text note;
    bool proved;

    jk_error_init(&failure, NULL);
    jk_text_init(&note, JK_NOTE_MAX);
    pthread_rwlock_rdlock(&store->lock);
    proved = sign_earlier(store, size, &note, &failure) &&
             jk_merkle_inclusion(jk_forest_read, store->forest, index, size, &proof);
    pthread_rwlock_unlock(&store->lock);
    if (proved) jk_receipt_write(index, &proof, jk_text_span(&note), out);
    jk_text_done(&note);
    if (proved) return out->failed ? jk_out_of_memory(error) : JK_OK;
    return newest_receipt(store, index, true, out, error);
}

void jk_store_keys(struct jk_store *store, uint32_t size, struct jk_text *out_lines)
{
    pthread_rwlock_rdlock(&store->lock);
    jk_signkeys_lines(store->book, size < store->size ? size : store->size, out_lines);
    pthread_rwlock_unlock(&store->lock);
}

bool jk_store_is_healthy(struct jk_store *store)
{
    return store->healthy;
}

void jk_store_on_health(struct jk_store *store, void (*changed)(void *context, bool healthy), void *context)
{
    pthread_mutex_lock(&store->publish_lock);
    store->health_changed = changed;
    store->health_context = context;
    pthread_mutex_unlock(&store->publish_lock);
}

void jk_store_set_healthy(struct jk_store *store, bool healthy)
{
    void (*changed)(void *context, bool healthy);
    void *context;

    if (atomic_exchange(&store->healthy, healthy) == healthy) return;
    pthread_mutex_lock(&store->publish_lock);
    changed = store->health_changed;
    context = store->health_context;
    pthread_mutex_unlock(&store->publish_lock);
    if (changed) changed(context, healthy);
}

void jk_store_on_growth(struct jk_store *store, struct jk_growth_hook *hook)
{
    pthread_mutex_lock(&store->publish_lock);
    hook->next = store->growth_hooks;
    store->growth_hooks = hook;
    pthread_mutex_unlock(&store->publish_lock);
}

void jk_store_off_growth(struct jk_store *store, struct jk_growth_hook *hook)
{
    struct jk_growth_hook **at = &store->growth_hooks;

    pthread_mutex_lock(&store->publish_lock);
    while (*at && *at != hook)
        at = &(*at)->next;
    if (*at) *at = hook->next;
    pthread_mutex_unlock(&store->publish_lock);
}

bool jk_store_wait_size(struct jk_store *store, uint32_t size, int64_t deadline_ms)
{
    bool reached;

    pthread_mutex_lock(&store->publish_lock);
    while (!(reached = store->size >= size)) {
        if (!jk_condition_wait_until(&store->published, &store->publish_lock, deadline_ms)) break;
    }
    reached = reached || store->size >= size;
    pthread_mutex_unlock(&store->publish_lock);
    return reached;
}

void jk_store_stop_writes(struct jk_store *store)
{
    store->rolled_back = true;
}

bool jk_store_write(struct jk_store *store, struct jk_write *write)
{
    return jk_mailbox_put(store->writes, &write->mail);
}

size_t jk_store_write_backlog(struct jk_store *store)
{
    return jk_mailbox_length(store->writes);
}

bool jk_store_is_writing(struct jk_store *store)
{
    return atomic_load(&store->writing) || jk_mailbox_length(store->writes) > 0;
}

size_t jk_store_read_backlog(struct jk_store *store)
{
    return jk_mailbox_length(store->jobs);
}

bool jk_store_read(struct jk_store *store, struct jk_job *job)
{
    return jk_mailbox_put(job->closing ? store->closing_jobs : store->jobs, &job->mail);
}
