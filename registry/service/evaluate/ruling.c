/* Rule, DecideRuling, ListRulings. Who ruled is stored in a private record, so that the second evaluator is another one
 * (four_eyes.h); the log says only that it was an evaluator. */
#include "book/others.h"
#include "book/vouched.h"
#include "service/evaluate/ruling.h"

#include "domain/ident.h"
#include "reply/lookup.h"
#include "service/evaluate/adoption.h"
#include "service/call/handlers.h"
#include "service/evaluate/impartial.h"
#include "service/records/short_list.h"
#include "service/evaluate/stages.h"

/* ---- rule ---- */

/* Which kind of ruling an entry makes; its subject is in the fields. */
static enum jk_ruling_kind ruling_kind(enum jk_kind kind)
{
    switch (kind) {
    case JK_KIND_ORIGIN:
        return JK_RULING_ORIGIN;
    case JK_KIND_APPROVE_ADOPT:
        return JK_RULING_ADOPT;
    case JK_KIND_APPROVE_UNADOPT:
        return JK_RULING_UNADOPT;
    case JK_KIND_VERIFIER:
        return JK_RULING_VERIFIER;
    case JK_KIND_VERIFIER_END:
        return JK_RULING_VERIFIER_END;
    case JK_KIND_RESTORE:
    case JK_KIND_RESTORE_ROOT:
        return JK_RULING_RESTORE;
    default:
        return JK_RULING_EXCLUDE;
    }
}

/* Whether a ruling says the same as the entry would. */
static bool says_the_same(const struct jk_turn *turn, const struct jk_ruling *ruling, const struct jk_entry *entry)
{
    uint32_t n = jk_turn_size(turn);
    uint32_t root = entry->root.len ? jk_book_find_model(turn->book, entry->root, n) : JK_NONE;
    if (ruling->kind != ruling_kind(entry->kind) || ruling->root != root) return false;
    if (ruling->model != jk_book_find_model(turn->book, entry->model, n)) return false;
    if (ruling->release != JK_NONE &&
        !jk_digest_equal(&jk_book_release(turn->book, ruling->release)->hash, &entry->release))
        return false;
    if (ruling->verifier != jk_book_find_verifier(turn->book, entry->verifier, n)) return false;
    return jk_span_equal_fold(ruling->external, entry->external) &&
           jk_span_equal(ruling->institution, entry->institution);
}

/* The same ruling, if it is waiting for its second evaluator. */
static enum jk_status check_pending(struct jk_turn *turn, const struct jk_entry *entry, struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn);
    for (uint32_t slot = jk_book_rulings(turn->book, n); slot-- > 0;) {
        const struct jk_ruling *pending = jk_book_ruling(turn->book, slot);
        if (!says_the_same(turn, pending, entry) || jk_book_ruling_state(turn->book, slot, n) != JK_RULING_PENDING)
            continue;
        jk_error_fact(error, "ruling", "%u", pending->from);
        return jk_fail(
            error, JK_FAILED_PRECONDITION, "RULING_PENDING",
            "The ruling of log entry %u says the same and waits for a second evaluator: jokbo rule confirm %u",
            pending->from, pending->from);
    }
    return JK_OK;
}

static enum jk_status check_impartial(struct jk_change *change, struct jk_turn *turn, const struct jk_entry *entry,
                                      struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn);
    struct jk_judged judged = {JK_NONE, JK_NONE, JK_NONE, JK_NONE, JK_NONE, JK_NONE};
    if (entry->model.len) JK_TRY(jk_need_model(turn, entry->model, &judged.model, error));
    if (entry->kind == JK_KIND_ORIGIN) judged.release = jk_book_find_release(turn->book, &entry->release, n);
    if (entry->external.len) judged.external = jk_book_find_external(turn->book, entry->external, n);
    if (entry->verifier.len) judged.verifier = jk_book_find_verifier(turn->book, entry->verifier, n);
    return jk_check_impartial(change, turn, &judged, error);
}

