/* From a call to the sequencer and back. */
#include "service/call/write.h"

#include "auth/access.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"
#include "service/call/account_quota.h"
#include "service/call/dispatch.h"
#include "tlog/receipt.h"

/* A UUID in its text form (8-4-4-4-12 hexadecimal digits, any case) as 16 bytes; all zero is refused. */
static bool parse_uuid(struct jk_span text, unsigned char out_bytes[16])
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
    if (parse_uuid(jk_span_of(*text), change->write.request_id)) {
        change->write.account = call->principal.account;
        return JK_OK;
    }
    jk_text_shorten(jk_span_of(*text), shown, sizeof shown);
    jk_error_field(&call->error, "request_id", "\"%s\" is not a UUID such as 123e4567-e89b-42d3-a456-426614174000",
                   shown);
    return jk_error_result(&call->error);
}

/* What the request_id stands for: the method and the whole request. */
static enum jk_status fingerprint(struct jk_call *call, struct jk_change *change)
{
    size_t len = protobuf_c_message_get_packed_size(call->request);
    uint8_t *bytes = jk_arena_alloc(&call->arena, len + 1);
    if (!bytes) return jk_out_of_memory(&call->error);
    protobuf_c_message_pack(call->request, bytes);
    struct jk_span parts[2] = {jk_span_of(call->method->path), {(char *)bytes, len}};
    change->write.fingerprint = jk_digest_parts(parts, 2);
    return JK_OK;
}

/* A token may have been revoked or have expired, an account been disabled or a role revoked since the call arrived,
 * here or on another server: the directory under the head lock decides. */
static enum jk_status still_allowed(struct jk_call *call, struct jk_turn *turn)
{
    struct jk_token token;
    struct jk_account account;
    if (!call->principal.account) return JK_OK;
    bool valid = jk_directory_token(turn->directory, call->principal.token, &token) &&
                 jk_token_in_force(turn->directory, &token, turn->time_us) &&
                 jk_directory_account(turn->directory, call->principal.account, &account) && !account.disabled;
    if (!valid) return jk_fail(&call->error, JK_UNAUTHENTICATED, "TOKEN_INVALID", "The token is no longer valid");
    call->principal.roles = account.roles;
    memcpy(call->principal.team, account.team, sizeof account.team);
    memcpy(call->principal.verifier, account.verifier, sizeof account.verifier);
    return jk_may_call(&call->principal, call->method->allowed, call->method->scope, &call->error);
}

static enum jk_status pack_reply(struct jk_change *change, ProtobufCMessage *reply)
{
    struct jk_call *call = change->call;
    JK_CHECK(reply);
    if (change->write.dry) {
        /* A reply about a hypothetical write is valid for no size of the log. */
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(reply->descriptor, "log_size");
        if (field) *(int64_t *)((char *)reply + field->offset) = 0;
    }
    if (call->arena.exhausted) return jk_out_of_memory(&call->error);
    size_t len = protobuf_c_message_get_packed_size(reply);
    uint8_t *bytes = jk_arena_alloc(&call->arena, len + 1);
    if (!bytes) return jk_out_of_memory(&call->error);
    protobuf_c_message_pack(reply, bytes);
    change->write.reply = (struct jk_span){(char *)bytes, len};
    return JK_OK;
}

/* A registrar's entries are for others, and a roster or a census has many. */
static enum jk_status charge_account(struct jk_change *change, const struct jk_turn *turn, uint32_t entries)
{
    const struct jk_principal *principal = &change->call->principal;
    bool free = entries == 0 ? change->uncounted : (principal->roles & (JK_ROLE_REGISTRAR | JK_ROLE_ADMIN)) != 0;
    if (change->write.dry || free || !principal->account) return JK_OK;
    JK_TRY(jk_account_quota_spend(jk_services_of(change->call)->account_quota, principal->account, entries,
                                  turn->time_us, &change->call->error));
    change->spent = true;
    change->spent_entries = entries;
    change->spent_us = turn->time_us;
    return JK_OK;
}

/* Of what the batch did not commit after all; or of what is decided anew. */
static void return_charge(struct jk_change *change)
{
    if (change->spent)
        jk_account_quota_return(jk_services_of(change->call)->account_quota, change->call->principal.account,
                                change->spent_entries, change->spent_us);
    change->spent = false;
}

