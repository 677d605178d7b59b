/* Calls as clients see them: unary calls, errors and their details, messages that are not taken, deadlines, cancellation,
 * streams, many at once. */
#include <google/rpc/error_details.pb-c.h>
#include <google/rpc/status.pb-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "support/rpc_fixture.h"

/* Last: its macro `fail` would spoil the member of that name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* ---- unary ---- */

static void test_unary(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply;
    rpc_call_status(fixture->client, "/test.v1.Echo/Echo", 42, NULL, &reply);
    assert_int_equal(reply.code, 0);
    assert_int_equal(rpc_status_code(&reply), 42);
    assert_int_equal(strlen(reply.request_id), 16);
    assert_int_equal(reply.details_len, 0);
    rpc_reply_done(&reply);
    rpc_call_status(fixture->client, "/test.v1.Echo/Stored", 0, NULL, &reply);
    assert_int_equal(rpc_status_code(&reply), 7);
    rpc_reply_done(&reply);
    assert_int_equal(atomic_load(&fixture->seen.observed), 2);
}

static void test_metadata(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_options options = {.headers = {{"authorization", "Bearer jk_x"}, {"x-request-id", "My-id_1.2"}}};
    struct rpc_reply reply;
    rpc_call_status(fixture->client, "/test.v1.Echo/Echo", 1, &options, &reply);
    assert_int_equal(reply.code, 0);
    assert_string_equal(fixture->seen.authorization, "Bearer jk_x");
    assert_string_equal(fixture->seen.request_id, "My-id_1.2");
    assert_string_equal(reply.request_id, "My-id_1.2");
    rpc_reply_done(&reply);
}

static void check_request_id(struct rpc_fixture *fixture, const char *given, bool kept)
{
    struct rpc_options options = {.headers = {{"x-request-id", given}}};
    struct rpc_reply reply;
    rpc_call_status(fixture->client, "/test.v1.Echo/Echo", 1, &options, &reply);
    assert_int_equal(reply.code, 0);
    assert_true((strcmp(reply.request_id, given) == 0) == kept);
    rpc_reply_done(&reply);
}

static void test_request_id_limits(void **state)
{
    struct rpc_fixture *fixture = *state;
    check_request_id(fixture, "0123456789abcdef0123456789abcdef0123", true);
    check_request_id(fixture, "0123456789abcdef0123456789abcdef01234", false);
    check_request_id(fixture, "a b", false);
    check_request_id(fixture, "a/b", false);
}

static void test_two_authorizations(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_options options = {.headers = {{"authorization", "Bearer a"}, {"authorization", "Bearer b"}}};
    struct rpc_reply reply;
    rpc_call_status(fixture->client, "/test.v1.Echo/Echo", 1, &options, &reply);
    assert_int_equal(reply.code, JK_UNAUTHENTICATED);
    rpc_reply_done(&reply);
}

static void test_unknown_method(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply;
    rpc_call_status(fixture->client, "/test.v1.Echo/Nothing", 1, NULL, &reply);
    assert_int_equal(reply.code, JK_UNIMPLEMENTED);
    assert_non_null(strstr(reply.message, "reflection"));
    rpc_reply_done(&reply);
}

/* ---- errors ---- */

static Google__Rpc__Status *details_of(const struct rpc_reply *reply)
{
    Google__Rpc__Status *status = google__rpc__status__unpack(NULL, reply->details_len, reply->details);
    assert_non_null(status);
    return status;
}

static const Google__Protobuf__Any *detail(const Google__Rpc__Status *status, const char *type)
{
    for (size_t i = 0; i < status->n_details; i++)
        if (strcmp(strrchr(status->details[i]->type_url, '/') + 1, type) == 0) return status->details[i];
    return NULL;
}

