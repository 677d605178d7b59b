/* Connecting: without blocking and under our own time limit (libpq's connect_timeout does not hold for PQconnectPoll),
 * through a list of hosts, then the role's settings and statements. See conn.h; pipelines are pipe.c's.
 *
 *   DOWN --jk_conn_up--> UP --connection lost, session of no use--> DOWN (back-off doubles from 50 ms to 5 s)
 */
#include "store/conn.h"

#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/defer.h"
#include "base/text.h"
#include "store/pipe.h"

#define OPTIONS_MAX 64
#define W           (1u << JK_CONN_WRITER)
#define R           (1u << JK_CONN_READER)

struct statement_row {
    unsigned roles;
    int params;
    const char *name, *sql;
};

static const struct statement_row statements[JK_SQL_COUNT] = {
#define JK_STATEMENT(name, roles, params, sql) [JK_SQL_##name] = {(roles), (params), #name, (sql)},
#include "store/statements.def"
#undef JK_STATEMENT
};

/* Index scans only for the sequencer: its plans are made once, when the tables may still be empty. */
static const char *const settings[] = {
    [JK_CONN_PLAIN] = "set jit = off; set timezone = 'UTC'",
    [JK_CONN_WRITER] = "set jit = off; set timezone = 'UTC'; set synchronous_commit = on; set lock_timeout = '2s'; "
                       "set idle_in_transaction_session_timeout = '5s'; set plan_cache_mode = force_generic_plan; "
                       "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off",
    [JK_CONN_READER] = "set jit = off; set timezone = 'UTC'; set lock_timeout = '5s'; "
                       "set idle_in_transaction_session_timeout = '10s'; set plan_cache_mode = force_generic_plan; "
                       "set enable_seqscan = off",
};

const char *jk_sql_name(enum jk_sql statement)
{
    return statements[statement].name;
}

int jk_sql_params(enum jk_sql statement)
{
    return statements[statement].params;
}

void jk_conn_init(struct jk_conn *conn, const char *database, enum jk_conn_role role)
{
    *conn = (struct jk_conn){.database = database, .role = role};
}

void jk_conn_drop(struct jk_conn *conn)
{
    if (conn->pg) PQfinish(conn->pg);
    conn->pg = NULL;
}

/* "a,b,c" rotated by `by` elements: "b,c,a". Lists of one are unchanged. */
static bool rotate(const char *list, unsigned by, struct jk_text *out)
{
    struct jk_span rest = jk_span_of(list), part;
    struct jk_span parts[OPTIONS_MAX];
    size_t count = 0;
    bool more = true;

    while (more && count < OPTIONS_MAX) {
        more = jk_span_cut(&rest, ',', &part);
        parts[count++] = part;
    }
    if (more) return false;
    for (size_t i = 0; i < count; i++) {
        if (i > 0) jk_text_add_char(out, ',');
        jk_text_add(out, parts[(i + by) % count]);
    }
    return !out->failed;
}

struct words {
    const char *keys[OPTIONS_MAX], *values[OPTIONS_MAX];
    size_t count;
    struct jk_text turned[3]; /* host, hostaddr, port */
    size_t turned_count;
};

static void words_add(struct words *words, const char *key, const char *value)
{
    if (words->count + 1 >= OPTIONS_MAX) return;
    words->keys[words->count] = key;
    words->values[words->count++] = value;
}

/* Later words win: our defaults, which may be overridden; the operator's; ours that must hold. */
static PGconn *begin_connect(const struct jk_conn *conn, PQconninfoOption *options)
{
    struct words words = {0};
    PGconn *pg;

    words_add(&words, "keepalives_idle", "10");
    words_add(&words, "keepalives_interval", "5");
    words_add(&words, "keepalives_count", "3");
    words_add(&words, "tcp_user_timeout", "15000");
    words_add(&words, "application_name", "jokbod");
    for (PQconninfoOption *option = options; option->keyword; option++) {
        const char *key = option->keyword, *value = option->val;

        if (!value) continue;
        bool hosts = strcmp(key, "host") == 0 || strcmp(key, "hostaddr") == 0 || strcmp(key, "port") == 0;
        if (hosts && conn->rotation > 0 && words.turned_count < 3) {
            struct jk_text *out = &words.turned[words.turned_count++];

            if (rotate(value, conn->rotation, out)) value = out->bytes;
        }
        words_add(&words, key, value);
    }
    words_add(&words, "client_encoding", "UTF8");
    words_add(&words, "keepalives", "1");
    words_add(&words, "target_session_attrs", "read-write");
    pg = PQconnectStartParams(words.keys, words.values, 0);
    for (size_t i = 0; i < 3; i++)
        jk_text_done(&words.turned[i]);
    return pg;
}

static enum jk_status refused(struct jk_error *error, const char *detail)
{
    struct jk_span text = jk_span_trim(jk_span_of(detail));

    return jk_fail(error, JK_UNAVAILABLE, "DATABASE_UNAVAILABLE", "cannot reach the database: %.*s",
                   (int)(text.len < 300 ? text.len : 300), text.at);
}

