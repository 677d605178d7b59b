/* RequestPublisher, ListPublisherRequests, DecidePublisherRequest: reserved names and claims, which an admin decides,
 * and new owners for a verified publisher, whom a registrar or admin with no ties to either side confirms. */
#include "auth/access.h"
#include "book/lookalike.h"
#include "domain/ident.h"
#include "service/call/authority.h"
#include "service/call/convert.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/records/owners.h"
#include "service/call/page.h"

_Static_assert(JOKBO__V1__PUBLISHER_REQUEST_KIND__PUBLISHER_REQUEST_KIND_CLAIM == JK_REQUEST_CLAIM + 1, "kind numbers");
_Static_assert(JOKBO__V1__PUBLISHER_REQUEST_KIND__PUBLISHER_REQUEST_KIND_OWNER == JK_REQUEST_OWNER + 1, "kind numbers");
_Static_assert(JOKBO__V1__PUBLISHER_REQUEST_STATE__PUBLISHER_REQUEST_STATE_REFUSED == JK_REQUEST_REFUSED + 1,
               "state numbers");

static Jokbo__V1__PublisherRequest *present_request(struct jk_arena *arena, const struct jk_publisher_request *request)
{
    Jokbo__V1__PublisherRequest *out = JK_MESSAGE(arena, Jokbo__V1__PublisherRequest, jokbo__v1__publisher_request);
    if (!out) return NULL;
    out->id = (int64_t)request->id;
    out->kind = (Jokbo__V1__PublisherRequestKind)(request->kind + 1);
    out->state = (Jokbo__V1__PublisherRequestState)(request->state + 1);
    out->publisher = jk_to_string(arena, jk_span_of(request->publisher));
    out->account = (int64_t)request->account;
    out->evidence = jk_to_string(arena, jk_span_of(request->evidence));
    out->create_time = jk_to_timestamp(arena, request->created_us);
    out->owner = (int64_t)request->owner;
    out->looks_like = jk_to_string(arena, jk_span_of(request->looks_like));
    return out;
}

static enum jk_status put_request(struct jk_change *change, struct jk_turn *turn,
                                  const struct jk_publisher_request *request, ProtobufCMessage **out_reply)
{
    struct jk_error *error = &change->call->error;
    struct jk_record record;
    if (!jk_record_request(turn->arena, request, &record)) return jk_out_of_memory(error);
    JK_TRY(jk_turn_record(turn, &record, error));
    Jokbo__V1__PublisherRequest *reply = present_request(&change->call->arena, request);
    if (!reply) return jk_out_of_memory(error);
    *out_reply = &reply->base;
    return JK_OK;
}

/* ---- what must be true of a request, when it is made and again when it is decided ---- */

static enum jk_status check_create(struct jk_turn *turn, struct jk_span name, struct jk_error *error)
{
    struct jk_lookalike found;
    uint32_t n = jk_turn_size(turn);
    if (jk_book_find_publisher(turn->book, name, n) != JK_NONE)
        return jk_fail(error, JK_ALREADY_EXISTS, "NAME_TAKEN",
                       "The publisher \"%.*s\" exists already; claim it if it is yours", JK_SPAN_ARG(name));
    if (jk_lookalike_find(turn->book, n, name, &found)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_RESERVED",
                   "The name \"%.*s\" is not reserved; create it yourself", JK_SPAN_ARG(name));
}

static enum jk_status check_claim(struct jk_turn *turn, struct jk_span name, struct jk_error *error)
{
    uint32_t publisher;
    JK_TRY(jk_need_publisher(turn, name, &publisher, error));
    if (!jk_book_is_claimed(turn->book, publisher, jk_turn_size(turn))) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "ALREADY_CLAIMED",
                   "The publisher \"%.*s\" has members already; ask one of its owners", JK_SPAN_ARG(name));
}

