/* See document.h. An operation is a path of a method; what it answers depends on whether the method answers once, tells entries in
 * pages, watches, or gives a file. */
#include "openapi/document.h"

#include <stdlib.h>

#include "base/defer.h"
#include "openapi/parameters.h"

#define PACKAGE      "jokbo.v1"
#define CONVENTIONS  "jokbo/v1/registry.proto" /* whose comment at the head is of all */
#define DETAILS      "google/rpc/error_details.proto"
#define JSON         "application/json"
#define EVENT_STREAM "text/event-stream"

enum { FILE_SERVICE = 6, FILE_SYNTAX = 12, SERVICE_METHOD = 2 };

static const char head[] = "The registry of derivative models for Korea's sovereign AI programme, as JSON over HTTP. "
                           "Everything that can be read needs no "
                           "account; all writes are calls of gRPC, on another port. Bodies are ProtoJSON: fields with "
                           "their default value are left out, "
                           "64-bit integers are strings. Names of parameters may also be written in lowerCamelCase. A "
                           "list's next page is also in the "
                           "header `Link`. Answers as of a log size never change, and may be kept.";

struct document {
    struct jk_schemas schemas;
    json_t *paths, *tags;
};

/* One path of a method. */
struct operation {
    const Google__Protobuf__MethodDescriptorProto *method;
    const struct jk_http_rule *rule;
};

static json_t *comment_json(const Google__Protobuf__FileDescriptorProto *file, const int32_t *path, size_t depth)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);
    jk_elements_comment(file, path, depth, &text);
    return text.failed ? NULL : json_stringn(text.len ? text.bytes : "", text.len);
}

/* ---- answers ---- */

static bool is_table(const char *type)
{
    struct jk_span name = jk_span_after_last(jk_span_of(type), '.');
    return jk_span_equal(name, JK_SPAN("DerivativeCount")) ||
           (jk_span_starts(name, JK_SPAN("List")) && jk_span_ends(name, JK_SPAN("Response")));
}

static bool is_watch(const struct operation *operation)
{
    return operation->method->server_streaming && strncmp(operation->method->name, "Watch", 5) == 0;
}

static bool is_report(const struct operation *operation)
{
    return strcmp(operation->method->output_type, ".jokbo.v1.ReportPiece") == 0;
}

static json_t *event_stream(struct document *document, const struct operation *operation)
{
    json_t *data = jk_schema_of(&document->schemas, operation->method->output_type);
    json_t *told = json_sprintf(
        "Server-Sent Events. The data of each are a `%s` on one line, its id is where to go on; the data of an "
        "event `error` are a google.rpc.Status.",
        strrchr(operation->method->output_type, '.') + 1);
    return json_pack("{s:{s:{s:s, s:o}, s:o}}", EVENT_STREAM, "schema", "type", "string", "description", told,
                     "x-event-data", data);
}

static json_t *report_links(struct document *document)
{
    json_t *file = jk_schema_of(&document->schemas, ".jokbo.v1.ReportFile");
    json_t *link =
        json_pack("{s:s, s:{s:o, s:{s:s, s:s, s:s}}}", "type", "object", "properties", "file", file, "href", "type",
                  "string", "format", "uri-reference", "description", "Where the file is, on this server.");
    json_t *schema =
        json_pack("{s:s, s:s, s:{s:{s:s}, s:{s:s, s:s}, s:{s:s, s:o}}}", "type", "object", "description",
                  "Where the files of a revision of a stage's report are.", "properties", "stage", "type", "string",
                  "revision", "type", "integer", "format", "int32", "files", "type", "array", "items", link);
    if (json_object_set_new(document->schemas.components, "ReportLinks", schema) != 0) return NULL;
    return json_pack("{s:{s:{s:s}}}", JSON, "schema", "$ref", "#/components/schemas/ReportLinks");
}

