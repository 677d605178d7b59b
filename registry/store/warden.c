/* The warden: ends sessions that hold a lock which our connections wait for, and that make no progress because their
 * server is frozen (holders.h has the rule). It looks once a second, and asks the database only if one of our runs
 * takes longer than PATIENT_MS. What the other server had acknowledged was committed; the rest is rolled back, which it
 * learns from its batch's UUID when it is thawed (sequencer.c, UNKNOWN).
 *
 * One thread; a connection of its own, which is dropped after QUIET_MS without anybody waiting. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/holders.h"
#include "store/pgarray.h"
#include "store/state.h"

#define LOOK_MS    1000
#define PATIENT_MS 500
#define QUIET_MS   30000
#define ASK_MS     3000
#define AGAIN_MS   5000 /* if one that was told to end is still there after this long, it is told again */

struct jk_warden {
    struct jk_store *store;
    struct jk_conn conn;
    struct jk_holders holders;
    int64_t busy_ms; /* when somebody last waited */
    bool blind;      /* it was logged that the database does not answer */
    pthread_t thread;
    pthread_mutex_t lock; /* guards stopping */
    pthread_cond_t changed;
    bool stopping, started;
};

/* ---- who waits, and for whom ---- */

static enum jk_status ask_holders(struct jk_warden *warden, struct jk_pgarray *pids, PGresult **out_rows,
                                  struct jk_error *error)
{
    struct jk_query query;

    if (jk_pgarray_failed(pids)) return jk_out_of_memory(error);
    JK_TRY(jk_conn_up(&warden->conn, JK_CONNECT_TIMEOUT_MS, error));
    jk_query_init(&query, JK_SQL_HOLDERS);
    jk_query_span(&query, jk_pgarray_span(pids));
    JK_TRY(jk_conn_run(&warden->conn, &query, 1, jk_monotonic_ms() + ASK_MS, error));
    *out_rows = query.result;
    return JK_OK;
}

/* ---- ending one ---- */

static void tell_suspect(enum jk_log_level level, const char *event, const struct jk_suspect *suspect,
                         const PGresult *rows, int row, const char *detail)
{
    struct jk_span role = jk_result_span(rows, row, 5), application = jk_result_span(rows, row, 6);
    struct jk_span client = jk_result_span(rows, row, 7);
    char since[JK_TIME_TEXT];

    jk_time_format(suspect->holder.transaction_us, since);
    jk_log(level, event, "pid", jk_log_i64(suspect->holder.pid), "role", role.at, "application", application.at,
           "client", client.len ? client.at : "local", "transaction_since", suspect->holder.transaction_us ? since : "",
           "watched_ms", jk_log_i64(suspect->stood_ms), "detail", detail, NULL);
}

/* Once for each transaction. */
static void tell_stays(struct jk_suspect *suspect, const PGresult *rows, int row, const char *why)
{
    if (suspect->told) return;
    suspect->told = true;
    tell_suspect(JK_LOG_ERROR, "stuck-session-stays", suspect, rows, row, why);
}

/* False, with an error or without: it was not ended, because meanwhile it went on by itself. */
static bool end_session(struct jk_warden *warden, const struct jk_holder *holder, struct jk_error *error)
{
    struct jk_query query;
    bool ended;

    jk_query_init(&query, JK_SQL_SESSION_END);
    jk_query_i64(&query, holder->pid);
    jk_query_i64(&query, holder->session_us);
    jk_query_i64(&query, holder->transaction_us);
    if (jk_conn_run(&warden->conn, &query, 1, jk_monotonic_ms() + ASK_MS, error) != JK_OK) return false;
    ended = PQntuples(query.result) == 1 && jk_result_i64(query.result, 0, 0) != 0;
    jk_queries_done(&query, 1);
    return ended;
}

static void deal_with(struct jk_warden *warden, struct jk_suspect *suspect, const PGresult *rows, int row)
{
    int64_t now_ms = jk_monotonic_ms();
    struct jk_error error;

    jk_error_init(&error, NULL);
    if (!jk_holder_may_end(&suspect->holder)) {
        tell_stays(suspect, rows, row,
                   suspect->holder.ours
                       ? "the database does not tell when its transaction began (track_activities is off)"
                       : "it belongs to another role: find out what it is doing, and end it");
        return;
    }
    if (suspect->ended_ms != 0 && now_ms - suspect->ended_ms < AGAIN_MS) return;
    if (suspect->ended_ms != 0) tell_stays(suspect, rows, row, "it was told to end but did not");
    if (end_session(warden, &suspect->holder, &error)) {
        if (suspect->ended_ms == 0) {
            jk_metrics_add(JK_METRIC_SESSIONS_ENDED, 0, 0, 1);
            tell_suspect(JK_LOG_ERROR, "stuck-session-ended", suspect, rows, row,
                         "it held a lock that we wait for, and its server was frozen: find out why");
        }
        suspect->ended_ms = now_ms;
    } else if (jk_error_is_set(&error)) {
        tell_stays(suspect, rows, row, error.message);
    }
}

