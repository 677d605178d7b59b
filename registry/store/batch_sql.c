/* The round trips of a batch: lock and look up; write and commit; and finding out whether a commit whose answer was
 * lost went through. Thread: the sequencer. Locking is a separate statement, because a single statement that locks and
 * looks up could miss rows committed while it waited (READ COMMITTED takes a new snapshot for each statement). */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "store/batch.h"
#include "store/beat.h"
#include "store/clock.h"
#include "store/pgarray.h"

#define LOCK_MS     8000
#define COMMIT_MS   15000
#define FOLLOW_ROWS 8192 /* more than a batch may hold, so that two busy servers can keep up with each other */

static void ask_entries(const struct jk_store *store, struct jk_query *query)
{
    jk_query_init(query, JK_SQL_ENTRIES_FROM);
    jk_query_i64(query, (int64_t)store->edge.size);
    jk_query_i64(query, FOLLOW_ROWS);
}

static void ask_records(const struct jk_store *store, struct jk_query *query)
{
    jk_query_init(query, JK_SQL_RECORDS_FROM);
    jk_query_i64(query, store->record_version);
    jk_query_i64(query, FOLLOW_ROWS);
}

struct asked {
    struct jk_pgarray accounts, ids;
};

enum { Q_BEGIN, Q_HEAD, Q_CLOCK, Q_ENTRIES, Q_RECORDS, Q_REPLIES, Q_LOCK_COUNT };

static enum jk_status take_lock(struct jk_batch *batch, struct jk_query *queries, int64_t asked_us, uint64_t session,
                                struct jk_error *error)
{
    struct jk_fold_result folded;
    struct jk_error clock;
    enum jk_status believed;

    jk_error_init(&clock, NULL);
    batch->clock_us = jk_result_i64(queries[Q_CLOCK].result, 0, 0);
    believed = jk_timekeeper_take(batch->store, asked_us, batch->clock_us, session, &clock);
    JK_TRY(jk_head_parse(queries[Q_HEAD].result, &batch->head, error));
    JK_TRY(jk_fold_follow(batch->store, &batch->head, queries[Q_ENTRIES].result, queries[Q_RECORDS].result, &folded,
                          error));
    if (folded.more) return jk_fail(error, JK_ABORTED, "FAR_BEHIND", "far behind the database");
    JK_TRY(jk_signkeys_choose(&batch->store->keys, batch->store->book, batch->store->size, error));
    if (believed != JK_OK) return jk_fail(error, believed, clock.reason, "%s", clock.message);
    batch->turn.time_us = jk_clock_at(batch->store, batch->clock_us);
    JK_TRY(jk_beat_check_behind(batch->store, batch->turn.time_us, error));
    batch->replies = queries[Q_REPLIES].result;
    queries[Q_REPLIES].result = NULL;
    for (int row = 0; row < PQntuples(batch->replies); row++) {
        int64_t place = jk_result_i64(batch->replies, row, 0);

        JK_CHECK(place >= 1 && (size_t)place <= batch->count);
        batch->slots[place - 1].stored = row;
    }
    return JK_OK;
}

enum jk_status jk_batch_lock(struct jk_batch *batch, struct jk_conn *conn, struct jk_error *error)
{
    struct jk_query queries[Q_LOCK_COUNT];
    int64_t asked_us = jk_timekeeper_ask(batch->store);
    struct asked asked;
    enum jk_status status;

    for (size_t i = 0; i < batch->count; i++)
        batch->slots[i].stored = -1;
    jk_query_init(&queries[Q_BEGIN], JK_SQL_BEGIN);
    jk_query_init(&queries[Q_HEAD], JK_SQL_HEAD_LOCK);
    jk_query_init(&queries[Q_CLOCK], JK_SQL_CLOCK);
    ask_entries(batch->store, &queries[Q_ENTRIES]);
    ask_records(batch->store, &queries[Q_RECORDS]);

