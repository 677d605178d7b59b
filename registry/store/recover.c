/* Replaying entries of a published log into a database that is behind it; see repair.h. Two passes over the mirror: the
 * first folds and checks everything, the second writes, comparing each entry with the hash that was checked. */
#include "store/repair.h"

#include <stdio.h>

#include "base/check.h"
#include "base/clock.h"
#include "store/pgarray.h"
#include "store/state.h"
#include "tiles/grow.h"

#define CONNECT_MS    30000
#define COMMIT_MS     60000
#define CHUNK_ENTRIES 4096
#define CHUNK_BYTES   (4u << 20)
#define CHUNK_MOST    (512u << 20) /* PostgreSQL accepts parameters of up to 1 GiB */
#define KEEP_EVERY    4096         /* entries between two points to which the book can be reset */

struct recovery {
    struct jk_store *store;
    struct jk_conn conn;
    const struct jk_mirror *mirror;
    const struct jk_repair_watch *watch;
    struct jk_text note; /* the mirror's */
    struct jk_checkpoint goal;
    uint64_t held; /* entries in the database before recovery */
    int64_t record_version;
    bool empty;            /* the database has no head yet */
    struct jk_edge edge;   /* of what has been written; the store's is of what was checked */
    struct jk_text bundle; /* as last read */
};

typedef enum jk_status take_fn(struct recovery *recovery, uint64_t index, struct jk_span entry, void *context,
                               struct jk_error *error);

/* ---- the mirror ---- */

static enum jk_status read_goal(struct recovery *recovery, struct jk_error *error)
{
    struct jk_span body, signatures;
    struct jk_error why;

    JK_TRY(recovery->mirror->read(recovery->mirror->context, JK_PUBLISHED_FILE, &recovery->note, error));
    jk_error_init(&why, NULL);
    if (!jk_signkeys_signed(&recovery->store->keys, jk_text_span(&recovery->note), &why) ||
        jk_note_open(jk_text_span(&recovery->note), &body, &signatures, &why) != JK_OK ||
        jk_checkpoint_parse(body, &recovery->goal, &why) != JK_OK ||
        !jk_span_equal(recovery->goal.origin, jk_span_of(recovery->store->origin)))
        return jk_fail(error, JK_FAILED_PRECONDITION, "MIRROR_FOREIGN",
                       "the checkpoint of %.200s is not one of \"%.100s\" that the key %.120s signed%s%.100s",
                       recovery->mirror->name, recovery->store->origin, recovery->store->keys.paths[0],
                       why.message[0] ? ": " : "", why.message);
    if (recovery->goal.size < UINT32_MAX) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "LOG_TOO_LARGE", "the mirror's log is too large for this server");
}

static enum jk_status take_bundle(struct recovery *recovery, uint64_t number, take_fn *take, void *context,
                                  struct jk_error *error)
{
    struct jk_tile tile = {.kind = JK_TILE_ENTRIES, .index = number};
    uint64_t index = number * JK_TILE_WIDTH;
    char path[JK_TILE_PATH];
    struct jk_span rest, entry;

    tile.width = jk_tile_width_at(0, number, recovery->goal.size);

    /* the bundle as it is at the mirror's size, or a wider one if the mirror has grown since */
    struct jk_error why;
    enum jk_status status;
    jk_error_init(&why, NULL);
    jk_tile_path(&tile, path);
    status = recovery->mirror->read(recovery->mirror->context, path, &recovery->bundle, &why);
    if (status == JK_NOT_FOUND && tile.width < JK_TILE_WIDTH) {
        struct jk_tile full = tile;

        full.width = JK_TILE_WIDTH;
        jk_error_init(&why, NULL);
        jk_tile_path(&full, path);
        status = recovery->mirror->read(recovery->mirror->context, path, &recovery->bundle, &why);
    }
    if (status != JK_OK) return jk_fail(error, status, why.reason, "%s", why.message);

    rest = jk_text_span(&recovery->bundle);
    for (unsigned i = 0; i < tile.width; i++, index++) {
        if (!jk_tile_entry_next(&rest, &entry))
            return jk_fail(error, JK_DATA_LOSS, "MIRROR_DAMAGED",
                           "%.200s: %s is not what the signed checkpoint names: try another mirror",
                           recovery->mirror->name, path);
        JK_TRY(take(recovery, index, entry, context, error));
    }
    return JK_OK;
}

