/* See parameters.h. */
#include "openapi/parameters.h"

#include "base/ascii.h"
#include "base/defer.h"

#define NESTING_MOST 4
#define TYPE(name)   GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

struct parameters {
    struct jk_schemas *schemas;
    const struct jk_http_rule *rule;
    json_t *list;
};

/* ---- schemas of values in URLs ---- */

/* A decimal number with commas between thousands off *rest. */
static bool take_limit(struct jk_span *rest, json_int_t *out_value)
{
    size_t len = 0;
    *out_value = 0;
    for (; len < rest->len && (jk_ascii_digit(rest->at[len]) || (len > 0 && rest->at[len] == ',')); len++)
        if (rest->at[len] != ',') *out_value = *out_value * 10 + (rest->at[len] - '0');
    *rest = (struct jk_span){rest->at + len, rest->len - len};
    return len > 0 && len < 16;
}

/* A comment that begins "0 to 1,000" gives both limits of a number. */
static bool add_limits(json_t *schema, struct jk_span comment)
{
    json_int_t least, most;
    if (!take_limit(&comment, &least) || !jk_span_starts(comment, JK_SPAN(" to "))) return true;
    comment = (struct jk_span){comment.at + 4, comment.len - 4};
    if (!take_limit(&comment, &most)) return true;
    return json_object_set_new(schema, "minimum", json_integer(least)) == 0 &&
           json_object_set_new(schema, "maximum", json_integer(most)) == 0;
}

/* In a URL a 64-bit integer is a number as any other. */
static json_t *value_schema(struct jk_schemas *schemas, const jk_proto_field *field, struct jk_span comment)
{
    bool number = field->type == TYPE(INT32) || field->type == TYPE(INT64);
    json_t *schema = field->type == TYPE(INT64) ? json_pack("{s:s, s:s}", "type", "integer", "format", "int64")
                                                : jk_schema_value(schemas, field);
    if (!schema || !number || add_limits(schema, comment)) return schema;
    json_decref(schema);
    return NULL;
}

/* ---- variables of the path ---- */

/* Adds a Parameter Object; takes `schema` and `description`. */
static bool add_parameter(struct parameters *parameters, const char *name, const char *where, bool required,
                          json_t *description, json_t *schema)
{
    json_t *parameter =
        json_pack("{s:s, s:s, s:o, s:o}", "name", name, "in", where, "description", description, "schema", schema);
    if (parameter && required) json_object_set_new(parameter, "required", json_true());
    return json_array_append_new(parameters->list, parameter) == 0;
}

static bool add_variable(struct parameters *parameters, const struct jk_http_variable *variable,
                         const struct jk_element *message, size_t field)
{
    json_t *description = jk_schema_description(message, field, false);
    if (variable->count == 2) {
        json_t *before = json_sprintf("The part before the `/` of: %s", json_string_value(description));
        json_t *after = json_sprintf("The part after the `/` of: %s", json_string_value(description));
        json_decref(description);
        return add_parameter(parameters, "publisher", "path", true, before, json_pack("{s:s}", "type", "string")) &&
               add_parameter(parameters, "model", "path", true, after, json_pack("{s:s}", "type", "string"));
    }
    if (variable->count != 1) {
        json_decref(description);
        return false;
    }
    char name[64];
    snprintf(name, sizeof name, "%.*s", JK_SPAN_ARG(jk_span_after_last(variable->field, '.')));
    return add_parameter(
        parameters, name, "path", true, description,
        value_schema(parameters->schemas, message->message->field[field], jk_span_of(json_string_value(description))));
}

/* ---- fields ---- */

static const struct jk_http_variable *variable_of(const struct jk_http_rule *rule, const char *field)
{
    for (size_t i = 0; i < rule->variable_count; i++)
        if (jk_span_equal(rule->variables[i].field, jk_span_of(field))) return &rule->variables[i];
    return NULL;
}

