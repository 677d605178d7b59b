/* Bodies in ProtoJSON as request messages, and what is wrong with those that are none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <jokbo/v1/evaluation.pb-c.h>
#include <jokbo/v1/evidence.pb-c.h>
#include <jokbo/v1/registry.pb-c.h>

#include "base/text.h"
#include "web/body.h"
#include "web/field.h"

struct reading {
    struct jk_arena arena;
    struct jk_error error;
    ProtobufCMessage *message;
};

static void read_into(const ProtobufCMessageDescriptor *type, struct jk_span body, struct reading *out)
{
    jk_arena_init(&out->arena, 8 << 20);
    jk_error_init(&out->error, &out->arena);
    out->message = jk_field_message(type, &out->arena);
    jk_body_read(out->message, body, &out->arena, &out->error);
}

static void refused(const char *body, const char *field, const char *rule)
{
    struct reading reading;
    read_into(&jokbo__v1__read_card_request__descriptor, jk_span_of(body), &reading);
    if (reading.error.violation_count == 0) fail_msg("%s is not refused", body);
    assert_int_equal(reading.error.status, JK_INVALID_ARGUMENT);
    assert_string_equal(reading.error.violations[0].field, field);
    if (!strstr(reading.error.violations[0].rule, rule)) fail_msg("%s: %s", body, reading.error.violations[0].rule);
    jk_arena_done(&reading.arena);
}

static void a_card_and_its_files(void **state)
{
    (void)state;
    struct reading reading;
    read_into(
        &jokbo__v1__read_card_request__descriptor,
        JK_SPAN("{\"name\": \"kim/\\ud55c\", \"hubModel\": \"e30\", \"min_log_size\": \"7\", \"files\": ["
                "{\"path\": \"a\", \"size\": 5, \"content\": \"aGVsbG8=\"}, {\"path\": \"b\", \"size\": null}, {}]}"),
        &reading);
    const Jokbo__V1__ReadCardRequest *request = (const void *)reading.message;
    if (jk_error_is_set(&reading.error)) fail_msg("%s", reading.error.message);
    assert_string_equal(request->name, "kim/\xed\x95\x9c");
    assert_int_equal(request->hub_model.len, 2);
    assert_memory_equal(request->hub_model.data, "{}", 2);
    assert_int_equal(request->min_log_size, 7);
    assert_int_equal(request->n_files, 3);
    assert_int_equal(request->files[0]->size, 5);
    assert_memory_equal(request->files[0]->content.data, "hello", 5);
    assert_string_equal(request->files[1]->path, "b");
    assert_string_equal(request->files[2]->path, "");
    jk_arena_done(&reading.arena);
}

static void other_kinds_of_fields(void **state)
{
    (void)state;
    struct reading reading;
    read_into(&jokbo__v1__count_derivatives_request__descriptor,
              JK_SPAN("{\"scope\": {\"all\": true}, \"asOf\": {\"time\": \"2026-08-01T00:00:00Z\"},"
                      " \"groupBy\": [\"GROUPING_RELATION\", 5], \"pageSize\": 7}"),
              &reading);
    const Jokbo__V1__CountDerivativesRequest *request = (const void *)reading.message;
    if (jk_error_is_set(&reading.error)) fail_msg("%s", reading.error.message);
    assert_true(request->scope->all);
    assert_int_equal(request->as_of->time->seconds, 1785542400);
    assert_int_equal(request->n_group_by, 2);
    assert_int_equal(request->group_by[1], JOKBO__V1__GROUPING__GROUPING_PUBLISHER);
    assert_int_equal(request->page_size, 7);
    jk_arena_done(&reading.arena);

    read_into(&jokbo__v1__count_derivatives_request__descriptor,
              JK_SPAN("{\"scope\": {\"all\": \"true\", \"team\": \"x\"}, \"group_by\": [\"NONE\"]}"), &reading);
    assert_int_equal(reading.error.violation_count, 2);
    assert_string_equal(reading.error.violations[0].field, "scope.all");
    assert_string_equal(reading.error.violations[1].field, "group_by[0]");
    jk_arena_done(&reading.arena);
    read_into(&jokbo__v1__count_derivatives_request__descriptor,
              JK_SPAN("{\"scope\": {\"all\": true, \"team\": \"x\"}}"), &reading);
    assert_string_equal(reading.error.violations[0].field, "scope.team");
    assert_non_null(strstr(reading.error.violations[0].rule, "together with all"));
    jk_arena_done(&reading.arena);
}

static void what_is_no_request(void **state)
{
    (void)state;
    refused("", "body", "is not JSON");
    refused("{\"name\": \"a\"", "body", "line 1, column 12");
    refused("[]", "body", "is an array, where an object");
    refused("null", "body", "is null, where");
    refused("{\"name\": \"a\", \"name\": \"b\"}", "body", "duplicate");
    refused("{\"name\": \"a\\u0000\"}", "body", "is not JSON");
    refused("{\"nome\": 1}", "nome", "is no field of ReadCardRequest");
    refused("{\"files\": {}}", "files", "is an object, where an array is needed");
    refused("{\"files\": [1]}", "files[0]", "is a number, where an object is needed");
    refused("{\"files\": [{}, null]}", "files[1]", "is null");
    refused("{\"files\": [{\"path\": 5}]}", "files[0].path", "is a number, where a string is needed");
    refused("{\"files\": [{\"size\": 1.5}]}", "files[0].size", "\"1.5\" is not an integer");
    refused("{\"files\": [{\"size\": 9223372036854775808}]}", "body", "too big integer");
    refused("{\"files\": [{\"content\": \"!\"}]}", "files[0].content", "is not base64");
    refused("{\"hubModel\": \"e30\", \"hub_model\": \"e30\"}", "hub_model", "more than once");
    refused("{\"minLogSize\": true}", "minLogSize", "is true or false, where a number is needed");
}

static void a_body_of_brackets(void **state)
{
    (void)state;
    struct reading reading;
    for (size_t count = JK_BODY_VALUES; count <= JK_BODY_VALUES + 1; count++) {
        struct jk_text body;
        jk_text_init(&body, 0);
        jk_text_add_str(&body, "{\"name\":\"");
        for (size_t i = 1; i < count; i++)
            jk_text_add_char(&body, '[');
        jk_text_add_str(&body, "\"}");
        read_into(&jokbo__v1__read_card_request__descriptor, jk_text_span(&body), &reading);
        assert_int_equal(reading.error.violation_count, count > JK_BODY_VALUES);
        jk_text_done(&body);
        jk_arena_done(&reading.arena);
    }
}

static void memory_that_is_out(void **state)
{
    (void)state;
    struct jk_arena arena;
    struct jk_error error;
    struct jk_text body;
    jk_text_init(&body, 0);
    jk_text_add_str(&body, "{\"files\":[{}");
    for (size_t i = 0; i < 1000; i++)
        jk_text_add_str(&body, ",{}");
    jk_text_add_str(&body, "]}");
    jk_arena_init(&arena, 16 << 10);
    jk_error_init(&error, NULL);
    ProtobufCMessage *message = jk_field_message(&jokbo__v1__read_card_request__descriptor, &arena);
    assert_non_null(message);
    jk_body_read(message, jk_text_span(&body), &arena, &error);
    assert_int_equal(error.status, JK_RESOURCE_EXHAUSTED);
    assert_string_equal(error.reason, "OUT_OF_MEMORY");
    jk_text_done(&body);
    jk_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_and_its_files), cmocka_unit_test(other_kinds_of_fields),
        cmocka_unit_test(what_is_no_request),   cmocka_unit_test(a_body_of_brackets),
        cmocka_unit_test(memory_that_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
