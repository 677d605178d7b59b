/* SetMember, AcceptMembership, RemoveMember, ListMembers. A membership requires both sides: what an owner gives is an
 * invitation, until the account accepts it. Otherwise anybody could make others members of their publisher, where their
 * cards' names would be looked up, and which they then could not judge. */
#include "auth/access.h"
#include "service/call/authority.h"
#include "service/call/convert.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/records/member.h"
#include "service/records/owners.h"
#include "service/call/page.h"

_Static_assert(JOKBO__V1__MEMBER_ROLE__MEMBER_ROLE_WRITER == (int)JK_MEMBER_WRITER, "role numbers");
_Static_assert(JOKBO__V1__MEMBER_ROLE__MEMBER_ROLE_OWNER == (int)JK_MEMBER_OWNER, "role numbers");

Jokbo__V1__Member *jk_present_member(struct jk_arena *arena, const struct jk_member *member)
{
    Jokbo__V1__Member *out = JK_MESSAGE(arena, Jokbo__V1__Member, jokbo__v1__member);
    if (!out) return NULL;
    out->publisher = jk_to_string(arena, jk_span_of(member->publisher));
    out->account = (int64_t)member->account;
    out->role = (Jokbo__V1__MemberRole)member->role;
    out->create_time = jk_to_timestamp(arena, member->since_us);
    out->invited = (Jokbo__V1__MemberRole)member->invited;
    return out;
}

static enum jk_status reply_member(struct jk_change *change, const struct jk_member *member, const char *notice,
                                   ProtobufCMessage **out_reply)
{
    Jokbo__V1__Member *reply = jk_present_member(&change->call->arena, member);
    if (!reply || !notice) return jk_out_of_memory(&change->call->error);
    reply->notice = (char *)(uintptr_t)notice;
    *out_reply = &reply->base;
    return JK_OK;
}

/* What the change did to the publisher's verification; empty for nothing. */
static const char *notice_of(struct jk_change *change, uint32_t ended, const char *why)
{
    if (ended == JK_NONE) return protobuf_c_empty_string;
    return jk_arena_printf(&change->call->arena,
                           "This ended the publisher's verification (log entry %u, %s); an admin can verify it again",
                           ended, why);
}

/* A role from now on, or none; `stood` as in the membership. */
static enum jk_status put_member(struct jk_change *change, struct jk_turn *turn, uint32_t publisher,
                                 struct jk_member *member, const char *why, ProtobufCMessage **out_reply)
{
    struct jk_error *error = &change->call->error;
    struct jk_span name = jk_book_publisher(turn->book, publisher)->name;
    struct jk_member before = {0};
    uint32_t ended;
    bool known = jk_directory_member(turn->directory, name, member->account, &before);
    if (known && before.role == member->role && !before.invited)
        return reply_member(change, &before, protobuf_c_empty_string, out_reply);
    if (known && before.role == JK_MEMBER_OWNER && !jk_owners_other(turn, name, member->account))
        return jk_fail(error, JK_FAILED_PRECONDITION, "LAST_OWNER",
                       "This is the publisher's last owner; make another member owner first");
    if (!jk_owners_known(turn, publisher)) why = JK_ENDED_UNKNOWN;
    member->never = member->role == JK_MEMBER_NONE && known && before.never;
    member->since_us = turn->time_us;
    memcpy(member->publisher, name.at, name.len);
    JK_TRY(jk_member_put(turn, member, error));
    if (member->role == JK_MEMBER_NONE && before.role == JK_MEMBER_NONE) /* it declines, or is no longer invited */
        return reply_member(change, member, protobuf_c_empty_string, out_reply);
    JK_TRY(jk_owners_changed(turn, publisher, why, &ended, error));
    return reply_member(change, member, notice_of(change, ended, why), out_reply);
}

/* Repeating an invitation leaves the first as it is. */
static enum jk_status invite(struct jk_change *change, struct jk_turn *turn, struct jk_span publisher, uint64_t account,
                             enum jk_member_role role, ProtobufCMessage **out_reply)
{
    struct jk_member member = {.account = account, .invited = role, .invited_by = change->call->principal.account};
    struct jk_member before;
    struct jk_error *error = &change->call->error;
    bool invited = jk_directory_member(turn->directory, publisher, account, &before) && before.invited;
    if (invited && before.invited == role && before.invited_by == member.invited_by)
        return reply_member(change, &before, protobuf_c_empty_string, out_reply);
    if (!invited) JK_TRY(jk_member_room(turn, publisher, error));
    JK_TRY(jk_invitation_put(turn, publisher, &member, error));
    return reply_member(change, &member, protobuf_c_empty_string, out_reply);
}

