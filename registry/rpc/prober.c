/* The self-probe. See prober.h. */
#include "rpc/prober.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/log.h"
#include "rpc/internal.h"

#define PROBE_TIMEOUT_MS 2000
#define FAILURES_MOST    3
#define EXIT_DEAF        70 /* EX_SOFTWARE */

/* False: it is time to stop. */
static bool rest_prober(struct jk_rpc_server *server, int ms)
{
    int64_t until_ms = jk_monotonic_ms() + ms;
    pthread_mutex_lock(&server->probe_mutex);
    while (server->probing && jk_condition_wait_until(&server->probe_wake, &server->probe_mutex, until_ms)) {
    }
    bool on = server->probing;
    pthread_mutex_unlock(&server->probe_mutex);
    return on;
}

static void deaf(struct jk_rpc_server *server)
{
    if (server->options.probe_failed) {
        server->options.probe_failed(server->options.services);
        return;
    }
    jk_log(JK_LOG_ERROR, "listener-dead", "address", server->address.text, "remedy", "ending, to be started again",
           NULL);
    _exit(EXIT_DEAF);
}

static void *run_prober(void *argument)
{
    struct jk_rpc_server *server = argument;
    int failures = 0;
    while (rest_prober(server, server->options.probe_ms)) {
        bool alive = jk_address_probe(&server->address, server->certificates != NULL, PROBE_TIMEOUT_MS);
        failures = alive ? 0 : failures + 1;
        if (!alive) jk_log(JK_LOG_WARN, "probe-failed", "in_a_row", jk_log_i64(failures), NULL);
        if (failures == FAILURES_MOST) deaf(server);
    }
    return NULL;
}

bool jk_rpc_prober_start(struct jk_rpc_server *server)
{
    if (server->options.probe_ms < 0) return true;
    pthread_mutex_init(&server->probe_mutex, NULL);
    jk_condition_init(&server->probe_wake);
    server->probing = true;
    if (pthread_create(&server->prober, NULL, run_prober, server) == 0) return true;
    server->probing = false;
    return false;
}

void jk_rpc_prober_stop(struct jk_rpc_server *server)
{
    if (!server->probing) return;
    pthread_mutex_lock(&server->probe_mutex);
    server->probing = false;
    pthread_cond_signal(&server->probe_wake);
    pthread_mutex_unlock(&server->probe_mutex);
    pthread_join(server->prober, NULL);
    pthread_mutex_destroy(&server->probe_mutex);
    pthread_cond_destroy(&server->probe_wake);
}
