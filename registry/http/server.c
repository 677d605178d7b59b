/* The HTTP server: start, requests, connections, stop. See server.h.
 *
 * A request:  target (parsed before anything else) -> handler -> static.c, blob.c, ready.c, ask.c -> answer -> next one
 * Slow clients: the library's own time-out counts from the last byte, so that one byte now and then would hold a
 * connection for ever. So each connection has a moment at which it is due, and the watchman shuts down the socket of
 * whoever has passed it. */
#include "http/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/inside.h"

#define POOL_MOST           4
#define IDLE_S              15
#define REQUEST_MS          15000
#define ANSWER_MS           600000
#define WATCH_MS            1000
#define STOP_MS             1000
#define CONNECTION_MEMORY   (16u << 10)
#define METRICS_CONNECTIONS 32
#define OPTIONS_MOST        16

static const char plain_text[] = "text/plain; charset=utf-8";

/* ---- counting ---- */

static const unsigned statuses[] = {200, 204, 206, 304, 400, 404, 405, 410, 411,
                                    413, 414, 415, 416, 429, 500, 503, 504};
static const char *const status_texts[] = {"200", "204", "206", "304", "400", "404", "405", "410", "411",
                                           "413", "414", "415", "416", "429", "500", "503", "504", "other"};
#define STATUSES (sizeof statuses / sizeof *statuses)

static const char *const route_texts[] = {
#define JK_ROUTE(id, name) name,
    JK_HTTP_ROUTES(JK_ROUTE)
#undef JK_ROUTE
};

static void count_answer(enum jk_route_kind route, unsigned status)
{
    size_t place = 0;
    while (place < STATUSES && statuses[place] != status)
        place++;
    jk_metrics_add(JK_METRIC_HTTP_REQUESTS, route, place, 1);
}

/* ---- answers ---- */

void jk_http_add(struct MHD_Response *response, const char *name, const char *value)
{
    if (response && MHD_add_response_header(response, name, value) != MHD_YES)
        jk_log(JK_LOG_ERROR, "header-refused", "name", name, NULL);
}

struct jk_span jk_http_header(struct MHD_Connection *connection, const char *name)
{
    return jk_span_of(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name));
}

void jk_http_add_fields(struct MHD_Response *response, const struct jk_http_head *head)
{
    for (size_t i = 0; i < head->field_count; i++)
        jk_http_add(response, head->fields[i].name, head->fields[i].value);
}

struct MHD_Response *jk_http_text(struct jk_span bytes, const char *type, const char *cache)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(bytes.len, (void *)bytes.at, MHD_RESPMEM_MUST_COPY);
    jk_http_add(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    jk_http_add(response, MHD_HTTP_HEADER_CACHE_CONTROL, cache);
    return response;
}

static const unsigned codes[JK_HTTP_FIXED] = {
    [JK_HTTP_NOT_FOUND] = 404, [JK_HTTP_MALFORMED] = 400, [JK_HTTP_NOT_ALLOWED] = 405, [JK_HTTP_BODY] = 400,
    [JK_HTTP_NO_LENGTH] = 411, [JK_HTTP_LARGE] = 413,     [JK_HTTP_BUSY] = 503,        [JK_HTTP_BROKEN] = 500,
    [JK_HTTP_LONG] = 414,      [JK_HTTP_ALIVE] = 200};

enum MHD_Result jk_http_answer_fixed(struct jk_http *http, struct MHD_Connection *connection, enum jk_route_kind route,
                                     enum jk_http_fixed fixed)
{
    count_answer(route, codes[fixed]);
    return MHD_queue_response(connection, codes[fixed], http->fixed[fixed]);
}

/* What anybody may read and check, pages of other sites included. */
static bool is_public(enum jk_route_kind route)
{
    return route == JK_ROUTE_CHECKPOINT || route == JK_ROUTE_VKEY || route == JK_ROUTE_TILE ||
           route == JK_ROUTE_BUNDLE || route == JK_ROUTE_REPORT || route == JK_ROUTE_BLOB;
}

