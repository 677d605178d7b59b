/* CreateToken, ListTokens, RevokeToken. */
#include "service/records/token.h"

#include "auth/access.h"
#include "base/clock.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/call/page.h"
#include "service/call/write.h"

#define LIFETIME_DEFAULT_S (365LL * 24 * 3600)
#define LIFETIME_MAX_S     (10 * LIFETIME_DEFAULT_S)

static const struct {
    Jokbo__V1__TokenScope scope;
    unsigned bit;
} scopes[] = {
    {JOKBO__V1__TOKEN_SCOPE__TOKEN_SCOPE_MODELS, JK_SCOPE_MODELS},
    {JOKBO__V1__TOKEN_SCOPE__TOKEN_SCOPE_PUBLISHERS, JK_SCOPE_PUBLISHERS},
    {JOKBO__V1__TOKEN_SCOPE__TOKEN_SCOPE_TOKENS, JK_SCOPE_TOKENS},
    {JOKBO__V1__TOKEN_SCOPE__TOKEN_SCOPE_ROSTER, JK_SCOPE_ROSTER},
    {JOKBO__V1__TOKEN_SCOPE__TOKEN_SCOPE_ACCOUNTS, JK_SCOPE_ACCOUNTS},
    {JOKBO__V1__TOKEN_SCOPE__TOKEN_SCOPE_PUBLISH, JK_SCOPE_PUBLISH},
};
#define SCOPES (sizeof scopes / sizeof *scopes)

Jokbo__V1__TokenScope *jk_present_scopes(struct jk_arena *arena, unsigned bits, size_t *out_count)
{
    Jokbo__V1__TokenScope *list = jk_arena_zalloc(arena, SCOPES, sizeof *list);
    *out_count = 0;
    for (size_t i = 0; list && i < SCOPES; i++)
        if (bits & scopes[i].bit) list[(*out_count)++] = scopes[i].scope;
    return list;
}

static unsigned read_scopes(struct jk_call *call, const Jokbo__V1__CreateTokenRequest *request)
{
    unsigned bits = 0;
    for (size_t i = 0; i < request->n_scopes; i++) {
        unsigned bit = 0;
        for (size_t k = 0; k < SCOPES; k++)
            if (scopes[k].scope == request->scopes[i]) bit = scopes[k].bit;
        if (!bit) jk_error_field(&call->error, "scopes", "%d is not a scope", (int)request->scopes[i]);
        bits |= bit;
    }
    if (!request->n_scopes) bits = (JK_SCOPE_MODELS | JK_SCOPE_PUBLISHERS) & call->principal.scopes;
    if (!request->n_scopes && !bits) bits = JK_SCOPE_PUBLISH & call->principal.scopes;
    unsigned beyond = bits & ~jk_scopes_with_included(call->principal.scopes);
    if (beyond) jk_error_field(&call->error, "scopes", "exceed those of the token that makes this one");
    return bits;
}

static Jokbo__V1__Token *present_token(struct jk_call *call, const struct jk_token *token)
{
    struct jk_arena *arena = &call->arena;
    Jokbo__V1__Token *out = JK_MESSAGE(arena, Jokbo__V1__Token, jokbo__v1__token);
    if (!out) return NULL;
    out->id = (int64_t)token->id;
    out->account = (int64_t)token->account;
    out->label = jk_to_string(arena, jk_span_of(token->label));
    out->scopes = jk_present_scopes(arena, token->scopes, &out->n_scopes);
    out->create_time = jk_to_timestamp(arena, token->created_us);
    if (token->expires_us) out->expire_time = jk_to_timestamp(arena, token->expires_us);
    out->revoked = jk_token_is_revoked(jk_store_directory(jk_store_of(call)), token);
    out->parent = (int64_t)jk_token_parent(token);
    out->made_by = (int64_t)token->made_by;
    return out->scopes ? out : NULL;
}

/* 0 means the caller's own; another's only for an admin whose token has the scope accounts. */
static enum jk_status whose(struct jk_call *call, int64_t asked, uint64_t *out_account)
{
    *out_account = asked ? (uint64_t)asked : call->principal.account;
    if (asked < 0) {
        jk_error_field(&call->error, "account", "%lld is not an account number", (long long)asked);
        return jk_error_result(&call->error);
    }
    bool admin = (call->principal.roles & JK_ROLE_ADMIN) && (call->principal.scopes & JK_SCOPE_ACCOUNTS);
    if (*out_account == call->principal.account || admin) return JK_OK;
    return jk_fail(&call->error, JK_PERMISSION_DENIED, "NOT_YOURS",
                   "Only an admin may handle tokens of other accounts");
}

