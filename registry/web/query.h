/* Requests from URLs: the parameters of a query, and the values that a path binds, become fields of a request message,
 * by its descriptor (field.h). Nested names have dots ("as_of.log_size"); repeated fields are given several times.
 * Pure.
 *
 * Errors, all found ones at once, INVALID_ARGUMENT naming field, value and rule: a parameter that is no field; a field
 * given twice, or by the path too; two fields of one oneof; a message or map as a whole; a value of another type; bad
 * percent-encoding; text that is not UTF-8 or holds NUL. */
#ifndef JK_WEB_QUERY_H
#define JK_WEB_QUERY_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/error.h"

/* A field of a message, by its path from there. `value`: decoded. */
void jk_query_set(ProtobufCMessage *message, struct jk_span path, struct jk_span value, struct jk_arena *arena,
                  struct jk_error *error);
/* All parameters of "a=1&b.c=2"; those that `skip` (may be NULL) accepts by their decoded name are left alone. */
void jk_query_read(ProtobufCMessage *message, struct jk_span query, bool (*skip)(struct jk_span name),
                   struct jk_arena *arena, struct jk_error *error);
/* The value of the first parameter of that name, decoded into the arena; false if there is none, or it is malformed. */
bool jk_query_find(struct jk_span query, const char *name, struct jk_arena *arena, struct jk_span *out_value);

#endif