static void test_error_details(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply;
    rpc_call_status(fixture->client, "/test.v1.Echo/Fail", 2, NULL, &reply);
    assert_int_equal(reply.code, JK_INVALID_ARGUMENT);
    assert_non_null(strstr(reply.message, "parents[0].name"));
    assert_non_null(strstr(reply.message, "모델"));
    Google__Rpc__Status *status = details_of(&reply);
    assert_int_equal(status->code, JK_INVALID_ARGUMENT);
    assert_string_equal(status->message, reply.message);
    assert_non_null(detail(status, "google.rpc.BadRequest"));
    assert_non_null(detail(status, "google.rpc.ResourceInfo"));
    assert_non_null(detail(status, "google.rpc.RetryInfo"));
    assert_non_null(detail(status, "google.rpc.ErrorInfo"));
    google__rpc__status__free_unpacked(status, NULL);
    rpc_reply_done(&reply);
    rpc_call_status(fixture->client, "/test.v1.Echo/Fail", 0, NULL, &reply);
    assert_int_equal(reply.code, JK_NOT_FOUND);
    assert_string_equal(reply.message, "no model 모델/하나");
    rpc_reply_done(&reply);
}

/* More violations than an error keeps, and still within what clients take as metadata. */
static void test_many_violations(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply;
    rpc_call_status(fixture->client, "/test.v1.Echo/Fail", 500, NULL, &reply);
    assert_int_equal(reply.code, JK_INVALID_ARGUMENT);
    assert_true(reply.details_len > 1000);
    assert_true(reply.details_len * 4 / 3 + 3 * strlen(reply.message) < 8192);
    rpc_reply_done(&reply);
}

static void test_failure_without_cause(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply;
    rpc_call_status(fixture->client, "/test.v1.Echo/Silent", 0, NULL, &reply);
    assert_int_equal(reply.code, JK_INTERNAL);
    rpc_reply_done(&reply);
}

/* ---- messages that are not taken ---- */

/* google.rpc.Status.message (field 2) of `len` bytes, behind its own head. Returns the whole length. */
static size_t message_field(char *out, const void *bytes, size_t len)
{
    size_t at = 0, rest = len;
    out[at++] = 0x12;
    do {
        out[at++] = (char)((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0));
        rest >>= 7;
    } while (rest > 0);
    if (len > 0) memcpy(out + at, bytes, len);
    return at + len;
}

static void check_bytes(struct rpc_fixture *fixture, const void *bytes, size_t len, int code, const char *in_message)
{
    struct rpc_reply reply;
    rpc_unary(fixture->client, "/test.v1.Echo/Echo", bytes, len, NULL, &reply);
    assert_int_equal(reply.code, code);
    if (in_message) assert_non_null(strstr(reply.message, in_message));
    rpc_reply_done(&reply);
}

static void test_bad_messages(void **state)
{
    struct rpc_fixture *fixture = *state;
    check_bytes(fixture, "\x12\x02\xC3\x28", 4, JK_INVALID_ARGUMENT, "message: \"\\xc3(\" is not UTF-8");
    check_bytes(fixture,
                "\x12\x03"
                "a\0b",
                5, JK_INVALID_ARGUMENT, "NUL");
    check_bytes(fixture,
                "\x12\x05"
                "ab",
                4, JK_INVALID_ARGUMENT, "not a well-formed");
    check_bytes(fixture, "\xFF\xFF", 2, JK_INVALID_ARGUMENT, "not a well-formed");
    check_bytes(fixture, "", 0, 0, NULL);
}

static void test_unknown_enum(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply;
    rpc_unary(fixture->client, "/test.v1.Other/Enum", "\x08\x63", 2, NULL, &reply);
    assert_int_equal(reply.code, JK_INVALID_ARGUMENT);
    assert_non_null(strstr(reply.message, "status: \"99\""));
    rpc_reply_done(&reply);
    rpc_unary(fixture->client, "/test.v1.Other/Enum", "\x08\x01", 2, NULL, &reply);
    assert_int_equal(reply.code, 0);
    rpc_reply_done(&reply);
}