/* ---- create ---- */

static enum jk_status check_tokens_quota(struct jk_turn *turn, uint64_t account, struct jk_error *error)
{
    size_t live = 0, count;
    /* At each making, so that what has ended is looked at once. */
    const struct jk_token *list = jk_directory_live_tokens(turn->directory, account, turn->arena, &count);
    if (!list) return jk_out_of_memory(error);
    for (size_t i = 0; i < count; i++) {
        if (jk_token_in_force(turn->directory, &list[i], turn->time_us))
            live++;
        else
            jk_directory_token_ended(turn->directory, list[i].id);
    }
    if (live >= JK_TOKENS_PER_ACCOUNT)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "TOKENS_QUOTA",
                       "The account has %d live tokens, which is the most; revoke one first", JK_TOKENS_PER_ACCOUNT);
    if (jk_directory_tokens_made(turn->directory, account, turn->time_us) < JK_TOKENS_PER_DAY) return JK_OK;
    error->retry_ms = 3600 * 1000;
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "TOKENS_QUOTA",
                   "%d tokens were made for the account on this day (UTC+09:00), which is the most; go on tomorrow",
                   JK_TOKENS_PER_DAY);
}

/* A child expires no later than its parent. A token made for another account has no parent: it expires independently.
 */
static int64_t end_of(const struct jk_turn *turn, const struct jk_token *token, int64_t lifetime_s)
{
    struct jk_token parent;
    int64_t lifetime = lifetime_s ? lifetime_s : LIFETIME_DEFAULT_S;
    int64_t end = lifetime < 0 ? 0 : turn->time_us + lifetime * 1000000;
    if (!jk_token_parent(token) || !jk_directory_token(turn->directory, token->made_with, &parent)) return end;
    return parent.expires_us && (!end || parent.expires_us < end) ? parent.expires_us : end;
}

static enum jk_status decide_create_token(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__CreateTokenRequest *request = (const void *)change->call->request;
    struct jk_token *token = change->input;
    struct jk_error *error = &change->call->error;
    struct jk_arena *arena = &change->call->arena;
    struct jk_account account;
    struct jk_record record;
    char secret[JK_TOKEN_TEXT];
    uint64_t owner;
    JK_TRY(whose(change->call, (int64_t)token->account, &owner)); /* again: a role may be gone since the call began */
    if (!jk_directory_account(turn->directory, token->account, &account))
        return jk_fail(error, JK_NOT_FOUND, "ACCOUNT_NOT_FOUND", "There is no account %llu",
                       (unsigned long long)token->account);
    JK_TRY(check_tokens_quota(turn, token->account, error));
    jk_token_make(secret);
    token->id = jk_directory_next_id(turn->directory, "token");
    token->hash = jk_token_hash(jk_span_of(secret));
    token->created_us = turn->time_us;
    token->made_by = change->call->principal.account;
    token->made_with = change->call->principal.token;
    token->expires_us = end_of(turn, token, request->lifetime_seconds);
    if (!jk_record_token(turn->arena, token, &record)) return jk_out_of_memory(error);
    JK_TRY(jk_turn_record(turn, &record, error));
    Jokbo__V1__CreateTokenResponse *reply =
        JK_MESSAGE(arena, Jokbo__V1__CreateTokenResponse, jokbo__v1__create_token_response);
    if (!reply || !(reply->token = present_token(change->call, token))) return jk_out_of_memory(error);
    reply->secret = jk_to_string(arena, jk_span_of(secret));
    *out_reply = &reply->base;
    return JK_OK;
}

void jk_create_token(struct jk_call *call)
{
    const Jokbo__V1__CreateTokenRequest *request = (const void *)call->request;
    struct jk_token *token = jk_arena_zalloc(&call->arena, 1, sizeof *token);
    enum jk_status status = token ? whose(call, request->account, &token->account) : jk_out_of_memory(&call->error);
    if (status == JK_OK) {
        token->scopes = read_scopes(call, request);
        jk_check_label(&call->error, "label", request->label, false);
        if (request->lifetime_seconds < -1 || request->lifetime_seconds > LIFETIME_MAX_S)
            jk_error_field(&call->error, "lifetime_seconds", "%lld: give 1 to %lld, 0 for a year, or -1 for ever",
                           (long long)request->lifetime_seconds, LIFETIME_MAX_S);
        status = jk_error_result(&call->error);
    }
    if (status != JK_OK) {
        jk_call_fail(call);
        return;
    }
    memcpy(token->label, request->label, strlen(request->label) + 1);
    jk_change_submit(call, decide_create_token, token);
}

