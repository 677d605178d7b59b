/* From a call to the sequencer and back. */
#include "service/write.h"

#include "auth/access.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"
#include "service/dispatch.h"

bool jk_uuid_parse(struct jk_span text, unsigned char out_bytes[16])
{
    char hex[32];
    size_t digits = 0;
    bool any = false;
    if (text.len != 36) return false;
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (text.at[i] == '-')) return false;
        if (!dash) hex[digits++] = text.at[i] >= 'A' && text.at[i] <= 'F' ? (char)(text.at[i] + 32) : text.at[i];
    }
    if (!jk_hex_decode((struct jk_span){hex, 32}, out_bytes, 16)) return false;
    for (size_t i = 0; i < 16; i++)
        any = any || out_bytes[i];
    return any;
}

static const void *field_value(const ProtobufCMessage *message, const char *name)
{
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
    return field ? (const char *)message + field->offset : NULL;
}

static enum jk_status read_request_id(struct jk_call *call, struct jk_change *change)
{
    const char *const *text = field_value(call->request, "request_id");
    char shown[96];
    if (!text || !**text) return JK_OK;
    if (jk_uuid_parse(jk_span_of(*text), change->write.request_id)) {
        change->write.account = call->principal.account;
        return JK_OK;
    }
    jk_text_shorten(jk_span_of(*text), shown, sizeof shown);
    jk_error_field(&call->error, "request_id", "\"%s\" is not a UUID such as 123e4567-e89b-42d3-a456-426614174000",
                   shown);
    return jk_error_result(&call->error);
}

/* What the request_id stands for: the method and everything asked. */
static enum jk_status fingerprint(struct jk_call *call, struct jk_change *change)
{
    size_t len = protobuf_c_message_get_packed_size(call->request);
    uint8_t *bytes = jk_arena_alloc(&call->arena, len + 1);
    if (!bytes) return jk_fail(&call->error, JK_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "The request is too large");
    protobuf_c_message_pack(call->request, bytes);
    struct jk_span parts[2] = {jk_span_of(call->method->path), {(char *)bytes, len}};
    change->write.fingerprint = jk_digest_parts(parts, 2);
    return JK_OK;
}

/* A token revoked, an account disabled or a role taken since the call came in, here or on another server: the directory
 * under the head lock decides. */
static enum jk_status still_allowed(struct jk_call *call, struct jk_turn *turn)
{
    struct jk_token token;
    struct jk_account account;
    if (!call->principal.account) return JK_OK;
    bool valid = jk_directory_token(turn->directory, call->principal.token, &token) && !token.revoked &&
                 jk_directory_account(turn->directory, call->principal.account, &account) && !account.disabled;
    if (!valid) return jk_fail(&call->error, JK_UNAUTHENTICATED, "TOKEN_INVALID", "The token is not valid any more");
    call->principal.roles = account.roles;
    memcpy(call->principal.team, account.team, sizeof account.team);
    return jk_may_call(&call->principal, call->method->allowed, call->method->scope, &call->error);
}

/* A reply about what would be holds for no size of the log. */
static void forget_size(ProtobufCMessage *reply)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(reply->descriptor, "log_size");
    if (field) *(int64_t *)((char *)reply + field->offset) = 0;
}

static enum jk_status decide(struct jk_write *write, struct jk_turn *turn)
{
    struct jk_change *change = (struct jk_change *)write;
    struct jk_call *call = change->call;
    ProtobufCMessage *reply = NULL;
    JK_TRY(still_allowed(call, turn));
    JK_TRY(change->decide(change, turn, &reply));
    JK_CHECK(reply);
    if (write->dry) forget_size(reply);
    if (call->arena.exhausted)
        return jk_fail(&call->error, JK_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "The reply is too large");
    size_t len = protobuf_c_message_get_packed_size(reply);
    uint8_t *bytes = jk_arena_alloc(&call->arena, len + 1);
    if (!bytes) return jk_fail(&call->error, JK_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "The reply is too large");
    protobuf_c_message_pack(reply, bytes);
    write->reply = (struct jk_span){(char *)bytes, len};
    return JK_OK;
}

static void settle(struct jk_write *write, enum jk_status outcome)
{
    struct jk_call *call = ((struct jk_change *)write)->call;
    if (outcome == JK_OK)
        call->ops->finish_bytes(call, write->reply);
    else
        jk_call_fail(call);
}

static bool abandoned(struct jk_write *write)
{
    struct jk_call *call = ((struct jk_change *)write)->call;
    if (!atomic_load(&call->cancelled) && jk_monotonic_ms() < call->deadline_ms) return false;
    (void)jk_fail(&call->error, JK_DEADLINE_EXCEEDED, "DEADLINE",
                  "The deadline passed before the write's turn; nothing was written");
    return true;
}

static void refuse_full(struct jk_call *call)
{
    (void)jk_fail(&call->error, JK_RESOURCE_EXHAUSTED, "QUEUE_FULL", "Too many writes are waiting; try again shortly");
    call->error.retry_ms = 500;
    jk_call_fail(call);
}

void jk_change_submit(struct jk_call *call,
                      enum jk_status (*method)(struct jk_change *, struct jk_turn *, ProtobufCMessage **), void *input)
{
    struct jk_change *change = jk_arena_zalloc(&call->arena, 1, sizeof *change);
    if (!change) {
        (void)jk_fail(&call->error, JK_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "The request is too large");
        jk_call_fail(call);
        return;
    }
    change->write =
        (struct jk_write){.decide = decide, .settle = settle, .abandoned = abandoned, .error = &call->error};
    change->call = call;
    change->decide = method;
    change->input = input;
    const protobuf_c_boolean *dry = call->request ? field_value(call->request, "validate_only") : NULL;
    change->write.dry = dry && *dry;
    if (call->request && (read_request_id(call, change) != JK_OK || fingerprint(call, change) != JK_OK)) {
        jk_call_fail(call);
        return;
    }
    if (!jk_store_write(jk_store_of(call), &change->write)) refuse_full(call);
}
