/* CloseStage: the report is computed on a reader thread, and the entry that commits to it has its turn afterwards. */
#include "closing/closer.h"
#include "domain/ident.h"
#include "service/handlers.h"
#include "service/stages.h"
#include "service/write.h"

struct close {
    uint32_t stage, revision; /* what the reply shows */
    bool stands;              /* that closing is in the log already */
    struct jk_computed *computed;
    char *text; /* of that revision */
};

static void release_close(struct jk_call *call)
{
    struct close *close = call->state;
    if (close) jk_computed_release(close->computed);
}

/* ---- on a reader thread ---- */

/* What is to be closed, or which closing stands. */
static enum jk_status plan(struct jk_call *call, struct close *close, int64_t now_us, struct jk_close_plan *out_plan,
                           struct jk_texts *texts)
{
    const Jokbo__V1__CloseStageRequest *request = (const void *)call->request;
    enum jk_status status = JK_OK;
    struct jk_view view;
    jk_store_view(jk_store_of(call), &view);
    close->stage = jk_book_find_stage(view.book, jk_span_of(request->stage), view.size);
    const struct jk_closing *last =
        close->stage == JK_NONE ? NULL : jk_book_closing(view.book, close->stage, 0, view.size);
    if (close->stage == JK_NONE)
        status = jk_stage_not_found(&call->error, request->stage);
    else if (!last) /* also with a text: before the cut-off, that is what there is to say */
        status = jk_close_plan_first(&view, close->stage, now_us, out_plan, &call->error);
    if (status == JK_OK && *request->text) status = jk_close_plan_next(&view, close->stage, out_plan, &call->error);
    close->stands = last && !*request->text;
    close->revision = close->stands ? last->revision : out_plan->revision;
    if (close->stands) jk_texts_note(texts, &last->text, &close->text);
    jk_store_view_end(jk_store_of(call));
    return status;
}

static enum jk_status prepare(struct jk_call *call, struct close *close)
{
    struct jk_close_plan wanted = {0};
    struct jk_texts texts;
    int64_t now_us;
    JK_TRY(jk_close_moment(jk_store_of(call), call->reader, call->deadline_ms, &now_us, &call->error));
    jk_texts_init(&texts, &call->arena, 1);
    JK_TRY(plan(call, close, now_us, &wanted, &texts));
    JK_TRY(jk_texts_read(&texts, call));
    if (close->stands) return JK_OK;
    return jk_closer_compute(jk_services_of(call)->closer, call->reader, &wanted, call->deadline_ms, &close->computed,
                             &call->error);
}

/* ---- in its turn ---- */

static enum jk_status decide_close(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__CloseStageRequest *request = (const void *)change->call->request;
    struct jk_actor evaluator = {.type = JK_ACTOR_EVALUATOR};
    struct jk_error *error = &change->call->error;
    struct close *close = change->input;
    if (!close->stands) JK_TRY(jk_close_in_turn(turn, close->computed, evaluator, jk_span_of(request->text), error));
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), &change->call->arena};
    const struct jk_closing *closing = jk_book_closing(turn->book, close->stage, close->revision, present.size);
    Jokbo__V1__Closing *reply = jk_present_closing(&present, closing, NULL);
    if (!reply) return jk_out_of_memory(error);
    reply->text = close->stands ? close->text : (char *)(uintptr_t)request->text;
    if (change->write.dry && !close->stands) reply->log_index = 0;
    *out_reply = &reply->base;
    return JK_OK;
}

void jk_close_stage(struct jk_call *call)
{
    const Jokbo__V1__CloseStageRequest *request = (const void *)call->request;
    struct close *close = jk_arena_zalloc(&call->arena, 1, sizeof *close);
    call->state = close;
    call->release = release_close;
    jk_check_field(&call->error, "stage", request->stage, jk_ident_team_fault(jk_span_of(request->stage)));
    jk_check_reason(&call->error, "text", request->text, false);
    enum jk_status status = close ? jk_error_result(&call->error) : jk_out_of_memory(&call->error);
    if (status == JK_OK) {
        close->text = (char *)protobuf_c_empty_string;
        status = prepare(call, close);
    }
    if (status == JK_OK)
        jk_change_submit(call, decide_close, close);
    else
        jk_call_fail(call);
}