    /* replies to earlier requests with the same ids */
    jk_pgarray_init(&asked.accounts, JK_PG_BIGINT);
    jk_pgarray_init(&asked.ids, JK_PG_UUID);
    for (size_t i = 0; i < batch->count; i++) {
        const struct jk_write *write = batch->slots[i].write;

        jk_pgarray_add_i64(&asked.accounts, (int64_t)write->account);
        jk_pgarray_add(&asked.ids, (struct jk_span){(const char *)write->request_id, sizeof(write->request_id)});
    }
    jk_query_init(&queries[Q_REPLIES], JK_SQL_REPLIES);
    jk_query_span(&queries[Q_REPLIES], jk_pgarray_span(&asked.accounts));
    jk_query_span(&queries[Q_REPLIES], jk_pgarray_span(&asked.ids));

    status = jk_pgarray_failed(&asked.ids) || jk_pgarray_failed(&asked.accounts)
                 ? jk_out_of_memory(error)
                 : jk_conn_run(conn, queries, Q_LOCK_COUNT, jk_monotonic_ms() + LOCK_MS, error);
    if (status == JK_OK) {
        status = take_lock(batch, queries, asked_us, conn->session, error);
        jk_queries_done(queries, Q_LOCK_COUNT);
    }
    jk_pgarray_done(&asked.accounts);
    jk_pgarray_done(&asked.ids);
    return status;
}

enum jk_status jk_batch_follow(struct jk_store *store, struct jk_conn *conn, bool *out_more, struct jk_error *error)
{
    int64_t asked_us = jk_timekeeper_ask(store);
    struct jk_query queries[4];
    struct jk_fold_result folded = {0};
    struct jk_error clock;
    struct jk_head head;
    enum jk_status status;

    jk_query_init(&queries[0], JK_SQL_HEAD_READ);
    ask_entries(store, &queries[1]);
    ask_records(store, &queries[2]);
    jk_query_init(&queries[3], JK_SQL_CLOCK);
    JK_TRY(jk_conn_run(conn, queries, 4, jk_monotonic_ms() + LOCK_MS, error));
    jk_error_init(&clock, NULL); /* what others wrote is followed, whatever the clocks say */
    (void)!jk_timekeeper_take(store, asked_us, jk_result_i64(queries[3].result, 0, 0), conn->session, &clock);
    status = jk_head_parse(queries[0].result, &head, error);
    if (status == JK_OK) status = jk_fold_follow(store, &head, queries[1].result, queries[2].result, &folded, error);
    if (status == JK_OK) *out_more = folded.more;
    jk_queries_done(queries, 4);
    return status;
}

/* ---- round trip 2 ---- */

#define COMMIT_QUERIES 12 /* most of one batch, and one for each bundle */
#define COMMIT_ARRAYS  20

struct writing {
    struct jk_query *queries; /* in the batch's arena */
    size_t query_count;
    struct jk_pgarray arrays[COMMIT_ARRAYS];
    size_t array_count;
    struct jk_text keys;
    char payload[48];
    bool failed; /* out of memory */
};

static struct jk_query *next_query(struct writing *writing, enum jk_sql statement)
{
    struct jk_query *query = &writing->queries[writing->query_count++];

    jk_query_init(query, statement);
    return query;
}

static struct jk_pgarray *next_array(struct writing *writing, enum jk_pg_type type)
{
    struct jk_pgarray *array = &writing->arrays[writing->array_count++];

    jk_pgarray_init(array, type);
    return array;
}

static void write_entries(const struct jk_batch *batch, struct writing *writing)
{
    struct jk_pgarray *rows;
    struct jk_query *query;
    size_t size = 0;

    if (batch->entry_count == 0) return;
    rows = next_array(writing, JK_PG_BYTEA);
    for (size_t i = 0; i < batch->entry_count; i++)
        size += batch->entries[i].len + 4;
    jk_text_reserve(&rows->text, size);
    for (size_t i = 0; i < batch->entry_count; i++)
        jk_pgarray_add(rows, batch->entries[i]);
    query = next_query(writing, JK_SQL_ENTRY_INSERT);
    jk_query_i64(query, (int64_t)batch->head.size);
    jk_query_i64(query, batch->turn.time_us);
    jk_query_span(query, jk_pgarray_span(rows));
}