static void share_with_all(struct MHD_Response *response)
{
    jk_http_add(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    jk_http_add(response, MHD_HTTP_HEADER_ACCESS_CONTROL_EXPOSE_HEADERS, "ETag, Content-Range, Retry-After");
}

enum MHD_Result jk_http_answer(struct jk_http *http, struct MHD_Connection *connection, enum jk_route_kind route,
                               unsigned status, struct MHD_Response *response)
{
    if (!response) return jk_http_answer_fixed(http, connection, route, JK_HTTP_BROKEN);
    jk_http_add(response, "X-Content-Type-Options", "nosniff");
    if (is_public(route)) share_with_all(response);
    if (atomic_load(&http->quiet)) jk_http_add(response, MHD_HTTP_HEADER_CONNECTION, "close");
    count_answer(route, status);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result jk_http_refuse(struct jk_http *http, struct MHD_Connection *connection, enum jk_route_kind route,
                               struct jk_span target, enum jk_http_fixed why)
{
    const struct jk_http_options *options = &http->options;
    struct jk_http_head head = {.status = codes[why]};
    struct jk_text body;
    if (route != JK_ROUTE_WEB || !options->refusal) return jk_http_answer_fixed(http, connection, route, why);
    jk_text_init(&body, 0);
    bool said = options->refusal(options->hook_context, target, why, &head, &body) && !body.failed;
    struct MHD_Response *response =
        said ? MHD_create_response_from_buffer(body.len, body.bytes, MHD_RESPMEM_MUST_COPY) : NULL;
    jk_text_done(&body);
    if (!response) return jk_http_answer_fixed(http, connection, route, why);
    jk_http_add_fields(response, &head);
    return jk_http_answer(http, connection, route, head.status, response);
}

static ssize_t read_nothing(void *context, uint64_t at, char *out, size_t room)
{
    (void)context;
    (void)at;
    (void)out;
    (void)room;
    return MHD_CONTENT_READER_END_WITH_ERROR; /* nobody reads it */
}

struct MHD_Response *jk_http_bare(uint64_t size)
{
    static const char nothing[1];
    if (size == 0) return MHD_create_response_from_buffer(0, (void *)nothing, MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *response = MHD_create_response_from_callback(size, 1, read_nothing, NULL, NULL);
    /* of unknown length the library would else say that it comes in chunks, for which some clients wait */
    if (response && size == MHD_SIZE_UNKNOWN)
        (void)MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    return response;
}

static bool make_fixed(struct jk_http *http)
{
    static const char *const texts[JK_HTTP_FIXED] = {
        [JK_HTTP_NOT_FOUND] = "there is nothing here\n",
        [JK_HTTP_MALFORMED] = "a request names one Host, and its target has no space\n",
        [JK_HTTP_NOT_ALLOWED] = "GET and HEAD only\n",
        [JK_HTTP_BODY] = "requests here have no body\n",
        [JK_HTTP_NO_LENGTH] = "say how long the body is (Content-Length)\n",
        [JK_HTTP_LARGE] = "the body is too large: see the limits of the interface as JSON\n",
        [JK_HTTP_BUSY] = "busy: try again in a second\n",
        [JK_HTTP_BROKEN] = "this cannot be read now\n",
        [JK_HTTP_LONG] = "a target has at most 8192 bytes\n",
        [JK_HTTP_ALIVE] = "alive\n",
    };
    for (size_t i = 0; i < JK_HTTP_FIXED; i++) {
        http->fixed[i] = jk_http_text(jk_span_of(texts[i]), plain_text, "no-store");
        if (!http->fixed[i]) return false;
        jk_http_add(http->fixed[i], "X-Content-Type-Options", "nosniff");
        if (i != JK_HTTP_ALIVE) share_with_all(http->fixed[i]); /* which the log's files have, too */
    }
    jk_http_add(http->fixed[JK_HTTP_NOT_ALLOWED], MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    jk_http_add(http->fixed[JK_HTTP_BUSY], MHD_HTTP_HEADER_RETRY_AFTER, "1");
    return true;
}

/* ---- requests ---- */

/* Where none is taken: what follows it on the connection would be read as the next request. */
static bool has_body(struct MHD_Connection *connection)
{
    struct jk_span length = jk_http_header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return jk_http_header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING).len > 0 ||
           (length.len > 0 && !jk_span_equal(length, JK_SPAN("0")));
}

static enum MHD_Result count_host(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    unsigned *count = context;
    (void)kind;
    (void)value;
    *count += strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0;
    return MHD_YES;
}

/* Which host is meant must be beyond doubt (RFC 9112, 3.2). The library looks for one, too, if it is told to; but it says
 * twice that there is none. */
static bool names_host(struct MHD_Connection *connection, const char *version)
{
    unsigned count = 0;
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, count_host, &count);
    return count == 1 || (count == 0 && strcmp(version, MHD_HTTP_VERSION_1_0) == 0);
}

static enum MHD_Result serve(struct jk_http *http, struct MHD_Connection *connection, struct jk_http_peer *peer,
                             enum jk_http_verb verb)
{
    bool head = verb == JK_HTTP_HEAD;
    switch (peer->route.kind) {
    case JK_ROUTE_CHECKPOINT:
    case JK_ROUTE_VKEY:
    case JK_ROUTE_TILE:
    case JK_ROUTE_BUNDLE:
    case JK_ROUTE_REPORT:
        return jk_http_static(http, connection, peer, head);
    case JK_ROUTE_BLOB:
        return jk_http_blob(http, connection, peer, head);
    case JK_ROUTE_HEALTH:
        return jk_http_answer_fixed(http, connection, JK_ROUTE_HEALTH, JK_HTTP_ALIVE);
    case JK_ROUTE_READY:
        return jk_http_readiness(http, connection, peer);
    case JK_ROUTE_WEB:
        return jk_http_web(http, connection, peer, verb);
    default:
        return jk_http_answer_fixed(http, connection, JK_ROUTE_NONE, JK_HTTP_NOT_FOUND);
    }
}

static bool has_room(const struct jk_http *http, const struct jk_http_peer *peer)
{
    return http->options.room && peer->target &&
           http->options.room(http->options.hook_context, jk_span_of(peer->target)) > 0;
}

/* False: nothing takes such a method. */
static bool read_verb(const struct jk_http *http, const char *method, const struct jk_http_peer *peer,
                      enum jk_http_verb *out_verb)
{
    *out_verb = JK_HTTP_POST;
    if (strcmp(method, MHD_HTTP_METHOD_POST) == 0) return peer->admitted || has_room(http, peer);
    *out_verb = JK_HTTP_GET;
    if (strcmp(method, MHD_HTTP_METHOD_GET) == 0) return true;
    *out_verb = JK_HTTP_HEAD;
    if (strcmp(method, MHD_HTTP_METHOD_HEAD) == 0) return true;
    *out_verb = JK_HTTP_OPTIONS;
    return peer->route.kind == JK_ROUTE_WEB && strcmp(method, MHD_HTTP_METHOD_OPTIONS) == 0;
}

/* Whose connection may be suspended before its answer. */
static bool may_wait(enum jk_route_kind route)
{
    return route == JK_ROUTE_WEB || route == JK_ROUTE_BLOB || route == JK_ROUTE_READY;
}

/* Its headers are there: whether it is refused, and why. */
static bool is_refused(struct MHD_Connection *connection, const char *version, const struct jk_http_peer *peer,
                       enum jk_http_verb verb, bool taken, enum jk_http_fixed *out_why)
{
    *out_why = JK_HTTP_MALFORMED;
    if (peer->spaced || !names_host(connection, version)) return true;
    *out_why = JK_HTTP_NOT_ALLOWED;
    if (!taken) return true;
    *out_why = JK_HTTP_BODY;
    return verb != JK_HTTP_POST && has_body(connection);
}

/* Called when a request's headers are there, again for each piece of its body, again when all of it is, and again after a
 * suspension. A connection that is suspended while the library still means to read from it may be read from when it is
 * resumed, and closed unanswered if its client has shut down its own side. So what may wait is served a turn later, when
 * nothing more is read before an answer. An answer to the first call ends the connection, which is right for what is
 * refused and has a body that nobody reads. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **request)
{
    struct jk_http *http = context;
    struct jk_http_peer *peer = *request;
    (void)url;
    if (!peer) return MHD_NO; /* no memory when it came */
    JK_CHECK_MAGIC(peer, JK_HTTP_CONNECTION_MAGIC);
    enum jk_http_verb verb;
    bool taken = read_verb(http, method, peer, &verb);
    if (!peer->admitted) {
        peer->admitted = true;
        atomic_fetch_add(&http->active, 1);
        atomic_store(&peer->due_ms, jk_monotonic_ms() + ANSWER_MS);
        enum jk_http_fixed why;
        if (is_refused(connection, version, peer, verb, taken, &why))
            return jk_http_refuse(http, connection, peer->route.kind, jk_span_of(peer->target), why);
        return verb == JK_HTTP_POST ? jk_http_body_begin(http, connection, peer) : MHD_YES;
    }
    if (*upload_size > 0) {
        jk_http_body_take(peer, (struct jk_span){upload, *upload_size});
        *upload_size = 0;
        return MHD_YES;
    }
    if (may_wait(peer->route.kind) && !peer->settled) {
        peer->settled = true;
        atomic_store(&peer->due_ms, jk_monotonic_ms() + ANSWER_MS);
        return MHD_YES;
    }
    enum MHD_Result result = serve(http, connection, peer, verb);
    peer->begun = true;
    return result;
}

/* Only "/metrics"; an observer's requests are no peer's, and not counted. */
static enum MHD_Result handle_metrics(void *context, struct MHD_Connection *connection, const char *url,
                                      const char *method, const char *version, const char *upload, size_t *upload_size,
                                      void **request)
{
    static char seen;
    struct jk_http *http = context;
    (void)upload;
    (void)upload_size;
    if (!names_host(connection, version))
        return MHD_queue_response(connection, MHD_HTTP_BAD_REQUEST, http->fixed[JK_HTTP_MALFORMED]);
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return MHD_queue_response(connection, MHD_HTTP_METHOD_NOT_ALLOWED, http->fixed[JK_HTTP_NOT_ALLOWED]);
    if (has_body(connection)) return MHD_queue_response(connection, MHD_HTTP_BAD_REQUEST, http->fixed[JK_HTTP_BODY]);
    if (!*request) {
        *request = &seen;
        return MHD_YES;
    }
    if (strcmp(url, "/metrics") != 0)
        return MHD_queue_response(connection, MHD_HTTP_NOT_FOUND, http->fixed[JK_HTTP_NOT_FOUND]);
    struct MHD_Response *response = jk_http_measure(http);
    if (!response) return MHD_queue_response(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, http->fixed[JK_HTTP_BROKEN]);
    jk_http_add(response, "X-Content-Type-Options", "nosniff");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- connections ---- */

/* The target as it came, before the library decodes it. What it returns is the request's from here on. */
static void *take_target(void *context, const char *target, struct MHD_Connection *connection)
{
    struct jk_http *http = context;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct jk_http_peer *peer = info ? info->socket_context : NULL;
    struct jk_span origin;
    if (!peer) return NULL;
    jk_route_parse(jk_span_of(target), &peer->route);
    peer->spaced = strchr(target, ' ') != NULL;
    peer->cut = false;
    if (peer->route.kind != JK_ROUTE_NONE || !http->options.hook || !jk_route_origin(jk_span_of(target), &origin))
        return peer;
    peer->route.kind = JK_ROUTE_WEB;
    peer->cut = origin.len > JK_HTTP_TARGET_MOST;
    peer->target = strndup(origin.at, JK_HTTP_TARGET_MOST);
    return peer;
}

static void request_over(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode how)
{
    struct jk_http *http = context;
    struct jk_http_peer *peer = *request;
    (void)connection;
    (void)how;
    if (!peer) return;
    JK_CHECK_MAGIC(peer, JK_HTTP_CONNECTION_MAGIC);
    jk_http_stream_free(peer->stream);
    peer->stream = NULL;
    jk_http_web_over(peer);
    jk_http_body_drop(http, peer);
    if (peer->admitted) atomic_fetch_sub(&http->active, 1);
    peer->admitted = peer->settled = peer->begun = false;
    atomic_store(&peer->due_ms, jk_monotonic_ms() + REQUEST_MS);
}

static void peer_comes(struct jk_http *http, struct MHD_Connection *connection, void **out_peer)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct jk_http_peer *peer = calloc(1, sizeof *peer);
    *out_peer = peer;
    if (!peer) return;
    peer->magic = JK_HTTP_CONNECTION_MAGIC;
    peer->fd = info ? info->connect_fd : -1;
    atomic_init(&peer->due_ms, jk_monotonic_ms() + REQUEST_MS);
    pthread_mutex_lock(&http->lock);
    peer->next = http->peers;
    if (peer->next) peer->next->previous = peer;
    http->peers = peer;
    http->peer_count++;
    pthread_mutex_unlock(&http->lock);
}

static void peer_goes(struct jk_http *http, struct jk_http_peer *peer)
{
    if (!peer) return;
    JK_CHECK_MAGIC(peer, JK_HTTP_CONNECTION_MAGIC);
    pthread_mutex_lock(&http->lock);
    if (peer->next) peer->next->previous = peer->previous;
    if (peer->previous)
        peer->previous->next = peer->next;
    else
        http->peers = peer->next;
    http->peer_count--;
    pthread_mutex_unlock(&http->lock);
    peer->magic = 0;
    free(peer);
}

/* The socket is still open at both moments, so that its number means this connection. */
static void connection_changed(void *context, struct MHD_Connection *connection, void **peer,
                               enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        peer_comes(context, connection, peer);
    else
        peer_goes(context, *peer);
}

static void *run_watchman(void *context)
{
    struct jk_http *http = context;
    pthread_mutex_lock(&http->lock);
    while (http->watching) {
        int64_t until_ms = jk_monotonic_ms() + WATCH_MS;
        (void)jk_condition_wait_until(&http->wake, &http->lock, until_ms);

        int64_t now_ms = jk_monotonic_ms();
        for (struct jk_http_peer *peer = http->peers; peer; peer = peer->next) {
            if (peer->stream_ask) jk_http_tend_stream(peer->stream_ask, now_ms, false);
            if (now_ms < atomic_load(&peer->due_ms)) continue;
            shutdown(peer->fd, SHUT_RDWR); /* the library sees its end, and closes it */
            atomic_store(&peer->due_ms, INT64_MAX);
            jk_metrics_add(JK_METRIC_HTTP_OVERDUE, 0, 0, 1);
        }
    }
    pthread_mutex_unlock(&http->lock);
    return NULL;
}

/* ---- start ---- */

static void log_library(void *context, const char *format, va_list arguments)
{
    char line[256];
    (void)context;
    if (!jk_log_wanted(JK_LOG_DEBUG)) return;
    vsnprintf(line, sizeof line, format, arguments);
    line[strcspn(line, "\n")] = '\0';
    jk_log(JK_LOG_DEBUG, "http", "message", line, NULL);
}

struct daemon_options {
    struct MHD_OptionItem items[OPTIONS_MOST];
    size_t count;
};

static void option(struct daemon_options *options, enum MHD_OPTION name, intptr_t value, void *pointer)
{
    JK_CHECK(options->count < OPTIONS_MOST);
    options->items[options->count++] = (struct MHD_OptionItem){name, value, pointer};
}

static void common_options(struct daemon_options *options, int fd, unsigned connections)
{
    option(options, MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)log_library, NULL); /* first: the rest may be complained of */
    option(options, MHD_OPTION_LISTEN_SOCKET, fd, NULL);
    option(options, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, NULL);
    option(options, MHD_OPTION_CONNECTION_LIMIT, (intptr_t)connections, NULL);
    option(options, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL);
    option(options, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL);
}

