/* Reader threads: each owns one connection, takes one job at a time, and runs it. And what a job may ask (the port's
 * jk_reader_…, blobs in blob.c). A lost connection is remade at the next job. The last reader has a mailbox of its own,
 * for jobs that close stages, so that nothing else keeps it busy. */
#include "store/readers.h"

#include <stdio.h>

#include "base/check.h"
#include "base/clock.h"

#define ENTRY_COUNT_MAX  10000
#define ENTRY_BYTES_MAX  (16u << 20)
#define ANSWER_LEEWAY_MS 500 /* the server stops a statement itself; after this the connection is given up */
#define DEADLINE_MAX_MS  60000

void jk_reader_deadline(struct jk_reader *reader, int64_t deadline_ms)
{
    int64_t most_ms = jk_monotonic_ms() + DEADLINE_MAX_MS;

    reader->deadline_ms = deadline_ms < most_ms ? deadline_ms : most_ms;
}

static enum jk_status run_once(struct jk_reader *reader, struct jk_query *queries, size_t count, struct jk_error *error)
{
    int64_t left_ms = reader->deadline_ms - jk_monotonic_ms();
    char text[24];
    int len;

    if (left_ms <= 0)
        return jk_fail(error, JK_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED",
                       "the deadline passed before the database was asked");
    JK_TRY(jk_conn_up(&reader->conn, left_ms < JK_CONNECT_TIMEOUT_MS ? left_ms : JK_CONNECT_TIMEOUT_MS, error));
    left_ms = reader->deadline_ms - jk_monotonic_ms();
    len = snprintf(text, sizeof(text), "%lld", (long long)(left_ms > 1 ? left_ms : 1));
    jk_query_init(&queries[0], JK_SQL_TIMEOUT);
    jk_query_bytes(&queries[0], text, (size_t)len);
    return jk_conn_run(&reader->conn, queries, count, reader->deadline_ms + ANSWER_LEEWAY_MS, error);
}

/* A connection that broke while idle shows it only at its next use; anything that readers run may safely run twice. */
enum jk_status jk_reader_run(struct jk_reader *reader, struct jk_query *queries, size_t count, struct jk_error *error)
{
    bool was_up = reader->conn.pg != NULL;
    struct jk_error failure;
    enum jk_status status;

    JK_CHECK(queries[0].statement == JK_SQL_TIMEOUT);
    jk_error_init(&failure, NULL);
    status = run_once(reader, queries, count, &failure);
    if (status == JK_UNAVAILABLE && was_up && !reader->conn.pg) {
        jk_error_init(&failure, NULL);
        status = run_once(reader, queries, count, &failure);
    }
    return status == JK_OK ? JK_OK : jk_fail(error, status, failure.reason, "%s", failure.message);
}

void jk_reader_queries(struct jk_query *queries)
{
    jk_query_init(&queries[0], JK_SQL_TIMEOUT);
}

bool jk_reader_copy(struct jk_arena *arena, struct jk_span bytes, struct jk_span *out_copy)
{
    out_copy->at = jk_arena_copy(arena, bytes.at, bytes.len);
    out_copy->len = bytes.len;
    return out_copy->at != NULL;
}

static enum jk_status copy_entries(const PGresult *result, struct jk_arena *arena, struct jk_entry_row **out_rows,
                                   size_t *out_count, struct jk_error *error)
{
    size_t count = (size_t)PQntuples(result);
    struct jk_entry_row *rows = jk_arena_zalloc(arena, count > 0 ? count : 1, sizeof(*rows));

    if (!rows) return jk_out_of_memory(error);
    for (size_t i = 0; i < count; i++) {
        rows[i].index = (uint64_t)jk_result_i64(result, (int)i, 0);
        if (!jk_reader_copy(arena, jk_result_span(result, (int)i, 1), &rows[i].bytes)) return jk_out_of_memory(error);
    }
    *out_rows = rows;
    *out_count = count;
    return JK_OK;
}

enum jk_status jk_reader_entries(struct jk_reader *reader, uint64_t first, uint32_t count, size_t max_bytes,
                                 struct jk_arena *arena, struct jk_entry_row **out_rows, size_t *out_count,
                                 struct jk_error *error)
{
    struct jk_query queries[2];
    enum jk_status status;

    if (first > INT64_MAX - ENTRY_COUNT_MAX)
        return jk_fail(error, JK_NOT_FOUND, "ENTRY_NOT_FOUND", "there is no entry %llu", (unsigned long long)first);
    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_ENTRIES_RANGE);
    jk_query_i64(&queries[1], (int64_t)first);
    jk_query_i64(&queries[1], count < ENTRY_COUNT_MAX ? count : ENTRY_COUNT_MAX);
    jk_query_i64(&queries[1], max_bytes < ENTRY_BYTES_MAX ? (int64_t)max_bytes : ENTRY_BYTES_MAX);
    JK_TRY(jk_reader_run(reader, queries, 2, error));
    status = copy_entries(queries[1].result, arena, out_rows, out_count, error);
    jk_queries_done(queries, 2);
    return status;
}

