/* The server: start, serve, drain, free. See server.h.
 *
 * The order of stopping is the one that loses no call, because grpc_server_shutdown_and_notify alone is no drain: calls
 * that come after it end CANCELLED, which clients do not try again elsewhere.
 *   1. health says NOT_SERVING, and clients that watch it get a moment to go elsewhere;
 *   2. new calls are told UNAVAILABLE, streams that would idle for ever are ended so, and the services end theirs;
 *   3. shutdown_and_notify, on a queue of its own that listens to nothing;
 *   4. after drain_ms all calls are cancelled;
 *   5. our own workers give back what they hold;
 *   6. the queues are shut down and drained, their threads joined; then server, queues, library. */
#include "rpc/server.h"

#include <errno.h>
#include <grpc/support/log.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "rpc/credentials.h"
#include "rpc/health.h"
#include "rpc/internal.h"
#include "rpc/prober.h"
#include "rpc/reflection.h"

#define THREADS_MOST    8
#define POSTED_MOST     128 /* a queue, which has tags of calls under way besides; see queue.c */
#define POSTED_UNKNOWN  4
#define POSTED_HOT      32
#define POSTED_ELSE     1
#define MEMORY_QUOTA    ((size_t)512 << 20) /* for gRPC's buffers */
#define FILES_MOST      (1 << 20)
#define METADATA_MOST   (16 * 1024) /* OIDC tokens are long */
#define AFTER_CANCEL_MS 5000
#define QUIET_MS        50 /* without a new call, before gRPC shuts down */
#define QUIET_MOST_MS   1000
#define LINGER_MS       25 /* for clients to close their connections by themselves */

extern const unsigned char jk_data_reflection[];
extern const size_t jk_data_reflection_len;

/* Methods that clients call in bulk. */
static const char *const hot_methods[] = {"CountDerivatives", "RegisterDerivative", "GetModel"};

/* ---- options ---- */

static int or_default(int value, int otherwise)
{
    return value == 0 ? otherwise : value;
}

static void fill_defaults(struct jk_rpc_options *options)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned count = options->threads ? options->threads : cores > 0 ? (unsigned)cores : 1;
    options->threads = count < THREADS_MOST ? count : THREADS_MOST;

    options->drain_ms = or_default(options->drain_ms, 10 * 1000);
    options->grace_ms = or_default(options->grace_ms, 200);
    options->probe_ms = or_default(options->probe_ms, 5000);
    options->unary_ceiling_ms = or_default(options->unary_ceiling_ms, 30 * 1000);
    options->stream_ceiling_ms = or_default(options->stream_ceiling_ms, 10 * 60 * 1000);
    options->first_message_ms = or_default(options->first_message_ms, 15 * 1000);
    options->next_message_ms = or_default(options->next_message_ms, 60 * 1000);
    options->unread_ms = or_default(options->unread_ms, 20 * 1000);
    if (options->message_limit == 0) options->message_limit = JK_RPC_MESSAGE_LIMIT;
    if (options->connections == 0) options->connections = 4096;
    if (options->connections_each == 0) options->connections_each = 256;
    if (options->calls == 0) options->calls = 8192;
    if (options->calls_each == 0) options->calls_each = 1024;
    if (options->unread == 0) options->unread = (size_t)128 << 20;
}

static enum jk_status check_rpc_options(const struct jk_rpc_options *options, struct jk_error *error)
{
    if (!options->listen || !options->dispatch)
        return jk_fail(error, JK_INVALID_ARGUMENT, "OPTION", "an address to listen on and a dispatcher are needed");
    if (options->method_count > JK_RPC_METHODS)
        return jk_fail(error, JK_INVALID_ARGUMENT, "OPTION", "%zu methods, at most %d are possible",
                       options->method_count, JK_RPC_METHODS);
    if (options->threads > THREADS_MOST)
        return jk_fail(error, JK_INVALID_ARGUMENT, "OPTION", "%u threads, at most %d make sense", options->threads,
                       THREADS_MOST);
    if (options->message_limit > (64u << 20))
        return jk_fail(error, JK_INVALID_ARGUMENT, "OPTION", "a message limit of %zu bytes, at most 64 MiB",
                       options->message_limit);
    if (options->unread != 0 && options->unread < JK_RPC_UNREAD_SHARE * (size_t)JK_RPC_REPLY_LIMIT)
        return jk_fail(error, JK_INVALID_ARGUMENT, "OPTION", "%zu bytes of unread replies, at least %zu are needed",
                       options->unread, JK_RPC_UNREAD_SHARE * (size_t)JK_RPC_REPLY_LIMIT);
    return JK_OK;
}

