/* CloseStage: the report is computed on a reader thread, then the entry that commits to it is written. If witnesses are
 * configured but there is no quorum, the first evaluator's call is stored as a proposal, in a private record under the
 * stage's entry like a ruling's, and a second evaluator's call closes the stage. */
#include "closing/closer.h"
#include "domain/ident.h"
#include "service/call/handlers.h"
#include "service/evaluate/impartial.h"
#include "service/evaluate/stages.h"
#include "service/call/write.h"

struct close {
    uint32_t stage, revision; /* what the reply shows */
    bool stands;              /* it is already closed in the log */
    bool two;                 /* a first closing that requires two evaluators */
    struct jk_computed *computed;
    char *text; /* of that revision */
};

static void release_close(struct jk_call *call)
{
    struct close *close = call->state;
    if (close) jk_computed_release(close->computed);
}

/* ---- on a reader thread ---- */

static enum jk_status plan_first(struct jk_call *call, const struct jk_view *view, struct close *close, int64_t now_us,
                                 struct jk_close_plan *out_plan)
{
    const struct jk_stage *stage = jk_book_stage(view->book, close->stage, view->size);
    struct jk_due_facts facts;
    JK_TRY(jk_close_plan_first(view, close->stage, now_us, out_plan, &call->error));
    jk_close_facts(jk_store_of(call), jk_services_of(call)->witnesses, stage, now_us, &facts);
    enum jk_due due = jk_due_by_people(&facts);
    close->two = due == JK_DUE_TWO_PEOPLE && jk_services_of(call)->four_eyes;
    if (due != JK_DUE_WITNESSES) return JK_OK;
    call->error.retry_ms = 1000;
    return jk_fail(&call->error, JK_FAILED_PRECONDITION, "WITNESSES_AWAITED",
                   "The stage \"%.*s\" closes as soon as a quorum of the witnesses has cosigned a time past its "
                   "cut-off; 10 min after the cut-off, evaluators can close it",
                   JK_SPAN_ARG(stage->id));
}

#define BETWEEN_US INT64_C(60000000)

/* Where evaluators rest, a further revision needs something new, or the last one stands, and a minute since the last:
 * nobody keeps others from closing by revisions of no use. */
static enum jk_status check_further(struct jk_call *call, const struct jk_view *view, const struct jk_closing *last,
                                    int64_t now_us, bool *out_new)
{
    bool rests = jk_services_of(call)->evaluator_rest_us > 0;
    int64_t since_us = now_us - jk_book_time(view->book, last->from);
    *out_new = !rests || view->size > last->from + 1;
    if (!rests || !*out_new || since_us >= BETWEEN_US) return JK_OK;
    call->error.retry_ms = (BETWEEN_US - (since_us > 0 ? since_us : 0)) / 1000 + 1;
    return jk_fail(&call->error, JK_RESOURCE_EXHAUSTED, "REVISION_TOO_SOON",
                   "Revision %u of the stage's report was made less than a minute ago; make another one later",
                   last->revision);
}

/* Before a report is computed for a caller, who may not have it closed; and again in its turn. */
static enum jk_status check_caller(struct jk_call *call, const struct jk_view *view, int64_t now_us)
{
    const struct jk_change change = {.call = call};
    const struct jk_turn now = {.book = (struct jk_book *)(uintptr_t)view->book, /* only read */
                                .directory = jk_store_directory(jk_store_of(call)),
                                .time_us = now_us,
                                .arena = &call->arena};
    return jk_check_referee(&change, &now, &call->error);
}

/* What to close, or which closing exists. */
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
    else if (!last) /* also with a text: before the cut-off, this is the relevant error */
        status = plan_first(call, &view, close, now_us, out_plan);
    bool further = *request->text;
    if (status == JK_OK && last && further) status = check_further(call, &view, last, now_us, &further);
    if (status == JK_OK && further) status = jk_close_plan_next(&view, close->stage, out_plan, &call->error);
    close->stands = last && !further;
    if (status == JK_OK && !close->stands) status = check_caller(call, &view, now_us);
    close->revision = close->stands ? last->revision : out_plan->revision;
    if (close->stands) jk_texts_note(texts, &last->text, &close->text);
    jk_store_view_end(jk_store_of(call));
    return status;
}

