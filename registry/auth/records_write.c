/* Records to JSON (jansson), with the fields that records.c reads. A text that is not UTF-8, or a number outside its
 * enum, yields no record; anything else that is wrong is refused when the record is put. */
#include "auth/records.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "auth/access.h"
#include "base/defer.h"
#include "base/text.h"
#include "domain/ident.h"

struct writer {
    json_t *object;
    bool failed;
};

static void put_field(struct writer *writer, const char *field, json_t *value)
{
    if (json_object_set_new(writer->object, field, value) != 0) writer->failed = true;
}

static void put_int(struct writer *writer, const char *field, int64_t value)
{
    put_field(writer, field, json_integer(value));
}

static void put_string(struct writer *writer, const char *field, const char *value)
{
    put_field(writer, field, json_string(value));
}

static void put_word(struct writer *writer, const char *field, const char *const *words, unsigned value)
{
    unsigned count = 0;
    while (words[count])
        count++;
    put_string(writer, field, value < count ? words[value] : NULL);
}

static void put_digest(struct writer *writer, const char *field, const struct jk_digest *digest)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(digest, hex);
    put_string(writer, field, hex);
}

static void put_digest_or_null(struct writer *writer, const char *field, const struct jk_digest *digest)
{
    if (jk_digest_is_zero(digest))
        put_field(writer, field, json_null());
    else
        put_digest(writer, field, digest);
}

static void put_bits(struct writer *writer, const char *field, unsigned bits, const char *(*name)(unsigned))
{
    json_t *list = json_array();
    for (unsigned bit = 1; bit != 0; bit <<= 1)
        if ((bits & bit) && json_array_append_new(list, json_string(name(bit))) != 0) writer->failed = true;
    put_field(writer, field, list);
}

/* Ends the writer. False if anything failed; the record is then unchanged. */
static bool finish(struct writer *writer, struct jk_arena *arena, char *key, struct jk_record *out_record)
{
    char *json = writer->failed ? NULL : json_dumps(writer->object, JSON_COMPACT);
    char *value = json ? jk_arena_copy(arena, json, strlen(json)) : NULL;
    free(json);
    json_decref(writer->object);
    if (!key || !value) return false;
    *out_record = (struct jk_record){.key = key, .value = value};
    return true;
}

bool jk_record_account(struct jk_arena *arena, const struct jk_account *account, struct jk_record *out_record)
{
    struct writer writer = {.object = json_object()};
    put_string(&writer, "label", account->label);
    put_bits(&writer, "roles", account->roles, jk_role_name);
    put_string(&writer, "team", account->team);
    put_field(&writer, "disabled", json_boolean(account->disabled));
    put_int(&writer, "created_us", account->created_us);
    if (account->created_by) put_int(&writer, "created_by", (int64_t)account->created_by);

    /* one for each role whose grant is recorded */
    json_t *list = json_array();
    for (unsigned bit = 1; bit < 1u << JK_ROLES; bit <<= 1) {
        const struct jk_grant *grant = jk_account_grant(account, bit);
        if (!(account->roles & bit) || !grant->since_us) continue;
        struct writer item = {.object = json_object()};
        put_string(&item, "role", jk_role_name(bit));
        put_int(&item, "since_us", grant->since_us);
        put_int(&item, "by", (int64_t)grant->by);
        if (json_array_append_new(list, item.object) != 0 || item.failed) writer.failed = true;
    }
    if (json_array_size(list))
        put_field(&writer, "grants", list);
    else
        json_decref(list);

    if (account->admin_until_us) put_int(&writer, "admin_until_us", account->admin_until_us);
    if (account->teams_known) put_string(&writer, "acted_for", account->acted_for);
    if (account->verifier[0]) put_string(&writer, "verifier", account->verifier);
    if (account->spoke_for[0]) put_string(&writer, "spoke_for", account->spoke_for);
    return finish(&writer, arena, jk_arena_printf(arena, "account/%" PRIu64, account->id), out_record);
}

