/* The OpenAPI document: every path is in it, references hold, and it is the same whenever it is made. */
#include "base/defer.h"
#include "openapi/document.h"
#include "reply/http_rule.h"
#include "service/methods.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

extern const unsigned char jk_data_reflection[];
extern const size_t jk_data_reflection_len;

static json_t *document_;

static int set_up(void **state)
{
    (void)state;
    struct jk_span text = jk_methods_openapi();
    document_ = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
    return document_ ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(document_);
    return 0;
}

/* What lies at "#/components/schemas/Model". */
static json_t *at(const char *pointer)
{
    struct jk_span rest = jk_span_of(pointer), step;
    json_t *found = document_;
    assert_true(jk_span_cut(&rest, '/', &step));
    for (bool more = true; more && found;) {
        more = jk_span_cut(&rest, '/', &step);
        found = json_object_getn(found, step.at, step.len);
    }
    return found;
}

static json_t *operation(const char *path)
{
    json_t *verbs = json_object_get(json_object_get(document_, "paths"), path), *get = json_object_get(verbs, "get");
    if (!get) get = json_object_get(verbs, "post");
    if (!get || json_object_size(verbs) != 1) fail_msg("there is no path %s, or it has two verbs", path);
    return get;
}

static json_t *parameter(const char *path, const char *name)
{
    json_t *value;
    size_t i;
    json_array_foreach(json_object_get(operation(path), "parameters"), i, value)
    {
        const char *found = json_string_value(json_object_get(value, "name"));
        if (found && strcmp(found, name) == 0) return value;
    }
    return NULL;
}

static void is_json(json_t *value, const char *expected)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

/* As many paths as rules, each with an id of its own. */
static void every_rule_is_a_path(void **state)
{
    (void)state;
    struct jk_error error;
    struct jk_http_rules *rules = malloc(sizeof *rules);
    json_t *ids = json_object(), *path;
    const char *name;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_http_rules_own(rules, &error), JK_OK);
    assert_int_equal(json_object_size(json_object_get(document_, "paths")), rules->count);
    json_object_foreach(json_object_get(document_, "paths"), name, path)
    {
        json_t *get = operation(name);
        json_object_set(ids, json_string_value(json_object_get(get, "operationId")), get);
        if (!*json_string_value(json_object_get(get, "summary"))) fail_msg("%s has no summary", name);
    }
    assert_int_equal(json_object_size(ids), rules->count);
    json_decref(ids);
    jk_http_rules_done(rules);
    free(rules);
}

static size_t check_references(json_t *value)
{
    size_t count = 0, i;
    const char *key;
    json_t *child;
    json_array_foreach(value, i, child) count += check_references(child);
    json_object_foreach(value, key, child)
    {
        count += check_references(child);
        if (strcmp(key, "$ref") != 0) continue;
        if (!at(json_string_value(child))) fail_msg("%s leads nowhere", json_string_value(child));
        count++;
    }
    return count;
}

static void references_hold(void **state)
{
    (void)state;
    assert_in_range(check_references(document_), 200, 100000);
}

/* Whatever has a description has one that says something. */
static size_t check_descriptions(json_t *value)
{
    size_t count = 0, i;
    const char *key;
    json_t *child;
    json_array_foreach(value, i, child) count += check_descriptions(child);
    json_object_foreach(value, key, child)
    {
        count += check_descriptions(child);
        if (strcmp(key, "description") != 0 || !json_is_string(child)) continue;
        assert_true(json_string_length(child) > 0);
        count++;
    }
    return count;
}

static void all_is_described(void **state)
{
    (void)state;
    assert_in_range(check_descriptions(document_), 500, 100000);
}

static void names_of_models_are_two_segments(void **state)
{
    (void)state;
    json_t *model = parameter("/v1/models/{publisher}/{model}/count", "model");
    is_json(json_object_get(model, "required"), "true");
    is_json(json_object_get(model, "in"), "\"path\"");
    is_json(json_object_get(model, "description"), "\"The part after the `/` of: Name of a base model.\"");
    /* What the path gives excludes what else could be asked. */
    assert_null(parameter("/v1/models/{publisher}/{model}/count", "scope.team"));
    assert_non_null(parameter("/v1/count", "scope.team"));
    assert_non_null(parameter("/v1/teams/{team}/count", "team"));
}

static void parameters_have_types_and_limits(void **state)
{
    (void)state;
    is_json(json_object_get(parameter("/v1/models", "page_size"), "schema"),
            "{\"type\":\"integer\",\"format\":\"int32\",\"minimum\":0,\"maximum\":1000}");
    is_json(json_object_get(parameter("/v1/counts", "as_of.log_size"), "schema"),
            "{\"type\":\"integer\",\"format\":\"int64\"}");
    is_json(json_object_get(parameter("/v1/counts", "as_of.time"), "schema"),
            "{\"type\":\"string\",\"format\":\"date-time\"}");
    is_json(json_object_get(parameter("/v1/count", "group_by"), "schema"),
            "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Grouping\"}}");
    is_json(json_object_get(parameter("/v1/counts", "rule.policy"), "description"),
            "\"A policy: `name` (its highest version), `name@version`, or the 64 hexadecimal digits of its digest. "
            "Excludes "
            "`stage`.\"");
    assert_null(json_object_get(parameter("/v1/models", "page_size"), "required"));
}

