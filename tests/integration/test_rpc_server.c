/* The server around the calls: stopping without losing one, health, reflection, where it listens, the probe. */
#include <google/rpc/status.pb-c.h>
#include <grpc/health/v1/health.pb-c.h>
#include <grpc/reflection/v1/reflection.pb-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/address.h"
#include "support/rpc_fixture.h"

/* Last: its macro `fail` would spoil the member of that name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define SERVING         GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
#define NOT_SERVING     GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
#define SERVICE_UNKNOWN GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN

/* ---- stopping ---- */

static void test_drain_loses_no_call(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_caller callers[40];
    rpc_callers_start(callers, 40, fixture->client, "/test.v1.Echo/Slow", 1, 300);
    while (atomic_load(&fixture->seen.started) < 40)
        usleep(1000);
    assert_true(jk_rpc_drain(fixture->server));
    assert_true(rpc_callers_join(callers, 40));
    assert_int_equal(atomic_load(&fixture->seen.cancelled), 0);
    jk_rpc_free(fixture->server);
    fixture->server = NULL;
}

/* Calls that take longer than the drain are cancelled, and given back by their workers. */
static void test_drain_cancels_late_calls(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_caller caller;
    fixture->options.drain_ms = 100;
    rpc_fixture_restart(fixture);
    rpc_callers_start(&caller, 1, fixture->client, "/test.v1.Echo/Slow", 1, 20000);
    while (atomic_load(&fixture->seen.started) < 1)
        usleep(1000);
    int64_t begin_ms = jk_monotonic_ms();
    assert_true(jk_rpc_drain(fixture->server));
    assert_in_range(jk_monotonic_ms() - begin_ms, 100, 3000);
    pthread_join(caller.thread, NULL);
    assert_int_equal(caller.good, 0);
    assert_int_equal(atomic_load(&fixture->seen.cancelled), 1);
    jk_rpc_free(fixture->server);
    fixture->server = NULL;
}

/* A worker that holds on is reported, not freed under its hands. */
static void test_drain_reports_held_calls(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_caller caller;
    fixture->options.drain_ms = 50;
    atomic_store(&fixture->seen.stubborn, true);
    rpc_fixture_restart(fixture);
    rpc_callers_start(&caller, 1, fixture->client, "/test.v1.Echo/Slow", 1, 6500);
    while (atomic_load(&fixture->seen.started) < 1)
        usleep(1000);
    assert_false(jk_rpc_drain(fixture->server));
    assert_int_equal(jk_rpc_live_calls(fixture->server), 1);
    pthread_join(caller.thread, NULL);
    while (atomic_load(&fixture->seen.running) > 0)
        usleep(1000);
    fixture->server = NULL; /* as the header says, it is never freed then: the process would end here */
}

/* ---- health ---- */

static int health_check(struct rpc_client *client, const char *service, struct rpc_reply *out_reply)
{
    Grpc__Health__V1__HealthCheckRequest request = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    request.service = (char *)service;
    rpc_call(client, "/grpc.health.v1.Health/Check", &request.base, NULL, out_reply);
    if (out_reply->code != 0) return -1;
    Grpc__Health__V1__HealthCheckResponse *response =
        grpc__health__v1__health_check_response__unpack(NULL, out_reply->payload_len, out_reply->payload);
    int status = (int)response->status;
    grpc__health__v1__health_check_response__free_unpacked(response, NULL);
    rpc_reply_done(out_reply);
    return status;
}

static void test_health_check(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply;
    assert_int_equal(health_check(fixture->client, "", &reply), SERVING);
    assert_int_equal(health_check(fixture->client, "test.v1.Echo", &reply), SERVING);
    assert_int_equal(health_check(fixture->client, "test.v1.Other", &reply), SERVING);
    assert_int_equal(health_check(fixture->client, "test.v1.Nobody", &reply), -1);
    assert_int_equal(reply.code, JK_NOT_FOUND);
    jk_rpc_set_serving(fixture->server, false);
    assert_int_equal(health_check(fixture->client, "", &reply), NOT_SERVING);
}

