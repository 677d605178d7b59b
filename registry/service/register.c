/* RegisterDerivative, BatchRegisterDerivatives, PublishRelease. */
#include <stdio.h>

#include "auth/access.h"
#include "domain/ident.h"
#include "service/authority.h"
#include "service/draft.h"
#include "service/handlers.h"
#include "service/present.h"

/* ---- what the three share ---- */

static struct jk_present present_in(const struct jk_change *change, const struct jk_turn *turn)
{
    return (struct jk_present){turn->book, turn->directory, jk_turn_size(turn), &change->call->arena};
}

/* The identical statement is there already: success for a pipeline, told with its index. */
static enum jk_status fail_exists(struct jk_turn *turn, const struct jk_resolved *resolved, uint32_t release,
                                  struct jk_error *error)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&resolved->hash, hex);
    uint32_t index = jk_book_release(turn->book, release)->index;
    jk_error_fact(error, "log_index", "%u", index);
    jk_error_fact(error, "lineage_hash", "%s", hex);
    jk_error_fact(error, "name", "%.*s", JK_SPAN_ARG(resolved->statement.model));
    return jk_fail(error, JK_ALREADY_EXISTS, "STATEMENT_EXISTS",
                   "This very statement is registered already, as log entry %u", index);
}

static enum jk_status append_statement(struct jk_turn *turn, enum jk_kind kind, const struct jk_actor *actor,
                                       const struct jk_resolved *resolved, uint32_t *out_index, struct jk_error *error)
{
    struct jk_entry entry = {.kind = kind, .actor = *actor, .statement = resolved->text};
    return jk_turn_append(turn, &entry, out_index, error);
}

/* With validate_only nothing has a place in the log: what the entry at `index` would have made has none. */
static void forget_place(Jokbo__V1__Registration *reply, uint32_t index)
{
    if (reply->model->log_index == index) {
        reply->model->log_index = 0;
        reply->model->etag = (char *)protobuf_c_empty_string;
    }
    reply->release->log_index = reply->model->release->log_index = 0;
    reply->release->log_size = reply->model->release->log_size = reply->model->log_size = 0;
}

static ProtobufCMessage *registration(struct jk_change *change, struct jk_turn *turn,
                                      const struct jk_resolved *resolved, uint32_t index)
{
    struct jk_present present = present_in(change, turn);
    uint32_t release = jk_book_find_release(turn->book, &resolved->hash, present.size);
    Jokbo__V1__Registration *reply = JK_MESSAGE(present.arena, Jokbo__V1__Registration, jokbo__v1__registration);
    if (!reply) return NULL;
    reply->release = jk_present_release(&present, release, true);
    reply->model = jk_present_model(&present, jk_book_release(turn->book, release)->model);
    if (!reply->release || !reply->model) return NULL;
    if (change->write.dry) forget_place(reply, index);
    reply->log_index = jk_change_index(change, index);
    reply->log_size = jk_change_size(change, turn);
    return &reply->base;
}

static enum jk_status hand_over(ProtobufCMessage *reply, ProtobufCMessage **out_reply, struct jk_error *error)
{
    if (!reply) return jk_out_of_memory(error);
    *out_reply = reply;
    return JK_OK;
}

/* ---- a new model ---- */

/* A registrar enters publishers as it goes; nobody else's are made by the way. */
static enum jk_status ensure_publisher(struct jk_change *change, struct jk_turn *turn, struct jk_span name,
                                       uint32_t *out_publisher, struct jk_error *error)
{
    uint32_t index;
    bool registrar = change->call->principal.roles & JK_ROLE_REGISTRAR;
    *out_publisher = jk_book_find_publisher(turn->book, name, jk_turn_size(turn));
    if (*out_publisher != JK_NONE) return JK_OK;
    if (!registrar) return jk_need_publisher(turn, name, out_publisher, error);
    if (jk_book_is_reserved(turn->book, name, jk_turn_size(turn)))
        return jk_fail(error, JK_FAILED_PRECONDITION, "NAME_RESERVED",
                       "The publisher name \"%.*s\" is too near to one on the roster; an admin must approve it",
                       JK_SPAN_ARG(name));
    struct jk_entry entry = {.kind = JK_KIND_PUBLISHER,
                             .actor = {.type = JK_ACTOR_REGISTRAR},
                             .publisher = name,
                             .basis = JK_BASIS_REGISTRAR};
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    return jk_need_publisher(turn, name, out_publisher, error);
}

