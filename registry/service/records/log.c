/* GetCheckpoint and ReadEntries. */
#include "service/call/convert.h"
#include "service/call/dispatch.h"
#include "service/call/entries.h"
#include "service/call/handlers.h"
#include "service/call/services.h"

/* ---- the checkpoint ---- */

/* As in log.vkey: the keys that sign at that size, newest first, a line each, without the last LF. */
static char *keys_at(struct jk_call *call, const struct jk_book *book, uint64_t size)
{
    struct jk_span keys[JK_BOOK_KEYS];
    size_t count = jk_book_keys(book, (uint32_t)size, keys);
    if (count == 0) return jk_to_string(&call->arena, jk_book_key(book));
    if (count == 1) return jk_to_string(&call->arena, keys[0]);
    return jk_arena_printf(&call->arena, "%.*s\n%.*s", JK_SPAN_ARG(keys[0]), JK_SPAN_ARG(keys[1]));
}

static enum jk_status make_checkpoint(struct jk_call *call, Jokbo__V1__Checkpoint *reply)
{
    const Jokbo__V1__GetCheckpointRequest *request = (const void *)call->request;
    struct jk_span note, body, signatures;
    struct jk_checkpoint checkpoint;
    struct jk_view view;
    if (request->cosigned)
        JK_TRY(jk_store_checkpoint_cosigned(jk_store_of(call), &call->arena, &note, &call->error));
    else
        JK_TRY(jk_store_checkpoint(jk_store_of(call), &call->arena, &note, &call->error));
    JK_TRY(jk_note_open(note, &body, &signatures, &call->error));
    JK_TRY(jk_checkpoint_parse(body, &checkpoint, &call->error));
    jk_store_view(jk_store_of(call), &view);
    reply->verifier_key = keys_at(call, view.book, checkpoint.size);
    jk_store_view_end(jk_store_of(call));
    reply->note = jk_to_string(&call->arena, note);
    reply->origin = jk_to_string(&call->arena, checkpoint.origin);
    reply->log_size = (int64_t)checkpoint.size;
    reply->root_hash = jk_to_hex(&call->arena, &checkpoint.root);
    return call->arena.exhausted ? jk_out_of_memory(&call->error) : JK_OK;
}

void jk_get_checkpoint(struct jk_call *call)
{
    Jokbo__V1__Checkpoint *reply = JK_MESSAGE(&call->arena, Jokbo__V1__Checkpoint, jokbo__v1__checkpoint);
    enum jk_status status = reply ? make_checkpoint(call, reply) : jk_out_of_memory(&call->error);
    jk_call_answer(call, status, (const ProtobufCMessage *)reply);
}

/* ---- entries: a reader thread fetches a chunk, an rpc thread takes over when it has been sent, and so on ---- */

struct reading {
    uint64_t next, end;
};

static void read_piece(struct jk_call *call);

static void piece_left(struct jk_call *call)
{
    struct reading *reading = call->state;
    if (reading->next >= reading->end)
        jk_call_finish(call, NULL);
    else
        jk_call_on_reader(call, read_piece);
}

static enum jk_status fill_piece(struct jk_call *call, struct reading *reading, Jokbo__V1__ReadEntriesResponse *out)
{
    JK_TRY(jk_piece_read(jk_store_of(call), call->reader, reading->next, reading->end, JK_PIECE_BYTES,
                         &call->message_arena, out, &call->error));
    if (!out->n_entries)
        return jk_fail(&call->error, JK_UNAVAILABLE, "BEHIND", "Entry %llu is not there yet; try again",
                       (unsigned long long)reading->next);
    reading->next += out->n_entries;
    return JK_OK;
}

static void read_piece(struct jk_call *call)
{
    Jokbo__V1__ReadEntriesResponse piece = JOKBO__V1__READ_ENTRIES_RESPONSE__INIT;
    jk_arena_reset(&call->message_arena);
    if (fill_piece(call, call->state, &piece) == JK_OK)
        call->ops->send(call, &piece.base, piece_left);
    else
        jk_call_fail(call);
}

static enum jk_status begin_reading(struct jk_call *call, struct reading *reading)
{
    const Jokbo__V1__ReadEntriesRequest *request = (const void *)call->request;
    uint32_t size = jk_size_now(jk_store_of(call));
    if (request->start < 0 || request->start > size)
        jk_error_field(&call->error, "start", "%lld: the log has %u entries", (long long)request->start, size);
    if (request->end < 0 || (request->end && request->end < request->start))
        jk_error_field(&call->error, "end", "%lld lies before start; give 0 for all there are",
                       (long long)request->end);
    JK_TRY(jk_error_result(&call->error));
    reading->next = (uint64_t)request->start;
    reading->end = request->end && request->end < size ? (uint64_t)request->end : size;
    if (reading->end - reading->next > JK_READ_ENTRIES_MAX) reading->end = reading->next + JK_READ_ENTRIES_MAX;
    return JK_OK;
}

void jk_read_entries(struct jk_call *call)
{
    struct reading *reading = jk_arena_zalloc(&call->arena, 1, sizeof *reading);
    enum jk_status status = reading ? begin_reading(call, reading) : jk_out_of_memory(&call->error);
    call->state = reading;
    if (status == JK_OK)
        piece_left(call);
    else
        jk_call_fail(call);
}
