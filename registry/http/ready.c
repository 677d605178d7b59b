/* Readiness: can a stranger be served? On request, a thread finds out by connecting to our own gRPC port and by
 * querying the database; the result is valid for FRESH_MS. Requests meanwhile wait for it, with their connections
 * suspended. Limits: each of the two checks has PROBE_MS; WAITING_MOST wait, others are told to retry. */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/condition.h"
#include "http/inside.h"

#define FRESH_MS     1000
#define PROBE_MS     1000
#define WAITING_MOST 64

static const char stopping[] = "server: stopping\n";

struct waiting {
    struct MHD_Connection *connection;
    struct jk_http_peer *peer;
};

struct jk_http_ready {
    struct jk_http *http;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t asked;
    struct waiting waiting[WAITING_MOST];
    size_t waiting_count;
    int64_t found_ms; /* 0: nothing yet */
    bool ready;
    char findings[256];
    bool ending;
};

/* The question to the database, on a reader thread. Two hold it, asker and reader; the last one frees it. */
struct question {
    struct jk_job job; /* first */
    atomic_uint holds;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    bool over, good;
};

static void let_go(struct question *question)
{
    if (atomic_fetch_sub(&question->holds, 1) != 1) return;
    pthread_mutex_destroy(&question->lock);
    pthread_cond_destroy(&question->answered);
    free(question);
}

static void answer_question(struct question *question, bool good)
{
    pthread_mutex_lock(&question->lock);
    question->over = true;
    question->good = good;
    pthread_cond_signal(&question->answered);
    pthread_mutex_unlock(&question->lock);
    let_go(question);
}

static void ask_size(struct jk_job *job, struct jk_reader *reader)
{
    struct jk_error error;
    uint64_t size;
    jk_error_init(&error, NULL);
    answer_question((struct question *)job, jk_reader_size(reader, &size, &error) == JK_OK);
}

static bool database_answers(struct jk_http *http)
{
    struct question *question = calloc(1, sizeof *question);
    if (!question) return false;
    int64_t until_ms = jk_monotonic_ms() + PROBE_MS;
    question->job = (struct jk_job){.run = ask_size, .deadline_ms = until_ms};
    atomic_init(&question->holds, 2);
    pthread_mutex_init(&question->lock, NULL);
    jk_condition_init(&question->answered);
    if (!jk_store_read(http->options.store, &question->job)) answer_question(question, false);

    pthread_mutex_lock(&question->lock);
    while (!question->over && jk_condition_wait_until(&question->answered, &question->lock, until_ms)) {
    }
    bool good = question->over && question->good;
    pthread_mutex_unlock(&question->lock);

    let_go(question);
    return good;
}

/* ---- the prober ---- */

static void find_out(struct jk_http *http, bool *out_ready, char *out_findings, size_t room)
{
    bool rpc = http->options.rpc_answers(http->options.context, PROBE_MS);
    bool database = database_answers(http), healthy = jk_store_is_healthy(http->options.store);
    *out_ready = rpc && database && healthy;
    snprintf(out_findings, room, "%s%s%s%s", *out_ready ? "ready\n" : "",
             rpc ? "" : "grpc: a connection to our own port is not answered\n",
             database ? "" : "database: does not answer\n",
             healthy || !database ? "" : "database: writes are refused for now\n");
}

/* Under the lock. */
static void tell_all(struct jk_http_ready *ready)
{
    for (size_t i = 0; i < ready->waiting_count; i++) {
        struct waiting *one = &ready->waiting[i];
        one->peer->ready = ready->ready;
        memcpy(one->peer->findings, ready->findings, sizeof ready->findings);
        MHD_resume_connection(one->connection);
    }
    ready->waiting_count = 0;
}

static void *run_readiness(void *context)
{
    struct jk_http_ready *ready = context;
    pthread_mutex_lock(&ready->lock);
    while (!ready->ending) {
        while (ready->waiting_count == 0 && !ready->ending)
            pthread_cond_wait(&ready->asked, &ready->lock);
        if (ready->ending) break;
        bool good;
        char findings[sizeof ready->findings];
        pthread_mutex_unlock(&ready->lock);
        find_out(ready->http, &good, findings, sizeof findings);
        pthread_mutex_lock(&ready->lock);
        ready->ready = good;
        memcpy(ready->findings, findings, sizeof findings);
        ready->found_ms = jk_monotonic_ms();
        tell_all(ready);
    }
    ready->ready = false;
    snprintf(ready->findings, sizeof ready->findings, "%s", stopping);
    tell_all(ready);
    pthread_mutex_unlock(&ready->lock);
    return NULL;
}

struct jk_http_ready *jk_http_ready_new(struct jk_http *http)
{
    struct jk_http_ready *ready = calloc(1, sizeof *ready);
    if (!ready) return NULL;
    ready->http = http;
    pthread_mutex_init(&ready->lock, NULL);
    pthread_cond_init(&ready->asked, NULL);
    if (pthread_create(&ready->thread, NULL, run_readiness, ready) == 0) return ready;
    free(ready);
    return NULL;
}

void jk_http_ready_end(struct jk_http_ready *ready)
{
    pthread_mutex_lock(&ready->lock);
    bool ended = ready->ending;
    ready->ending = true;
    pthread_cond_signal(&ready->asked);
    pthread_mutex_unlock(&ready->lock);
    if (!ended) pthread_join(ready->thread, NULL);
}

void jk_http_ready_free(struct jk_http_ready *ready)
{
    if (!ready) return;
    jk_http_ready_end(ready);
    pthread_mutex_destroy(&ready->lock);
    pthread_cond_destroy(&ready->asked);
    free(ready);
}

/* ---- requests ---- */

static enum MHD_Result say_readiness(struct jk_http *http, struct MHD_Connection *connection, bool good,
                                     const char *findings)
{
    struct MHD_Response *response = jk_http_text(jk_span_of(findings), "text/plain; charset=utf-8", "no-store");
    return jk_http_answer(http, connection, JK_ROUTE_READY, good ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
                          response);
}

enum MHD_Result jk_http_readiness(struct jk_http *http, struct MHD_Connection *connection, struct jk_http_peer *peer)
{
    struct jk_http_ready *ready = http->ready;
    if (peer->begun) return say_readiness(http, connection, peer->ready, peer->findings);
    if (atomic_load(&http->quiet)) return say_readiness(http, connection, false, stopping);
    pthread_mutex_lock(&ready->lock);
    bool fresh = ready->found_ms && jk_monotonic_ms() - ready->found_ms < FRESH_MS;
    bool good = ready->ready, ending = ready->ending;
    bool waits = !fresh && !ending && ready->waiting_count < WAITING_MOST;
    char findings[sizeof ready->findings];
    memcpy(findings, ready->findings, sizeof findings);
    if (waits) {
        MHD_suspend_connection(connection);
        ready->waiting[ready->waiting_count++] = (struct waiting){connection, peer};
        pthread_cond_signal(&ready->asked);
    }
    pthread_mutex_unlock(&ready->lock);
    if (waits) return MHD_YES;
    if (ending) return say_readiness(http, connection, false, stopping);
    if (fresh) return say_readiness(http, connection, good, findings);
    return jk_http_answer_fixed(http, connection, JK_ROUTE_READY, JK_HTTP_BUSY);
}
