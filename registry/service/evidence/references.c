/* AddReference and ListReferences: manifests of models that are not registered here, to compare others with. */
#include "book/vouched.h"
#include "domain/ident.h"
#include "service/call/handlers.h"
#include "service/evaluate/impartial.h"
#include "service/records/short_list.h"

static Jokbo__V1__Reference *present_reference(const struct jk_present *present, uint32_t slot)
{
    const struct jk_reference *facts = jk_book_reference(present->book, slot);
    Jokbo__V1__Reference *out = JK_MESSAGE(present->arena, Jokbo__V1__Reference, jokbo__v1__reference);
    if (!out) return NULL;
    out->external = jk_to_string(present->arena, facts->external);
    out->revision = jk_to_string(present->arena, facts->revision);
    out->artifact_sha256 = jk_to_hex(present->arena, &facts->artifact);
    out->release_time = jk_to_timestamp(present->arena, facts->released_us);
    out->source = jk_to_string(present->arena, facts->source);
    out->log_index = facts->from;
    out->withdrawn = !jk_book_keeps_reference(present->book, &facts->artifact, present->size);
    out->log_size = present->size;
    return out;
}

/* ---- add ---- */

struct wanted {
    struct jk_digest artifact;
    int64_t released_us;
};

/* Whoever only asks whether it would do has not brought it. */
static enum jk_status check_stored(const struct jk_change *change, const struct jk_turn *turn,
                                   const struct wanted *wanted)
{
    const Jokbo__V1__AddReferenceRequest *request = (const void *)change->call->request;
    struct jk_blob_facts facts;
    bool stored = jk_directory_blob_stored(turn->directory, &wanted->artifact, &facts);
    if (change->write.dry || (stored && facts.kind == JK_BLOB_KIND_MANIFEST)) return JK_OK;
    return jk_fail(&change->call->error, JK_NOT_FOUND, "BLOB_NOT_FOUND",
                   "artifact_sha256: no manifest with the digest %s is stored here; upload it first",
                   request->artifact_sha256);
}

/* The newest of this model and revision, if it says the same. */
static enum jk_status check_new_reference(const struct jk_turn *turn, const struct jk_entry *entry,
                                          struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn), slot = jk_book_find_reference(turn->book, entry->external, entry->revision_hex, n);
    if (slot == JK_NONE || !jk_book_reference_stands(turn->book, slot, n)) return JK_OK;
    const struct jk_reference *there = jk_book_reference(turn->book, slot);
    if (!jk_digest_equal(&there->artifact, &entry->artifact) || there->released_us != entry->released_us) return JK_OK;
    jk_error_fact(error, "log_index", "%u", there->from);
    return jk_fail(error, JK_ALREADY_EXISTS, "REFERENCE_EXISTS", "Log entry %u records the same reference",
                   there->from);
}

/* A registrar is believed at once, an evaluator under the same conditions as for rulings; nobody who acts for a team: what
 * stands as older than a rival's base model takes something from that team. */
static enum jk_status decide_add(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__AddReferenceRequest *request = (const void *)change->call->request;
    const struct wanted *wanted = change->input;
    bool registrar = change->call->principal.roles & JK_ROLE_REGISTRAR;
    struct jk_error *error = &change->call->error;
    struct jk_entry entry = {.kind = JK_KIND_REFERENCE,
                             .actor = {.type = registrar ? JK_ACTOR_REGISTRAR : JK_ACTOR_EVALUATOR},
                             .external = jk_span_of(request->external),
                             .revision_hex = jk_span_of(request->revision),
                             .artifact = wanted->artifact,
                             .released_us = wanted->released_us,
                             .evidence = jk_span_of(request->source)};
    uint32_t index;
    if (!registrar) JK_TRY(jk_four_eyes_rested(change, turn, error));
    JK_TRY(jk_check_no_team(change, turn, error));
    if (wanted->released_us != JK_TIME_NONE && wanted->released_us > turn->time_us) {
        jk_error_field(error, "release_time", "is later than now");
        return jk_error_result(error);
    }
    JK_TRY(check_stored(change, turn, wanted));
    JK_TRY(check_new_reference(turn, &entry, error));
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), &change->call->arena, NULL};
    uint32_t slot = jk_book_find_reference(turn->book, entry.external, entry.revision_hex, present.size);
    Jokbo__V1__Reference *reply = present_reference(&present, slot);
    if (!reply) return jk_out_of_memory(error);
    if (change->write.dry) reply->log_index = 0;
    *out_reply = &reply->base;
    return JK_OK;
}

static void read_reference(struct jk_error *error, const Jokbo__V1__AddReferenceRequest *request, struct wanted *out)
{
    struct jk_span external = jk_span_of(request->external), revision = jk_span_of(request->revision);
    jk_check_field(error, "external", request->external, jk_ident_external_fault(external));
    jk_check_hub_spelling(error, "external", external);
    if (revision.len) jk_check_field(error, "revision", request->revision, jk_ident_revision_fault(revision));
    jk_from_hex(request->artifact_sha256, "artifact_sha256", &out->artifact, error);
    if (!*request->artifact_sha256) jk_error_field(error, "artifact_sha256", "is required");
    out->released_us = jk_from_timestamp(request->release_time, "release_time", error);
    jk_check_field(error, "source", request->source, jk_ident_label_fault(jk_span_of(request->source)));
}

void jk_add_reference(struct jk_call *call)
{
    struct wanted *wanted = jk_arena_zalloc(&call->arena, 1, sizeof *wanted);
    if (wanted)
        read_reference(&call->error, (const void *)call->request, wanted);
    else
        (void)jk_out_of_memory(&call->error);
    if (jk_error_result(&call->error) == JK_OK)
        jk_change_submit(call, decide_add, wanted);
    else
        jk_call_fail(call);
}

/* ---- list ---- */

static enum jk_status walk_references(struct jk_call *call, struct jk_short_list *list)
{
    const Jokbo__V1__ListReferencesRequest *request = (const void *)call->request;
    struct jk_span external = jk_span_of(request->external);
    uint32_t n = list->present.size, count = jk_book_references(list->present.book, n);
    for (uint32_t slot = 0; slot < count; slot++) {
        const struct jk_reference *facts = jk_book_reference(list->present.book, slot);
        if (facts->until < n) continue; /* replaced */
        if (external.len && !jk_span_equal_fold(external, facts->external)) continue;
        if (jk_short_list_wants(list, slot)) jk_short_list_take(list, slot, present_reference(&list->present, slot));
    }
    return JK_OK;
}

void jk_list_references(struct jk_call *call)
{
    const Jokbo__V1__ListReferencesRequest *request = (const void *)call->request;
    struct jk_short_list list = {.call = call};
    Jokbo__V1__ListReferencesResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListReferencesResponse, jokbo__v1__list_references_response);
    if (*request->external)
        jk_check_field(&call->error, "external", request->external,
                       jk_ident_external_fault(jk_span_of(request->external)));
    enum jk_status status = jk_error_result(&call->error);
    if (status == JK_OK) status = jk_short_list_begin(call, &list);
    if (status == JK_OK) {
        status = walk_references(call, &list);
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK && reply) JK_SHORT_LIST_REPLY(&list, reply, references);
    jk_short_list_end(&list, status, &reply->base);
}