static enum jk_status prepare_close(struct jk_call *call, struct close *close)
{
    struct jk_close_plan wanted = {0};
    struct jk_moment moment;
    struct jk_texts texts;
    JK_TRY(jk_close_moment(jk_store_of(call), call->reader, call->deadline_ms, &moment, &call->error));
    jk_texts_init(&texts, &call->arena, 1);
    JK_TRY(plan(call, close, moment.now_us, &wanted, &texts));
    JK_TRY(jk_texts_read(&texts, call));
    if (close->stands) return JK_OK;
    return jk_closer_compute(jk_services_of(call)->closer, call->reader, &wanted, call->deadline_ms, &close->computed,
                             &call->error);
}

/* ---- in its turn ---- */

/* An existing proposal; nothing if the one who made it is no longer an evaluator, or of a team. The second evaluator must have had
 * the role before the cut-off, when nobody knew yet that two would be needed. */
static struct jk_proposal find_proposal(const struct jk_turn *turn, const struct jk_stage *stage)
{
    struct jk_proposal first = jk_four_eyes_kept(turn, stage->from, NULL);
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), turn->arena};
    if (!jk_proposal_stands(&present, &first, turn->time_us)) return (struct jk_proposal){0};
    first.time_us = stage->cutoff_us;
    return first;
}

/* A proposal is stored under the stage's entry, which stays the latest about it until it is closed. Out: whether this
 * is the second of two. */
static enum jk_status take_hand(struct jk_change *change, struct jk_turn *turn, uint32_t stage, bool *out_second)
{
    const struct jk_stage *facts = jk_book_stage(turn->book, stage, jk_turn_size(turn));
    struct jk_proposal first = find_proposal(turn, facts), own;
    struct jk_error *error = &change->call->error;
    *out_second = first.account && first.account != change->call->principal.account;
    if (*out_second) return jk_four_eyes_second(change, turn, &first, true, error);
    JK_TRY(jk_four_eyes_propose(change, turn, &own, error));
    return jk_four_eyes_keep(turn, facts->from, &own, NULL, error);
}

/* What would be closed, without closing it. */
static enum jk_status reply_proposal(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const struct close *close = change->input;
    const struct jk_computed *computed = close->computed;
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), &change->call->arena};
    struct jk_closing closing = {.stage = close->stage,
                                 .revision = computed->plan.revision,
                                 .n = computed->plan.n,
                                 .m = computed->plan.m,
                                 .policy = computed->policy,
                                 .table = computed->texts.table_sha256,
                                 .json = computed->texts.json_sha256,
                                 .members = computed->texts.members_sha256,
                                 .left_out = computed->texts.left_out_sha256};
    Jokbo__V1__Closing *reply = jk_present_closing(&present, &closing, NULL);
    if (!reply) return jk_out_of_memory(&change->call->error);
    reply->create_time = NULL;
    reply->proposed = true;
    *out_reply = &reply->base;
    return JK_OK;
}

static enum jk_status decide_close(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__CloseStageRequest *request = (const void *)change->call->request;
    struct jk_actor evaluator = {.type = JK_ACTOR_EVALUATOR};
    struct jk_error *error = &change->call->error;
    struct close *close = change->input;
    if (!close->stands) JK_TRY(jk_check_referee(change, turn, error));
    if (close->two && !jk_book_closing(turn->book, close->stage, 1, jk_turn_size(turn))) {
        bool second;
        JK_TRY(take_hand(change, turn, close->stage, &second));
        if (!second) return reply_proposal(change, turn, out_reply);
    }
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
        status = prepare_close(call, close);
    }
    if (status == JK_OK)
        jk_change_submit(call, decide_close, close);
    else
        jk_call_fail(call);
}