static void check_size(struct rpc_fixture *fixture, size_t whole, int code)
{
    char *bytes = malloc(whole + 16), *text = malloc(whole);
    JK_CHECK(bytes && text);
    memset(text, 'x', whole);
    size_t head = message_field(bytes, text, whole - 4) - (whole - 4);
    size_t len = message_field(bytes, text, whole - head);
    assert_int_equal(len, whole);
    check_bytes(fixture, bytes, len, code, NULL);
    free(bytes);
    free(text);
}

static void test_message_limit(void **state)
{
    struct rpc_fixture *fixture = *state;
    check_size(fixture, JK_RPC_MESSAGE_LIMIT, 0);
    check_size(fixture, JK_RPC_MESSAGE_LIMIT + 1, JK_RESOURCE_EXHAUSTED);
}

/* A message that fits, and whose structs do not: empty details take 2 bytes each on the wire. */
static void test_memory_budget(void **state)
{
    struct rpc_fixture *fixture = *state;
    size_t len = JK_RPC_MESSAGE_LIMIT / 2 * 2;
    char *bytes = malloc(len);
    JK_CHECK(bytes != NULL);
    for (size_t i = 0; i < len; i += 2)
        memcpy(bytes + i, "\x1A\x00", 2);
    check_bytes(fixture, bytes, len, JK_RESOURCE_EXHAUSTED, "more memory than a call may have");
    free(bytes);
}

static void test_reply_limit(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply;
    rpc_call_status(fixture->client, "/test.v1.Echo/Big", JK_RPC_REPLY_LIMIT - 5, NULL, &reply);
    assert_int_equal(reply.code, 0);
    assert_int_equal(reply.payload_len, JK_RPC_REPLY_LIMIT);
    rpc_reply_done(&reply);
    rpc_call_status(fixture->client, "/test.v1.Echo/Big", JK_RPC_REPLY_LIMIT - 4, NULL, &reply);
    assert_int_equal(reply.code, JK_INTERNAL);
    rpc_reply_done(&reply);
}

/* One request of `size` equal characters, compressed on its way. */
static int compressed_code(struct rpc_fixture *fixture, grpc_compression_algorithm algorithm, size_t size)
{
    struct rpc_options options = {.compression = algorithm};
    char *bytes = malloc(size + 16), *text = malloc(size);
    assert_true(bytes && text);
    memset(text, 'x', size);
    size_t len = message_field(bytes, text, size);
    struct rpc_reply reply;
    rpc_unary(fixture->client, "/test.v1.Echo/Echo", bytes, len, &options, &reply);
    if (reply.code == 0) {
        assert_int_equal(reply.payload_len, len);
        assert_memory_equal(reply.payload, bytes, len);
    }
    int code = reply.code;
    rpc_reply_done(&reply);
    free(text);
    free(bytes);
    return code;
}

/* Gzip is unpacked, up to the limit of any message: a bomb is refused. Other compressions are not taken. */
static void test_compression(void **state)
{
    struct rpc_fixture *fixture = *state;
    assert_int_equal(compressed_code(fixture, GRPC_COMPRESS_GZIP, 4000), 0);
    assert_int_equal(compressed_code(fixture, GRPC_COMPRESS_GZIP, JK_RPC_MESSAGE_LIMIT - 4), 0);
    assert_int_equal(compressed_code(fixture, GRPC_COMPRESS_GZIP, JK_RPC_MESSAGE_LIMIT - 3), JK_RESOURCE_EXHAUSTED);
    assert_int_equal(compressed_code(fixture, GRPC_COMPRESS_GZIP, 64u << 20), JK_RESOURCE_EXHAUSTED);
    assert_int_equal(compressed_code(fixture, GRPC_COMPRESS_DEFLATE, 4000), JK_UNIMPLEMENTED);
}

/* ---- time ---- */

