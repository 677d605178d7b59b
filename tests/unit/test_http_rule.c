/* Templates taken apart, and the paths of the methods that anybody may call. */
#include "auth/access.h"
#include "reply/http_rule.h"
#include "service/methods.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

extern const unsigned char jk_data_reflection[];
extern const size_t jk_data_reflection_len;

static void span_is(struct jk_span span, const char *expected)
{
    assert_int_equal(span.len, strlen(expected));
    assert_memory_equal(span.at, expected, span.len);
}

static void a_template_is_taken_apart(void **state)
{
    (void)state;
    struct jk_http_rule rule;
    assert_true(jk_http_template_parse("/v1/models/{scope.base_model=*/*}/count:watch", &rule));
    assert_int_equal(rule.segment_count, 5);
    span_is(rule.segments[0], "v1");
    span_is(rule.segments[1], "models");
    assert_int_equal(rule.segments[2].len + rule.segments[3].len, 0);
    span_is(rule.segments[4], "count");
    span_is(rule.verb, "watch");
    assert_int_equal(rule.variable_count, 1);
    span_is(rule.variables[0].field, "scope.base_model");
    assert_int_equal(rule.variables[0].first, 2);
    assert_int_equal(rule.variables[0].count, 2);

    assert_true(jk_http_template_parse("/{a}/{b_c=*}", &rule));
    assert_int_equal(rule.segment_count, 2);
    assert_int_equal(rule.verb.len, 0);
    span_is(rule.variables[1].field, "b_c");
    assert_int_equal(rule.variables[1].first, 1);
    assert_int_equal(rule.variables[1].count, 1);
    assert_true(jk_http_template_parse("/1/2/3/4/{a}/{b}/{c}/{d}", &rule));
}

static void what_is_no_template(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "/",
        "v1",
        "/v1/",
        "//v1",
        "/v1/{",
        "/v1/{}",
        "/v1/{a",
        "/v1/{a=}",
        "/v1/{a=*",
        "/v1/{a=*/}",
        "/v1/{a=**}",
        "/v1/{a=models/*}",
        "/v1/*",
        "/v1/a b",
        "/v1/a%20",
        "/v1/{a}b",
        "/v1:",
        "/v1:{a}",
        "/v1:a:b",
        "/v1?a",
        "/v1:a/b",
        "/1/2/3/4/5/6/7/8/9",
        "/{a=*/*/*/*/*/*/*/*/*}",
        "/{a}/{b}/{c}/{d}/{e}",
    };
    struct jk_http_rule rule;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (jk_http_template_parse(bad[i], &rule)) fail_msg("\"%s\" is a template", bad[i]);
}

static struct jk_http_rules *own_rules(void)
{
    struct jk_error error;
    struct jk_http_rules *rules = malloc(sizeof *rules);
    jk_error_init(&error, NULL);
    assert_non_null(rules);
    assert_int_equal(jk_http_rules_own(rules, &error), JK_OK);
    return rules;
}

static void let_go(struct jk_http_rules *rules)
{
    jk_http_rules_done(rules);
    free(rules);
}

static size_t paths_of(const struct jk_http_rules *rules, const char *method)
{
    size_t count = 0;
    for (size_t i = 0; i < rules->count; i++)
        count += strcmp(rules->rules[i].method, method) == 0;
    return count;
}

/* What anybody may call on its own, or as a stream of answers, reads. ReadCard alone is POST: what it reads is a body. */
static void what_anybody_reads_has_a_path(void **state)
{
    (void)state;
    size_t count, reads = 0;
    const struct jk_method *methods = jk_methods(&count);
    struct jk_http_rules *rules = own_rules();
    for (size_t i = 0; i < count; i++) {
        bool has = methods[i].allowed == JK_MAY_ANYONE;
        reads += has;
        if (has != (paths_of(rules, methods[i].path) > 0))
            fail_msg("%s %s a path", methods[i].path, has ? "has not" : "has");
    }
    assert_true(reads > 30);
    for (size_t i = 0; i < rules->count; i++)
        assert_int_equal(rules->rules[i].post, strcmp(rules->rules[i].method, "/jokbo.v1.Registry/ReadCard") == 0);
    let_go(rules);
}

/* Some path is of both. */
static bool overlap(const struct jk_http_rule *a, const struct jk_http_rule *b)
{
    if (a->segment_count != b->segment_count || !jk_span_equal(a->verb, b->verb)) return false;
    for (size_t i = 0; i < a->segment_count; i++) {
        bool literals = a->segments[i].len > 0 && b->segments[i].len > 0;
        if (literals && !jk_span_equal(a->segments[i], b->segments[i])) return false;
    }
    return true;
}

static void no_path_is_of_two_rules(void **state)
{
    (void)state;
    struct jk_http_rule model, release;
    assert_true(jk_http_template_parse("/v1/releases/{name=*/*}", &model));
    assert_true(jk_http_template_parse("/v1/releases/{lineage_hash}/receipt", &release));
    assert_true(overlap(&model, &release));
    struct jk_http_rules *rules = own_rules();
    for (size_t i = 0; i < rules->count; i++)
        for (size_t j = 0; j < i; j++)
            if (overlap(&rules->rules[i], &rules->rules[j]))
                fail_msg("%s and %s have a path in common", rules->rules[i].template, rules->rules[j].template);
    let_go(rules);
}