static struct MHD_Daemon *start_public(struct jk_http *http, int fd)
{
    struct daemon_options options = {.count = 0};
    /* The library divides the connections among the pool's threads. */
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned size = cores > 1 ? (unsigned)cores : 1;
    if (size > POOL_MOST) size = POOL_MOST;
    unsigned pool = size < http->options.connections ? size : http->options.connections;
    common_options(&options, fd, http->options.connections);
    option(&options, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)http->options.per_address, NULL);
    option(&options, MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection_changed, http);
    option(&options, MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)request_over, http);
    option(&options, MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)take_target, http);
    if (pool > 1) option(&options, MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)pool, NULL);
    option(&options, MHD_OPTION_END, 0, NULL);
    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC,
                            0, NULL, NULL, handle, http, MHD_OPTION_ARRAY, options.items, MHD_OPTION_END);
}

static struct MHD_Daemon *start_metrics(struct jk_http *http, int fd)
{
    struct daemon_options options = {.count = 0};
    common_options(&options, fd, METRICS_CONNECTIONS);
    option(&options, MHD_OPTION_END, 0, NULL);
    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_USE_ITC, 0, NULL, NULL,
                            handle_metrics, http, MHD_OPTION_ARRAY, options.items, MHD_OPTION_END);
}

static enum jk_status listen_http(struct jk_http *http, const char *listen, struct jk_address *address,
                                  struct MHD_Daemon *(*start)(struct jk_http *, int), struct MHD_Daemon **out_daemon,
                                  struct jk_error *error)
{
    int fd = -1;
    JK_TRY(jk_address_parse(listen, address, error));
    JK_TRY(jk_address_listen(address, &fd, error));
    /* a proxy that shares the socket's group must get at it, and nobody else */
    if (address->path[0] && chmod(address->path, 0660) != 0)
        jk_log(JK_LOG_WARN, "socket-mode", "cause", strerrordesc_np(errno), NULL);
    *out_daemon = start(http, fd);
    if (*out_daemon) return JK_OK;
    close(fd);
    return jk_fail(error, JK_UNAVAILABLE, "CANNOT_LISTEN", "the HTTP server on %s cannot be started", address->text);
}

