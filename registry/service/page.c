/* Page tokens: "p1.<log size>.<cursor>.<16 hex digits of the digest over method and arguments>". A token is no secret
 * and gives no right, so it carries no signature; it is checked for belonging to this very question. */
#include "service/page.h"

#include "base/check.h"
#include "base/text.h"
#include "service/dispatch.h"
#include "service/services.h"

#define BOUND_HEX 16

static const ProtobufCFieldDescriptor *field_of(struct jk_call *call, const char *name)
{
    return protobuf_c_message_descriptor_get_field_by_name(call->method->request, name);
}

static void *member(struct jk_call *call, const ProtobufCFieldDescriptor *field)
{
    return (char *)(uintptr_t)call->request + field->offset;
}

/* The digest of the request as if it asked for its first page at any size. */
static enum jk_status bind_arguments(struct jk_call *call, char **token, int32_t *size, struct jk_digest *out_bound)
{
    char *kept_token = *token;
    int32_t kept_size = *size;
    *token = (char *)protobuf_c_empty_string;
    *size = 0;
    size_t len = protobuf_c_message_get_packed_size(call->request);
    uint8_t *bytes = jk_arena_alloc(&call->arena, len + 1);
    if (bytes) len = protobuf_c_message_pack(call->request, bytes);
    *token = kept_token;
    *size = kept_size;
    if (!bytes) return jk_fail(&call->error, JK_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "The request is too large");
    struct jk_span parts[2] = {jk_span_of(call->method->path), {(char *)bytes, len}};
    *out_bound = jk_digest_parts(parts, 2);
    return JK_OK;
}

static void bound_hex(const struct jk_page *page, char out[BOUND_HEX + 1])
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&page->bound, hex);
    memcpy(out, hex, BOUND_HEX);
    out[BOUND_HEX] = 0;
}

static enum jk_status refuse_token(struct jk_call *call, struct jk_span token, const char *why)
{
    char shown[96];
    jk_text_shorten(token, shown, sizeof shown);
    jk_error_field(&call->error, "page_token", "\"%s\" %s; begin again without a token", shown, why);
    return jk_error_result(&call->error);
}

static bool parse_token(struct jk_span token, struct jk_page *out_page, struct jk_span *out_bound)
{
    struct jk_span mark, size, after;
    uint64_t log_size;
    *out_bound = token;
    bool formed = jk_span_cut(out_bound, '.', &mark) && jk_span_equal(mark, JK_SPAN("p1")) &&
                  jk_span_cut(out_bound, '.', &size) && jk_span_cut(out_bound, '.', &after) &&
                  jk_span_to_u64(size, &log_size) && log_size < JK_NONE && jk_span_to_u64(after, &out_page->after) &&
                  out_bound->len == BOUND_HEX;
    if (formed) out_page->log_size = (uint32_t)log_size;
    return formed;
}

static enum jk_status read_token(struct jk_call *call, struct jk_span token, struct jk_page *page)
{
    struct jk_span bound;
    char hex[BOUND_HEX + 1];
    if (!parse_token(token, page, &bound)) return refuse_token(call, token, "is not a token of this server");
    bound_hex(page, hex);
    if (memcmp(bound.at, hex, BOUND_HEX) != 0) return refuse_token(call, token, "was made for other arguments");
    page->resumed = true;
    return JK_OK;
}

uint32_t jk_page_log_size(struct jk_call *call)
{
    const ProtobufCFieldDescriptor *field = field_of(call, "page_token");
    struct jk_page page;
    struct jk_span bound;
    if (!field) return 0;
    return parse_token(jk_span_of(*(char **)member(call, field)), &page, &bound) ? page.log_size : 0;
}

enum jk_status jk_page_read(struct jk_call *call, struct jk_page *out_page)
{
    const ProtobufCFieldDescriptor *size_field = field_of(call, "page_size"),
                                   *token_field = field_of(call, "page_token");
    JK_CHECK(size_field && token_field);
    int32_t *size = member(call, size_field);
    char **token = member(call, token_field);
    memset(out_page, 0, sizeof *out_page);
    if (*size < 0) {
        jk_error_field(&call->error, "page_size", "%d is negative; 0 means %d, at most %d", *size, JK_PAGE_DEFAULT,
                       JK_PAGE_MAX);
        return jk_error_result(&call->error);
    }
    out_page->size = *size == 0 ? JK_PAGE_DEFAULT : *size > JK_PAGE_MAX ? JK_PAGE_MAX : (uint32_t)*size;
    JK_TRY(bind_arguments(call, token, size, &out_page->bound));
    struct jk_span text = jk_span_of(*token);
    return text.len ? read_token(call, text, out_page) : JK_OK;
}

char *jk_page_token(struct jk_call *call, const struct jk_page *page, uint32_t log_size, uint64_t after)
{
    char hex[BOUND_HEX + 1];
    bound_hex(page, hex);
    char *token = jk_arena_printf(&call->arena, "p1.%u.%llu.%s", log_size, (unsigned long long)after, hex);
    return token ? token : (char *)protobuf_c_empty_string;
}
