/* GetCaller, CreateAccount, ListAccounts, UpdateAccount. */
#include "auth/access.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/call/page.h"
#include "service/call/write.h"
#include "service/records/member.h"
#include "service/records/owners.h"
#include "service/records/past.h"
#include "service/records/token.h"
#include "service/records/verifier_account.h"

/* ---- roles, scopes, messages ---- */

static const struct {
    Jokbo__V1__Role role;
    unsigned bit;
} roles[] = {
    {JOKBO__V1__ROLE__ROLE_REGISTRAR, JK_ROLE_REGISTRAR}, {JOKBO__V1__ROLE__ROLE_TEAM, JK_ROLE_TEAM},
    {JOKBO__V1__ROLE__ROLE_EVALUATOR, JK_ROLE_EVALUATOR}, {JOKBO__V1__ROLE__ROLE_ADMIN, JK_ROLE_ADMIN},
    {JOKBO__V1__ROLE__ROLE_VERIFIER, JK_ROLE_VERIFIER},
};

static unsigned read_roles(const Jokbo__V1__Role *list, size_t count, const char *field, struct jk_error *error)
{
    unsigned bits = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned bit = 0;
        for (size_t k = 0; k < sizeof roles / sizeof *roles; k++)
            if (roles[k].role == list[i]) bit = roles[k].bit;
        if (!bit) jk_error_field(error, field, "%d is not a role", (int)list[i]);
        bits |= bit;
    }
    return bits;
}

static bool present_grants(struct jk_arena *arena, const struct jk_account *account, Jokbo__V1__Account *out)
{
    out->grants = (Jokbo__V1__RoleGrant **)jk_pointers(arena, sizeof roles / sizeof *roles);
    for (size_t k = 0; out->grants && k < sizeof roles / sizeof *roles; k++) {
        const struct jk_grant *grant = jk_account_grant(account, roles[k].bit);
        if (!(account->roles & roles[k].bit) || !grant->since_us) continue;
        Jokbo__V1__RoleGrant *one = JK_MESSAGE(arena, Jokbo__V1__RoleGrant, jokbo__v1__role_grant);
        if (!one) return false;
        one->role = roles[k].role;
        one->since_time = jk_to_timestamp(arena, grant->since_us);
        one->granted_by = (int64_t)grant->by;
        out->grants[out->n_grants++] = one;
    }
    return out->grants != NULL;
}

static bool present_former_teams(struct jk_arena *arena, const struct jk_account *account, Jokbo__V1__Account *out)
{
    struct jk_span rest = jk_span_of(account->acted_for), team;
    out->acted_for = (char **)jk_pointers(arena, rest.len / 2 + 1);
    while (out->acted_for && rest.len) {
        jk_span_cut(&rest, ' ', &team);
        out->acted_for[out->n_acted_for++] = jk_to_string(arena, team);
    }
    return out->acted_for != NULL;
}

static Jokbo__V1__Account *present_account(struct jk_arena *arena, const struct jk_account *account)
{
    Jokbo__V1__Account *out = JK_MESSAGE(arena, Jokbo__V1__Account, jokbo__v1__account);
    if (!out) return NULL;
    out->id = (int64_t)account->id;
    out->label = jk_to_string(arena, jk_span_of(account->label));
    out->roles = jk_arena_zalloc(arena, sizeof roles / sizeof *roles, sizeof *out->roles);
    for (size_t k = 0; out->roles && k < sizeof roles / sizeof *roles; k++)
        if (account->roles & roles[k].bit) out->roles[out->n_roles++] = roles[k].role;
    out->team = jk_to_string(arena, jk_span_of(account->team));
    out->verifier = jk_to_string(arena, jk_span_of(account->verifier));
    out->disabled = account->disabled;
    out->create_time = jk_to_timestamp(arena, account->created_us);
    out->created_by = (int64_t)account->created_by;
    return present_grants(arena, account, out) && present_former_teams(arena, account, out) ? out : NULL;
}

/* ---- the caller ---- */

#define PUBLISHERS_MAX 100

static Jokbo__V1__Member **present_members(struct jk_arena *arena, const struct jk_member *list, size_t count)
{
    Jokbo__V1__Member **members = (Jokbo__V1__Member **)jk_pointers(arena, count + 1);
    for (size_t i = 0; members && i < count; i++)
        members[i] = jk_present_member(arena, &list[i]);
    return members;
}

