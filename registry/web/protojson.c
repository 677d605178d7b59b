/* See protojson.h. The interface has no recursive types, so the recursion is only as deep as the types. */
#include "web/protojson.h"

#include <google/protobuf/any.pb-c.h>
#include <google/protobuf/duration.pb-c.h>
#include <google/protobuf/timestamp.pb-c.h>
#include <google/rpc/error_details.pb-c.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/ascii.h"
#include "reply/json.h"

#define TYPE_URL "type.googleapis.com/"

/* ---- strings and names ---- */

static bool needs_no_escape(unsigned char c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '<' && c != '>';
}

static void escape_code(uint32_t code, struct jk_span character, struct jk_text *out)
{
    if (code == '"' || code == '\\')
        jk_text_addf(out, "\\%c", (char)code);
    else if (code == '\n')
        jk_text_add_str(out, "\\n");
    else if (code < 0x20 || code == 0x7F || code == '<' || code == '>' || code == 0x2028 || code == 0x2029)
        jk_text_addf(out, "\\u%04x", code);
    else
        jk_text_add(out, character);
}

/* "<" and ">" are escaped so that the text is harmless in a page, too. */
void jk_protojson_string(struct jk_span string, struct jk_text *out)
{
    jk_text_add_char(out, '"');
    while (string.len > 0) {
        size_t plain = 0;
        while (plain < string.len && needs_no_escape((unsigned char)string.at[plain]))
            plain++;
        jk_text_add(out, (struct jk_span){string.at, plain});
        string = (struct jk_span){string.at + plain, string.len - plain};
        if (string.len == 0) break;
        struct jk_span rest = string;
        uint32_t code;
        if (jk_utf8_next(&rest, &code)) {
            escape_code(code, (struct jk_span){string.at, string.len - rest.len}, out);
            string = rest;
        } else {
            jk_text_add_str(out, string.at[0] == '\0' ? "\\u0000" : "\xEF\xBF\xBD");
            string = (struct jk_span){string.at + 1, string.len - 1};
        }
    }
    jk_text_add_char(out, '"');
}

/* "logSize" for "log_size". */
static void write_name(const char *name, struct jk_text *out)
{
    for (; *name; name++) {
        bool raise = *name == '_' && name[1];
        if (raise) name++;
        jk_text_add_char(out, raise && jk_ascii_lower(*name) ? (char)(*name - 'a' + 'A') : *name);
    }
}

/* ---- well-known types ---- */

/* A fraction of a second in three, six or nine digits; nothing for none. */
static void write_fraction(int32_t nanos, struct jk_text *out)
{
    if (nanos == 0) return;
    if (nanos % 1000000 == 0)
        jk_text_addf(out, ".%03d", nanos / 1000000);
    else if (nanos % 1000 == 0)
        jk_text_addf(out, ".%06d", nanos / 1000);
    else
        jk_text_addf(out, ".%09d", nanos);
}

static void write_timestamp(const Google__Protobuf__Timestamp *time, struct jk_text *out)
{
    time_t seconds = (time_t)time->seconds;
    struct tm parts;
    bool good = time->seconds >= -62135596800 && time->seconds <= 253402300799 && time->nanos >= 0 &&
                time->nanos <= 999999999 && gmtime_r(&seconds, &parts);
    if (!good) { /* no date in RFC 3339 */
        jk_text_add_str(out, "null");
        return;
    }
    jk_text_addf(out, "\"%04d-%02d-%02dT%02d:%02d:%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                 parts.tm_hour, parts.tm_min, parts.tm_sec);
    write_fraction(time->nanos, out);
    jk_text_add_str(out, "Z\"");
}

static void write_duration(const Google__Protobuf__Duration *duration, struct jk_text *out)
{
    bool negative = duration->seconds < 0 || duration->nanos < 0;
    jk_text_addf(out, "\"%s%" PRIu64, negative ? "-" : "",
                 negative ? -(uint64_t)duration->seconds : (uint64_t)duration->seconds);
    write_fraction(negative ? -duration->nanos : duration->nanos, out);
    jk_text_add_str(out, "s\"");
}

static void write_fields(const ProtobufCMessage *message, bool first, struct jk_text *out);

static void write_any(const Google__Protobuf__Any *any, struct jk_text *out)
{
    static const ProtobufCMessageDescriptor *const known[] = {
        &google__rpc__error_info__descriptor, &google__rpc__bad_request__descriptor,
        &google__rpc__precondition_failure__descriptor, &google__rpc__resource_info__descriptor,
        &google__rpc__retry_info__descriptor};
    struct jk_span url = jk_span_of(any->type_url);
    jk_text_add_str(out, "{\"@type\":");
    jk_protojson_string(url, out);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!jk_span_starts(url, JK_SPAN(TYPE_URL)) || strcmp(url.at + sizeof TYPE_URL - 1, known[i]->name) != 0)
            continue;
        ProtobufCMessage *inner = protobuf_c_message_unpack(known[i], NULL, any->value.len, any->value.data);
        if (inner) write_fields(inner, false, out);
        protobuf_c_message_free_unpacked(inner, NULL);
    }
    jk_text_add_char(out, '}');
}