static bool start_watchman(struct jk_http *http)
{
    JK_CHECK(pthread_mutex_init(&http->lock, NULL) == 0);
    jk_condition_init(&http->wake);
    http->watching = true;
    if (pthread_create(&http->watchman, NULL, run_watchman, http) == 0) return true;
    http->watching = false;
    return false;
}

/* "/srv/log" is opened as "log" in "/srv", at each request anew. */
static enum jk_status open_parent(struct jk_http *http, const char *folder, struct jk_error *error)
{
    size_t len = strlen(folder), from;
    char parent[4096];
    while (len > 1 && folder[len - 1] == '/')
        len--;
    for (from = len; from > 0 && folder[from - 1] != '/';)
        from--;
    if (len - from >= sizeof http->folder || from >= sizeof parent)
        return jk_fail(error, JK_UNAVAILABLE, "PUBLIC_FOLDER", "the name of the public folder is too long");
    snprintf(http->folder, sizeof http->folder, "%.*s", (int)(len - from), folder + from);
    snprintf(parent, sizeof parent, "%.*s", (int)from, folder);
    http->parent_fd = open(from > 0 ? parent : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (http->parent_fd >= 0) return JK_OK;
    return jk_fail(error, JK_UNAVAILABLE, "PUBLIC_FOLDER", "the folder \"%s\" cannot be reached: %s", folder,
                   strerrordesc_np(errno));
}

static enum jk_status start_http(struct jk_http *http, struct jk_error *error)
{
    const struct jk_http_options *options = &http->options;
    JK_TRY(open_parent(http, jk_store_public_dir(options->store), error));
    http->zips = jk_http_zips_new();
    bool made = start_watchman(http) && http->zips && make_fixed(http) &&
                jk_metrics_labels(JK_METRIC_HTTP_REQUESTS, route_texts, JK_ROUTE_KINDS, status_texts, STATUSES + 1);
    if (made) http->ready = jk_http_ready_new(http);
    if (!http->ready) return jk_out_of_memory(error);
    if (options->listen) JK_TRY(listen_http(http, options->listen, &http->address, start_public, &http->daemon, error));
    if (options->metrics)
        JK_TRY(
            listen_http(http, options->metrics, &http->metrics_address, start_metrics, &http->metrics_daemon, error));
    return JK_OK;
}

enum jk_status jk_http_start(const struct jk_http_options *options, struct jk_http **out_http, struct jk_error *error)
{
    struct jk_http *http = calloc(1, sizeof *http);
    sigset_t all, before;
    if (!http) return jk_out_of_memory(error);
    http->options = *options;
    http->parent_fd = http->quiet_fd = -1;
    JK_CHECK(pthread_mutex_init(&http->share_lock, NULL) == 0);
    http->shares = jk_http_shares_new();
    http->unsent =
        jk_doorman_new(&(struct jk_doorman_limits){.unread = JK_HTTP_UNSENT_MOST, .unread_each = JK_HTTP_UNSENT_EACH});
    http->bodies =
        jk_doorman_new(&(struct jk_doorman_limits){.unread = JK_HTTP_BODIES_MOST, .unread_each = JK_HTTP_BODIES_EACH});
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    enum jk_status status =
        http->shares && http->unsent && http->bodies ? start_http(http, error) : jk_out_of_memory(error);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status != JK_OK) {
        jk_http_stop(http);
        return status;
    }
    if (options->listen) jk_log(JK_LOG_INFO, "listening", "http", http->address.text, NULL);
    if (options->metrics) jk_log(JK_LOG_INFO, "listening", "metrics", http->metrics_address.text, NULL);
    *out_http = http;
    return JK_OK;
}