static enum jk_status decide_change(struct jk_write *write, struct jk_turn *turn)
{
    struct jk_change *change = (struct jk_change *)write;
    ProtobufCMessage *reply = NULL;
    uint32_t before = jk_turn_size(turn);
    return_charge(change);
    JK_TRY(still_allowed(change->call, turn));
    JK_TRY(change->decide(change, turn, &reply));
    JK_TRY(pack_reply(change, reply));
    return charge_account(change, turn, jk_turn_size(turn) - before);
}

/* ---- changes that make one entry ---- */

/* For a reply about one entry only its index and the published size are stored, after two bytes that no message begins
 * with; the store adds the size of the tree. */
#define KEEP_MARK  "\0E"
#define KEEP_ENTRY (sizeof(KEEP_MARK) - 1)
#define KEEP_SIZE  (KEEP_ENTRY + 8)
#define KEPT_SIZE  (KEEP_SIZE + 4)

static void put_u32(char *at, uint32_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8)
        at[i] = (char)value;
}

static uint32_t get_u32(const char *at)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++)
        value = value << 8 | (unsigned char)at[i];
    return value;
}

static enum jk_status decide_entry(struct jk_write *write, struct jk_turn *turn)
{
    struct jk_change *change = (struct jk_change *)write;
    ProtobufCMessage *reply = NULL;
    uint32_t before = jk_turn_size(turn);
    return_charge(change);
    JK_TRY(still_allowed(change->call, turn));
    JK_TRY(change->enter(change, turn));
    JK_TRY(change->tell(change, turn, &reply));
    char *keep = jk_arena_alloc(&change->call->arena, KEEP_SIZE);
    if (!keep) return jk_out_of_memory(&change->call->error);
    change->published = (uint32_t)jk_store_published_size(jk_store_of(change->call));
    memcpy(keep, KEEP_MARK, KEEP_ENTRY);
    put_u32(keep + KEEP_ENTRY, change->entry);
    put_u32(keep + KEEP_ENTRY + 4, change->published);
    change->write.keep = (struct jk_span){keep, KEEP_SIZE};
    JK_TRY(pack_reply(change, reply));
    return charge_account(change, turn, jk_turn_size(turn) - before);
}

/* A reply that an earlier version stored whole is returned as it is. */
static enum jk_status repeat_entry(struct jk_write *write, struct jk_turn *turn, struct jk_span stored)
{
    struct jk_change *change = (struct jk_change *)write;
    ProtobufCMessage *reply = NULL;
    write->reply = stored;
    bool marked = jk_span_starts(stored, JK_SPAN(KEEP_MARK));
    if (!marked || (stored.len != KEEP_SIZE && stored.len != KEPT_SIZE)) return JK_OK;
    change->entry = get_u32(stored.at + KEEP_ENTRY);
    change->published = get_u32(stored.at + KEEP_ENTRY + 4);
    change->tree_size = stored.len == KEPT_SIZE ? get_u32(stored.at + KEEP_SIZE) : 0;
    JK_CHECK(change->entry < jk_turn_size(turn));
    JK_TRY(change->tell(change, turn, &reply));
    return pack_reply(change, reply);
}

static size_t put_varint(uint8_t *out, uint64_t value)
{
    size_t len = 0;
    for (; value >= 0x80; value >>= 7)
        out[len++] = (uint8_t)(value | 0x80);
    out[len++] = (uint8_t)value;
    return len;
}

static uint32_t field_id(const struct jk_call *call, const char *name)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(call->method->response, name);
    JK_CHECK(field);
    return field->id;
}

/* The fields of a message may be in any order, so those known only after the commit are appended. */
static void add_receipt(struct jk_change *change, struct jk_span receipt)
{
    struct jk_call *call = change->call;
    struct jk_span *reply = &change->write.reply;
    uint8_t *bytes = jk_arena_alloc(&call->arena, reply->len + receipt.len + 40);
    if (!bytes) return; /* without a receipt; it can be requested separately */
    memcpy(bytes, reply->at, reply->len);
    size_t len = reply->len;
    len += put_varint(bytes + len, (uint64_t)field_id(call, "receipt") << 3 | 2);
    len += put_varint(bytes + len, receipt.len);
    memcpy(bytes + len, receipt.at, receipt.len);
    len += receipt.len;
    len += put_varint(bytes + len, (uint64_t)field_id(call, "published_size") << 3);
    len += put_varint(bytes + len, change->published);
    *reply = (struct jk_span){(char *)bytes, len};
}

