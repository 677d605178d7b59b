/* OpenDispute, ResolveDispute, ListDisputes. A dispute changes no standing by itself; any consequence is a separate
 * ruling or correction. One evaluator resolves it, who must be allowed to rule and have no part in it (impartial.h). */
#include <stdlib.h>

#include "base/defer.h"
#include "book/claims.h"
#include "book/others.h"
#include "domain/ident.h"
#include "service/evaluate/common.h"
#include "service/evaluate/adoption.h"
#include "service/call/four_eyes.h"
#include "service/call/handlers.h"
#include "service/evaluate/impartial.h"
#include "service/records/registration.h"
#include "service/records/short_list.h"
#include "service/evaluate/stages.h"

/* ---- open: who may ---- */

static bool acts_as_team(struct jk_change *change, struct jk_turn *turn, uint32_t model, struct jk_actor *out_actor)
{
    const struct jk_principal *principal = &change->call->principal;
    struct jk_present present = jk_present_turn(change, turn);
    if (!(principal->roles & JK_ROLE_TEAM)) return false;
    uint32_t team = jk_book_find_team(turn->book, jk_span_of(principal->team), present.size);
    if (team == JK_NONE || !jk_leads_to_team(&present, model, team)) return false;
    *out_actor = (struct jk_actor){JK_ACTOR_TEAM, jk_book_team(turn->book, team)->id};
    return true;
}

/* Whether the account acts for a publisher that has made something from the external model. */
static bool acts_for_child(struct jk_change *change, struct jk_turn *turn, uint32_t external,
                           struct jk_actor *out_actor)
{
    uint32_t n = jk_turn_size(turn), cursor = 0, child;
    struct jk_error inner;
    while ((child = jk_book_child_of_external(turn->book, external, n, &cursor)) != JK_NONE) {
        jk_error_init(&inner, NULL);
        uint32_t publisher = jk_publisher_of(turn, jk_book_release(turn->book, child)->model);
        if (jk_act_for_publisher(change, turn, publisher, out_actor, &inner) == JK_OK) return true;
    }
    return false;
}

/* About an adoption: a team whose bases it leads to, and anybody whose lineage passes through it. About origin: anybody
 * who also claims the content, and so acts for the publisher of the model that the dispute names. */
static enum jk_status act_on_claim(struct jk_change *change, struct jk_turn *turn, const struct jk_entry *entry,
                                   uint32_t model, struct jk_actor *out_actor, struct jk_error *error)
{
    if (entry->kind == JK_KIND_DISPUTE_ORIGIN)
        return jk_act_for_publisher(change, turn, jk_publisher_of(turn, model), out_actor, error);
    uint32_t external = jk_book_find_external(turn->book, entry->external, jk_turn_size(turn));
    if (acts_as_team(change, turn, model, out_actor) || acts_for_child(change, turn, external, out_actor)) return JK_OK;
    return jk_fail(error, JK_PERMISSION_DENIED, "NOT_CONCERNED",
                   "Only a team to whose base models the adoption leads, and members of publishers that have a model "
                   "made from \"%.*s\", may dispute it",
                   JK_SPAN_ARG(entry->external));
}

/* A team about derivatives of its bases; otherwise anybody who may act for the model's publisher. */
static enum jk_status act(struct jk_change *change, struct jk_turn *turn, uint32_t model, struct jk_actor *out_actor,
                          struct jk_error *error)
{
    if (acts_as_team(change, turn, model, out_actor)) return JK_OK;
    struct jk_error inner;
    jk_error_init(&inner, NULL);
    if (jk_act_for_publisher(change, turn, jk_publisher_of(turn, model), out_actor, &inner) == JK_OK) return JK_OK;
    return jk_fail(error, JK_PERMISSION_DENIED, "NOT_CONCERNED",
                   "Only a team that has a base among its roots, and members of its publisher, may dispute \"%.*s\"",
                   JK_SPAN_ARG(jk_name_of(turn, model)));
}

/* ---- open: what about ---- */

