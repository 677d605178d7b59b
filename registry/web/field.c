/* See field.h. */
#include "web/field.h"

#include <google/protobuf/duration.pb-c.h>
#include <google/protobuf/timestamp.pb-c.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/text.h"
#include "reply/json.h"
#include "reply/message.h"
#include "web/protojson.h"

#define NUMBER_TEXT 64
#define VALUE_TEXT  256

static void refuse_value(const struct jk_setting *set, const char *rule)
{
    char value[VALUE_TEXT];
    jk_text_shorten(set->value, value, sizeof value);
    jk_error_field(set->error, set->path, "\"%s\" %s", value, rule);
}

ProtobufCMessage *jk_field_message(const ProtobufCMessageDescriptor *type, struct jk_arena *arena)
{
    ProtobufCMessage *message = jk_arena_alloc(arena, type->sizeof_message);
    if (message) protobuf_c_message_init(type, message);
    return message;
}

/* ---- values ---- */

/* "-0" and leading zeros are numbers, too, but nothing that overflows. */
static bool read_signed(const struct jk_setting *set, int64_t least, int64_t most, int64_t *out)
{
    bool negative = set->value.len > 0 && set->value.at[0] == '-';
    struct jk_span digits = {set->value.at + negative, set->value.len - negative};
    uint64_t magnitude;
    bool good = jk_span_to_u64(digits, &magnitude) && magnitude <= (uint64_t)INT64_MAX;
    if (good) *out = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    if (good && *out >= least && *out <= most) return true;
    char rule[NUMBER_TEXT * 2];
    snprintf(rule, sizeof rule, "is not an integer from %lld to %lld", (long long)least, (long long)most);
    refuse_value(set, rule);
    return false;
}

static bool read_unsigned(const struct jk_setting *set, uint64_t most, uint64_t *out)
{
    if (jk_span_to_u64(set->value, out) && *out <= most) return true;
    refuse_value(set, "is not an integer of 0 or more that fits the field");
    return false;
}

static bool read_real(const struct jk_setting *set, double *out)
{
    char text[NUMBER_TEXT], *end;
    bool fits = set->value.len > 0 && set->value.len < sizeof text && !jk_ascii_space(set->value.at[0]) &&
                !memchr(set->value.at, 'x', set->value.len) && !memchr(set->value.at, 'X', set->value.len);
    if (fits) {
        snprintf(text, sizeof text, "%.*s", JK_SPAN_ARG(set->value));
        *out = strtod(text, &end);
        fits = *end == '\0' && isfinite(*out);
    }
    if (!fits) refuse_value(set, "is not a number");
    return fits;
}

static bool read_boolean(const struct jk_setting *set, protobuf_c_boolean *out)
{
    *out = jk_span_equal(set->value, JK_SPAN("true"));
    if (*out || jk_span_equal(set->value, JK_SPAN("false"))) return true;
    refuse_value(set, "is neither true nor false");
    return false;
}

static bool read_enum(const struct jk_setting *set, const ProtobufCEnumDescriptor *type, int *out)
{
    char name[VALUE_TEXT];
    int64_t number = -1;
    uint64_t magnitude;
    snprintf(name, sizeof name, "%.*s", set->value.len < sizeof name ? (int)set->value.len : 0, set->value.at);
    const ProtobufCEnumValue *row = protobuf_c_enum_descriptor_get_value_by_name(type, name);
    if (!row && jk_span_to_u64(set->value, &magnitude) && magnitude <= INT32_MAX) number = (int64_t)magnitude;
    if (!row && number >= 0) row = protobuf_c_enum_descriptor_get_value(type, (int)number);
    if (row) {
        *out = row->value;
        return true;
    }
    jk_text_shorten(set->value, name, sizeof name);
    jk_error_field(set->error, set->path, "\"%s\" is no value of %s: give a name such as %s, or a number", name,
                   type->short_name, type->values[type->n_values > 1].name);
    return false;
}

