/* See source.h. */
#include "store/source.h"

#include "base/check.h"
#include "base/clock.h"
#include "tiles/grow.h"

#define READ_MS 10000

void jk_source_hashes(struct jk_store *store, unsigned level, uint64_t first, unsigned count,
                      struct jk_digest *out_hashes)
{
    bool good = true;

    pthread_rwlock_rdlock(&store->lock);
    for (unsigned i = 0; i < count; i++)
        good = jk_forest_read(store->forest, level, first + i, &out_hashes[i]) && good;
    pthread_rwlock_unlock(&store->lock);
    JK_CHECK(good); /* the forest holds everything that was signed */
}

static enum jk_status take_entries(const PGresult *rows, uint64_t first, unsigned count, struct jk_text *bundle,
                                   unsigned *added, struct jk_error *error)
{
    for (int row = 0; row < PQntuples(rows) && *added < count; row++) {
        if ((uint64_t)jk_result_i64(rows, row, 0) != first + *added) break;
        if (!jk_tile_entry_add(bundle, jk_result_span(rows, row, 1))) return jk_out_of_memory(error);
        ++*added;
    }
    if (*added == count) return JK_OK;
    return jk_fail(error, JK_UNAVAILABLE, "ENTRIES_MISSING", "the database did not give entry %llu",
                   (unsigned long long)(first + *added));
}

enum jk_status jk_source_entries(struct jk_conn *conn, uint64_t first, unsigned count, int connect_ms,
                                 struct jk_text *bundle, unsigned *out_added, struct jk_error *error)
{
    struct jk_query query;
    enum jk_status status;

    *out_added = 0;
    JK_TRY(jk_conn_up(conn, connect_ms, error));
    jk_query_init(&query, JK_SQL_ENTRIES_RANGE);
    jk_query_i64(&query, (int64_t)first);
    jk_query_i64(&query, count);
    jk_query_i64(&query, JK_GROW_BUNDLE_MAX);
    JK_TRY(jk_conn_run(conn, &query, 1, jk_monotonic_ms() + READ_MS, error));
    status = take_entries(query.result, first, count, bundle, out_added, error);
    jk_queries_done(&query, 1);
    return status;
}
