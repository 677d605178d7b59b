/* Loading at start: folds all entries up to the head in chunks, loads all records, and checks everything that can be
 * checked along the way: the edge, the signed checkpoint, and the guard copy's root at its own size. Thread: start. */
#include "base/check.h"
#include "base/clock.h"
#include "store/clock.h"
#include "store/state.h"

#define CHUNK_ROWS 4096
#define CHUNK_MS   60000

struct guard_point {
    bool wanted;
    struct jk_checkpoint checkpoint;
};

enum jk_status jk_load_head(struct jk_conn *writer, struct jk_query *query, struct jk_head *out_head,
                            struct jk_error *error)
{
    enum jk_status status;

    jk_query_init(query, JK_SQL_HEAD_READ);
    JK_TRY(jk_conn_run(writer, query, 1, jk_monotonic_ms() + CHUNK_MS, error));
    status = jk_head_parse(query->result, out_head, error);
    if (status != JK_OK) jk_queries_done(query, 1);
    return status;
}

static enum jk_status read_rows(struct jk_conn *writer, enum jk_sql statement, int64_t from, struct jk_query *query,
                                struct jk_error *error)
{
    jk_query_init(query, statement);
    jk_query_i64(query, from);
    jk_query_i64(query, CHUNK_ROWS);
    return jk_conn_run(writer, query, 1, jk_monotonic_ms() + CHUNK_MS, error);
}

/* Loading stops at the guard's size in between. */
enum jk_status jk_load_entries(struct jk_store *store, struct jk_conn *writer, uint64_t limit, struct jk_error *error)
{
    while (store->edge.size < limit) {
        uint64_t before = store->edge.size;
        struct jk_query query;
        enum jk_status status;

        JK_TRY(read_rows(writer, JK_SQL_ENTRIES_FROM, (int64_t)before, &query, error));
        status = jk_fold_entries(store, limit, query.result, error);
        jk_queries_done(&query, 1);
        if (status != JK_OK) return status;
        if (store->edge.size == before)
            return jk_fail(error, JK_DATA_LOSS, "LOG_GAP", "entry %llu is missing from the database",
                           (unsigned long long)before);
        jk_book_keep(store->book);
    }
    return JK_OK;
}

static enum jk_status load_records(struct jk_store *store, struct jk_conn *writer, struct jk_error *error)
{
    int rows;

    do {
        struct jk_query query;
        enum jk_status status;

        JK_TRY(read_rows(writer, JK_SQL_RECORDS_FROM, store->record_version, &query, error));
        rows = PQntuples(query.result);
        status = jk_fold_records(store, query.result, error);
        jk_queries_done(&query, 1);
        if (status != JK_OK) return status;
    } while (rows == CHUNK_ROWS);
    return JK_OK;
}

/* Compares the guard copy with the database, which may be behind it. */
static enum jk_status check_guard(struct jk_store *store, const struct jk_head *head, struct guard_point *out_point,
                                  struct jk_error *error)
{
    struct jk_guard *guard = &store->guard;
    struct jk_span body;

    out_point->wanted = guard->note_len > 0;
    if (!out_point->wanted) return JK_OK;
    JK_TRY(jk_note_open((struct jk_span){guard->note, guard->note_len}, &body, &(struct jk_span){0}, error));
    JK_TRY(jk_checkpoint_parse(body, &out_point->checkpoint, error));
    if (!jk_span_equal(out_point->checkpoint.origin, head->origin))
        return jk_fail(error, JK_FAILED_PRECONDITION, "WRONG_DATA_DIRECTORY",
                       "wrong data directory: %s guards the log \"%.*s\", the database holds \"%.*s\"",
                       store->guard_path, JK_SPAN_ARG(out_point->checkpoint.origin), JK_SPAN_ARG(head->origin));
    if (out_point->checkpoint.size > head->size)
        return jk_fail(
            error, JK_FAILED_PRECONDITION, "LOG_ROLLED_BACK",
            "the database holds %llu entries, but this server saw %llu committed: it was rolled back; restore a "
            "backup that holds at least %llu entries, or replay them from the published log: jokbod recover --from "
            "%s (or a mirror's folder or URL)",
            (unsigned long long)head->size, (unsigned long long)out_point->checkpoint.size,
            (unsigned long long)out_point->checkpoint.size, store->public_dir);
    return JK_OK;
}

static enum jk_status load_all(struct jk_store *store, struct jk_conn *writer, const struct jk_head *head,
                               const struct jk_published *published, struct jk_error *error)
{
    struct guard_point point;

    JK_TRY(jk_fold_check_head(store, head, error));
    JK_TRY(jk_signkeys_recognise(&store->keys, head->key, error));
    JK_TRY(check_guard(store, head, &point, error));
    if (published->present && published->checkpoint.size > head->size)
        return jk_public_rolled_back(store, published, head->size, error);

    if (point.wanted) {
        JK_TRY(jk_load_entries(store, writer, point.checkpoint.size, error));
        struct jk_digest root = jk_edge_root(&store->edge);
        if (!jk_digest_equal(&root, &point.checkpoint.root))
            return jk_fail(
                error, JK_FAILED_PRECONDITION, "LOG_DIVERGED",
                "the database's first %llu entries are not those that this server committed: it was restored from a "
                "different history; restore a backup of the log that %s guards, or empty the database and run "
                "jokbod recover --from DIR|URL "
                "on a copy of the published log",
                (unsigned long long)point.checkpoint.size, store->guard_path);
    }
    JK_TRY(jk_load_entries(store, writer, head->size, error));
    if (!jk_edge_equal(&store->edge, &head->edge))
        return jk_fail(error, JK_DATA_LOSS, "LOG_DIVERGED",
                       "the database's entries do not give the edge in log_head: restore the database from a backup");

    JK_TRY(jk_signkeys_choose(&store->keys, store->book, (uint32_t)head->size, error));
    JK_TRY(jk_fold_check_keys(store, head, error));
    JK_TRY(load_records(store, writer, error));
    jk_clock_follow(store);
    jk_fold_publish(store, head->checkpoint, NULL, 0);
    if (published->present) JK_TRY(jk_public_check(store, published, error));
    if (point.wanted && point.checkpoint.size == head->size) return JK_OK;
    return jk_guard_write(&store->guard, head->checkpoint, error);
}

enum jk_status jk_load(struct jk_store *store, struct jk_conn *writer, const struct jk_published *published,
                       struct jk_error *error)
{
    struct jk_query query;
    struct jk_head head;
    enum jk_status status;

    JK_TRY(jk_load_head(writer, &query, &head, error));
    status = load_all(store, writer, &head, published, error);
    jk_queries_done(&query, 1);
    return status;
}
