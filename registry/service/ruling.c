/* Rule, DecideRuling, ListRulings. Who ruled is kept in a private record, so that the second evaluator is another one
 * (four_eyes.h); the log says only that it was an evaluator. */
#include "domain/ident.h"
#include "service/four_eyes.h"
#include "service/handlers.h"
#include "service/short_list.h"
#include "service/stages.h"

/* ---- rule ---- */

/* A ruling of the same kind that waits for its second evaluator. */
static const struct jk_ruling *find_pending(struct jk_turn *turn, uint32_t model, bool exclude)
{
    uint32_t n = jk_turn_size(turn);
    for (uint32_t slot = jk_book_rulings(turn->book, n); slot-- > 0;) {
        const struct jk_ruling *ruling = jk_book_ruling(turn->book, slot);
        if (ruling->model == model && ruling->exclude == exclude &&
            jk_book_ruling_state(turn->book, slot, n) == JK_RULING_PENDING)
            return ruling;
    }
    return NULL;
}

static enum jk_status check_rule(struct jk_turn *turn, uint32_t model, bool exclude, struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn);
    struct jk_span name = jk_book_alias(turn->book, model, n)->name;
    if (!jk_book_is_derivative(turn->book, model, n))
        return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_A_DERIVATIVE",
                       "\"%.*s\" is no derivative: only derivatives are counted, so only they are excluded",
                       JK_SPAN_ARG(name));
    if (jk_book_is_excluded(turn->book, model, n) == exclude)
        return jk_fail(error, JK_FAILED_PRECONDITION, "ALREADY_SO", "\"%.*s\" is %s", JK_SPAN_ARG(name),
                       exclude ? "excluded already" : "not excluded");
    const struct jk_ruling *pending = find_pending(turn, model, exclude);
    if (!pending) return JK_OK;
    jk_error_fact(error, "ruling", "%u", pending->from);
    return jk_fail(error, JK_FAILED_PRECONDITION, "RULING_PENDING",
                   "The ruling of log entry %u says the same and waits for a second evaluator: jokbo rule confirm %u",
                   pending->from, pending->from);
}

static enum jk_status reply_ruling(struct jk_change *change, struct jk_turn *turn, uint32_t index, const char *text,
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

static enum jk_status decide_rule(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__RuleRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    bool four_eyes = jk_services_of(change->call)->four_eyes;
    struct jk_entry entry = {.kind = request->restore ? JK_KIND_RESTORE : JK_KIND_EXCLUDE,
                             .actor = {.type = JK_ACTOR_EVALUATOR},
                             .evidence = jk_span_of(request->reason),
                             .needs_second = four_eyes ? JK_ANSWER_YES : JK_ANSWER_NO};
    struct jk_proposal proposal;
    uint32_t model, index;
    JK_TRY(jk_four_eyes_propose(change, turn, &proposal, error));
    JK_TRY(jk_need_model(turn, jk_span_of(request->model), &model, error));
    JK_TRY(check_rule(turn, model, !request->restore, error));
    entry.model = jk_book_alias(turn->book, model, jk_turn_size(turn))->name;
    if (*request->text) JK_TRY(jk_turn_text(turn, jk_span_of(request->text), &entry.text, error));
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    if (four_eyes) JK_TRY(jk_four_eyes_keep(turn, index, &proposal, error));
    return reply_ruling(change, turn, index, request->text, out_reply);
}

void jk_rule(struct jk_call *call)
{
    const Jokbo__V1__RuleRequest *request = (const void *)call->request;
    jk_check_model_name(&call->error, "model", request->model);
    jk_check_field(&call->error, "reason", request->reason, jk_ident_label_fault(jk_span_of(request->reason)));
    jk_check_reason(&call->error, "text", request->text, false);
    if (jk_error_result(&call->error) == JK_OK)
        jk_change_submit(call, decide_rule, NULL);
    else
        jk_call_fail(call);
}

/* ---- decide ---- */

static enum jk_status ruling_not_found(struct jk_error *error, int64_t index)
{
    return jk_fail(error, JK_NOT_FOUND, "RULING_NOT_FOUND",
                   "Log entry %lld is no ruling; see jokbo rule list --pending", (long long)index);
}

static enum jk_status decide_ruling(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__DecideRulingRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    uint32_t n = jk_turn_size(turn), slot = jk_book_find_ruling(turn->book, (uint64_t)request->ruling, n), index;
    struct jk_entry entry = {.kind = request->confirm ? JK_KIND_CONFIRM : JK_KIND_REJECT,
                             .actor = {.type = JK_ACTOR_EVALUATOR},
                             .target = (uint64_t)request->ruling};
    if (slot == JK_NONE) return ruling_not_found(error, request->ruling);
    const struct jk_ruling *ruling = jk_book_ruling(turn->book, slot);
    if (jk_book_ruling_state(turn->book, slot, n) != JK_RULING_PENDING)
        return jk_fail(error, JK_FAILED_PRECONDITION, "RULING_DECIDED",
                       "The ruling of log entry %u waits for nobody: it is %s", ruling->from,
                       !ruling->needs_second ? "in force without a second evaluator"
                       : ruling->confirmed   ? "confirmed"
                                             : "rejected");
    struct jk_proposal first = jk_four_eyes_kept(turn, ruling->from);
    JK_TRY(jk_four_eyes_second(change, turn, &first, request->confirm, error));
    if (*request->text) JK_TRY(jk_turn_text(turn, jk_span_of(request->text), &entry.text, error));
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    return reply_ruling(change, turn, ruling->from, change->input, out_reply);
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

static enum jk_status walk(struct jk_call *call, struct jk_short_list *list, struct jk_texts *texts)
{
    const Jokbo__V1__ListRulingsRequest *request = (const void *)call->request;
    uint32_t n = list->present.size, count = jk_book_rulings(list->view.book, n), model;
    JK_TRY(jk_filter_model(call, &list->present, request->model, &model));
    jk_texts_init(texts, &call->arena, list->page.size);
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
        status = walk(call, &list, &texts);
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK) status = jk_texts_read(&texts, call);
    if (status == JK_OK && reply) JK_SHORT_LIST_REPLY(&list, reply, rulings);
    jk_short_list_end(&list, status, &reply->base);
}
