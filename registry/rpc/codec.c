/* Messages between bytes and structs. See codec.h. */
#include "rpc/codec.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "reply/message.h"
#include "rpc/gunzip.h"
#include "rpc/wire.h"

#define PATH_MAX_TEXT     256
#define WRONG_FIELDS_MOST 1000 /* then the walk ends: nobody mends more at once, and each costs time */

/* Where the walk is: one a level, the innermost last. */
struct frame {
    const struct frame *parent;
    const ProtobufCMessageDescriptor *type;
    struct jk_span whole;                  /* the message */
    const ProtobufCFieldDescriptor *field; /* the field that the walk is in */
    const char *at;                        /* where it begins */
    size_t element;                        /* within a packed field: clients send one for a list */
    unsigned depth;
    size_t *unknown; /* enum numbers that are not known, of the whole message */
};

/* Which of the repeated fields with this number begins at frame->at. Counted only when there is something to say. */
static size_t index_of(const struct frame *frame)
{
    struct jk_span rest = frame->whole;
    struct jk_wire_field field;
    size_t index = 0;
    while (rest.at < frame->at && jk_wire_next(&rest, &field))
        if (field.number == frame->field->id) index++;
    return index;
}

/* "derivative.parents[2].name"; depth is bounded, so is this recursion. */
static void write_path(const struct frame *frame, struct jk_text *out)
{
    if (frame->parent) {
        write_path(frame->parent, out);
        jk_text_add_char(out, '.');
    }
    jk_text_add_str(out, frame->field->name);
    if (frame->field->label == PROTOBUF_C_LABEL_REPEATED) jk_text_addf(out, "[%zu]", index_of(frame) + frame->element);
}

static void violate(const struct frame *frame, struct jk_error *error, const char *rule, const char *value)
{
    struct jk_text path;
    jk_text_init(&path, 0);
    if (error->violation_count < JK_ERROR_VIOLATIONS) write_path(frame, &path);
    struct jk_span text = jk_text_span(&path);
    bool fits = !path.failed && text.len > 0 && text.len < PATH_MAX_TEXT;
    jk_error_field(error, fits ? text.at : frame->field->name, "\"%s\" %s", value, rule);
    jk_text_done(&path);
}

static void check_string(const struct frame *frame, struct jk_span value, struct jk_error *error)
{
    if (jk_utf8_valid(value)) return;
    char shown[128];
    jk_text_shorten(value, shown, sizeof shown);
    bool nul = memchr(value.at, 0, value.len) != NULL;
    violate(frame, error, nul ? "contains a NUL byte; leave it out" : "is not UTF-8 (RFC 3629); encode it as UTF-8",
            shown);
}

static void check_enum(const struct frame *frame, uint64_t value, struct jk_error *error)
{
    const ProtobufCEnumDescriptor *type = frame->field->descriptor;
    if (protobuf_c_enum_descriptor_get_value(type, (int)(uint32_t)value)) return;
    char number[24], rule[160];
    ++*frame->unknown;
    snprintf(number, sizeof number, "%" PRId32, (int32_t)(uint32_t)value);
    snprintf(rule, sizeof rule, "is not a value of %s that this server knows; use one that the interface names",
             type->name);
    violate(frame, error, rule, number);
}

static bool check_message(struct frame *frame, struct jk_error *error);

static bool check_child(const struct frame *frame, struct jk_span bytes, struct jk_error *error)
{
    struct frame child = {frame, frame->field->descriptor, bytes, NULL, NULL, 0, frame->depth + 1, frame->unknown};
    return child.depth <= JK_CODEC_DEPTH && check_message(&child, error);
}