/* The model's name with its publisher spelled as registered. */
static struct jk_span canonical_name(struct jk_change *change, struct jk_turn *turn, uint32_t publisher,
                                     struct jk_span name)
{
    struct jk_span given, model;
    jk_ident_split(name, &given, &model);
    struct jk_span spelled = jk_book_publisher(turn->book, publisher)->name;
    char *text = jk_arena_printf(&change->call->arena, "%.*s/%.*s", JK_SPAN_ARG(spelled), JK_SPAN_ARG(model));
    return text ? jk_span_of(text) : name;
}

static enum jk_status fail_taken(struct jk_turn *turn, struct jk_span name, uint32_t model,
                                 const struct jk_resolved *resolved, struct jk_error *error)
{
    uint32_t release = jk_book_find_release(turn->book, &resolved->hash, jk_turn_size(turn));
    if (release != JK_NONE) return fail_exists(turn, resolved, release, error);
    struct jk_span present = jk_book_alias(turn->book, model, jk_turn_size(turn))->name;
    jk_error_resource(error, "jokbo.v1/Model", "");
    return jk_fail(
        error, JK_ALREADY_EXISTS, "NAME_TAKEN",
        "The name \"%.*s\" belongs to %.*s since log entry %u; publish a further release of it, or choose another name",
        JK_SPAN_ARG(name), JK_SPAN_ARG(present), jk_book_model(turn->book, model)->index);
}

static enum jk_status register_one(struct jk_change *change, struct jk_turn *turn, const struct jk_draft *draft,
                                   struct jk_resolved *out_resolved, uint32_t *out_index, struct jk_error *error)
{
    struct jk_span publisher_part, model_part;
    uint32_t publisher;
    struct jk_actor actor;
    jk_ident_split(draft->name, &publisher_part, &model_part);
    JK_TRY(ensure_publisher(change, turn, publisher_part, &publisher, error));
    JK_TRY(jk_act_for_publisher(change, turn, publisher, &actor, error));
    struct jk_span name = canonical_name(change, turn, publisher, draft->name);
    uint32_t taken = jk_book_find_model(turn->book, name, jk_turn_size(turn));
    JK_TRY(jk_draft_resolve(draft, turn, name, taken, true, &change->call->arena, out_resolved, error));
    if (taken != JK_NONE) return fail_taken(turn, name, taken, out_resolved, error);
    JK_TRY(jk_spend_quota(change, turn, publisher, error));
    return append_statement(turn, JK_KIND_REGISTER, &actor, out_resolved, out_index, error);
}

static enum jk_status decide_register(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    struct jk_resolved resolved;
    struct jk_error *error = &change->call->error;
    uint32_t index;
    JK_TRY(register_one(change, turn, change->input, &resolved, &index, error));
    return hand_over(registration(change, turn, &resolved, index), out_reply, error);
}

/* Where the grammar of some drafts is wrong: what else is wrong with any of them, as far as an error holds it. */
static void note_mistakes(struct jk_call *call, const struct jk_draft *drafts, size_t count, bool further)
{
    struct jk_directory *directory = jk_store_directory(jk_store_of(call));
    struct jk_view view;
    jk_store_view(jk_store_of(call), &view);
    for (size_t i = 0; i < count && call->error.violation_count < JK_ERROR_VIOLATIONS; i++)
        jk_draft_note_mistakes(&drafts[i], further, &view, directory, &call->arena, &call->error);
    jk_store_view_end(jk_store_of(call));
}

