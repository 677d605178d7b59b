/* jokbod: the order of start, signals, drain, exit codes.
 *
 * Start: options, private cluster (a process of its own, forked before any thread or gRPC exists; migrated with its
 * owner's role, served with another), store, waiting streams, gRPC, first account, HTTP with all it carries, the ready line. Stop on
 * SIGTERM or SIGINT: HTTP takes no new connections, gRPC drains, HTTP ends, the store finishes what it has accepted,
 * the cluster stops. A second signal while draining ends the process at once; the log survives that. */
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "daemon/bootstrap.h"
#include "closing/inspector.h"
#include "closing/keeper.h"
#include "daemon/config.h"
#include "domain/entry.h"
#include "fetch/fetch.h"
#include "http/server.h"
#include "daemon/keys.h"
#include "daemon/repair.h"
#include "rpc/server.h"
#include "service/evidence/examiner.h"
#include "service/records/held_catch_up.h"
#include "service/call/account_quota.h"
#include "service/call/parking.h"
#include "service/methods.h"
#include "service/call/services.h"
#include "service/evaluate/standing.h"
#include "service/records/uploads.h"
#include "service/records/read_card.h"
#include "service/records/sweeper.h"
#include "service/call/waiting.h"
#include "store/embedded.h"
#include "daemon/witnesses.h"
#include "web/pages/pages.h"
#include "web/web.h"

#define REST_HOURS 24 /* how long a new evaluator has to wait; only demos and tests should use less */

struct server {
    struct jk_config config;
    struct jk_embedded *embedded;
    struct jk_store *store;
    struct jk_services services;
    struct jk_proxies proxies;
    struct jk_rpc_server *rpc;
    struct jk_witness_pool *witnesses;
    struct jk_closing_witnesses closing_witnesses;
    struct jk_keeper *keeper;
    struct jk_inspector *inspector;
    struct jk_held_catch_up *held_catch_up; /* NULL: nothing to do */
    struct jk_sweeper *sweeper;
    struct jk_examiner *examiner;    /* NULL: off */
    struct jk_services web_services; /* the same, with a list of its own for streams */
    struct jk_web *web;              /* what HTTP has besides the log's files */
    struct jk_pages *pages;          /* the site */
    struct jk_http *http;            /* NULL: off */
};