static void schemas_are_of_proto_json(void **state)
{
    (void)state;
    json_t *model = json_object_get(at("#/components/schemas/Publisher"), "properties");
    json_t *index = json_object_get(model, "logIndex"), *entries;
    is_json(json_object_get(index, "type"), "\"string\"");
    is_json(json_object_get(index, "format"), "\"int64\"");
    is_json(json_object_get(json_object_get(model, "createTime"), "format"), "\"date-time\"");
    is_json(json_object_get(json_object_get(model, "modelCount"), "type"), "\"integer\"");
    entries = json_object_get(json_object_get(at("#/components/schemas/ReadEntriesResponse"), "properties"), "entries");
    is_json(json_object_get(entries, "items"), "{\"type\":\"string\",\"contentEncoding\":\"base64\"}");
    json_t *names = json_object_get(at("#/components/schemas/Answer"), "enum");
    is_json(names, "[\"ANSWER_UNSPECIFIED\",\"ANSWER_YES\",\"ANSWER_NO\",\"ANSWER_UNKNOWN\"]");
    json_t *metadata =
        json_object_get(json_object_get(at("#/components/schemas/google.rpc.ErrorInfo"), "properties"), "metadata");
    is_json(json_object_get(metadata, "additionalProperties"), "{\"type\":\"string\"}");
}

static json_t *answer(const char *path)
{
    return json_object_get(json_object_get(json_object_get(operation(path), "responses"), "200"), "content");
}

static void a_body_is_the_whole_request(void **state)
{
    (void)state;
    json_t *body = json_object_get(operation("/v1/card:read"), "requestBody");
    is_json(body, "{\"required\":true,\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/"
                  "ReadCardRequest\"}}}}");
    is_json(json_object_get(operation("/v1/card:read"), "parameters"), "[]");
    assert_null(json_object_get(operation("/v1/models"), "requestBody"));
}

static void answers_have_their_forms(void **state)
{
    (void)state;
    assert_non_null(json_object_get(answer("/v1/models"), "text/csv"));
    assert_non_null(json_object_get(answer("/v1/count"), "text/csv"));
    assert_null(json_object_get(answer("/v1/models/{publisher}/{model}"), "text/csv"));
    assert_non_null(json_object_get(answer("/v1/count:watch"), "text/event-stream"));
    assert_null(json_object_get(answer("/v1/count:watch"), "application/json"));
    is_json(json_object_get(answer("/v1/stages/{stage}/report"), "application/json"),
            "{\"schema\":{\"$ref\":\"#/components/schemas/ReportLinks\"}}");
    assert_null(json_object_get(parameter("/v1/stages/{stage}/report", "file"), "required"));
}

static struct jk_span reflection(void)
{
    return (struct jk_span){(const char *)jk_data_reflection, jk_data_reflection_len};
}

static void the_same_set_gives_the_same_bytes(void **state)
{
    (void)state;
    JK_CLEANUP(jk_text_done) struct jk_text one;
    JK_CLEANUP(jk_text_done) struct jk_text other;
    jk_text_init(&one, 0);
    jk_text_init(&other, 0);
    assert_true(jk_openapi_write(reflection(), &one));
    assert_true(jk_openapi_write(reflection(), &other));
    assert_string_equal(one.bytes, other.bytes);
}

static bool written_with(const char *from, const char *to)
{
    JK_CLEANUP(jk_text_done) struct jk_text out;
    unsigned char *copy = malloc(jk_data_reflection_len);
    assert_true(copy && strlen(from) == strlen(to));
    memcpy(copy, jk_data_reflection, jk_data_reflection_len);
    unsigned char *place = memmem(copy, jk_data_reflection_len, from, strlen(from));
    assert_non_null(place);
    memcpy(place, to, strlen(to));
    jk_text_init(&out, 0);
    bool written = jk_openapi_write((struct jk_span){(const char *)copy, jk_data_reflection_len}, &out);
    free(copy);
    return written;
}

static void what_cannot_be_described_is_refused(void **state)
{
    (void)state;
    assert_true(written_with("/v1/blobs/{sha256}", "/v1/Blobs/{sha256}"));
    assert_false(written_with("/v1/blobs/{sha256}", "/v1/blobs/{sha512}"));       /* no such field */
    assert_false(written_with("/v1/models/{name=*/*}", "/v1/mod/{name=*/*/*}s")); /* no template */
    assert_false(written_with("/v1/models/{name=*/*}", "/v1/mods/{name=*/*/*}")); /* three segments */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_is_a_path),
        cmocka_unit_test(references_hold),
        cmocka_unit_test(all_is_described),
        cmocka_unit_test(names_of_models_are_two_segments),
        cmocka_unit_test(parameters_have_types_and_limits),
        cmocka_unit_test(schemas_are_of_proto_json),
        cmocka_unit_test(a_body_is_the_whole_request),
        cmocka_unit_test(answers_have_their_forms),
        cmocka_unit_test(the_same_set_gives_the_same_bytes),
        cmocka_unit_test(what_cannot_be_described_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
