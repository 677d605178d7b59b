/* See schema.h. */
#include "openapi/schema.h"

#include "base/defer.h"

#define PACKAGE ".jokbo.v1."

enum { MESSAGE_FIELD = 2 };
enum { ENUM_VALUE = 2 };

#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

static json_t *scalar(const jk_proto_field *field)
{
    switch (field->type) {
    case TYPE(BOOL):
        return json_pack("{s:s}", "type", "boolean");
    case TYPE(INT32):
    case TYPE(UINT32):
        return json_pack("{s:s, s:s}", "type", "integer", "format", "int32");
    case TYPE(INT64):
    case TYPE(UINT64):
        return json_pack("{s:s, s:s, s:s}", "type", "string", "format", "int64", "pattern", "^-?[0-9]+$");
    case TYPE(STRING):
        return json_pack("{s:s}", "type", "string");
    case TYPE(BYTES):
        return json_pack("{s:s, s:s}", "type", "string", "contentEncoding", "base64");
    default: /* the interface has no other */
        return NULL;
    }
}

json_t *jk_schema_value(struct jk_schemas *schemas, const jk_proto_field *field)
{
    return field->type_name && *field->type_name ? jk_schema_of(schemas, field->type_name) : scalar(field);
}

json_t *jk_schema_description(const struct jk_element *message, size_t field, bool beside)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    const jk_proto_field *this = message->message->field[field];
    jk_text_init(&text, 0);
    jk_elements_part(message, MESSAGE_FIELD, field, &text);
    const char *before = " Excludes ";
    for (size_t i = 0; beside && this->has_oneof_index && i < message->message->n_field; i++) {
        const jk_proto_field *other = message->message->field[i];
        if (other == this || !other->has_oneof_index || other->oneof_index != this->oneof_index) continue;
        jk_text_addf(&text, "%s`%s`", before, other->name);
        before = ", ";
    }
    if (*before == ',') jk_text_add_char(&text, '.');
    return text.failed ? NULL : json_stringn(text.len ? text.bytes : "", text.len);
}

static bool is_map(const struct jk_element *type)
{
    return type && type->message && type->message->options && type->message->options->map_entry;
}

static json_t *property(struct jk_schemas *schemas, const struct jk_element *message, size_t at)
{
    const jk_proto_field *field = message->message->field[at];
    bool repeated = field->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
    const struct jk_element *type = field->type_name ? jk_elements_find(schemas->elements, field->type_name) : NULL;
    json_t *schema = is_map(type) ? json_pack("{s:s, s:o}", "type", "object", "additionalProperties",
                                              jk_schema_value(schemas, type->message->field[1]))
                                  : jk_schema_value(schemas, field);
    if (repeated && !is_map(type)) schema = json_pack("{s:s, s:o}", "type", "array", "items", schema);
    if (!schema || json_object_set_new(schema, "description", jk_schema_description(message, at, true)) == 0)
        return schema;
    json_decref(schema);
    return NULL;
}

static bool describe(json_t *schema, const struct jk_element *element)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);
    jk_elements_comment(element->file, element->path, element->depth, &text);
    for (size_t i = 0; element->enumeration && i < element->enumeration->n_value; i++) {
        jk_text_addf(&text, "\n- `%s`: ", element->enumeration->value[i]->name);
        jk_elements_part(element, ENUM_VALUE, i, &text);
    }
    if (text.len == 0) return !text.failed;
    return !text.failed && json_object_set_new(schema, "description", json_stringn(text.bytes, text.len)) == 0;
}

static bool fill_message(struct jk_schemas *schemas, json_t *schema, const struct jk_element *element)
{
    json_t *properties = json_object();
    bool good = json_object_set_new(schema, "type", json_string("object")) == 0 &&
                json_object_set_new(schema, "properties", properties) == 0;
    for (size_t i = 0; good && i < element->message->n_field; i++)
        good =
            json_object_set_new(properties, element->message->field[i]->json_name, property(schemas, element, i)) == 0;
    return good;
}

static bool fill_enum(json_t *schema, const struct jk_element *element)
{
    json_t *names = json_array();
    bool good = json_object_set_new(schema, "type", json_string("string")) == 0 &&
                json_object_set_new(schema, "enum", names) == 0;
    for (size_t i = 0; good && i < element->enumeration->n_value; i++)
        good = json_array_append_new(names, json_string(element->enumeration->value[i]->name)) == 0;
    return good;
}

/* Google's well-known types have forms of their own. */
static json_t *well_known(const char *type)
{
    if (strcmp(type, ".google.protobuf.Timestamp") == 0)
        return json_pack("{s:s, s:s}", "type", "string", "format", "date-time");
    if (strcmp(type, ".google.protobuf.Duration") == 0)
        return json_pack("{s:s, s:s}", "type", "string", "pattern", "^-?[0-9]+(\\.[0-9]{1,9})?s$");
    if (strcmp(type, ".google.protobuf.Any") == 0)
        return json_pack("{s:s, s:{s:{s:s, s:s}}, s:[s]}", "type", "object", "properties", "@type", "type", "string",
                         "description", "`type.googleapis.com/` and the name of the message whose fields these are.",
                         "required", "@type");
    return NULL;
}

json_t *jk_schema_of(struct jk_schemas *schemas, const char *type)
{
    json_t *known = well_known(type);
    if (known) return known;
    const struct jk_element *element = jk_elements_find(schemas->elements, type);
    if (!element) return NULL;
    struct jk_span name = jk_span_of(type);
    size_t skipped = jk_span_starts(name, JK_SPAN(PACKAGE)) ? sizeof PACKAGE - 1 : 1;
    if (!json_object_get(schemas->components, type + skipped)) {
        json_t *schema = json_object(); /* there before it is filled: messages may hold themselves */
        if (json_object_set_new(schemas->components, type + skipped, schema) != 0 || !describe(schema, element))
            return NULL;
        bool good = element->message ? fill_message(schemas, schema, element) : fill_enum(schema, element);
        if (!good) return NULL;
    }
    return json_pack("{s:s+}", "$ref", "#/components/schemas/", type + skipped);
}
