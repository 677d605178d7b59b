/* AdoptExternalModel, UnadoptExternalModel, ListAdoptions. A publisher may adopt what is in its own namespace on a hub,
 * at once; the publisher of the adopting model may give an adoption up, and whoever holds the namespace now may end it.
 * Everything else takes an evaluator's ruling, and the adoption follows when that takes effect. */
#include "domain/ident.h"
#include "service/call/handlers.h"
#include "service/evaluate/adoption.h"
#include "service/evaluate/ruling.h"
#include "service/evaluate/stages.h"
#include "service/records/short_list.h"

/* ---- who may ---- */

/* The model's publisher is verified, and holds the namespace that the external is in. */
static enum jk_status check_namespace(struct jk_turn *turn, struct jk_span external, uint32_t model,
                                      struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn), publisher = jk_publisher_of(turn, model);
    struct jk_span name = jk_book_publisher(turn->book, publisher)->name;
    struct jk_span organisation = jk_ident_organisation_of(external);
    if (!jk_book_is_verified(turn->book, publisher, n))
        return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_VERIFIED",
                       "The publisher \"%.*s\" is not verified: only a verified publisher may adopt; otherwise an "
                       "evaluator must rule",
                       JK_SPAN_ARG(name));
    if (organisation.len > 0 && jk_book_namespace_holder(turn->book, organisation, n) == publisher) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "NO_NAMESPACE",
                   "\"%.*s\" is not in a namespace that \"%.*s\" is known to hold: have a registrar record it (jokbo "
                   "namespace set), or an evaluator rule",
                   JK_SPAN_ARG(external), JK_SPAN_ARG(name));
}

static bool is_publisher(const struct jk_actor *actor)
{
    return actor->type == JK_ACTOR_PUBLISHER || actor->type == JK_ACTOR_TEAM;
}

/* Whether the caller may end another publisher's adoption, for a verified publisher that holds the external's
 * namespace. */
static bool acts_for_holder(struct jk_change *change, struct jk_turn *turn, struct jk_span external, uint32_t model,
                            struct jk_actor *out_actor)
{
    uint32_t n = jk_turn_size(turn);
    struct jk_span organisation = jk_ident_organisation_of(external);
    uint32_t holder = organisation.len ? jk_book_namespace_holder(turn->book, organisation, n) : JK_NONE;
    struct jk_error none;
    jk_error_init(&none, NULL);
    return holder != JK_NONE && holder != jk_publisher_of(turn, model) && jk_book_is_verified(turn->book, holder, n) &&
           jk_act_for_publisher(change, turn, holder, out_actor, &none) == JK_OK && is_publisher(out_actor);
}

struct wish {
    bool adopt;
    struct jk_span external;
    const char *model, *reason, *text;
};

static struct wish wish_of(const struct jk_call *call)
{
    const Jokbo__V1__AdoptExternalModelRequest *adopt = (const void *)call->request;
    const Jokbo__V1__UnadoptExternalModelRequest *unadopt = (const void *)call->request;
    if (call->request->descriptor == &jokbo__v1__adopt_external_model_request__descriptor)
        return (struct wish){true, jk_span_of(adopt->external), adopt->model, adopt->reason, adopt->text};
    return (struct wish){false, jk_span_of(unadopt->external), unadopt->model, unadopt->reason, unadopt->text};
}

/* What was done: an adoption, or a ruling that leads to one. */
struct outcome {
    uint32_t model, ruling, index; /* entries; JK_NONE: none */
    bool by_holder;                /* ended by the holder of the namespace: not on the publisher's quota */
};

static enum jk_status adopt_as_publisher(struct jk_change *change, struct jk_turn *turn, const struct wish *wish,
                                         const struct jk_actor *actor, struct outcome *outcome)
{
    struct jk_error *error = &change->call->error;
    if (wish->adopt) JK_TRY(check_namespace(turn, wish->external, outcome->model, error));
    if (!outcome->by_holder) JK_TRY(jk_spend_quota(change, turn, jk_publisher_of(turn, outcome->model), actor, error));
    return jk_adoption_append(turn, actor, wish->external, outcome->model, wish->adopt, &outcome->index, error);
}

static enum jk_status adopt_as_evaluator(struct jk_change *change, struct jk_turn *turn, const struct wish *wish,
                                         struct outcome *outcome)
{
    const struct jk_actor evaluator = {.type = JK_ACTOR_EVALUATOR};
    struct jk_error *error = &change->call->error;
    struct jk_entry entry = {.kind = wish->adopt ? JK_KIND_APPROVE_ADOPT : JK_KIND_APPROVE_UNADOPT,
                             .external = wish->external,
                             .model = jk_name_of(turn, outcome->model),
                             .evidence = jk_span_of(wish->reason)};
    if (!*wish->reason) {
        jk_error_field(error, "reason", "is required from an evaluator, whose ruling it becomes");
        return jk_error_result(error);
    }
    JK_TRY(jk_ruling_append(change, turn, &entry, wish->text, &outcome->ruling, error));
    if (entry.needs_second == JK_ANSWER_YES) return JK_OK;
    return jk_adoption_append(turn, &evaluator, wish->external, outcome->model, wish->adopt, &outcome->index, error);
}