static enum jk_status check_ruling(struct jk_turn *turn, struct jk_entry *entry, uint32_t model, struct jk_error *error)
{
    if (entry->about != JK_ABOUT_RULING) return JK_OK;
    uint32_t slot = jk_book_find_ruling(turn->book, entry->target, jk_turn_size(turn));
    if (slot != JK_NONE && jk_book_ruling(turn->book, slot)->model == model) return JK_OK;
    return jk_fail(error, JK_NOT_FOUND, "RULING_NOT_FOUND", "Log entry %llu is not a ruling about \"%.*s\"",
                   (unsigned long long)entry->target, JK_SPAN_ARG(entry->model));
}

static enum jk_status check_stage(struct jk_turn *turn, const char *id, struct jk_error *error)
{
    char end[JK_MOMENT_TEXT];
    if (!*id) return JK_OK;
    uint32_t slot = jk_book_find_stage(turn->book, jk_span_of(id), jk_turn_size(turn));
    if (slot == JK_NONE) return jk_stage_not_found(error, id);
    int64_t end_us = jk_book_stage(turn->book, slot, jk_turn_size(turn))->disputes_us;
    if (end_us == JK_TIME_NONE || turn->time_us < end_us) return JK_OK;
    jk_time_format_moment(end_us, end);
    return jk_fail(error, JK_FAILED_PRECONDITION, "DISPUTE_TIME_OVER",
                   "The time for disputes of the stage \"%s\" ended at %s", id, end);
}

/* What a dispute would be about, by slots. */
static struct jk_dispute subject_of(struct jk_turn *turn, const struct jk_entry *entry, uint32_t model)
{
    uint32_t n = jk_turn_size(turn);
    struct jk_dispute found = {.about = entry->about, .model = model};
    found.against = entry->against.len ? jk_book_find_model(turn->book, entry->against, n) : JK_NONE;
    found.external = entry->external.len ? jk_book_find_external(turn->book, entry->external, n) : JK_NONE;
    found.ruling =
        entry->about == JK_ABOUT_RULING ? jk_book_find_ruling(turn->book, entry->target, n) : (uint32_t)JK_NONE;
    found.stage = entry->stage.len ? jk_book_find_stage(turn->book, entry->stage, n) : JK_NONE;
    return found;
}

static bool is_again(const struct jk_dispute *dispute, const struct jk_dispute *wanted, struct jk_span actor)
{
    return dispute->model == wanted->model && dispute->resolved == JK_NONE && dispute->about == wanted->about &&
           dispute->against == wanted->against && dispute->external == wanted->external &&
           dispute->ruling == wanted->ruling && dispute->stage == wanted->stage && jk_span_equal(dispute->actor, actor);
}

#define OPEN_MAX 100 /* how many disputes of one side may be open: all are compared when another is opened */

static enum jk_status check_open_disputes(uint32_t open, struct jk_span actor, struct jk_error *error)
{
    if (open < OPEN_MAX) return JK_OK;
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "DISPUTES_QUOTA",
                   "%u disputes of %.*s are open, which is the limit; evaluators must resolve some first", open,
                   JK_SPAN_ARG(actor));
}

/* One side may not have the same dispute open twice. */
static enum jk_status check_new(struct jk_turn *turn, const struct jk_entry *entry, uint32_t model,
                                struct jk_error *error)
{
    struct jk_dispute wanted = subject_of(turn, entry, model);
    uint32_t again = JK_NONE, open = 0;
    JK_CLEANUP(jk_text_done) struct jk_text actor;
    jk_text_init(&actor, 0);
    jk_actor_write(&entry->actor, &actor);
    for (uint32_t slot = jk_book_disputes(turn->book, jk_turn_size(turn)); slot-- > 0 && again == JK_NONE;) {
        const struct jk_dispute *dispute = jk_book_dispute(turn->book, slot);
        if (is_again(dispute, &wanted, jk_text_span(&actor))) again = dispute->from;
        if (dispute->resolved == JK_NONE && jk_span_equal(dispute->actor, jk_text_span(&actor))) open++;
    }
    if (again == JK_NONE) return check_open_disputes(open, jk_text_span(&actor), error);
    jk_error_fact(error, "log_index", "%u", again);
    return jk_fail(error, JK_ALREADY_EXISTS, "DISPUTE_OPEN", "The dispute of log entry %u about the same is still open",
                   again);
}

/* What was dismissed about a model stays so, whatever copy of it the same side comes with next: an open dispute shows on
 * the model that it is against. What that has released since may be another matter; its older releases are not. */