static enum jk_status check_verified(struct jk_turn *turn, uint32_t publisher, struct jk_span name,
                                     struct jk_error *error)
{
    if (!jk_book_is_verified(turn->book, publisher, jk_turn_size(turn)))
        return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_VERIFIED",
                       "\"%.*s\" is not verified, so nobody needs to confirm its owners: an owner can simply add "
                       "another (jokbo publisher add-member)",
                       JK_SPAN_ARG(name));
    if (jk_owners_known(turn, publisher)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "OWNERS_UNKNOWN",
                   "It is not recorded who owned \"%.*s\" when it was verified; an admin must verify it again first",
                   JK_SPAN_ARG(name));
}

static enum jk_status check_owner(struct jk_turn *turn, const struct jk_publisher_request *request,
                                  struct jk_error *error)
{
    struct jk_account account;
    struct jk_span name = jk_span_of(request->publisher);
    uint32_t publisher;
    JK_TRY(jk_need_publisher(turn, name, &publisher, error));
    /* Whoever asked must own it, whether that is the caller or somebody earlier. */
    if (jk_directory_membership(turn->directory, name, request->account) != JK_MEMBER_OWNER) {
        if (!request->id)
            return jk_fail(error, JK_PERMISSION_DENIED, "NOT_AN_OWNER", "Only an owner of \"%.*s\" may ask for another",
                           JK_SPAN_ARG(name));
        return jk_fail(error, JK_FAILED_PRECONDITION, "ASKER_LEFT",
                       "Account %llu, which asked, no longer owns \"%.*s\"; refuse the request",
                       (unsigned long long)request->account, JK_SPAN_ARG(name));
    }
    JK_TRY(check_verified(turn, publisher, name, error));
    if (!jk_directory_account(turn->directory, request->owner, &account) || account.disabled)
        return jk_fail(error, JK_NOT_FOUND, "ACCOUNT_NOT_FOUND", "There is no account %llu, or it is disabled",
                       (unsigned long long)request->owner);
    enum jk_member_role role = jk_directory_membership(turn->directory, name, request->owner);
    if (role == JK_MEMBER_OWNER)
        return jk_fail(error, JK_ALREADY_EXISTS, "ALREADY_OWNER", "Account %llu already owns \"%.*s\"",
                       (unsigned long long)request->owner, JK_SPAN_ARG(name));
    return role == JK_MEMBER_NONE ? jk_member_room(turn, name, error) : JK_OK;
}

static enum jk_status check_kind(struct jk_turn *turn, const struct jk_publisher_request *request,
                                 struct jk_error *error)
{
    switch (request->kind) {
    case JK_REQUEST_CREATE:
        return check_create(turn, jk_span_of(request->publisher), error);
    case JK_REQUEST_CLAIM:
        return check_claim(turn, jk_span_of(request->publisher), error);
    case JK_REQUEST_OWNER:
        break;
    }
    return check_owner(turn, request, error);
}

/* ---- asking ---- */

static enum jk_status check_pending(struct jk_change *change, struct jk_turn *turn,
                                    const struct jk_publisher_request *request, struct jk_error *error)
{
    const struct jk_publisher_request *list;
    size_t total, count, mine = 0;
    uint64_t account = change->call->principal.account;
    for (uint64_t after = 0;
         (count = jk_directory_list_requests(turn->directory, true, after, JK_PAGE_MAX, turn->arena, &list, &total));
         after = list[count - 1].id)
        for (size_t i = 0; i < count; i++) {
            if (list[i].account != account) continue;
            mine++;
            if (list[i].kind == request->kind && list[i].owner == request->owner &&
                jk_span_equal_fold(jk_span_of(list[i].publisher), jk_span_of(request->publisher)))
                return jk_fail(error, JK_ALREADY_EXISTS, "REQUEST_PENDING",
                               "Request %llu already asks for this and is waiting to be decided",
                               (unsigned long long)list[i].id);
        }
    if (mine < JK_REQUESTS_PENDING) return JK_OK;
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "REQUESTS_QUOTA",
                   "%d of this account's requests are waiting, which is the limit", JK_REQUESTS_PENDING);
}