/* Visits every entry from the bundle on that contains the database's end; `what` is shown. */
static enum jk_status walk_bundles(struct recovery *recovery, const char *what, take_fn *take, void *context,
                                   struct jk_error *error)
{
    uint64_t bundles = (recovery->goal.size + JK_TILE_WIDTH - 1) / JK_TILE_WIDTH;

    for (uint64_t number = recovery->held / JK_TILE_WIDTH; number < bundles; number++) {
        uint64_t end = (number + 1) * JK_TILE_WIDTH;

        JK_TRY(take_bundle(recovery, number, take, context, error));
        if (recovery->watch->progress)
            recovery->watch->progress(recovery->watch->context, what,
                                      (end < recovery->goal.size ? end : recovery->goal.size) - recovery->held,
                                      recovery->goal.size - recovery->held);
    }
    return JK_OK;
}

/* ---- what this server knows ---- */

static enum jk_status behind(const struct recovery *recovery, const char *source, struct jk_span note, uint64_t known,
                             struct jk_error *error)
{
    struct jk_text text;

    jk_text_init(&text, 0);
    jk_text_addf(&text,
                 "Entries %llu to %llu are missing in %s, so replaying it would lose what was acknowledged.\n"
                 "Look for them in another mirror, an auditor's copy, or a backup of the database. If they exist "
                 "nowhere, this log\ncannot go on: only a new origin remains (another --origin, an empty database, an "
                 "empty data directory), whose\nentry 0 names the last checkpoint of this one (jokbod --after FILE), "
                 "which is:\n\n%.*s",
                 (unsigned long long)(recovery->goal.size > recovery->held ? recovery->goal.size : recovery->held),
                 (unsigned long long)known - 1, recovery->mirror->name, JK_SPAN_ARG(note));
    if (!text.failed && recovery->watch->told) recovery->watch->told(recovery->watch->context, text.bytes);
    jk_text_done(&text);
    return jk_fail(error, JK_FAILED_PRECONDITION, "MIRROR_BEHIND",
                   "%.200s holds %llu entries, but %.200s knows of %llu", recovery->mirror->name,
                   (unsigned long long)recovery->goal.size, source, (unsigned long long)known);
}

/* A checkpoint kept by this server: the mirror must reach it, and the log must agree with it. */
static enum jk_status check_known(struct recovery *recovery, const char *source, struct jk_span note, bool folded,
                                  struct jk_error *error)
{
    struct jk_checkpoint known;
    struct jk_digest root;
    struct jk_span body, signatures;

    JK_TRY(jk_note_open(note, &body, &signatures, error));
    JK_TRY(jk_checkpoint_parse(body, &known, error));
    if (!jk_span_equal(known.origin, recovery->goal.origin))
        return jk_fail(error, JK_FAILED_PRECONDITION, "WRONG_DATA_DIRECTORY",
                       "wrong data directory: %.200s is of the log \"%.*s\", not of \"%.*s\"", source,
                       JK_SPAN_ARG(known.origin), JK_SPAN_ARG(recovery->goal.origin));
    if (known.size > recovery->goal.size && known.size > recovery->held)
        return behind(recovery, source, note, known.size, error);
    if (!folded) return JK_OK;
    JK_CHECK(jk_merkle_root_at(jk_forest_read, recovery->store->forest, known.size, &root));
    if (jk_digest_equal(&root, &known.root)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "LOG_DIVERGED",
                   "the first %llu entries of %.200s are not those of %.200s: one of the two has a different history",
                   (unsigned long long)known.size, recovery->mirror->name, source);
}

/* The guard copy, and what this server published, if our key signed it. */
static enum jk_status check_all_known(struct recovery *recovery, bool folded, struct jk_error *error)
{
    struct jk_store *store = recovery->store;
    struct jk_published published;
    enum jk_status status = JK_OK;
    struct jk_error why;