/* The size tells a repeated request which tree the receipt in the reply belonged to. Empty, which no row may be, when
 * out of memory. */
static struct jk_span kept_with_size(struct jk_batch *batch, const struct jk_write *write)
{
    size_t len = write->keep.len;
    char *bytes = jk_arena_alloc(&batch->arena, len + 4);

    if (!bytes) return write->keep;
    memcpy(bytes, write->keep.at, len);
    jk_put_be32(bytes + len, (uint32_t)batch->edge.size);
    return (struct jk_span){bytes, len + 4};
}

static void write_replies(struct jk_batch *batch, struct writing *writing)
{
    struct jk_pgarray *accounts = next_array(writing, JK_PG_BIGINT), *ids = next_array(writing, JK_PG_UUID);
    struct jk_pgarray *prints = next_array(writing, JK_PG_BYTEA), *replies = next_array(writing, JK_PG_BYTEA);
    struct jk_query *query;

    for (size_t i = 0; i < batch->count; i++) {
        const struct jk_write *write = batch->slots[i].write;

        if (!batch->slots[i].keep_reply) continue;
        jk_pgarray_add_i64(accounts, (int64_t)write->account);
        jk_pgarray_add(ids, (struct jk_span){(const char *)write->request_id, sizeof(write->request_id)});
        jk_pgarray_add(prints, (struct jk_span){(const char *)write->fingerprint.bytes, JK_DIGEST_SIZE});
        jk_pgarray_add(replies, write->keep.len ? kept_with_size(batch, write) : write->reply);
    }
    if (accounts->count == 0) return;
    query = next_query(writing, JK_SQL_REPLY_INSERT);
    jk_query_span(query, jk_pgarray_span(accounts));
    jk_query_span(query, jk_pgarray_span(ids));
    jk_query_span(query, jk_pgarray_span(prints));
    jk_query_span(query, jk_pgarray_span(replies));
}

/* Of several changes to one record or blob, only the last is written: sorted by what they change, each but the last of
 * its kind is marked. NULL when out of memory. */
static void *sort_changes(struct jk_batch *batch, char *rows, size_t count, size_t size,
                          int (*compare)(const void *a, const void *b))
{
    char **sorted = jk_arena_alloc(&batch->arena, (count + 1) * sizeof(*sorted));

    for (size_t i = 0; sorted && i < count; i++)
        sorted[i] = rows + i * size;
    if (sorted) qsort(sorted, count, sizeof(*sorted), compare);
    return sorted;
}

static int compare_records(const void *a, const void *b)
{
    const struct jk_batch_record *left = *(struct jk_batch_record *const *)a;
    const struct jk_batch_record *right = *(struct jk_batch_record *const *)b;
    int order = strcmp(left->record.key, right->record.key);

    return order ? order : (left > right) - (left < right);
}

static void write_records(struct jk_batch *batch, struct writing *writing)
{
    struct jk_pgarray *keys, *values;
    struct jk_query *query;

    if (batch->record_count == 0) return;
    /* one upsert cannot update a row twice */
    struct jk_batch_record **sorted =
        sort_changes(batch, (char *)batch->records, batch->record_count, sizeof(*batch->records), compare_records);
    for (size_t i = 0; sorted && i + 1 < batch->record_count; i++)
        sorted[i]->replaced = strcmp(sorted[i]->record.key, sorted[i + 1]->record.key) == 0;

    writing->failed = !sorted || writing->failed;
    keys = next_array(writing, JK_PG_TEXT);
    values = next_array(writing, JK_PG_TEXT);
    for (size_t i = 0; i < batch->record_count; i++) {
        if (batch->records[i].replaced) continue;
        jk_pgarray_add(keys, jk_span_of(batch->records[i].record.key));
        jk_pgarray_add(values, jk_span_of(batch->records[i].record.value));
    }
    query = next_query(writing, JK_SQL_RECORD_UPSERT);
    jk_query_i64(query, batch->head.record_version);
    jk_query_span(query, jk_pgarray_span(keys));
    jk_query_span(query, jk_pgarray_span(values));
}