static void judge_holders(struct jk_warden *warden, const PGresult *rows)
{
    uint32_t timeouts = warden->store->watches[0].lock_timeouts;
    struct jk_holder seen[JK_HOLDERS_MAX];
    int count = PQntuples(rows) < JK_HOLDERS_MAX ? PQntuples(rows) : JK_HOLDERS_MAX;

    for (int row = 0; row < count; row++) {
        bool ours = jk_result_i64(rows, row, 3) != 0;
        seen[row] = (struct jk_holder){.pid = jk_result_i64(rows, row, 0),
                                       .session_us = jk_result_i64(rows, row, 1),
                                       .transaction_us = jk_result_i64(rows, row, 2),
                                       .ours = ours,
                                       .waits_for_client = !ours || jk_result_i64(rows, row, 4) != 0};
    }
    jk_holders_see(&warden->holders, seen, (size_t)count, jk_monotonic_ms(), timeouts);
    for (int row = 0; row < count; row++) {
        struct jk_suspect *suspect = jk_holders_find(&warden->holders, &seen[row]);

        if (suspect && jk_holder_is_stuck(suspect, timeouts)) deal_with(warden, suspect, rows, row);
    }
}

/* ---- the thread ---- */

static void look_at_holders(struct jk_warden *warden)
{
    int64_t now_ms = jk_monotonic_ms();
    struct jk_pgarray pids;
    PGresult *rows = NULL;
    struct jk_error error;

    jk_pgarray_init(&pids, JK_PG_BIGINT);
    jk_error_init(&error, NULL);
    int64_t before_ms = jk_monotonic_ms() - PATIENT_MS;
    for (size_t i = 0; i < sizeof(warden->store->watches) / sizeof(warden->store->watches[0]); i++) {
        int64_t since_ms = warden->store->watches[i].since_ms;
        if (since_ms != 0 && since_ms <= before_ms) jk_pgarray_add_i64(&pids, warden->store->watches[i].backend);
    }

    if (pids.count == 0) {
        if (now_ms - warden->busy_ms > QUIET_MS) jk_conn_drop(&warden->conn);
    } else {
        warden->busy_ms = now_ms;
        if (ask_holders(warden, &pids, &rows, &error) == JK_OK)
            judge_holders(warden, rows);
        else if (!warden->blind && warden->store->healthy)
            jk_log(JK_LOG_WARN, "lock-holders-unknown", "reason", error.reason, "detail", error.message, NULL);
        warden->blind = jk_error_is_set(&error);
    }
    PQclear(rows);
    jk_pgarray_done(&pids);
}

static void *run_warden(void *context)
{
    struct jk_warden *warden = context;

    (void)pthread_setname_np(pthread_self(), "jk-warden");
    while (!jk_condition_rest(&warden->changed, &warden->lock, &warden->stopping, LOOK_MS))
        look_at_holders(warden);
    jk_conn_drop(&warden->conn);
    return NULL;
}

enum jk_status jk_warden_start(struct jk_store *store, struct jk_error *error)
{
    struct jk_warden *warden = calloc(1, sizeof(*warden));

    if (!warden) return jk_out_of_memory(error);
    warden->store = store;
    jk_conn_init(&warden->conn, store->database, JK_CONN_READER);
    jk_condition_init(&warden->changed);
    pthread_mutex_init(&warden->lock, NULL);
    store->warden = warden;
    warden->started = pthread_create(&warden->thread, NULL, run_warden, warden) == 0;
    if (warden->started) return JK_OK;
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start the warden's thread");
}

void jk_warden_stop(struct jk_store *store)
{
    struct jk_warden *warden = store->warden;

    if (!warden) return;
    pthread_mutex_lock(&warden->lock);
    warden->stopping = true;
    pthread_cond_broadcast(&warden->changed);
    pthread_mutex_unlock(&warden->lock);
    if (warden->started) pthread_join(warden->thread, NULL);
    pthread_cond_destroy(&warden->changed);
    pthread_mutex_destroy(&warden->lock);
    free(warden);
    store->warden = NULL;
}
