/* RequestPublisher, ListPublisherRequests, DecidePublisherRequest: reserved names and claims, which an admin decides.
 */
#include "auth/access.h"
#include "domain/ident.h"
#include "service/authority.h"
#include "service/convert.h"
#include "service/handlers.h"
#include "service/page.h"

_Static_assert(JOKBO__V1__PUBLISHER_REQUEST_KIND__PUBLISHER_REQUEST_KIND_CLAIM == JK_REQUEST_CLAIM + 1, "kind numbers");
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

/* What must hold for a request, when it is made and again when it is decided. */
static enum jk_status check_kind(struct jk_turn *turn, enum jk_request_kind kind, struct jk_span name,
                                 struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn), publisher = jk_book_find_publisher(turn->book, name, n);
    if (kind == JK_REQUEST_CREATE) {
        if (publisher != JK_NONE)
            return jk_fail(error, JK_ALREADY_EXISTS, "NAME_TAKEN",
                           "The publisher \"%.*s\" exists already; claim it if it is yours", JK_SPAN_ARG(name));
        if (jk_book_is_reserved(turn->book, name, n)) return JK_OK;
        return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_RESERVED",
                       "The name \"%.*s\" is not reserved; create it yourself", JK_SPAN_ARG(name));
    }
    JK_TRY(jk_need_publisher(turn, name, &publisher, error));
    if (!jk_book_is_claimed(turn->book, publisher, n)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "ALREADY_CLAIMED",
                   "The publisher \"%.*s\" has members already; ask one of its owners", JK_SPAN_ARG(name));
}

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
            if (list[i].kind == request->kind &&
                jk_span_equal_fold(jk_span_of(list[i].publisher), jk_span_of(request->publisher)))
                return jk_fail(error, JK_ALREADY_EXISTS, "REQUEST_PENDING",
                               "Request %llu asks for this already and waits for an admin",
                               (unsigned long long)list[i].id);
        }
    if (mine < JK_REQUESTS_PENDING) return JK_OK;
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "REQUESTS_QUOTA",
                   "%d of this account's requests are waiting, which is the most", JK_REQUESTS_PENDING);
}

static enum jk_status decide_request(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    struct jk_publisher_request *request = change->input;
    struct jk_error *error = &change->call->error;
    JK_TRY(check_kind(turn, request->kind, jk_span_of(request->publisher), error));
    JK_TRY(check_pending(change, turn, request, error));
    request->id = jk_directory_next_id(turn->directory, "request");
    request->account = change->call->principal.account;
    request->created_us = turn->time_us;
    return put_request(change, turn, request, out_reply);
}

void jk_request_publisher(struct jk_call *call)
{
    const Jokbo__V1__RequestPublisherRequest *given = (const void *)call->request;
    struct jk_publisher_request *request = jk_arena_zalloc(&call->arena, 1, sizeof *request);
    const char *why = jk_ident_part_fault(jk_span_of(given->publisher));
    char shown[96];
    size_t evidence = strlen(given->evidence);
    jk_text_shorten(jk_span_of(given->publisher), shown, sizeof shown);
    if (given->kind < 1 || given->kind > 2)
        jk_error_field(&call->error, "kind", "%d: give create or claim", (int)given->kind);
    if (why) jk_error_field(&call->error, "publisher", "\"%s\" %s", shown, why);
    if (!evidence || evidence > JK_EVIDENCE_MAX)
        jk_error_field(&call->error, "evidence", "%zu bytes: give 1 to %d", evidence, JK_EVIDENCE_MAX);
    if (!request) (void)jk_out_of_memory(&call->error);
    if (jk_error_result(&call->error) != JK_OK) {
        jk_call_fail(call);
        return;
    }
    request->kind = (enum jk_request_kind)(given->kind - 1);
    memcpy(request->publisher, given->publisher, strlen(given->publisher) + 1);
    memcpy(request->evidence, given->evidence, evidence + 1);
    jk_change_submit(call, decide_request, request);
}

/* ---- the decision ---- */