static void write_batch_texts(const struct jk_batch *batch, struct writing *writing)
{
    struct jk_pgarray *digests, *salts, *bodies;
    struct jk_query *query;

    if (batch->text_count == 0) return;
    digests = next_array(writing, JK_PG_BYTEA);
    salts = next_array(writing, JK_PG_BYTEA);
    bodies = next_array(writing, JK_PG_TEXT);
    for (size_t i = 0; i < batch->text_count; i++) {
        jk_pgarray_add(digests, (struct jk_span){(const char *)batch->texts[i].digest.bytes, JK_DIGEST_SIZE});
        jk_pgarray_add(salts, (struct jk_span){(const char *)batch->texts[i].salt, sizeof(batch->texts[i].salt)});
        jk_pgarray_add(bodies, batch->texts[i].body);
    }
    query = next_query(writing, JK_SQL_TEXT_INSERT);
    jk_query_span(query, jk_pgarray_span(digests));
    jk_query_span(query, jk_pgarray_span(salts));
    jk_query_span(query, jk_pgarray_span(bodies));
}

static int compare_blobs(const void *a, const void *b)
{
    const struct jk_batch_blob *left = *(struct jk_batch_blob *const *)a;
    const struct jk_batch_blob *right = *(struct jk_batch_blob *const *)b;
    int order = memcmp(&left->digest, &right->digest, sizeof(left->digest));

    return order ? order : (left > right) - (left < right);
}

/* What the batch's blobs become: rows of the statements. */
struct blob_rows {
    struct jk_pgarray *gone, *named, *uploads, *stored, *bytes;
    struct jk_pgarray *erased, *erased_at, *erased_size; /* of bundles */
};

static void add_blob_row(const struct jk_batch_blob *blob, struct blob_rows *rows)
{
    struct jk_span digest = {(const char *)blob->digest.bytes, JK_DIGEST_SIZE};

    if (blob->bytes.at) {
        jk_pgarray_add(rows->stored, digest);
        jk_pgarray_add(rows->bytes, blob->bytes);
        return;
    }
    jk_pgarray_add(rows->gone, digest);
    if (!blob->upload) return;
    jk_pgarray_add(rows->named, digest);
    jk_pgarray_add_i64(rows->uploads, (int64_t)blob->upload);
}

/* Also of a blob that comes back later in the batch: then its bytes lie elsewhere. */
static void add_erased(const struct jk_batch_blob *blob, struct blob_rows *rows)
{
    if (!blob->bundle) return;
    jk_pgarray_add_i64(rows->erased, (int64_t)blob->bundle);
    jk_pgarray_add_i64(rows->erased_at, blob->bundle_at);
    jk_pgarray_add_i64(rows->erased_size, blob->bundle_size);
}

static void write_blob_pairs(struct writing *writing, enum jk_sql statement, struct jk_pgarray *digests,
                             struct jk_pgarray *values)
{
    struct jk_query *query;

    if (digests->count == 0) return;
    query = next_query(writing, statement);
    jk_query_span(query, jk_pgarray_span(digests));
    jk_query_span(query, jk_pgarray_span(values));
}

