/* GetEvidence: what the newest entry says, and the parts from its text, which is read on a reader. Memory: the text, and as
 * much again for what is read of it. */
#include <stdio.h>

#include "base/clock.h"
#include "base/defer.h"
#include "examine/agenda.h"
#include "reply/lookup.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/evaluate/stages.h"
#include "service/evidence/challenged.h"
#include "service/evidence/renewal.h"
#include "service/records/blob.h"
#include "weights/evidence_text.h"

#define CHALLENGES_MAX 64 /* shown, the newest */

struct getting {
    struct jk_call *call;
    struct jk_view view;
    struct jk_present present;
    uint32_t release, newest; /* slots; newest: evidence from public sketches, JK_NONE: none */
    Jokbo__V1__ReleaseEvidence *reply;
    bool failed; /* out of memory */
};

static void *room_for(struct getting *getting, size_t count)
{
    void *room = jk_arena_zalloc(getting->present.arena, count + 1, sizeof(void *));
    if (!room) getting->failed = true;
    return room;
}

/* ---- compared models ---- */

static Jokbo__V1__Likeness *present_likeness(struct getting *getting, uint32_t equal, uint32_t near, uint32_t kin,
                                             uint32_t comparable)
{
    Jokbo__V1__Likeness *out = JK_MESSAGE(getting->present.arena, Jokbo__V1__Likeness, jokbo__v1__likeness);
    if (!out) {
        getting->failed = true;
        return NULL;
    }
    out->equal = (int32_t)equal;
    out->near = (int32_t)near;
    out->kin = (int32_t)kin;
    out->comparable = (int32_t)comparable;
    return out;
}

static Jokbo__V1__ComparedModel *new_compared(struct getting *getting, enum jk_grade grade)
{
    Jokbo__V1__ComparedModel *out =
        JK_MESSAGE(getting->present.arena, Jokbo__V1__ComparedModel, jokbo__v1__compared_model);
    if (out)
        out->grade = jk_to_grade(grade);
    else
        getting->failed = true;
    return out;
}

static char *external_name(struct getting *getting, struct jk_span name, struct jk_span revision)
{
    return jk_arena_printf(getting->present.arena, "%.*s%s%.*s", JK_SPAN_ARG(name), revision.len ? "@" : "",
                           JK_SPAN_ARG(revision));
}

static bool is_base(const struct getting *getting, uint32_t release)
{
    uint32_t model = jk_book_release(getting->view.book, release)->model;
    return jk_book_base(getting->view.book, model, getting->view.size) != NULL;
}

static void name_parent(struct getting *getting, const struct jk_parent *parent, Jokbo__V1__ComparedModel *out)
{
    out->name = parent->external ? external_name(getting, parent->name, parent->revision)
                                 : jk_present_release_name(&getting->present, parent->slot);
    out->lineage_hash = jk_to_hex(getting->present.arena, parent->hash);
    out->base_model = !parent->external && is_base(getting, parent->slot);
    if (!out->name || !out->lineage_hash) getting->failed = true;
}

static void name_other(struct getting *getting, const struct jk_compared *who, Jokbo__V1__ComparedModel *out)
{
    const struct jk_book *book = getting->view.book;
    uint32_t size = getting->view.size, slot;
    if (!who->is_reference) {
        slot = jk_book_find_release(book, &who->release, size);
        out->lineage_hash = jk_to_hex(getting->present.arena, &who->release);
        if (slot != JK_NONE) out->name = jk_present_release_name(&getting->present, slot);
        out->base_model = slot != JK_NONE && is_base(getting, slot);
    } else if ((slot = jk_book_references(book, (uint32_t)who->reference)) < jk_book_references(book, size)) {
        const struct jk_reference *reference = jk_book_reference(book, slot); /* the one of that entry */
        out->name = external_name(getting, reference->external, reference->revision);
    }
    if (!out->name || !out->lineage_hash) getting->failed = true;
}

