/* Methods that watch, as Server-Sent Events (WHATWG HTML, 9.2): a message is an event whose data are its ProtoJSON on
 * one line. Its id is where to go on: of entries the index after the last one, of a count its log size. A client that
 * comes back with Last-Event-ID gets what it has not seen. An error that comes after the first event is an event
 * "error", whose data are a google.rpc.Status. A comment is sent when nothing was for BEAT_MS.
 *
 * The stream lies in its call's arena. It is ended by its call (`ended`), and over with its connection (`over`), in
 * either order. */
#include <inttypes.h>
#include <jokbo/v1/evaluation.pb-c.h>
#include <jokbo/v1/log.pb-c.h>

#include "base/check.h"
#include "web/protojson.h"
#include "web/web_inside.h"

#define BEAT_MS     15000
#define AGE_MS      615000 /* more than a call has */
#define EVENT_MOST  ((size_t)8 << 20)
#define RETRY_EVENT "retry: 3000\n\n"

struct event_stream {
    struct jk_call *call;
    struct jk_http_ask *ask;
    struct jk_request *request; /* until the stream is open */
    bool resumed;
    uint64_t seen; /* resumed: the id that the client had last */
    atomic_bool ended;
};

/* ---- messages ---- */

static uint64_t id_of(const ProtobufCMessage *message)
{
    if (message->descriptor == &jokbo__v1__derivative_count__descriptor)
        return (uint64_t)((const Jokbo__V1__DerivativeCount *)message)->log_size;
    JK_CHECK(message->descriptor == &jokbo__v1__read_entries_response__descriptor);
    const Jokbo__V1__ReadEntriesResponse *piece = (const void *)message;
    return (uint64_t)piece->start + piece->n_entries;
}

static void open_stream(struct event_stream *stream);

/* The client has this count already, and it has not changed. */
static bool is_seen(struct event_stream *stream, const ProtobufCMessage *message)
{
    bool seen = stream->resumed && message->descriptor == &jokbo__v1__derivative_count__descriptor &&
                id_of(message) == stream->seen;
    stream->resumed = false;
    return seen;
}

static void told(void *context, const ProtobufCMessage *message)
{
    struct event_stream *stream = context;
    struct jk_text text;
    bool first = stream->request != NULL, seen = is_seen(stream, message);
    jk_text_init(&text, EVENT_MOST);
    if (first) {
        open_stream(stream);
        jk_text_add_str(&text, RETRY_EVENT);
    }
    if (!seen) {
        jk_text_addf(&text, "id: %" PRIu64 "\ndata: ", id_of(message));
        jk_protojson_write(message, &text);
        jk_text_add_str(&text, "\n\n");
    }
    size_t len = text.len;
    char *bytes = jk_text_take(&text);
    if (!bytes || !jk_http_push(stream->ask, bytes, len)) jk_web_call_next(stream->call, true);
}

/* ---- the end ---- */

static void stream_ended(void *context, const struct jk_error *error, const ProtobufCMessage *message)
{
    struct event_stream *stream = context;
    struct jk_text text;
    (void)message;
    atomic_store(&stream->ended, true);
    if (stream->request && error) {
        jk_request_fail(stream->request, error);
        return;
    }
    if (error && error->status != JK_CANCELLED) {
        jk_text_init(&text, EVENT_MOST);
        jk_text_add_str(&text, "event: error\ndata: ");
        jk_failure_write(error, &text);
        jk_text_add_str(&text, "\n\n");
        size_t len = text.len;
        char *bytes = jk_text_take(&text);
        if (bytes) (void)jk_http_push(stream->ask, bytes, len);
    }
    jk_http_close(stream->ask);
}

/* ---- the connection ---- */

static void piece_taken(void *context)
{
    struct event_stream *stream = context;
    if (!atomic_load(&stream->ended)) jk_web_call_next(stream->call, false);
}

static void stream_over(void *context, bool unread)
{
    struct event_stream *stream = context;
    struct jk_call *call = stream->call;
    if (unread && !atomic_load(&stream->ended)) jk_web_call_next(call, true);
    jk_web_call_closed(call);
}

static const struct jk_reply_head events_head = {.status = 200, .type = "text/event-stream"};

static void open_stream(struct event_stream *stream)
{
    static const struct jk_span beat = {":\n\n", 3};
    const struct jk_http_streaming streaming = {.beat = beat,
                                                .beat_ms = BEAT_MS,
                                                .age_ms = AGE_MS,
                                                .taken = piece_taken,
                                                .over = stream_over,
                                                .context = stream};
    struct jk_http_head head;
    jk_request_head(&events_head, &head);
    jk_request_free(stream->request);
    stream->request = NULL;
    jk_http_open(stream->ask, &head, &streaming);
}

bool jk_v1_is_watch(const struct jk_method *method)
{
    return method->request == &jokbo__v1__watch_entries_request__descriptor ||
           method->request == &jokbo__v1__watch_counts_request__descriptor;
}

enum jk_status jk_v1_events(struct jk_v1_way *way, ProtobufCMessage *message, struct jk_web_taker *out_taker)
{
    struct jk_call *call = way->call;
    struct event_stream *stream = jk_arena_zalloc(&call->arena, 1, sizeof *stream);
    struct jk_span id = way->request->last_event_id;
    if (!stream) return jk_out_of_memory(&call->error);
    *stream = (struct event_stream){.call = call, .ask = way->request->ask, .request = way->request};
    stream->resumed = id.len > 0;
    if (stream->resumed && (!jk_span_to_u64(id, &stream->seen) || stream->seen > INT64_MAX))
        jk_error_field(&call->error, "Last-Event-ID", "is not the id of an event: leave it out, or send the last one");
    JK_TRY(jk_error_result(&call->error));
    if (stream->resumed && message->descriptor == &jokbo__v1__watch_entries_request__descriptor)
        ((Jokbo__V1__WatchEntriesRequest *)message)->start = (int64_t)stream->seen;
    *out_taker = (struct jk_web_taker){.ended = stream_ended, .told = told, .context = stream};
    return JK_OK;
}