static json_t *content(struct document *document, const struct operation *operation)
{
    if (is_watch(operation)) return event_stream(document, operation);
    if (is_report(operation)) return report_links(document);
    json_t *schema = jk_schema_of(&document->schemas, operation->method->output_type);
    json_t *media = json_pack("{s:{s:o}}", JSON, "schema", schema);
    if (media && is_table(operation->method->output_type))
        json_object_set_new(media, "text/csv", json_pack("{s:{s:s}}", "schema", "type", "string"));
    return media;
}

static json_t *answers(struct document *document, const struct operation *operation)
{
    json_t *given = content(document, operation);
    json_t *good = json_pack("{s:s, s:o}", "description",
                             is_watch(operation) ? "What is watched, as it comes." : "The answer.", "content", given);
    if (good && !is_watch(operation))
        json_object_set_new(good, "headers",
                            json_pack("{s:{s:s}, s:{s:s}}", "ETag", "$ref", "#/components/headers/ETag", "Link", "$ref",
                                      "#/components/headers/Link"));
    return json_pack("{s:o, s:{s:s}}", "200", good, "default", "$ref", "#/components/responses/Error");
}

/* ---- operations ---- */

/* What is there over HTTP besides the fields of the request, or is otherwise there. */
static bool add_others(json_t *parameters, const struct operation *operation)
{
    json_t *parameter;
    size_t at;
    json_array_foreach(parameters, at, parameter)
    {
        if (!is_report(operation) || strcmp(json_string_value(json_object_get(parameter, "name")), "file") != 0)
            continue;
        json_object_del(parameter, "required");
        json_object_set_new(parameter, "description", json_string("Only this file; left out: all."));
    }
    if (is_watch(operation))
        return json_array_append_new(parameters, json_pack("{s:s}", "$ref", "#/components/parameters/LastEventId")) ==
               0;
    if (operation->method->server_streaming || !is_table(operation->method->output_type)) return true;
    return json_array_append_new(parameters, json_pack("{s:s}", "$ref", "#/components/parameters/Format")) == 0 &&
           json_array_append_new(parameters, json_pack("{s:s}", "$ref", "#/components/parameters/Excel")) == 0;
}

/* The whole request is the body. */
static bool add_body(struct document *document, json_t *verb, const struct operation *operation)
{
    json_t *schema = jk_schema_of(&document->schemas, operation->method->input_type);
    return json_object_set_new(verb, "requestBody",
                               json_pack("{s:b, s:{s:{s:o}}}", "required", 1, "content", JSON, "schema", schema)) == 0;
}

/* The first sentence of a comment, without its full stop. */
static json_t *first_sentence(const char *comment)
{
    const char *end = strstr(comment, ". ");
    size_t len = end ? (size_t)(end - comment) : strlen(comment);
    while (len > 0 && comment[len - 1] == '.')
        len--;
    return json_stringn(comment, len);
}

/* "CountDerivatives", and for its further paths "CountDerivatives_2", … */
static json_t *operation_id(const struct operation *operation)
{
    size_t binding = operation->rule->binding;
    if (binding == 0) return json_string(operation->method->name);
    return json_sprintf("%s_%zu", operation->method->name, binding + 1);
}

static bool add_operation(struct document *document, const struct operation *operation, const char *tag,
                          json_t *description)
{
    JK_CLEANUP(jk_text_done) struct jk_text path;
    bool post = operation->rule->post;
    json_t *parameters =
        post ? json_array() : jk_parameters(&document->schemas, operation->rule, operation->method->input_type);
    json_t *summary = first_sentence(json_string_value(description));
    json_t *verb = json_pack("{s:o, s:[s], s:o, s:o, s:o, s:o}", "operationId", operation_id(operation), "tags", tag,
                             "summary", summary, "description", description, "parameters", parameters, "responses",
                             answers(document, operation));
    jk_text_init(&path, 0);
    jk_parameters_path(operation->rule, &path);
    bool good =
        verb && !path.failed && (post ? add_body(document, verb, operation) : add_others(parameters, operation));
    if (!good) {
        json_decref(verb);
        return false;
    }
    return json_object_set_new(document->paths, path.bytes, json_pack("{s:o}", post ? "post" : "get", verb)) == 0;
}

