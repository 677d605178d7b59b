/* jokbod: the order of start, signals, drain, exit codes.
 *
 * Start: options, private cluster (a process of its own, forked before any thread or gRPC exists), store, first
 * account, gRPC, the ready line. Stop on SIGTERM or SIGINT: gRPC drains, the store finishes what it took, the cluster
 * stops. A second signal while draining ends the process at once; the log stands that. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "bootstrap.h"
#include "config.h"
#include "fetch/fetch.h"
#include "keys.h"
#include "rpc/address.h"
#include "rpc/server.h"
#include "service/services.h"
#include "service/waiting.h"
#include "store/embedded.h"
#include "witnesses.h"

struct server {
    struct jk_config config;
    struct jk_embedded *embedded;
    struct jk_store *store;
    struct jk_services services;
    struct jk_rpc_server *rpc;
    struct jk_witness_pool *witnesses;
};

static void tell(const struct jk_error *error)
{
    size_t kept = error->violation_count < JK_ERROR_VIOLATIONS ? error->violation_count : JK_ERROR_VIOLATIONS;
    fprintf(stderr, "jokbod: %s\n", error->message);
    for (size_t i = 0; kept > 1 && i < kept; i++)
        fprintf(stderr, "  %s: %s\n", error->violations[i].field, error->violations[i].rule);
}

/* ---- signals: blocked everywhere, taken by main alone ---- */

static void block_signals(sigset_t *out_set)
{
    struct sigaction usual = {.sa_handler = SIG_DFL}, ignored = {.sa_handler = SIG_IGN};
    sigemptyset(out_set);
    sigaddset(out_set, SIGTERM);
    sigaddset(out_set, SIGINT);
    sigaction(SIGTERM, &usual, NULL); /* a shell's background job inherits an ignored SIGINT */
    sigaction(SIGINT, &usual, NULL);
    sigaction(SIGPIPE, &ignored, NULL);
    pthread_sigmask(SIG_BLOCK, out_set, NULL);
}

static void setup_log(const struct jk_config *config)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    enum jk_log_level level = JK_LOG_DEBUG;
    while (strcmp(levels[level], config->log_level) != 0)
        level++;
    jk_log_setup(level, strcmp(config->log_format, "json") == 0 ? JK_LOG_JSON : JK_LOG_LOGFMT);
}

/* ---- start ---- */

/* What the options alone can tell, before anything is made: an origin is for ever. */
static enum jk_status check_listen(const struct jk_config *config, struct jk_error *error)
{
    struct jk_rpc_address address;
    struct jk_error found;
    jk_error_init(&found, NULL);
    if (jk_rpc_address_parse(config->listen, &address, &found) != JK_OK)
        jk_error_field(error, "--listen", "%s", found.message);
    if (!*config->tls_cert != !*config->tls_key)
        jk_error_field(error, "--tls-cert", "and --tls-key go together: give both, or none");
    else if (*config->tls_client_ca && !*config->tls_cert)
        jk_error_field(error, "--tls-client-ca", "needs TLS: give --tls-cert and --tls-key too");
    JK_TRY(jk_error_result(error));
    if (address.local) return JK_OK;
    if (!*config->origin)
        return jk_fail(error, JK_INVALID_ARGUMENT, "ORIGIN_REQUIRED",
                       "--origin is needed off loopback: the log's name for ever, a URL without scheme such as "
                       "registry.example.kr/jokbo");
    if (*config->tls_cert) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "PLAINTEXT_REFUSED",
                   "listening on %s without TLS would send tokens in plain text over the network: give --tls-cert and "
                   "--tls-key, or listen on a loopback address or a Unix socket",
                   address.text);
}