bool jk_record_token(struct jk_arena *arena, const struct jk_token *token, struct jk_record *out_record)
{
    struct writer writer = {.object = json_object()};
    put_int(&writer, "account", (int64_t)token->account);
    put_digest(&writer, "hash", &token->hash);
    put_bits(&writer, "scopes", token->scopes, jk_scope_name);
    put_string(&writer, "label", token->label);
    put_int(&writer, "created_us", token->created_us);
    put_int(&writer, "expires_us", token->expires_us);
    put_field(&writer, "revoked", json_boolean(token->revoked));
    if (token->made_by || token->made_with) {
        put_int(&writer, "made_by", (int64_t)token->made_by);
        put_int(&writer, "made_with", (int64_t)token->made_with);
    }
    return finish(&writer, arena, jk_arena_printf(arena, "token/%" PRIu64, token->id), out_record);
}

bool jk_record_member(struct jk_arena *arena, const struct jk_member *member, struct jk_record *out_record)
{
    struct writer writer = {.object = json_object()};
    char folded[sizeof member->publisher] = "";
    jk_ident_fold(jk_span_of(member->publisher), folded);
    put_string(&writer, "publisher", member->publisher);
    put_word(&writer, "role", jk_member_words, member->role);
    put_int(&writer, "since_us", member->since_us);
    if (member->stood) put_int(&writer, "stood", member->stood);
    if (member->invited) put_word(&writer, "invited", jk_member_words, member->invited);
    if (member->invited) put_int(&writer, "invited_by", (int64_t)member->invited_by);
    if (member->never) put_field(&writer, "never", json_true());
    return finish(&writer, arena, jk_arena_printf(arena, "member/%s/%" PRIu64, folded, member->account), out_record);
}

bool jk_record_creator(struct jk_arena *arena, const struct jk_creator *creator, struct jk_record *out_record)
{
    struct writer writer = {.object = json_object()};
    put_int(&writer, "account", (int64_t)creator->account);
    return finish(&writer, arena, jk_arena_printf(arena, "creator/%s", creator->publisher), out_record);
}

bool jk_record_request(struct jk_arena *arena, const struct jk_publisher_request *request, struct jk_record *out_record)
{
    struct writer writer = {.object = json_object()};
    put_word(&writer, "kind", jk_request_kind_words, request->kind);
    put_word(&writer, "state", jk_request_state_words, request->state);
    put_string(&writer, "publisher", request->publisher);
    put_int(&writer, "account", (int64_t)request->account);
    put_string(&writer, "evidence", request->evidence);
    put_int(&writer, "created_us", request->created_us);
    put_int(&writer, "decided_us", request->decided_us);
    if (request->owner) put_int(&writer, "owner", (int64_t)request->owner);
    if (request->looks_like[0]) put_string(&writer, "looks_like", request->looks_like);
    return finish(&writer, arena, jk_arena_printf(arena, "request/%" PRIu64, request->id), out_record);
}

bool jk_record_blob(struct jk_arena *arena, const struct jk_blob_facts *blob, struct jk_record *out_record)
{
    struct writer writer = {.object = json_object()};
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&blob->digest, hex);
    put_word(&writer, "kind", jk_blob_words, blob->kind);
    put_int(&writer, "size", (int64_t)blob->size);
    put_digest_or_null(&writer, "weights", &blob->weights);
    if (blob->files_known) put_digest_or_null(&writer, "files", &blob->weight_files);
    if (blob->kind == JK_BLOB_KIND_CENSUS_LIST) put_int(&writer, "models", (int64_t)blob->models);
    put_int(&writer, "created_us", blob->created_us);
    if (blob->renewed_us) put_int(&writer, "renewed_us", blob->renewed_us);
    if (blob->state == JK_BLOB_STORED && blob->bundle) {
        put_int(&writer, "bundle", (int64_t)blob->bundle);
        put_int(&writer, "bundle_at", blob->bundle_at);
    }
    if (blob->state != JK_BLOB_STORED) {
        put_word(&writer, "state", jk_blob_state_words, blob->state);
        put_int(&writer, "withdrawn_us", blob->withdrawn_us);
        if (blob->state != JK_BLOB_REMOVED) put_digest(&writer, "reason", &blob->reason);
    }
    return finish(&writer, arena, jk_arena_printf(arena, "blob/%s", hex), out_record);
}