    if (store->guard.note_len > 0)
        JK_TRY(check_known(recovery, store->guard_path, (struct jk_span){store->guard.note, store->guard.note_len},
                           folded, error));
    jk_published_init(&published);
    jk_error_init(&why, NULL);
    if (jk_public_read(store->public_dir, &published, &why) == JK_OK && published.present &&
        jk_signkeys_signed(&store->keys, jk_text_span(&published.note), &why))
        status = check_known(recovery, store->public_dir, jk_text_span(&published.note), folded, error);
    jk_published_done(&published);
    return status;
}

/* ---- first pass: everything is folded and checked ---- */

static enum jk_status fold_entry(struct recovery *recovery, uint64_t index, struct jk_span entry, void *context,
                                 struct jk_error *error)
{
    struct jk_digest leaf, ours;

    (void)context;
    if (index >= recovery->held) {
        struct jk_error why;
        enum jk_status status;

        if (index % KEEP_EVERY == 0) jk_book_keep(recovery->store->book);
        jk_error_init(&why, NULL);
        status = jk_fold_entry(recovery->store, index, entry, &why);
        if (status == JK_OK) return JK_OK;
        if (status == JK_RESOURCE_EXHAUSTED) return jk_fail(error, status, why.reason, "%s", why.message);
        return jk_fail(error, JK_DATA_LOSS, "MIRROR_DAMAGED",
                       "entry %llu of %.150s cannot be in this log (%.200s): try another mirror",
                       (unsigned long long)index, recovery->mirror->name, why.message);
    }
    leaf = jk_merkle_leaf(entry);
    JK_CHECK(jk_forest_read(recovery->store->forest, 0, index, &ours));
    if (jk_digest_equal(&leaf, &ours)) return JK_OK;
    return jk_fail(
        error, JK_FAILED_PRECONDITION, "LOG_DIVERGED",
        "entry %llu of the database is not that of %.200s: the database has a different history; empty it, and "
        "run this again",
        (unsigned long long)index, recovery->mirror->name);
}

static enum jk_status load_held(struct recovery *recovery, const struct jk_head *head, struct jk_error *error)
{
    struct jk_store *store = recovery->store;

    JK_TRY(jk_fold_check_head(store, head, error));
    JK_TRY(jk_signkeys_recognise(&store->keys, head->key, error));
    JK_TRY(jk_load_entries(store, &recovery->conn, head->size, error));
    if (!jk_edge_equal(&store->edge, &head->edge))
        return jk_fail(error, JK_DATA_LOSS, "LOG_DIVERGED",
                       "the database's entries do not give the edge in log_head: empty it, and run this again");
    JK_TRY(jk_fold_check_keys(store, head, error));
    recovery->held = head->size;
    recovery->record_version = head->record_version;
    recovery->edge = store->edge;
    return JK_OK;
}

static enum jk_status read_database_head(struct recovery *recovery, struct jk_error *error)
{
    struct jk_query query;
    struct jk_head head;
    struct jk_error why;
    enum jk_status status;

    jk_error_init(&why, NULL);
    status = jk_load_head(&recovery->conn, &query, &head, &why);
    recovery->empty = status == JK_NOT_FOUND;
    if (recovery->empty) return JK_OK;
    if (status != JK_OK) return jk_fail(error, status, why.reason, "%s", why.message);
    status = load_held(recovery, &head, error);
    jk_queries_done(&query, 1);
    return status;
}

/* ---- second pass: writing ---- */

struct chunk {
    struct jk_pgarray times, rows;
    uint64_t first;
    size_t bytes;
    int64_t time_us; /* of the last entry */
};

static void chunk_begin(struct chunk *chunk, uint64_t first)
{
    *chunk = (struct chunk){.first = first};
    jk_pgarray_init(&chunk->times, JK_PG_BIGINT);
    jk_pgarray_init(&chunk->rows, JK_PG_BYTEA);
}

static void chunk_done(struct chunk *chunk)
{
    jk_pgarray_done(&chunk->times);
    jk_pgarray_done(&chunk->rows);
}

