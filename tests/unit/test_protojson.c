/* Messages as canonical ProtoJSON: what no reply of a test server holds. Integration tests hold whole replies against
 * Google's own writer. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <google/protobuf/duration.pb-c.h>
#include <google/protobuf/timestamp.pb-c.h>
#include <google/rpc/error_details.pb-c.h>
#include <google/rpc/status.pb-c.h>
#include <jokbo/v1/evaluation.pb-c.h>
#include <jokbo/v1/log.pb-c.h>

#include "base/defer.h"
#include "web/protojson.h"

static void json_is(const void *message, const char *expected)
{
    JK_CLEANUP(jk_text_done) struct jk_text out;
    jk_text_init(&out, 0);
    jk_protojson_write(message, &out);
    assert_false(out.failed);
    assert_string_equal(out.bytes, expected);
}

static void time_is(int64_t seconds, int32_t nanos, const char *expected)
{
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    time.seconds = seconds;
    time.nanos = nanos;
    json_is(&time, expected);
}

static void times(void **state)
{
    (void)state;
    time_is(0, 0, "\"1970-01-01T00:00:00Z\"");
    time_is(1785542400, 500000000, "\"2026-08-01T00:00:00.500Z\"");
    time_is(1785542400, 1000, "\"2026-08-01T00:00:00.000001Z\"");
    time_is(1785542400, 1, "\"2026-08-01T00:00:00.000000001Z\"");
    time_is(-62135596800, 0, "\"0001-01-01T00:00:00Z\"");
    time_is(253402300799, 999999999, "\"9999-12-31T23:59:59.999999999Z\"");
    time_is(253402300800, 0, "null");
    time_is(0, 1000000000, "null");
    time_is(INT64_MIN, 0, "null");
}

static void duration_is(int64_t seconds, int32_t nanos, const char *expected)
{
    Google__Protobuf__Duration duration = GOOGLE__PROTOBUF__DURATION__INIT;
    duration.seconds = seconds;
    duration.nanos = nanos;
    json_is(&duration, expected);
}

static void durations(void **state)
{
    (void)state;
    duration_is(0, 0, "\"0s\"");
    duration_is(3, 0, "\"3s\"");
    duration_is(1, 500000000, "\"1.500s\"");
    duration_is(0, 1, "\"0.000000001s\"");
    duration_is(-1, -500000, "\"-1.000500s\"");
    duration_is(0, -1000000, "\"-0.001s\"");
}

static void string_is(const char *bytes, size_t len, const char *expected)
{
    JK_CLEANUP(jk_text_done) struct jk_text out;
    jk_text_init(&out, 0);
    jk_protojson_string((struct jk_span){bytes, len}, &out);
    assert_string_equal(out.bytes, expected);
}
#define STRING_IS(literal, expected) string_is(literal, sizeof(literal) - 1, expected)

static void strings(void **state)
{
    (void)state;
    STRING_IS("", "\"\"");
    STRING_IS("족보 a.b/c", "\"족보 a.b/c\"");
    STRING_IS("\"\\\n\t\x7f", "\"\\\"\\\\\\n\\u0009\\u007f\"");
    STRING_IS("</script>", "\"\\u003c/script\\u003e\"");
    STRING_IS("\xE2\x80\xA8", "\"\\u2028\"");
    STRING_IS("a\xFFz\0", "\"a\xEF\xBF\xBDz\\u0000\"");
}

static void numbers_and_defaults(void **state)
{
    (void)state;
    Jokbo__V1__DerivativeCount count = JOKBO__V1__DERIVATIVE_COUNT__INIT;
    Jokbo__V1__CountScope scope = JOKBO__V1__COUNT_SCOPE__INIT;
    json_is(&count, "{}");
    count.registered = INT64_MAX;
    count.yanked = INT64_MIN;
    count.revision = -7;
    json_is(&count, "{\"registered\":\"9223372036854775807\",\"yanked\":\"-9223372036854775808\",\"revision\":-7}");
    jokbo__v1__derivative_count__init(&count);
    count.scope = &scope;
    json_is(&count, "{\"scope\":{}}");
    scope.kind_case = JOKBO__V1__COUNT_SCOPE__KIND_ALL; /* what is chosen is there, even with its default */
    json_is(&count, "{\"scope\":{\"all\":false}}");
}

static void enums_and_bytes(void **state)
{
    (void)state;
    Jokbo__V1__ReasonCount reason = JOKBO__V1__REASON_COUNT__INIT;
    ProtobufCBinaryData entries[] = {{0, NULL}, {2, (uint8_t *)"\xFB\xFF"}};
    Jokbo__V1__ReadEntriesResponse piece = JOKBO__V1__READ_ENTRIES_RESPONSE__INIT;
    reason.reason = JOKBO__V1__REASON__REASON_LATE;
    json_is(&reason, "{\"reason\":\"REASON_LATE\"}");
    reason.reason = (Jokbo__V1__Reason)9999;
    json_is(&reason, "{\"reason\":9999}");
    piece.n_entries = 2;
    piece.entries = entries;
    json_is(&piece, "{\"entries\":[\"\",\"+/8=\"]}");
}

static void details(void **state)
{
    (void)state;
    Google__Rpc__ErrorInfo__MetadataEntry pair = GOOGLE__RPC__ERROR_INFO__METADATA_ENTRY__INIT, *pairs[] = {&pair};
    Google__Rpc__ErrorInfo info = GOOGLE__RPC__ERROR_INFO__INIT;
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT, *anys[] = {&any};
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    uint8_t packed[256];
    pair.key = "a\"b";
    pair.value = "";
    info.reason = "X";
    info.n_metadata = 1;
    info.metadata = pairs;
    any.type_url = "type.googleapis.com/google.rpc.ErrorInfo";
    any.value = (ProtobufCBinaryData){google__rpc__error_info__pack(&info, packed), packed};
    status.code = 5;
    status.n_details = 1;
    status.details = anys;
    json_is(&status,
            "{\"code\":5,\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"X\","
            "\"metadata\":{\"a\\\"b\":\"\"}}]}");
    any.type_url = "type.googleapis.com/other.Type";
    json_is(&any, "{\"@type\":\"type.googleapis.com/other.Type\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(times),           cmocka_unit_test(durations),
                                       cmocka_unit_test(strings),         cmocka_unit_test(numbers_and_defaults),
                                       cmocka_unit_test(enums_and_bytes), cmocka_unit_test(details)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