bool jk_record_hub_records(struct jk_arena *arena, const struct jk_hub_records *records, struct jk_record *out_record)
{
    JK_CLEANUP(jk_text_done) struct jk_text list;
    struct writer writer = {.object = json_object()};
    jk_text_init(&list, 0);
    jk_text_reserve(&list, records->count * (JK_DIGEST_HEX + sizeof " :4294967295"));
    for (uint32_t i = 0; i < records->count; i++) {
        char hex[JK_DIGEST_HEX + 1];
        jk_digest_hex(&records->digests[i], hex);
        if (i > 0) jk_text_add_char(&list, ' ');
        jk_text_add(&list, (struct jk_span){hex, JK_DIGEST_HEX});
        jk_text_add_char(&list, ':');
        jk_text_add_u64(&list, records->sizes[i]);
    }
    if (list.failed) {
        json_decref(writer.object);
        return false;
    }
    put_int(&writer, "created_us", records->created_us);
    put_string(&writer, "records", records->count ? list.bytes : NULL);
    return finish(&writer, arena, jk_arena_printf(arena, "hub-records/%" PRIu64, records->index), out_record);
}

bool jk_record_clock(struct jk_arena *arena, int64_t ahead_us, struct jk_record *out_record)
{
    struct writer writer = {.object = json_object()};
    put_int(&writer, "ahead_us", ahead_us);
    return finish(&writer, arena, jk_arena_printf(arena, "clock/demo"), out_record);
}

bool jk_record_life(struct jk_arena *arena, const struct jk_life *life, struct jk_record *out_record)
{
    struct writer writer = {.object = json_object()};
    put_int(&writer, "seen_us", life->seen_us);
    put_int(&writer, "rest_from_us", life->rest_from_us);
    put_int(&writer, "rest_until_us", life->rest_until_us);
    return finish(&writer, arena, jk_arena_printf(arena, "clock/life"), out_record);
}

bool jk_record_ruler(struct jk_arena *arena, const struct jk_ruler *ruler, struct jk_record *out_record)
{
    struct writer writer = {.object = json_object()};
    put_int(&writer, "account", (int64_t)ruler->account);
    if (ruler->token) {
        put_int(&writer, "token", (int64_t)ruler->token);
        put_int(&writer, "granted_by", (int64_t)ruler->granted_by);
    }
    if (ruler->time_us) {
        put_int(&writer, "time_us", ruler->time_us);
        put_digest(&writer, "what", &ruler->what);
    }
    return finish(&writer, arena, jk_arena_printf(arena, "ruling/%" PRIu64, ruler->ruling), out_record);
}

bool jk_record_renewal(struct jk_arena *arena, const struct jk_renewal *renewal, struct jk_record *out_record)
{
    struct writer writer = {.object = json_object()};
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&renewal->release, hex);
    put_int(&writer, "account", (int64_t)renewal->account);
    put_int(&writer, "size", renewal->size);
    put_int(&writer, "time_us", renewal->time_us);
    return finish(&writer, arena, jk_arena_printf(arena, "renewal/%s", hex), out_record);
}

bool jk_record_teams(struct jk_arena *arena, const struct jk_teams_proposal *proposal, struct jk_record *out_record)
{
    struct writer writer = {.object = json_object()};
    put_int(&writer, "account", (int64_t)proposal->account);
    put_int(&writer, "token", (int64_t)proposal->token);
    put_int(&writer, "granted_by", (int64_t)proposal->granted_by);
    put_int(&writer, "time_us", proposal->time_us);
    put_string(&writer, "teams", proposal->teams);
    return finish(&writer, arena, jk_arena_printf(arena, "teams/%" PRIu64, proposal->stage), out_record);
}