/* ---- the process ---- */

/* A listener that runs out of descriptors never accepts again (prober.h): so as many as the system grants. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    rlim_t wanted = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > FILES_MOST ? FILES_MOST : limit.rlim_max;
    if (limit.rlim_cur >= wanted) return;
    limit.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        jk_log(JK_LOG_WARN, "file-limit-not-raised", "cause", strerrordesc_np(errno), NULL);
}

/* A handshake that fails is a stranger's affair (or our own probe's): it must not fill the log. */
static void log_library(gpr_log_func_args *line)
{
    bool handshake = strncmp(line->message, "Handshake failed", 16) == 0;
    enum jk_log_level level = line->severity == GPR_LOG_SEVERITY_ERROR && !handshake ? JK_LOG_WARN : JK_LOG_DEBUG;
    jk_log(level, "grpc", "message", line->message, NULL);
}

/* ---- the gRPC server ---- */

static grpc_arg int_arg(const char *key, int value)
{
    return (grpc_arg){.type = GRPC_ARG_INTEGER, .key = (char *)key, .value.integer = value};
}

/* MINIMAL_STACK is not among them: it would switch deadlines off. */
static void create(struct jk_rpc_server *server)
{
    grpc_arg args[] = {
        int_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, (int)server->options.message_limit),
        int_arg(GRPC_ARG_MAX_CONCURRENT_STREAMS, 100),
        int_arg(GRPC_ARG_MAX_METADATA_SIZE, METADATA_MOST),
        int_arg(GRPC_ARG_KEEPALIVE_TIME_MS, 60 * 1000),
        int_arg(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20 * 1000),
        /* Else clients that ping an idle connection every 30 s, as many do, are thrown out. */
        int_arg(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1),
        int_arg(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 20 * 1000),
        int_arg(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 15 * 60 * 1000),
        int_arg(GRPC_ARG_MAX_CONNECTION_AGE_MS, 60 * 60 * 1000),
        int_arg(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, server->options.stream_ceiling_ms),
        int_arg(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10 * 1000),
        /* The default lets a second server share the port without a word. */
        int_arg(GRPC_ARG_ALLOW_REUSEPORT, 0),
        int_arg(GRPC_ARG_ENABLE_CHANNELZ, 0),
        /* Requests are unpacked by codec.c: here a megabyte of gzip would become a gigabyte before any limit of ours. */
        int_arg(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0),
        int_arg(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1 << GRPC_COMPRESS_NONE | 1 << GRPC_COMPRESS_GZIP),
        {.type = GRPC_ARG_POINTER,
         .key = (char *)GRPC_ARG_RESOURCE_QUOTA,
         .value.pointer = {server->quota, grpc_resource_quota_arg_vtable()}},
    };
    grpc_channel_args all = {sizeof args / sizeof args[0], args};
    server->grpc = grpc_server_create(&all, NULL);
    JK_CHECK(server->grpc != NULL);
}

/* ---- methods ---- */

static bool is_hot(const struct jk_method *method)
{
    const char *name = strrchr(method->path, '/');
    for (size_t i = 0; name && i < sizeof hot_methods / sizeof hot_methods[0]; i++)
        if (strcmp(name + 1, hot_methods[i]) == 0) return true;
    return false;
}

static void stream_closed(struct jk_rpc_call *call)
{
    if (call->call.closed) call->call.closed(&call->call);
}