static enum jk_status decide_request(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    struct jk_publisher_request *request = change->input;
    struct jk_error *error = &change->call->error;
    request->account = change->call->principal.account;
    JK_TRY(check_kind(turn, request, error));
    JK_TRY(check_pending(change, turn, request, error));
    /* Whoever decides sees what the name looked like when it was requested. */
    struct jk_lookalike found;
    if (request->kind == JK_REQUEST_CREATE &&
        jk_lookalike_find(turn->book, jk_turn_size(turn), jk_span_of(request->publisher), &found) &&
        found.like.len < sizeof request->looks_like)
        memcpy(request->looks_like, found.like.at, found.like.len);
    request->id = jk_directory_next_id(turn->directory, "request");
    request->created_us = turn->time_us;
    return put_request(change, turn, request, out_reply);
}

static void check_request(struct jk_call *call, const Jokbo__V1__RequestPublisherRequest *given)
{
    const char *why = jk_ident_part_fault(jk_span_of(given->publisher));
    bool for_owner = given->kind == JOKBO__V1__PUBLISHER_REQUEST_KIND__PUBLISHER_REQUEST_KIND_OWNER;
    size_t evidence = strlen(given->evidence);
    char shown[96];
    jk_text_shorten(jk_span_of(given->publisher), shown, sizeof shown);
    if (given->kind < 1 || given->kind > 3)
        jk_error_field(&call->error, "kind", "%d: give create, claim or owner", (int)given->kind);
    if (why) jk_error_field(&call->error, "publisher", "\"%s\" %s", shown, why);
    if (!evidence || evidence > JK_EVIDENCE_MAX)
        jk_error_field(&call->error, "evidence", "%zu bytes: give 1 to %d", evidence, JK_EVIDENCE_MAX);
    if (for_owner ? given->owner <= 0 : given->owner != 0)
        jk_error_field(&call->error, "owner",
                       "%lld: the number of an account must be given with the kind owner, and only then",
                       (long long)given->owner);
}

void jk_request_publisher(struct jk_call *call)
{
    const Jokbo__V1__RequestPublisherRequest *given = (const void *)call->request;
    struct jk_publisher_request *request = jk_arena_zalloc(&call->arena, 1, sizeof *request);
    check_request(call, given);
    if (!request) (void)jk_out_of_memory(&call->error);
    if (jk_error_result(&call->error) != JK_OK) {
        jk_call_fail(call);
        return;
    }
    request->kind = (enum jk_request_kind)(given->kind - 1);
    request->owner = (uint64_t)given->owner;
    memcpy(request->publisher, given->publisher, strlen(given->publisher) + 1);
    memcpy(request->evidence, given->evidence, strlen(given->evidence) + 1);
    jk_change_submit(call, decide_request, request);
}

/* ---- the decision ---- */

static enum jk_status check_evidence(const char *evidence, struct jk_error *error)
{
    const char *why = jk_ident_label_fault(jk_span_of(evidence));
    if (why) jk_error_field(error, "evidence", "%s; say what kind of evidence was seen", why);
    return jk_error_result(error);
}

static enum jk_status approve_create(struct jk_turn *turn, const struct jk_publisher_request *request,
                                     struct jk_error *error)
{
    struct jk_span name = jk_span_of(request->publisher);
    struct jk_entry entry = {
        .kind = JK_KIND_PUBLISHER, .actor = {.type = JK_ACTOR_ADMIN}, .publisher = name, .basis = JK_BASIS_APPROVED};
    JK_TRY(jk_turn_append(turn, &entry, NULL, error));
    JK_TRY(jk_owner_put(turn, name, request->account, 0, error));
    return jk_creator_put(turn, name, request->account, error);
}

