/* Parameters of a URL as fields of a request, and what is wrong with those that are none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jokbo/v1/evaluation.pb-c.h>
#include <jokbo/v1/log.pb-c.h>
#include <jokbo/v1/registry.pb-c.h>
#include <stdio.h>

#include "web/field.h"
#include "web/query.h"

struct reading {
    struct jk_arena arena;
    struct jk_error error;
    ProtobufCMessage *message;
};

static void read_into(const ProtobufCMessageDescriptor *type, const char *query, struct reading *out)
{
    jk_arena_init(&out->arena, 1 << 20);
    jk_error_init(&out->error, &out->arena);
    out->message = jk_field_message(type, &out->arena);
    jk_query_read(out->message, jk_span_of(query), NULL, &out->arena, &out->error);
}

/* The violation of that place. */
static void refused(const ProtobufCMessageDescriptor *type, const char *query, const char *field, const char *rule)
{
    struct reading reading;
    read_into(type, query, &reading);
    if (reading.error.violation_count == 0) fail_msg("%s is not refused", query);
    assert_int_equal(reading.error.status, JK_INVALID_ARGUMENT);
    assert_string_equal(reading.error.violations[0].field, field);
    if (!strstr(reading.error.violations[0].rule, rule)) fail_msg("%s: %s", query, reading.error.violations[0].rule);
    jk_arena_done(&reading.arena);
}

static void fields_of_all_kinds(void **state)
{
    (void)state;
    struct reading reading;
    read_into(
        &jokbo__v1__count_derivatives_request__descriptor,
        "scope.base_model=skt%2FA.X-K1&asOf.time=2026-08-01T09:00:00%2B09:00&group_by=GROUPING_RELATION&group_by=5"
        "&&pageSize=7&rule.policy=a+b&min_log_size=20",
        &reading);
    const Jokbo__V1__CountDerivativesRequest *request = (const void *)reading.message;
    if (jk_error_is_set(&reading.error)) fail_msg("%s", reading.error.message);
    assert_string_equal(request->scope->base_model, "skt/A.X-K1");
    assert_int_equal(request->scope->kind_case, JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL);
    assert_int_equal(request->as_of->kind_case, JOKBO__V1__AS_OF__KIND_TIME);
    assert_int_equal(request->as_of->time->seconds, 1785542400);
    assert_int_equal(request->n_group_by, 2);
    assert_int_equal(request->group_by[0], JOKBO__V1__GROUPING__GROUPING_RELATION);
    assert_int_equal(request->group_by[1], JOKBO__V1__GROUPING__GROUPING_PUBLISHER);
    assert_int_equal(request->page_size, 7);
    assert_string_equal(request->rule->policy, "a b");
    assert_int_equal(request->min_log_size, 20);
    jk_arena_done(&reading.arena);
}

static void many_of_one_field(void **state)
{
    (void)state;
    struct reading reading;
    char query[4096];
    size_t len = 0;
    for (int i = 0; i < 100; i++)
        len += (size_t)snprintf(query + len, sizeof query - len, "group_by=%d&", i % 8 + 1);
    read_into(&jokbo__v1__count_derivatives_request__descriptor, query, &reading);
    const Jokbo__V1__CountDerivativesRequest *request = (const void *)reading.message;
    assert_int_equal(request->n_group_by, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(request->group_by[i], i % 8 + 1);
    jk_arena_done(&reading.arena);
}

static void integers_at_their_ends(void **state)
{
    (void)state;
    struct reading reading;
    read_into(&jokbo__v1__read_entries_request__descriptor, "start=-9223372036854775807&end=9223372036854775807",
              &reading);
    const Jokbo__V1__ReadEntriesRequest *request = (const void *)reading.message;
    assert_true(request->start == -INT64_MAX && request->end == INT64_MAX);
    jk_arena_done(&reading.arena);
}

static void what_is_refused(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *count = &jokbo__v1__count_derivatives_request__descriptor;
    refused(count, "bogus=1", "bogus", "is no parameter");
    refused(count, "scope.bogus=1", "scope.bogus", "no field of CountScope");
    refused(count, "page_size.x=1", "page_size.x", "is no parameter");
    refused(count, "=1", "", "is no parameter");
    refused(count, "scope=x", "scope", "is a message: give its fields, such as scope.");
    refused(count, "page_size=1&pageSize=2", "pageSize", "more than once");
    refused(count, "scope.team=a&scope.all=true", "scope.all", "together with team");
    refused(count, "page_size=2147483648", "page_size", "from -2147483648 to 2147483647");
    refused(count, "page_size=1e3", "page_size", "is not an integer");
    refused(count, "page_size=", "page_size", "is not an integer");
    refused(count, "min_log_size=9223372036854775808", "min_log_size", "is not an integer");
    refused(count, "scope.all=yes", "scope.all", "neither true nor false");
    refused(count, "group_by=GROUPING_NONE", "group_by", "such as GROUPING_RELATION");
    refused(count, "group_by=99", "group_by", "no value of Grouping");
    refused(count, "as_of.time=yesterday", "as_of.time", "RFC 3339");
    refused(count, "as_of.time=2026-08-01T09:00:00+09:00", "as_of.time", "%2B");
    refused(count, "scope.team=%ff", "scope.team", "UTF-8");
    refused(count, "scope.team=a%00b", "scope.team", "NUL");
    refused(count, "scope.team=%2", "scope.team", "percent-encoded");
    refused(count, "scope.team=%zz", "scope.team", "percent-encoded");
    refused(count, "%zz=1", "%zz", "percent-encoded");
}

static void every_mistake_is_told(void **state)
{
    (void)state;
    struct reading reading;
    read_into(&jokbo__v1__count_derivatives_request__descriptor, "a=1&b=2&page_size=x", &reading);
    assert_int_equal(reading.error.violation_count, 3);
    jk_arena_done(&reading.arena);
}

static bool is_format(struct jk_span name)
{
    return jk_span_equal(name, JK_SPAN("format"));
}

static void parameters_that_are_no_fields(void **state)
{
    (void)state;
    struct reading reading;
    struct jk_span value;
    read_into(&jokbo__v1__get_checkpoint_request__descriptor, "", &reading);
    jk_query_read(reading.message, JK_SPAN("form%61t=c%73v&cosigned=true"), is_format, &reading.arena, &reading.error);
    assert_false(jk_error_is_set(&reading.error));
    assert_true(((const Jokbo__V1__GetCheckpointRequest *)reading.message)->cosigned);
    assert_true(jk_query_find(JK_SPAN("form%61t=c%73v&cosigned=true"), "format", &reading.arena, &value));
    assert_true(jk_span_equal(value, JK_SPAN("csv")));
    assert_false(jk_query_find(JK_SPAN("x=1"), "format", &reading.arena, &value));
    jk_arena_done(&reading.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_all_kinds),    cmocka_unit_test(many_of_one_field),
        cmocka_unit_test(integers_at_their_ends), cmocka_unit_test(what_is_refused),
        cmocka_unit_test(every_mistake_is_told),  cmocka_unit_test(parameters_that_are_no_fields)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
