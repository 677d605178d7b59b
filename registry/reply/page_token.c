/* See page_token.h. */
#include "reply/page_token.h"

#include "base/check.h"

#define BOUND_HEX 16

static void *member(ProtobufCMessage *request, const char *name)
{
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(request->descriptor, name);
    JK_CHECK(field);
    return (char *)request + field->offset;
}

bool jk_page_bind(struct jk_arena *arena, const char *path, ProtobufCMessage *request, struct jk_digest *out_bound)
{
    char **token = member(request, "page_token"), *kept_token = *token;
    int32_t *size = member(request, "page_size"), kept_size = *size;
    *token = (char *)protobuf_c_empty_string;
    *size = 0;
    size_t len = protobuf_c_message_get_packed_size(request);
    uint8_t *bytes = jk_arena_alloc(arena, len + 1);
    if (bytes) len = protobuf_c_message_pack(request, bytes);
    *token = kept_token;
    *size = kept_size;
    if (!bytes) return false;
    struct jk_span parts[2] = {jk_span_of(path), {(char *)bytes, len}};
    *out_bound = jk_digest_parts(parts, 2);
    return true;
}

static void bound_hex(const struct jk_digest *bound, char out[BOUND_HEX + 1])
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(bound, hex);
    memcpy(out, hex, BOUND_HEX);
    out[BOUND_HEX] = 0;
}

char *jk_page_token_write(struct jk_arena *arena, const struct jk_digest *bound, uint32_t log_size, uint64_t after)
{
    char hex[BOUND_HEX + 1];
    bound_hex(bound, hex);
    char *token = jk_arena_printf(arena, "p1.%u.%llu.%s", log_size, (unsigned long long)after, hex);
    return token ? token : (char *)protobuf_c_empty_string;
}

bool jk_page_token_parse(struct jk_span text, struct jk_page_token *out_token)
{
    struct jk_span mark, size, after;
    uint64_t log_size, cursor;
    bool formed = jk_span_cut(&text, '.', &mark) && jk_span_equal(mark, JK_SPAN("p1")) &&
                  jk_span_cut(&text, '.', &size) && jk_span_cut(&text, '.', &after) &&
                  jk_span_to_u64(size, &log_size) && log_size < UINT32_MAX && jk_span_to_u64(after, &cursor) &&
                  text.len == BOUND_HEX;
    if (formed) *out_token = (struct jk_page_token){(uint32_t)log_size, cursor, text};
    return formed;
}

bool jk_page_token_fits(const struct jk_page_token *token, const struct jk_digest *bound)
{
    char hex[BOUND_HEX + 1];
    bound_hex(bound, hex);
    return memcmp(token->bound.at, hex, BOUND_HEX) == 0;
}