static enum jk_status do_wish(struct jk_change *change, struct jk_turn *turn, const struct wish *wish,
                              struct outcome *outcome)
{
    struct jk_error *error = &change->call->error;
    struct jk_actor actor;
    *outcome = (struct outcome){JK_NONE, JK_NONE, JK_NONE, false};
    JK_TRY(jk_need_model(turn, jk_span_of(wish->model), &outcome->model, error));
    outcome->by_holder = !wish->adopt && acts_for_holder(change, turn, wish->external, outcome->model, &actor);
    if (!outcome->by_holder) JK_TRY(jk_act_for_model(change, turn, outcome->model, &actor, error));
    JK_TRY(jk_adoption_check(turn, wish->external, outcome->model, wish->adopt, error));
    bool rules =
        actor.type == JK_ACTOR_EVALUATOR || (*wish->reason && (change->call->principal.roles & JK_ROLE_EVALUATOR));
    return rules ? adopt_as_evaluator(change, turn, wish, outcome)
                 : adopt_as_publisher(change, turn, wish, &actor, outcome);
}

/* ---- replies ---- */

static int32_t direct_children(const struct jk_book *book, uint32_t external, uint32_t n)
{
    uint32_t cursor = 0;
    int32_t count = 0;
    while (external != JK_NONE && jk_book_child_of_external(book, external, n, &cursor) != JK_NONE)
        count++;
    return count;
}

static int64_t shown_index(const struct jk_change *change, uint32_t index)
{
    return index == JK_NONE ? 0 : jk_change_index(change, index);
}

static enum jk_status decide_wish(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    struct jk_arena *arena = &change->call->arena;
    struct wish wish = wish_of(change->call);
    struct outcome outcome;
    JK_TRY(do_wish(change, turn, &wish, &outcome));
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), arena};
    Jokbo__V1__Model *model = jk_present_model(&present, outcome.model);
    Jokbo__V1__AdoptExternalModelResponse *adopted =
        JK_MESSAGE(arena, Jokbo__V1__AdoptExternalModelResponse, jokbo__v1__adopt_external_model_response);
    Jokbo__V1__UnadoptExternalModelResponse *ended =
        JK_MESSAGE(arena, Jokbo__V1__UnadoptExternalModelResponse, jokbo__v1__unadopt_external_model_response);
    if (!model || !adopted || !ended) return jk_out_of_memory(&change->call->error);
    uint32_t external = jk_book_find_external(turn->book, wish.external, present.size);
    adopted->model = ended->model = model;
    adopted->children = ended->children = direct_children(turn->book, external, present.size);
    adopted->log_index = ended->log_index = shown_index(change, outcome.index);
    adopted->ruling = ended->ruling = shown_index(change, outcome.ruling);
    *out_reply = wish.adopt ? &adopted->base : &ended->base;
    return JK_OK;
}

static void submit_wish(struct jk_call *call)
{
    struct wish wish = wish_of(call);
    jk_check_span(&call->error, "external", wish.external, jk_ident_external_fault(wish.external));
    if (wish.adopt) jk_check_hub_spelling(&call->error, "external", wish.external);
    jk_check_model_name(&call->error, "model", wish.model);
    if (*wish.reason)
        jk_check_field(&call->error, "reason", wish.reason, jk_ident_label_fault(jk_span_of(wish.reason)));
    jk_check_reason(&call->error, "text", wish.text, false);
    if (jk_error_result(&call->error) == JK_OK)
        jk_change_submit(call, decide_wish, NULL);
    else
        jk_call_fail(call);
}

void jk_adopt_external_model(struct jk_call *call)
{
    submit_wish(call);
}

void jk_unadopt_external_model(struct jk_call *call)
{
    submit_wish(call);
}

/* ---- list ---- */

/* The base models that the adopting model descends from, or itself if it is one. */
static void add_adopted_roots(const struct jk_present *present, uint32_t model, Jokbo__V1__Adoption *out)
{
    const struct jk_spell *spell = NULL;
    size_t count = 1;
    while ((spell = jk_book_spell(present->book, model, present->size, spell)))
        count++;
    out->roots = (Jokbo__V1__Root **)jk_pointers(present->arena, count);
    if (!out->roots) return;
    if (jk_book_base(present->book, model, present->size)) {
        struct jk_spell itself = {.root = model, .depth = 0};
        if ((out->roots[0] = jk_present_root(present, &itself)) != NULL) out->n_roots++;
    }
    while ((spell = jk_book_spell(present->book, model, present->size, spell)) && out->n_roots < count) {
        if (!(out->roots[out->n_roots] = jk_present_root(present, spell))) return;
        out->n_roots++;
    }
}