static void list_methods(struct jk_rpc_server *server)
{
    const struct jk_rpc_options *options = &server->options;
    for (size_t i = 0; i < options->method_count; i++) {
        const struct jk_method *method = &options->methods[i];
        bool stream = method->stream == JK_SERVER_STREAM;
        server->rows[server->row_count++] = (struct jk_rpc_row){
            .method = method, .start = options->dispatch, .apart = stream, .on_close = stream ? stream_closed : NULL};
    }
    jk_rpc_health_rows(&server->rows[server->row_count]);
    server->row_count += 3;
    jk_rpc_reflection_rows(&server->rows[server->row_count]);
    server->row_count += 2;
    server->unknown.posted = POSTED_UNKNOWN;
}

/* ---- start ---- */

/* In the order of enum bound (entrance.c) and enum jk_rpc_cut. */
static bool label_metrics(void)
{
    static const char *const bounds[] = {"calls", "calls-of-one", "unread", "unread-of-one"};
    static const char *const cuts[] = {"late", "silent", "unread"};
    return jk_metrics_labels(JK_METRIC_RPC_REFUSED, bounds, 4, NULL, 0) &&
           jk_metrics_labels(JK_METRIC_RPC_CUT, cuts, JK_RPC_CUTS - 1, NULL, 0);
}

static enum jk_status prepare_server(struct jk_rpc_server *server, struct jk_error *error)
{
    struct jk_span set = {(const char *)jk_data_reflection, jk_data_reflection_len};
    JK_TRY(jk_rpc_reflection_new(set, &server->reflection, error));
    server->health = jk_rpc_health_new(server->options.methods, server->options.method_count);

    struct jk_doorman_limits limits = {.calls = server->options.calls,
                                       .calls_each = server->options.calls_each,
                                       .unread = server->options.unread,
                                       .unread_each = server->options.unread / JK_RPC_UNREAD_SHARE};
    server->doorman = jk_doorman_new(&limits);

    if (!server->health || !server->doorman || !label_metrics()) return jk_out_of_memory(error);
    list_methods(server);

    /* a few each, and the hot ones share what is left of a queue's 200 */
    size_t hot = 0, least = server->row_count * POSTED_ELSE > POSTED_MOST - POSTED_UNKNOWN ? 1 : POSTED_ELSE;
    for (size_t i = 0; i < server->row_count; i++)
        hot += is_hot(server->rows[i].method);
    size_t left = POSTED_MOST - POSTED_UNKNOWN - least * server->row_count;
    size_t more = hot == 0 ? 0 : left / hot;
    if (more + least > POSTED_HOT) more = POSTED_HOT - least;
    for (size_t i = 0; i < server->row_count; i++)
        server->rows[i].posted = (unsigned)(least + (is_hot(server->rows[i].method) ? more : 0));

    for (size_t i = 0; i < server->row_count; i++) {
        struct jk_rpc_row *row = &server->rows[i];
        row->registered = grpc_server_register_method(server->grpc, row->method->path, NULL, GRPC_SRM_PAYLOAD_NONE, 0);
        if (!row->registered)
            return jk_fail(error, JK_INTERNAL, "BAD_METHOD", "method %s is in the table twice", row->method->path);
    }

    grpc_server_credentials *credentials = NULL;
    JK_TRY(jk_rpc_credentials(&server->options, &server->address, &credentials, &server->certificates, error));
    int port = grpc_server_add_http2_port(server->grpc, server->address.text, credentials);
    grpc_server_credentials_release(credentials);
    if (port == 0) return jk_address_refused(&server->address, error);
    jk_address_bound(&server->address, (unsigned)port);
    return JK_OK;
}

static enum jk_status run_server(struct jk_rpc_server *server, struct jk_error *error)
{
    grpc_server_start(server->grpc);
    server->started = true;
    for (unsigned i = 0; i < server->queue_count; i++)
        jk_rpc_post_all(&server->queues[i]);
    bool running = jk_rpc_queue_run(&server->apart);
    for (unsigned i = 0; running && i < server->queue_count; i++)
        running = jk_rpc_queue_run(&server->queues[i]);
    if (running) server->janitor = jk_janitor_start(server);
    if (server->janitor && jk_rpc_prober_start(server)) return JK_OK;
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start the gRPC server's threads");
}