static void add_publishers(struct jk_call *call, Jokbo__V1__Caller *reply)
{
    const struct jk_member *list;
    struct jk_directory *directory = jk_store_directory(jk_store_of(call));
    uint64_t account = call->principal.account;
    size_t count = jk_directory_list_invitations(directory, account, PUBLISHERS_MAX, &call->arena, &list);
    reply->invitations = present_members(&call->arena, list, count);
    reply->n_invitations = count;
    count = jk_directory_list_joined(directory, account, PUBLISHERS_MAX, &call->arena, &list);
    reply->memberships = present_members(&call->arena, list, count);
    reply->n_memberships = count;
}

/* The token used and its ancestors, into `out` where there is one; returns how many. */
static size_t walk_tokens(struct jk_call *call, int64_t *out)
{
    struct jk_directory *directory = jk_store_directory(jk_store_of(call));
    struct jk_token token;
    size_t count = 0;
    for (uint64_t id = call->principal.token; id && jk_directory_token(directory, id, &token);
         id = jk_token_parent(&token), count++)
        if (out) out[count] = (int64_t)id;
    return count;
}

void jk_get_caller(struct jk_call *call)
{
    struct jk_account account;
    Jokbo__V1__Caller *reply = JK_MESSAGE(&call->arena, Jokbo__V1__Caller, jokbo__v1__caller);
    struct jk_directory *directory = jk_store_directory(jk_store_of(call));
    bool known = jk_directory_account(directory, call->principal.account, &account);
    if (reply && known && (reply->account = present_account(&call->arena, &account)) &&
        (reply->scopes = jk_present_scopes(&call->arena, call->principal.scopes, &reply->n_scopes))) {
        add_publishers(call, reply);
        /* What a token descends from never changes: both walks go the same way. */
        reply->tokens = jk_arena_zalloc(&call->arena, walk_tokens(call, NULL) + 1, sizeof *reply->tokens);
        if (reply->tokens) reply->n_tokens = walk_tokens(call, reply->tokens);
        if (!call->arena.exhausted) {
            jk_call_finish(call, &reply->base);
            return;
        }
    }
    (void)jk_out_of_memory(&call->error);
    jk_call_fail(call);
}

/* ---- create and update ---- */

/* Adds the account's team to those that it ever acted for. */
static enum jk_status note_team(struct jk_account *account, const char *team, struct jk_error *error)
{
    if (!*team || jk_past_note(account->acted_for, sizeof account->acted_for, team)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "TEAMS_FULL",
                   "Account %llu has acted for so many teams that no more can be recorded; create another",
                   (unsigned long long)account->id);
}

/* Older records do not tell for which teams an account acted. With the role evaluator its giver vouches that it was
 * for none. */
static enum jk_status follow_teams(struct jk_account *account, const struct jk_account *before, struct jk_error *error)
{
    bool becomes = (account->roles & JK_ROLE_EVALUATOR) && !(before && (before->roles & JK_ROLE_EVALUATOR));
    account->teams_known = !before || before->teams_known || becomes;
    if (before) {
        memcpy(account->acted_for, before->acted_for, sizeof account->acted_for);
        JK_TRY(note_team(account, before->team, error));
    }
    JK_TRY(note_team(account, account->team, error));
    if (account->acted_for[0])
        account->teams_known = true; /* one suffices: it is never taken off, and bars from judging */
    return JK_OK;
}

static enum jk_status check_account_team(struct jk_turn *turn, const struct jk_account *account, struct jk_error *error)
{
    if (!(account->roles & JK_ROLE_TEAM)) return JK_OK;
    if (jk_book_find_team(turn->book, jk_span_of(account->team), jk_turn_size(turn)) != JK_NONE) return JK_OK;
    return jk_fail(error, JK_NOT_FOUND, "TEAM_NOT_FOUND", "There is no team \"%s\" on the roster", account->team);
}

static enum jk_status put_account(struct jk_change *change, struct jk_turn *turn, const struct jk_account *account,
                                  ProtobufCMessage **out_reply)
{
    struct jk_record record;
    struct jk_error *error = &change->call->error;
    if (!jk_record_account(turn->arena, account, &record)) return jk_out_of_memory(error);
    JK_TRY(jk_turn_record(turn, &record, error));
    Jokbo__V1__Account *reply = present_account(&change->call->arena, account);
    if (!reply) return jk_out_of_memory(error);
    *out_reply = &reply->base;
    return JK_OK;
}