enum jk_status jk_ruling_append(struct jk_change *change, struct jk_turn *turn, struct jk_entry *entry,
                                const char *text, uint32_t *out_index, struct jk_error *error)
{
    bool four_eyes = jk_services_of(change->call)->four_eyes;
    struct jk_proposal proposal;
    entry->actor = (struct jk_actor){.type = JK_ACTOR_EVALUATOR};
    entry->needs_second = four_eyes ? JK_ANSWER_YES : JK_ANSWER_NO;
    JK_TRY(jk_four_eyes_propose(change, turn, &proposal, error));
    JK_TRY(check_impartial(change, turn, entry, error));
    JK_TRY(check_pending(turn, entry, error));
    if (*text) JK_TRY(jk_turn_text(turn, jk_span_of(text), &entry->text, error));
    JK_TRY(jk_turn_append(turn, entry, out_index, error));
    return four_eyes ? jk_four_eyes_keep(turn, *out_index, &proposal, NULL, error) : JK_OK;
}

enum jk_status jk_ruling_reply(struct jk_change *change, struct jk_turn *turn, uint32_t index, const char *text,
                               ProtobufCMessage **out_reply)
{
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), &change->call->arena};
    Jokbo__V1__Ruling *reply = jk_present_ruling(&present, jk_book_find_ruling(turn->book, index, present.size), NULL);
    if (!reply) return jk_out_of_memory(&change->call->error);
    reply->text = (char *)(uintptr_t)text;
    if (change->write.dry) reply->log_index = 0;
    *out_reply = &reply->base;
    return JK_OK;
}

static enum jk_status need_derivative(struct jk_turn *turn, uint32_t model, struct jk_error *error)
{
    if (jk_book_is_derivative(turn->book, model, jk_turn_size(turn))) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_A_DERIVATIVE",
                   "\"%.*s\" is not a derivative: only derivatives are counted, so rulings are only about them",
                   JK_SPAN_ARG(jk_name_of(turn, model)));
}

/* Excluding and restoring, completely or for one root. */
static enum jk_status fill_standing(struct jk_turn *turn, const Jokbo__V1__RuleRequest *request, bool exclude,
                                    struct jk_entry *entry, struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn), model, root = JK_NONE;
    JK_TRY(jk_need_model(turn, jk_span_of(request->model), &model, error));
    JK_TRY(need_derivative(turn, model, error));
    entry->kind = exclude ? JK_KIND_EXCLUDE : JK_KIND_RESTORE;
    entry->model = jk_name_of(turn, model);
    bool excluded = jk_book_is_excluded(turn->book, model, n);
    if (*request->root) {
        JK_TRY(jk_need_model(turn, jk_span_of(request->root), &root, error));
        entry->kind = exclude ? JK_KIND_EXCLUDE_ROOT : JK_KIND_RESTORE_ROOT;
        entry->root = jk_name_of(turn, root);
        if (!jk_descends_from_base(turn->book, model, root, n))
            return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_A_ROOT", "\"%.*s\" is not a root of \"%.*s\"",
                           JK_SPAN_ARG(entry->root), JK_SPAN_ARG(entry->model));
        excluded = jk_book_is_pair_excluded(turn->book, model, root, n);
    }
    if (excluded != exclude) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "ALREADY_SO", "\"%.*s\" is %s%s%.*s", JK_SPAN_ARG(entry->model),
                   exclude ? "excluded already" : "not excluded", root == JK_NONE ? "" : " as a derivative of ",
                   JK_SPAN_ARG(entry->root));
}

static enum jk_status fill_origin(struct jk_turn *turn, const Jokbo__V1__RuleRequest *request, struct jk_entry *entry,
                                  struct jk_error *error)
{
    uint32_t model, release;
    JK_TRY(jk_need_release(turn, jk_span_of(request->model), &model, &release, error));
    JK_TRY(need_derivative(turn, model, error));
    const struct jk_release *facts = jk_book_release(turn->book, release);
    entry->kind = JK_KIND_ORIGIN;
    entry->model = jk_name_of(turn, model);
    entry->release = facts->hash;
    if (!jk_digest_is_zero(&facts->weights) || !jk_digest_is_zero(&facts->artifact)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "NO_CONTENT",
                   "The release \"%.*s\" of \"%.*s\" names neither weights nor an artifact: there is nothing to claim",
                   JK_SPAN_ARG(facts->version), JK_SPAN_ARG(entry->model));
}