static enum jk_status check_evidence(const char *evidence, struct jk_error *error)
{
    const char *why = jk_ident_label_fault(jk_span_of(evidence));
    if (why) jk_error_field(error, "evidence", "%s; name the kind of evidence that was seen", why);
    return jk_error_result(error);
}

static enum jk_status approve(struct jk_change *change, struct jk_turn *turn,
                              const struct jk_publisher_request *request, const char *evidence)
{
    struct jk_error *error = &change->call->error;
    struct jk_span name = jk_span_of(request->publisher);
    struct jk_entry entry = {.actor = {.type = JK_ACTOR_ADMIN}, .publisher = name};
    struct jk_member owner = {.account = request->account, .role = JK_MEMBER_OWNER, .since_us = turn->time_us};
    struct jk_record record;
    uint32_t index, publisher;
    JK_TRY(check_kind(turn, request->kind, name, error));
    entry.kind = request->kind == JK_REQUEST_CREATE ? JK_KIND_PUBLISHER : JK_KIND_CLAIM;
    entry.basis = JK_BASIS_APPROVED;
    entry.evidence = jk_span_of(evidence);
    if (request->kind == JK_REQUEST_CLAIM) {
        JK_TRY(check_evidence(evidence, error)); /* a claim's entry holds it; that of a new publisher has no place */
        JK_TRY(jk_need_publisher(turn, name, &publisher, error));
        entry.publisher = jk_book_publisher(turn->book, publisher)->name;
    }
    memcpy(owner.publisher, entry.publisher.at, entry.publisher.len);
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    if (!jk_record_member(turn->arena, &owner, &record)) return jk_out_of_memory(error);
    return jk_turn_record(turn, &record, error);
}

static enum jk_status decide_decision(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__DecidePublisherRequestRequest *given = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    struct jk_publisher_request request;
    if (given->id <= 0 || !jk_directory_request(turn->directory, (uint64_t)given->id, &request))
        return jk_fail(error, JK_NOT_FOUND, "REQUEST_NOT_FOUND", "There is no request %lld", (long long)given->id);
    if (request.state != JK_REQUEST_PENDING)
        return jk_fail(error, JK_FAILED_PRECONDITION, "ALREADY_DECIDED", "Request %lld was decided already",
                       (long long)given->id);
    if (given->approve) JK_TRY(approve(change, turn, &request, given->evidence));
    request.state = given->approve ? JK_REQUEST_APPROVED : JK_REQUEST_REFUSED;
    request.decided_us = turn->time_us;
    return put_request(change, turn, &request, out_reply);
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

/* Admins see all; others their own, which are picked out here. */
static enum jk_status list(struct jk_call *call, Jokbo__V1__ListPublisherRequestsResponse *reply)
{
    const Jokbo__V1__ListPublisherRequestsRequest *asked = (const void *)call->request;
    struct jk_directory *directory = jk_store_directory(jk_store_of(call));
    bool admin = (call->principal.roles & JK_ROLE_ADMIN) && (call->principal.scopes & JK_SCOPE_ACCOUNTS), more = false;
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
            if (!admin && requests[i].account != call->principal.account) continue;
            reply->total_size++;
            if (requests[i].id <= page.after) continue;
            more = more || reply->n_requests == page.size;
            if (!more && (reply->requests[reply->n_requests] = present_request(&call->arena, &requests[i])))
                reply->n_requests++;
        }
    if (more)
        reply->next_page_token = jk_page_token(call, &page, 0, (uint64_t)reply->requests[reply->n_requests - 1]->id);
    return call->arena.exhausted ? jk_out_of_memory(&call->error) : JK_OK;
}

void jk_list_publisher_requests(struct jk_call *call)
{
    Jokbo__V1__ListPublisherRequestsResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListPublisherRequestsResponse, jokbo__v1__list_publisher_requests_response);
    enum jk_status status = reply ? list(call, reply) : jk_out_of_memory(&call->error);
    if (status == JK_OK)
        jk_call_finish(call, &reply->base);
    else
        jk_call_fail(call);
}
