/* SetNamespace and ListNamespaces: which publisher holds which organisation of a hub, according to a registrar or
 * evaluator who has seen proof, and whose publisher it is not. It determines who may adopt (adopt.c), and whose a name
 * on the hub is (twin.c). */
#include "domain/ident.h"
#include "service/call/authority.h"
#include "service/call/four_eyes.h"
#include "service/call/handlers.h"
#include "service/evaluate/impartial.h"
#include "service/records/short_list.h"
#include "service/evaluate/stages.h"

static Jokbo__V1__Namespace *present_namespace(const struct jk_present *present, const struct jk_namespace *namespace)
{
    Jokbo__V1__Namespace *out = JK_MESSAGE(present->arena, Jokbo__V1__Namespace, jokbo__v1__namespace);
    if (!out) return NULL;
    out->organisation = jk_to_string(present->arena, namespace->organisation);
    out->publisher = jk_to_string(present->arena, jk_book_publisher(present->book, namespace->publisher)->name);
    out->held = namespace->holder != JK_NONE;
    out->evidence = jk_to_string(present->arena, namespace->evidence);
    out->log_index = namespace->from;
    out->create_time = jk_to_timestamp(present->arena, jk_book_time(present->book, namespace->from));
    out->log_size = present->size;
    return out;
}

static enum jk_status check_holder(struct jk_turn *turn, struct jk_span organisation, uint32_t publisher, bool end,
                                   struct jk_error *error)
{
    uint32_t holder = jk_book_namespace_holder(turn->book, organisation, jk_turn_size(turn));
    if (holder == (end ? publisher : JK_NONE)) return JK_OK;
    if (holder == JK_NONE || holder == publisher)
        return jk_fail(error, JK_FAILED_PRECONDITION, "ALREADY_SO", "The publisher %s \"%.*s\"",
                       end ? "does not hold" : "holds", JK_SPAN_ARG(organisation));
    return jk_fail(error, JK_FAILED_PRECONDITION, "HELD_BY_ANOTHER",
                   "\"%.*s\" is held by the publisher \"%.*s\", which must give it up first", JK_SPAN_ARG(organisation),
                   JK_SPAN_ARG(jk_book_publisher(turn->book, holder)->name));
}

/* The last that was said of it, which is what this change wrote. */
static enum jk_status reply_namespace(struct jk_change *change, struct jk_turn *turn, struct jk_span organisation,
                                      ProtobufCMessage **out_reply)
{
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), &change->call->arena};
    Jokbo__V1__Namespace *reply = NULL;
    for (uint32_t slot = jk_book_namespaces(turn->book); slot-- > 0 && !reply;) {
        const struct jk_namespace *namespace = jk_book_namespace(turn->book, slot, present.size);
        if (namespace && jk_span_equal_fold(namespace->organisation, organisation))
            reply = present_namespace(&present, namespace);
    }
    if (!reply) return jk_out_of_memory(&change->call->error);
    if (change->write.dry) reply->log_index = reply->log_size = 0;
    *out_reply = &reply->base;
    return JK_OK;
}

/* A registrar is believed at once, an evaluator under the same conditions as for rulings. Giving a namespace up takes
 * nobody else. */
static enum jk_status check_caller(const struct jk_change *change, const struct jk_turn *turn, bool registrar,
                                   uint32_t publisher, bool end, struct jk_error *error)
{
    if (!registrar) JK_TRY(jk_four_eyes_rested(change, turn, error));
    JK_TRY(jk_check_no_team(change, turn, error));
    return end ? JK_OK : jk_check_may_vouch(change, turn, publisher, error);
}

static enum jk_status decide_namespace(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__SetNamespaceRequest *request = (const void *)change->call->request;
    bool registrar = change->call->principal.roles & JK_ROLE_REGISTRAR;
    struct jk_error *error = &change->call->error;
    struct jk_entry entry = {.kind = request->end ? JK_KIND_NAMESPACE_END : JK_KIND_NAMESPACE,
                             .actor = {.type = registrar ? JK_ACTOR_REGISTRAR : JK_ACTOR_EVALUATOR},
                             .organisation = jk_span_of(request->organisation),
                             .evidence = jk_span_of(request->evidence)};
    uint32_t publisher, index;
    JK_TRY(jk_need_publisher(turn, jk_span_of(request->publisher), &publisher, error));
    entry.publisher = jk_book_publisher(turn->book, publisher)->name;
    JK_TRY(check_caller(change, turn, registrar, publisher, request->end, error));
    JK_TRY(check_holder(turn, entry.organisation, publisher, request->end, error));
    if (*request->details) JK_TRY(jk_turn_text(turn, jk_span_of(request->details), &entry.text, error));
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    return reply_namespace(change, turn, entry.organisation, out_reply);
}

void jk_set_namespace(struct jk_call *call)
{
    const Jokbo__V1__SetNamespaceRequest *request = (const void *)call->request;
    jk_check_field(&call->error, "publisher", request->publisher, jk_ident_part_fault(jk_span_of(request->publisher)));
    jk_check_field(&call->error, "organisation", request->organisation,
                   jk_ident_organisation_fault(jk_span_of(request->organisation)));
    if (!request->end) jk_check_hub_spelling(&call->error, "organisation", jk_span_of(request->organisation));
    jk_check_field(&call->error, "evidence", request->evidence, jk_ident_label_fault(jk_span_of(request->evidence)));
    jk_check_reason(&call->error, "details", request->details, false);
    if (jk_error_result(&call->error) == JK_OK)
        jk_change_submit(call, decide_namespace, NULL);
    else
        jk_call_fail(call);
}

/* ---- list ---- */

static enum jk_status filter_publisher(struct jk_call *call, const struct jk_present *present, const char *name,
                                       uint32_t *out_publisher)
{
    char shown[JK_NAME_PART_MAX + 1];
    *out_publisher = *name ? jk_book_find_publisher(present->book, jk_span_of(name), present->size) : JK_NONE;
    if (!*name || *out_publisher != JK_NONE) return JK_OK;
    jk_text_shorten(jk_span_of(name), shown, sizeof shown);
    jk_error_resource(&call->error, "jokbo.v1/Publisher", shown);
    return jk_fail(&call->error, JK_NOT_FOUND, "PUBLISHER_NOT_FOUND", "There is no publisher \"%s\"", shown);
}

static enum jk_status walk_namespaces(struct jk_call *call, struct jk_short_list *list)
{
    const Jokbo__V1__ListNamespacesRequest *request = (const void *)call->request;
    uint32_t count = jk_book_namespaces(list->view.book), publisher;
    JK_TRY(filter_publisher(call, &list->present, request->publisher, &publisher));
    for (uint32_t slot = 0; slot < count; slot++) {
        const struct jk_namespace *namespace = jk_book_namespace(list->view.book, slot, list->present.size);
        if (!namespace || (publisher != JK_NONE && namespace->publisher != publisher)) continue;
        if (namespace->holder == JK_NONE && !request->include_ended) continue;
        if (jk_short_list_wants(list, slot))
            jk_short_list_take(list, slot, present_namespace(&list->present, namespace));
    }
    return JK_OK;
}

void jk_list_namespaces(struct jk_call *call)
{
    struct jk_short_list list;
    Jokbo__V1__ListNamespacesResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListNamespacesResponse, jokbo__v1__list_namespaces_response);
    enum jk_status status = jk_short_list_begin(call, &list);
    if (status == JK_OK) {
        status = walk_namespaces(call, &list);
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK && reply) JK_SHORT_LIST_REPLY(&list, reply, namespaces);
    jk_short_list_end(&list, status, &reply->base);
}