/* Reads the draft, or ends the call with everything that is wrong with it. */
static struct jk_draft *read_draft(struct jk_call *call, const Jokbo__V1__Derivative *message, const char *field,
                                   bool further)
{
    struct jk_draft *draft = jk_arena_zalloc(&call->arena, 1, sizeof *draft);
    char prefix[32];
    if (!draft)
        (void)jk_out_of_memory(&call->error);
    else if (!message)
        jk_error_field(&call->error, field, "is required");
    else {
        snprintf(prefix, sizeof prefix, "%s.", field);
        jk_draft_read(message, prefix, &call->arena, draft, &call->error);
        if (jk_error_is_set(&call->error)) note_mistakes(call, draft, 1, further);
    }
    if (jk_error_result(&call->error) == JK_OK) return draft;
    jk_call_fail(call);
    return NULL;
}

void jk_register_derivative(struct jk_call *call)
{
    const Jokbo__V1__RegisterDerivativeRequest *request = (const void *)call->request;
    struct jk_draft *draft = read_draft(call, request->derivative, "derivative", false);
    if (draft) jk_change_submit(call, decide_register, draft);
}

/* ---- many ---- */

struct batch {
    struct jk_draft *drafts;
    size_t count;
};

static Jokbo__V1__RegistrationSummary *summary(struct jk_change *change, struct jk_turn *turn,
                                               const struct jk_digest *hash)
{
    struct jk_present present = present_in(change, turn);
    uint32_t release = jk_book_find_release(turn->book, hash, present.size);
    uint32_t model = jk_book_release(turn->book, release)->model;
    Jokbo__V1__RegistrationSummary *out =
        JK_MESSAGE(present.arena, Jokbo__V1__RegistrationSummary, jokbo__v1__registration_summary);
    if (!out) return NULL;
    out->name = jk_to_string(present.arena, jk_present_name(&present, model));
    out->lineage_hash = jk_to_hex(present.arena, hash);
    out->log_index = jk_change_index(change, jk_book_release(turn->book, release)->index);
    jk_present_findings(&present, model, &out->n_findings, &out->findings);
    return out;
}

/* What went wrong with the items so far; all are tried, so that all mistakes show at once. */
struct failures {
    struct jk_error *all, *first;
    size_t count;
    bool alike; /* each has the status and reason of the first */
};

/* Failures other than field violations name their item. */
static void note_failure(struct failures *failures, size_t item, const struct jk_error *one)
{
    struct jk_error *all = failures->all;
    char field[32];
    if (failures->count && one->reason && !strcmp(one->reason, JK_EARLIER_ITEM)) return;
    if (!failures->count++) *failures->first = *one;
    failures->alike = failures->alike && one->status == failures->first->status && one->reason &&
                      failures->first->reason && !strcmp(one->reason, failures->first->reason);
    size_t kept = one->violation_count < JK_ERROR_VIOLATIONS ? one->violation_count : JK_ERROR_VIOLATIONS;
    for (size_t i = 0; i < kept; i++)
        jk_error_field(all, one->violations[i].field, "%s", one->violations[i].rule);
    if (kept && one->status == JK_INVALID_ARGUMENT) return;
    snprintf(field, sizeof field, "derivatives[%u]", (unsigned)item);
    jk_error_field(all, field, "%s: %s", jk_status_text(one->status), one->message);
}

/* Where every failure is of one kind the whole has that kind: a repeated batch is ALREADY_EXISTS. */
static enum jk_status sum_failures(struct failures *failures)
{
    struct jk_error *all = failures->all;
    const struct jk_error *first = failures->first;
    enum jk_status status = jk_error_result(all);
    if (status == JK_OK || !failures->alike || first->status == JK_INVALID_ARGUMENT) return status;
    all->status = first->status;
    all->reason = first->reason;
    memcpy(all->facts, first->facts, sizeof all->facts);
    all->fact_count = first->fact_count;
    return all->status;
}

/* A registrar's new publishers come first, so that the registrations' indexes are contiguous. */
static void enter_publishers(struct jk_change *change, struct jk_turn *turn, const struct batch *batch,
                             struct jk_error *scratch)
{
    if (!(change->call->principal.roles & JK_ROLE_REGISTRAR)) return;
    for (size_t i = 0; i < batch->count; i++) {
        struct jk_span publisher, part;
        uint32_t slot;
        jk_error_init(scratch, &change->call->arena);
        jk_ident_split(batch->drafts[i].name, &publisher, &part);
        if (ensure_publisher(change, turn, publisher, &slot, scratch) != JK_OK) continue; /* told with its item */
    }
}

