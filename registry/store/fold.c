/* Applies what was committed, by us earlier or by other servers, to the book, the directory and the cube. Thread: the
 * sequencer, or start before there are threads. One applier, in index order. */
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "store/clock.h"
#include "store/state.h"
#include "tlog/rotation.h"

enum jk_status jk_fold_check_head(struct jk_store *store, const struct jk_head *head, struct jk_error *error)
{
    uint32_t size = store->size;

    if (!jk_span_equal(head->origin, jk_span_of(store->origin)))
        return jk_fail(
            error, JK_FAILED_PRECONDITION, "LOG_FOREIGN",
            "the database's log has the origin \"%.*s\", this server's is \"%s\": give this server the right database, "
            "or the key file and origin of the log's first server",
            (int)(head->origin.len < 120 ? head->origin.len : 120), head->origin.at, store->origin);
    if (head->size < size || head->record_version < store->record_version)
        return jk_fail(
            error, JK_FAILED_PRECONDITION, "LOG_ROLLED_BACK",
            "the database holds %llu entries, but %u were committed: it was rolled back; restore a backup that "
            "holds at least %u entries",
            (unsigned long long)head->size, size, size);
    return JK_OK;
}

enum jk_status jk_fold_check_keys(struct jk_store *store, const struct jk_head *head, struct jk_error *error)
{
    struct jk_verifier verifiers[JK_BOOK_KEYS];
    size_t count;

    if (!jk_signkeys_equal(store->book, (uint32_t)head->size, head->key))
        return jk_fail(error, JK_DATA_LOSS, "HEAD_DAMAGED",
                       "the keys in log_head are not those that the log's %llu entries name: restore the database from "
                       "a backup",
                       (unsigned long long)head->size);
    count = jk_signkeys_verifiers(store->book, (uint32_t)head->size, verifiers);
    return jk_head_verify(head, verifiers, count, error);
}

enum jk_status jk_fold_entry(struct jk_store *store, uint64_t index, struct jk_span bytes, struct jk_error *error)
{
    struct jk_digest leaf = jk_merkle_leaf(bytes);

    if (index != store->edge.size)
        return jk_fail(error, JK_DATA_LOSS, "LOG_GAP", "entry %llu is missing from the database",
                       (unsigned long long)store->edge.size);
    if (!jk_forest_reserve(store->forest, 1)) return jk_out_of_memory(error);

    /* what the book cannot check, since it does not verify signatures: each key was named by its predecessor */
    struct jk_entry entry;
    if (jk_span_starts(bytes, JK_SPAN("jokbo/entry/v1\nkind key\n"))) {
        JK_TRY(jk_entry_parse(bytes, &entry, error));
        if (!jk_rotation_verify(entry.previous, entry.key, entry.signature))
            return jk_fail(error, JK_DATA_LOSS, "KEY_UNVOUCHED",
                           "entry %llu names a new key without the previous key's signature",
                           (unsigned long long)index);
    }

    JK_TRY(jk_book_apply(store->book, bytes, error));
    jk_edge_append(&store->edge, &leaf);
    jk_forest_append(store->forest, &leaf);
    return JK_OK;
}

enum jk_status jk_fold_entries(struct jk_store *store, uint64_t limit, const PGresult *entries, struct jk_error *error)
{
    int rows = PQntuples(entries);

    for (int row = 0; row < rows && store->edge.size < limit; row++) {
        JK_TRY(jk_fold_entry(store, (uint64_t)jk_result_i64(entries, row, 0), jk_result_span(entries, row, 1), error));
    }
    return JK_OK;
}

enum jk_status jk_fold_records(struct jk_store *store, const PGresult *records, struct jk_error *error)
{
    int rows = PQntuples(records);

    for (int row = 0; row < rows; row++) {
        struct jk_span key = jk_result_span(records, row, 0);
        struct jk_span value = jk_result_span(records, row, 1);
        struct jk_arena arena;
        struct jk_record record;
        enum jk_status status;

        jk_arena_init(&arena, key.len + value.len + 4096);
        record.key = jk_arena_copy(&arena, key.at, key.len);
        record.value = jk_arena_copy(&arena, value.at, value.len);
        status =
            record.key && record.value ? jk_directory_put(store->directory, &record, error) : jk_out_of_memory(error);
        jk_arena_done(&arena);
        JK_TRY(status);

        store->record_version = jk_result_i64(records, row, 2);
    }
    return JK_OK;
}

/* Rebuilds it from scratch: memory ran short, or the cube is new. */
static void rebuild_cube(struct jk_store *store, uint32_t size)
{
    uint32_t count = jk_book_models(store->book, size);
    uint32_t *models = malloc(((size_t)count + 1) * sizeof(*models));
    struct jk_error error;

    JK_CHECK(models != NULL);
    for (uint32_t i = 0; i < count; i++)
        models[i] = i;
    jk_cube_free(store->cube);
    store->cube = jk_cube_new();
    JK_CHECK(store->cube != NULL);
    jk_error_init(&error, NULL);
    JK_CHECK(jk_cube_advance(store->cube, store->book, models, count, size, &error) == JK_OK);
    free(models);
}