/* Nobody owned it, so nobody stood at its verification, if it had one: that was about other people. */
static enum jk_status approve_claim(struct jk_turn *turn, const struct jk_publisher_request *request,
                                    const char *evidence, uint32_t *out_ended, struct jk_error *error)
{
    struct jk_entry entry = {
        .kind = JK_KIND_CLAIM, .actor = {.type = JK_ACTOR_ADMIN}, .evidence = jk_span_of(evidence)};
    uint32_t publisher;
    JK_TRY(check_evidence(evidence, error)); /* its entry has it; those of the other kinds have no field for it */
    JK_TRY(jk_need_publisher(turn, jk_span_of(request->publisher), &publisher, error));
    entry.publisher = jk_book_publisher(turn->book, publisher)->name;
    JK_TRY(jk_turn_append(turn, &entry, NULL, error));
    JK_TRY(jk_owner_put(turn, entry.publisher, request->account, 0, error));
    return jk_owners_changed(turn, publisher, JK_ENDED_TRANSFERRED, out_ended, error);
}

/* The verification extends to an owner confirmed by a registrar who has no part in it. */
static enum jk_status approve_owner(struct jk_change *change, struct jk_turn *turn,
                                    const struct jk_publisher_request *request, struct jk_error *error)
{
    uint64_t caller = change->call->principal.account;
    uint32_t publisher;
    JK_TRY(jk_need_publisher(turn, jk_span_of(request->publisher), &publisher, error));
    struct jk_span name = jk_book_publisher(turn->book, publisher)->name;
    if (caller == request->account || caller == request->owner ||
        jk_directory_had_a_hand(turn->directory, name, caller))
        return jk_fail(error, JK_PERMISSION_DENIED, "NOT_INDEPENDENT",
                       "An owner of \"%.*s\" must be confirmed by a registrar or admin who is neither the one who asks "
                       "nor the one proposed, did not create the publisher, and never was a member of it",
                       JK_SPAN_ARG(name));
    uint32_t since = jk_book_verified_since(turn->book, publisher, jk_turn_size(turn));
    if (jk_directory_membership(turn->directory, name, request->owner) != JK_MEMBER_NONE)
        return jk_owner_put(turn, name, request->owner, since, error);
    struct jk_member invitation = {
        .account = request->owner, .invited = JK_MEMBER_OWNER, .invited_by = caller, .stood = since};
    return jk_invitation_put(turn, name, &invitation, error);
}

static enum jk_status approve(struct jk_change *change, struct jk_turn *turn,
                              const struct jk_publisher_request *request, const char *evidence, uint32_t *out_ended)
{
    struct jk_error *error = &change->call->error;
    JK_TRY(check_kind(turn, request, error));
    switch (request->kind) {
    case JK_REQUEST_CREATE:
        return approve_create(turn, request, error);
    case JK_REQUEST_CLAIM:
        return approve_claim(turn, request, evidence, out_ended, error);
    case JK_REQUEST_OWNER:
        break;
    }
    return approve_owner(change, turn, request, error);
}

/* The table lets registrars and admins in; a registrar may decide only about owners, and nobody may grant their own
 * request. */
static enum jk_status check_decider(const struct jk_change *change, const struct jk_publisher_request *request,
                                    bool approve, struct jk_error *error)
{
    const struct jk_principal *caller = &change->call->principal;
    bool own =
        request->kind != JK_REQUEST_OWNER && request->account == caller->account; /* of an owner: approve_owner */
    if (approve && own && jk_services_of(change->call)->four_eyes)
        return jk_fail_own(jk_span_of(request->publisher), error);
    if ((caller->roles & JK_ROLE_ADMIN) || request->kind == JK_REQUEST_OWNER) return JK_OK;
    return jk_fail(error, JK_PERMISSION_DENIED, "NOT_ADMIN",
                   "Request %llu is for an admin to decide; a registrar decides about owners of verified publishers",
                   (unsigned long long)request->id);
}

