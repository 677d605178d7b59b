/* One connection to PostgreSQL: made without blocking, under a time limit of its own, set up and prepared for its role,
 * dropped when its server goes away, and remade with back-off. Also queries, which are run as one pipeline each.
 *
 * Thread: the one that owns it. A connection that is down has pg == NULL. Limits: JK_PARAMS_MAX parameters a statement.
 * Errors: UNAVAILABLE with the reasons of sqlstate.def; INTERNAL DATABASE_ERROR for errors that our SQL should not
 * cause. */
#ifndef JK_STORE_CONN_H
#define JK_STORE_CONN_H

#include <libpq-fe.h>
#include <stdatomic.h>

#include "base/digest.h"
#include "base/error.h"

#define JK_PARAMS_MAX         9
#define JK_CONNECT_TIMEOUT_MS 5000
#define JK_BACKOFF_LEAST_MS   50
#define JK_BACKOFF_MOST_MS    5000

enum jk_conn_role {
    JK_CONN_PLAIN,  /* scripts only: migrations, LISTEN, pruning */
    JK_CONN_WRITER, /* pipeline mode, prepared; the sequencer's timeouts */
    JK_CONN_READER  /* pipeline mode, prepared */
};

enum jk_sql {
#define JK_STATEMENT(name, roles, params, sql) JK_SQL_##name,
#include "store/statements.def"
#undef JK_STATEMENT
    JK_SQL_COUNT
};

/* What a connection is doing, for another thread to read (warden.c). */
struct jk_conn_watch {
    _Atomic int64_t since_ms;       /* when the current run began; 0: none */
    _Atomic int32_t backend;        /* the server process */
    _Atomic uint32_t lock_timeouts; /* runs that ended in a lock timeout since start */
};

struct jk_conn {
    PGconn *pg;
    const char *database; /* not owned */
    enum jk_conn_role role;
    uint64_t session;  /* the connection's number, unique in the process */
    unsigned failures; /* failed attempts to connect in a row */
    int64_t next_ms;   /* no attempt before then */
    unsigned rotation; /* which host of the list to try first: a host that never answers must not block the others */
    struct jk_conn_watch *watch; /* not owned; NULL: nobody reads it */
};

void jk_conn_init(struct jk_conn *conn, const char *database, enum jk_conn_role role);
void jk_conn_drop(struct jk_conn *conn);
/* Connects and prepares if it is down; UNAVAILABLE at once during back-off. */
JK_MUST_USE enum jk_status jk_conn_up(struct jk_conn *conn, int64_t timeout_ms, struct jk_error *error);
/* The same, retrying until the deadline. */
JK_MUST_USE enum jk_status jk_conn_wait(struct jk_conn *conn, int64_t deadline_ms, struct jk_error *error);

/* ---- queries of a ready connection ---- */
struct jk_query {
    enum jk_sql statement;
    int count;
    const char *values[JK_PARAMS_MAX];
    int lengths[JK_PARAMS_MAX];
    char numbers[JK_PARAMS_MAX][8];
    PGresult *result; /* valid after a successful run; jk_queries_done frees it */
};
/* Parameters are added in order; their bytes must outlive the run, and the query must not move. */
void jk_query_init(struct jk_query *query, enum jk_sql statement);
void jk_query_i64(struct jk_query *query, int64_t value);
void jk_query_span(struct jk_query *query, struct jk_span bytes);
void jk_query_bytes(struct jk_query *query, const void *bytes, size_t len);
void jk_queries_done(struct jk_query *queries, size_t count);

/* Sends all as one pipeline and waits for all results. After the first failure PostgreSQL skips the rest, and the
 * results are freed. If the connection was lost, or did not answer by the deadline, it is dropped. */
JK_MUST_USE enum jk_status jk_conn_run(struct jk_conn *conn, struct jk_query *queries, size_t count,
                                       int64_t deadline_ms, struct jk_error *error);
/* Ends an open or failed transaction; drops the connection if that fails. */
void jk_conn_rollback(struct jk_conn *conn);
/* Runs a script on a plain connection (several statements, text results): the last statement's result, or NULL. */
JK_MUST_USE enum jk_status jk_conn_script(struct jk_conn *conn, const char *sql, int64_t deadline_ms,
                                          PGresult **out_result, struct jk_error *error);

/* ---- results ---- */
int64_t jk_result_i64(const PGresult *result, int row, int column); /* binary bigint or integer */
struct jk_span jk_result_span(const PGresult *result, int row, int column);

/* What a five-character code means (sqlstate.def). NULL or empty: the connection was lost. */
struct jk_sqlstate {
    enum jk_status status;
    const char *reason;
    bool lost;
};
struct jk_sqlstate jk_sqlstate_meaning(const char *code);

#endif