/* False: not well-formed. What is wrong with a value goes into `error`, and the walk goes on. */
static bool check_field(struct frame *frame, const struct jk_wire_field *field, struct jk_error *error)
{
    frame->field = protobuf_c_message_descriptor_get_field(frame->type, field->number);
    if (!frame->field) return true; /* from a newer client: ignored, as proto3 has it */
    bool delimited = field->type == JK_WIRE_BYTES;
    switch (frame->field->type) {
    case PROTOBUF_C_TYPE_STRING:
        if (delimited) check_string(frame, field->bytes, error);
        return delimited;
    case PROTOBUF_C_TYPE_MESSAGE:
        return delimited && check_child(frame, field->bytes, error);
    case PROTOBUF_C_TYPE_ENUM:
        if (delimited) {
            /* enum numbers one after another in a length-delimited field */
            struct jk_span values = field->bytes;
            uint64_t value;
            for (frame->element = 0; values.len > 0 && error->violation_count < WRONG_FIELDS_MOST; frame->element++) {
                if (!jk_wire_varint(&values, &value)) return false;
                check_enum(frame, value, error);
            }
            frame->element = 0;
            return true;
        }
        check_enum(frame, field->value, error);
        return field->type == JK_WIRE_VARINT;
    default:
        return true;
    }
}

static bool check_message(struct frame *frame, struct jk_error *error)
{
    struct jk_span rest = frame->whole;
    struct jk_wire_field field;
    frame->at = rest.at;
    while (jk_wire_next(&rest, &field)) {
        if (!check_field(frame, &field, error)) return false;
        if (error->violation_count >= WRONG_FIELDS_MOST) return true;
        frame->at = rest.at;
    }
    return rest.len == 0;
}

static enum jk_status malformed_request(const ProtobufCMessageDescriptor *type, struct jk_error *error)
{
    return jk_fail(error, JK_INVALID_ARGUMENT, "MALFORMED_MESSAGE",
                   "the message is not a well-formed %s nested at most %d deep; build it from this server's interface",
                   type->name, JK_CODEC_DEPTH);
}

/* *out_readable: protobuf-c may see it, whatever is said of enum numbers. */
static enum jk_status check_bytes(const ProtobufCMessageDescriptor *type, struct jk_span bytes, bool *out_readable,
                                  struct jk_error *error)
{
    size_t unknown = 0;
    struct frame top = {NULL, type, bytes, NULL, NULL, 0, 1, &unknown};
    *out_readable = false;
    if (!check_message(&top, error)) return malformed_request(type, error);
    *out_readable = error->violation_count == unknown && unknown < WRONG_FIELDS_MOST;
    jk_error_settle(error);
    return jk_error_result(error);
}

enum jk_status jk_codec_check(const ProtobufCMessageDescriptor *type, struct jk_span bytes, struct jk_error *error)
{
    bool readable;
    return check_bytes(type, bytes, &readable, error);
}

static void forget_unknown(ProtobufCMessage *message);

static void forget_in_field(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    void *at = (char *)message + field->offset, *quantifier = (char *)message + field->quantifier_offset;
    bool chosen = !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) || *(uint32_t *)quantifier == field->id;
    size_t count = repeated ? *(size_t *)quantifier : 1, kept = 0;
    if (!chosen) return;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        ProtobufCMessage **children = repeated ? *(ProtobufCMessage ***)at : at;
        for (size_t i = 0; i < count; i++)
            if (children[i]) forget_unknown(children[i]);
        return;
    }
    int *numbers = repeated ? *(int **)at : at;
    for (size_t i = 0; i < count; i++)
        if (protobuf_c_enum_descriptor_get_value(field->descriptor, numbers[i])) numbers[kept++] = numbers[i];
    if (repeated)
        *(size_t *)quantifier = kept;
    else if (kept == 0)
        *numbers = 0;
}

/* Enum numbers that are not known become "not given". As deep as the message, which is bounded. */
static void forget_unknown(ProtobufCMessage *message)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (field->type == PROTOBUF_C_TYPE_ENUM || field->type == PROTOBUF_C_TYPE_MESSAGE)
            forget_in_field(message, field);
    }
}