static enum jk_status start_server(struct jk_rpc_server *server, struct jk_error *error)
{
    raise_file_limit();
    signal(SIGPIPE, SIG_IGN);
    gpr_set_log_function(log_library);
    grpc_init();

    server->quota = grpc_resource_quota_create("jokbod");
    grpc_resource_quota_resize(server->quota, MEMORY_QUOTA);
    create(server);

    server->queue_count = server->options.threads;
    for (unsigned i = 0; i < server->queue_count; i++) {
        JK_CHECK(jk_rpc_queue_open(&server->queues[i], server, GRPC_CQ_DEFAULT_POLLING));
        grpc_server_register_completion_queue(server->grpc, server->queues[i].queue, NULL);
    }
    /* for long-lived streams: it polls nothing, since the others do, and would only be woken by it */
    JK_CHECK(jk_rpc_queue_open(&server->apart, server, GRPC_CQ_NON_POLLING));
    grpc_completion_queue_attributes attributes = {GRPC_CQ_CURRENT_VERSION, GRPC_CQ_NEXT, GRPC_CQ_NON_LISTENING, NULL};
    server->stopping =
        grpc_completion_queue_create(grpc_completion_queue_factory_lookup(&attributes), &attributes, NULL);
    grpc_server_register_completion_queue(server->grpc, server->stopping, NULL);

    enum jk_status status = prepare_server(server, error);
    if (status == JK_OK) status = run_server(server, error);
    if (status != JK_OK) {
        server->options.grace_ms = -1;
        if (jk_rpc_drain(server)) jk_rpc_free(server);
    }
    return status;
}

enum jk_status jk_rpc_start(const struct jk_rpc_options *options, struct jk_rpc_server **out_server,
                            struct jk_error *error)
{
    JK_TRY(check_rpc_options(options, error));
    struct jk_address address;
    JK_TRY(jk_address_parse(options->listen, &address, error));
    JK_TRY(jk_address_free_socket(&address, error));
    struct jk_rpc_server *server = calloc(1, sizeof *server);
    if (!server) return jk_out_of_memory(error);
    server->options = *options;
    server->address = address;
    fill_defaults(&server->options);
    /* Signals are the caller's business: every thread that starts from here on blocks them all. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    enum jk_status status = start_server(server, error);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status != JK_OK) return status;
    jk_log(JK_LOG_INFO, "listening", "address", server->address.text, "tls", server->certificates ? "yes" : "no", NULL);
    *out_server = server;
    return JK_OK;
}

const char *jk_rpc_address(const struct jk_rpc_server *server)
{
    return server->address.text;
}

void jk_rpc_set_serving(struct jk_rpc_server *server, bool serving)
{
    jk_rpc_health_set(server->health, serving);
}

bool jk_rpc_answers(const struct jk_rpc_server *server, int timeout_ms)
{
    return jk_address_probe(&server->address, server->certificates != NULL, timeout_ms);
}

size_t jk_rpc_live_calls(const struct jk_rpc_server *server)
{
    return atomic_load(&server->calls);
}

/* ---- stop ---- */

/* Whether gRPC has let go of everything, waiting a moment for it. */
static bool library_done(struct jk_rpc_server *server, bool *done)
{
    gpr_timespec soon = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(5, GPR_TIMESPAN));
    if (*done) {
        jk_sleep_ms(1);
        return true;
    }
    *done = grpc_completion_queue_next(server->stopping, soon, NULL).type == GRPC_OP_COMPLETE;
    return *done;
}

static bool wait_until_idle(struct jk_rpc_server *server, int most_ms, bool *done)
{
    int64_t until_ms = jk_monotonic_ms() + most_ms;
    do {
        /* Posted requests first: a call counts before its request is taken off. */
        if (library_done(server, done) && atomic_load(&server->posted) == 0 && atomic_load(&server->calls) == 0)
            return true;
    } while (jk_monotonic_ms() < until_ms);
    return false;
}