/* What it has already was authorised then; the caller must be able to grant the rest now. */
static void grant_roles(struct jk_account *account, const struct jk_account *before, const struct jk_change *change,
                        const struct jk_turn *turn)
{
    for (size_t i = 0; i < JK_ROLES; i++) {
        if (!(account->roles & 1u << i)) continue;
        bool held = before && (before->roles & 1u << i);
        if (1u << i == JK_ROLE_VERIFIER) held = held && !strcmp(before->verifier, account->verifier);
        account->grants[i] =
            held ? before->grants[i] : (struct jk_grant){turn->time_us, change->call->principal.account};
    }
}

static enum jk_status decide_create_account(struct jk_change *change, struct jk_turn *turn,
                                            ProtobufCMessage **out_reply)
{
    struct jk_account *account = change->input;
    JK_TRY(check_account_team(turn, account, &change->call->error));
    JK_TRY(jk_verifier_account_check(change, turn, account, NULL, &change->call->error));
    account->id = jk_directory_next_id(turn->directory, "account");
    account->created_us = turn->time_us;
    account->created_by = change->call->principal.account;
    grant_roles(account, NULL, change, turn);
    JK_TRY(follow_teams(account, NULL, &change->call->error));
    JK_TRY(jk_verifier_account_follow(account, NULL, &change->call->error));
    return put_account(change, turn, account, out_reply);
}

/* The registry keeps at least one admin who can act. */
static bool is_last_admin(struct jk_turn *turn, uint64_t id, struct jk_arena *arena)
{
    const struct jk_account *list;
    size_t total, count;
    for (uint64_t after = 0;
         (count = jk_directory_list_accounts(turn->directory, after, JK_PAGE_MAX, arena, &list, &total));
         after = list[count - 1].id)
        for (size_t i = 0; i < count; i++)
            if (list[i].id != id && (list[i].roles & JK_ROLE_ADMIN) && !list[i].disabled) return false;
    return true;
}

/* A disabled account no longer counts as an owner for a verification. */
static enum jk_status end_standing(struct jk_change *change, struct jk_turn *turn, uint64_t account,
                                   ProtobufCMessage *reply)
{
    struct jk_arena *arena = &change->call->arena;
    struct jk_error *error = &change->call->error;
    const char *names;
    JK_TRY(jk_owners_disabled(turn, account, arena, &names, error));
    if (!*names) return JK_OK;
    char *notice = jk_arena_printf(arena, "This ended the verification of: %s", names);
    if (!notice) return jk_out_of_memory(error);
    ((Jokbo__V1__Account *)reply)->notice = notice;
    return JK_OK;
}

static enum jk_status decide_update(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    struct jk_account *account = change->input, before;
    struct jk_error *error = &change->call->error;
    JK_TRY(check_account_team(turn, account, error));
    if (!jk_directory_account(turn->directory, account->id, &before))
        return jk_fail(error, JK_NOT_FOUND, "ACCOUNT_NOT_FOUND", "There is no account %llu",
                       (unsigned long long)account->id);
    JK_TRY(jk_verifier_account_check(change, turn, account, &before, error));
    bool stays_admin = (account->roles & JK_ROLE_ADMIN) && !account->disabled;
    if ((before.roles & JK_ROLE_ADMIN) && !stays_admin && is_last_admin(turn, account->id, turn->arena))
        return jk_fail(error, JK_FAILED_PRECONDITION, "LAST_ADMIN",
                       "This is the last admin; make another account admin first");
    account->created_us = before.created_us;
    account->created_by = before.created_by;
    bool leaves_admin = (before.roles & JK_ROLE_ADMIN) && !(account->roles & JK_ROLE_ADMIN);
    account->admin_until_us = leaves_admin ? turn->time_us : before.admin_until_us;
    grant_roles(account, &before, change, turn);
    JK_TRY(follow_teams(account, &before, error));
    JK_TRY(jk_verifier_account_follow(account, &before, error));
    JK_TRY(put_account(change, turn, account, out_reply));
    return account->disabled && !before.disabled ? end_standing(change, turn, account->id, *out_reply) : JK_OK;
}