static bool may_change_members(const struct jk_change *change, const struct jk_turn *turn, struct jk_span publisher)
{
    const struct jk_principal *principal = &change->call->principal;
    bool admin = (principal->roles & JK_ROLE_ADMIN) && (principal->scopes & JK_SCOPE_ACCOUNTS);
    return admin || jk_directory_membership(turn->directory, publisher, principal->account) == JK_MEMBER_OWNER;
}

static enum jk_status fail_not_owner(struct jk_span publisher, struct jk_error *error)
{
    return jk_fail(error, JK_PERMISSION_DENIED, "NOT_AN_OWNER", "Only an owner of \"%.*s\" may change its members",
                   JK_SPAN_ARG(publisher));
}

/* Why a verification ends through this, if it does: `giver` grants the role. */
static const char *why_of(const struct jk_turn *turn, struct jk_span publisher, enum jk_member_role role,
                          uint64_t giver)
{
    if (role != JK_MEMBER_OWNER) return JK_ENDED_LEFT;
    return jk_directory_membership(turn->directory, publisher, giver) == JK_MEMBER_OWNER ? JK_ENDED_ADDED
                                                                                         : JK_ENDED_TRANSFERRED;
}

/* An existing member, or somebody who takes the role themselves, has nothing to accept. */
static enum jk_status decide_set(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__SetMemberRequest *request = (const void *)change->call->request;
    uint64_t caller = change->call->principal.account;
    struct jk_error *error = &change->call->error;
    struct jk_account account;
    uint32_t publisher;
    JK_TRY(jk_need_publisher(turn, jk_span_of(request->publisher), &publisher, error));
    struct jk_span name = jk_book_publisher(turn->book, publisher)->name;
    if (!may_change_members(change, turn, name)) return fail_not_owner(name, error);
    if (request->account <= 0 || !jk_directory_account(turn->directory, (uint64_t)request->account, &account))
        return jk_fail(error, JK_NOT_FOUND, "ACCOUNT_NOT_FOUND", "There is no account %lld",
                       (long long)request->account);
    struct jk_member member = {.account = account.id, .role = (enum jk_member_role)request->role};
    bool known = jk_directory_membership(turn->directory, name, account.id) != JK_MEMBER_NONE;
    if (!known && account.id != caller) return invite(change, turn, name, account.id, member.role, out_reply);
    if (!known) JK_TRY(jk_member_room(turn, name, error));
    return put_member(change, turn, publisher, &member, why_of(turn, name, member.role, caller), out_reply);
}

void jk_set_member(struct jk_call *call)
{
    const Jokbo__V1__SetMemberRequest *request = (const void *)call->request;
    if (request->role != JOKBO__V1__MEMBER_ROLE__MEMBER_ROLE_WRITER &&
        request->role != JOKBO__V1__MEMBER_ROLE__MEMBER_ROLE_OWNER)
        jk_error_field(&call->error, "role", "%d: give writer or owner", (int)request->role);
    if (jk_error_result(&call->error) == JK_OK)
        jk_change_submit(call, decide_set, NULL);
    else
        jk_call_fail(call);
}

/* ---- accept ---- */

/* Whether the one who sent the invitation could still send it: an owner who was removed can bring nobody in. */
static bool still_holds(const struct jk_turn *turn, const struct jk_member *invitation, uint32_t publisher)
{
    struct jk_account giver;
    struct jk_span name = jk_book_publisher(turn->book, publisher)->name;
    if (!jk_directory_account(turn->directory, invitation->invited_by, &giver) || giver.disabled) return false;
    if (invitation->stood) /* with a registrar's confirmation for this verification */
        return (giver.roles & (JK_ROLE_ADMIN | JK_ROLE_REGISTRAR)) &&
               invitation->stood == jk_book_verified_since(turn->book, publisher, jk_turn_size(turn));
    return (giver.roles & JK_ROLE_ADMIN) ||
           jk_directory_membership(turn->directory, name, invitation->invited_by) == JK_MEMBER_OWNER;
}

