/* Health. See health.h.
 *
 * A watcher is idle, or sends. A change is sent at once to the idle ones; one that sends looks again when its message
 * has left. The end of a call comes through the row's on_close: an idle watcher is ended there, one that sends ends when
 * its message fails or has left. */
#include "rpc/health.h"

#include <grpc/health/v1/health.pb-c.h>
#include <stdlib.h>

#include "reply/message.h"

#define WATCHERS_MOST 4096
#define SERVICES_MOST 32

#define SERVING         GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
#define NOT_SERVING     GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
#define SERVICE_UNKNOWN GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN

/* In its call's arena. */
struct watcher {
    struct jk_call *call;
    struct watcher *next, *previous;
    Grpc__Health__V1__HealthCheckResponse__ServingStatus told; /* what was sent last */
    bool known;                                                /* the service is one of ours */
    bool linked;
    bool sending;
    bool closed; /* the client is gone; the end comes with the message in flight */
};

struct jk_rpc_health {
    struct jk_span services[SERVICES_MOST]; /* in the methods' paths */
    size_t service_count;
    pthread_mutex_t mutex; /* guards the rest, and every watcher */
    bool serving, stopped;
    struct watcher *watchers;
    size_t watcher_count;
};

static struct jk_rpc_health *health_of(struct jk_call *call)
{
    return jk_rpc_call_of(call)->server->health;
}

static bool is_known(const struct jk_rpc_health *health, struct jk_span service)
{
    if (service.len == 0) return true;
    for (size_t i = 0; i < health->service_count; i++)
        if (jk_span_equal(health->services[i], service)) return true;
    return false;
}

struct jk_rpc_health *jk_rpc_health_new(const struct jk_method *methods, size_t count)
{
    struct jk_rpc_health *health = calloc(1, sizeof *health);
    if (!health) return NULL;
    pthread_mutex_init(&health->mutex, NULL);
    for (size_t i = 0; i < count && health->service_count < SERVICES_MOST; i++) {
        /* "/jokbo.v1.Registry/GetModel" -> "jokbo.v1.Registry" */
        struct jk_span rest = jk_span_of(methods[i].path + 1), service = {0};
        (void)jk_span_cut(&rest, '/', &service);
        if (!is_known(health, service)) health->services[health->service_count++] = service;
    }
    return health;
}

void jk_rpc_health_free(struct jk_rpc_health *health)
{
    if (!health) return;
    pthread_mutex_destroy(&health->mutex);
    free(health);
}

static Grpc__Health__V1__HealthCheckResponse__ServingStatus status_now(const struct jk_rpc_health *health, bool known)
{
    if (!known) return SERVICE_UNKNOWN;
    return health->serving ? SERVING : NOT_SERVING;
}

/* ---- Check ---- */

static void check_health(struct jk_call *call)
{
    const Grpc__Health__V1__HealthCheckRequest *request = (const Grpc__Health__V1__HealthCheckRequest *)call->request;
    struct jk_rpc_health *health = health_of(call);
    if (!is_known(health, jk_span_of(request->service))) {
        (void)jk_fail(&call->error, JK_NOT_FOUND, "SERVICE_UNKNOWN",
                      "this server has no such service; leave the name empty to ask for the server as a whole");
        jk_call_fail(call);
        return;
    }
    Grpc__Health__V1__HealthCheckResponse response = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    pthread_mutex_lock(&health->mutex);
    response.status = status_now(health, true);
    pthread_mutex_unlock(&health->mutex);
    jk_call_finish(call, &response.base);
}

/* ---- List ---- */

/* The server as a whole, whose name is empty, and after it the services of the table. */
static void list_health(struct jk_call *call)
{
    struct jk_rpc_health *health = health_of(call);
    size_t count = health->service_count + 1;
    Grpc__Health__V1__HealthCheckResponse state = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    Grpc__Health__V1__HealthListResponse response = GRPC__HEALTH__V1__HEALTH_LIST_RESPONSE__INIT;
    Grpc__Health__V1__HealthListResponse__StatusesEntry *entries =
        jk_arena_zalloc(&call->arena, count, sizeof *entries);
    response.statuses = (Grpc__Health__V1__HealthListResponse__StatusesEntry **)jk_pointers(&call->arena, count);
    bool room = entries && response.statuses;
    for (size_t i = 0; room && i < count; i++) {
        struct jk_span name = i == 0 ? (struct jk_span){"", 0} : health->services[i - 1];
        grpc__health__v1__health_list_response__statuses_entry__init(&entries[i]);
        entries[i].key = jk_arena_copy(&call->arena, name.at, name.len);
        entries[i].value = &state;
        response.statuses[response.n_statuses++] = &entries[i];
        room = entries[i].key != NULL;
    }
    if (!room) {
        (void)jk_out_of_memory(&call->error);
        jk_call_fail(call);
        return;
    }
    pthread_mutex_lock(&health->mutex);
    state.status = status_now(health, true);
    pthread_mutex_unlock(&health->mutex);
    jk_call_finish(call, &response.base);
}

/* ---- Watch ---- */

static void watch_left(struct jk_call *call);

/* With the mutex held, which stays held: sending only starts a batch. */
static void tell_status(struct watcher *watcher, Grpc__Health__V1__HealthCheckResponse__ServingStatus status)
{
    Grpc__Health__V1__HealthCheckResponse response = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    response.status = status;
    watcher->told = status;
    watcher->sending = true;
    watcher->call->ops->send(watcher->call, &response.base, watch_left);
}