static enum jk_status check_undecided(struct jk_turn *turn, const struct jk_entry *entry, uint32_t model,
                                      struct jk_error *error)
{
    struct jk_dispute wanted = subject_of(turn, entry, model);
    JK_CLEANUP(jk_text_done) struct jk_text actor;
    jk_text_init(&actor, 0);
    if (entry->kind != JK_KIND_DISPUTE_ORIGIN) return JK_OK;
    uint32_t last = jk_book_release(turn->book, jk_book_model(turn->book, wanted.against)->last_release)->index;
    jk_actor_write(&entry->actor, &actor);
    const struct jk_dispute *dispute;
    for (uint32_t slot = jk_book_disputed(turn->book, wanted.against); slot != JK_NONE; slot = dispute->older_same) {
        dispute = jk_book_dispute(turn->book, slot);
        if (dispute->resolved == JK_NONE || dispute->outcome != JK_OUTCOME_DISMISSED ||
            !jk_span_equal(dispute->actor, jk_text_span(&actor)) || last > dispute->resolved)
            continue;
        jk_error_fact(error, "log_index", "%u", dispute->from);
        return jk_fail(
            error, JK_FAILED_PRECONDITION, "DISPUTE_DECIDED",
            "The dispute of log entry %u about what \"%.*s\" contains was dismissed by log entry %u, and it has no "
            "release since; with new evidence ask an evaluator, who can rule on its origin without a dispute",
            dispute->from, JK_SPAN_ARG(entry->against), dispute->resolved);
    }
    return JK_OK;
}

static enum jk_status reply_dispute(struct jk_change *change, struct jk_turn *turn, uint32_t index, const char *text,
                                    const char *resolution, ProtobufCMessage **out_reply)
{
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), &change->call->arena};
    Jokbo__V1__Dispute *reply =
        jk_present_dispute(&present, jk_book_find_dispute(turn->book, index, present.size), NULL);
    if (!reply) return jk_out_of_memory(&change->call->error);
    reply->text = (char *)(uintptr_t)text;
    reply->resolution_text = (char *)(uintptr_t)resolution;
    *out_reply = &reply->base;
    return JK_OK;
}

static enum jk_status check_origin(struct jk_turn *turn, uint32_t model, const char *stage, struct jk_entry *entry,
                                   struct jk_error *error)
{
    uint32_t other, about = *stage ? jk_book_find_stage(turn->book, jk_span_of(stage), jk_turn_size(turn)) : JK_NONE;
    struct jk_common *shared;
    size_t count = 0;
    JK_TRY(jk_need_model(turn, entry->against, &other, error));
    entry->against = jk_name_of(turn, other);
    if (other != model) JK_TRY(jk_common_find(turn, model, other, about, &shared, &count, error));
    if (count > 0) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "NOTHING_SHARED",
                   "\"%.*s\" and \"%.*s\" have no weights, artifact or weight files in common",
                   JK_SPAN_ARG(entry->model), JK_SPAN_ARG(entry->against));
}

/* Everything that has its own kind of entry. */
static enum jk_status check_claim(struct jk_change *change, struct jk_turn *turn, uint32_t model, const char *stage,
                                  struct jk_entry *entry, struct jk_error *error)
{
    if (entry->kind == JK_KIND_DISPUTE_ADOPTION)
        JK_TRY(jk_adoption_check(turn, entry->external, model, false, error));
    else
        JK_TRY(check_origin(turn, model, stage, entry, error));
    return act_on_claim(change, turn, entry, model, &entry->actor, error);
}

static enum jk_status check_standing(struct jk_change *change, struct jk_turn *turn, uint32_t model,
                                     struct jk_entry *entry, struct jk_error *error)
{
    if (!jk_book_is_derivative(turn->book, model, jk_turn_size(turn)))
        return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_A_DERIVATIVE", "\"%.*s\" is not a derivative",
                       JK_SPAN_ARG(entry->model));
    JK_TRY(act(change, turn, model, &entry->actor, error));
    return check_ruling(turn, entry, model, error);
}

static enum jk_kind dispute_kind(enum jk_about about)
{
    if (about == JK_ABOUT_ORIGIN) return JK_KIND_DISPUTE_ORIGIN;
    return about == JK_ABOUT_ADOPTION ? JK_KIND_DISPUTE_ADOPTION : JK_KIND_DISPUTE;
}

