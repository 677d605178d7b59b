/* struct jk_error as google.rpc.Status, and its bounds. */
#include <google/rpc/error_details.pb-c.h>
#include <google/rpc/status.pb-c.h>

#include "base/check.h"
#include "rpc/errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct jk_arena arena;
static struct jk_error error;

static int set_up(void **state)
{
    (void)state;
    jk_arena_init(&arena, 1 << 20);
    jk_error_init(&error, &arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    jk_arena_done(&arena);
    return 0;
}

static Google__Rpc__Status *details(size_t *out_size)
{
    grpc_slice slice = jk_errors_details(&error);
    *out_size = GRPC_SLICE_LENGTH(slice);
    Google__Rpc__Status *status = google__rpc__status__unpack(NULL, *out_size, GRPC_SLICE_START_PTR(slice));
    grpc_slice_unref(slice);
    assert_non_null(status);
    return status;
}

static const Google__Protobuf__Any *find(const Google__Rpc__Status *status, const char *url)
{
    for (size_t i = 0; i < status->n_details; i++)
        if (strcmp(status->details[i]->type_url, url) == 0) return status->details[i];
    return NULL;
}

static Google__Rpc__ErrorInfo *info_of(const Google__Rpc__Status *status)
{
    const Google__Protobuf__Any *any = find(status, "type.googleapis.com/google.rpc.ErrorInfo");
    assert_non_null(any);
    return google__rpc__error_info__unpack(NULL, any->value.len, any->value.data);
}

static const char *fact_of(const Google__Rpc__ErrorInfo *info, const char *key)
{
    for (size_t i = 0; i < info->n_metadata; i++)
        if (strcmp(info->metadata[i]->key, key) == 0) return info->metadata[i]->value;
    return NULL;
}

static void test_plain(void **state)
{
    (void)state;
    size_t size;
    (void)jk_fail(&error, JK_ALREADY_EXISTS, "REGISTERED", "it is there");
    jk_error_fact(&error, "index", "%d", 12);
    Google__Rpc__Status *status = details(&size);
    assert_int_equal(status->code, 6);
    assert_string_equal(status->message, "it is there");
    assert_int_equal(status->n_details, 1);
    Google__Rpc__ErrorInfo *info = info_of(status);
    assert_string_equal(info->reason, "REGISTERED");
    assert_string_equal(info->domain, "jokbo.v1");
    assert_int_equal(info->n_metadata, 1);
    assert_string_equal(fact_of(info, "index"), "12");
    google__rpc__error_info__free_unpacked(info, NULL);
    google__rpc__status__free_unpacked(status, NULL);
}

static void test_resource_and_retry(void **state)
{
    (void)state;
    size_t size;
    (void)jk_fail(&error, JK_RESOURCE_EXHAUSTED, "QUOTA", "enough for today");
    jk_error_resource(&error, "publisher", "모델회사");
    error.retry_ms = 61500;
    Google__Rpc__Status *status = details(&size);
    const Google__Protobuf__Any *any = find(status, "type.googleapis.com/google.rpc.RetryInfo");
    Google__Rpc__RetryInfo *retry = google__rpc__retry_info__unpack(NULL, any->value.len, any->value.data);
    assert_int_equal(retry->retry_delay->seconds, 61);
    assert_int_equal(retry->retry_delay->nanos, 500000000);
    google__rpc__retry_info__free_unpacked(retry, NULL);
    any = find(status, "type.googleapis.com/google.rpc.ResourceInfo");
    Google__Rpc__ResourceInfo *resource = google__rpc__resource_info__unpack(NULL, any->value.len, any->value.data);
    assert_string_equal(resource->resource_type, "publisher");
    assert_string_equal(resource->resource_name, "모델회사");
    google__rpc__resource_info__free_unpacked(resource, NULL);
    google__rpc__status__free_unpacked(status, NULL);
}

static void test_bad_request(void **state)
{
    (void)state;
    size_t size;
    jk_error_field(&error, "name", "too long");
    jk_error_field(&error, "parents[1]", "unknown");
    assert_int_equal(jk_error_result(&error), JK_INVALID_ARGUMENT);
    Google__Rpc__Status *status = details(&size);
    const Google__Protobuf__Any *any = find(status, "type.googleapis.com/google.rpc.BadRequest");
    Google__Rpc__BadRequest *bad = google__rpc__bad_request__unpack(NULL, any->value.len, any->value.data);
    assert_int_equal(bad->n_field_violations, 2);
    assert_string_equal(bad->field_violations[1]->field, "parents[1]");
    assert_string_equal(bad->field_violations[1]->description, "unknown");
    google__rpc__bad_request__free_unpacked(bad, NULL);
    google__rpc__status__free_unpacked(status, NULL);
}

static void test_precondition(void **state)
{
    (void)state;
    size_t size;
    (void)jk_fail(&error, JK_FAILED_PRECONDITION, "NO_ROOT", "no parent leads to a base model");
    jk_error_field(&error, "a/b", "led nowhere");
    Google__Rpc__Status *status = details(&size);
    assert_null(find(status, "type.googleapis.com/google.rpc.BadRequest"));
    const Google__Protobuf__Any *any = find(status, "type.googleapis.com/google.rpc.PreconditionFailure");
    Google__Rpc__PreconditionFailure *failure =
        google__rpc__precondition_failure__unpack(NULL, any->value.len, any->value.data);
    assert_int_equal(failure->n_violations, 1);
    assert_string_equal(failure->violations[0]->type, "NO_ROOT");
    assert_string_equal(failure->violations[0]->subject, "a/b");
    google__rpc__precondition_failure__free_unpacked(failure, NULL);
    google__rpc__status__free_unpacked(status, NULL);
}

/* Everything at its longest, in Korean: still below 8 KiB as it travels, and what is missing is told. */
static void test_bounds(void **state)
{
    (void)state;
    char text[901];
    size_t size, encoded = 0;
    for (size_t i = 0; i < 900; i += 3)
        memcpy(text + i, "모", 3);
    text[900] = '\0';
    for (int i = 0; i < 200; i++)
        jk_error_field(&error, "parents[1].name", "%s", text);
    for (int i = 0; i < JK_ERROR_FACTS; i++) {
        char key[8] = {'k', (char)('a' + i)};
        jk_error_fact(&error, key, "%s", text);
    }
    jk_error_resource(&error, "model", text);
    error.retry_ms = 1;
    assert_int_equal(jk_error_result(&error), JK_INVALID_ARGUMENT);
    Google__Rpc__Status *status = details(&size);
    for (const char *at = status->message; *at; at++)
        encoded += (unsigned char)*at > 0x7E ? 3 : 1;
    assert_in_range(size * 4 / 3 + encoded, 4000, 7800);
    Google__Rpc__ErrorInfo *info = info_of(status);
    const Google__Protobuf__Any *any = find(status, "type.googleapis.com/google.rpc.BadRequest");
    Google__Rpc__BadRequest *bad = google__rpc__bad_request__unpack(NULL, any->value.len, any->value.data);
    assert_true(bad->n_field_violations >= 1);
    assert_int_equal(atoi(fact_of(info, "omitted_violations")) + (int)bad->n_field_violations, 200);
    assert_true(atoi(fact_of(info, "omitted_facts")) > 0);
    google__rpc__bad_request__free_unpacked(bad, NULL);
    google__rpc__error_info__free_unpacked(info, NULL);
    google__rpc__status__free_unpacked(status, NULL);
}

/* Without reason, message or arena there still is a status that says something. */
static void test_bare(void **state)
{
    (void)state;
    struct jk_error bare = {.status = JK_UNAVAILABLE};
    size_t size;
    error = bare;
    Google__Rpc__Status *status = details(&size);
    assert_string_equal(status->message, "UNAVAILABLE");
    Google__Rpc__ErrorInfo *info = info_of(status);
    assert_string_equal(info->reason, "UNAVAILABLE");
    google__rpc__error_info__free_unpacked(info, NULL);
    google__rpc__status__free_unpacked(status, NULL);
    grpc_slice message = jk_errors_message(&error);
    assert_int_equal(GRPC_SLICE_LENGTH(message), 11);
    grpc_slice_unref(message);
}

int main(void)
{
#define RUN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        RUN(test_plain), RUN(test_resource_and_retry), RUN(test_bad_request), RUN(test_precondition), RUN(test_bounds),
        RUN(test_bare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