static void advance_cube(struct jk_store *store, uint32_t size)
{
    size_t count = 0, room = 0, got;
    uint32_t *models = NULL;
    struct jk_error error;

    do {
        if (room - count < JK_CHANGED_ROOM) {
            room = room * 2 + JK_CHANGED_ROOM;
            models = realloc(models, room * sizeof(*models));
            JK_CHECK(models != NULL);
        }
        got = jk_book_changed(store->book, models + count, room - count);
        count += got;
    } while (got > 0);
    jk_error_init(&error, NULL);
    if (jk_cube_advance(store->cube, store->book, models, count, size, &error) != JK_OK) rebuild_cube(store, size);
    free(models);
}

void jk_fold_publish(struct jk_store *store, struct jk_span checkpoint, const struct jk_digest *leaves, size_t count)
{
    uint32_t size;

    pthread_rwlock_wrlock(&store->lock);
    for (size_t i = 0; i < count; i++)
        jk_forest_append(store->forest, &leaves[i]);
    jk_book_keep(store->book);
    size = jk_book_size(store->book);
    JK_CHECK(size == store->edge.size && size == jk_forest_size(store->forest));
    advance_cube(store, size);
    if (size > 0) store->last_time_us = jk_book_time(store->book, size - 1);
    store->size = size;

    char *copy = malloc(checkpoint.len + 1);
    char *old;
    JK_CHECK(copy != NULL);
    memcpy(copy, checkpoint.at, checkpoint.len);
    copy[checkpoint.len] = '\0';
    pthread_mutex_lock(&store->publish_lock);
    old = store->checkpoint;
    store->checkpoint = copy;
    store->checkpoint_len = checkpoint.len;
    if (store->behind_since_ms == 0 && store->size > store->published_size) store->behind_since_ms = jk_monotonic_ms();
    store->checkpoint_size = size;
    pthread_cond_broadcast(&store->published);
    pthread_mutex_unlock(&store->publish_lock);
    free(old);

    pthread_rwlock_unlock(&store->lock);

    pthread_mutex_lock(&store->publish_lock);
    for (struct jk_growth_hook *hook = store->growth_hooks; hook; hook = hook->next)
        hook->grown(hook->context, size);
    pthread_mutex_unlock(&store->publish_lock);
}

/* Nothing may be folded onto a book that no longer follows the log: this chunk is undone completely. */
static enum jk_status follow_entries(struct jk_store *store, const struct jk_head *head, const PGresult *entries,
                                     bool new_keys, struct jk_error *error)
{
    struct jk_edge before = store->edge;
    struct jk_book_mark mark;
    enum jk_status status;

    pthread_rwlock_wrlock(&store->lock);
    mark = jk_book_mark(store->book);
    status = jk_fold_entries(store, head->size, entries, error);
    if (status == JK_OK && store->edge.size == head->size && !jk_edge_equal(&store->edge, &head->edge))
        status = jk_fail(error, JK_DATA_LOSS, "LOG_DIVERGED",
                         "the database's entries up to %llu are not those that this server knows: the log was changed, "
                         "or restored from a different history",
                         (unsigned long long)head->size);
    if (status == JK_OK && store->edge.size == head->size &&
        (new_keys || !jk_signkeys_equal(store->book, (uint32_t)head->size, head->key)))
        status = jk_fold_check_keys(store, head, error);
    if (status != JK_OK) {
        JK_CHECK(status != JK_RESOURCE_EXHAUSTED);
        jk_book_undo(store->book, mark);
        jk_book_keep(store->book);
        store->edge = before;
        jk_forest_truncate(store->forest, before.size);
    }
    pthread_rwlock_unlock(&store->lock);
    return status;
}

enum jk_status jk_fold_follow(struct jk_store *store, const struct jk_head *head, const PGresult *entries,
                              const PGresult *records, struct jk_fold_result *out_result, struct jk_error *error)
{
    uint64_t size = store->size;
    int64_t version = store->record_version;
    bool new_keys = !jk_signkeys_equal(store->book, (uint32_t)size, head->key);
    struct jk_verifier verifiers[JK_BOOK_KEYS];
    size_t count = jk_signkeys_verifiers(store->book, (uint32_t)size, verifiers);

    JK_TRY(jk_fold_check_head(store, head, error));
    if (head->size != size && !new_keys) JK_TRY(jk_head_verify(head, verifiers, count, error));
    JK_TRY(follow_entries(store, head, entries, new_keys, error));
    JK_TRY(jk_fold_records(store, records, error));
    jk_clock_follow(store);
    out_result->moved = store->edge.size != size || store->record_version != version;
    out_result->more = store->edge.size < head->size || store->record_version < head->record_version;
    if (store->edge.size == head->size && store->edge.size != size) jk_fold_publish(store, head->checkpoint, NULL, 0);
    return JK_OK;
}