/* Old bytes are deleted first, even for blobs that are uploaded again: chunks of two uploads never form one blob. */
static void write_blobs(struct jk_batch *batch, struct writing *writing)
{
    struct blob_rows rows;
    size_t size = 0;

    if (batch->blob_count == 0) return;
    struct jk_batch_blob **sorted =
        sort_changes(batch, (char *)batch->blobs, batch->blob_count, sizeof(*batch->blobs), compare_blobs);
    for (size_t i = 0; sorted && i + 1 < batch->blob_count; i++)
        sorted[i]->replaced = jk_digest_equal(&sorted[i]->digest, &sorted[i + 1]->digest);

    writing->failed = !sorted || writing->failed;
    rows.gone = next_array(writing, JK_PG_BYTEA);
    rows.named = next_array(writing, JK_PG_BYTEA);
    rows.uploads = next_array(writing, JK_PG_BIGINT);
    rows.stored = next_array(writing, JK_PG_BYTEA);
    rows.bytes = next_array(writing, JK_PG_BYTEA);
    rows.erased = next_array(writing, JK_PG_BIGINT);
    rows.erased_at = next_array(writing, JK_PG_BIGINT);
    rows.erased_size = next_array(writing, JK_PG_BIGINT);
    for (size_t i = 0; i < batch->blob_count; i++)
        size += batch->blobs[i].bytes.len + 4;
    jk_text_reserve(&rows.bytes->text, size);
    for (size_t i = 0; i < batch->blob_count; i++) {
        add_erased(&batch->blobs[i], &rows);
        if (!batch->blobs[i].replaced) add_blob_row(&batch->blobs[i], &rows);
    }
    if (rows.gone->count > 0) jk_query_span(next_query(writing, JK_SQL_BLOBS_DROP), jk_pgarray_span(rows.gone));
    write_blob_pairs(writing, JK_SQL_BLOBS_NAME, rows.named, rows.uploads);
    write_blob_pairs(writing, JK_SQL_BLOBS_STORE, rows.stored, rows.bytes);
    if (rows.erased->count == 0) return;
    struct jk_query *query = next_query(writing, JK_SQL_BUNDLES_ERASE);
    jk_query_span(query, jk_pgarray_span(rows.erased));
    jk_query_span(query, jk_pgarray_span(rows.erased_at));
    jk_query_span(query, jk_pgarray_span(rows.erased_size));
}

static void write_bundles(const struct jk_batch *batch, struct writing *writing)
{
    for (size_t i = 0; i < batch->bundle_count; i++) {
        struct jk_query *query = next_query(writing, JK_SQL_BUNDLE_STORE);

        jk_query_i64(query, (int64_t)batch->bundles[i].index);
        jk_query_span(query, batch->bundles[i].bytes);
    }
}

/* The edge and checkpoint after the batch; without entries, the current ones. */
static enum jk_status seal(struct jk_batch *batch, struct jk_error *error)
{
    batch->edge = batch->head.edge;
    if (batch->entry_count == 0) {
        jk_text_add(&batch->note, (struct jk_span){batch->store->checkpoint, batch->store->checkpoint_len});
        return JK_OK;
    }

    /* the leaves, and room for them in the forest, so that nothing can fail after the commit */
    struct jk_digest *leaves = realloc(batch->leaves, batch->entry_count * sizeof(*leaves));
    bool room;
    if (!leaves) return jk_out_of_memory(error);
    batch->leaves = leaves;
    for (size_t i = 0; i < batch->entry_count; i++)
        leaves[i] = jk_merkle_leaf(batch->entries[i]);
    pthread_rwlock_wrlock(&batch->store->lock);
    room = jk_forest_reserve(batch->store->forest, batch->entry_count);
    pthread_rwlock_unlock(&batch->store->lock);
    if (!room) return jk_out_of_memory(error);

    for (size_t i = 0; i < batch->entry_count; i++)
        jk_edge_append(&batch->edge, &batch->leaves[i]);
    JK_TRY(jk_signkeys_choose(&batch->store->keys, batch->store->book, (uint32_t)batch->edge.size, error));
    return jk_head_sign(batch->store->keys.signing, batch->store->keys.count, &batch->edge, &batch->note, error);
}