static bool add_method(struct document *document, const struct jk_http_rules *rules,
                       const Google__Protobuf__FileDescriptorProto *file, int32_t service, int32_t method)
{
    const Google__Protobuf__ServiceDescriptorProto *parent = file->service[service];
    const int32_t path[] = {FILE_SERVICE, service, SERVICE_METHOD, method};
    char name[256];
    snprintf(name, sizeof name, "/%s.%s/%s", file->package, parent->name, parent->method[method]->name);
    for (size_t i = 0; i < rules->count; i++) {
        if (strcmp(rules->rules[i].method, name) != 0) continue;
        const struct operation operation = {parent->method[method], &rules->rules[i]};
        json_t *description = comment_json(file, path, 4);
        if (!description || !add_operation(document, &operation, parent->name, description)) return false;
    }
    return true;
}

static bool add_services(struct document *document, const struct jk_http_rules *rules,
                         const Google__Protobuf__FileDescriptorProto *file)
{
    for (size_t i = 0; i < file->n_service; i++) {
        const int32_t path[] = {FILE_SERVICE, (int32_t)i};
        size_t before = json_object_size(document->paths);
        for (size_t j = 0; j < file->service[i]->n_method; j++)
            if (!add_method(document, rules, file, (int32_t)i, (int32_t)j)) return false;
        if (json_object_size(document->paths) == before) continue; /* nothing of it is called over HTTP */
        json_t *tag =
            json_pack("{s:s, s:o}", "name", file->service[i]->name, "description", comment_json(file, path, 2));
        if (json_array_append_new(document->tags, tag) != 0) return false;
    }
    return true;
}

/* ---- what operations share ---- */

static const Google__Protobuf__FileDescriptorProto *file_of(const struct jk_elements *elements, const char *name)
{
    for (size_t i = 0; i < elements->set->n_file; i++)
        if (strcmp(elements->set->file[i]->name, name) == 0) return elements->set->file[i];
    return NULL;
}

/* google.rpc.Status; what its details are is said by their "@type". */
static bool add_status(struct document *document)
{
    const Google__Protobuf__FileDescriptorProto *file = file_of(document->schemas.elements, DETAILS);
    json_t *status = jk_schema_of(&document->schemas, ".google.rpc.Status"), *any = json_array();
    for (size_t i = 0; file && i < file->n_message_type; i++) {
        char type[128];
        snprintf(type, sizeof type, ".%s.%s", file->package, file->message_type[i]->name);
        json_t *kind = json_pack("{s:s, s:{s:{s:s+}}, s:[s]}", "type", "object", "properties", "@type", "const",
                                 "type.googleapis.com/", type + 1, "required", "@type");
        json_t *both = json_pack("{s:[o, o]}", "allOf", kind, jk_schema_of(&document->schemas, type));
        if (json_array_append_new(any, both) != 0) return false;
    }
    json_decref(status);
    json_t *details = json_object_get(
        json_object_get(json_object_get(document->schemas.components, "google.rpc.Status"), "properties"), "details");
    return file && details && json_object_set_new(details, "items", json_pack("{s:o}", "anyOf", any)) == 0;
}

static json_t *header(const char *description)
{
    return json_pack("{s:s, s:{s:s}}", "description", description, "schema", "type", "string");
}

