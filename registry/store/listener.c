/* The listener: hears of other servers' batches (LISTEN) and tells the sequencer, which reads them; prunes hourly. It
 * changes nothing in memory itself. Notifications are lost while it is not connected: the sequencer also checks once a
 * second by itself, so only speed depends on them. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/state.h"

#define WAIT_MS        1000
#define LISTEN_MS      5000
#define PRUNE_EVERY_MS 3600000
#define PRUNE_AGAIN_MS 60000
#define PRUNE_ROUNDS   200 /* at most an hour's worth: 2 million rows of each kind */

static void take_notifications(struct jk_store *store, struct jk_conn *conn)
{
    PGnotify *notify;

    while ((notify = PQnotifies(conn->pg)) != NULL) {
        /* "<size> <record version>"; anything else is not ours */
        unsigned long long size;
        long long version;
        if (sscanf(notify->extra, "%llu %lld", &size, &version) == 2) {
            if (size > store->heard_size) store->heard_size = size;
            if (version > store->heard_version) store->heard_version = version;
            if (size > store->size || version > store->record_version) jk_mailbox_nudge(store->writes);
        }

        PQfreemem(notify);
    }
}

static bool listen_for_growth(struct jk_conn *conn)
{
    struct jk_error error;

    if (conn->pg) return true;
    jk_error_init(&error, NULL);
    if (jk_conn_up(conn, JK_CONNECT_TIMEOUT_MS, &error) != JK_OK) return false;
    if (jk_conn_script(conn, "listen jokbo_log", jk_monotonic_ms() + LISTEN_MS, NULL, &error) == JK_OK) return true;
    jk_conn_drop(conn);
    return false;
}

/* How long until the next time. */
static int64_t prune(struct jk_store *store, struct jk_conn *conn)
{
    int rounds = 0;

    /* The database's clock is used: if that is ahead, stored replies would be deleted too early. */
    int64_t asked_us = jk_timekeeper_ask(store);
    PGresult *result = NULL;
    struct jk_moment moment;
    struct jk_error error;
    bool believed;
    jk_error_init(&error, NULL);
    if (jk_conn_script(conn, "select (extract(epoch from clock_timestamp()) * 1000000)::bigint",
                       jk_monotonic_ms() + LISTEN_MS, &result, &error) != JK_OK)
        return PRUNE_AGAIN_MS;
    believed =
        jk_timekeeper_judge(store, asked_us, strtoll(PQgetvalue(result, 0, 0), NULL, 10), &moment, &error) == JK_OK;
    PQclear(result);
    if (!believed) return PRUNE_AGAIN_MS;

    while (rounds < PRUNE_ROUNDS && !store->stopping && jk_prune(conn)) {
        rounds++;
        if (conn->pg) take_notifications(store, conn);
    }
    if (rounds > 0) jk_log(JK_LOG_INFO, "pruned", "rounds", jk_log_i64(rounds), NULL);
    return PRUNE_EVERY_MS;
}

static void *run_listener(void *context)
{
    struct jk_store *store = context;
    struct jk_conn conn;
    int64_t prune_ms = jk_monotonic_ms() + 60000;

    (void)pthread_setname_np(pthread_self(), "jk-listener");
    jk_conn_init(&conn, store->database, JK_CONN_PLAIN);
    while (!store->stopping) {
        bool listening = listen_for_growth(&conn);

        if (listening && jk_monotonic_ms() >= prune_ms) {
            int64_t wait_ms = prune(store, &conn);

            prune_ms = jk_monotonic_ms() + wait_ms;
        }
        if (conn.pg) take_notifications(store, &conn);

        struct pollfd fds[2] = {{.fd = store->listener_wake, .events = POLLIN},
                                {.fd = conn.pg ? PQsocket(conn.pg) : -1, .events = POLLIN}};
        if (poll(fds, 2, WAIT_MS) <= 0 || !conn.pg || fds[1].revents == 0) continue;
        if (PQconsumeInput(conn.pg)) {
            take_notifications(store, &conn);
            continue;
        }
        jk_log(JK_LOG_WARN, "listener-lost", "detail", PQerrorMessage(conn.pg), NULL);
        jk_conn_drop(&conn);
        jk_mailbox_nudge(store->writes); /* its connection may be gone, too: let it check */
    }
    jk_conn_drop(&conn);
    return NULL;
}

enum jk_status jk_listener_start(struct jk_store *store, struct jk_error *error)
{
    store->listener_wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (store->listener_wake < 0 || pthread_create(&store->listener_thread, NULL, run_listener, store) != 0)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start the listener's thread");
    store->listener_started = true;
    return JK_OK;
}

void jk_listener_stop(struct jk_store *store)
{
    uint64_t one = 1;

    if (store->listener_started) {
        if (write(store->listener_wake, &one, sizeof(one)) < 0 && errno != EAGAIN)
            jk_log(JK_LOG_WARN, "listener-wake", NULL);
        pthread_join(store->listener_thread, NULL);
        store->listener_started = false;
    }
    if (store->listener_wake >= 0) close(store->listener_wake);
    store->listener_wake = -1;
}