static void test_deadline(void **state)
{
    struct rpc_fixture *fixture = *state;
    /* On a busy machine the time may be over before the call has reached the server: then more time is given. */
    for (int timeout_ms = 100; atomic_load(&fixture->seen.started) == 0 && timeout_ms <= 12800; timeout_ms *= 2) {
        struct rpc_options options = {.timeout_ms = timeout_ms};
        struct rpc_reply reply;
        rpc_call_status(fixture->client, "/test.v1.Echo/Slow", 60000, &options, &reply);
        assert_int_equal(reply.code, JK_DEADLINE_EXCEEDED);
        rpc_reply_done(&reply);
    }
    while (atomic_load(&fixture->seen.running) > 0)
        usleep(1000);
    assert_true(atomic_load(&fixture->seen.started) >= 1);
    assert_int_equal(atomic_load(&fixture->seen.cancelled), atomic_load(&fixture->seen.started));
    assert_int_equal(atomic_load(&fixture->seen.released), atomic_load(&fixture->seen.started));
}

/* A client that gives no deadline meets ours, and is told so. */
static void test_ceiling(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply;
    fixture->options.unary_ceiling_ms = 100;
    rpc_fixture_restart(fixture);
    int64_t begin_ms = jk_monotonic_ms();
    rpc_call_status(fixture->client, "/test.v1.Echo/Slow", 5000, NULL, &reply);
    assert_int_equal(reply.code, JK_DEADLINE_EXCEEDED);
    assert_in_range(jk_monotonic_ms() - begin_ms, 100, 1500);
    rpc_reply_done(&reply);
}

static void test_cancellation(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply = {0};
    Google__Rpc__Status request = GOOGLE__RPC__STATUS__INIT;
    request.code = 5000;
    struct rpc_stream *stream = rpc_stream_open(fixture->client, "/test.v1.Echo/Slow", NULL);
    assert_true(rpc_stream_send(stream, &request.base));
    rpc_stream_close(stream);
    while (atomic_load(&fixture->seen.started) == 0)
        usleep(1000);
    rpc_stream_cancel(stream);
    rpc_stream_end(stream, &reply);
    assert_int_equal(reply.code, JK_CANCELLED);
    while (atomic_load(&fixture->seen.running) > 0)
        usleep(1000);
    assert_int_equal(atomic_load(&fixture->seen.cancelled), 1);
}

/* ---- streams ---- */

static void test_server_stream(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply = {0};
    Google__Rpc__Status request = GOOGLE__RPC__STATUS__INIT;
    request.code = 200;
    struct rpc_stream *stream = rpc_stream_open(fixture->client, "/test.v1.Echo/Count", NULL);
    assert_true(rpc_stream_send(stream, &request.base));
    rpc_stream_close(stream);
    int expected = 0;
    while ((reply.payload = rpc_stream_receive(stream, &reply.payload_len))) {
        assert_int_equal(rpc_status_code(&reply), ++expected);
        rpc_reply_done(&reply);
    }
    rpc_stream_end(stream, &reply);
    assert_int_equal(expected, 200);
    assert_int_equal(reply.code, 0);
    assert_int_equal(atomic_load(&fixture->seen.released), 1);
}

/* Endless sending ends by itself when the client goes. */
static void test_server_stream_cancelled(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply = {0};
    Google__Rpc__Status request = GOOGLE__RPC__STATUS__INIT;
    request.code = INT32_MAX;
    struct rpc_stream *stream = rpc_stream_open(fixture->client, "/test.v1.Echo/Count", NULL);
    assert_true(rpc_stream_send(stream, &request.base));
    rpc_stream_close(stream);
    reply.payload = rpc_stream_receive(stream, &reply.payload_len);
    assert_non_null(reply.payload);
    rpc_reply_done(&reply);
    rpc_stream_cancel(stream);
    rpc_stream_end(stream, &reply);
    rpc_wait_idle(fixture);
    assert_int_equal(atomic_load(&fixture->seen.released), 1);
}

