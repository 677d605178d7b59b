/* Small parts of the interface's messages, in an arena. Pure. */
#ifndef JK_REPLY_MESSAGE_H
#define JK_REPLY_MESSAGE_H

#include <google/protobuf/timestamp.pb-c.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/span.h"

/* A NUL-terminated copy; the empty string where memory is out (the arena remembers that). */
char *jk_to_string(struct jk_arena *arena, struct jk_span text);
/* 64 digits; the empty string for a zero digest. */
char *jk_to_hex(struct jk_arena *arena, const struct jk_digest *digest);
/* NULL for JK_TIME_NONE, and where memory is out. */
Google__Protobuf__Timestamp *jk_to_timestamp(struct jk_arena *arena, int64_t time_us);
/* JK_TIME_NONE for NULL; a violation of `field` when out of range. */
int64_t jk_from_timestamp(const Google__Protobuf__Timestamp *timestamp, const char *field, struct jk_error *error);
/* Arena arrays of pointers for repeated fields; NULL when out of memory. */
void **jk_pointers(struct jk_arena *arena, size_t count);

/* A message in the arena, initialised: JK_MESSAGE(arena, Jokbo__V1__Model, jokbo__v1__model). */
#define JK_MESSAGE(arena, type, prefix)                                                                                \
    ({                                                                                                                 \
        type *jk_message_ = jk_arena_alloc((arena), sizeof *jk_message_);                                              \
        if (jk_message_) prefix##__init(jk_message_);                                                                  \
        jk_message_;                                                                                                   \
    })

/* An allocator for protobuf-c that takes from the arena, and lives as long as that is used. */
ProtobufCAllocator jk_arena_allocator(struct jk_arena *arena);

#endif
