/* What the codec takes and refuses, on messages borrowed from google.rpc and grpc.health.v1. */
#include <google/rpc/error_details.pb-c.h>
#include <google/rpc/status.pb-c.h>
#include <grpc/health/v1/health.pb-c.h>
#include <grpc/reflection/v1/reflection.pb-c.h>
#include <jokbo/v1/evaluation.pb-c.h>
#include <stdlib.h>

#include "base/check.h"
#include "rpc/codec.h"
#include "rpc/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define STATUS      &google__rpc__status__descriptor
#define BAD_REQUEST &google__rpc__bad_request__descriptor
#define REFLECTION  &grpc__reflection__v1__server_reflection_response__descriptor
#define COUNT       &jokbo__v1__count_derivatives_request__descriptor
#define HEALTH      &grpc__health__v1__health_check_response__descriptor

static struct jk_arena arena;
static struct jk_error error;

static enum jk_status check(const ProtobufCMessageDescriptor *type, struct jk_span bytes)
{
    jk_arena_reset(&arena);
    jk_error_init(&error, &arena);
    return jk_codec_check(type, bytes, &error);
}

static int set_up(void **state)
{
    (void)state;
    jk_arena_init(&arena, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    jk_arena_done(&arena);
    return 0;
}

static void test_good(void **state)
{
    (void)state;
    assert_int_equal(check(STATUS, JK_SPAN("")), JK_OK);
    assert_int_equal(check(STATUS, JK_SPAN("\x08\x05\x12\x06\xEB\xAA\xA8\xEB\x8D\xB8")), JK_OK);
    assert_int_equal(check(STATUS, JK_SPAN("\x9A\x06\x02\xC3\x28")), JK_OK); /* field 99: from a newer client */
    assert_int_equal(check(HEALTH, JK_SPAN("\x08\x03")), JK_OK);
}

static enum jk_status decode_as(const ProtobufCMessageDescriptor *type, struct jk_span bytes,
                                const ProtobufCMessage **out_message)
{
    grpc_slice slice = grpc_slice_from_copied_buffer(bytes.at, bytes.len);
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
    jk_arena_reset(&arena);
    jk_error_init(&error, &arena);
    enum jk_status status = jk_codec_decode(type, buffer, 1 << 16, &arena, out_message, &error);
    grpc_byte_buffer_destroy(buffer);
    grpc_slice_unref(slice);
    return status;
}

/* As a message that the other side has compressed. */
static enum jk_status decode_packed(struct jk_span packed, const ProtobufCMessage **out_message)
{
    grpc_slice slice = grpc_slice_from_copied_buffer(packed.at, packed.len);
    grpc_byte_buffer *buffer = grpc_raw_compressed_byte_buffer_create(&slice, 1, GRPC_COMPRESS_GZIP);
    jk_arena_reset(&arena);
    jk_error_init(&error, &arena);
    enum jk_status status = jk_codec_decode(STATUS, buffer, 1 << 16, &arena, out_message, &error);
    grpc_byte_buffer_destroy(buffer);
    grpc_slice_unref(slice);
    return status;
}

static void expect_field(const char *path, const char *in_rule)
{
    assert_int_equal(error.status, JK_INVALID_ARGUMENT);
    assert_int_equal(error.violation_count, 1);
    assert_string_equal(error.violations[0].field, path);
    if (!strstr(error.violations[0].rule, in_rule)) fail_msg("%s", error.violations[0].rule);
}

static void test_bad_strings(void **state)
{
    (void)state;
    (void)check(STATUS, JK_SPAN("\x12\x02\xC3\x28"));
    expect_field("message", "not UTF-8");
    (void)check(STATUS, JK_SPAN("\x12\x03\xED\xA0\x80")); /* a surrogate */
    expect_field("message", "not UTF-8");
    (void)check(STATUS, JK_SPAN("\x12\x02\xC0\x80")); /* NUL in an overlong form */
    expect_field("message", "not UTF-8");
    (void)check(STATUS, JK_SPAN("\x12\x03"
                                "a\0b"));
    expect_field("message", "NUL");
    (void)check(STATUS, JK_SPAN("\x12\x01\0"));
    expect_field("message", "NUL");
}

/* What comes out of gzip is checked as all else is. */
static void test_packed(void **state)
{
    (void)state;
    static const char good[] =
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xe3\x60\x15\x62\xcc\x05\x00\x54\x17\x36\xf4\x05\x00\x00\x00";
    const ProtobufCMessage *message = NULL;
    assert_int_equal(decode_packed(JK_SPAN(good), &message), JK_OK);
    assert_string_equal(((const Google__Rpc__Status *)message)->message, "m");
    assert_int_equal(decode_packed(JK_SPAN("\x08\x05"), &message), JK_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "MALFORMED_MESSAGE");
    assert_int_equal(decode_packed((struct jk_span){good, sizeof good - 2}, &message), JK_INVALID_ARGUMENT);
}

/* Bytes are not text. */
static void test_bytes_are_free(void **state)
{
    (void)state;
    assert_int_equal(check(STATUS, JK_SPAN("\x1A\x05\x12\x03\0\xFF\xC3")), JK_OK);
}

static void test_paths(void **state)
{
    (void)state;
    (void)check(STATUS, JK_SPAN("\x1A\x00\x1A\x03\x0A\x01\xFF"));
    expect_field("details[1].type_url", "not UTF-8");
    (void)check(BAD_REQUEST, JK_SPAN("\x0A\x03\x12\x01\xFF"));
    expect_field("field_violations[0].description", "not UTF-8");
    (void)check(REFLECTION, JK_SPAN("\x12\x05\x2A\x03\x0A\x01\xFF"));
    expect_field("original_request.file_containing_extension.containing_type", "not UTF-8");
}

static void test_all_are_named(void **state)
{
    (void)state;
    (void)check(STATUS, JK_SPAN("\x12\x01\xFF\x1A\x03\x0A\x01\xFE"));
    assert_int_equal(error.violation_count, 2);
    assert_string_equal(error.violations[0].field, "message");
    assert_string_equal(error.violations[1].field, "details[0].type_url");
}

static void test_enums(void **state)
{
    (void)state;
    (void)check(HEALTH, JK_SPAN("\x08\x04"));
    expect_field("status", "\"4\" is not a value of grpc.health.v1.HealthCheckResponse.ServingStatus");
    (void)check(HEALTH, JK_SPAN("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"));
    expect_field("status", "\"-1\"");
}

/* What the service reads of a message whose enum numbers are not known: they are not given, the rest is. */
static void test_unknown_enums_do_not_hide_the_rest(void **state)
{
    (void)state;
    const ProtobufCMessage *message = NULL;
    const Jokbo__V1__CountDerivativesRequest *request;
    assert_int_equal(decode_as(COUNT, JK_SPAN("\x0A\x05\x0A\x03x/y\x1A\x03\x01\x63\x02\x20\x05"), &message),
                     JK_INVALID_ARGUMENT);
    expect_field("group_by[1]", "\"99\"");
    assert_non_null(message);
    request = (const void *)message;
    assert_string_equal(request->scope->base_model, "x/y");
    assert_int_equal(request->n_group_by, 2);
    assert_int_equal(request->group_by[1], JOKBO__V1__GROUPING__GROUPING_HUB_RELATION);
    assert_int_equal(request->page_size, 5);
    jk_error_field(&error, "group_by[1]", "is empty");
    jk_error_field(&error, "page_size", "is too large");
    assert_int_equal(error.violation_count, 2);
    assert_string_equal(error.violations[1].field, "page_size");
    message = NULL;
    assert_int_equal(decode_as(COUNT, JK_SPAN("\x0A\x05\x0A\x03x\xFFy\x18\x63"), &message), JK_INVALID_ARGUMENT);
    assert_int_equal(error.violation_count, 2);
    assert_null(message); /* a string that is none is not looked into */
}

static void expect_malformed(const ProtobufCMessageDescriptor *type, struct jk_span bytes)
{
    assert_int_equal(check(type, bytes), JK_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "MALFORMED_MESSAGE");
}

static void test_malformed(void **state)
{
    (void)state;
    expect_malformed(STATUS, JK_SPAN("\x08")); /* no value */
    expect_malformed(STATUS, JK_SPAN("\x12\x02"
                                     "a"));                                            /* shorter than it says */
    expect_malformed(STATUS, JK_SPAN("\x00\x00"));                                     /* field 0 */
    expect_malformed(STATUS, JK_SPAN("\x13\x14"));                                     /* a group */
    expect_malformed(STATUS, JK_SPAN("\x10\x01"));                                     /* a string as a varint */
    expect_malformed(STATUS, JK_SPAN("\x18\x01"));                                     /* a message as a varint */
    expect_malformed(STATUS, JK_SPAN("\x1A\x02\x0A\x05"));                             /* inside */
    expect_malformed(STATUS, JK_SPAN("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")); /* eleven bytes */
    expect_malformed(HEALTH, JK_SPAN("\x0D\0\0\0\0"));                                 /* an enum as a fixed number */
}

/* Decoding through gRPC's buffers, in one slice and in many. */
static enum jk_status decode(struct jk_span bytes, size_t slices, size_t limit, size_t budget,
                             const ProtobufCMessage **out_message)
{
    grpc_slice parts[8];
    size_t at = 0;
    for (size_t i = 0; i < slices; i++) {
        size_t len = i + 1 == slices ? bytes.len - at : bytes.len / slices;
        parts[i] = grpc_slice_from_copied_buffer(bytes.at + at, len);
        at += len;
    }
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(parts, slices);
    for (size_t i = 0; i < slices; i++)
        grpc_slice_unref(parts[i]);
    jk_arena_reset(&arena);
    arena.budget = budget;
    static struct jk_arena error_arena;
    jk_arena_done(&error_arena);
    jk_arena_init(&error_arena, 65536);
    jk_error_init(&error, &error_arena);
    enum jk_status status = jk_codec_decode(STATUS, buffer, limit, &arena, out_message, &error);
    grpc_byte_buffer_destroy(buffer);
    jk_error_init(&error, NULL);
    jk_arena_done(&error_arena);
    return status;
}

static void test_decode(void **state)
{
    (void)state;
    const ProtobufCMessage *message = NULL;
    struct jk_span bytes = JK_SPAN("\x08\x05\x12\x03"
                                   "abc");
    for (size_t slices = 1; slices <= 7; slices++) {
        assert_int_equal(decode(bytes, slices, 7, 65536, &message), JK_OK);
        const Google__Rpc__Status *status = (const Google__Rpc__Status *)message;
        assert_int_equal(status->code, 5);
        assert_string_equal(status->message, "abc");
    }
    assert_int_equal(decode(bytes, 1, 6, 65536, &message), JK_RESOURCE_EXHAUSTED);
    assert_int_equal(decode(bytes, 1, 7, 32, &message), JK_RESOURCE_EXHAUSTED);
    assert_int_equal(decode(bytes, 2, 7, 32, &message), JK_RESOURCE_EXHAUSTED);
    assert_int_equal(decode(JK_SPAN(""), 1, 7, 65536, &message), JK_OK);
}

static void test_encode(void **state)
{
    (void)state;
    Google__Rpc__Status message = GOOGLE__RPC__STATUS__INIT;
    message.message = (char *)"abc";
    grpc_byte_buffer *buffer = jk_codec_encode(&message.base, 5);
    assert_non_null(buffer);
    assert_int_equal(grpc_byte_buffer_length(buffer), 5);
    grpc_byte_buffer_destroy(buffer);
    assert_null(jk_codec_encode(&message.base, 4));
}

/* Bytes of any kind end in an answer, and bad ones cost little. */
static void test_any_bytes(void **state)
{
    (void)state;
    unsigned char bytes[64];
    uint64_t seed = 88172645463325252u;
    for (int round = 0; round < 200000; round++) {
        size_t len = 0;
        for (; len < sizeof bytes; len++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            static const unsigned char likely[] = {0x08, 0x0A, 0x12, 0x1A, 0x22, 1, 2, 3, 0, 0xFF, 'a'};
            bytes[len] = seed % 3 ? likely[(seed >> 8) % sizeof likely] : (unsigned char)(seed >> 16);
            if ((seed >> 24) % 24 == 0) break;
        }
        struct jk_span span = {(const char *)bytes, len};
        if (check(REFLECTION, span) != JK_OK) continue;
        /* What the check lets pass, protobuf-c takes too or refuses; it must not stumble. */
        ProtobufCMessage *message = protobuf_c_message_unpack(REFLECTION, NULL, span.len, bytes);
        if (message) protobuf_c_message_free_unpacked(message, NULL);
    }
}

/* A million wrong fields end the walk early. */
static void test_wrong_fields_are_bounded(void **state)
{
    (void)state;
    size_t len = 900000;
    char *bytes = malloc(len);
    JK_CHECK(bytes != NULL);
    for (size_t i = 0; i < len; i += 3)
        memcpy(bytes + i, "\x12\x01\xFF", 3);
    assert_int_equal(check(STATUS, (struct jk_span){bytes, len}), JK_INVALID_ARGUMENT);
    assert_int_equal(error.violation_count, 1000);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad_strings),
        cmocka_unit_test(test_bytes_are_free),
        cmocka_unit_test(test_packed),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_all_are_named),
        cmocka_unit_test(test_enums),
        cmocka_unit_test(test_unknown_enums_do_not_hide_the_rest),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_encode),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_wrong_fields_are_bounded),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
