/* Between conn.c and pipe.c: the low-level steps of a pipeline on a connection in pipeline mode. Thread: the
 * connection's. */
#ifndef JK_STORE_PIPE_H
#define JK_STORE_PIPE_H

#include "store/conn.h"

const char *jk_sql_name(enum jk_sql statement);
int jk_sql_params(enum jk_sql statement);
/* Waits for the connection's socket; returns poll()'s events, 0 at the deadline. */
int jk_pipe_poll(PGconn *pg, short events, int64_t deadline_ms);
/* Sync, then the results of `count` commands, stored in queries[i].result if queries are given. */
JK_MUST_USE enum jk_status jk_pipe_finish(struct jk_conn *conn, struct jk_query *queries, size_t count,
                                          int64_t deadline_ms, struct jk_error *error);

#endif