static enum jk_status decide_rule(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__RuleRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    struct jk_entry entry = {.evidence = jk_span_of(request->reason)};
    uint32_t index;
    if (request->kind == JOKBO__V1__RULING_KIND__RULING_KIND_ORIGIN)
        JK_TRY(fill_origin(turn, request, &entry, error));
    else
        JK_TRY(fill_standing(turn, request,
                             request->kind == JOKBO__V1__RULING_KIND__RULING_KIND_UNSPECIFIED
                                 ? !request->restore
                                 : request->kind == JOKBO__V1__RULING_KIND__RULING_KIND_EXCLUDE,
                             &entry, error));
    JK_TRY(jk_ruling_append(change, turn, &entry, request->text, &index, error));
    return jk_ruling_reply(change, turn, index, request->text, out_reply);
}

static void check_rule(struct jk_error *error, const Jokbo__V1__RuleRequest *request)
{
    bool origin = request->kind == JOKBO__V1__RULING_KIND__RULING_KIND_ORIGIN;
    if (origin)
        jk_check_release_name(error, "model", request->model);
    else
        jk_check_model_name(error, "model", request->model);
    if ((int)request->kind < 0 || request->kind > JOKBO__V1__RULING_KIND__RULING_KIND_ORIGIN)
        jk_error_field(error, "kind", "%d: give exclude, restore or origin; adoptions have methods of their own",
                       (int)request->kind);
    if (*request->root) jk_check_model_name(error, "root", request->root);
    if (*request->root && origin)
        jk_error_field(error, "root", "is for exclude and restore; a ruling on origin applies whatever the root");
    jk_check_field(error, "reason", request->reason, jk_ident_label_fault(jk_span_of(request->reason)));
    jk_check_reason(error, "text", request->text, false);
}

void jk_rule(struct jk_call *call)
{
    check_rule(&call->error, (const void *)call->request);
    if (jk_error_result(&call->error) == JK_OK)
        jk_change_submit(call, decide_rule, NULL);
    else
        jk_call_fail(call);
}

/* ---- decide ---- */

static enum jk_status check_author(const struct jk_turn *turn, const struct jk_proposal *first, uint32_t ruling,
                                   struct jk_error *error)
{
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), turn->arena};
    if (jk_proposal_stands(&present, first, turn->time_us)) return JK_OK;
    return jk_fail(
        error, JK_FAILED_PRECONDITION, "RULER_GONE",
        "Whoever made the ruling of log entry %u may not rule any more, being no evaluator now, disabled, or of "
        "a team: reject it, and have it ruled anew",
        ruling);
}

static enum jk_status decide_ruling(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__DecideRulingRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    uint32_t n = jk_turn_size(turn), slot = jk_book_find_ruling(turn->book, (uint64_t)request->ruling, n), index;
    struct jk_entry entry = {.kind = request->confirm ? JK_KIND_CONFIRM : JK_KIND_REJECT,
                             .actor = {.type = JK_ACTOR_EVALUATOR},
                             .target = (uint64_t)request->ruling};
    if (slot == JK_NONE)
        return jk_fail(error, JK_NOT_FOUND, "RULING_NOT_FOUND",
                       "Log entry %lld is not a ruling; see jokbo rule list --pending", (long long)request->ruling);
    const struct jk_ruling *ruling = jk_book_ruling(turn->book, slot);
    if (jk_book_ruling_state(turn->book, slot, n) != JK_RULING_PENDING)
        return jk_fail(error, JK_FAILED_PRECONDITION, "RULING_DECIDED",
                       "The ruling of log entry %u is not pending: it is %s", ruling->from,
                       !ruling->needs_second ? "in force without a second evaluator"
                       : ruling->confirmed   ? "confirmed"
                                             : "rejected");
    struct jk_proposal first = jk_four_eyes_kept(turn, ruling->from, NULL);
    JK_TRY(jk_four_eyes_second(change, turn, &first, request->confirm, error));
    if (request->confirm) JK_TRY(check_author(turn, &first, ruling->from, error));
    struct jk_judged judged = {ruling->model, ruling->release, JK_NONE, JK_NONE, JK_NONE, ruling->verifier};
    if (ruling->external.len) judged.external = jk_book_find_external(turn->book, ruling->external, n);
    JK_TRY(jk_check_impartial(change, turn, &judged, error));
    bool adopts = request->confirm && ruling->external.len > 0;
    if (adopts)
        JK_TRY(jk_adoption_check(turn, ruling->external, ruling->model, ruling->kind == JK_RULING_ADOPT, error));
    if (*request->text) JK_TRY(jk_turn_text(turn, jk_span_of(request->text), &entry.text, error));
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    if (adopts)
        JK_TRY(jk_adoption_append(turn, &entry.actor, ruling->external, ruling->model, ruling->kind == JK_RULING_ADOPT,
                                  &index, error));
    return jk_ruling_reply(change, turn, ruling->from, change->input, out_reply);
}