/* libpq would write the server's notices to standard error; anything that matters arrives as a result. */
static void drop_notice(void *context, const PGresult *result)
{
    (void)context, (void)result;
}

static _Atomic uint64_t sessions;

static enum jk_status connect_now(struct jk_conn *conn, int64_t deadline_ms, struct jk_error *error)
{
    char *fault = NULL;
    PQconninfoOption *options = PQconninfoParse(conn->database, &fault);
    enum jk_status status;

    if (!options) {
        status =
            jk_fail(error, JK_FAILED_PRECONDITION, "DATABASE_STRING",
                    "the database string is not a libpq URL or key=value string: %s", fault ? fault : "out of memory");
        PQfreemem(fault);
        return status;
    }
    conn->pg = begin_connect(conn, options);
    conn->session = ++sessions;
    PQconninfoFree(options);

    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    if (!conn->pg || PQstatus(conn->pg) == CONNECTION_BAD)
        return refused(error, conn->pg ? PQerrorMessage(conn->pg) : "out of memory");
    while (state != PGRES_POLLING_OK) {
        short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;

        if (jk_pipe_poll(conn->pg, events, deadline_ms) == 0) return refused(error, "no answer within the time limit");
        state = PQconnectPoll(conn->pg);
        if (state == PGRES_POLLING_FAILED) return refused(error, PQerrorMessage(conn->pg));
    }

    (void)PQsetNoticeReceiver(conn->pg, drop_notice, NULL);
    if (PQsetnonblocking(conn->pg, 1) != 0) return refused(error, PQerrorMessage(conn->pg));
    JK_TRY(jk_conn_script(conn, settings[conn->role], deadline_ms, NULL, error));

    size_t sent = 0;
    if (conn->role == JK_CONN_PLAIN) return JK_OK; /* it prepares no statements */
    if (!PQenterPipelineMode(conn->pg)) return refused(error, PQerrorMessage(conn->pg));
    for (size_t i = 0; i < JK_SQL_COUNT; i++) {
        if (!(statements[i].roles & 1u << conn->role)) continue;
        if (!PQsendPrepare(conn->pg, statements[i].name, statements[i].sql, 0, NULL))
            return refused(error, PQerrorMessage(conn->pg));
        sent++;
    }
    return jk_pipe_finish(conn, NULL, sent, deadline_ms, error);
}

enum jk_status jk_conn_up(struct jk_conn *conn, int64_t timeout_ms, struct jk_error *error)
{
    int64_t now_ms = jk_monotonic_ms();
    enum jk_status status;
    int64_t wait_ms = JK_BACKOFF_LEAST_MS;

    if (conn->pg) return JK_OK;
    if (now_ms < conn->next_ms)
        return jk_fail(error, JK_UNAVAILABLE, "DATABASE_UNAVAILABLE",
                       "the database cannot be reached; try again shortly");
    status = connect_now(conn, now_ms + timeout_ms, error);
    if (status == JK_OK) {
        conn->failures = 0;
        return JK_OK;
    }
    jk_conn_drop(conn);
    conn->rotation++;
    for (unsigned i = 0; i < conn->failures && wait_ms < JK_BACKOFF_MOST_MS; i++)
        wait_ms *= 2;
    conn->failures++;
    conn->next_ms = jk_monotonic_ms() + (wait_ms < JK_BACKOFF_MOST_MS ? wait_ms : JK_BACKOFF_MOST_MS);
    return status;
}

enum jk_status jk_conn_wait(struct jk_conn *conn, int64_t deadline_ms, struct jk_error *error)
{
    for (;;) {
        struct jk_error attempt;
        enum jk_status status;

        jk_error_init(&attempt, NULL);
        status = jk_conn_up(conn, JK_CONNECT_TIMEOUT_MS, &attempt);
        if (status == JK_OK) return JK_OK;
        if (status != JK_UNAVAILABLE || jk_monotonic_ms() >= deadline_ms)
            return jk_fail(error, status, attempt.reason, "%s", attempt.message);
        if (conn->next_ms > jk_monotonic_ms() + 1000) conn->next_ms = jk_monotonic_ms() + 1000;
        jk_sleep_ms(20);
    }
}

struct jk_sqlstate jk_sqlstate_meaning(const char *code)
{
    static const struct {
        const char *prefix;
        struct jk_sqlstate meaning;
    } rows[] = {
#define JK_SQLSTATE(prefix, status, reason, lost) {(prefix), {JK_##status, (reason), (lost)}},
#include "store/sqlstate.def"
#undef JK_SQLSTATE
    };
    size_t i = 0;

    if (!code || !*code) return (struct jk_sqlstate){JK_UNAVAILABLE, "DATABASE_UNAVAILABLE", true};
    while (strncmp(code, rows[i].prefix, strlen(rows[i].prefix)) != 0)
        i++; /* the last row matches everything */
    return rows[i].meaning;
}