static enum jk_status decide_open(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__OpenDisputeRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    enum jk_about about = (enum jk_about)(request->subject - 1);
    struct jk_entry entry = {.kind = dispute_kind(about),
                             .about = about,
                             .against = jk_span_of(request->against),
                             .external = jk_span_of(request->external),
                             .stage = jk_span_of(request->stage),
                             .target = about == JK_ABOUT_RULING ? (uint64_t)request->ruling : JK_TARGET_NONE};
    uint32_t model, index;
    JK_TRY(jk_need_model(turn, jk_span_of(request->model), &model, error));
    entry.model = jk_name_of(turn, model);
    JK_TRY(check_stage(turn, request->stage, error));
    if (entry.kind == JK_KIND_DISPUTE)
        JK_TRY(check_standing(change, turn, model, &entry, error));
    else
        JK_TRY(check_claim(change, turn, model, request->stage, &entry, error));
    JK_TRY(check_new(turn, &entry, model, error));
    JK_TRY(check_undecided(turn, &entry, model, error));
    JK_TRY(jk_turn_text(turn, jk_span_of(request->text), &entry.text, error));
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    return reply_dispute(change, turn, index, request->text, "", out_reply);
}

void jk_open_dispute(struct jk_call *call)
{
    const Jokbo__V1__OpenDisputeRequest *request = (const void *)call->request;
    bool ruling = request->subject == JOKBO__V1__DISPUTE_SUBJECT__DISPUTE_SUBJECT_RULING;
    bool origin = request->subject == JOKBO__V1__DISPUTE_SUBJECT__DISPUTE_SUBJECT_ORIGIN;
    bool adoption = request->subject == JOKBO__V1__DISPUTE_SUBJECT__DISPUTE_SUBJECT_ADOPTION;
    if ((int)request->subject < 1 || request->subject > JOKBO__V1__DISPUTE_SUBJECT__DISPUTE_SUBJECT_ADOPTION)
        jk_error_field(&call->error, "subject", "%d: give parent, ruling, standing, origin or adoption",
                       (int)request->subject);
    jk_check_model_name(&call->error, "model", request->model);
    if (origin) jk_check_model_name(&call->error, "against", request->against);
    if (!origin && *request->against)
        jk_error_field(&call->error, "against", "is allowed only in a dispute about origin");
    if (adoption)
        jk_check_field(&call->error, "external", request->external,
                       jk_ident_external_fault(jk_span_of(request->external)));
    if (!adoption && *request->external)
        jk_error_field(&call->error, "external", "is allowed only in a dispute about an adoption");
    if (request->ruling < 0 || (ruling && !request->ruling) || (!ruling && request->ruling))
        jk_error_field(&call->error, "ruling",
                       "%lld: give the log index of the ruling where the dispute is about one, else 0",
                       (long long)request->ruling);
    if (*request->stage)
        jk_check_field(&call->error, "stage", request->stage, jk_ident_team_fault(jk_span_of(request->stage)));
    jk_check_reason(&call->error, "text", request->text, true);
    if (jk_error_result(&call->error) == JK_OK)
        jk_change_submit(call, decide_open, NULL);
    else
        jk_call_fail(call);
}

/* ---- resolve ---- */

static enum jk_status check_judge(struct jk_change *change, struct jk_turn *turn, const struct jk_dispute *dispute,
                                  struct jk_error *error)
{
    struct jk_judged judged = {dispute->model, JK_NONE, dispute->against, dispute->external, dispute->stage, JK_NONE};
    JK_TRY(jk_four_eyes_rested(change, turn, error));
    return jk_check_impartial(change, turn, &judged, error);
}

static enum jk_status decide_resolve(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__ResolveDisputeRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    struct jk_entry entry = {.kind = JK_KIND_RESOLVE,
                             .actor = {.type = JK_ACTOR_EVALUATOR},
                             .target = (uint64_t)request->dispute,
                             .outcome = (enum jk_outcome)(request->outcome - 1)};
    uint32_t slot = jk_book_find_dispute(turn->book, (uint64_t)request->dispute, jk_turn_size(turn)), index;
    if (slot == JK_NONE)
        return jk_fail(error, JK_NOT_FOUND, "DISPUTE_NOT_FOUND",
                       "Log entry %lld is not a dispute; see jokbo dispute list", (long long)request->dispute);
    const struct jk_dispute *dispute = jk_book_dispute(turn->book, slot);
    if (dispute->resolved != JK_NONE)
        return jk_fail(error, JK_FAILED_PRECONDITION, "DISPUTE_RESOLVED",
                       "The dispute of log entry %u was resolved by log entry %u", dispute->from, dispute->resolved);
    JK_TRY(check_judge(change, turn, dispute, error));
    JK_TRY(jk_turn_text(turn, jk_span_of(request->text), &entry.text, error));
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    return reply_dispute(change, turn, dispute->from, change->input, request->text, out_reply);
}

