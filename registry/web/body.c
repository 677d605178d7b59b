/* See body.h. */
#include "web/body.h"

#include <google/protobuf/duration.pb-c.h>
#include <google/protobuf/timestamp.pb-c.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "base/text.h"
#include "web/field.h"
#include "web/protojson.h"

#define PATH_TEXT   256
#define NUMBER_TEXT 32
#define REAL_DIGITS 17

struct reading {
    struct jk_arena *arena;
    struct jk_error *error;
};

static void read_fields(const struct reading *reading, ProtobufCMessage *message, const json_t *object,
                        const char *path);

static const char *kind_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    default:
        return "null";
    }
}

static void refuse_kind(const struct reading *reading, const json_t *value, const char *path, const char *wanted)
{
    jk_error_field(reading->error, path, "is %s, where %s is needed", kind_of(value), wanted);
}

static bool is_message(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_MESSAGE && field->descriptor != &google__protobuf__timestamp__descriptor &&
           field->descriptor != &google__protobuf__duration__descriptor;
}

/* ---- values ---- */

/* What a field takes besides strings; NULL: nothing. */
static const char *bare_kind(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        return "true or false";
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return NULL;
    default:
        return "a number";
    }
}

/* A value as the text that a URL would have; false if its kind is another than the field's. */
static bool json_as_text(const ProtobufCFieldDescriptor *field, const json_t *value, char room[NUMBER_TEXT],
                         struct jk_span *out)
{
    const char *bare = bare_kind(field);
    if (json_is_string(value)) {
        *out = (struct jk_span){json_string_value(value), json_string_length(value)};
        return field->type != PROTOBUF_C_TYPE_BOOL;
    }
    if (!bare || strcmp(bare, kind_of(value)) != 0) return false;
    if (json_is_boolean(value))
        snprintf(room, NUMBER_TEXT, "%s", json_is_true(value) ? "true" : "false");
    else if (json_is_integer(value))
        snprintf(room, NUMBER_TEXT, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        snprintf(room, NUMBER_TEXT, "%.*g", REAL_DIGITS, json_real_value(value));
    *out = jk_span_of(room);
    return true;
}

static void read_json_value(const struct reading *reading, ProtobufCMessage *message,
                            const ProtobufCFieldDescriptor *field, const json_t *value, const char *path)
{
    struct jk_setting set = {.path = path, .arena = reading->arena, .error = reading->error};
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    char room[NUMBER_TEXT];
    if (is_message(field)) {
        if (!json_is_object(value)) {
            refuse_kind(reading, value, path, "an object");
            return;
        }
        ProtobufCMessage *below =
            repeated ? jk_field_append_below(message, field, reading->arena) : jk_field_below(message, field, &set);
        if (below) read_fields(reading, below, value, path);
        return;
    }
    if (!json_as_text(field, value, room, &set.value)) {
        const char *bare = bare_kind(field);
        refuse_kind(reading, value, path, bare ? bare : "a string");
        return;
    }
    if (repeated)
        jk_field_append(message, field, &set);
    else
        jk_field_set(message, field, &set);
}

/* ---- fields ---- */

static void read_elements(const struct reading *reading, ProtobufCMessage *message,
                          const ProtobufCFieldDescriptor *field, const json_t *array, const char *path)
{
    char place[PATH_TEXT];
    if (!json_is_array(array)) {
        refuse_kind(reading, array, path, "an array");
        return;
    }
    for (size_t i = 0; i < json_array_size(array) && !reading->arena->exhausted; i++) {
        snprintf(place, sizeof place, "%.*s[%zu]", PATH_TEXT / 2, path, i);
        read_json_value(reading, message, field, json_array_get(array, i), place);
    }
}

static void read_field(const struct reading *reading, ProtobufCMessage *message, const char *name, const json_t *value,
                       const char *path)
{
    const ProtobufCFieldDescriptor *field = jk_field_find(message->descriptor, jk_span_of(name));
    if (!field)
        jk_error_field(reading->error, path, "is no field of %s", message->descriptor->short_name);
    else if (jk_protojson_is_map(field))
        jk_error_field(reading->error, path, "is a map, which is not read here");
    else if (json_is_null(value))
        return;
    else if (field->label == PROTOBUF_C_LABEL_REPEATED)
        read_elements(reading, message, field, value, path);
    else
        read_json_value(reading, message, field, value, path);
}

/* `path`: where the message is, "" for the request itself. As deep as messages of the interface are. */
static void read_fields(const struct reading *reading, ProtobufCMessage *message, const json_t *object,
                        const char *path)
{
    char shown[PATH_TEXT / 2], place[PATH_TEXT];
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        jk_text_shorten(jk_span_of(name), shown, sizeof shown);
        snprintf(place, sizeof place, "%.*s%s%s", PATH_TEXT / 2 - 2, path, *path ? "." : "", shown);
        read_field(reading, message, name, value, place);
        if (reading->arena->exhausted) return;
    }
}

/* ---- the body ---- */

/* Each costs a parser a hundred times its two bytes. Those within strings count, too. */
static size_t count_brackets(struct jk_span body)
{
    size_t count = 0;
    for (size_t i = 0; i < body.len; i++)
        count += body.at[i] == '[' || body.at[i] == '{';
    return count;
}

void jk_body_read(ProtobufCMessage *message, struct jk_span body, struct jk_arena *arena, struct jk_error *error)
{
    const struct reading reading = {arena, error};
    json_error_t fault;
    if (count_brackets(body) > JK_BODY_VALUES) {
        jk_error_field(error, "body", "has more than %d arrays and objects", JK_BODY_VALUES);
        return;
    }
    json_t *root = json_loadb(body.len > 0 ? body.at : "", body.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (!root)
        jk_error_field(error, "body", "is not JSON: line %d, column %d: %s", fault.line, fault.column, fault.text);
    else if (!json_is_object(root))
        refuse_kind(&reading, root, "body", "an object with the request's fields");
    else
        read_fields(&reading, message, root, "");
    json_decref(root);
    if (arena->exhausted) (void)jk_out_of_memory(error);
}