static void tell(const struct jk_error *error)
{
    size_t kept = error->violation_count < JK_ERROR_VIOLATIONS ? error->violation_count : JK_ERROR_VIOLATIONS;
    if (kept < 2) {
        fprintf(stderr, "jokbod: %s\n", error->message);
        return;
    }
    fprintf(stderr, "jokbod: %zu fields are wrong:\n", error->violation_count);
    for (size_t i = 0; i < kept; i++)
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

/* NULL if the listener is switched off. */
static const char *listener(const char *option)
{
    return *option && strcmp(option, "off") != 0 ? option : NULL;
}

static void check_address(const char *option, const char *listen, struct jk_address *out_address,
                          struct jk_error *error)
{
    struct jk_error found;
    jk_error_init(&found, NULL);
    *out_address = (struct jk_address){.local = true};
    if (listen && jk_address_parse(listen, out_address, &found) != JK_OK)
        jk_error_field(error, option, "%s", found.message);
}

static bool is_demo(const struct jk_config *config)
{
    return strcmp(config->demo, "on") == 0;
}

static void check_demo(const struct jk_config *config, struct jk_error *error)
{
    if (is_demo(config) && *config->origin)
        jk_error_field(error, "--origin", "cannot be combined with --demo: a demo's is always %s", JK_DEMO_ORIGIN);
    else if (!is_demo(config) && strcmp(config->origin, JK_DEMO_ORIGIN) == 0)
        jk_error_field(error, "--origin", "%s is reserved for demos: start with --demo, or give another",
                       JK_DEMO_ORIGIN);
}

/* 0: none is given. */
static int64_t confirmed_us(const struct jk_config *config)
{
    int64_t time_us;
    return *config->confirm_clock && jk_time_parse(jk_span_of(config->confirm_clock), &time_us) ? time_us : 0;
}

static void check_word(const struct jk_config *config, struct jk_error *error)
{
    if (!*config->confirm_clock || confirmed_us(config) > 0) return;
    jk_error_field(error, "--confirm-clock",
                   "\"%s\" is not a time: give the current time in RFC 3339, such as 2026-08-01T09:30:00+09:00",
                   config->confirm_clock);
}

/* Checks that need only the options, before anything is created: an origin cannot be changed later. */
static enum jk_status check_listen(const struct jk_config *config, struct jk_error *error)
{
    struct jk_address address, http, metrics;
    check_address("--listen", config->listen, &address, error);
    check_address("--http", listener(config->http), &http, error);
    check_address("--metrics", listener(config->metrics), &metrics, error);
    if (!*config->tls_cert != !*config->tls_key)
        jk_error_field(error, "--tls-cert", "and --tls-key go together: give both, or none");
    else if (*config->tls_client_ca && !*config->tls_cert)
        jk_error_field(error, "--tls-client-ca", "needs TLS: give --tls-cert and --tls-key too");
    check_demo(config, error);
    check_word(config, error);
    JK_TRY(jk_error_result(error));
    if (address.local && http.local) return JK_OK;
    if (!*config->origin && !is_demo(config))
        return jk_fail(
            error, JK_INVALID_ARGUMENT, "ORIGIN_REQUIRED",
            "--origin is needed unless listening on loopback: the log's permanent name, a URL without scheme such as "
            "registry.example.kr/jokbo");
    if (address.local || *config->tls_cert) return JK_OK;
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
        return jk_fail(error, JK_FAILED_PRECONDITION, "DATA_DIRECTORY_UNREACHABLE",
                       "--data: the folder \"%s\" cannot be made: %m", server->config.data);
    if (!(absolute = realpath(server->config.data, NULL)))
        return jk_fail(error, JK_FAILED_PRECONDITION, "DATA_DIRECTORY_UNREACHABLE",
                       "--data: the folder \"%s\" cannot be reached: %m", server->config.data);
    server->config.data = jk_arena_copy(server->config.arena, absolute, strlen(absolute));
    free(absolute);
    return server->config.data ? JK_OK : jk_out_of_memory(error);
}

static enum jk_status start_database(struct server *server, struct jk_error *error)
{
    if (*server->config.database) return JK_OK;
    JK_TRY(jk_embedded_start(server->config.data, &server->embedded, error));
    server->config.database = jk_embedded_database(server->embedded);
    return jk_store_migrate(jk_embedded_owner(server->embedded), JK_EMBEDDED_SERVER, error);
}

static struct jk_store_options store_options(const struct server *server)
{
    const struct jk_config *config = &server->config;
    const char *origin = is_demo(config) ? JK_DEMO_ORIGIN : *config->origin ? config->origin : NULL;
    return (struct jk_store_options){.database = config->database,
                                     .data_dir = config->data,
                                     .public_dir = *config->public_dir ? config->public_dir : NULL,
                                     .purpose = is_demo(config) ? "demo" : "registry",
                                     .after = *config->after ? config->after : NULL,
                                     .key_file = *config->key_file ? config->key_file : NULL,
                                     .origin = origin,
                                     .confirmed_us = confirmed_us(config),
                                     .readers = (unsigned)config->readers,
                                     .batch_max = (unsigned)config->batch};
}

static enum jk_status start_store(struct server *server, struct jk_error *error)
{
    const struct jk_config *config = &server->config;
    struct jk_store_options options = store_options(server);
    JK_TRY(jk_store_start(&options, &server->store, error));
    server->services = (struct jk_services){
        .store = server->store,
        .publishers_per_account = (unsigned)config->publishers_per_account,
        .writes_per_day = (unsigned)config->writes_per_day,
        .blob_bytes_per_day = (uint64_t)config->blob_bytes_per_day,
        .four_eyes = strcmp(config->four_eyes, "on") == 0,
        .evaluator_rest_us = config->evaluator_rest_hours * JK_HOUR_US,
        .readings = jk_reading_places_new((unsigned)config->readers),
        .uploads = jk_uploads_new(),
        .account_quota = jk_account_quota_new((uint64_t)config->writes_per_day * JK_ACCOUNT_PUBLISHERS_WORTH,
                                              (uint64_t)config->account_writes_per_day),
        .standings = jk_standings_new(),
        .closer = jk_closer_new(server->store)};
    const struct jk_services *made = &server->services;
    if (!made->readings || !made->uploads || !made->account_quota || !made->standings || !made->closer)
        return jk_out_of_memory(error);
    JK_TRY(jk_parking_start(server->store, &server->services.parking, error));
    return jk_waiting_start(server->store, &(struct jk_waiting_options){0}, &server->services.waiting, error);
}

static enum jk_status start_witnesses(struct server *server, struct jk_error *error)
{
    const char *policy = server->config.witness_policy;
    if (!*policy) return JK_OK;
    JK_TRY(jk_witnesses_start(server->store, policy, server->config.arena, &server->witnesses, error));
    if (is_demo(&server->config)) return JK_OK; /* whose times witnesses cannot know */
    server->closing_witnesses = jk_witnesses_for_closing(server->witnesses);
    server->services.witnesses = &server->closing_witnesses;
    return JK_OK;
}

static void health_changed(void *context, bool healthy)
{
    jk_rpc_set_serving(((struct server *)context)->rpc, healthy);
}

/* The indexes of methods and codes in the metrics; the last method stands for all unknown ones. */
static enum jk_status label_metrics(struct server *server, const struct jk_method *methods, size_t count,
                                    struct jk_error *error)
{
    static const char *codes[JK_UNAUTHENTICATED + 1];
    const char **names = jk_arena_zalloc(server->config.arena, count + 1, sizeof *names);
    for (size_t i = 0; names && i < count; i++)
        names[i] = methods[i].path + 1;
    for (int code = 0; code <= JK_UNAUTHENTICATED; code++)
        codes[code] = jk_status_text((enum jk_status)code);
    if (names) names[count] = "other";
    const size_t places = count + 1, code_count = JK_UNAUTHENTICATED + 1;
    if (names && jk_metrics_labels(JK_METRIC_RPC_CALLS, names, places, codes, code_count) &&
        jk_metrics_labels(JK_METRIC_RPC_SECONDS, names, places, NULL, 0) &&
        jk_metrics_labels(JK_METRIC_WEB_CALLS, names, places, codes, code_count) &&
        jk_metrics_labels(JK_METRIC_WEB_SECONDS, names, places, NULL, 0))
        return JK_OK;
    return jk_out_of_memory(error);
}

static void count_call(enum jk_metric calls, enum jk_metric seconds, size_t method, enum jk_status status,
                       int64_t duration_us)
{
    jk_metrics_add(calls, method, status <= JK_UNAUTHENTICATED ? status : JK_UNKNOWN, 1);
    jk_metrics_observe(seconds, method, duration_us > 0 ? (uint64_t)duration_us : 0);
}

static void rpc_ended(void *services, size_t method, enum jk_status status, int64_t duration_us)
{
    (void)services;
    count_call(JK_METRIC_RPC_CALLS, JK_METRIC_RPC_SECONDS, method, status, duration_us);
}

static void web_ended(void *services, size_t method, enum jk_status status, int64_t duration_us)
{
    (void)services;
    count_call(JK_METRIC_WEB_CALLS, JK_METRIC_WEB_SECONDS, method, status, duration_us);
}

static void draining(void *context)
{
    struct server *server = (struct server *)((char *)context - offsetof(struct server, services));
    jk_waiting_drain(server->services.waiting);
    if (server->web_services.waiting) jk_waiting_drain(server->web_services.waiting);
    jk_parking_drain(server->services.parking);
}

static enum jk_status start_rpc(struct server *server, struct jk_error *error)
{
    const struct jk_config *config = &server->config;
    struct jk_rpc_options options = {.listen = config->listen,
                                     .threads = (unsigned)config->threads,
                                     .drain_ms = (int)config->drain_ms,
                                     .connections = (unsigned)config->grpc_connections,
                                     .connections_each = (unsigned)config->grpc_per_address,
                                     .calls = (unsigned)config->calls,
                                     .calls_each = (unsigned)config->calls_per_address,
                                     .first_message_ms = (int)config->first_message_ms,
                                     .unread = (size_t)config->unread_mib << 20,
                                     .unread_ms = (int)config->unread_ms,
                                     .dispatch = jk_dispatch,
                                     .observe = rpc_ended,
                                     .services = &server->services,
                                     .draining = draining,
                                     .proxies = &server->proxies,
                                     .gone = jk_dispatch_gone,
                                     .tls_cert = *config->tls_cert ? config->tls_cert : NULL,
                                     .tls_key = *config->tls_key ? config->tls_key : NULL,
                                     .tls_client_ca = *config->tls_client_ca ? config->tls_client_ca : NULL};
    options.methods = jk_methods(&options.method_count);
    JK_TRY(label_metrics(server, options.methods, options.method_count, error));
    JK_TRY(jk_rpc_start(&options, &server->rpc, error));
    jk_store_on_health(server->store, health_changed, server);
    jk_rpc_set_serving(server->rpc, jk_store_is_healthy(server->store));
    return JK_OK;
}

static bool rpc_answers(void *context, int timeout_ms)
{
    return jk_rpc_answers(((struct server *)context)->rpc, timeout_ms);
}

static size_t rpc_live(void *context)
{
    return jk_rpc_live_calls(((struct server *)context)->rpc);
}

/* Who watches over HTTP takes no place from who does over gRPC. */
static enum jk_status start_web(struct server *server, struct jk_error *error)
{
    const struct jk_waiting_options waiting = {
        .limits = {.most = JK_WEB_WATCHERS, .anonymous = JK_WEB_WATCHERS, .each = JK_WAITING_EACH},
        .gauge = JK_METRIC_WEB_WATCHERS};
    struct jk_web_options options = {.services = &server->web_services, .observe = web_ended};
    server->web_services = server->services;
    server->web_services.waiting = NULL;
    JK_TRY(jk_waiting_start(server->store, &waiting, &server->web_services.waiting, error));
    options.methods = jk_methods(&options.method_count);
    const struct jk_web_carrier carrier = {options.services, options.methods, options.method_count, options.observe};
    JK_TRY(jk_pages_start(&carrier, &server->pages, error));
    options.page = jk_pages_answer;
    options.pages = server->pages;
    return jk_web_start(&options, &server->web, error);
}

static enum jk_status start_http(struct server *server, struct jk_error *error)
{
    const struct jk_config *config = &server->config;
    struct jk_http_options options = {.listen = listener(config->http),
                                      .metrics = listener(config->metrics),
                                      .store = server->store,
                                      .connections = (unsigned)config->http_connections,
                                      .per_address = (unsigned)config->http_per_address,
                                      .proxies = &server->proxies,
                                      .hook = jk_web_ask,
                                      .room = jk_web_room,
                                      .refusal = jk_web_refusal,
                                      .rpc_answers = rpc_answers,
                                      .rpc_live = rpc_live,
                                      .context = server};
    if (!options.listen && !options.metrics) return JK_OK;
    JK_TRY(start_web(server, error));
    options.hook_context = server->web;
    return jk_http_start(&options, &server->http, error);
}

/* One line, the first on standard output, for whatever started us. */
static void tell_ready(const struct server *server)
{
    const char *http = server->http ? jk_http_address(server->http) : NULL;
    const char *metrics = server->http ? jk_http_metrics_address(server->http) : NULL;
    printf("jokbod ready grpc=%s%s%s data=", jk_rpc_address(server->rpc), http ? " http=" : "", http ? http : "");

    /* So that splitting the line at spaces yields the whole path: a space, a control character, "%" and "\" become
     * %20 and the like. */
    for (const unsigned char *at = (const unsigned char *)server->config.data; *at; at++)
        printf(*at <= ' ' || *at == 0x7F || *at == '%' || *at == '\\' ? "%%%02X" : "%c", *at);

    printf("%s%s\n", metrics ? " metrics=" : "", metrics ? metrics : "");
    fflush(stdout);
}

static enum jk_status start(struct server *server, struct jk_error *error)
{
    JK_TRY(check_listen(&server->config, error));
    JK_TRY(jk_proxies_parse(server->config.proxies, "--proxies", &server->proxies, error));
    JK_TRY(make_data_dir(server, error));
    JK_TRY(start_database(server, error));
    if (*server->config.witness_policy) jk_fetch_setup(); /* before any thread */
    JK_TRY(start_store(server, error));
    JK_TRY(start_witnesses(server, error));
    JK_TRY(start_rpc(server, error));
    JK_TRY(start_http(server, error));
    JK_TRY(jk_keeper_start(server->store, server->services.closer, server->services.witnesses, &server->keeper, error));
    JK_TRY(jk_inspector_start(server->store, server->services.closer, &server->inspector, error));
    JK_TRY(jk_held_catch_up_start(server->store, &server->held_catch_up, error));
    JK_TRY(jk_sweeper_start(server->store, server->config.unnamed_blob_days * JK_DAY_US, &server->sweeper, error));
    if (strcmp(server->config.evidence, "on") == 0)
        JK_TRY(jk_examiner_start(server->store, server->config.evidence_pause_ms, &server->examiner, error));

    const char *path = server->config.client_config;
    if (!*path && server->embedded)
        path = jk_arena_printf(server->config.arena, "%s/client.config", server->config.data);
    if (path && *path) {
        const char *http = server->http ? jk_http_address(server->http) : NULL;
        JK_TRY(jk_bootstrap(server->store, path, jk_rpc_address(server->rpc), http, error));
    }

    /* convenient for a single user, but wrong for a registry with several */
    if (!server->services.four_eyes)
        jk_log(JK_LOG_WARN, "four-eyes-off", "meaning", "one evaluator's ruling takes effect without another's", NULL);
    if (server->services.evaluator_rest_us < REST_HOURS * JK_HOUR_US)
        jk_log(JK_LOG_WARN, "evaluator-rest-short", "meaning",
               "new evaluators may rule or confirm sooner than after 24 hours", NULL);

    tell_ready(server);
    return JK_OK;
}

/* ---- stop ---- */

static bool stop(struct server *server)
{
    jk_http_quiesce(server->http);
    bool drained = !server->rpc || jk_rpc_drain(server->rpc);
    if (drained) {
        jk_http_stop(server->http);
        jk_web_free(server->web);
        jk_pages_free(server->pages);
        jk_rpc_free(server->rpc);
        jk_waiting_stop(server->web_services.waiting);
        jk_waiting_stop(server->services.waiting);
        jk_parking_stop(server->services.parking);
        jk_witness_stop(server->witnesses);
        jk_keeper_stop(server->keeper);
        jk_inspector_stop(server->inspector);
        jk_held_catch_up_stop(server->held_catch_up);
        jk_sweeper_stop(server->sweeper);
        jk_examiner_stop(server->examiner);
        jk_closer_free(server->services.closer);
        jk_uploads_free(server->services.uploads);
        jk_places_free(server->services.readings);
        jk_standings_free(server->services.standings);
        jk_store_stop(server->store);
        jk_account_quota_free(server->services.account_quota);
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
        fprintf(stderr, "jokbod: migrate needs --database; a private cluster is migrated at each start\n");
        return 2;
    }
    const char *role = *server->config.server_role ? server->config.server_role : NULL;
    if (jk_store_migrate(server->config.database, role, error) != JK_OK) {
        tell(error);
        return 1;
    }
    printf("The schema is up to date%s%s.\n", role ? ", and so are the rights of the role " : "", role ? role : "");
    return 0;
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

static enum jk_status repair(struct server *server, enum jk_config_wish wish, const sigset_t *signals,
                             struct jk_error *error)
{
    struct jk_store_options options;
    JK_TRY(make_data_dir(server, error));
    JK_TRY(start_database(server, error));
    pthread_sigmask(SIG_UNBLOCK, signals, NULL); /* what is done is safe even if the process is killed */
    options = store_options(server);
    options.purpose = NULL;
    return wish == JK_CONFIG_REBUILD ? jk_repair_rebuild(&options, error)
                                     : jk_repair_recover(&options, server->config.from, error);
}

static int run_repair(struct server *server, enum jk_config_wish wish, const sigset_t *signals, struct jk_error *error)
{
    enum jk_status status;
    if (wish == JK_CONFIG_RECOVER && !*server->config.from) {
        fprintf(stderr, "jokbod: recover needs --from DIR|URL: the published log, or a mirror of it\n");
        return 2;
    }
    status = repair(server, wish, signals, error);
    jk_embedded_stop(server->embedded);
    if (status == JK_OK) return 0;
    tell(error);
    return status == JK_INVALID_ARGUMENT ? 2 : 1;
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
    case JK_CONFIG_REBUILD:
    case JK_CONFIG_RECOVER:
        code = run_repair(&server, wish, &signals, &error);
        break;
    default:
        code = serve(&server, &signals, &error);
    }
    jk_arena_done(&arena);
    return code;
}
