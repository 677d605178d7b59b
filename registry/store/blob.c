/* Blobs (manifests, licence texts), stored in chunks under an upload's number, and named by their digest when the
 * sequencer records them; and how much an account may upload a day. Thread: a reader's. Limit: JK_BLOB_CHUNK bytes a
 * chunk, JK_BLOB_CHUNKS chunks. */
#include "base/clock.h"
#include "base/metrics.h"
#include "store/pgarray.h"
#include "store/readers.h"

#define JK_BLOB_CHUNKS 4096

/* ---- what an account may upload ---- */

static int64_t counted(const struct jk_blob_upload *what)
{
    return (int64_t)(what->size > JK_BLOB_LEAST ? what->size : JK_BLOB_LEAST);
}

static uint64_t limit_of(const struct jk_blob_upload *what)
{
    return what->machine ? what->bytes_per_day / 2 : what->bytes_per_day;
}

static void ask_spent(const struct jk_reader *reader, const struct jk_blob_upload *what, struct jk_query *query)
{
    jk_query_init(query, JK_SQL_BLOB_SPENT);
    jk_query_i64(query, (int64_t)what->account);
    jk_query_i64(query, reader->store->ahead_us);
    jk_query_bytes(query, what->digest.bytes, sizeof(what->digest.bytes));
}

struct spent {
    int64_t day; /* since 1970, in UTC */
    int64_t bytes;
    bool here;
};

static struct spent read_spent(const PGresult *result)
{
    return (struct spent){.day = jk_result_i64(result, 0, 0),
                          .bytes = jk_result_i64(result, 0, 1),
                          .here = jk_result_i64(result, 0, 2) != 0};
}

/* `retry_ms`: until tomorrow, but as a hint to a waiting client an hour is as good as a day. */
static enum jk_status refuse_day_quota(const struct jk_blob_upload *what, const struct spent *spent,
                                       struct jk_error *error)
{
    int64_t renewed_us = (spent->day + 1) * JK_DAY_US;
    char renewed[JK_TIME_TEXT], shown[JK_MOMENT_TEXT];

    jk_time_format(renewed_us, renewed);
    jk_time_format_moment(renewed_us, shown);
    jk_metrics_add(JK_METRIC_BLOB_QUOTA_REFUSALS, 0, 0, 1);
    jk_error_fact(error, "used_bytes", "%lld", (long long)spent->bytes);
    jk_error_fact(error, "limit_bytes", "%llu", (unsigned long long)limit_of(what));
    jk_error_fact(error, "renew_time", "%s", renewed);
    error->retry_ms = 3600 * 1000;
    return jk_fail(
        error, JK_RESOURCE_EXHAUSTED, "BLOB_QUOTA",
        "header.size: %lld bytes are too many today: this account has uploaded %lld of the %llu bytes of manifests and "
        "licence texts that it may upload a day%s (each counts as at least %u); the next day begins at %s",
        (long long)counted(what), (long long)spent->bytes, (unsigned long long)limit_of(what),
        what->machine ? " before its tokens without the scope models stop, at half" : "", JK_BLOB_LEAST, shown);
}

static bool fits(const struct jk_blob_upload *what, const struct spent *spent)
{
    return counted(what) <= (int64_t)limit_of(what) - spent->bytes;
}

enum jk_status jk_reader_blob_check(struct jk_reader *reader, const struct jk_blob_upload *what, struct jk_error *error)
{
    struct jk_query queries[2];
    struct spent spent;

    if (what->here) return JK_OK;
    jk_reader_queries(queries);
    ask_spent(reader, what, &queries[1]);
    JK_TRY(jk_reader_run(reader, queries, 2, error));
    spent = read_spent(queries[1].result);
    jk_queries_done(queries, 2);
    return spent.here || fits(what, &spent) ? JK_OK : refuse_day_quota(what, &spent, error);
}

/* If the connection is lost in here, the upload may be counted twice, which is better than not at all. */
enum jk_status jk_reader_blob_begin(struct jk_reader *reader, const struct jk_blob_upload *what, uint64_t *out_upload,
                                    struct jk_error *error)
{
    struct jk_query queries[4];
    struct spent spent;
    uint64_t upload;
    bool counts;

    *out_upload = 0;
    if (what->here) return JK_OK;
    jk_reader_queries(queries);

    jk_query_init(&queries[1], JK_SQL_BLOB_SPEND);
    jk_query_i64(&queries[1], (int64_t)what->account);
    jk_query_i64(&queries[1], reader->store->ahead_us);
    jk_query_bytes(&queries[1], what->digest.bytes, sizeof(what->digest.bytes));
    jk_query_i64(&queries[1], counted(what));
    jk_query_i64(&queries[1], (int64_t)limit_of(what));

