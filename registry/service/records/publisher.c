/* CreatePublisher, GetPublisher, ListPublishers, VerifyPublisher. */
#include "auth/access.h"
#include "book/lookalike.h"
#include "domain/ident.h"
#include "reply/lookup.h"
#include "service/call/authority.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/records/owners.h"
#include "service/call/page.h"
#include "service/records/present.h"

static enum jk_status present_in_turn(struct jk_change *change, struct jk_turn *turn, uint32_t publisher,
                                      const char *notice, ProtobufCMessage **out_reply)
{
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), &change->call->arena};
    Jokbo__V1__Publisher *reply = jk_present_publisher(&present, publisher);
    if (!reply) return jk_out_of_memory(&change->call->error);
    if (notice) reply->notice = (char *)(uintptr_t)notice;
    if (change->write.dry) reply->log_index = 0;
    *out_reply = &reply->base;
    return JK_OK;
}

/* ---- create ---- */

static enum jk_status check_free(struct jk_turn *turn, struct jk_span name, bool registrar, struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn), taken = jk_book_find_publisher(turn->book, name, n);
    if (taken != JK_NONE) {
        struct jk_span spelled = jk_book_publisher(turn->book, taken)->name;
        bool claimed = jk_book_is_claimed(turn->book, taken, n);
        return jk_fail(error, JK_ALREADY_EXISTS, "NAME_TAKEN", "The publisher \"%.*s\" exists already%s",
                       JK_SPAN_ARG(spelled),
                       claimed ? "; choose another name"
                               : " and nobody has claimed it: if it is yours, claim it (jokbo publisher claim)");
    }
    return jk_lookalike_check(turn->book, n, name, registrar, error);
}

static enum jk_status decide_create_publisher(struct jk_change *change, struct jk_turn *turn,
                                              ProtobufCMessage **out_reply)
{
    const Jokbo__V1__CreatePublisherRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    struct jk_span name = jk_span_of(request->name);
    struct jk_entry entry = {
        .kind = JK_KIND_PUBLISHER, .publisher = name, .basis = JK_BASIS_SELF, .actor = {JK_ACTOR_PUBLISHER, name}};
    uint32_t index, publisher;
    bool registrar = change->call->principal.roles & JK_ROLE_REGISTRAR;
    JK_TRY(check_free(turn, name, request->on_behalf && registrar, error));
    if (request->on_behalf) {
        if (!registrar)
            return jk_fail(error, JK_PERMISSION_DENIED, "NOT_REGISTRAR",
                           "Only a registrar creates publishers for others; leave out on_behalf");
        entry.basis = JK_BASIS_REGISTRAR;
        entry.actor = (struct jk_actor){.type = JK_ACTOR_REGISTRAR};
    } else {
        unsigned limit = jk_services_of(change->call)->publishers_per_account;
        if (jk_directory_created(turn->directory, change->call->principal.account) >= limit)
            return jk_fail(error, JK_RESOURCE_EXHAUSTED, "PUBLISHERS_QUOTA",
                           "This account has created %u publishers, which is the limit, whoever owns them now", limit);
    }
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    if (!request->on_behalf) {
        uint64_t account = change->call->principal.account;
        JK_TRY(jk_owner_put(turn, name, account, 0, error));
        JK_TRY(jk_creator_put(turn, name, account, error));
    }
    JK_TRY(jk_need_publisher(turn, name, &publisher, error));
    const char *near = jk_nearest_publishers(turn->book, index, name, &change->call->arena);
    const char *notice =
        jk_arena_printf(&change->call->arena, "The name is part of a public log and stays there forever%s%s",
                        *near ? "; near to it: " : "", near);
    return present_in_turn(change, turn, publisher, notice, out_reply);
}

static void check_name(struct jk_call *call, const char *name)
{
    char shown[96];
    const char *why = jk_ident_part_fault(jk_span_of(name));
    if (!why) return;
    jk_text_shorten(jk_span_of(name), shown, sizeof shown);
    jk_error_field(&call->error, "name", "\"%s\" %s", shown, why);
}

void jk_create_publisher(struct jk_call *call)
{
    const Jokbo__V1__CreatePublisherRequest *request = (const void *)call->request;
    check_name(call, request->name);
    if (jk_error_result(&call->error) != JK_OK)
        jk_call_fail(call);
    else
        jk_change_submit(call, decide_create_publisher, NULL);
}

/* ---- verify ---- */

static enum jk_status decide_verify(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__VerifyPublisherRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    uint32_t publisher, index;
    JK_TRY(jk_need_publisher(turn, jk_span_of(request->name), &publisher, error));
    if (jk_book_is_verified(turn->book, publisher, jk_turn_size(turn)) != (bool)request->undo)
        return jk_fail(error, JK_FAILED_PRECONDITION, "ALREADY_SO", "The publisher is %sverified already",
                       request->undo ? "not " : "");
    struct jk_entry entry = {.kind = request->undo ? JK_KIND_UNVERIFY : JK_KIND_VERIFY,
                             .actor = {.type = JK_ACTOR_ADMIN},
                             .publisher = jk_book_publisher(turn->book, publisher)->name,
                             .evidence = jk_span_of(request->evidence)};
    if (!request->undo) {
        JK_TRY(jk_check_may_vouch(change, turn, publisher, error));
        JK_TRY(jk_owners_check_named(turn, publisher, request->owners, request->n_owners, error));
    }
    if (*request->details) JK_TRY(jk_turn_text(turn, jk_span_of(request->details), &entry.text, error));
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    if (!request->undo) JK_TRY(jk_owners_stand(turn, publisher, index, error));
    const char *text = jk_owners_text(turn, publisher, &change->call->arena);
    const char *notice =
        request->undo ? "" : jk_arena_printf(&change->call->arena, "The verification is about %s", text ? text : "");
    return text && notice ? present_in_turn(change, turn, publisher, notice, out_reply) : jk_out_of_memory(error);
}