/* The id that goes with one of the roles. */
static void check_id(struct jk_error *error, const char *field, const char *role, const char *id, bool wanted,
                     size_t room)
{
    if (wanted != (*id != 0)) jk_error_field(error, field, "must be given with the role %s, and only then", role);
    if (strlen(id) >= room) jk_error_field(error, field, "is longer than %zu bytes", room - 1);
}

/* `given`: what a request says of an account; other fields are not read. `prefix`: of its fields' names. */
static struct jk_account *read_account(struct jk_call *call, const char *prefix, const Jokbo__V1__Account *given)
{
    struct jk_error *error = &call->error;
    struct jk_account *account = jk_arena_zalloc(&call->arena, 1, sizeof *account);
    const char *team = jk_arena_printf(&call->arena, "%steam", prefix),
               *verifier = jk_arena_printf(&call->arena, "%sverifier", prefix),
               *roles_field = jk_arena_printf(&call->arena, "%sroles", prefix),
               *label = jk_arena_printf(&call->arena, "%slabel", prefix);
    if (!account || !team || !verifier || !roles_field || !label) {
        (void)jk_out_of_memory(error);
        return NULL;
    }
    jk_check_label(error, label, given->label, true);
    account->roles = read_roles(given->roles, given->n_roles, roles_field, error);
    if ((account->roles & JK_ROLE_VERIFIER) && account->roles != JK_ROLE_VERIFIER)
        jk_error_field(error, roles_field, "the role verifier goes with no other: use another account");
    check_id(error, team, "team", given->team, account->roles & JK_ROLE_TEAM, sizeof account->team);
    check_id(error, verifier, "verifier", given->verifier, account->roles & JK_ROLE_VERIFIER, sizeof account->verifier);
    if (jk_error_result(error) != JK_OK) return NULL;
    memcpy(account->label, given->label, strlen(given->label) + 1);
    memcpy(account->team, given->team, strlen(given->team) + 1);
    memcpy(account->verifier, given->verifier, strlen(given->verifier) + 1);
    return account;
}

void jk_create_account(struct jk_call *call)
{
    const Jokbo__V1__CreateAccountRequest *request = (const void *)call->request;
    Jokbo__V1__Account given = JOKBO__V1__ACCOUNT__INIT;
    given.label = request->label;
    given.roles = request->roles;
    given.n_roles = request->n_roles;
    given.team = request->team;
    given.verifier = request->verifier;
    struct jk_account *account = read_account(call, "", &given);
    if (account)
        jk_change_submit(call, decide_create_account, account);
    else
        jk_call_fail(call);
}

void jk_update_account(struct jk_call *call)
{
    const Jokbo__V1__UpdateAccountRequest *request = (const void *)call->request;
    const Jokbo__V1__Account *given = request->account;
    struct jk_account *account = NULL;
    if (given)
        account = read_account(call, "account.", given);
    else
        jk_error_field(&call->error, "account", "is required");
    if (jk_error_result(&call->error) != JK_OK || !account) {
        jk_call_fail(call);
        return;
    }
    account->id = (uint64_t)given->id;
    account->disabled = given->disabled;
    jk_change_submit(call, decide_update, account);
}

/* ---- list ---- */

static enum jk_status list_accounts(struct jk_call *call, Jokbo__V1__ListAccountsResponse *reply)
{
    struct jk_page page;
    const struct jk_account *accounts;
    size_t total;
    JK_TRY(jk_page_read(call, &page));
    size_t count = jk_directory_list_accounts(jk_store_directory(jk_store_of(call)), page.after, page.size + 1,
                                              &call->arena, &accounts, &total);
    bool more = count > page.size;
    if (more) count = page.size;
    reply->accounts = (Jokbo__V1__Account **)jk_pointers(&call->arena, count + 1);
    for (size_t i = 0; reply->accounts && i < count; i++)
        if ((reply->accounts[i] = present_account(&call->arena, &accounts[i]))) reply->n_accounts++;
    reply->total_size = (int32_t)total;
    if (more) reply->next_page_token = jk_page_token(call, &page, 0, accounts[count - 1].id);
    return JK_OK;
}

void jk_list_accounts(struct jk_call *call)
{
    Jokbo__V1__ListAccountsResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListAccountsResponse, jokbo__v1__list_accounts_response);
    enum jk_status status = reply ? list_accounts(call, reply) : jk_out_of_memory(&call->error);
    jk_call_answer(call, status, (const ProtobufCMessage *)reply);
}
