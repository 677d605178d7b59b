/* Walking descriptors. The interface has no recursive types, so the recursion is only as deep as the types. */
#include "reply/json.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"

#define HOUR_US 3600000000LL

/* "FINDING_KIND_" for the type FindingKind. */
static void enum_prefix(const ProtobufCEnumDescriptor *type, char *out, size_t room)
{
    size_t len = 0;
    for (const char *c = type->short_name; *c && len + 3 < room; c++) {
        if (jk_ascii_upper(*c) && c != type->short_name) out[len++] = '_';
        out[len++] = jk_ascii_lower(*c) ? (char)(*c - 'a' + 'A') : *c;
    }
    out[len++] = '_';
    out[len] = '\0';
}

const char *jk_json_enum_word(const ProtobufCEnumDescriptor *type, int value, char out_word[JK_JSON_WORD])
{
    char prefix[96];
    const ProtobufCEnumValue *row = protobuf_c_enum_descriptor_get_value(type, value);
    out_word[0] = '\0';
    if (value == 0) return out_word;
    if (!row) {
        snprintf(out_word, JK_JSON_WORD, "%d", value);
        return out_word;
    }
    enum_prefix(type, prefix, sizeof prefix);
    const char *name = row->name;
    if (strncmp(name, prefix, strlen(prefix)) == 0) name += strlen(prefix);
    size_t len = 0;
    for (; *name && len + 1 < JK_JSON_WORD; name++)
        out_word[len++] = *name == '_' ? '-' : *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
    out_word[len] = '\0';
    return out_word;
}

bool jk_json_enum_parse(const ProtobufCEnumDescriptor *type, const char *word, int *out_value)
{
    char own[JK_JSON_WORD];
    for (unsigned i = 0; i < type->n_values; i++) {
        int value = type->values[i].value;
        if (value == 0 || strcmp(jk_json_enum_word(type, value, own), word) != 0) continue;
        *out_value = value;
        return true;
    }
    return false;
}

void jk_json_enum_words(const ProtobufCEnumDescriptor *type, struct jk_text *out)
{
    char word[JK_JSON_WORD];
    const char *before = "";
    for (unsigned i = 0; i < type->n_values; i++) {
        if (type->values[i].value == 0) continue;
        jk_text_addf(out, "%s%s", before, jk_json_enum_word(type, type->values[i].value, word));
        before = ", ";
    }
}

int64_t jk_json_time_us(const Google__Protobuf__Timestamp *time)
{
    const int64_t most = 253402300799; /* the last second of the year 9999 */
    if (!time || time->seconds < 0) return 0;
    int64_t seconds = time->seconds > most ? most : time->seconds;
    return seconds * 1000000 + (time->nanos > 0 && time->nanos < 1000000000 ? time->nanos / 1000 : 0);
}

void jk_json_time_set(int64_t time_us, Google__Protobuf__Timestamp *out_time)
{
    google__protobuf__timestamp__init(out_time);
    out_time->seconds = time_us / 1000000;
    out_time->nanos = (int32_t)(time_us % 1000000 * 1000);
}

const char *jk_json_time_people(const Google__Protobuf__Timestamp *time, char out_text[JK_TIME_TEXT])
{
    out_text[0] = '\0';
    if (!time) return out_text;
    jk_time_format(jk_json_time_us(time) + 9 * HOUR_US, out_text);
    out_text[10] = ' ';
    memcpy(out_text + 16, " KST", 5);
    return out_text;
}

static json_t *bytes_json(const ProtobufCBinaryData *bytes)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_base64_encode(&text, bytes->data, bytes->len);
    json_t *value = text.failed ? NULL : json_stringn(text.bytes ? text.bytes : "", text.len);
    jk_text_done(&text);
    return value;
}

static json_t *enum_json(const ProtobufCEnumDescriptor *type, int value)
{
    char word[JK_JSON_WORD];
    jk_json_enum_word(type, value, word);
    return word[0] ? json_string(word) : json_null();
}

static json_t *message_json(const ProtobufCMessage *message)
{
    char text[JK_TIME_TEXT];
    if (!message) return json_null();
    if (message->descriptor != &google__protobuf__timestamp__descriptor) return jk_json_message(message);
    jk_time_format(jk_json_time_us((const Google__Protobuf__Timestamp *)message), text);
    return json_string(text);
}

static json_t *value_json(const ProtobufCFieldDescriptor *field, const void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return json_integer(*(const int32_t *)at);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return json_integer(*(const uint32_t *)at);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return json_integer(*(const int64_t *)at);
    case PROTOBUF_C_TYPE_FLOAT:
        return json_real((double)*(const float *)at);
    case PROTOBUF_C_TYPE_DOUBLE:
        return json_real(*(const double *)at);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)at);
    case PROTOBUF_C_TYPE_ENUM:
        return enum_json(field->descriptor, *(const int *)at);
    case PROTOBUF_C_TYPE_STRING:
        return json_string(*(char *const *)at ? *(char *const *)at : "");
    case PROTOBUF_C_TYPE_BYTES:
        return bytes_json(at);
    case PROTOBUF_C_TYPE_MESSAGE:
        return message_json(*(const ProtobufCMessage *const *)at);
    }
    return json_null();
}

size_t jk_json_element_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        return 4;
    }
}

static json_t *list_json(const ProtobufCFieldDescriptor *field, const char *base)
{
    size_t count = *(const size_t *)(base + field->quantifier_offset);
    const char *items = *(char *const *)(base + field->offset);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, value_json(field, items + i * jk_json_element_size(field->type)));
    return list;
}

json_t *jk_json_message(const ProtobufCMessage *message)
{
    const char *base = (const char *)message;
    json_t *object = json_object();
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        bool choice = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
        if (choice && *(const uint32_t *)(base + field->quantifier_offset) != field->id) continue;
        json_t *value = field->label == PROTOBUF_C_LABEL_REPEATED ? list_json(field, base)
                                                                  : value_json(field, base + field->offset);
        json_object_set_new(object, field->name, value);
    }
    return object;
}