static enum jk_status register_all(struct jk_change *change, struct jk_turn *turn, const struct batch *batch,
                                   struct jk_digest *hashes)
{
    struct jk_arena *arena = &change->call->arena;
    struct failures failures = {
        .all = &change->call->error, .first = jk_arena_alloc(arena, sizeof *failures.first), .alike = true};
    struct jk_resolved *resolved = jk_arena_alloc(arena, sizeof *resolved);
    struct jk_error *one = jk_arena_alloc(arena, sizeof *one);
    if (!resolved || !one || !failures.first) return jk_out_of_memory(failures.all);
    enter_publishers(change, turn, batch, one);
    for (size_t i = 0; i < batch->count && failures.all->violation_count < JK_ERROR_VIOLATIONS; i++) {
        uint32_t index;
        jk_error_init(one, arena);
        if (register_one(change, turn, &batch->drafts[i], resolved, &index, one) == JK_OK) {
            hashes[i] = resolved->hash;
            continue;
        }
        if (one->status == JK_RESOURCE_EXHAUSTED || one->status == JK_PERMISSION_DENIED || batch->count == 1) {
            *failures.all = *one;
            return one->status;
        }
        note_failure(&failures, i, one);
    }
    return sum_failures(&failures);
}

static enum jk_status decide_batch(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const struct batch *batch = change->input;
    struct jk_arena *arena = &change->call->arena;
    struct jk_error *all = &change->call->error;
    struct jk_digest *hashes = jk_arena_alloc(arena, batch->count * sizeof *hashes);
    Jokbo__V1__BatchRegisterDerivativesResponse *reply =
        JK_MESSAGE(arena, Jokbo__V1__BatchRegisterDerivativesResponse, jokbo__v1__batch_register_derivatives_response);
    if (!hashes || !reply) return jk_out_of_memory(all);
    JK_TRY(register_all(change, turn, batch, hashes));
    reply->registrations = (Jokbo__V1__RegistrationSummary **)jk_pointers(arena, batch->count);
    if (!reply->registrations) return jk_out_of_memory(all);
    for (; reply->n_registrations < batch->count; reply->n_registrations++)
        if (!(reply->registrations[reply->n_registrations] = summary(change, turn, &hashes[reply->n_registrations])))
            return jk_out_of_memory(all);
    reply->log_size = jk_change_size(change, turn);
    *out_reply = &reply->base;
    return JK_OK;
}

static struct batch *read_batch(struct jk_call *call, const Jokbo__V1__BatchRegisterDerivativesRequest *request)
{
    struct batch *batch = jk_arena_zalloc(&call->arena, 1, sizeof *batch);
    char prefix[32];
    if (request->n_derivatives == 0 || request->n_derivatives > JK_BATCH_ITEMS_MAX) {
        jk_error_field(&call->error, "derivatives", "%zu items: give 1 to %d", request->n_derivatives,
                       JK_BATCH_ITEMS_MAX);
        return NULL;
    }
    if (batch) batch->drafts = jk_arena_zalloc(&call->arena, request->n_derivatives, sizeof *batch->drafts);
    if (!batch || !batch->drafts) {
        (void)jk_out_of_memory(&call->error);
        return NULL;
    }
    for (; batch->count < request->n_derivatives; batch->count++) {
        snprintf(prefix, sizeof prefix, "derivatives[%u].", (unsigned)batch->count);
        jk_draft_read(request->derivatives[batch->count], prefix, &call->arena, &batch->drafts[batch->count],
                      &call->error);
        batch->drafts[batch->count].earlier = batch->count;
    }
    if (jk_error_is_set(&call->error)) note_mistakes(call, batch->drafts, batch->count, false);
    return batch;
}

void jk_batch_register(struct jk_call *call)
{
    struct batch *batch = read_batch(call, (const void *)call->request);
    if (jk_error_result(&call->error) != JK_OK)
        jk_call_fail(call);
    else
        jk_change_submit(call, decide_batch, batch);
}

/* ---- a further release ---- */