static void ask_head(struct recovery *recovery, struct chunk *chunk, struct jk_span note, struct jk_span keys,
                     const unsigned char batch[16], struct jk_query *query)
{
    struct jk_store *store = recovery->store;

    if (recovery->empty) {
        jk_query_init(query, JK_SQL_HEAD_INSERT);
        jk_query_span(query, jk_span_of(store->origin));
        jk_query_span(query, keys);
    } else {
        jk_query_init(query, JK_SQL_HEAD_UPDATE);
        jk_query_i64(query, (int64_t)chunk->first);
    }
    jk_query_i64(query, (int64_t)recovery->edge.size);
    jk_query_i64(query, chunk->time_us);
    jk_query_span(query, jk_head_edge(&recovery->edge));
    jk_query_span(query, note);
    if (!recovery->empty) {
        jk_query_i64(query, recovery->record_version);
        jk_query_i64(query, recovery->record_version);
    }
    jk_query_bytes(query, batch, 16);
    if (recovery->empty)
        jk_query_i64(query, 0); /* there are no records in a published log */
    else
        jk_query_span(query, keys);
}

static enum jk_status write_chunk(struct recovery *recovery, struct chunk *chunk, struct jk_span note,
                                  struct jk_span keys, struct jk_error *error)
{
    struct jk_query queries[6];
    unsigned char batch[16];
    char payload[48];

    if (jk_pgarray_failed(&chunk->rows) || jk_pgarray_failed(&chunk->times)) return jk_out_of_memory(error);
    jk_random_bytes(batch, sizeof(batch));
    jk_query_init(&queries[0], JK_SQL_BEGIN);
    ask_head(recovery, chunk, note, keys, batch, &queries[1]); /* first: it locks, or fails if another server wrote */
    jk_query_init(&queries[2], JK_SQL_ENTRY_REPLAY);
    jk_query_i64(&queries[2], (int64_t)chunk->first);
    jk_query_span(&queries[2], jk_pgarray_span(&chunk->times));
    jk_query_span(&queries[2], jk_pgarray_span(&chunk->rows));
    jk_query_init(&queries[3], JK_SQL_BATCH_INSERT);
    jk_query_bytes(&queries[3], batch, sizeof(batch));
    jk_query_i64(&queries[3], (int64_t)recovery->edge.size);
    jk_query_init(&queries[4], JK_SQL_NOTIFY);
    jk_query_bytes(&queries[4], payload,
                   (size_t)snprintf(payload, sizeof(payload), "%llu %lld", (unsigned long long)recovery->edge.size,
                                    (long long)recovery->record_version));
    jk_query_init(&queries[5], JK_SQL_COMMIT);
    JK_TRY(jk_conn_run(&recovery->conn, queries, 6, jk_monotonic_ms() + COMMIT_MS, error));
    jk_queries_done(queries, 6);
    recovery->empty = false;
    return JK_OK;
}

static enum jk_status commit_chunk(struct recovery *recovery, struct chunk *chunk, struct jk_error *error)
{
    struct jk_store *store = recovery->store;
    struct jk_text note, keys;
    enum jk_status status;

    jk_text_init(&note, JK_NOTE_MAX);
    jk_text_init(&keys, 0);
    jk_signkeys_lines(store->book, (uint32_t)recovery->edge.size, &keys);
    status = jk_signkeys_choose(&store->keys, store->book, (uint32_t)recovery->edge.size, error);
    if (status == JK_OK) status = jk_head_sign(store->keys.signing, store->keys.count, &recovery->edge, &note, error);
    if (status == JK_OK)
        status = write_chunk(recovery, chunk, jk_text_span(&note), jk_span_trim(jk_text_span(&keys)), error);
    jk_text_done(&note);
    jk_text_done(&keys);
    if (status != JK_OK) return status;
    chunk_done(chunk);
    chunk_begin(chunk, recovery->edge.size);
    return JK_OK;
}

/* What is read now must be what was checked before. */
static enum jk_status replay(struct recovery *recovery, uint64_t index, struct jk_span entry, void *context,
                             struct jk_error *error)
{
    struct jk_digest leaf = jk_merkle_leaf(entry), checked;
    struct chunk *chunk = context;
    struct jk_entry parsed;