static void list_is(struct rpc_fixture *fixture, int status)
{
    static const char *const names[] = {"", "test.v1.Echo", "test.v1.Other"};
    Grpc__Health__V1__HealthListRequest request = GRPC__HEALTH__V1__HEALTH_LIST_REQUEST__INIT;
    struct rpc_reply reply;
    rpc_call(fixture->client, "/grpc.health.v1.Health/List", &request.base, NULL, &reply);
    assert_int_equal(reply.code, 0);
    Grpc__Health__V1__HealthListResponse *response =
        grpc__health__v1__health_list_response__unpack(NULL, reply.payload_len, reply.payload);
    assert_non_null(response);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t at = 0;
        while (at < response->n_statuses && strcmp(response->statuses[at]->key, names[i]) != 0)
            at++;
        if (at == response->n_statuses) fail_msg("\"%s\" is not listed", names[i]);
        assert_int_equal(response->statuses[at]->value->status, status);
    }
    grpc__health__v1__health_list_response__free_unpacked(response, NULL);
    rpc_reply_done(&reply);
}

static void test_health_list(void **state)
{
    struct rpc_fixture *fixture = *state;
    list_is(fixture, SERVING);
    jk_rpc_set_serving(fixture->server, false);
    list_is(fixture, NOT_SERVING);
}

static struct rpc_stream *watch(struct rpc_client *client, const char *service)
{
    Grpc__Health__V1__HealthCheckRequest request = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    request.service = (char *)service;
    struct rpc_stream *stream = rpc_stream_open(client, "/grpc.health.v1.Health/Watch", NULL);
    assert_true(rpc_stream_send(stream, &request.base));
    rpc_stream_close(stream);
    return stream;
}

/* -1 at the end of the stream. */
static int watched(struct rpc_stream *stream)
{
    size_t len = 0;
    unsigned char *bytes = rpc_stream_receive(stream, &len);
    if (!bytes) return -1;
    Grpc__Health__V1__HealthCheckResponse *response = grpc__health__v1__health_check_response__unpack(NULL, len, bytes);
    int status = (int)response->status;
    grpc__health__v1__health_check_response__free_unpacked(response, NULL);
    free(bytes);
    return status;
}

static void test_health_watch(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply = {0};
    struct rpc_stream *known = watch(fixture->client, "test.v1.Echo"), *unknown = watch(fixture->client, "nobody");
    assert_int_equal(watched(known), SERVING);
    assert_int_equal(watched(unknown), SERVICE_UNKNOWN);
    jk_rpc_set_serving(fixture->server, false);
    assert_int_equal(watched(known), NOT_SERVING);
    jk_rpc_set_serving(fixture->server, false); /* no news */
    jk_rpc_set_serving(fixture->server, true);
    assert_int_equal(watched(known), SERVING);
    rpc_stream_cancel(known);
    rpc_stream_end(known, &reply);
    assert_int_equal(reply.code, JK_CANCELLED);
    rpc_stream_cancel(unknown);
    rpc_stream_end(unknown, &reply);
    rpc_wait_idle(fixture);
}

static void *drain_later(void *argument)
{
    struct rpc_fixture *fixture = argument;
    JK_CHECK(jk_rpc_drain(fixture->server));
    return NULL;
}

/* A watcher is told first, and does not hold up the stop. */
static void test_health_watch_on_drain(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply = {0};
    pthread_t thread;
    fixture->options.grace_ms = 300;
    rpc_fixture_restart(fixture);
    struct rpc_stream *stream = watch(fixture->client, "");
    assert_int_equal(watched(stream), SERVING);
    int64_t begin_ms = jk_monotonic_ms();
    JK_CHECK(pthread_create(&thread, NULL, drain_later, fixture) == 0);
    assert_int_equal(watched(stream), NOT_SERVING);
    assert_in_range(jk_monotonic_ms() - begin_ms, 0, 250);
    rpc_call_status(fixture->client, "/test.v1.Echo/Echo", 3, NULL, &reply); /* still taken in the grace time */
    assert_int_equal(reply.code, 0);
    rpc_reply_done(&reply);
    jk_rpc_set_serving(fixture->server, true); /* without effect now */
    assert_int_equal(watched(stream), -1);
    rpc_stream_end(stream, &reply);
    assert_int_equal(reply.code, JK_UNAVAILABLE);
    pthread_join(thread, NULL);
    assert_in_range(jk_monotonic_ms() - begin_ms, 300, 2500);
}