static enum jk_status check_writing(const struct jk_batch *batch, const struct writing *writing, struct jk_error *error)
{
    bool failed = batch->note.failed || writing->keys.failed || writing->failed;

    for (size_t i = 0; i < writing->array_count; i++)
        failed = failed || jk_pgarray_failed(&writing->arrays[i]);
    if (!failed) return JK_OK;
    return jk_out_of_memory(error);
}

enum jk_status jk_batch_commit(struct jk_batch *batch, struct jk_conn *conn, struct jk_error *error)
{
    struct writing writing = {0};
    enum jk_status status;

    JK_TRY(seal(batch, error));
    writing.queries = jk_arena_alloc(&batch->arena, (COMMIT_QUERIES + batch->bundle_count) * sizeof(*writing.queries));
    if (!writing.queries) return jk_out_of_memory(error);
    write_entries(batch, &writing);
    write_replies(batch, &writing);
    write_records(batch, &writing);
    write_batch_texts(batch, &writing);
    write_bundles(batch, &writing);
    write_blobs(batch, &writing);

    int64_t version = batch->head.record_version + (int64_t)batch->record_count;
    struct jk_query *query = next_query(&writing, JK_SQL_HEAD_UPDATE);
    int len;
    jk_query_i64(query, (int64_t)batch->head.size);
    jk_query_i64(query, (int64_t)batch->edge.size);
    jk_query_i64(query, batch->entry_count > 0 ? batch->turn.time_us : batch->head.time_us);
    jk_query_span(query, jk_head_edge(&batch->edge));
    jk_query_span(query, jk_text_span(&batch->note));
    jk_query_i64(query, batch->head.record_version);
    jk_query_i64(query, version);
    jk_query_bytes(query, batch->id, sizeof(batch->id));
    /* the keys that sign from this batch on: with them, the head says who signed its checkpoint */
    jk_signkeys_lines(batch->store->book, (uint32_t)batch->edge.size, &writing.keys);
    jk_query_span(query, jk_span_trim(jk_text_span(&writing.keys)));
    query = next_query(&writing, JK_SQL_BATCH_INSERT);
    jk_query_bytes(query, batch->id, sizeof(batch->id));
    jk_query_i64(query, (int64_t)batch->edge.size);
    len = snprintf(writing.payload, sizeof(writing.payload), "%llu %lld", (unsigned long long)batch->edge.size,
                   (long long)version);
    query = next_query(&writing, JK_SQL_NOTIFY);
    jk_query_bytes(query, writing.payload, (size_t)len);

    (void)next_query(&writing, JK_SQL_COMMIT);
    status = check_writing(batch, &writing, error);
    if (status == JK_OK)
        status = jk_conn_run(conn, writing.queries, writing.query_count, jk_monotonic_ms() + COMMIT_MS, error);
    if (status == JK_OK) jk_queries_done(writing.queries, writing.query_count);
    for (size_t i = 0; i < writing.array_count; i++)
        jk_pgarray_done(&writing.arrays[i]);
    jk_text_done(&writing.keys);
    return status;
}

enum jk_status jk_batch_find(struct jk_batch *batch, struct jk_conn *conn, bool *out_committed, struct jk_error *error)
{
    struct jk_query queries[4];

    jk_query_init(&queries[0], JK_SQL_BEGIN);
    jk_query_init(&queries[1], JK_SQL_HEAD_LOCK);
    jk_query_init(&queries[2], JK_SQL_BATCH_FIND);
    jk_query_bytes(&queries[2], batch->id, sizeof(batch->id));
    jk_query_init(&queries[3], JK_SQL_ROLLBACK);
    JK_TRY(jk_conn_run(conn, queries, 4, jk_monotonic_ms() + LOCK_MS, error));
    *out_committed = PQntuples(queries[2].result) == 1;
    jk_queries_done(queries, 4);
    return JK_OK;
}