static bool is_open_about(const struct jk_present *present, const struct jk_adoption *adoption,
                          const struct jk_dispute *dispute)
{
    return dispute->from < present->size && dispute->resolved >= present->size && dispute->from > adoption->from &&
           dispute->from < adoption->until;
}

/* In order of their entries; the book gives them newest first. */
static void add_open_disputes(const struct jk_present *present, const struct jk_adoption *adoption,
                              Jokbo__V1__Adoption *out)
{
    uint32_t newest = jk_book_external(present->book, adoption->external)->disputed, count = 0;
    const struct jk_dispute *dispute = NULL;
    for (uint32_t slot = newest; slot != JK_NONE; slot = dispute->older_same) {
        dispute = jk_book_dispute(present->book, slot);
        count += is_open_about(present, adoption, dispute);
    }
    out->open_disputes = jk_arena_zalloc(present->arena, (size_t)count + 1, sizeof *out->open_disputes);
    if (!out->open_disputes) return;
    out->n_open_disputes = count;
    for (uint32_t slot = newest; slot != JK_NONE; slot = dispute->older_same) {
        dispute = jk_book_dispute(present->book, slot);
        if (is_open_about(present, adoption, dispute)) out->open_disputes[--count] = dispute->from;
    }
}

static Jokbo__V1__Adoption *present_adoption(const struct jk_present *present, const struct jk_adoption *adoption)
{
    Jokbo__V1__Adoption *out = JK_MESSAGE(present->arena, Jokbo__V1__Adoption, jokbo__v1__adoption);
    if (!out) return NULL;
    out->external = jk_to_string(present->arena, jk_book_external(present->book, adoption->external)->name);
    out->model = jk_to_string(present->arena, jk_present_name(present, adoption->model));
    out->log_index = adoption->from;
    out->create_time = jk_to_timestamp(present->arena, jk_book_time(present->book, adoption->from));
    out->actor = jk_to_string(present->arena, adoption->actor);
    if (adoption->until < present->size) out->end_log_index = adoption->until;
    out->children = direct_children(present->book, adoption->external, present->size);
    add_adopted_roots(present, adoption->model, out);
    add_open_disputes(present, adoption, out);
    return out;
}

struct filter {
    uint32_t model, team;
    struct jk_span external;
    bool ended;
    int64_t after;
};

static enum jk_status read_filter(struct jk_call *call, const struct jk_present *present, struct filter *out_filter)
{
    const Jokbo__V1__ListAdoptionsRequest *request = (const void *)call->request;
    if (request->after_log_index < 0)
        jk_error_field(&call->error, "after_log_index", "%lld is negative", (long long)request->after_log_index);
    if (*request->external)
        jk_check_field(&call->error, "external", request->external,
                       jk_ident_external_fault(jk_span_of(request->external)));
    JK_TRY(jk_error_result(&call->error));
    *out_filter = (struct filter){.team = JK_NONE,
                                  .external = jk_span_of(request->external),
                                  .ended = request->include_ended,
                                  .after = request->after_log_index > 0 ? request->after_log_index : -1};
    JK_TRY(jk_filter_model(call, present, request->model, &out_filter->model));
    return jk_filter_team(call, present, request->team, &out_filter->team);
}

static bool passes(const struct jk_present *present, const struct filter *filter, const struct jk_adoption *adoption)
{
    if (filter->model != JK_NONE && adoption->model != filter->model) return false;
    if (!filter->ended && adoption->until < present->size) return false;
    if ((int64_t)adoption->from <= filter->after) return false;
    if (filter->external.len > 0 &&
        !jk_span_equal_fold(jk_book_external(present->book, adoption->external)->name, filter->external))
        return false;
    return filter->team == JK_NONE || jk_leads_to_team(present, adoption->model, filter->team);
}

static enum jk_status walk_adoptions(struct jk_call *call, struct jk_short_list *list)
{
    uint32_t count = jk_book_adoptions(list->view.book, list->present.size);
    struct filter filter;
    JK_TRY(read_filter(call, &list->present, &filter));
    for (uint32_t slot = 0; slot < count; slot++) {
        const struct jk_adoption *adoption = jk_book_adoption(list->view.book, slot);
        if (passes(&list->present, &filter, adoption) && jk_short_list_wants(list, slot))
            jk_short_list_take(list, slot, present_adoption(&list->present, adoption));
    }
    return JK_OK;
}

void jk_list_adoptions(struct jk_call *call)
{
    struct jk_short_list list;
    Jokbo__V1__ListAdoptionsResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListAdoptionsResponse, jokbo__v1__list_adoptions_response);
    enum jk_status status = jk_short_list_begin(call, &list);
    if (status == JK_OK) {
        status = walk_adoptions(call, &list);
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK && reply) JK_SHORT_LIST_REPLY(&list, reply, adoptions);
    jk_short_list_end(&list, status, &reply->base);
}