/* One watcher more than the limit is sent away; when one has gone there is room again. */
static void test_health_watch_limit(void **state)
{
    struct rpc_fixture *fixture = *state;
    enum { MOST = 4096, CLIENTS = MOST / 100 + 1 };
    struct rpc_client *clients[CLIENTS];
    struct rpc_stream **streams = calloc(MOST + 1, sizeof *streams);
    struct rpc_reply reply = {0};
    JK_CHECK(streams != NULL);
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = rpc_client_new(jk_rpc_address(fixture->server), NULL);
    for (int i = 0; i < MOST; i++) {
        streams[i] = watch(clients[i / 100], "");
        assert_int_equal(watched(streams[i]), SERVING);
    }
    streams[MOST] = watch(fixture->client, "");
    assert_int_equal(watched(streams[MOST]), -1);
    rpc_stream_end(streams[MOST], &reply);
    assert_int_equal(reply.code, JK_RESOURCE_EXHAUSTED);
    jk_rpc_set_serving(fixture->server, false);
    for (int i = 0; i < MOST; i++) {
        assert_int_equal(watched(streams[i]), NOT_SERVING);
        rpc_stream_cancel(streams[i]);
        rpc_stream_end(streams[i], &reply);
    }
    rpc_wait_idle(fixture);
    streams[0] = watch(fixture->client, "");
    assert_int_equal(watched(streams[0]), NOT_SERVING);
    rpc_stream_cancel(streams[0]);
    rpc_stream_end(streams[0], &reply);
    for (int i = 0; i < CLIENTS; i++)
        rpc_client_free(clients[i]);
    free(streams);
}

/* Changes while watchers come and go: nothing is lost at the end, nobody hangs. */
static void *watch_and_go(void *argument)
{
    struct rpc_caller *caller = argument;
    for (int i = 0; i < caller->calls; i++) {
        struct rpc_reply reply = {0};
        struct rpc_stream *stream = watch(caller->client, "");
        if (watched(stream) >= 0) caller->good++;
        rpc_stream_cancel(stream);
        rpc_stream_end(stream, &reply);
    }
    return NULL;
}

static void test_health_watch_storm(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_caller callers[8];
    for (size_t i = 0; i < 8; i++) {
        callers[i] = (struct rpc_caller){.client = fixture->client, .calls = 50};
        JK_CHECK(pthread_create(&callers[i].thread, NULL, watch_and_go, &callers[i]) == 0);
    }
    for (int i = 0; i < 2000; i++)
        jk_rpc_set_serving(fixture->server, i % 2 == 0);
    assert_true(rpc_callers_join(callers, 8));
    rpc_wait_idle(fixture);
}

/* ---- reflection ---- */

static Grpc__Reflection__V1__ServerReflectionResponse *ask(struct rpc_stream *stream,
                                                           Grpc__Reflection__V1__ServerReflectionRequest *request)
{
    size_t len = 0;
    assert_true(rpc_stream_send(stream, &request->base));
    unsigned char *bytes = rpc_stream_receive(stream, &len);
    assert_non_null(bytes);
    Grpc__Reflection__V1__ServerReflectionResponse *response =
        grpc__reflection__v1__server_reflection_response__unpack(NULL, len, bytes);
    assert_non_null(response);
    free(bytes);
    return response;
}

static void check_reflection(struct rpc_fixture *fixture, const char *path)
{
    struct rpc_reply reply = {0};
    struct rpc_stream *stream = rpc_stream_open(fixture->client, path, NULL);
    Grpc__Reflection__V1__ServerReflectionRequest request = GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__INIT;
    request.host = "h";
    request.message_request_case = GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES;
    request.list_services = "";
    Grpc__Reflection__V1__ServerReflectionResponse *response = ask(stream, &request);
    bool health = false;
    assert_int_equal(response->message_response_case,
                     GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_LIST_SERVICES_RESPONSE);
    for (size_t i = 0; i < response->list_services_response->n_service; i++)
        health = health || strcmp(response->list_services_response->service[i]->name, "grpc.health.v1.Health") == 0;
    assert_true(health);
    assert_string_equal(response->valid_host, "h");
    grpc__reflection__v1__server_reflection_response__free_unpacked(response, NULL);

    request.message_request_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL;
    request.file_containing_symbol = "google.rpc.Status.details";
    response = ask(stream, &request);
    assert_int_equal(response->message_response_case,
                     GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE);
    assert_int_equal(response->file_descriptor_response->n_file_descriptor_proto, 2); /* and any.proto */
    grpc__reflection__v1__server_reflection_response__free_unpacked(response, NULL);

    request.file_containing_symbol = "jokbo.v1.Nothing";
    response = ask(stream, &request);
    assert_int_equal(response->message_response_case,
                     GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE);
    assert_int_equal(response->error_response->error_code, JK_NOT_FOUND);
    assert_string_equal(response->original_request->file_containing_symbol, "jokbo.v1.Nothing");
    grpc__reflection__v1__server_reflection_response__free_unpacked(response, NULL);
    rpc_stream_close(stream);
    rpc_stream_end(stream, &reply);
    assert_int_equal(reply.code, 0);
}

