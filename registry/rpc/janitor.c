/* The janitor. See janitor.h. */
#include "rpc/janitor.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/slack.h"
#include "rpc/internal.h"
#include "rpc/sockets.h"

#define TICK_MS 250
#define TIDY_MS 5000

struct jk_janitor {
    struct jk_rpc_server *server;
    struct jk_sockets *sockets; /* NULL: connections cannot be counted */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stopping; /* under the mutex */
    struct jk_slack slack;
    int64_t tidied_ms;
};

/* ---- connections ---- */

static size_t end_connections(struct jk_janitor *janitor)
{
    const struct jk_rpc_options *options = &janitor->server->options;
    size_t count = 0, gone;
    if (!janitor->sockets) return 0;
    struct jk_connection *all = jk_sockets_look(janitor->sockets, jk_monotonic_ms(), &count);
    if (count == 0) return 0;
    gone = jk_crowd_thin(all, count, options->connections, options->connections_each);
    for (size_t i = 0; gone > 0 && i < count; i++)
        if (all[i].out) jk_sockets_end(janitor->sockets, &all[i]);
    if (gone > 0) {
        jk_metrics_add(JK_METRIC_RPC_CONNECTIONS_ENDED, 0, 0, gone);
        jk_log(JK_LOG_WARN, "connections-ended", "count", jk_log_i64((int64_t)gone), "of", jk_log_i64((int64_t)count),
               NULL);
    }
    return count - gone;
}

/* ---- memory ---- */

static void tidy(struct jk_janitor *janitor)
{
    struct jk_rpc_server *server = janitor->server;
    int64_t now_ms = jk_monotonic_ms();
    if (now_ms - janitor->tidied_ms < TIDY_MS) return;
    janitor->tidied_ms = now_ms;
    if (!jk_slack_is_large(&janitor->slack, jk_slack_now())) return;
    for (unsigned i = 0; i < server->queue_count; i++)
        jk_rpc_queue_trim(&server->queues[i]);
    jk_slack_give_back();
    jk_slack_settle(&janitor->slack, jk_slack_now());
}

/* ---- the thread ---- */

static void *run_janitor(void *argument)
{
    struct jk_janitor *janitor = argument;
    while (!jk_condition_rest(&janitor->wake, &janitor->mutex, &janitor->stopping, TICK_MS)) {
        jk_metrics_set(JK_METRIC_RPC_CONNECTIONS, end_connections(janitor));
        jk_metrics_set(JK_METRIC_RPC_UNREAD, jk_doorman_unread(janitor->server->doorman));
        jk_log_settle();
        tidy(janitor);
    }
    jk_log_settle();
    return NULL;
}

static void janitor_free(struct jk_janitor *janitor)
{
    pthread_mutex_destroy(&janitor->mutex);
    pthread_cond_destroy(&janitor->wake);
    jk_sockets_free(janitor->sockets);
    free(janitor);
}

struct jk_janitor *jk_janitor_start(struct jk_rpc_server *server)
{
    struct jk_janitor *janitor = calloc(1, sizeof *janitor);
    if (!janitor) return NULL;
    janitor->server = server;
    janitor->sockets = jk_sockets_new(&server->address);
    if (!janitor->sockets) jk_log(JK_LOG_WARN, "connections-not-counted", "cause", strerrordesc_np(errno), NULL);
    pthread_mutex_init(&janitor->mutex, NULL);
    jk_condition_init(&janitor->wake);
    if (pthread_create(&janitor->thread, NULL, run_janitor, janitor) == 0) return janitor;
    janitor_free(janitor);
    return NULL;
}

void jk_janitor_stop(struct jk_janitor *janitor)
{
    if (!janitor) return;
    pthread_mutex_lock(&janitor->mutex);
    janitor->stopping = true;
    pthread_cond_signal(&janitor->wake);
    pthread_mutex_unlock(&janitor->mutex);
    pthread_join(janitor->thread, NULL);
    janitor_free(janitor);
}