static enum jk_status decide_decision(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__DecidePublisherRequestRequest *given = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    struct jk_publisher_request request;
    uint32_t ended = JK_NONE;
    if (given->id <= 0 || !jk_directory_request(turn->directory, (uint64_t)given->id, &request))
        return jk_fail(error, JK_NOT_FOUND, "REQUEST_NOT_FOUND", "There is no request %lld", (long long)given->id);
    JK_TRY(check_decider(change, &request, given->approve, error));
    if (request.state != JK_REQUEST_PENDING)
        return jk_fail(error, JK_FAILED_PRECONDITION, "ALREADY_DECIDED", "Request %lld was decided already",
                       (long long)given->id);
    if (given->approve) JK_TRY(approve(change, turn, &request, given->evidence, &ended));
    request.state = given->approve ? JK_REQUEST_APPROVED : JK_REQUEST_REFUSED;
    request.decided_us = turn->time_us;
    JK_TRY(put_request(change, turn, &request, out_reply));
    if (ended != JK_NONE)
        ((Jokbo__V1__PublisherRequest *)*out_reply)->notice =
            (char *)(uintptr_t) "This ended the publisher's verification; verify it again with its owner";
    return JK_OK;
}

void jk_decide_publisher_request(struct jk_call *call)
{
    const Jokbo__V1__DecidePublisherRequestRequest *request = (const void *)call->request;
    enum jk_status status = *request->evidence ? check_evidence(request->evidence, &call->error) : JK_OK;
    if (status == JK_OK)
        jk_change_submit(call, decide_decision, NULL);
    else
        jk_call_fail(call);
}

/* ---- list ---- */

/* Admins see all, registrars what they may decide, and everybody their own. */
static bool is_shown(const struct jk_call *call, const struct jk_publisher_request *request)
{
    unsigned roles = call->principal.scopes & JK_SCOPE_ACCOUNTS ? call->principal.roles : 0;
    return request->account == call->principal.account || (roles & JK_ROLE_ADMIN) ||
           ((roles & JK_ROLE_REGISTRAR) && request->kind == JK_REQUEST_OWNER);
}

static enum jk_status list_requests(struct jk_call *call, Jokbo__V1__ListPublisherRequestsResponse *reply)
{
    const Jokbo__V1__ListPublisherRequestsRequest *asked = (const void *)call->request;
    struct jk_directory *directory = jk_store_directory(jk_store_of(call));
    bool more = false;
    const struct jk_publisher_request *requests;
    struct jk_page page;
    size_t total, count;
    JK_TRY(jk_page_read(call, &page));
    reply->requests = (Jokbo__V1__PublisherRequest **)jk_pointers(&call->arena, page.size);
    if (!reply->requests) return jk_out_of_memory(&call->error);
    for (uint64_t after = 0; (count = jk_directory_list_requests(directory, asked->pending, after, JK_PAGE_MAX,
                                                                 &call->arena, &requests, &total));
         after = requests[count - 1].id)
        for (size_t i = 0; i < count; i++) {
            if (!is_shown(call, &requests[i])) continue;
            reply->total_size++;
            if (requests[i].id <= page.after) continue;
            more = more || reply->n_requests == page.size;
            if (!more && (reply->requests[reply->n_requests] = present_request(&call->arena, &requests[i])))
                reply->n_requests++;
        }
    if (more)
        reply->next_page_token = jk_page_token(call, &page, 0, (uint64_t)reply->requests[reply->n_requests - 1]->id);
    return JK_OK;
}

void jk_list_publisher_requests(struct jk_call *call)
{
    Jokbo__V1__ListPublisherRequestsResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListPublisherRequestsResponse, jokbo__v1__list_publisher_requests_response);
    enum jk_status status = reply ? list_requests(call, reply) : jk_out_of_memory(&call->error);
    jk_call_answer(call, status, (const ProtobufCMessage *)reply);
}