static void present_parts(struct getting *getting, const struct jk_evidence_text *text,
                          const struct jk_evidence_model *model, Jokbo__V1__ComparedModel *out)
{
    out->parts = room_for(getting, model->parts);
    for (size_t i = 0; !getting->failed && i < model->parts; i++) {
        const struct jk_evidence_part *part = &text->parts[model->first_part + i];
        Jokbo__V1__PartLikeness *shown =
            JK_MESSAGE(getting->present.arena, Jokbo__V1__PartLikeness, jokbo__v1__part_likeness);
        if (!shown || !(shown->part = jk_to_string(getting->present.arena, part->name))) {
            getting->failed = true;
            return;
        }
        shown->likeness = present_likeness(getting, part->equal, part->near, part->kin, part->comparable);
        shown->share = (int32_t)part->of;
        out->parts[out->n_parts++] = shown;
    }
}

static Jokbo__V1__ComparedModel *present_compared(struct getting *getting, const struct jk_evidence_text *text,
                                                  const struct jk_evidence_model *model)
{
    const struct jk_graded *graded = &model->graded;
    Jokbo__V1__ComparedModel *out = new_compared(getting, graded->grade);
    if (!out) return NULL;
    out->likeness = present_likeness(getting, graded->equal, graded->near, graded->kin, graded->comparable);
    present_parts(getting, text, model, out);
    return out;
}

/* ---- the entry ---- */

/* Grades toward the parents, as an entry repeats them; false: out of memory. */
static Jokbo__V1__ComparedModel **present_grades(struct getting *getting, const struct jk_weights_evidence *evidence,
                                                 size_t *out_count)
{
    const struct jk_release *release = jk_book_release(getting->view.book, evidence->release);
    Jokbo__V1__ComparedModel **out = room_for(getting, release->parent_count);
    *out_count = 0;
    for (uint32_t i = 0; !getting->failed && i < release->parent_count; i++) {
        const struct jk_edge_grade *edge = &evidence->grades[i];
        if (!(out[i] = new_compared(getting, (enum jk_grade)edge->grade))) break;
        out[i]->likeness = present_likeness(getting, edge->equal, edge->near, edge->kin, edge->comparable);
        name_parent(getting, &release->parents[i], out[i]);
        *out_count = i + 1;
    }
    return out;
}

static void present_near(struct getting *getting, const struct jk_weights_evidence *evidence)
{
    getting->reply->near = room_for(getting, evidence->near_count);
    for (uint32_t i = 0; !getting->failed && i < evidence->near_count; i++) {
        uint32_t slot = jk_book_find_release(getting->view.book, &evidence->near[i], getting->view.size);
        if (slot == JK_NONE) continue;
        char *name = jk_present_release_name(&getting->present, slot);
        if (!name) getting->failed = true;
        getting->reply->near[getting->reply->n_near++] = name;
    }
}

static void present_attest(struct getting *getting, uint32_t challenge, Jokbo__V1__ChallengeEvidence *out)
{
    const struct jk_book *book = getting->view.book;
    uint32_t attest = jk_book_answer(book, challenge, getting->view.size);
    uint32_t slot = attest == JK_NONE ? JK_NONE : jk_book_attest_evidence(book, attest, getting->view.size);
    if (slot == JK_NONE) return;
    out->log_index = jk_book_evidence(book, slot)->from;
    out->parents = present_grades(getting, jk_book_evidence(book, slot), &out->n_parents);
}

static void present_challenges(struct getting *getting)
{
    int64_t now_us = jk_store_clock_us(jk_store_of(getting->call));
    uint32_t slot = jk_book_last_challenge(getting->view.book, getting->release, getting->view.size);
    Jokbo__V1__ReleaseEvidence *reply = getting->reply;
    reply->challenges = room_for(getting, CHALLENGES_MAX);
    for (; !getting->failed && slot != JK_NONE && reply->n_challenges < CHALLENGES_MAX;
         slot = jk_book_older_challenge(getting->view.book, slot)) {
        Jokbo__V1__ChallengeEvidence *out =
            JK_MESSAGE(getting->present.arena, Jokbo__V1__ChallengeEvidence, jokbo__v1__challenge_evidence);
        if (!out || !(out->challenge = jk_present_challenge(&getting->present, slot, now_us))) {
            getting->failed = true;
            return;
        }
        present_attest(getting, slot, out);
        reply->challenges[reply->n_challenges++] = out;
    }
}