/* After the commit and its guard copy. An identical entry in the same batch has its receipt by now, too. */
static void give_receipt(struct jk_change *change, enum jk_status outcome)
{
    struct jk_call *call = change->call;
    struct jk_error missing;
    struct jk_text receipt;
    if (change->write.dry || change->entry == JK_NONE) return;
    if (outcome != JK_OK && outcome != JK_ALREADY_EXISTS) return;
    jk_error_init(&missing, NULL);
    jk_text_init(&receipt, 0);
    jk_text_reserve(&receipt, JK_RECEIPT_USUAL);
    if (jk_store_receipt_at(jk_store_of(call), change->entry, change->tree_size, &receipt, &missing) == JK_OK) {
        if (outcome == JK_OK)
            add_receipt(change, jk_text_span(&receipt));
        else
            jk_error_fact_text(&call->error, "receipt", jk_text_span(&receipt));
    }
    jk_text_done(&receipt);
}

static void settle_change(struct jk_write *write, enum jk_status outcome)
{
    struct jk_change *change = (struct jk_change *)write;
    struct jk_call *call = change->call;
    if (outcome != JK_OK) return_charge(change);
    give_receipt(change, outcome);
    if (outcome == JK_OK && change->complete && !write->dry) change->complete(change);
    if (outcome == JK_OK)
        call->ops->finish_bytes(call, write->reply);
    else
        jk_call_fail(call);
}

static bool abandoned(struct jk_write *write)
{
    struct jk_call *call = ((struct jk_change *)write)->call;
    if (!atomic_load(&call->cancelled) && jk_monotonic_ms() < call->deadline_ms) return false;
    (void)jk_fail(&call->error, JK_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED",
                  "The deadline passed before the write's turn; nothing was written");
    return true;
}

static void submit_change(struct jk_call *call, const struct jk_change *template)
{
    if (call->wrong) {
        jk_call_fail(call);
        return;
    }
    struct jk_change *change = (void *)jk_arena_copy(&call->arena, (const void *)template, sizeof *template);
    if (!change) {
        (void)jk_out_of_memory(&call->error);
        jk_call_fail(call);
        return;
    }
    const protobuf_c_boolean *dry = call->request ? field_value(call->request, "validate_only") : NULL;
    change->write.dry = dry && *dry;
    if (call->request && (read_request_id(call, change) != JK_OK || fingerprint(call, change) != JK_OK)) {
        jk_call_fail(call);
        return;
    }
    if (!jk_store_write(jk_store_of(call), &change->write)) {
        (void)jk_fail(&call->error, JK_RESOURCE_EXHAUSTED, "QUEUE_FULL",
                      "Too many writes are waiting; try again shortly");
        call->error.retry_ms = 500;
        jk_call_fail(call);
    }
}

void jk_change_submit(struct jk_call *call, jk_decide_fn *decide, void *input)
{
    jk_change_submit_completed(call, decide, NULL, input);
}

void jk_change_submit_completed(struct jk_call *call, jk_decide_fn *decide, jk_complete_fn *complete, void *input)
{
    submit_change(
        call,
        &(struct jk_change){
            .write = {.decide = decide_change, .settle = settle_change, .abandoned = abandoned, .error = &call->error},
            .call = call,
            .decide = decide,
            .complete = complete,
            .entry = JK_NONE,
            .input = input});
}

void jk_change_submit_entry(struct jk_call *call, jk_enter_fn *enter, jk_tell_fn *tell, void *input)
{
    submit_change(call, &(struct jk_change){.write = {.decide = decide_entry,
                                                      .settle = settle_change,
                                                      .abandoned = abandoned,
                                                      .repeat = repeat_entry,
                                                      .error = &call->error},
                                            .call = call,
                                            .enter = enter,
                                            .tell = tell,
                                            .entry = JK_NONE,
                                            .input = input});
}
