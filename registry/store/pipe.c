/* Pipelines: many statements sent without waiting, while results are read (otherwise both sides could block on full
 * buffers), and their results in order. Thread: the connection's owner. See conn.h for errors.
 *
 * libpq, "Pipeline Mode": each command's results end with a NULL; a sync's result is not followed by one; after a
 * failure everything up to the sync is PGRES_PIPELINE_ABORTED. */
#include "store/pipe.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "store/pgarray.h"

#define ROLLBACK_MS 3000

int jk_pipe_poll(PGconn *pg, short events, int64_t deadline_ms)
{
    for (;;) {
        struct pollfd fd = {.fd = PQsocket(pg), .events = events};
        int64_t left_ms = deadline_ms - jk_monotonic_ms();
        int got = poll(&fd, 1, left_ms > 0 ? (left_ms < INT_MAX ? (int)left_ms : INT_MAX) : 0);

        if (got > 0) return fd.revents;
        if (got == 0 && left_ms <= 0) return 0;
        if (got < 0 && errno != EINTR) return POLLERR;
    }
}

static enum jk_status lost(struct jk_conn *conn, struct jk_error *error)
{
    struct jk_span text = jk_span_trim(jk_span_of(PQerrorMessage(conn->pg)));
    enum jk_status status =
        jk_fail(error, JK_UNAVAILABLE, "DATABASE_UNAVAILABLE", "the connection to the database was lost: %.*s",
                (int)(text.len < 300 ? text.len : 300), text.at);

    jk_conn_drop(conn);
    return status;
}

/* After the deadline the connection's state is unknown: the query is cancelled and the connection dropped. */
static enum jk_status late(struct jk_conn *conn, struct jk_error *error)
{
    PGcancel *cancel = PQgetCancel(conn->pg);
    char detail[256];

    if (cancel) (void)PQcancel(cancel, detail, sizeof(detail));
    PQfreeCancel(cancel);
    jk_conn_drop(conn);
    return jk_fail(error, JK_UNAVAILABLE, "DATABASE_TIMEOUT", "the database did not answer in time; try again");
}

/* Sends what is buffered, reading what arrives meanwhile. */
static enum jk_status flush(struct jk_conn *conn, int64_t deadline_ms, struct jk_error *error)
{
    int state;

    while ((state = PQflush(conn->pg)) == 1) {
        int events = jk_pipe_poll(conn->pg, POLLIN | POLLOUT, deadline_ms);

        if (events == 0) return late(conn, error);
        if ((events & ~POLLOUT) && !PQconsumeInput(conn->pg)) return lost(conn, error);
    }
    return state == 0 ? JK_OK : lost(conn, error);
}

/* The next result; NULL ends a command's results. */
static enum jk_status next_result(struct jk_conn *conn, int64_t deadline_ms, PGresult **out, struct jk_error *error)
{
    JK_TRY(flush(conn, deadline_ms, error));
    while (PQisBusy(conn->pg)) {
        if (jk_pipe_poll(conn->pg, POLLIN, deadline_ms) == 0) return late(conn, error);
        if (!PQconsumeInput(conn->pg)) return lost(conn, error);
    }
    *out = PQgetResult(conn->pg);
    return JK_OK;
}

/* Stores a failed result in `error` (the first wins); true if the session can no longer be used. */
static bool note_result(const PGresult *result, struct jk_error *error)
{
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    struct jk_sqlstate meaning = jk_sqlstate_meaning(code);

    (void)jk_fail(error, meaning.status, meaning.reason, "the database refused (%s): %s", code ? code : "connection",
                  text ? text : PQresultErrorMessage(result));
    return meaning.lost;
}

static bool is_fine(ExecStatusType state)
{
    return state == PGRES_COMMAND_OK || state == PGRES_TUPLES_OK || state == PGRES_PIPELINE_SYNC;
}

/* One command's results, including the final NULL. */
static enum jk_status take_command(struct jk_conn *conn, PGresult **out_result, bool *lost_session, int64_t deadline_ms,
                                   struct jk_error *failure, struct jk_error *error)
{
    PGresult *result = NULL;

    JK_TRY(next_result(conn, deadline_ms, &result, error));
    if (!result) return lost(conn, error);
    while (result) {
        ExecStatusType state = PQresultStatus(result);

        if (!is_fine(state) && state != PGRES_PIPELINE_ABORTED && note_result(result, failure)) *lost_session = true;
        if (out_result && !*out_result && is_fine(state))
            *out_result = result;
        else
            PQclear(result);
        if (PQstatus(conn->pg) == CONNECTION_BAD) return lost(conn, error);
        JK_TRY(next_result(conn, deadline_ms, &result, error));
    }
    return JK_OK;
}

static enum jk_status take_results(struct jk_conn *conn, struct jk_query *queries, size_t count, int64_t deadline_ms,
                                   struct jk_error *failure, struct jk_error *error)
{
    bool lost_session = false;
    PGresult *sync = NULL;

    for (size_t i = 0; i < count; i++)
        JK_TRY(take_command(conn, queries ? &queries[i].result : NULL, &lost_session, deadline_ms, failure, error));
    if (lost_session) return lost(conn, error);
    JK_TRY(next_result(conn, deadline_ms, &sync, error));
    if (PQresultStatus(sync) != PGRES_PIPELINE_SYNC) {
        PQclear(sync);
        return lost(conn, error);
    }
    PQclear(sync);
    return JK_OK;
}

enum jk_status jk_pipe_finish(struct jk_conn *conn, struct jk_query *queries, size_t count, int64_t deadline_ms,
                              struct jk_error *error)
{
    struct jk_error failure, broken;
    enum jk_status status;

