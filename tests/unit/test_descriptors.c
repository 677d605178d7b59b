/* The index for reflection, over the descriptor set that the server carries, and over damaged ones. */
#include "base/check.h"
#include "rpc/descriptors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

extern const unsigned char jk_data_reflection[];
extern const size_t jk_data_reflection_len;

static struct jk_descriptors index_;

static int set_up(void **state)
{
    (void)state;
    struct jk_error error;
    struct jk_span set = {(const char *)jk_data_reflection, jk_data_reflection_len};
    jk_error_init(&error, NULL);
    JK_CHECK(jk_descriptors_open(set, &index_, &error) == JK_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    jk_descriptors_done(&index_);
    return 0;
}

static void expect_in(const char *symbol, const char *file_name)
{
    size_t file;
    if (!jk_descriptors_symbol(&index_, jk_span_of(symbol), &file)) fail_msg("%s is not there", symbol);
    assert_true(jk_span_equal(index_.files[file].name, jk_span_of(file_name)));
}

static void test_symbols(void **state)
{
    (void)state;
    size_t file;
    expect_in("grpc.health.v1.Health", "grpc/health/v1/health.proto");
    expect_in("grpc.health.v1.Health.Watch", "grpc/health/v1/health.proto");
    expect_in("grpc.health.v1.HealthCheckResponse", "grpc/health/v1/health.proto");
    expect_in("grpc.health.v1.HealthCheckResponse.status", "grpc/health/v1/health.proto");
    expect_in("grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto");
    expect_in("grpc.health.v1.HealthCheckResponse.SERVING", "grpc/health/v1/health.proto");
    expect_in("google.rpc.BadRequest.FieldViolation.field", "google/rpc/error_details.proto");
    expect_in("google.rpc.ErrorInfo.MetadataEntry", "google/rpc/error_details.proto");
    expect_in("google.protobuf.Duration", "google/protobuf/duration.proto");
    expect_in("grpc.reflection.v1.ServerReflectionRequest.message_request", "grpc/reflection/v1/reflection.proto");
    assert_false(jk_descriptors_symbol(&index_, JK_SPAN("grpc.health.v1"), &file));
    assert_false(jk_descriptors_symbol(&index_, JK_SPAN(".grpc.health.v1.Health"), &file));
    assert_false(jk_descriptors_symbol(&index_, JK_SPAN(""), &file));
}

/* One of our files extends a message, and says so by name and by number. */
static void test_extensions(void **state)
{
    (void)state;
    expect_in("google.api.http", "google/api/annotations.proto");
    assert_int_equal(index_.extension_count, 1);
    const struct jk_descriptor_extension *extension = &index_.extensions[0];
    assert_true(jk_span_equal(extension->extended, JK_SPAN("google.protobuf.MethodOptions")));
    assert_int_equal(extension->number, 72295728);
    assert_true(jk_span_equal(index_.files[extension->file].name, JK_SPAN("google/api/annotations.proto")));
}

static void test_services(void **state)
{
    (void)state;
    size_t found = 0;
    for (size_t i = 0; i < index_.service_count; i++)
        found += jk_span_equal(index_.services[i], JK_SPAN("grpc.health.v1.Health")) ||
                 jk_span_equal(index_.services[i], JK_SPAN("grpc.reflection.v1.ServerReflection")) ||
                 jk_span_equal(index_.services[i], JK_SPAN("grpc.reflection.v1alpha.ServerReflection"));
    assert_int_equal(found, 3);
}

static void test_closure(void **state)
{
    (void)state;
    size_t file, files[JK_DESCRIPTOR_FILES];
    assert_true(jk_descriptors_file(&index_, JK_SPAN("google/rpc/status.proto"), &file));
    assert_int_equal(jk_descriptors_closure(&index_, file, files), 2);
    assert_int_equal(files[0], file);
    assert_true(jk_span_equal(index_.files[files[1]].name, JK_SPAN("google/protobuf/any.proto")));
    assert_true(jk_descriptors_file(&index_, JK_SPAN("google/protobuf/any.proto"), &file));
    assert_int_equal(jk_descriptors_closure(&index_, file, files), 1);
    assert_false(jk_descriptors_file(&index_, JK_SPAN("google/rpc/status"), &file));
}

static enum jk_status open_bytes(struct jk_span bytes)
{
    static struct jk_descriptors other;
    struct jk_error error;
    jk_error_init(&error, NULL);
    enum jk_status status = jk_descriptors_open(bytes, &other, &error);
    jk_descriptors_done(&other);
    return status;
}

/* A set that ends anywhere is whole only between files, and never read past its end. */
static void test_damaged(void **state)
{
    (void)state;
    assert_int_equal(open_bytes(JK_SPAN("")), JK_OK);
    assert_int_equal(open_bytes(JK_SPAN("\x0A\x00")), JK_DATA_LOSS); /* a file without a name */
    assert_int_equal(open_bytes(JK_SPAN("\x0A\x03\x0A\x01"
                                        "f")),
                     JK_OK);
    assert_int_equal(open_bytes(JK_SPAN("\x12\x03\x0A\x01"
                                        "f")),
                     JK_DATA_LOSS); /* not a set */
    assert_int_equal(open_bytes(JK_SPAN("\x0A\x05\x0A\x01"
                                        "f\x22\x00")),
                     JK_DATA_LOSS); /* a message without a name */
    size_t whole = 0;
    for (size_t len = 0; len < 3000 && len < jk_data_reflection_len; len++) {
        char *copy = malloc(len + 1); /* so that a sanitizer sees a read past the end */
        JK_CHECK(copy != NULL);
        memcpy(copy, jk_data_reflection, len);
        whole += open_bytes((struct jk_span){copy, len}) == JK_OK;
        free(copy);
    }
    assert_in_range(whole, 1, JK_DESCRIPTOR_FILES);
}

/* One file more than the limit, and a message nested one deeper. */
static void test_limits(void **state)
{
    (void)state;
    char files[(JK_DESCRIPTOR_FILES + 1) * 5];
    for (size_t i = 0; i <= JK_DESCRIPTOR_FILES; i++)
        memcpy(files + 5 * i,
               "\x0A\x03\x0A\x01"
               "f",
               5);
    assert_int_equal(open_bytes((struct jk_span){files, JK_DESCRIPTOR_FILES * 5}), JK_OK);
    assert_int_equal(open_bytes((struct jk_span){files, sizeof files}), JK_DATA_LOSS);
    for (int depth = 16; depth <= 17; depth++) {
        char bytes[256] = "\x0A\x01m";
        size_t len = 3;
        for (int i = 1; i < depth; i++) { /* each level: its name, then nested_type (3) around what there is */
            memmove(bytes + 5, bytes, len);
            memcpy(bytes, "\x0A\x01m\x1A", 4);
            bytes[4] = (char)len;
            len += 5;
        }
        memmove(bytes + 7, bytes, len);
        memcpy(bytes,
               "\x0A\0\x0A\x01"
               "f\x22",
               6);
        bytes[6] = (char)len;
        bytes[1] = (char)(len + 5);
        assert_int_equal(open_bytes((struct jk_span){bytes, len + 7}), depth == 16 ? JK_OK : JK_DATA_LOSS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_symbols), cmocka_unit_test(test_extensions), cmocka_unit_test(test_services),
        cmocka_unit_test(test_closure), cmocka_unit_test(test_damaged),    cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