static void present_entry(struct getting *getting)
{
    const struct jk_weights_evidence *evidence = jk_book_evidence(getting->view.book, getting->newest);
    Jokbo__V1__ReleaseEvidence *reply = getting->reply;
    reply->log_index = evidence->from;
    reply->at_size = evidence->at;
    reply->text_sha256 = jk_to_hex(getting->present.arena, &evidence->text);
    reply->parents = present_grades(getting, evidence, &reply->n_parents);
    present_near(getting, evidence);
}

/* ---- from scratch ---- */

/* When a base model existed, at the latest: its registration, or its date on the roster, if that is earlier. */
static int64_t base_time(const struct getting *getting, uint32_t model)
{
    const struct jk_book *book = getting->view.book;
    const struct jk_base_facts *facts = jk_book_base(book, model, getting->view.size);
    int64_t registered_us = jk_book_time(book, jk_book_model(book, model)->index), released_us;
    char date[40];
    if (!facts || facts->released.len != 10) return registered_us;
    (void)snprintf(date, sizeof date, "%.*sT00:00:00Z", JK_SPAN_ARG(facts->released));
    if (!jk_time_parse(jk_span_of(date), &released_us)) return registered_us;
    return released_us < registered_us ? released_us : registered_us;
}

/* Whether it is a finding of a base model: a reference, or a base model of another team. *out_older: it is not known to be
 * younger. */
static bool is_finding(const struct getting *getting, const struct jk_compared *who, bool *out_older)
{
    const struct jk_book *book = getting->view.book;
    uint32_t size = getting->view.size, model = jk_book_release(book, getting->release)->model;
    const struct jk_base_facts *own = jk_book_base(book, model, size), *others;
    int64_t time_us = base_time(getting, model);
    *out_older = true;
    if (!own || who->tie != JK_TIE_OTHER) return false;
    if (who->is_reference) {
        uint32_t slot = jk_book_references(book, (uint32_t)who->reference);
        int64_t released_us = jk_book_reference(book, slot)->released_us;
        *out_older = released_us == JK_TIME_NONE || released_us <= time_us;
        return true;
    }
    uint32_t slot = jk_book_find_release(book, &who->release, size);
    if (slot == JK_NONE || !(others = jk_book_base(book, jk_book_release(book, slot)->model, size))) return false;
    *out_older = base_time(getting, jk_book_release(book, slot)->model) <= time_us;
    return others->team != own->team;
}

/* ---- the text ---- */

static void present_others(struct getting *getting, const struct jk_evidence_text *text)
{
    Jokbo__V1__ReleaseEvidence *reply = getting->reply;
    reply->undeclared = room_for(getting, text->model_count);
    reply->from_scratch = room_for(getting, text->model_count);
    for (size_t i = 0; !getting->failed && i < text->model_count; i++) {
        const struct jk_evidence_model *model = &text->models[i];
        bool older, finding = is_finding(getting, &model->who, &older);
        if (!finding && !model->undeclared) continue;
        Jokbo__V1__ComparedModel *out = present_compared(getting, text, model);
        if (!out) return;
        name_other(getting, &model->who, out);
        out->older = finding && older;
        if (model->undeclared) reply->undeclared[reply->n_undeclared++] = out;
        if (finding) reply->from_scratch[reply->n_from_scratch++] = out;
    }
}

static void present_text(struct getting *getting, const struct jk_evidence_text *text)
{
    size_t parent = 0;
    for (size_t i = 0; !getting->failed && i < text->model_count && parent < getting->reply->n_parents; i++)
        if (text->models[i].who.tie == JK_TIE_PARENT)
            present_parts(getting, text, &text->models[i], getting->reply->parents[parent++]);
    present_others(getting, text);
}

/* Where the text was withdrawn, only what the entry says is told. */
static enum jk_status read_evidence_text(struct jk_call *call, const struct jk_digest *digest, struct jk_text *bytes,
                                         struct jk_evidence_text *out_text)
{
    struct jk_blob_facts facts;
    if (!jk_directory_blob_stored(jk_store_directory(jk_store_of(call)), digest, &facts)) return JK_OK;
    JK_TRY(jk_blob_bytes(call->reader, digest, bytes, &call->error));
    return jk_evidence_text_read(jk_text_span(bytes), out_text, &call->error);
}

/* ---- the method ---- */