    jk_error_init(&failure, NULL);
    jk_error_init(&broken, NULL);
    status = PQpipelineSync(conn->pg) ? take_results(conn, queries, count, deadline_ms, &failure, &broken)
                                      : lost(conn, &broken);
    /* What the server said before it went away is more useful than the fact that it did. */
    if (jk_error_is_set(&failure)) return jk_fail(error, failure.status, failure.reason, "%s", failure.message);
    if (status != JK_OK) return jk_fail(error, broken.status, broken.reason, "%s", broken.message);
    return JK_OK;
}

static enum jk_status send_query(struct jk_conn *conn, const struct jk_query *query, int64_t deadline_ms,
                                 struct jk_error *error)
{
    static const int binary[JK_PARAMS_MAX] = {1, 1, 1, 1, 1, 1, 1, 1, 1};

    JK_CHECK(query->count == jk_sql_params(query->statement));
    if (!PQsendQueryPrepared(conn->pg, jk_sql_name(query->statement), query->count, query->values, query->lengths,
                             binary, 1))
        return lost(conn, error);
    return flush(conn, deadline_ms, error);
}

enum jk_status jk_conn_run(struct jk_conn *conn, struct jk_query *queries, size_t count, int64_t deadline_ms,
                           struct jk_error *error)
{
    enum jk_status status = JK_OK;

    if (!conn->pg)
        return jk_fail(error, JK_UNAVAILABLE, "DATABASE_UNAVAILABLE",
                       "the database cannot be reached; try again shortly");
    if (conn->watch) {
        conn->watch->backend = PQbackendPID(conn->pg);
        conn->watch->since_ms = jk_monotonic_ms();
    }
    for (size_t i = 0; i < count && status == JK_OK; i++)
        status = send_query(conn, &queries[i], deadline_ms, error);
    if (status == JK_OK) status = jk_pipe_finish(conn, queries, count, deadline_ms, error);

    bool waited = status != JK_OK && error->reason && strcmp(error->reason, "LOCK_TIMEOUT") == 0;
    if (waited) jk_metrics_add(JK_METRIC_LOCK_TIMEOUTS, 0, 0, 1);
    if (conn->watch) {
        conn->watch->lock_timeouts += waited;
        conn->watch->since_ms = 0;
    }

    if (status != JK_OK) jk_queries_done(queries, count);
    return status;
}

void jk_conn_rollback(struct jk_conn *conn)
{
    struct jk_query query;
    struct jk_error error;

    if (!conn->pg) return;
    if (PQtransactionStatus(conn->pg) == PQTRANS_IDLE) return;
    jk_error_init(&error, NULL);
    jk_query_init(&query, JK_SQL_ROLLBACK);
    if (jk_conn_run(conn, &query, 1, jk_monotonic_ms() + ROLLBACK_MS, &error) != JK_OK) jk_conn_drop(conn);
    jk_queries_done(&query, 1);
}

enum jk_status jk_conn_script(struct jk_conn *conn, const char *sql, int64_t deadline_ms, PGresult **out_result,
                              struct jk_error *error)
{
    struct jk_error failure;
    PGresult *result = NULL, *last = NULL;
    bool lost_session = false;
    enum jk_status status;

    if (!conn->pg)
        return jk_fail(error, JK_UNAVAILABLE, "DATABASE_UNAVAILABLE",
                       "the database cannot be reached; try again shortly");
    jk_error_init(&failure, NULL);
    if (!PQsendQuery(conn->pg, sql)) return lost(conn, error);
    while ((status = next_result(conn, deadline_ms, &result, error)) == JK_OK && result) {
        if (!is_fine(PQresultStatus(result)) && note_result(result, &failure)) lost_session = true;
        PQclear(last);
        last = result;
    }
    if (lost_session) jk_conn_drop(conn);
    if (status == JK_OK && jk_error_is_set(&failure))
        status = jk_fail(error, failure.status, failure.reason, "%s", failure.message);
    if (status == JK_OK && out_result)
        *out_result = last;
    else
        PQclear(last);
    return status;
}

void jk_query_init(struct jk_query *query, enum jk_sql statement)
{
    query->statement = statement;
    query->count = 0;
    query->result = NULL;
}

void jk_query_bytes(struct jk_query *query, const void *bytes, size_t len)
{
    JK_CHECK(query->count < JK_PARAMS_MAX && len <= INT_MAX);
    query->values[query->count] = len > 0 ? bytes : ""; /* a null pointer would be SQL's NULL */
    query->lengths[query->count++] = (int)len;
}

void jk_query_span(struct jk_query *query, struct jk_span bytes)
{
    jk_query_bytes(query, bytes.at, bytes.len);
}

void jk_query_i64(struct jk_query *query, int64_t value)
{
    JK_CHECK(query->count < JK_PARAMS_MAX);
    jk_put_be64(query->numbers[query->count], (uint64_t)value);
    jk_query_bytes(query, query->numbers[query->count], sizeof(query->numbers[0]));
}

void jk_queries_done(struct jk_query *queries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        PQclear(queries[i].result);
        queries[i].result = NULL;
    }
}

int64_t jk_result_i64(const PGresult *result, int row, int column)
{
    const char *bytes = PQgetvalue(result, row, column);
    int len = PQgetlength(result, row, column);

    if (len == 4) return (int32_t)jk_get_be32(bytes);
    JK_CHECK(len == 8);
    return (int64_t)jk_get_be64(bytes);
}

struct jk_span jk_result_span(const PGresult *result, int row, int column)
{
    return (struct jk_span){PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)};
}
