/* The fixture of the gRPC tests. See rpc_fixture.h. */
#include "support/rpc_fixture.h"

#include <google/rpc/status.pb-c.h>
#include <grpc/health/v1/health.pb-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"

/* Last: its macro `fail` would spoil the member of that name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* ---- test methods ---- */

static const Google__Rpc__Status *status_request(struct jk_call *call)
{
    return (const Google__Rpc__Status *)call->request;
}

static void echo(struct jk_call *call)
{
    struct rpc_seen *seen = call->services;
    snprintf(seen->authorization, sizeof seen->authorization, "%.*s", JK_SPAN_ARG(call->authorization));
    snprintf(seen->request_id, sizeof seen->request_id, "%s", call->request_id);
    jk_call_finish(call, call->request);
}

static void fail_with_details(struct jk_call *call)
{
    int fields = status_request(call)->code;
    for (int i = 0; i < fields; i++) {
        char field[32];
        snprintf(field, sizeof field, "parents[%d].name", i);
        jk_error_field(&call->error, field, "\"%s\" has no slash; write publisher/model", "모델");
    }
    if (fields == 0) (void)jk_fail(&call->error, JK_NOT_FOUND, "NO_MODEL", "no model 모델/하나");
    jk_error_resource(&call->error, "model", "a/b");
    jk_error_fact(&call->error, "index", "%d", 7);
    call->error.retry_ms = 1500;
    jk_call_fail(call);
}

static void count_release(struct jk_call *call)
{
    struct rpc_seen *seen = call->services;
    atomic_fetch_add(&seen->released, 1);
}

/* Takes request->code milliseconds on a thread of its own. */
static void *slow_work(void *argument)
{
    struct jk_call *call = argument;
    struct rpc_seen *seen = call->services;
    int64_t until_ms = jk_monotonic_ms() + status_request(call)->code;
    while (jk_monotonic_ms() < until_ms) {
        if (atomic_load(&call->cancelled) && !atomic_load(&seen->stubborn)) {
            atomic_fetch_add(&seen->cancelled, 1);
            (void)jk_fail(&call->error, JK_CANCELLED, "CANCELLED", "the work was dropped");
            jk_call_fail(call);
            atomic_fetch_sub(&seen->running, 1);
            return NULL;
        }
        usleep(1000);
    }
    jk_call_finish(call, call->request);
    atomic_fetch_sub(&seen->running, 1);
    return NULL;
}

static void slow(struct jk_call *call)
{
    struct rpc_seen *seen = call->services;
    pthread_t thread;
    call->release = count_release;
    atomic_fetch_add(&seen->running, 1);
    atomic_fetch_add(&seen->started, 1);
    JK_CHECK(pthread_create(&thread, NULL, slow_work, call) == 0);
    pthread_detach(thread);
}

/* A stream of request->code messages with codes 1, 2, 3 … */
static void count_on(struct jk_call *call)
{
    int *sent = call->state;
    if (*sent == status_request(call)->code) {
        jk_call_finish(call, NULL);
        return;
    }
    Google__Rpc__Status message = GOOGLE__RPC__STATUS__INIT;
    message.code = ++*sent;
    call->ops->send(call, &message.base, count_on);
}

static void count(struct jk_call *call)
{
    call->state = jk_arena_zalloc(&call->arena, 1, sizeof(int));
    call->release = count_release;
    count_on(call);
}

/* Adds up the codes of all messages. */
static void collect_on(struct jk_call *call)
{
    int *sum = call->state;
    if (call->request) {
        *sum += status_request(call)->code;
        call->ops->receive(call, collect_on);
        return;
    }
    Google__Rpc__Status message = GOOGLE__RPC__STATUS__INIT;
    message.code = *sum;
    jk_call_finish(call, &message.base);
}

static void collect(struct jk_call *call)
{
    call->state = jk_arena_zalloc(&call->arena, 1, sizeof(int));
    call->release = count_release;
    call->ops->receive(call, collect_on);
}

/* A reply of request->code bytes and a little more. */
static void big(struct jk_call *call)
{
    size_t len = (size_t)status_request(call)->code;
    Google__Rpc__Status message = GOOGLE__RPC__STATUS__INIT;
    char *text = malloc(len + 1);
    JK_CHECK(text != NULL);
    memset(text, 'x', len);
    text[len] = '\0';
    message.message = text;
    jk_call_finish(call, &message.base);
    free(text);
}

static void stored(struct jk_call *call)
{
    call->ops->finish_bytes(call, JK_SPAN("\x08\x07"));
}

static void silent_failure(struct jk_call *call)
{
    jk_call_fail(call);
}

static void dispatch(struct jk_call *call)
{
    call->method->handle(call);
}

#define STATUS       &google__rpc__status__descriptor
#define HEALTH_REPLY &grpc__health__v1__health_check_response__descriptor