const char *jk_http_address(const struct jk_http *http)
{
    return http->options.listen ? http->address.text : NULL;
}

const char *jk_http_metrics_address(const struct jk_http *http)
{
    return http->options.metrics ? http->metrics_address.text : NULL;
}

/* ---- stop ---- */

void jk_http_quiesce(struct jk_http *http)
{
    if (!http || !http->daemon || atomic_exchange(&http->quiet, true)) return;
    http->quiet_fd = MHD_quiesce_daemon(http->daemon);
    if (http->quiet_fd >= 0) shutdown(http->quiet_fd, SHUT_RDWR); /* refused at once, instead of waiting unheard */
}

static void wait_until_zero(atomic_uint *number, int most_ms)
{
    int64_t until_ms = jk_monotonic_ms() + most_ms;
    while (atomic_load(number) > 0 && jk_monotonic_ms() < until_ms)
        jk_sleep_ms(2);
}

/* Their owners have closed them or are about to; what a client does not read is given up. */
static void end_streams(struct jk_http *http)
{
    pthread_mutex_lock(&http->lock);
    for (struct jk_http_peer *peer = http->peers; peer; peer = peer->next)
        if (peer->stream_ask) jk_http_tend_stream(peer->stream_ask, jk_monotonic_ms(), true);
    pthread_mutex_unlock(&http->lock);
}

