/* BatchRegisterDerivatives: up to 1,000 new models, all or none. */
#include <stdio.h>

#include "auth/access.h"
#include "domain/ident.h"
#include "service/call/handlers.h"
#include "service/records/findings.h"
#include "service/records/held.h"
#include "service/records/items.h"
#include "service/records/registration.h"

struct batch {
    struct jk_draft *drafts;
    size_t count;
};

static Jokbo__V1__RegistrationSummary *summary(struct jk_change *change, struct jk_turn *turn,
                                               const struct jk_digest *hash)
{
    struct jk_present present = jk_present_turn(change, turn);
    uint32_t release = jk_book_find_release(turn->book, hash, present.size);
    uint32_t model = jk_book_release(turn->book, release)->model;
    Jokbo__V1__RegistrationSummary *out =
        JK_MESSAGE(present.arena, Jokbo__V1__RegistrationSummary, jokbo__v1__registration_summary);
    if (!out) return NULL;
    out->name = jk_to_string(present.arena, jk_present_name(&present, model));
    out->lineage_hash = jk_to_hex(present.arena, hash);
    out->log_index = jk_change_index(change, jk_book_release(turn->book, release)->index);
    jk_present_findings(&present, model, &out->n_findings, &out->findings);
    out->notice = jk_registration_notice(&present, release);
    return out->notice ? out : NULL;
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
        if (jk_register_publisher(change, turn, publisher, &slot, scratch) != JK_OK) continue; /* told with its item */
    }
}

static enum jk_status register_all(struct jk_change *change, struct jk_turn *turn, const struct batch *batch,
                                   struct jk_digest *hashes)
{
    struct jk_arena *arena = &change->call->arena;
    struct jk_item_failures failures;
    struct jk_resolved *resolved = jk_arena_alloc(arena, sizeof *resolved);
    struct jk_error *one = jk_arena_alloc(arena, sizeof *one);
    if (!resolved || !one || !jk_item_failures_init(&failures, &change->call->error))
        return jk_out_of_memory(&change->call->error);
    enter_publishers(change, turn, batch, one);
    for (size_t i = 0; i < batch->count && failures.all->violation_count < JK_ERROR_VIOLATIONS; i++) {
        uint32_t index;
        jk_error_init(one, arena);
        if (jk_register_one(change, turn, &batch->drafts[i], resolved, &index, one) == JK_OK) {
            hashes[i] = resolved->hash;
            continue;
        }
        if (jk_item_ends_all(one) || batch->count == 1) {
            *failures.all = *one;
            return one->status;
        }
        jk_item_failed(&failures, "derivatives", i, one);
    }
    return jk_item_failures_sum(&failures);
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
    for (size_t i = 0; i < batch->count; i++) /* after all of them, so that their indexes are contiguous */
        JK_TRY(jk_held_note(turn, &batch->drafts[i].artifact, all));
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
    if (jk_error_is_set(&call->error)) jk_registration_note_mistakes(call, batch->drafts, batch->count, false);
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