static const struct jk_method methods[] = {
    {"/test.v1.Echo/Echo", JK_UNARY, JK_LANE_HERE, 0, 0, STATUS, STATUS, echo},
    {"/test.v1.Echo/Fail", JK_UNARY, JK_LANE_HERE, 0, 0, STATUS, STATUS, fail_with_details},
    {"/test.v1.Echo/Slow", JK_UNARY, JK_LANE_READER, 0, 0, STATUS, STATUS, slow},
    {"/test.v1.Echo/Count", JK_SERVER_STREAM, JK_LANE_HERE, 0, 0, STATUS, STATUS, count},
    {"/test.v1.Echo/Collect", JK_CLIENT_STREAM, JK_LANE_HERE, 0, 0, STATUS, STATUS, collect},
    {"/test.v1.Echo/Big", JK_UNARY, JK_LANE_HERE, 0, 0, STATUS, STATUS, big},
    {"/test.v1.Echo/Stored", JK_UNARY, JK_LANE_HERE, 0, 0, STATUS, STATUS, stored},
    {"/test.v1.Echo/Silent", JK_UNARY, JK_LANE_HERE, 0, 0, STATUS, STATUS, silent_failure},
    {"/test.v1.Other/Enum", JK_UNARY, JK_LANE_HERE, 0, 0, HEALTH_REPLY, HEALTH_REPLY, echo},
};

static void observe(void *services, size_t method, enum jk_status status, int64_t duration_us)
{
    struct rpc_seen *seen = services;
    (void)status;
    JK_CHECK(duration_us >= 0 && method <= sizeof methods / sizeof methods[0]);
    atomic_fetch_add(&seen->observed, 1);
}

static void probe_failed(void *services)
{
    struct rpc_seen *seen = services;
    atomic_fetch_add(&seen->probe_deaths, 1);
}

/* ---- fixture ---- */

struct jk_rpc_options rpc_fixture_options(struct rpc_seen *seen, const char *listen)
{
    return (struct jk_rpc_options){
        .listen = listen,
        .grace_ms = -1,
        .drain_ms = 5000,
        .methods = methods,
        .method_count = sizeof methods / sizeof methods[0],
        .dispatch = dispatch,
        .services = seen,
        .observe = observe,
        .probe_failed = probe_failed,
        .probe_ms = -1,
    };
}

void rpc_fixture_start(struct rpc_fixture *fixture)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (jk_rpc_start(&fixture->options, &fixture->server, &error) != JK_OK) fail_msg("%s", error.message);
    jk_rpc_set_serving(fixture->server, true);
    if (!fixture->options.tls_cert) fixture->client = rpc_client_new(jk_rpc_address(fixture->server), NULL);
}

int rpc_set_up(void **state)
{
    struct rpc_fixture *fixture = calloc(1, sizeof *fixture);
    JK_CHECK(fixture != NULL);
    fixture->options = rpc_fixture_options(&fixture->seen, "127.0.0.1:0");
    rpc_fixture_start(fixture);
    *state = fixture;
    return 0;
}

void rpc_fixture_stop(struct rpc_fixture *fixture)
{
    rpc_client_free(fixture->client);
    fixture->client = NULL;
    if (!fixture->server) return;
    assert_true(jk_rpc_drain(fixture->server));
    assert_int_equal(jk_rpc_live_calls(fixture->server), 0);
    jk_rpc_free(fixture->server);
    fixture->server = NULL;
}

int rpc_tear_down(void **state)
{
    struct rpc_fixture *fixture = *state;
    rpc_fixture_stop(fixture);
    while (atomic_load(&fixture->seen.running) > 0)
        usleep(1000);
    free(fixture);
    return 0;
}

void rpc_fixture_restart(struct rpc_fixture *fixture)
{
    rpc_fixture_stop(fixture);
    rpc_fixture_start(fixture);
}

/* A call with a google.rpc.Status. */
void rpc_call_status(struct rpc_client *client, const char *path, int code, const struct rpc_options *options,
                     struct rpc_reply *out_reply)
{
    Google__Rpc__Status request = GOOGLE__RPC__STATUS__INIT;
    request.code = code;
    rpc_call(client, path, &request.base, options, out_reply);
}

int rpc_status_code(const struct rpc_reply *reply)
{
    Google__Rpc__Status *status = google__rpc__status__unpack(NULL, reply->payload_len, reply->payload);
    JK_CHECK(status != NULL);
    int code = status->code;
    google__rpc__status__free_unpacked(status, NULL);
    return code;
}

void rpc_wait_idle(struct rpc_fixture *fixture)
{
    for (int i = 0; i < 5000 && jk_rpc_live_calls(fixture->server) > 0; i++)
        usleep(1000);
    assert_int_equal(jk_rpc_live_calls(fixture->server), 0);
}

/* ---- many at once ---- */

static void *call_many(void *argument)
{
    struct rpc_caller *caller = argument;
    for (int i = 0; i < caller->calls; i++) {
        struct rpc_reply reply;
        rpc_call_status(caller->client, caller->path, caller->code, NULL, &reply);
        if (reply.code == 0 && rpc_status_code(&reply) == caller->code) caller->good++;
        rpc_reply_done(&reply);
    }
    return NULL;
}

void rpc_callers_start(struct rpc_caller *callers, size_t count, struct rpc_client *client, const char *path, int calls,
                       int code)
{
    for (size_t i = 0; i < count; i++) {
        callers[i] = (struct rpc_caller){.client = client, .path = path, .calls = calls, .code = code};
        JK_CHECK(pthread_create(&callers[i].thread, NULL, call_many, &callers[i]) == 0);
    }
}

bool rpc_callers_join(struct rpc_caller *callers, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        pthread_join(callers[i].thread, NULL);
        good = good && callers[i].good == callers[i].calls;
    }
    return good;
}
