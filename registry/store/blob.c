/* Blobs (manifests, licence texts) in chunks under an upload's number, named by their digest at the end. Thread: a
 * reader's. Limit: JK_BLOB_CHUNK bytes a chunk, JK_BLOB_CHUNKS chunks. Whoever finishes has checked the digest. */
#include "store/pgarray.h"
#include "store/readers.h"

#define JK_BLOB_CHUNK  (1u << 20)
#define JK_BLOB_CHUNKS 4096

enum jk_status jk_reader_blob_begin(struct jk_reader *reader, uint64_t *out_upload, struct jk_error *error)
{
    struct jk_query queries[2];

    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_BLOB_BEGIN);
    JK_TRY(jk_reader_run(reader, queries, 2, error));
    *out_upload = (uint64_t)jk_result_i64(queries[1].result, 0, 0);
    jk_queries_done(queries, 2);
    return JK_OK;
}

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

enum jk_status jk_reader_blob_finish(struct jk_reader *reader, uint64_t upload, const struct jk_digest *digest,
                                     struct jk_error *error)
{
    struct jk_query queries[5];
    enum jk_status status = JK_OK;

    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_BLOB_LOCK);
    jk_query_i64(&queries[1], (int64_t)jk_get_be64((const char *)digest->bytes));
    jk_query_init(&queries[2], JK_SQL_BLOB_NAME);
    jk_query_i64(&queries[2], (int64_t)upload);
    jk_query_bytes(&queries[2], digest->bytes, sizeof(digest->bytes));
    jk_query_init(&queries[3], JK_SQL_BLOB_DROP);
    jk_query_i64(&queries[3], (int64_t)upload);
    jk_query_init(&queries[4], JK_SQL_BLOB_EXISTS);
    jk_query_bytes(&queries[4], digest->bytes, sizeof(digest->bytes));
    JK_TRY(jk_reader_run(reader, queries, 5, error));
    if (PQntuples(queries[4].result) == 0)
        status = jk_fail(error, JK_NOT_FOUND, "UPLOAD_NOT_FOUND",
                         "nothing is left of this upload (unfinished ones are deleted after a day): upload again");
    jk_queries_done(queries, 5);
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
        status = jk_reader_no_memory(error);
    jk_queries_done(queries, 2);
    if (status == JK_OK) *out_bytes = bytes;
    return status;
}