static enum jk_status make_data_dir(struct server *server, struct jk_error *error)
{
    struct stat status;
    char *absolute;
    if (mkdir(server->config.data, 0755) != 0 && stat(server->config.data, &status) != 0)
        return jk_fail(error, JK_FAILED_PRECONDITION, "DATA_DIR", "--data: the folder \"%s\" cannot be made: %m",
                       server->config.data);
    if (!(absolute = realpath(server->config.data, NULL)))
        return jk_fail(error, JK_FAILED_PRECONDITION, "DATA_DIR", "--data: the folder \"%s\" cannot be reached: %m",
                       server->config.data);
    server->config.data = jk_arena_copy(server->config.arena, absolute, strlen(absolute));
    free(absolute);
    return server->config.data ? JK_OK : jk_fail(error, JK_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "out of memory");
}

static enum jk_status start_database(struct server *server, struct jk_error *error)
{
    if (*server->config.database) return JK_OK;
    JK_TRY(jk_embedded_start(server->config.data, &server->embedded, error));
    server->config.database = jk_embedded_database(server->embedded);
    return JK_OK;
}

static enum jk_status start_store(struct server *server, struct jk_error *error)
{
    const struct jk_config *config = &server->config;
    struct jk_store_options options = {.database = config->database,
                                       .data_dir = config->data,
                                       .public_dir = *config->public_dir ? config->public_dir : NULL,
                                       .purpose = "registry",
                                       .key_file = *config->key_file ? config->key_file : NULL,
                                       .origin = *config->origin ? config->origin : NULL,
                                       .readers = (unsigned)config->readers,
                                       .batch_max = (unsigned)config->batch,
                                       .migrate = server->embedded != NULL};
    JK_TRY(jk_store_start(&options, &server->store, error));
    server->services =
        (struct jk_services){.store = server->store,
                             .publishers_per_account = (unsigned)config->publishers_per_account,
                             .writes_per_day = (unsigned)config->writes_per_day};
    return jk_waiting_start(server->store, &(struct jk_waiting_options){0}, &server->services.waiting, error);
}

static enum jk_status start_witnesses(struct server *server, struct jk_error *error)
{
    const char *policy = server->config.witness_policy;
    if (!*policy) return JK_OK;
    return jk_witnesses_start(server->store, policy, server->config.arena, &server->witnesses, error);
}

static void health_changed(void *context, bool healthy)
{
    jk_rpc_set_serving(((struct server *)context)->rpc, healthy);
}

static void draining(void *context)
{
    jk_waiting_drain(((struct jk_services *)context)->waiting);
}

static enum jk_status start_rpc(struct server *server, struct jk_error *error)
{
    const struct jk_config *config = &server->config;
    struct jk_rpc_options options = {.listen = config->listen,
                                     .threads = (unsigned)config->threads,
                                     .drain_ms = (int)config->drain_ms,
                                     .dispatch = jk_dispatch,
                                     .services = &server->services,
                                     .draining = draining,
                                     .tls_cert = *config->tls_cert ? config->tls_cert : NULL,
                                     .tls_key = *config->tls_key ? config->tls_key : NULL,
                                     .tls_client_ca = *config->tls_client_ca ? config->tls_client_ca : NULL};
    options.methods = jk_methods(&options.method_count);
    JK_TRY(jk_rpc_start(&options, &server->rpc, error));
    jk_store_on_health(server->store, health_changed, server);
    jk_rpc_set_serving(server->rpc, jk_store_is_healthy(server->store));
    return JK_OK;
}

static enum jk_status write_client_config(struct server *server, struct jk_error *error)
{
    const char *path = server->config.client_config;
    if (!*path && server->embedded)
        path = jk_arena_printf(server->config.arena, "%s/client.config", server->config.data);
    if (!path || !*path) return JK_OK;
    return jk_bootstrap(server->store, path, jk_rpc_address(server->rpc), error);
}

static enum jk_status start(struct server *server, struct jk_error *error)
{
    JK_TRY(check_listen(&server->config, error));
    JK_TRY(make_data_dir(server, error));
    JK_TRY(start_database(server, error));
    if (*server->config.witness_policy) jk_fetch_setup(); /* before any thread */
    JK_TRY(start_store(server, error));
    JK_TRY(start_witnesses(server, error));
    JK_TRY(start_rpc(server, error));
    JK_TRY(write_client_config(server, error));
    printf("jokbod ready grpc=%s data=%s\n", jk_rpc_address(server->rpc), server->config.data);
    fflush(stdout);
    return JK_OK;
}