static enum jk_status find_shown(struct getting *getting)
{
    const Jokbo__V1__GetEvidenceRequest *request = (const void *)getting->call->request;
    const struct jk_book *book = getting->view.book;
    uint32_t size = getting->view.size;
    struct jk_span name, version;
    jk_split_version(jk_span_of(request->model), &name, &version);
    uint32_t model = jk_book_find_model(book, name, size);
    if (model == JK_NONE) return jk_model_not_found(book, size, name, &getting->call->error);
    getting->release =
        version.len ? jk_book_find_version(book, model, version, size) : jk_book_standing_release(book, model, size);
    if (getting->release == JK_NONE)
        return jk_fail(&getting->call->error, JK_NOT_FOUND, "RELEASE_NOT_FOUND",
                       "The model \"%.*s\" has no release \"%.*s\"", JK_SPAN_ARG(name), JK_SPAN_ARG(version));
    getting->newest = jk_book_last_screening(book, getting->release, size);
    if (getting->newest != JK_NONE || jk_book_last_challenge(book, getting->release, size) != JK_NONE) return JK_OK;
    return jk_fail(
        &getting->call->error, JK_FAILED_PRECONDITION, "NO_EVIDENCE",
        "Nothing has been computed of the weights of \"%.*s\": its release names no manifest, the manifest is "
        "not stored here, or its turn has not come",
        JK_SPAN_ARG(name));
}

static enum jk_status present_known(struct getting *getting)
{
    const struct jk_release *release;
    JK_TRY(find_shown(getting));
    release = jk_book_release(getting->view.book, getting->release);
    getting->reply->model = jk_to_string(getting->present.arena, jk_present_name(&getting->present, release->model));
    getting->reply->version = jk_to_string(getting->present.arena, release->version);
    getting->reply->lineage_hash = jk_to_hex(getting->present.arena, &release->hash);
    getting->reply->artifact_sha256 = jk_to_hex(getting->present.arena, &release->artifact);
    getting->reply->log_size = getting->view.size;
    getting->reply->renewal_size =
        jk_renewal_waits(getting->view.book, getting->present.directory, getting->release, getting->view.size);
    if (getting->newest != JK_NONE) present_entry(getting);
    present_challenges(getting);
    return getting->failed ? jk_out_of_memory(&getting->call->error) : JK_OK;
}

/* The book is asked at one size throughout, which does not change while the text is read. */
static enum jk_status get_evidence(struct jk_call *call, struct getting *getting)
{
    JK_CLEANUP(jk_text_done) struct jk_text bytes;
    JK_CLEANUP(jk_evidence_text_done) struct jk_evidence_text text = {.attest = JK_NO_ATTEST};
    const Jokbo__V1__GetEvidenceRequest *request = (const void *)call->request;
    struct jk_digest digest = {0};
    struct jk_view again;
    jk_text_init(&bytes, JK_EVIDENCE_TEXT_MAX);
    jk_store_view(jk_store_of(call), &getting->view);
    getting->present = (struct jk_present){.book = getting->view.book,
                                           .directory = jk_store_directory(jk_store_of(call)),
                                           .size = getting->view.size,
                                           .arena = &call->arena};
    enum jk_status status = present_known(getting);
    if (status == JK_OK && getting->newest != JK_NONE)
        digest = jk_book_evidence(getting->view.book, getting->newest)->text;
    jk_store_view_end(jk_store_of(call));
    if (status != JK_OK || getting->newest == JK_NONE || request->entry_only) return status;
    JK_TRY(read_evidence_text(call, &digest, &bytes, &text));
    jk_store_view(jk_store_of(call), &again);
    present_text(getting, &text);
    jk_store_view_end(jk_store_of(call));
    return getting->failed ? jk_out_of_memory(&call->error) : JK_OK;
}

void jk_get_evidence(struct jk_call *call)
{
    const Jokbo__V1__GetEvidenceRequest *request = (const void *)call->request;
    struct getting getting = {
        .call = call, .reply = JK_MESSAGE(&call->arena, Jokbo__V1__ReleaseEvidence, jokbo__v1__release_evidence)};
    jk_check_release_name(&call->error, "model", request->model);
    enum jk_status status = jk_error_result(&call->error);
    if (status == JK_OK && !getting.reply) status = jk_out_of_memory(&call->error);
    if (status == JK_OK) status = get_evidence(call, &getting);
    jk_call_answer(call, status, &getting.reply->base);
}