static enum jk_status decide_accept(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__AcceptMembershipRequest *request = (const void *)change->call->request;
    struct jk_member invitation = {0};
    struct jk_error *error = &change->call->error;
    uint32_t publisher;
    JK_TRY(jk_need_publisher(turn, jk_span_of(request->publisher), &publisher, error));
    struct jk_span name = jk_book_publisher(turn->book, publisher)->name;
    (void)jk_directory_member(turn->directory, name, change->call->principal.account, &invitation);
    if (invitation.role != JK_MEMBER_NONE) /* accepted already */
        return reply_member(change, &invitation, protobuf_c_empty_string, out_reply);
    if (!invitation.invited)
        return jk_fail(
            error, JK_NOT_FOUND, "INVITATION_NOT_FOUND",
            "This account is not invited to \"%.*s\"; one of its owners can invite it: jokbo publisher add-member "
            "%.*s %llu",
            JK_SPAN_ARG(name), JK_SPAN_ARG(name), (unsigned long long)change->call->principal.account);
    if (!still_holds(turn, &invitation, publisher))
        return jk_fail(error, JK_FAILED_PRECONDITION, "INVITATION_LAPSED",
                       "Account %llu, which invited this one to \"%.*s\", can no longer invite anybody, or the "
                       "verification that the invitation was for has ended; ask an owner for another invitation",
                       (unsigned long long)invitation.invited_by, JK_SPAN_ARG(name));
    struct jk_member member = {.account = invitation.account, .role = invitation.invited, .stood = invitation.stood};
    return put_member(change, turn, publisher, &member, why_of(turn, name, member.role, invitation.invited_by),
                      out_reply);
}

void jk_accept_membership(struct jk_call *call)
{
    jk_change_submit(call, decide_accept, NULL);
}

/* ---- remove ---- */

static enum jk_status decide_remove(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__RemoveMemberRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    uint32_t publisher;
    JK_TRY(jk_need_publisher(turn, jk_span_of(request->publisher), &publisher, error));
    struct jk_span name = jk_book_publisher(turn->book, publisher)->name;
    uint64_t account = request->account > 0 ? (uint64_t)request->account : 0;
    if (account != change->call->principal.account && !may_change_members(change, turn, name))
        return fail_not_owner(name, error);
    struct jk_member member = {0};
    (void)jk_directory_member(turn->directory, name, account, &member);
    if (member.role == JK_MEMBER_NONE && !member.invited)
        return jk_fail(error, JK_NOT_FOUND, "MEMBER_NOT_FOUND",
                       "Account %lld is neither a member of \"%.*s\" nor invited to it", (long long)request->account,
                       JK_SPAN_ARG(name));
    member = (struct jk_member){.account = account, .role = JK_MEMBER_NONE};
    return put_member(change, turn, publisher, &member, JK_ENDED_LEFT, out_reply);
}

void jk_remove_member(struct jk_call *call)
{
    jk_change_submit(call, decide_remove, NULL);
}

static enum jk_status check_reader(struct jk_call *call, struct jk_span name)
{
    struct jk_view view;
    struct jk_directory *directory = jk_store_directory(jk_store_of(call));
    jk_store_view(jk_store_of(call), &view);
    bool known = jk_book_find_publisher(view.book, name, view.size) != JK_NONE;
    jk_store_view_end(jk_store_of(call));
    if (!known)
        return jk_fail(&call->error, JK_NOT_FOUND, "PUBLISHER_NOT_FOUND", "There is no publisher \"%.96s\"", name.at);
    bool admin = call->principal.roles & JK_ROLE_ADMIN;
    if (admin || jk_directory_membership(directory, name, call->principal.account) != JK_MEMBER_NONE) return JK_OK;
    return jk_fail(&call->error, JK_PERMISSION_DENIED, "NOT_A_MEMBER", "Only members of \"%.96s\" may see its members",
                   name.at);
}

static enum jk_status list_members(struct jk_call *call, Jokbo__V1__ListMembersResponse *reply)
{
    const Jokbo__V1__ListMembersRequest *request = (const void *)call->request;
    struct jk_page page;
    const struct jk_member *members;
    size_t total;
    JK_TRY(jk_page_read(call, &page));
    JK_TRY(check_reader(call, jk_span_of(request->publisher)));
    size_t count = jk_directory_list_members(jk_store_directory(jk_store_of(call)), jk_span_of(request->publisher),
                                             page.after, page.size + 1, &call->arena, &members, &total);
    bool more = count > page.size;
    if (more) count = page.size;
    reply->members = (Jokbo__V1__Member **)jk_pointers(&call->arena, count + 1);
    for (size_t i = 0; reply->members && i < count; i++)
        if ((reply->members[i] = jk_present_member(&call->arena, &members[i]))) reply->n_members++;
    reply->total_size = (int32_t)total;
    if (more) reply->next_page_token = jk_page_token(call, &page, 0, members[count - 1].account);
    return JK_OK;
}

void jk_list_members(struct jk_call *call)
{
    Jokbo__V1__ListMembersResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListMembersResponse, jokbo__v1__list_members_response);
    enum jk_status status = reply ? list_members(call, reply) : jk_out_of_memory(&call->error);
    jk_call_answer(call, status, (const ProtobufCMessage *)reply);
}