static const ProtobufCFieldDescriptor *field_of(const ProtobufCMessageDescriptor *message, struct jk_span path)
{
    const ProtobufCFieldDescriptor *field = NULL;
    struct jk_span head;
    for (bool more = true; more; message = field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL) {
        char name[64] = "";
        more = jk_span_cut(&path, '.', &head);
        assert_true(head.len < sizeof name);
        memcpy(name, head.at, head.len);
        field = message ? protobuf_c_message_descriptor_get_field_by_name(message, name) : NULL;
        if (!field) fail_msg("%s has no field %s", message ? message->name : "a scalar", name);
    }
    return field;
}

static void variables_are_fields_of_the_request(void **state)
{
    (void)state;
    size_t count;
    const struct jk_method *methods = jk_methods(&count);
    struct jk_http_rules *rules = own_rules();
    for (size_t i = 0; i < rules->count; i++) {
        const struct jk_http_rule *rule = &rules->rules[i];
        size_t at = 0;
        while (at < count && strcmp(methods[at].path, rule->method) != 0)
            at++;
        assert_true(at < count);
        for (size_t j = 0; j < rule->variable_count; j++) {
            const ProtobufCFieldDescriptor *field = field_of(methods[at].request, rule->variables[j].field);
            assert_int_not_equal(field->label, PROTOBUF_C_LABEL_REPEATED);
            if (rule->variables[j].count > 1) assert_int_equal(field->type, PROTOBUF_C_TYPE_STRING);
        }
    }
    let_go(rules);
}

static void further_paths_follow_the_first(void **state)
{
    (void)state;
    struct jk_http_rules *rules = own_rules();
    size_t at = 0;
    while (at < rules->count && strcmp(rules->rules[at].method, "/jokbo.v1.Evaluation/CountDerivatives") != 0)
        at++;
    assert_true(at + 2 < rules->count);
    assert_string_equal(rules->rules[at].template, "/v1/count");
    assert_string_equal(rules->rules[at + 1].template, "/v1/models/{scope.base_model=*/*}/count");
    assert_string_equal(rules->rules[at + 2].template, "/v1/teams/{scope.team}/count");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(rules->rules[at + i].binding, i);
    let_go(rules);
}

/* `from` in the set put in place of `to`, which is as long. */
static enum jk_status read_with(const char *from, const char *to)
{
    struct jk_error error;
    struct jk_http_rules *rules = malloc(sizeof *rules);
    unsigned char *copy = malloc(jk_data_reflection_len);
    assert_true(rules && copy && strlen(from) == strlen(to));
    memcpy(copy, jk_data_reflection, jk_data_reflection_len);
    unsigned char *place = memmem(copy, jk_data_reflection_len, from, strlen(from));
    assert_non_null(place);
    memcpy(place, to, strlen(to));
    jk_error_init(&error, NULL);
    enum jk_status status = jk_http_rules_read((struct jk_span){(char *)copy, jk_data_reflection_len}, rules, &error);
    if (status != JK_OK) assert_string_equal(error.reason, "BAD_DESCRIPTORS");
    let_go(rules);
    free(copy);
    return status;
}

static void damaged_sets_are_refused(void **state)
{
    (void)state;
    assert_int_equal(read_with("\x12\x09/v1/teams", "\x12\x09/v1/Teams"), JK_OK);
    assert_int_equal(read_with("\x12\x09/v1/teams", "\x12\x09/v1/te ms"), JK_DATA_LOSS); /* no template */
    assert_int_equal(read_with("\x12\x09/v1/teams", "\x1a\x09/v1/teams"), JK_DATA_LOSS); /* PUT */
    assert_int_equal(read_with("\x12\x09/v1/teams", "\x12\x7f/v1/teams"), JK_DATA_LOSS);
    assert_int_equal(read_with("\x12\x09/v1/teams", "\x22\x09/v1/teams"), JK_DATA_LOSS); /* POST without a body */
    assert_int_equal(read_with("\x22\x0d/v1/card:read", "\x12\x0d/v1/card:read"), JK_DATA_LOSS); /* GET with one */
    assert_int_equal(read_with(":read:\x01*", ":read:\x01."), JK_DATA_LOSS); /* a field as the body */
    assert_int_equal(read_with("\x22\x0d/v1/card:read", "\x22\x0d/v1/{n}:reads"), JK_DATA_LOSS); /* and a variable */
    struct jk_error error;
    struct jk_http_rules *rules = malloc(sizeof *rules);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_http_rules_read(JK_SPAN("\x0a\x05"), rules, &error), JK_DATA_LOSS);
    assert_int_equal(rules->count, 0);
    let_go(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_template_is_taken_apart),
        cmocka_unit_test(what_is_no_template),
        cmocka_unit_test(what_anybody_reads_has_a_path),
        cmocka_unit_test(no_path_is_of_two_rules),
        cmocka_unit_test(variables_are_fields_of_the_request),
        cmocka_unit_test(further_paths_follow_the_first),
        cmocka_unit_test(damaged_sets_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