static json_t *shared_parameters(void)
{
    return json_pack(
        "{s:{s:s, s:s, s:s, s:{s:s, s:[s, s]}}, s:{s:s, s:s, s:s, s:{s:s, s:i, s:i}}, s:{s:s, s:s, s:s, s:{s:s, s:s}}}",
        "Format", "name", "format", "in", "query", "description",
        "The form of the answer; left out: by the header `Accept`, else json.", "schema", "type", "string", "enum",
        "json", "csv", "Excel", "name", "excel", "in", "query", "description",
        "1: CSV begins with a byte order mark, by which spreadsheets know UTF-8.", "schema", "type", "integer",
        "minimum", 0, "maximum", 1, "LastEventId", "name", "Last-Event-ID", "in", "header", "description",
        "The id of the last event received, to go on after it.", "schema", "type", "integer", "format", "int64");
}

static json_t *components(struct document *document)
{
    json_t *error = json_pack(
        "{s:s, s:{s:{s:{s:s}}}}", "description",
        "A failure. The HTTP status follows from `code`, as google.rpc.Code maps it: 400 for INVALID_ARGUMENT, "
        "OUT_OF_RANGE and FAILED_PRECONDITION, 404 for NOT_FOUND, 429 for RESOURCE_EXHAUSTED, 503 for UNAVAILABLE, …",
        "content", JSON, "schema", "$ref", "#/components/schemas/google.rpc.Status");
    return json_pack("{s:O, s:o, s:{s:o}, s:{s:o, s:o}}", "schemas", document->schemas.components, "parameters",
                     shared_parameters(), "responses", "Error", error, "headers", "ETag",
                     header("Names this answer; send it in `If-None-Match` to get 304 while it has not changed."),
                     "Link", header("`rel=\"next\"`: the next page; absent on the last."));
}

static json_t *info(const struct document *document)
{
    const Google__Protobuf__FileDescriptorProto *file = file_of(document->schemas.elements, CONVENTIONS);
    const int32_t path[] = {FILE_SYNTAX};
    json_t *conventions = file ? comment_json(file, path, 1) : NULL;
    json_t *description = conventions ? json_sprintf("%s\n\n%s", head, json_string_value(conventions)) : NULL;
    json_decref(conventions);
    return json_pack("{s:s, s:s, s:o, s:{s:s, s:s}}", "title", "Jokbo", "version", JK_VERSION, "description",
                     description, "license", "name", "Apache License 2.0", "identifier", "Apache-2.0");
}

static json_t *whole(struct document *document, const struct jk_http_rules *rules)
{
    const Google__Protobuf__FileDescriptorSet *set = document->schemas.elements->set;
    for (size_t i = 0; i < set->n_file; i++)
        if (strcmp(set->file[i]->package, PACKAGE) == 0 && !add_services(document, rules, set->file[i])) return NULL;
    if (!add_status(document)) return NULL;
    return json_pack("{s:s, s:o, s:[{s:s}], s:O, s:O, s:o}", "openapi", "3.1.0", "info", info(document), "servers",
                     "url", "/", "tags", document->tags, "paths", document->paths, "components", components(document));
}

static bool write_json(json_t *json, struct jk_text *out)
{
    char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
    bool made = text != NULL;
    if (made) {
        jk_text_add_str(out, text);
        jk_text_add_char(out, '\n');
    }
    free(text);
    return made && !out->failed;
}

bool jk_openapi_write(struct jk_span set, struct jk_text *out)
{
    struct jk_http_rules *rules = malloc(sizeof *rules);
    struct jk_elements *elements = malloc(sizeof *elements);
    struct jk_error error;
    jk_error_init(&error, NULL);
    bool read = rules && jk_http_rules_read(set, rules, &error) == JK_OK;
    bool opened = read && elements && jk_elements_open(set, elements);
    struct document document = {{elements, json_object()}, json_object(), json_array()};
    json_t *json = opened ? whole(&document, rules) : NULL;
    bool good = write_json(json, out);
    json_decref(json);
    json_decref(document.schemas.components);
    json_decref(document.paths);
    json_decref(document.tags);
    if (opened) jk_elements_done(elements);
    if (read) jk_http_rules_done(rules);
    free(elements);
    free(rules);
    return good;
}