static void check_owners(struct jk_error *error, const Jokbo__V1__VerifyPublisherRequest *request)
{
    if (request->undo && request->n_owners)
        jk_error_field(error, "owners", "is for verifying: leave it out to withdraw a verification");
    if (request->n_owners > JK_MEMBERS_MAX) {
        jk_error_field(error, "owners", "%zu are too many: at most %d", request->n_owners, JK_MEMBERS_MAX);
        return;
    }
    for (size_t i = 0; i < request->n_owners; i++)
        for (size_t j = 0; j <= i; j++)
            if (request->owners[i] < 1 || (j < i && request->owners[i] == request->owners[j])) {
                jk_error_field(error, "owners", "%lld: give numbers of accounts, each from 1 and once",
                               (long long)request->owners[i]);
                return;
            }
}

void jk_verify_publisher(struct jk_call *call)
{
    const Jokbo__V1__VerifyPublisherRequest *request = (const void *)call->request;
    const char *why = jk_ident_label_fault(jk_span_of(request->evidence));
    check_name(call, request->name);
    if (why) jk_error_field(&call->error, "evidence", "%s", why);
    check_owners(&call->error, request);
    if (strlen(request->details) > JK_TEXT_MAX)
        jk_error_field(&call->error, "details", "%zu bytes are too many: at most %d", strlen(request->details),
                       JK_TEXT_MAX);
    if (jk_error_result(&call->error) != JK_OK)
        jk_call_fail(call);
    else
        jk_change_submit(call, decide_verify, NULL);
}

/* ---- read ---- */

void jk_get_publisher(struct jk_call *call)
{
    const Jokbo__V1__GetPublisherRequest *request = (const void *)call->request;
    Jokbo__V1__Publisher *reply = NULL;
    struct jk_view view;
    char shown[96];
    jk_store_view(jk_store_of(call), &view);
    uint32_t slot = jk_book_find_publisher(view.book, jk_span_of(request->name), view.size);
    struct jk_present present = {view.book, jk_store_directory(jk_store_of(call)), view.size, &call->arena};
    if (slot != JK_NONE) reply = jk_present_publisher(&present, slot);
    jk_store_view_end(jk_store_of(call));
    if (reply) {
        jk_call_finish(call, &reply->base);
        return;
    }
    jk_text_shorten(jk_span_of(request->name), shown, sizeof shown);
    if (slot == JK_NONE) jk_error_resource(&call->error, "jokbo.v1/Publisher", shown);
    (void)(slot == JK_NONE
               ? jk_fail(&call->error, JK_NOT_FOUND, "PUBLISHER_NOT_FOUND", "There is no publisher \"%s\"", shown)
               : jk_out_of_memory(&call->error));
    jk_call_fail(call);
}

static enum jk_status list_publishers(struct jk_call *call, const struct jk_page *page,
                                      Jokbo__V1__ListPublishersResponse *reply)
{
    const Jokbo__V1__ListPublishersRequest *request = (const void *)call->request;
    struct jk_view view;
    jk_store_view(jk_store_of(call), &view);
    uint32_t size = jk_page_log_size_at(page, view.size);
    uint32_t count = jk_book_publishers(view.book, size), first = page->resumed ? (uint32_t)page->after + 1 : 0,
             last = 0;
    struct jk_present present = {view.book, jk_store_directory(jk_store_of(call)), size, &call->arena};
    bool more = false;
    for (uint32_t slot = 0; slot < count; slot++) {
        if (request->unclaimed && jk_book_is_claimed(view.book, slot, size)) continue;
        reply->total_size++;
        if (slot < first) continue;
        if (reply->n_publishers == page->size) {
            more = true;
            continue;
        }
        Jokbo__V1__Publisher *publisher = jk_present_publisher(&present, slot);
        if (!publisher) break;
        reply->publishers[reply->n_publishers++] = publisher;
        last = slot;
    }
    jk_store_view_end(jk_store_of(call));
    reply->log_size = size;
    if (more) reply->next_page_token = jk_page_token(call, page, size, last);
    return JK_OK;
}

void jk_list_publishers(struct jk_call *call)
{
    struct jk_page page;
    Jokbo__V1__ListPublishersResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListPublishersResponse, jokbo__v1__list_publishers_response);
    enum jk_status status = reply ? jk_page_read(call, &page) : jk_out_of_memory(&call->error);
    if (status == JK_OK) {
        reply->publishers = (Jokbo__V1__Publisher **)jk_pointers(&call->arena, page.size);
        status = reply->publishers ? list_publishers(call, &page, reply) : jk_out_of_memory(&call->error);
    }
    jk_call_answer(call, status, (const ProtobufCMessage *)reply);
}