static void unlink_watcher(struct jk_rpc_health *health, struct watcher *watcher)
{
    if (!watcher->linked) return;
    if (watcher->previous) watcher->previous->next = watcher->next;
    if (watcher->next) watcher->next->previous = watcher->previous;
    if (health->watchers == watcher) health->watchers = watcher->next;
    health->watcher_count--;
    watcher->linked = false;
}

/* The call's release: whoever ended it. */
static void watch_released(struct jk_call *call)
{
    struct jk_rpc_health *health = health_of(call);
    pthread_mutex_lock(&health->mutex);
    unlink_watcher(health, call->state);
    pthread_mutex_unlock(&health->mutex);
}

static void end_watch(struct jk_call *call)
{
    (void)jk_fail(&call->error, JK_CANCELLED, "CLIENT_GONE", "the watch was cancelled");
    jk_call_fail(call);
}

/* A message has left: is there news, or an end? */
static void watch_left(struct jk_call *call)
{
    struct jk_rpc_health *health = health_of(call);
    struct watcher *watcher = call->state;
    pthread_mutex_lock(&health->mutex);
    watcher->sending = false;
    bool over = watcher->closed;
    Grpc__Health__V1__HealthCheckResponse__ServingStatus now = status_now(health, watcher->known);
    if (!over && now != watcher->told) tell_status(watcher, now);
    pthread_mutex_unlock(&health->mutex);
    if (over) end_watch(call);
}

static void watch_closed(struct jk_rpc_call *rpc_call)
{
    struct jk_call *call = &rpc_call->call;
    struct jk_rpc_health *health = health_of(call);
    struct watcher *watcher = call->state;
    if (!watcher) return; /* it never came to watching */
    pthread_mutex_lock(&health->mutex);
    bool idle = watcher->linked && !watcher->sending;
    watcher->closed = true;
    if (idle) unlink_watcher(health, watcher);
    pthread_mutex_unlock(&health->mutex);
    if (idle) end_watch(call);
}

static void watch_health(struct jk_call *call)
{
    const Grpc__Health__V1__HealthCheckRequest *request = (const Grpc__Health__V1__HealthCheckRequest *)call->request;
    struct jk_rpc_health *health = health_of(call);
    struct watcher *watcher = jk_arena_zalloc(&call->arena, 1, sizeof *watcher);
    if (watcher) {
        watcher->call = call;
        watcher->known = is_known(health, jk_span_of(request->service));

        pthread_mutex_lock(&health->mutex);
        bool room = health->watcher_count < WATCHERS_MOST;
        if (room) {
            watcher->call->state = watcher;
            watcher->call->release = watch_released;

            watcher->next = health->watchers;
            if (watcher->next) watcher->next->previous = watcher;
            health->watchers = watcher;
            health->watcher_count++;
            watcher->linked = true;

            tell_status(watcher, status_now(health, watcher->known));
        }
        pthread_mutex_unlock(&health->mutex);
        if (room) return;
    }
    call->error.retry_ms = 1000;
    (void)jk_fail(&call->error, JK_RESOURCE_EXHAUSTED, "TOO_MANY_WATCHERS",
                  "%d clients already watch this server's health; use Check instead", WATCHERS_MOST);
    jk_call_fail(call);
}

/* ---- changes ---- */

static void set(struct jk_rpc_health *health, bool serving, bool stop)
{
    pthread_mutex_lock(&health->mutex);
    if (!health->stopped) health->serving = serving;
    health->stopped = health->stopped || stop;
    for (struct watcher *watcher = health->watchers; watcher; watcher = watcher->next) {
        Grpc__Health__V1__HealthCheckResponse__ServingStatus now = status_now(health, watcher->known);
        if (!watcher->sending && !watcher->closed && now != watcher->told) tell_status(watcher, now);
    }
    pthread_mutex_unlock(&health->mutex);
}

void jk_rpc_health_set(struct jk_rpc_health *health, bool serving)
{
    set(health, serving, false);
}

void jk_rpc_health_stop(struct jk_rpc_health *health)
{
    set(health, false, true);
}

void jk_rpc_health_rows(struct jk_rpc_row out_rows[3])
{
    static const struct jk_method check_method = {
        .path = "/grpc.health.v1.Health/Check",
        .stream = JK_UNARY,
        .request = &grpc__health__v1__health_check_request__descriptor,
        .response = &grpc__health__v1__health_check_response__descriptor,
        .handle = check_health,
    };
    static const struct jk_method list_method = {
        .path = "/grpc.health.v1.Health/List",
        .stream = JK_UNARY,
        .request = &grpc__health__v1__health_list_request__descriptor,
        .response = &grpc__health__v1__health_list_response__descriptor,
        .handle = list_health,
    };
    static const struct jk_method watch_method = {
        .path = "/grpc.health.v1.Health/Watch",
        .stream = JK_SERVER_STREAM,
        .request = &grpc__health__v1__health_check_request__descriptor,
        .response = &grpc__health__v1__health_check_response__descriptor,
        .handle = watch_health,
    };
    out_rows[0] = (struct jk_rpc_row){.method = &check_method, .start = check_health, .health = true};
    out_rows[1] = (struct jk_rpc_row){.method = &list_method, .start = list_health, .health = true};
    out_rows[2] = (struct jk_rpc_row){
        .method = &watch_method, .start = watch_health, .apart = true, .endless = true, .on_close = watch_closed};
}