/* On a reader thread: the ruling's text for the reply is read before the change has its turn. */
void jk_decide_ruling(struct jk_call *call)
{
    const Jokbo__V1__DecideRulingRequest *request = (const void *)call->request;
    char *text = (char *)protobuf_c_empty_string;
    struct jk_texts texts;
    struct jk_view view;
    jk_texts_init(&texts, &call->arena, 1);
    if (request->ruling < 0)
        jk_error_field(&call->error, "ruling", "%lld is negative: give the log index of a ruling",
                       (long long)request->ruling);
    jk_check_reason(&call->error, "text", request->text, false);
    enum jk_status status = jk_error_result(&call->error);
    if (status == JK_OK) {
        jk_store_view(jk_store_of(call), &view);
        uint32_t slot = jk_book_find_ruling(view.book, (uint64_t)request->ruling, view.size);
        if (slot != JK_NONE) jk_texts_note(&texts, &jk_book_ruling(view.book, slot)->text, &text);
        jk_store_view_end(jk_store_of(call));
        status = jk_texts_read(&texts, call);
    }
    if (status == JK_OK)
        jk_change_submit(call, decide_ruling, text);
    else
        jk_call_fail(call);
}

/* ---- list ---- */

static enum jk_status walk_rulings(struct jk_call *call, struct jk_short_list *list, struct jk_texts *texts)
{
    const Jokbo__V1__ListRulingsRequest *request = (const void *)call->request;
    uint32_t n = list->present.size, count = jk_book_rulings(list->view.book, n), model;
    JK_TRY(jk_filter_model(call, &list->present, request->model, &model));
    jk_texts_init(texts, &call->arena, list->page.size);
    list->looks_left = JK_OTHERS_LOOKS; /* the book is held for the whole page */
    list->present.looks_left = &list->looks_left;
    for (uint32_t slot = 0; slot < count; slot++) {
        const struct jk_ruling *ruling = jk_book_ruling(list->view.book, slot);
        if (model != JK_NONE && ruling->model != model) continue;
        if (request->pending && jk_book_ruling_state(list->view.book, slot, n) != JK_RULING_PENDING) continue;
        if (jk_short_list_wants(list, slot))
            jk_short_list_take(list, slot, jk_present_ruling(&list->present, slot, texts));
    }
    return JK_OK;
}

void jk_list_rulings(struct jk_call *call)
{
    struct jk_short_list list;
    struct jk_texts texts = {0};
    Jokbo__V1__ListRulingsResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListRulingsResponse, jokbo__v1__list_rulings_response);
    enum jk_status status = jk_short_list_begin(call, &list);
    if (status == JK_OK) {
        status = walk_rulings(call, &list, &texts);
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK) status = jk_texts_read(&texts, call);
    if (status == JK_OK && reply) JK_SHORT_LIST_REPLY(&list, reply, rulings);
    jk_short_list_end(&list, status, &reply->base);
}