    ask_spent(reader, what, &queries[2]);
    jk_query_init(&queries[3], JK_SQL_BLOB_BEGIN);
    JK_TRY(jk_reader_run(reader, queries, 4, error));
    counts = PQntuples(queries[1].result) == 1;
    spent = read_spent(queries[2].result);
    upload = (uint64_t)jk_result_i64(queries[3].result, 0, 0);
    jk_queries_done(queries, 4);
    if (!counts && !spent.here && !fits(what, &spent)) return refuse_day_quota(what, &spent, error);
    if (!counts && !spent.here) /* between the two statements */
        return jk_fail(error, JK_ABORTED, "BLOB_REMOVED", "The blob was removed just now; upload it again");
    *out_upload = counts ? upload : 0;
    return JK_OK;
}

enum jk_status jk_reader_blob_begin_own(struct jk_reader *reader, uint64_t *out_upload, struct jk_error *error)
{
    struct jk_query queries[2];

    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_BLOB_BEGIN);
    JK_TRY(jk_reader_run(reader, queries, 2, error));
    *out_upload = (uint64_t)jk_result_i64(queries[1].result, 0, 0);
    jk_queries_done(queries, 2);
    return JK_OK;
}

/* ---- bytes ---- */

enum jk_status jk_reader_blob_chunk(struct jk_reader *reader, uint64_t upload, uint32_t sequence, struct jk_span bytes,
                                    struct jk_error *error)
{
    struct jk_query queries[2];
    enum jk_status status = JK_OK;

    if (bytes.len > JK_BLOB_CHUNK || sequence >= JK_BLOB_CHUNKS)
        return jk_fail(error, JK_INVALID_ARGUMENT, "BLOB_TOO_LARGE",
                       "chunk %u of %zu bytes: a chunk has at most %u bytes, a blob at most %u chunks", sequence,
                       bytes.len, JK_BLOB_CHUNK, JK_BLOB_CHUNKS);
    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_BLOB_CHUNK);
    jk_query_i64(&queries[1], (int64_t)upload);
    jk_query_i64(&queries[1], sequence);
    jk_query_span(&queries[1], bytes);
    JK_TRY(jk_reader_run(reader, queries, 2, error));
    if (PQntuples(queries[1].result) == 0)
        status =
            jk_fail(error, JK_FAILED_PRECONDITION, "UPLOAD_FINISHED", "this upload is finished: begin another one");
    jk_queries_done(queries, 2);
    return status;
}

enum jk_status jk_reader_blob_read(struct jk_reader *reader, const struct jk_digest *digest, uint32_t sequence,
                                   struct jk_arena *arena, struct jk_span *out_bytes, struct jk_error *error)
{
    struct jk_query queries[2];
    struct jk_span bytes = {"", 0};
    enum jk_status status = JK_OK;

    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_BLOB_READ);
    jk_query_bytes(&queries[1], digest->bytes, sizeof(digest->bytes));
    jk_query_i64(&queries[1], sequence < JK_BLOB_CHUNKS ? sequence : JK_BLOB_CHUNKS);
    JK_TRY(jk_reader_run(reader, queries, 2, error));
    if (PQntuples(queries[1].result) == 1 && !jk_reader_copy(arena, jk_result_span(queries[1].result, 0, 0), &bytes))
        status = jk_out_of_memory(error);
    jk_queries_done(queries, 2);
    if (status == JK_OK) *out_bytes = bytes;
    return status;
}

enum jk_status jk_reader_bundle_read(struct jk_reader *reader, const struct jk_bundled *where, struct jk_arena *arena,
                                     struct jk_span *out_bytes, struct jk_error *error)
{
    struct jk_query queries[2];
    struct jk_span bytes = {"", 0};
    enum jk_status status = JK_OK;

    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_BUNDLE_READ);
    jk_query_i64(&queries[1], (int64_t)where->index);
    jk_query_i64(&queries[1], where->at);
    jk_query_i64(&queries[1], where->size);
    jk_query_bytes(&queries[1], where->digest.bytes, sizeof(where->digest.bytes));
    JK_TRY(jk_reader_run(reader, queries, 2, error));
    if (PQntuples(queries[1].result) == 1 && !jk_reader_copy(arena, jk_result_span(queries[1].result, 0, 0), &bytes))
        status = jk_out_of_memory(error);
    jk_queries_done(queries, 2);
    if (status == JK_OK) *out_bytes = bytes;
    return status;
}