    if (index < recovery->held) return JK_OK;
    JK_CHECK(jk_forest_read(recovery->store->forest, 0, index, &checked));
    if (!jk_digest_equal(&leaf, &checked))
        return jk_fail(error, JK_DATA_LOSS, "MIRROR_DAMAGED",
                       "%.200s gave another entry %llu than before: try another mirror", recovery->mirror->name,
                       (unsigned long long)index);
    JK_TRY(jk_entry_parse(entry, &parsed, error));
    jk_edge_append(&recovery->edge, &leaf);
    jk_pgarray_add_i64(&chunk->times, parsed.time_us);
    jk_pgarray_add(&chunk->rows, entry);
    chunk->bytes += entry.len;
    chunk->time_us = parsed.time_us;
    if (chunk->rows.count < CHUNK_ENTRIES && chunk->bytes < CHUNK_BYTES) return JK_OK;

    /* the key of that time may be lost: the chunk then extends to where the current keys sign */
    struct jk_store *store = recovery->store;
    struct jk_error why;
    jk_error_init(&why, NULL);
    if (jk_signkeys_choose(&store->keys, store->book, (uint32_t)recovery->edge.size, &why) != JK_OK &&
        chunk->bytes < CHUNK_MOST)
        return JK_OK;
    return commit_chunk(recovery, chunk, error);
}

/* ---- the whole ---- */

static enum jk_status recover_log(struct recovery *recovery, struct jk_error *error)
{
    struct jk_store *store = recovery->store;

    JK_TRY(jk_guard_open(&store->guard, store->guard_path, error));
    JK_TRY(jk_store_load_key(store, error));
    JK_TRY(read_goal(recovery, error));
    JK_TRY(jk_conn_wait(&recovery->conn, jk_monotonic_ms() + CONNECT_MS, error));

    JK_TRY(read_database_head(recovery, error));
    JK_TRY(check_all_known(recovery, false, error));
    if (recovery->held < recovery->goal.size) JK_TRY(walk_bundles(recovery, "checking", fold_entry, NULL, error));

    struct jk_digest root;
    JK_CHECK(jk_merkle_root_at(jk_forest_read, recovery->store->forest, recovery->goal.size, &root));
    if (!jk_digest_equal(&root, &recovery->goal.root)) {
        if (recovery->held >= recovery->goal.size)
            return jk_fail(
                error, JK_FAILED_PRECONDITION, "LOG_DIVERGED",
                "the database's first %llu entries are not those of %.200s: one of the two has a different history",
                (unsigned long long)recovery->goal.size, recovery->mirror->name);
        return jk_fail(
            error, JK_DATA_LOSS, "MIRROR_DAMAGED",
            "the database's %llu entries and those of %.200s do not give the root of its signed checkpoint: an "
            "entry there was changed, or the database has a different history",
            (unsigned long long)recovery->held, recovery->mirror->name);
    }

    JK_TRY(check_all_known(recovery, true, error));
    if (recovery->held >= recovery->goal.size) return JK_OK;

    enum jk_status status;
    struct chunk chunk;
    chunk_begin(&chunk, recovery->held);
    status = walk_bundles(recovery, "writing", replay, &chunk, error);
    if (status == JK_OK && chunk.rows.count > 0) status = commit_chunk(recovery, &chunk, error);
    chunk_done(&chunk);
    return status;
}

enum jk_status jk_store_recover(const struct jk_store_options *options, const struct jk_mirror *mirror,
                                const struct jk_repair_watch *watch, struct jk_recovery *out_recovery,
                                struct jk_error *error)
{
    struct recovery recovery = {.mirror = mirror, .watch = watch};
    enum jk_status status;

    JK_TRY(jk_store_begin(options, &recovery.store, error));
    jk_conn_init(&recovery.conn, recovery.store->database, JK_CONN_WRITER);
    jk_text_init(&recovery.note, JK_NOTE_MAX);
    jk_text_init(&recovery.bundle, JK_GROW_BUNDLE_MAX);
    jk_edge_init(&recovery.edge);
    status = recover_log(&recovery, error);
    *out_recovery = (struct jk_recovery){recovery.held, recovery.edge.size};
    jk_text_done(&recovery.note);
    jk_text_done(&recovery.bundle);
    jk_conn_drop(&recovery.conn);
    jk_store_stop(recovery.store);
    return status;
}
