/* Requests from bodies: an object in ProtoJSON becomes a request message, by its descriptor (field.h). Names may be those
 * of the proto, too; null is as if left out; numbers may be strings, but not the other way round. Pure.
 *
 * Errors, all found ones at once, INVALID_ARGUMENT naming field, value and rule: what is not one JSON object, or has a
 * name twice; more than JK_BODY_VALUES arrays and objects; a name that is no field; a value of another type; a map.
 * Limits: a body has at most JK_BODY_MOST bytes, which is what a message of the largest size over gRPC takes with its
 * bytes in base64; parsing it takes at most 64 MiB for as long as it lasts. */
#ifndef JK_WEB_BODY_H
#define JK_WEB_BODY_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/error.h"

#define JK_BODY_MOST   ((size_t)3 << 19)
#define JK_BODY_VALUES 50000

void jk_body_read(ProtobufCMessage *message, struct jk_span body, struct jk_arena *arena, struct jk_error *error);

#endif