/* The path gives another field of the same oneof. */
static bool excluded(const struct parameters *parameters, const struct jk_element *message, const jk_proto_field *field,
                     const char *prefix)
{
    char name[128];
    for (size_t i = 0; field->has_oneof_index && i < message->message->n_field; i++) {
        const jk_proto_field *other = message->message->field[i];
        snprintf(name, sizeof name, "%s%s", prefix, other->name);
        bool beside = other != field && other->has_oneof_index && other->oneof_index == field->oneof_index;
        if (beside && variable_of(parameters->rule, name)) return true;
    }
    return false;
}

static bool add_query(struct parameters *parameters, const struct jk_element *message, size_t at, const char *name)
{
    const jk_proto_field *field = message->message->field[at];
    json_t *description = jk_schema_description(message, at, true);
    struct jk_span comment = jk_span_of(json_string_value(description));
    json_t *schema = value_schema(parameters->schemas, field, comment);
    if (field->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED)
        schema = json_pack("{s:s, s:o}", "type", "array", "items", schema);
    /* A field of a message that may be absent, or of several, is not required by itself. */
    bool required = !strchr(name, '.') && !field->has_oneof_index && jk_span_ends(comment, JK_SPAN("Required."));
    return add_parameter(parameters, name, "query", required, description, schema);
}

static bool add_fields(struct parameters *parameters, const struct jk_element *message, const char *prefix,
                       int nesting);

static bool add_field(struct parameters *parameters, const struct jk_element *message, size_t at, const char *prefix,
                      int nesting)
{
    const jk_proto_field *field = message->message->field[at];
    bool repeated = field->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
    bool time = field->type == TYPE(MESSAGE) && strcmp(field->type_name, ".google.protobuf.Timestamp") == 0;
    char name[128];
    snprintf(name, sizeof name, "%s%s", prefix, field->name);
    const struct jk_http_variable *variable = variable_of(parameters->rule, name);
    if (variable) return add_variable(parameters, variable, message, at);
    if (excluded(parameters, message, field, prefix)) return true;
    if (field->type != TYPE(MESSAGE) || time) return add_query(parameters, message, at, name);
    const struct jk_element *within = jk_elements_find(parameters->schemas->elements, field->type_name);
    if (repeated || !within || nesting == NESTING_MOST) return false;
    strncat(name, ".", sizeof name - strlen(name) - 1);
    return add_fields(parameters, within, name, nesting + 1);
}

static bool add_fields(struct parameters *parameters, const struct jk_element *message, const char *prefix, int nesting)
{
    for (size_t i = 0; i < message->message->n_field; i++)
        if (!add_field(parameters, message, i, prefix, nesting)) return false;
    return true;
}

json_t *jk_parameters(struct jk_schemas *schemas, const struct jk_http_rule *rule, const char *request)
{
    struct parameters parameters = {.schemas = schemas, .rule = rule, .list = json_array()};
    const struct jk_element *message = jk_elements_find(schemas->elements, request);
    size_t in_path = 0, expected = 0, at;
    json_t *parameter;
    bool good = message && message->message && add_fields(&parameters, message, "", 1);
    for (size_t i = 0; i < rule->variable_count; i++)
        expected += rule->variables[i].count;
    json_array_foreach(parameters.list, at, parameter) in_path +=
        strcmp(json_string_value(json_object_get(parameter, "in")), "path") == 0;
    if (good && in_path == expected) return parameters.list;
    json_decref(parameters.list);
    return NULL;
}

void jk_parameters_path(const struct jk_http_rule *rule, struct jk_text *out)
{
    for (size_t i = 0, next = 0; i < rule->segment_count; i++) {
        const struct jk_http_variable *variable = next < rule->variable_count ? &rule->variables[next] : NULL;
        if (rule->segments[i].len > 0) {
            jk_text_addf(out, "/%.*s", JK_SPAN_ARG(rule->segments[i]));
            continue;
        }
        if (variable->count == 2)
            jk_text_add_str(out, i == variable->first ? "/{publisher}" : "/{model}");
        else
            jk_text_addf(out, "/{%.*s}", JK_SPAN_ARG(jk_span_after_last(variable->field, '.')));
        next += i + 1 == variable->first + variable->count;
    }
    if (rule->verb.len > 0) jk_text_addf(out, ":%.*s", JK_SPAN_ARG(rule->verb));
}
