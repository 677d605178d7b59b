/* See weighed.h. */
#include "store/weighed.h"

#include "base/check.h"
#include "store/pgarray.h"
#include "store/readers.h"

#define SIGN_BITS (64 * JK_WEIGHED_SIGN_WORDS)

enum jk_status jk_reader_weighed_there(struct jk_reader *reader, const struct jk_digest *artifacts, size_t count,
                                       bool *out_there, struct jk_error *error)
{
    struct jk_query queries[2];
    struct jk_pgarray asked;
    enum jk_status status = JK_OK;

    JK_CHECK(count <= JK_WEIGHED_PAGE);
    jk_pgarray_init(&asked, JK_PG_BYTEA);
    for (size_t i = 0; i < count; i++) {
        jk_pgarray_add(&asked, (struct jk_span){(const char *)artifacts[i].bytes, JK_DIGEST_SIZE});
        out_there[i] = false;
    }
    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_WEIGHED_THERE);
    jk_query_span(&queries[1], jk_pgarray_span(&asked));
    status = jk_pgarray_failed(&asked) ? jk_out_of_memory(error) : jk_reader_run(reader, queries, 2, error);
    if (status == JK_OK) {
        for (int row = 0; row < PQntuples(queries[1].result); row++) {
            int64_t place = jk_result_i64(queries[1].result, row, 0);

            JK_CHECK(place >= 1 && (size_t)place <= count);
            out_there[place - 1] = true;
        }
        jk_queries_done(queries, 2);
    }
    jk_pgarray_done(&asked);
    return status;
}

static void list_keys(const struct jk_weighed_manifest *manifest, struct jk_pgarray *out_keys)
{
    const char *keys = manifest->keys;

    jk_pgarray_init(out_keys, JK_PG_UUID);
    for (size_t i = 0; i < manifest->key_count; i++)
        jk_pgarray_add(out_keys, (struct jk_span){keys + i * JK_WEIGHED_KEY_BYTES, JK_WEIGHED_KEY_BYTES});
}

/* As PostgreSQL reads bits; empty where there is no signature. */
static struct jk_span write_bits(const struct jk_weighed_manifest *manifest, char out[SIGN_BITS])
{
    for (size_t b = 0; b < SIGN_BITS; b++)
        out[b] = manifest->bits[b / 64] >> b % 64 & 1 ? '1' : '0';
    return (struct jk_span){out, manifest->shape.len > 0 ? SIGN_BITS : 0};
}

enum jk_status jk_reader_weighed_add(struct jk_reader *reader, const struct jk_weighed_manifest *manifest,
                                     struct jk_error *error)
{
    struct jk_query queries[2];
    struct jk_pgarray keys;
    char bits[SIGN_BITS];
    enum jk_status status;

    list_keys(manifest, &keys);
    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_WEIGHED_ADD);
    jk_query_bytes(&queries[1], manifest->artifact.bytes, JK_DIGEST_SIZE);
    jk_query_span(&queries[1], jk_pgarray_span(&keys));
    jk_query_span(&queries[1], manifest->shape);
    jk_query_span(&queries[1], write_bits(manifest, bits));
    status = jk_pgarray_failed(&keys) ? jk_out_of_memory(error) : jk_reader_run(reader, queries, 2, error);
    if (status == JK_OK) jk_queries_done(queries, 2);
    jk_pgarray_done(&keys);
    return status;
}

/* queries[1] is filled in up to the number after which the page begins. */
static enum jk_status run_page(struct jk_reader *reader, struct jk_query *queries, struct jk_weighed_page *page,
                               struct jk_error *error)
{
    jk_query_i64(&queries[1], (int64_t)page->after);
    jk_query_i64(&queries[1], JK_WEIGHED_PAGE);
    JK_TRY(jk_reader_run(reader, queries, 2, error));
    page->count = (size_t)PQntuples(queries[1].result);
    JK_CHECK(page->count <= JK_WEIGHED_PAGE);
    for (size_t row = 0; row < page->count; row++) {
        struct jk_span artifact = jk_result_span(queries[1].result, (int)row, 1);

        JK_CHECK(artifact.len == JK_DIGEST_SIZE);
        memcpy(page->artifacts[row].bytes, artifact.at, JK_DIGEST_SIZE);
        page->after = (uint64_t)jk_result_i64(queries[1].result, (int)row, 0);
    }
    jk_queries_done(queries, 2);
    return JK_OK;
}

enum jk_status jk_reader_weighed_equal(struct jk_reader *reader, const struct jk_weighed_manifest *manifest,
                                       struct jk_weighed_page *page, struct jk_error *error)
{
    struct jk_query queries[2];
    struct jk_pgarray keys;
    enum jk_status status;

    list_keys(manifest, &keys);
    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_WEIGHED_EQUAL);
    jk_query_span(&queries[1], jk_pgarray_span(&keys));
    status = jk_pgarray_failed(&keys) ? jk_out_of_memory(error) : run_page(reader, queries, page, error);
    jk_pgarray_done(&keys);
    return status;
}

enum jk_status jk_reader_weighed_alike(struct jk_reader *reader, const struct jk_weighed_manifest *manifest,
                                       uint32_t places, struct jk_weighed_page *page, struct jk_error *error)
{
    struct jk_query queries[2];
    char bits[SIGN_BITS];

    page->count = 0;
    if (manifest->shape.len == 0) return JK_OK;
    jk_reader_queries(queries);
    jk_query_init(&queries[1], JK_SQL_WEIGHED_ALIKE);
    jk_query_span(&queries[1], manifest->shape);
    jk_query_span(&queries[1], write_bits(manifest, bits));
    jk_query_i64(&queries[1], places);
    return run_page(reader, queries, page, error);
}
