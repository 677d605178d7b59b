/* See page.h; the tokens themselves are reply/page_token.h. */
#include "service/call/page.h"

#include "base/check.h"
#include "base/text.h"
#include "reply/page_token.h"
#include "service/call/dispatch.h"
#include "service/call/services.h"

static const ProtobufCFieldDescriptor *field_of(struct jk_call *call, const char *name)
{
    return protobuf_c_message_descriptor_get_field_by_name(call->method->request, name);
}

static void *member(struct jk_call *call, const ProtobufCFieldDescriptor *field)
{
    return (char *)(uintptr_t)call->request + field->offset;
}

static enum jk_status refuse_token(struct jk_call *call, struct jk_span token, const char *why)
{
    char shown[96];
    jk_text_shorten(token, shown, sizeof shown);
    jk_error_field(&call->error, "page_token", "\"%s\" %s; begin again without a token", shown, why);
    return jk_error_result(&call->error);
}

static enum jk_status read_token(struct jk_call *call, struct jk_span text, struct jk_page *page)
{
    struct jk_page_token token;
    if (!jk_page_token_parse(text, &token)) return refuse_token(call, text, "is not a token of this server");
    if (!jk_page_token_fits(&token, &page->bound)) return refuse_token(call, text, "was made for other arguments");
    page->log_size = token.log_size;
    page->after = token.after;
    page->resumed = true;
    return JK_OK;
}

uint32_t jk_page_log_size(struct jk_call *call)
{
    const ProtobufCFieldDescriptor *field = field_of(call, "page_token");
    const char *text = field ? *(char **)member(call, field) : "";
    struct jk_page_token token;
    return *text && jk_page_token_parse(jk_span_of(text), &token) ? token.log_size : 0;
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
    if (!jk_page_bind(&call->arena, call->method->path, (ProtobufCMessage *)(uintptr_t)call->request, &out_page->bound))
        return jk_out_of_memory(&call->error);
    struct jk_span text = jk_span_of(*token);
    return text.len ? read_token(call, text, out_page) : JK_OK;
}

char *jk_page_token(struct jk_call *call, const struct jk_page *page, uint32_t log_size, uint64_t after)
{
    return jk_page_token_write(&call->arena, &page->bound, log_size, after);
}