/* On a reader thread: the dispute's text for the reply is read before the change has its turn. */
void jk_resolve_dispute(struct jk_call *call)
{
    const Jokbo__V1__ResolveDisputeRequest *request = (const void *)call->request;
    char *text = (char *)protobuf_c_empty_string;
    struct jk_texts texts;
    struct jk_view view;
    jk_texts_init(&texts, &call->arena, 1);
    if (request->dispute < 0)
        jk_error_field(&call->error, "dispute", "%lld is negative: give the log index of a dispute",
                       (long long)request->dispute);
    if ((int)request->outcome < 1 || request->outcome > JOKBO__V1__DISPUTE_OUTCOME__DISPUTE_OUTCOME_DISMISSED)
        jk_error_field(&call->error, "outcome", "%d: give upheld or dismissed", (int)request->outcome);
    jk_check_reason(&call->error, "text", request->text, true);
    enum jk_status status = jk_error_result(&call->error);
    if (status == JK_OK) {
        jk_store_view(jk_store_of(call), &view);
        uint32_t slot = jk_book_find_dispute(view.book, (uint64_t)request->dispute, view.size);
        if (slot != JK_NONE) jk_texts_note(&texts, &jk_book_dispute(view.book, slot)->text, &text);
        jk_store_view_end(jk_store_of(call));
        status = jk_texts_read(&texts, call);
    }
    if (status == JK_OK)
        jk_change_submit(call, decide_resolve, text);
    else
        jk_call_fail(call);
}

/* ---- list ---- */

/* A dispute about origin concerns the families of both models. */
static bool concerns(const struct jk_present *present, const struct jk_dispute *dispute, uint32_t team)
{
    return jk_leads_to_team(present, dispute->model, team) ||
           (dispute->against != JK_NONE && jk_leads_to_team(present, dispute->against, team));
}

static enum jk_status walk_disputes(struct jk_call *call, struct jk_short_list *list, struct jk_texts *texts)
{
    const Jokbo__V1__ListDisputesRequest *request = (const void *)call->request;
    uint32_t n = list->present.size, count = jk_book_disputes(list->view.book, n), model, team;
    JK_TRY(jk_filter_model(call, &list->present, request->model, &model));
    JK_TRY(jk_filter_team(call, &list->present, request->team, &team));
    jk_texts_init(texts, &call->arena, 2 * (size_t)list->page.size);
    list->looks_left = JK_OTHERS_LOOKS; /* the book is held for the whole page */
    list->present.looks_left = &list->looks_left;
    for (uint32_t slot = 0; slot < count; slot++) {
        const struct jk_dispute *dispute = jk_book_dispute(list->view.book, slot);
        if (model != JK_NONE && dispute->model != model && dispute->against != model) continue;
        if (team != JK_NONE && !concerns(&list->present, dispute, team)) continue;
        if (request->open && dispute->resolved < n) continue;
        if (jk_short_list_wants(list, slot))
            jk_short_list_take(list, slot, jk_present_dispute(&list->present, slot, texts));
    }
    return JK_OK;
}

void jk_list_disputes(struct jk_call *call)
{
    struct jk_short_list list;
    struct jk_texts texts = {0};
    Jokbo__V1__ListDisputesResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListDisputesResponse, jokbo__v1__list_disputes_response);
    enum jk_status status = jk_short_list_begin(call, &list);
    if (status == JK_OK) {
        status = walk_disputes(call, &list, &texts);
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK) status = jk_texts_read(&texts, call);
    if (status == JK_OK && reply) JK_SHORT_LIST_REPLY(&list, reply, disputes);
    jk_short_list_end(&list, status, &reply->base);
}