/* The database's clock, and the head's size at a later moment. */
static enum jk_status ask_head(struct jk_reader *reader, int64_t *out_clock_us, uint64_t *out_size,
                               struct jk_error *error)
{
    struct jk_query queries[3];
    enum jk_status status = JK_OK;

    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_CLOCK);
    jk_query_init(&queries[2], JK_SQL_HEAD_SETTLED);
    JK_TRY(jk_reader_run(reader, queries, 3, error));
    if (PQntuples(queries[2].result) == 1) {
        *out_clock_us = jk_result_i64(queries[1].result, 0, 0);
        *out_size = (uint64_t)jk_result_i64(queries[2].result, 0, 0);
    } else {
        status = jk_fail(error, JK_UNAVAILABLE, "LOG_EMPTY", "the database has no log");
    }
    jk_queries_done(queries, 3);
    return status;
}

enum jk_status jk_reader_moment(struct jk_reader *reader, struct jk_moment *out_moment, struct jk_error *error)
{
    int64_t ahead_us = reader->store->ahead_us; /* before the clock: a demo's is never shown later than it is */
    int64_t asked_us = jk_timekeeper_ask(reader->store), clock_us;
    struct jk_moment moment;

    JK_TRY(ask_head(reader, &clock_us, &moment.size, error));
    JK_TRY(jk_timekeeper_judge(reader->store, asked_us, clock_us, &moment, error));
    moment.now_us += ahead_us;
    moment.both_us += ahead_us;
    *out_moment = moment;
    return JK_OK;
}

enum jk_status jk_reader_clock(struct jk_reader *reader, int64_t *out_now_us, bool *out_believed,
                               struct jk_error *error)
{
    int64_t ahead_us = reader->store->ahead_us, asked_us = jk_timekeeper_ask(reader->store), clock_us;
    struct jk_moment moment;
    struct jk_error doubt;
    struct jk_query queries[2];

    jk_error_init(&doubt, NULL);
    /* the database's clock alone: without the head's lock, for which writers would wait */
    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_CLOCK);
    JK_TRY(jk_reader_run(reader, queries, 2, error));
    clock_us = jk_result_i64(queries[1].result, 0, 0);
    jk_queries_done(queries, 2);
    *out_believed = jk_timekeeper_judge(reader->store, asked_us, clock_us, &moment, &doubt) == JK_OK;
    *out_now_us = clock_us + ahead_us;
    return JK_OK;
}

enum jk_status jk_reader_size(struct jk_reader *reader, uint64_t *out_size, struct jk_error *error)
{
    int64_t clock_us;

    return ask_head(reader, &clock_us, out_size, error);
}

static enum jk_status copy_free_text(const PGresult *result, const struct jk_digest *digest, struct jk_arena *arena,
                                     struct jk_span *out_text, struct jk_error *error)
{
    struct jk_span parts[2];
    struct jk_digest found;

    if (PQntuples(result) == 0)
        return jk_fail(error, JK_NOT_FOUND, "TEXT_NOT_FOUND", "there is no text with that digest, or it was withdrawn");
    parts[0] = jk_result_span(result, 0, 0);
    parts[1] = jk_result_span(result, 0, 1);
    found = jk_digest_parts(parts, 2);
    if (!jk_digest_equal(&found, digest))
        return jk_fail(error, JK_DATA_LOSS, "TEXT_DAMAGED", "the stored text does not match its digest");
    return jk_reader_copy(arena, parts[1], out_text) ? JK_OK : jk_out_of_memory(error);
}

enum jk_status jk_reader_text(struct jk_reader *reader, const struct jk_digest *digest, struct jk_arena *arena,
                              struct jk_span *out_text, struct jk_error *error)
{
    struct jk_query queries[2];
    enum jk_status status;

    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_TEXT_READ);
    jk_query_bytes(&queries[1], digest->bytes, sizeof(digest->bytes));
    JK_TRY(jk_reader_run(reader, queries, 2, error));
    status = copy_free_text(queries[1].result, digest, arena, out_text, error);
    jk_queries_done(queries, 2);
    return status;
}

/* ---- threads ---- */

static void *run_reader(void *context)
{
    struct jk_reader *reader = context;
    struct jk_mailbox *jobs = reader->jobs;
    struct jk_error error;

    (void)pthread_setname_np(pthread_self(), jobs == reader->store->jobs ? "jk-reader" : "jk-closing");
    jk_error_init(&error, NULL);
    (void)!jk_conn_up(&reader->conn, JK_CONNECT_TIMEOUT_MS, &error); /* else the first job tries, and says why not */
    for (;;) {
        struct jk_mail *mail = NULL;

        if (jk_mailbox_take(jobs, 1, -1, &mail) == 0) {
            if (jk_mailbox_is_closed(jobs) && jk_mailbox_length(jobs) == 0) break;
            continue;
        }
        jk_reader_deadline(reader, ((struct jk_job *)mail)->deadline_ms);
        ((struct jk_job *)mail)->run((struct jk_job *)mail, reader);
    }
    jk_conn_drop(&reader->conn);
    return NULL;
}

enum jk_status jk_readers_start(struct jk_store *store, struct jk_error *error)
{
    for (unsigned i = 0; i <= store->reader_count; i++) {
        struct jk_reader *reader = &store->readers[i];

        reader->store = store;
        reader->jobs = i < store->reader_count ? store->jobs : store->closing_jobs;
        jk_conn_init(&reader->conn, store->database, JK_CONN_READER);
        reader->conn.watch = &store->watches[1 + i];
        if (pthread_create(&reader->thread, NULL, run_reader, reader) != 0)
            return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start a reader's thread");
        reader->started = true;
    }
    return JK_OK;
}

void jk_readers_stop(struct jk_store *store)
{
    for (unsigned i = 0; i <= store->reader_count; i++) {
        if (store->readers[i].started) pthread_join(store->readers[i].thread, NULL);
    }
}