static bool read_string(const struct jk_setting *set, char **out)
{
    if (!jk_utf8_valid(set->value)) {
        refuse_value(set, "is not UTF-8 without NUL");
        return false;
    }
    *out = jk_to_string(set->arena, set->value);
    return true;
}

/* The alphabet of URLs, and missing padding, are accepted as ProtoJSON demands. */
static bool read_bytes(const struct jk_setting *set, ProtobufCBinaryData *out)
{
    size_t len = set->value.len;
    while (len > 0 && set->value.at[len - 1] == '=')
        len--;
    size_t padded = (len + 3) / 4 * 4, got = 0;
    char *text = jk_arena_alloc(set->arena, padded + 1);
    unsigned char *bytes = jk_arena_alloc(set->arena, padded + 1);
    if (!text || !bytes) return false;
    for (size_t i = 0; i < padded; i++) {
        char c = i < len ? set->value.at[i] : '=';
        text[i] = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    if (!jk_base64_decode((struct jk_span){text, padded}, bytes, padded, &got)) {
        refuse_value(set, "is not base64");
        return false;
    }
    *out = (ProtobufCBinaryData){got, bytes};
    return true;
}

static bool read_timestamp(const struct jk_setting *set, void *out)
{
    int64_t time_us;
    if (!jk_time_parse(set->value, &time_us)) {
        refuse_value(set, "is not a time in RFC 3339, such as 2026-08-01T09:30:00Z (in a URL \"+\" is written %2B)");
        return false;
    }
    Google__Protobuf__Timestamp *time =
        JK_MESSAGE(set->arena, Google__Protobuf__Timestamp, google__protobuf__timestamp);
    if (!time) return false;
    time->seconds = time_us / 1000000;
    time->nanos = (int32_t)(time_us % 1000000) * 1000;
    *(void **)out = time;
    return true;
}

/* "1.5s", to the nanosecond. */
static bool read_duration(const struct jk_setting *set, void *out)
{
    struct jk_span rest = set->value, whole;
    uint64_t seconds, nanos = 0;
    bool good = jk_span_ends(rest, JK_SPAN("s"));
    if (good) rest.len--;
    bool fraction = jk_span_cut(&rest, '.', &whole);
    good = good && jk_span_to_u64(whole, &seconds) && seconds <= 315576000000 &&
           (!fraction || (rest.len >= 1 && rest.len <= 9));
    for (size_t i = 0; good && fraction && i < 9; i++) {
        char digit = i < rest.len ? rest.at[i] : '0';
        good = jk_ascii_digit(digit);
        nanos = nanos * 10 + (uint64_t)(digit - '0');
    }
    if (!good) {
        refuse_value(set, "is not a duration in seconds, such as 1.5s");
        return false;
    }
    Google__Protobuf__Duration *duration =
        JK_MESSAGE(set->arena, Google__Protobuf__Duration, google__protobuf__duration);
    if (!duration) return false;
    duration->seconds = (int64_t)seconds;
    duration->nanos = (int32_t)nanos;
    *(void **)out = duration;
    return true;
}

static bool read_message(const struct jk_setting *set, const ProtobufCMessageDescriptor *type, void *out)
{
    if (type == &google__protobuf__timestamp__descriptor) return read_timestamp(set, out);
    if (type == &google__protobuf__duration__descriptor) return read_duration(set, out);
    jk_error_field(set->error, set->path, "is a message: give its fields, such as %s.%s", set->path,
                   type->n_fields > 0 ? type->fields[0].name : "field");
    return false;
}

static bool read_numeric(const struct jk_setting *set, ProtobufCType type, void *out)
{
    int64_t number;
    uint64_t magnitude;
    double real;
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        if (!read_signed(set, INT32_MIN, INT32_MAX, &number)) return false;
        *(int32_t *)out = (int32_t)number;
        return true;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        if (!read_unsigned(set, UINT32_MAX, &magnitude)) return false;
        *(uint32_t *)out = (uint32_t)magnitude;
        return true;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return read_signed(set, INT64_MIN + 1, INT64_MAX, out);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_unsigned(set, UINT64_MAX, out);
    case PROTOBUF_C_TYPE_FLOAT:
        if (!read_real(set, &real)) return false;
        *(float *)out = (float)real;
        return true;
    default:
        return read_real(set, out);
    }
}