/* ---- values ---- */

static void write_integer(uint64_t magnitude, bool negative, bool quoted, struct jk_text *out)
{
    char digits[24];
    size_t at = sizeof digits;
    if (quoted) digits[--at] = '"';
    do
        digits[--at] = (char)('0' + magnitude % 10);
    while (magnitude /= 10);
    if (negative) digits[--at] = '-';
    if (quoted) digits[--at] = '"';
    jk_text_add(out, (struct jk_span){digits + at, sizeof digits - at});
}

static void write_signed(int64_t number, bool quoted, struct jk_text *out)
{
    write_integer(number < 0 ? -(uint64_t)number : (uint64_t)number, number < 0, quoted, out);
}

/* The shortest text that reads back as the same number. */
static void write_real(double number, int least, int most, bool single, struct jk_text *out)
{
    char text[40];
    if (isnan(number) || isinf(number)) {
        jk_text_add_str(out, isnan(number) ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"");
        return;
    }
    for (int digits = least; digits <= most; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (single ? strtof(text, NULL) == (float)number : strtod(text, NULL) == number) break;
    }
    jk_text_add_str(out, text);
}

static void write_enum(const ProtobufCEnumDescriptor *type, int value, struct jk_text *out)
{
    const ProtobufCEnumValue *row = protobuf_c_enum_descriptor_get_value(type, value);
    if (row)
        jk_text_addf(out, "\"%s\"", row->name);
    else
        write_signed(value, false, out);
}

static void write_bytes(const ProtobufCBinaryData *bytes, struct jk_text *out)
{
    jk_text_add_char(out, '"');
    jk_base64_encode(out, bytes->data, bytes->len);
    jk_text_add_char(out, '"');
}

static void write_value(const ProtobufCFieldDescriptor *field, const void *at, struct jk_text *out)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        write_signed(*(const int32_t *)at, false, out);
        return;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        write_integer(*(const uint32_t *)at, false, false, out);
        return;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        write_signed(*(const int64_t *)at, true, out);
        return;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        write_integer(*(const uint64_t *)at, false, true, out);
        return;
    case PROTOBUF_C_TYPE_FLOAT:
        write_real((double)*(const float *)at, 6, 9, true, out);
        return;
    case PROTOBUF_C_TYPE_DOUBLE:
        write_real(*(const double *)at, 15, 17, false, out);
        return;
    case PROTOBUF_C_TYPE_BOOL:
        jk_text_add_str(out, *(const protobuf_c_boolean *)at ? "true" : "false");
        return;
    case PROTOBUF_C_TYPE_ENUM:
        write_enum(field->descriptor, *(const int *)at, out);
        return;
    case PROTOBUF_C_TYPE_STRING:
        jk_protojson_string(jk_span_of(*(char *const *)at), out);
        return;
    case PROTOBUF_C_TYPE_BYTES:
        write_bytes(at, out);
        return;
    case PROTOBUF_C_TYPE_MESSAGE:
        jk_protojson_write(*(const ProtobufCMessage *const *)at, out);
        return;
    }
}

/* ---- fields ---- */