/* ---- revoke ---- */

static bool descends_from(struct jk_directory *directory, uint64_t id, uint64_t ancestor)
{
    struct jk_token token;
    while (id && id != ancestor && jk_directory_token(directory, id, &token))
        id = jk_token_parent(&token);
    return id == ancestor;
}

/* A token for a machine, once in wrong hands, takes none of the account's better ones away. */
static enum jk_status check_stronger(const struct jk_change *change, const struct jk_turn *turn,
                                     const struct jk_token *token, struct jk_error *error)
{
    const struct jk_principal *caller = &change->call->principal;
    bool admin = (caller->roles & JK_ROLE_ADMIN) && (caller->scopes & JK_SCOPE_ACCOUNTS);
    bool stronger = (token->scopes & ~jk_scopes_with_included(caller->scopes)) ||
                    descends_from(turn->directory, caller->token, token->id);
    if (admin || token->id == caller->token || !stronger) return JK_OK;
    return jk_fail(
        error, JK_PERMISSION_DENIED, "TOKEN_STRONGER",
        "Token %llu has scopes that the token in use lacks, or is one with which this one ends: revoke it with "
        "itself, with one that has its scopes, or have an admin do it",
        (unsigned long long)token->id);
}

static enum jk_status decide_revoke(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__RevokeTokenRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    struct jk_token token;
    struct jk_record record;
    uint64_t owner;
    bool known = request->id > 0 && jk_directory_token(turn->directory, (uint64_t)request->id, &token);
    if (known && whose(change->call, (int64_t)token.account, &owner) != JK_OK) known = false;
    if (!known) {
        jk_error_init(error, &change->call->arena); /* whether it exists is nobody else's business */
        return jk_fail(error, JK_NOT_FOUND, "TOKEN_NOT_FOUND", "There is no token %lld of yours",
                       (long long)request->id);
    }
    JK_TRY(check_stronger(change, turn, &token, error));
    token.revoked = true;
    if (!jk_record_token(turn->arena, &token, &record)) return jk_out_of_memory(error);
    JK_TRY(jk_turn_record(turn, &record, error));
    Jokbo__V1__Token *reply = present_token(change->call, &token);
    if (!reply) return jk_out_of_memory(error);
    *out_reply = &reply->base;
    return JK_OK;
}

void jk_revoke_token(struct jk_call *call)
{
    jk_change_submit(call, decide_revoke, NULL);
}

/* ---- list ---- */

static enum jk_status list_tokens(struct jk_call *call, Jokbo__V1__ListTokensResponse *reply)
{
    const Jokbo__V1__ListTokensRequest *request = (const void *)call->request;
    struct jk_page page;
    const struct jk_token *tokens;
    uint64_t account;
    size_t total;
    JK_TRY(whose(call, request->account, &account));
    JK_TRY(jk_page_read(call, &page));
    size_t count = jk_directory_list_tokens(jk_store_directory(jk_store_of(call)), account, page.after, page.size + 1,
                                            &call->arena, &tokens, &total);
    bool more = count > page.size;
    if (more) count = page.size;
    reply->tokens = (Jokbo__V1__Token **)jk_pointers(&call->arena, count + 1);
    for (size_t i = 0; reply->tokens && i < count; i++)
        if ((reply->tokens[i] = present_token(call, &tokens[i]))) reply->n_tokens++;
    reply->total_size = (int32_t)total;
    if (more) reply->next_page_token = jk_page_token(call, &page, 0, tokens[count - 1].id);
    return JK_OK;
}

void jk_list_tokens(struct jk_call *call)
{
    Jokbo__V1__ListTokensResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListTokensResponse, jokbo__v1__list_tokens_response);
    enum jk_status status = reply ? list_tokens(call, reply) : jk_out_of_memory(&call->error);
    jk_call_answer(call, status, (const ProtobufCMessage *)reply);
}