/* The buffer's bytes in one piece: where they are, when they are one slice, else copied together. */
static bool gather_slices(const grpc_slice_buffer *slices, struct jk_arena *arena, struct jk_span *out_bytes)
{
    if (slices->count <= 1) {
        *out_bytes = slices->count == 0 ? (struct jk_span){"", 0}
                                        : (struct jk_span){(const char *)GRPC_SLICE_START_PTR(slices->slices[0]),
                                                           GRPC_SLICE_LENGTH(slices->slices[0])};
        return true;
    }
    char *copy = jk_arena_alloc(arena, slices->length);
    if (!copy) return false;
    size_t len = 0;
    for (size_t i = 0; i < slices->count; i++) {
        memcpy(copy + len, GRPC_SLICE_START_PTR(slices->slices[i]), GRPC_SLICE_LENGTH(slices->slices[i]));
        len += GRPC_SLICE_LENGTH(slices->slices[i]);
    }
    *out_bytes = (struct jk_span){copy, len};
    return true;
}

static enum jk_status too_complex(struct jk_error *error)
{
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "MESSAGE_TOO_COMPLEX",
                   "the message takes more memory than a call may have; send fewer items in one");
}

/* The message's bytes, unpacked. The server takes gzip and no other compression (server.c), and leaves unpacking to this. */
static enum jk_status take_bytes_of(const grpc_byte_buffer *buffer, size_t limit, struct jk_arena *arena,
                                    struct jk_span *out_bytes, struct jk_error *error)
{
    const grpc_slice_buffer *slices = &buffer->data.raw.slice_buffer;
    if (slices->length > limit)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                       "the message has %zu bytes, at most %zu are accepted; send less in one", slices->length, limit);
    if (!gather_slices(slices, arena, out_bytes)) return too_complex(error);
    if (buffer->data.raw.compression == GRPC_COMPRESS_NONE) return JK_OK;
    switch (jk_gunzip(*out_bytes, limit, arena, out_bytes)) {
    case JK_GUNZIP_OK:
        return JK_OK;
    case JK_GUNZIP_TOO_LARGE:
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                       "the message has more than %zu bytes when unpacked, and no more are accepted; send less in one",
                       limit);
    case JK_GUNZIP_NO_MEMORY:
        return too_complex(error);
    default:
        return jk_fail(
            error, JK_INVALID_ARGUMENT, "MALFORMED_MESSAGE",
            "the message is said to be compressed, but is not one whole gzip; send it again, or without compression");
    }
}

enum jk_status jk_codec_decode(const ProtobufCMessageDescriptor *type, grpc_byte_buffer *buffer, size_t limit,
                               struct jk_arena *arena, const ProtobufCMessage **out_message, struct jk_error *error)
{
    struct jk_span bytes;
    JK_TRY(take_bytes_of(buffer, limit, arena, &bytes, error));
    bool readable;
    enum jk_status status = check_bytes(type, bytes, &readable, error);
    if (!readable) return status;
    /* protobuf-c takes 30 to 90 times the message's size from its allocator: the arena bounds that. */
    ProtobufCAllocator allocator = jk_arena_allocator(arena);
    ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, bytes.len, (const uint8_t *)bytes.at);
    if (!message) return arena->exhausted ? too_complex(error) : malformed_request(type, error);
    if (status != JK_OK) forget_unknown(message);
    *out_message = message;
    return status;
}

static grpc_byte_buffer *buffer_of(grpc_slice slice)
{
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    return buffer;
}

grpc_byte_buffer *jk_codec_encode(const ProtobufCMessage *message, size_t limit)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    if (size > limit) return NULL;
    grpc_slice slice = grpc_slice_malloc(size);
    protobuf_c_message_pack(message, GRPC_SLICE_START_PTR(slice));
    return buffer_of(slice);
}

grpc_byte_buffer *jk_codec_wrap(struct jk_span bytes)
{
    return buffer_of(grpc_slice_from_copied_buffer(bytes.at, bytes.len));
}
