/* Fields of request messages from texts, by their descriptors; for URLs (query.h) and bodies (body.h). Names are those of
 * the proto or of JSON ("page_size", "pageSize"). Values: enums by full name or number, times in RFC 3339, durations as
 * "1.5s", booleans "true" and "false", bytes in base64 (either alphabet), the rest as they are. Pure.
 *
 * Errors are field violations, INVALID_ARGUMENT: a value of another type, text that is not UTF-8 or holds NUL, a field
 * given twice, two fields of one oneof. Where memory is out, the arena says so. */
#ifndef JK_WEB_FIELD_H
#define JK_WEB_FIELD_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/error.h"

/* One value on its way into a field. */
struct jk_setting {
    const char *path; /* as it was given, for errors */
    struct jk_span value;
    struct jk_arena *arena;
    struct jk_error *error;
};

/* A message with nothing set; NULL when out of memory. */
ProtobufCMessage *jk_field_message(const ProtobufCMessageDescriptor *type, struct jk_arena *arena);
/* NULL if there is none of that name. */
const ProtobufCFieldDescriptor *jk_field_find(const ProtobufCMessageDescriptor *type, struct jk_span name);
/* Sets a field that is not repeated. */
void jk_field_set(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const struct jk_setting *set);
/* Adds an element to a repeated one. */
void jk_field_append(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const struct jk_setting *set);
/* The message in a field, made if it is not there; NULL on an error. */
ProtobufCMessage *jk_field_below(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                                 const struct jk_setting *set);
/* A further message in a repeated field; NULL when out of memory. */
ProtobufCMessage *jk_field_append_below(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                                        struct jk_arena *arena);

#endif