/* ---- stop ---- */

static bool stop(struct server *server)
{
    bool drained = !server->rpc || jk_rpc_drain(server->rpc);
    if (drained) {
        jk_rpc_free(server->rpc);
        jk_waiting_stop(server->services.waiting);
        jk_witness_stop(server->witnesses);
        jk_store_stop(server->store);
        jk_witness_free(server->witnesses);
    }
    jk_embedded_stop(server->embedded);
    return drained;
}

static int serve(struct server *server, const sigset_t *signals, struct jk_error *error)
{
    int signal_number = 0;
    if (start(server, error) != JK_OK) {
        tell(error);
        if (!stop(server)) _exit(1);
        return error->status == JK_INVALID_ARGUMENT ? 2 : 1;
    }
    sigwait(signals, &signal_number);
    jk_log(JK_LOG_INFO, "stopping", "signal", signal_number == SIGINT ? "SIGINT" : "SIGTERM", NULL);
    pthread_sigmask(SIG_UNBLOCK, signals, NULL); /* the next one ends us at once */
    if (!stop(server)) {
        jk_log(JK_LOG_ERROR, "stopped-hard", "reason", "a call did not end after it was cancelled", NULL);
        _exit(1);
    }
    jk_log(JK_LOG_INFO, "stopped", NULL);
    return 0;
}

static int migrate(const struct server *server, struct jk_error *error)
{
    if (!*server->config.database) {
        fprintf(stderr, "jokbod: migrate needs --database; a private cluster is brought up to date at each start\n");
        return 2;
    }
    if (jk_store_migrate(server->config.database, error) == JK_OK) return 0;
    tell(error);
    return 1;
}

/* The store alone, without serving anybody. */
static int change_key(struct server *server, bool rotate, struct jk_error *error)
{
    enum jk_status status = make_data_dir(server, error);
    bool made = false;
    if (status == JK_OK && rotate) status = jk_key_prepare(&server->config, &made, error);
    if (status == JK_OK && !made) {
        status = start_database(server, error);
        if (status == JK_OK) status = start_store(server, error);
        if (status == JK_OK) status = jk_key_change(server->store, rotate, error);
    }
    if (status != JK_OK) tell(error);
    if (!stop(server)) _exit(1);
    return status == JK_OK ? 0 : 1;
}

static int print_help(void)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_config_help(&text);
    fwrite(text.bytes, 1, text.len, stdout);
    jk_text_done(&text);
    return 0;
}

int main(int argc, char **argv)
{
    struct jk_arena arena;
    struct jk_error error;
    struct server server = {0};
    enum jk_config_wish wish;
    sigset_t signals;
    int code;
    jk_digest_setup();
    jk_arena_init(&arena, 1 << 20);
    jk_error_init(&error, &arena);
    block_signals(&signals);
    if (jk_config_read(argc, argv, getenv, &arena, &server.config, &wish, &error) != JK_OK) {
        tell(&error);
        jk_arena_done(&arena);
        return 2;
    }
    if (wish != JK_CONFIG_HELP && wish != JK_CONFIG_VERSION) setup_log(&server.config);
    switch (wish) {
    case JK_CONFIG_HELP:
        code = print_help();
        break;
    case JK_CONFIG_VERSION:
        printf("jokbod %s\n", JK_VERSION);
        code = 0;
        break;
    case JK_CONFIG_MIGRATE:
        code = migrate(&server, &error);
        break;
    case JK_CONFIG_ROTATE:
    case JK_CONFIG_RETIRE:
        code = change_key(&server, wish == JK_CONFIG_ROTATE, &error);
        break;
    default:
        code = serve(&server, &signals, &error);
    }
    jk_arena_done(&arena);
    return code;
}