static bool is_default(ProtobufCType type, const void *at)
{
    static const unsigned char zero[8];
    if (type == PROTOBUF_C_TYPE_STRING) return !*(char *const *)at || !**(char *const *)at;
    if (type == PROTOBUF_C_TYPE_MESSAGE) return !*(void *const *)at;
    if (type == PROTOBUF_C_TYPE_BYTES) return ((const ProtobufCBinaryData *)at)->len == 0;
    return memcmp(at, zero, jk_json_element_size(type)) == 0;
}

bool jk_protojson_has(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const void *at = (const char *)message + field->offset,
               *quantifier = (const char *)message + field->quantifier_offset;
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) return *(const uint32_t *)quantifier == field->id;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) return *(const size_t *)quantifier > 0;
    if (field->label != PROTOBUF_C_LABEL_OPTIONAL || field->type == PROTOBUF_C_TYPE_MESSAGE)
        return !is_default(field->type, at);
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return *(char *const *)at && *(char *const *)at != (const char *)field->default_value;
    return *(const protobuf_c_boolean *)quantifier;
}

/* protoc names a map's messages after its field. */
bool jk_protojson_is_map(const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *pair = field->descriptor;
    if (field->label != PROTOBUF_C_LABEL_REPEATED || field->type != PROTOBUF_C_TYPE_MESSAGE || pair->n_fields != 2)
        return false;
    return jk_span_ends(jk_span_of(pair->name), JK_SPAN("Entry")) && strcmp(pair->fields[0].name, "key") == 0 &&
           strcmp(pair->fields[1].name, "value") == 0;
}

/* Keys are strings in JSON, whatever they are. */
static void write_map(const ProtobufCFieldDescriptor *field, ProtobufCMessage *const *pairs, size_t count,
                      struct jk_text *out)
{
    const ProtobufCMessageDescriptor *pair = field->descriptor;
    bool quoted = pair->fields[0].type == PROTOBUF_C_TYPE_STRING ||
                  jk_json_element_size(pair->fields[0].type) == 8; /* it has its quotes */
    jk_text_add_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) jk_text_add_char(out, ',');
        if (!quoted) jk_text_add_char(out, '"');
        write_value(&pair->fields[0], (const char *)pairs[i] + pair->fields[0].offset, out);
        jk_text_add_str(out, quoted ? ":" : "\":");
        write_value(&pair->fields[1], (const char *)pairs[i] + pair->fields[1].offset, out);
    }
    jk_text_add_char(out, '}');
}

static void write_repeated(const ProtobufCFieldDescriptor *field, const char *array, size_t count, struct jk_text *out)
{
    size_t step = jk_json_element_size(field->type);
    if (jk_protojson_is_map(field)) {
        write_map(field, (ProtobufCMessage *const *)(const void *)array, count, out);
        return;
    }
    jk_text_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) jk_text_add_char(out, ',');
        write_value(field, array + i * step, out);
    }
    jk_text_add_char(out, ']');
}

static void write_fields(const ProtobufCMessage *message, bool first, struct jk_text *out)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        const char *at = (const char *)message + field->offset;
        if (!jk_protojson_has(message, field)) continue;
        jk_text_add_str(out, first ? "\"" : ",\"");
        first = false;
        write_name(field->name, out);
        jk_text_add_str(out, "\":");
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            write_repeated(field, *(const char *const *)(const void *)at,
                           *(const size_t *)(const void *)((const char *)message + field->quantifier_offset), out);
        else
            write_value(field, at, out);
    }
}

void jk_protojson_write(const ProtobufCMessage *message, struct jk_text *out)
{
    if (message->descriptor == &google__protobuf__timestamp__descriptor) {
        write_timestamp((const Google__Protobuf__Timestamp *)message, out);
    } else if (message->descriptor == &google__protobuf__duration__descriptor) {
        write_duration((const Google__Protobuf__Duration *)message, out);
    } else if (message->descriptor == &google__protobuf__any__descriptor) {
        write_any((const Google__Protobuf__Any *)message, out);
    } else {
        jk_text_add_char(out, '{');
        write_fields(message, true, out);
        jk_text_add_char(out, '}');
    }
}