void jk_http_stop(struct jk_http *http)
{
    if (!http) return;
    jk_http_quiesce(http);

    /* a daemon must not be stopped while one of its connections is suspended, so whoever could resume them ends
     * first */
    if (http->ready) jk_http_ready_end(http->ready);
    wait_until_zero(&http->active, STOP_MS);
    atomic_store(&http->ending, true);
    if (http->watching) end_streams(http);
    wait_until_zero(&http->jobs, INT32_MAX); /* each has its deadline */
    if (http->daemon) MHD_stop_daemon(http->daemon);
    if (http->quiet_fd >= 0) close(http->quiet_fd);
    if (http->daemon && http->address.path[0]) unlink(http->address.path);

    if (http->metrics_daemon) MHD_stop_daemon(http->metrics_daemon);
    if (http->metrics_daemon && http->metrics_address.path[0]) unlink(http->metrics_address.path);

    if (http->watching) {
        pthread_mutex_lock(&http->lock);
        http->watching = false;
        pthread_cond_signal(&http->wake);
        pthread_mutex_unlock(&http->lock);
        pthread_join(http->watchman, NULL);
        pthread_cond_destroy(&http->wake);
        pthread_mutex_destroy(&http->lock);
    }

    jk_http_ready_free(http->ready);
    for (size_t i = 0; i < JK_HTTP_FIXED; i++)
        if (http->fixed[i]) MHD_destroy_response(http->fixed[i]);
    jk_http_zips_free(http->zips);
    jk_shares_free(http->shares);
    jk_doorman_free(http->unsent);
    jk_doorman_free(http->bodies);
    pthread_mutex_destroy(&http->share_lock);
    if (http->parent_fd >= 0) close(http->parent_fd);
    free(http);
}
