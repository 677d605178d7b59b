/* GetClock, SetClock, ChangeKey. */
#include "service/call/convert.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/call/write.h"

static enum jk_status get_clock(struct jk_call *call, Jokbo__V1__Clock *reply)
{
    struct jk_view view;
    int64_t now_us;
    bool believed;

    JK_TRY(jk_reader_clock(call->reader, &now_us, &believed, &call->error));
    jk_store_view(jk_store_of(call), &view);
    reply->demo = jk_span_equal(jk_book_purpose(view.book), JK_SPAN("demo"));
    reply->log_size = view.size;
    jk_store_view_end(jk_store_of(call));
    reply->time = jk_to_timestamp(&call->arena, now_us);
    reply->disagrees = !believed;
    return call->arena.exhausted ? jk_out_of_memory(&call->error) : JK_OK;
}

void jk_get_clock(struct jk_call *call)
{
    Jokbo__V1__Clock *reply = JK_MESSAGE(&call->arena, Jokbo__V1__Clock, jokbo__v1__clock);
    enum jk_status status = reply ? get_clock(call, reply) : jk_out_of_memory(&call->error);

    jk_call_answer(call, status, (const ProtobufCMessage *)reply);
}

static enum jk_status decide_clock(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    struct jk_arena *arena = &change->call->arena;
    int64_t time_us = *(const int64_t *)change->input;
    Jokbo__V1__Clock *reply = JK_MESSAGE(arena, Jokbo__V1__Clock, jokbo__v1__clock);

    JK_TRY(jk_turn_set_clock(turn, time_us, &change->call->error));
    if (!reply) return jk_out_of_memory(&change->call->error);
    reply->time = jk_to_timestamp(arena, time_us);
    reply->demo = true;
    reply->log_size = jk_turn_size(turn);
    *out_reply = &reply->base;
    return arena->exhausted ? jk_out_of_memory(&change->call->error) : JK_OK;
}

void jk_set_clock(struct jk_call *call)
{
    const Jokbo__V1__SetClockRequest *request = (const void *)call->request;
    int64_t *time_us = jk_arena_zalloc(&call->arena, 1, sizeof *time_us);

    if (!request->time)
        jk_error_field(&call->error, "time", "is required: give a moment");
    else if (time_us)
        *time_us = jk_from_timestamp(request->time, "time", &call->error);
    enum jk_status status = time_us ? jk_error_result(&call->error) : jk_out_of_memory(&call->error);
    if (status == JK_OK)
        jk_change_submit(call, decide_clock, time_us);
    else
        jk_call_fail(call);
}

static enum jk_status decide_key(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__ChangeKeyRequest *request = (const void *)change->call->request;
    struct jk_arena *arena = &change->call->arena;
    Jokbo__V1__LogKeys *reply = JK_MESSAGE(arena, Jokbo__V1__LogKeys, jokbo__v1__log_keys);
    struct jk_span keys[JK_BOOK_KEYS];

    JK_TRY(jk_turn_change_demo_key(turn, request->retire, &change->call->error));
    size_t count = jk_book_keys(turn->book, jk_turn_size(turn), keys);
    char **texts = jk_arena_zalloc(arena, count, sizeof *texts);
    if (!reply || !texts) return jk_out_of_memory(&change->call->error);
    for (size_t i = 0; i < count; i++)
        texts[i] = jk_arena_copy(arena, keys[i].at, keys[i].len);
    reply->keys = texts;
    reply->n_keys = count;
    reply->log_index = jk_turn_size(turn) - 1;
    reply->log_size = jk_turn_size(turn);
    *out_reply = &reply->base;
    return arena->exhausted ? jk_out_of_memory(&change->call->error) : JK_OK;
}

void jk_change_key(struct jk_call *call)
{
    jk_change_submit(call, decide_key, NULL);
}