static struct rpc_stream *collecting(struct rpc_fixture *fixture, int messages)
{
    struct rpc_stream *stream = rpc_stream_open(fixture->client, "/test.v1.Echo/Collect", NULL);
    Google__Rpc__Status message = GOOGLE__RPC__STATUS__INIT;
    for (int i = 1; i <= messages; i++) {
        message.code = i;
        assert_true(rpc_stream_send(stream, &message.base));
    }
    return stream;
}

static void test_client_stream(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply = {0};
    struct rpc_stream *stream = collecting(fixture, 100);
    rpc_stream_close(stream);
    reply.payload = rpc_stream_receive(stream, &reply.payload_len);
    assert_non_null(reply.payload);
    assert_int_equal(rpc_status_code(&reply), 5050);
    rpc_stream_end(stream, &reply);
    assert_int_equal(reply.code, 0);
    rpc_reply_done(&reply);
}

static void check_stream_refused(struct rpc_fixture *fixture, const void *bytes, size_t len, int code)
{
    struct rpc_reply reply = {0};
    struct rpc_stream *stream = collecting(fixture, 3);
    (void)rpc_stream_send_bytes(stream, bytes, len);
    rpc_stream_end(stream, &reply);
    assert_int_equal(reply.code, code);
    rpc_wait_idle(fixture);
}

static void test_client_stream_refused(void **state)
{
    struct rpc_fixture *fixture = *state;
    check_stream_refused(fixture, "\x12\x02\xC3\x28", 4, JK_INVALID_ARGUMENT);
    char *large = calloc(1, JK_RPC_MESSAGE_LIMIT + 1);
    JK_CHECK(large != NULL);
    check_stream_refused(fixture, large, JK_RPC_MESSAGE_LIMIT + 1, JK_RESOURCE_EXHAUSTED);
    free(large);
    assert_int_equal(atomic_load(&fixture->seen.released), 2);
}

static void test_client_stream_cancelled(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_reply reply = {0};
    struct rpc_stream *stream = collecting(fixture, 3);
    while (jk_rpc_live_calls(fixture->server) == 0)
        usleep(1000);
    rpc_stream_cancel(stream);
    rpc_stream_end(stream, &reply);
    assert_int_equal(reply.code, JK_CANCELLED);
    rpc_wait_idle(fixture);
    assert_int_equal(atomic_load(&fixture->seen.released), 1);
}

/* ---- many at once ---- */

static void test_hundred_at_once(void **state)
{
    struct rpc_fixture *fixture = *state;
    struct rpc_caller callers[100];
    rpc_callers_start(callers, 50, fixture->client, "/test.v1.Echo/Echo", 40, 9);
    rpc_callers_start(callers + 50, 50, fixture->client, "/test.v1.Echo/Slow", 4, 20);
    assert_true(rpc_callers_join(callers, 100));
    rpc_wait_idle(fixture);
}

/* ---- main ---- */

int main(void)
{
    jk_digest_setup();
    jk_log_setup(JK_LOG_ERROR, JK_LOG_LOGFMT);
#define RUN(test) cmocka_unit_test_setup_teardown(test, rpc_set_up, rpc_tear_down)
    const struct CMUnitTest tests[] = {
        RUN(test_unary),
        RUN(test_metadata),
        RUN(test_request_id_limits),
        RUN(test_two_authorizations),
        RUN(test_unknown_method),
        RUN(test_error_details),
        RUN(test_many_violations),
        RUN(test_failure_without_cause),
        RUN(test_bad_messages),
        RUN(test_unknown_enum),
        RUN(test_message_limit),
        RUN(test_memory_budget),
        RUN(test_reply_limit),
        RUN(test_compression),
        RUN(test_deadline),
        RUN(test_ceiling),
        RUN(test_cancellation),
        RUN(test_server_stream),
        RUN(test_server_stream_cancelled),
        RUN(test_client_stream),
        RUN(test_client_stream_refused),
        RUN(test_client_stream_cancelled),
        RUN(test_hundred_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
