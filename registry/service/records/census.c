/* RecordCensus: what a hub said of many repositories, and what follows from it, all or none. Records are read on a
 * reader's thread; the steps are decided in the write's turn, in their order. */
#include "domain/ident.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/records/census_step.h"
#include "service/records/items.h"

struct census {
    struct jk_census_step *steps;
    struct jk_draft *drafts; /* one for each step: those of others have no name */
    size_t count;
};

static enum jk_status enter_all(struct jk_change *change, struct jk_turn *turn, const struct census *census,
                                struct jk_census_written *written)
{
    struct jk_arena *arena = &change->call->arena;
    struct jk_item_failures failures;
    struct jk_census_work *work = jk_arena_zalloc(arena, 1, sizeof *work);
    struct jk_error *one = jk_arena_alloc(arena, sizeof *one);
    if (!work || !one || !jk_item_failures_init(&failures, &change->call->error))
        return jk_out_of_memory(&change->call->error);
    work->change = change;
    work->turn = turn;
    for (size_t i = 0; i < census->count && failures.all->violation_count < JK_ERROR_VIOLATIONS; i++) {
        jk_error_init(one, arena);
        if (jk_census_step_enter(work, &census->steps[i], &written[i], one) == JK_OK) continue;
        if (jk_item_ends_all(one)) {
            *failures.all = *one;
            return one->status;
        }
        jk_item_failed(&failures, "steps", i, one);
    }
    JK_TRY(jk_item_failures_sum(&failures));
    return jk_census_bring(work, &change->call->error);
}

static Jokbo__V1__CensusResult *present_written(struct jk_change *change, struct jk_turn *turn,
                                                const struct jk_census_written *written)
{
    struct jk_arena *arena = &change->call->arena;
    Jokbo__V1__CensusResult *out = JK_MESSAGE(arena, Jokbo__V1__CensusResult, jokbo__v1__census_result);
    if (!out) return NULL;
    if (written->model != JK_NONE) out->model = jk_to_string(arena, jk_name_of(turn, written->model));
    if (written->change != JK_NONE) out->log_index = jk_change_index(change, written->change);
    if (written->observe != JK_NONE) out->observe_index = jk_change_index(change, written->observe);
    return out;
}

static enum jk_status decide_census(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const struct census *census = change->input;
    struct jk_arena *arena = &change->call->arena;
    struct jk_error *error = &change->call->error;
    struct jk_census_written *written = jk_arena_alloc(arena, census->count * sizeof *written);
    Jokbo__V1__RecordCensusResponse *reply =
        JK_MESSAGE(arena, Jokbo__V1__RecordCensusResponse, jokbo__v1__record_census_response);
    if (!written || !reply) return jk_out_of_memory(error);
    JK_TRY(enter_all(change, turn, census, written));
    change->uncounted = true;
    reply->results = (Jokbo__V1__CensusResult **)jk_pointers(arena, census->count);
    if (!reply->results) return jk_out_of_memory(error);
    for (; reply->n_results < census->count; reply->n_results++)
        if (!(reply->results[reply->n_results] = present_written(change, turn, &written[reply->n_results])))
            return jk_out_of_memory(error);
    reply->entries = (int32_t)change->write.entry_count;
    reply->log_size = jk_change_size(change, turn);
    *out_reply = &reply->base;
    return JK_OK;
}

/* Where the grammar of some steps is wrong: what else is wrong with those that declare something. */
static void note_mistakes(struct jk_call *call, const struct census *census)
{
    struct jk_store *store = jk_store_of(call);
    struct jk_view view;
    jk_store_view(store, &view);
    for (size_t i = 0; i < census->count && call->error.violation_count < JK_ERROR_VIOLATIONS; i++)
        if (census->steps[i].declares)
            jk_draft_note_mistakes(census->steps[i].draft, census->steps[i].model.len > 0, &view,
                                   jk_store_directory(store), &call->arena, &call->error);
    jk_store_view_end(store);
}

/* NULL, and perhaps no violation yet: out of memory. */
static struct census *read_census(struct jk_call *call, const Jokbo__V1__RecordCensusRequest *request)
{
    struct jk_span hub = jk_span_of(request->hub);
    jk_census_check_hub(hub, &call->error);
    if (request->n_steps == 0 || request->n_steps > JK_BATCH_ITEMS_MAX) {
        jk_error_field(&call->error, "steps", "%zu steps: give 1 to %d", request->n_steps, JK_BATCH_ITEMS_MAX);
        return NULL;
    }
    struct census *census = jk_arena_zalloc(&call->arena, 1, sizeof *census);
    if (!census) return NULL;
    census->steps = jk_arena_zalloc(&call->arena, request->n_steps, sizeof *census->steps);
    census->drafts = jk_arena_zalloc(&call->arena, request->n_steps, sizeof *census->drafts);
    if (!census->steps || !census->drafts) return NULL;
    for (; census->count < request->n_steps; census->count++)
        jk_census_step_read(request->steps[census->count], hub, census->drafts, census->count, &call->arena,
                            &census->steps[census->count], &call->error);
    if (jk_error_is_set(&call->error)) note_mistakes(call, census);
    return census;
}

/* On a reader's thread. */
void jk_record_census(struct jk_call *call)
{
    struct census *census = read_census(call, (const void *)call->request);
    enum jk_status status = jk_error_result(&call->error);
    if (status == JK_OK && !census) status = jk_out_of_memory(&call->error);
    if (status == JK_OK)
        jk_change_submit(call, decide_census, census);
    else
        jk_call_fail(call);
}