static void test_reflection(void **state)
{
    check_reflection(*state, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
    check_reflection(*state, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo");
}

/* The option that says paths over HTTP is an extension: its file is found by number, with all that it imports. */
static void test_reflected_extensions(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply = {0};
    struct rpc_stream *stream =
        rpc_stream_open(fixture->client, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", NULL);
    Grpc__Reflection__V1__ServerReflectionRequest request = GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__INIT;
    Grpc__Reflection__V1__ExtensionRequest extension = GRPC__REFLECTION__V1__EXTENSION_REQUEST__INIT;
    extension.containing_type = "google.protobuf.MethodOptions";
    extension.extension_number = 72295728;
    request.message_request_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_EXTENSION;
    request.file_containing_extension = &extension;
    Grpc__Reflection__V1__ServerReflectionResponse *response = ask(stream, &request);
    assert_int_equal(response->message_response_case,
                     GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE);
    assert_int_equal(response->file_descriptor_response->n_file_descriptor_proto, 3);
    grpc__reflection__v1__server_reflection_response__free_unpacked(response, NULL);

    extension.extension_number = 1;
    response = ask(stream, &request);
    assert_int_equal(response->message_response_case,
                     GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE);
    assert_int_equal(response->error_response->error_code, JK_NOT_FOUND);
    grpc__reflection__v1__server_reflection_response__free_unpacked(response, NULL);

    request.message_request_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE;
    request.all_extension_numbers_of_type = "google.protobuf.MethodOptions";
    response = ask(stream, &request);
    assert_int_equal(response->all_extension_numbers_response->n_extension_number, 1);
    assert_int_equal(response->all_extension_numbers_response->extension_number[0], 72295728);
    grpc__reflection__v1__server_reflection_response__free_unpacked(response, NULL);
    rpc_stream_close(stream);
    rpc_stream_end(stream, &reply);
    assert_int_equal(reply.code, 0);
}

/* An open reflection stream does not hold up the stop either. */
static void test_reflection_on_drain(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply = {0};
    struct rpc_stream *stream =
        rpc_stream_open(fixture->client, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", NULL);
    while (jk_rpc_live_calls(fixture->server) == 0)
        usleep(1000);
    int64_t begin_ms = jk_monotonic_ms();
    assert_true(jk_rpc_drain(fixture->server));
    assert_in_range(jk_monotonic_ms() - begin_ms, 0, 2000);
    rpc_stream_end(stream, &reply);
    assert_int_equal(reply.code, JK_UNAVAILABLE);
}

/* ---- listening ---- */

static enum jk_status try_start(const struct jk_rpc_options *options, struct jk_error *error)
{
    struct jk_rpc_server *server = NULL;
    jk_error_init(error, NULL);
    enum jk_status status = jk_rpc_start(options, &server, error);
    if (status == JK_OK) {
        assert_true(jk_rpc_drain(server));
        jk_rpc_free(server);
    } else {
        assert_null(server);
    }
    return status;
}

static void test_taken_port(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct jk_error error;
    struct jk_rpc_options options = rpc_fixture_options(&fixture->seen, jk_rpc_address(fixture->server));
    assert_int_equal(try_start(&options, &error), JK_UNAVAILABLE);
    assert_string_equal(error.reason, "ADDRESS_IN_USE");
    struct rpc_reply reply;
    rpc_call_status(fixture->client, "/test.v1.Echo/Echo", 1, NULL, &reply); /* the first goes on */
    assert_int_equal(reply.code, 0);
    rpc_reply_done(&reply);
}

static void test_option_limits(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct jk_error error;
    struct jk_rpc_options options = rpc_fixture_options(&fixture->seen, "127.0.0.1:0");
    options.method_count = JK_RPC_METHODS + 1;
    assert_int_equal(try_start(&options, &error), JK_INVALID_ARGUMENT);
    options.method_count = 1;
    options.threads = 9;
    assert_int_equal(try_start(&options, &error), JK_INVALID_ARGUMENT);
    options.threads = 8;
    assert_int_equal(try_start(&options, &error), JK_OK);
    options.message_limit = (64 << 20) + 1;
    assert_int_equal(try_start(&options, &error), JK_INVALID_ARGUMENT);
    options.message_limit = 64 << 20;
    assert_int_equal(try_start(&options, &error), JK_OK);
    options.dispatch = NULL;
    assert_int_equal(try_start(&options, &error), JK_INVALID_ARGUMENT);
}

/* As many methods as are possible, and two of one name. */
static void test_method_table(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct jk_error error;
    struct jk_rpc_options options = rpc_fixture_options(&fixture->seen, "127.0.0.1:0");
    struct jk_method many[JK_RPC_METHODS];
    char paths[JK_RPC_METHODS][32];
    for (int i = 0; i < JK_RPC_METHODS; i++) {
        snprintf(paths[i], sizeof paths[i], "/many.v1.Many/M%d", i);
        many[i] = options.methods[0];
        many[i].path = paths[i];
    }
    options.methods = many;
    options.method_count = JK_RPC_METHODS;
    assert_int_equal(try_start(&options, &error), JK_OK);
    many[1].path = paths[0];
    assert_int_equal(try_start(&options, &error), JK_INTERNAL);
    assert_string_equal(error.reason, "BAD_METHOD");
}

static void test_plain_text_refused(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct jk_error error;
    struct jk_rpc_options options = rpc_fixture_options(&fixture->seen, "0.0.0.0:0");
    assert_int_equal(try_start(&options, &error), JK_FAILED_PRECONDITION);
    assert_string_equal(error.reason, "PLAINTEXT_REFUSED");
    options.plaintext_anywhere = true;
    assert_int_equal(try_start(&options, &error), JK_OK);
    options.tls_cert = "/nowhere.pem";
    assert_int_equal(try_start(&options, &error), JK_INVALID_ARGUMENT); /* no key */
    options.tls_key = "/nowhere.pem";
    assert_int_equal(try_start(&options, &error), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "/nowhere.pem"));
}

static void test_unix_socket(void **state)
{
    struct rpc_fixture *fixture = *state;
    char folder[] = "/tmp/jokbo-test-XXXXXX", listen[64];
    struct rpc_reply reply;
    struct jk_error error;
    assert_non_null(mkdtemp(folder));
    snprintf(listen, sizeof listen, "unix:%s/socket", folder);
    fixture->options.listen = listen;
    rpc_fixture_restart(fixture);
    rpc_call_status(fixture->client, "/test.v1.Echo/Echo", 5, NULL, &reply);
    assert_int_equal(reply.code, 0);
    rpc_reply_done(&reply);
    assert_int_equal(try_start(&fixture->options, &error), JK_UNAVAILABLE);
    assert_string_equal(error.reason, "ADDRESS_IN_USE");
    rpc_call_status(fixture->client, "/test.v1.Echo/Echo", 5, NULL, &reply);
    assert_int_equal(reply.code, 0);
    rpc_reply_done(&reply);
    rpc_fixture_stop(fixture);
    unlink(listen + 5);
    rmdir(folder);
}

/* The limit of open files is raised before anything else. */
static void test_file_limit(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rlimit before, lowered, now;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    lowered = (struct rlimit){.rlim_cur = 256, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &lowered), 0);
    rpc_fixture_restart(fixture);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
    assert_true(now.rlim_cur > 256);
}

/* ---- the probe ---- */

static void test_probe(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct jk_address address;
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_address_parse(jk_rpc_address(fixture->server), &address, &error), JK_OK);
    assert_true(jk_address_probe(&address, false, 2000));
    fixture->options.probe_ms = 10;
    rpc_fixture_restart(fixture);
    usleep(300 * 1000);
    assert_int_equal(atomic_load(&fixture->seen.probe_deaths), 0);
    rpc_fixture_stop(fixture);
    assert_false(jk_address_probe(&address, false, 200));
}

/* ---- main ---- */

int main(void)
{
    jk_digest_setup();
    jk_log_setup(JK_LOG_ERROR, JK_LOG_LOGFMT);
#define RUN(test) cmocka_unit_test_setup_teardown(test, rpc_set_up, rpc_tear_down)
    const struct CMUnitTest tests[] = {
        RUN(test_drain_loses_no_call),
        RUN(test_drain_cancels_late_calls),
        RUN(test_health_check),
        RUN(test_health_list),
        RUN(test_health_watch),
        RUN(test_health_watch_on_drain),
        RUN(test_health_watch_storm),
        RUN(test_health_watch_limit),
        RUN(test_reflection),
        RUN(test_reflected_extensions),
        RUN(test_reflection_on_drain),
        RUN(test_taken_port),
        RUN(test_option_limits),
        RUN(test_method_table),
        RUN(test_plain_text_refused),
        RUN(test_unix_socket),
        RUN(test_file_limit),
        RUN(test_probe),
        RUN(test_drain_reports_held_calls), /* last: it leaves a server behind */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