static bool read_parameter(const struct jk_setting *set, const ProtobufCFieldDescriptor *field, void *out)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        return read_boolean(set, out);
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(set, field->descriptor, out);
    case PROTOBUF_C_TYPE_STRING:
        return read_string(set, out);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(set, out);
    case PROTOBUF_C_TYPE_MESSAGE:
        return read_message(set, field->descriptor, out);
    default:
        return read_numeric(set, field->type, out);
    }
}

/* ---- fields ---- */

const ProtobufCFieldDescriptor *jk_field_find(const ProtobufCMessageDescriptor *type, struct jk_span name)
{
    for (unsigned i = 0; i < type->n_fields; i++) {
        const char *at = type->fields[i].name;
        size_t n = 0;
        if (jk_span_equal(jk_span_of(at), name)) return &type->fields[i];
        for (; *at && n < name.len; at++, n++) {
            bool raise = *at == '_' && at[1];
            if (raise) at++;
            char c = raise && jk_ascii_lower(*at) ? (char)(*at - 'a' + 'A') : *at;
            if (c != name.at[n]) break;
        }
        if (!*at && n == name.len) return &type->fields[i];
    }
    return NULL;
}

static void *at_offset(ProtobufCMessage *message, unsigned offset)
{
    return (char *)message + offset;
}

/* Marks a field of a oneof as the one that is chosen; false if another one is already. */
static bool choose_member(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                          const struct jk_setting *set)
{
    if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)) return true;
    uint32_t *chosen = at_offset(message, field->quantifier_offset);
    if (*chosen != 0 && *chosen != field->id) {
        const ProtobufCFieldDescriptor *other = protobuf_c_message_descriptor_get_field(message->descriptor, *chosen);
        jk_error_field(set->error, set->path, "cannot be given together with %s: give one of them", other->name);
        return false;
    }
    *chosen = field->id;
    return true;
}

/* The place for one element more, which is not yet counted; NULL when out of memory. An array grows at each power of
 * two. */
static void *next_element(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, struct jk_arena *arena)
{
    size_t count = *(size_t *)at_offset(message, field->quantifier_offset), size = jk_json_element_size(field->type);
    char **array = at_offset(message, field->offset);
    if ((count & (count - 1)) == 0) {
        char *larger = jk_arena_zalloc(arena, count ? count * 2 : 1, size);
        if (!larger) return NULL;
        if (count) memcpy(larger, *array, count * size);
        *array = larger;
    }
    return *array + count * size;
}

void jk_field_append(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const struct jk_setting *set)
{
    void *element = next_element(message, field, set->arena);
    if (element && read_parameter(set, field, element)) ++*(size_t *)at_offset(message, field->quantifier_offset);
}

ProtobufCMessage *jk_field_append_below(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                                        struct jk_arena *arena)
{
    ProtobufCMessage **element = next_element(message, field, arena);
    ProtobufCMessage *below = element ? jk_field_message(field->descriptor, arena) : NULL;
    if (!below) return NULL;
    *element = below;
    ++*(size_t *)at_offset(message, field->quantifier_offset);
    return below;
}

void jk_field_set(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const struct jk_setting *set)
{
    bool own_flag = field->label == PROTOBUF_C_LABEL_OPTIONAL && !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
                    field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE;
    if (jk_protojson_has(message, field)) {
        jk_error_field(set->error, set->path, "is given more than once: give it once");
        return;
    }
    if (!choose_member(message, field, set)) return;
    if (read_parameter(set, field, at_offset(message, field->offset)) && own_flag)
        *(protobuf_c_boolean *)at_offset(message, field->quantifier_offset) = 1;
}

ProtobufCMessage *jk_field_below(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                                 const struct jk_setting *set)
{
    ProtobufCMessage **below = at_offset(message, field->offset);
    if (!choose_member(message, field, set)) return NULL;
    if (!*below) *below = jk_field_message(field->descriptor, set->arena);
    return *below;
}