/* A base model is made from nothing that counts: one that was a derivative keeps what it had, and gets no other. */
static enum jk_status check_base(const struct jk_draft *draft, struct jk_error *error)
{
    static const char rule[] = "is given, but a base model's release has neither relation nor parents";
    if (draft->parent_count) jk_error_field(error, "release.parents", "%s", rule);
    if (draft->relation != JK_RELATION_NONE) jk_error_field(error, "release.relation", "%s", rule);
    return jk_error_result(error);
}

/* Parents and relation left out: as the model's deciding (or newest) release has them. */
static enum jk_status inherit(struct jk_change *change, struct jk_turn *turn, uint32_t model, struct jk_draft *draft,
                              struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn), slot = jk_book_deciding(turn->book, model, n);
    const struct jk_release *last =
        jk_book_release(turn->book, slot != JK_NONE ? slot : jk_book_newest(turn->book, model, n));
    if (draft->relation == JK_RELATION_NONE) draft->relation = last->relation;
    if (draft->parent_count || !last->parent_count) return JK_OK;
    draft->parents = jk_arena_zalloc(&change->call->arena, last->parent_count, sizeof *draft->parents);
    if (!draft->parents) return jk_out_of_memory(error);
    for (draft->parent_count = 0; draft->parent_count < last->parent_count; draft->parent_count++) {
        const struct jk_parent *from = &last->parents[draft->parent_count];
        struct jk_draft_parent *to = &draft->parents[draft->parent_count];
        *to = (struct jk_draft_parent){
            .external = from->external, .inherited = true, .name = from->name, .version = from->revision};
        if (from->external) continue;
        const struct jk_release *parent = jk_book_release(turn->book, from->slot);
        to->name = jk_book_alias(turn->book, parent->model, n)->name;
        to->version = parent->version;
        to->hash = parent->hash;
    }
    return JK_OK;
}

static enum jk_status check_version(struct jk_turn *turn, const struct jk_draft *draft, uint32_t model,
                                    const struct jk_resolved *resolved, struct jk_error *error)
{
    uint32_t same = jk_book_find_release(turn->book, &resolved->hash, jk_turn_size(turn));
    if (same != JK_NONE) return fail_exists(turn, resolved, same, error);
    uint32_t taken = jk_book_find_version(turn->book, model, draft->version, jk_turn_size(turn));
    if (taken == JK_NONE) return JK_OK;
    return jk_fail(error, JK_ALREADY_EXISTS, "VERSION_TAKEN",
                   "Release \"%.*s\" exists since log entry %u and releases never change; publish the next version",
                   JK_SPAN_ARG(draft->version), jk_book_release(turn->book, taken)->index);
}

static enum jk_status decide_publish(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    struct jk_draft *draft = change->input;
    struct jk_error *error = &change->call->error;
    struct jk_resolved resolved;
    struct jk_actor actor;
    uint32_t model, index;
    JK_TRY(jk_need_model(turn, draft->name, &model, error));
    uint32_t publisher = jk_publisher_of(turn, model), n = jk_turn_size(turn);
    JK_TRY(jk_act_for_model(change, turn, model, &actor, error));
    bool base = jk_book_base(turn->book, model, n) != NULL;
    if (base) JK_TRY(check_base(draft, error));
    JK_TRY(inherit(change, turn, model, draft, error));
    struct jk_span name = jk_book_alias(turn->book, model, n)->name;
    JK_TRY(jk_draft_resolve(draft, turn, name, model, !base, &change->call->arena, &resolved, error));
    JK_TRY(check_version(turn, draft, model, &resolved, error));
    JK_TRY(jk_spend_quota(change, turn, publisher, error));
    JK_TRY(append_statement(turn, JK_KIND_RELEASE, &actor, &resolved, &index, error));
    return hand_over(registration(change, turn, &resolved, index), out_reply, error);
}

void jk_publish_release(struct jk_call *call)
{
    const Jokbo__V1__PublishReleaseRequest *request = (const void *)call->request;
    struct jk_draft *draft = read_draft(call, request->release, "release", true);
    if (draft) jk_change_submit(call, decide_publish, draft);
}