/* Until every call that was taken is answered. */
static bool wait_for_calls(struct jk_rpc_server *server, int64_t until_ms, bool *done)
{
    while (atomic_load(&server->calls) > 0) {
        if (jk_monotonic_ms() >= until_ms) return false;
        (void)library_done(server, done);
    }
    return true;
}

static bool end_calls(struct jk_rpc_server *server, int64_t until_ms)
{
    bool done = false;
    atomic_store(&server->closing, true);
    grpc_server_shutdown_and_notify(server->grpc, server->stopping, server);
    if (!wait_for_calls(server, until_ms, &done))
        jk_log(JK_LOG_WARN, "drain-timed-out", "calls", jk_log_i64((int64_t)atomic_load(&server->calls)), NULL);
    else if (wait_until_idle(server, LINGER_MS, &done))
        return true;
    grpc_server_cancel_all_calls(server->grpc); /* closes connections, too: an idle client may not look for seconds */
    if (wait_until_idle(server, AFTER_CANCEL_MS, &done)) return true;
    jk_log(JK_LOG_ERROR, "calls-not-given-back", "calls", jk_log_i64((int64_t)atomic_load(&server->calls)), NULL);
    return false;
}

bool jk_rpc_drain(struct jk_rpc_server *server)
{
    if (server->drained) return true;
    jk_rpc_prober_stop(server);
    jk_janitor_stop(server->janitor);
    server->janitor = NULL;
    if (server->health) jk_rpc_health_stop(server->health);
    jk_sleep_ms(server->options.grace_ms);
    atomic_store(&server->draining, true);
    for (unsigned i = 0; i < server->queue_count; i++)
        jk_rpc_queue_end_streams(&server->queues[i]);
    if (server->started && server->options.draining) server->options.draining(server->options.services);
    int64_t until_ms = jk_monotonic_ms() + server->options.drain_ms;
    if (server->started) {
        /* A call that arrives after gRPC's shutdown has begun is CANCELLED, which clients do not retry: so those that
         * were taken are answered first, and all others are told UNAVAILABLE until hardly any comes. */
        int64_t now_ms = jk_monotonic_ms(), answered_ms = now_ms, heard_ms = now_ms;
        size_t seen = 0;
        while (now_ms < until_ms && now_ms - heard_ms < QUIET_MS && now_ms - answered_ms < QUIET_MOST_MS) {
            jk_sleep_ms(5);
            now_ms = jk_monotonic_ms();
            size_t turned_away = atomic_load(&server->turned_away);
            if (atomic_load(&server->calls) > 0) answered_ms = heard_ms = now_ms;
            if (turned_away != seen) heard_ms = now_ms;
            seen = turned_away;
        }
    }
    if (!end_calls(server, until_ms)) return false;

    for (unsigned i = 0; i < server->queue_count; i++)
        jk_rpc_queue_stop(&server->queues[i]);
    jk_rpc_queue_stop(&server->apart);
    grpc_completion_queue_shutdown(server->stopping);
    while (grpc_completion_queue_next(server->stopping, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL).type !=
           GRPC_QUEUE_SHUTDOWN) {
    }

    server->drained = true;
    return true;
}

void jk_rpc_free(struct jk_rpc_server *server)
{
    if (!server) return;
    JK_CHECK(server->drained);
    grpc_server_destroy(server->grpc);
    for (unsigned i = 0; i < server->queue_count; i++)
        jk_rpc_queue_destroy(&server->queues[i]);
    jk_rpc_queue_destroy(&server->apart);
    grpc_completion_queue_destroy(server->stopping);
    grpc_resource_quota_unref(server->quota);
    grpc_shutdown();
    jk_rpc_certificates_free(server->certificates);
    jk_rpc_reflection_free(server->reflection);
    jk_rpc_health_free(server->health);
    jk_doorman_free(server->doorman);
    free(server);
}
