/* See message.h. */
#include "reply/message.h"

#include "domain/entry.h"

char *jk_to_string(struct jk_arena *arena, struct jk_span text)
{
    char *copy = text.len ? jk_arena_copy(arena, text.at, text.len) : NULL;
    return copy ? copy : (char *)protobuf_c_empty_string;
}

char *jk_to_hex(struct jk_arena *arena, const struct jk_digest *digest)
{
    char hex[JK_DIGEST_HEX + 1];
    if (jk_digest_is_zero(digest)) return (char *)protobuf_c_empty_string;
    jk_digest_hex(digest, hex);
    return jk_to_string(arena, (struct jk_span){hex, JK_DIGEST_HEX});
}

Google__Protobuf__Timestamp *jk_to_timestamp(struct jk_arena *arena, int64_t time_us)
{
    if (time_us == JK_TIME_NONE) return NULL;
    Google__Protobuf__Timestamp *timestamp =
        JK_MESSAGE(arena, Google__Protobuf__Timestamp, google__protobuf__timestamp);
    if (!timestamp) return NULL;
    timestamp->seconds = time_us / 1000000;
    timestamp->nanos = (int32_t)(time_us % 1000000) * 1000;
    return timestamp;
}

int64_t jk_from_timestamp(const Google__Protobuf__Timestamp *timestamp, const char *field, struct jk_error *error)
{
    if (!timestamp) return JK_TIME_NONE;
    bool in_range = timestamp->seconds >= 0 && timestamp->seconds < 253402300800 && timestamp->nanos >= 0 &&
                    timestamp->nanos < 1000000000;
    if (in_range) return timestamp->seconds * 1000000 + timestamp->nanos / 1000;
    jk_error_field(error, field, "%lld s and %d ns is not a time from year 1970 to 9999", (long long)timestamp->seconds,
                   timestamp->nanos);
    return JK_TIME_NONE;
}

void **jk_pointers(struct jk_arena *arena, size_t count)
{
    return count ? jk_arena_zalloc(arena, count, sizeof(void *)) : NULL;
}

static void *take_from_arena(void *arena, size_t size)
{
    return jk_arena_alloc(arena, size ? size : 1);
}

/* What an arena gave it takes back whole. */
static void keep_in_arena(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer;
}

ProtobufCAllocator jk_arena_allocator(struct jk_arena *arena)
{
    return (ProtobufCAllocator){take_from_arena, keep_in_arena, arena};
}
