/* Asks and streams. See ask.h. Lock order: http->lock, then an ask's; the library is told to suspend and to resume under
 * the ask's lock, so that it always has the last word.
 *
 * An ask is held by its connection until the answer is queued, by whoever has it until it is answered or closed, and by
 * a stream's response until that is destroyed. The last one frees it. */
#include "http/ask.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/clock.h"
#include "http/inside.h"

#define ASK_MAGIC    0x4a4b4841u
#define PIECE_MS     30000
#define STREAM_BLOCK 4096
#define GZIP_LEVEL   4

struct jk_http_ask {
    unsigned magic;
    atomic_uint holds;
    struct jk_http *http;
    struct MHD_Connection *connection;
    struct jk_http_peer *peer; /* the connection's */
    unsigned guest;            /* as whom the doorman counts it */
    struct jk_http_asked asked;
    char *target; /* owned: asked.target */
    enum jk_accept_coding coding;
    pthread_mutex_t lock;
    /* under the lock */
    bool suspended, answered;
    struct MHD_Response *response; /* until it is queued; NULL for an answer that there was no memory for */
    unsigned status;
    /* of a stream */
    struct jk_http_streaming streaming; /* set once */
    char *bytes;                        /* the piece that was pushed, NULL for none … */
    size_t len, sent;                   /* … and how much of it is sent */
    bool beats;                         /* a beat goes before it … */
    size_t beat_sent;
    bool closed, broken, over;
    int64_t idle_since_ms, end_ms;
};

const struct jk_http_asked *jk_http_asked(const struct jk_http_ask *ask)
{
    return &ask->asked;
}

struct jk_span jk_http_ask_header(const struct jk_http_ask *ask, const char *name)
{
    return jk_http_header(ask->connection, name);
}

static void let_go_ask(struct jk_http_ask *ask)
{
    JK_CHECK_MAGIC(ask, ASK_MAGIC);
    if (atomic_fetch_sub(&ask->holds, 1) != 1) return;
    ask->magic = 0;
    pthread_mutex_destroy(&ask->lock);
    free(ask->target);
    free(ask);
}

/* Under the lock. */
static void wake(struct jk_http_ask *ask)
{
    if (!ask->suspended) return;
    ask->suspended = false;
    MHD_resume_connection(ask->connection);
}

/* Under the lock. Without a response (no memory) the connection's thread says 500. */
static void answer(struct jk_http_ask *ask, struct MHD_Response *response, unsigned status)
{
    JK_CHECK(!ask->answered);
    ask->answered = true;
    ask->response = response;
    ask->status = status;
    wake(ask);
}

/* Whoever had it has it no more. */
static void give_up(struct jk_http_ask *ask)
{
    struct jk_http *http = ask->http;
    let_go_ask(ask);
    atomic_fetch_sub(&http->jobs, 1);
}

/* ---- replies ---- */

/* A reply's bytes, counted until they are taken. */
struct reply_body {
    struct jk_doorman *doorman;
    unsigned guest;
    size_t len;
    char *bytes;
};

static void drop_body(void *context)
{
    struct reply_body *body = context;
    jk_doorman_give_back(body->doorman, body->guest, body->len);
    free(body->bytes);
    free(body);
}

/* Takes the bytes. NULL: no memory; *out_full: there is no room for more. */
static struct MHD_Response *of_bytes(const struct jk_http_ask *ask, char *bytes, size_t len, bool *out_full)
{
    struct reply_body *body = malloc(sizeof *body);
    *out_full = jk_doorman_hold(ask->http->unsent, ask->guest, len) != JK_DOORMAN_IN;
    if (!body || *out_full) {
        if (!*out_full) jk_doorman_give_back(ask->http->unsent, ask->guest, len);
        free(body);
        free(bytes);
        return NULL;
    }
    *body = (struct reply_body){ask->http->unsent, ask->guest, len, bytes};
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(len, bytes, drop_body, body);
    if (!response) drop_body(body);
    return response;
}

static struct MHD_Response *make_reply(const struct jk_http_ask *ask, const struct jk_http_head *head, char *bytes,
                                       size_t len, bool *out_full)
{
    char *zip = NULL;
    *out_full = false;
    if (bytes && head->compressible && jk_http_wants_gzip(ask->coding, len) &&
        jk_http_gzip((struct jk_span){bytes, len}, GZIP_LEVEL, 0, &zip, &len)) {
        free(bytes);
        bytes = zip;
    }
    struct MHD_Response *response = bytes ? of_bytes(ask, bytes, len, out_full)
                                          : jk_http_bare(head->status == MHD_HTTP_NOT_MODIFIED ? MHD_SIZE_UNKNOWN : 0);
    if (zip) jk_http_add(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    return response;
}

void jk_http_reply(struct jk_http_ask *ask, const struct jk_http_head *head, char *bytes, size_t len)
{
    JK_CHECK_MAGIC(ask, ASK_MAGIC);
    bool full;
    struct MHD_Response *response = make_reply(ask, head, bytes, len, &full);
    jk_http_add_fields(response, head);
    pthread_mutex_lock(&ask->lock);
    answer(ask, response, full ? MHD_HTTP_SERVICE_UNAVAILABLE : head->status);
    pthread_mutex_unlock(&ask->lock);
    give_up(ask);
}

/* ---- streams ---- */

/* Under the lock, while the connection is there. */
static void expect_progress(struct jk_http_ask *ask)
{
    int64_t due_ms = jk_monotonic_ms() + PIECE_MS;
    atomic_store(&ask->peer->due_ms, due_ms < ask->end_ms ? due_ms : ask->end_ms);
}

static size_t copy_some(struct jk_span from, size_t *sent, char *out, size_t room)
{
    size_t left = from.len - *sent, len = left < room ? left : room;
    memcpy(out, from.at + *sent, len);
    *sent += len;
    return len;
}

/* Under the lock. What is to be sent next; 0: nothing. */
static size_t next_bytes(struct jk_http_ask *ask, char *out, size_t room)
{
    size_t len = ask->beats   ? copy_some(ask->streaming.beat, &ask->beat_sent, out, room)
                 : ask->bytes ? copy_some((struct jk_span){ask->bytes, ask->len}, &ask->sent, out, room)
                              : 0;
    if (ask->beats && ask->beat_sent == ask->streaming.beat.len) ask->beats = false;
    if (len == 0) return 0;
    ask->idle_since_ms = jk_monotonic_ms();
    expect_progress(ask);
    return len;
}

static void drop_piece(struct jk_http_ask *ask)
{
    if (ask->bytes) jk_doorman_give_back(ask->http->unsent, ask->guest, ask->len);
    free(ask->bytes);
    ask->bytes = NULL;
    ask->len = ask->sent = 0;
}

/* Asked again once what it gave is with the connection: so that is when a piece is taken. */
static ssize_t read_stream(void *context, uint64_t at, char *out, size_t room)
{
    struct jk_http_ask *ask = context;
    ssize_t len = 0;
    (void)at;
    JK_CHECK_MAGIC(ask, ASK_MAGIC);
    pthread_mutex_lock(&ask->lock);
    while (ask->bytes && ask->sent == ask->len && !ask->broken) {
        drop_piece(ask);
        pthread_mutex_unlock(&ask->lock);
        ask->streaming.taken(ask->streaming.context);
        pthread_mutex_lock(&ask->lock);
    }
    if (ask->broken) {
        len = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if ((len = (ssize_t)next_bytes(ask, out, room)) == 0) {
        if (ask->closed) {
            len = MHD_CONTENT_READER_END_OF_STREAM;
        } else {
            atomic_store(&ask->peer->due_ms, ask->end_ms);
            ask->suspended = true;
            MHD_suspend_connection(ask->connection);
        }
    }
    pthread_mutex_unlock(&ask->lock);
    return len;
}

/* The watchman's look at a connection: a stream that it has, or NULL. */
static void show_stream(struct jk_http_ask *ask, struct jk_http_ask *shown)
{
    pthread_mutex_lock(&ask->http->lock);
    ask->peer->stream_ask = shown;
    pthread_mutex_unlock(&ask->http->lock);
}

/* The response is being destroyed, while its connection is still there. */
static void stream_over(void *context)
{
    struct jk_http_ask *ask = context;
    show_stream(ask, NULL);
    pthread_mutex_lock(&ask->lock);
    bool unread = ask->bytes != NULL;
    ask->over = true;
    drop_piece(ask);
    pthread_mutex_unlock(&ask->lock);
    ask->streaming.over(ask->streaming.context, unread);
    let_go_ask(ask);
}

void jk_http_open(struct jk_http_ask *ask, const struct jk_http_head *head, const struct jk_http_streaming *streaming)
{
    JK_CHECK_MAGIC(ask, ASK_MAGIC);
    ask->streaming = *streaming;
    ask->idle_since_ms = jk_monotonic_ms();
    ask->end_ms = ask->idle_since_ms + streaming->age_ms;
    atomic_fetch_add(&ask->holds, 1);
    show_stream(ask, ask);
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, ask, stream_over);
    jk_http_add_fields(response, head);
    if (!response) stream_over(ask);
    pthread_mutex_lock(&ask->lock);
    answer(ask, response, head->status);
    pthread_mutex_unlock(&ask->lock);
}

bool jk_http_push(struct jk_http_ask *ask, char *bytes, size_t len)
{
    JK_CHECK_MAGIC(ask, ASK_MAGIC);
    JK_CHECK(bytes && len > 0);
    pthread_mutex_lock(&ask->lock);
    JK_CHECK(!ask->bytes && !ask->closed);
    bool held = jk_doorman_hold(ask->http->unsent, ask->guest, len) == JK_DOORMAN_IN, good = held && !ask->over;
    if (held && !good) jk_doorman_give_back(ask->http->unsent, ask->guest, len);
    ask->broken = ask->broken || !held;
    if (good) {
        ask->bytes = bytes;
        ask->len = len;
        expect_progress(ask);
        wake(ask);
    } else {
        free(bytes);
        if (!ask->over) wake(ask);
    }
    pthread_mutex_unlock(&ask->lock);
    return good;
}

void jk_http_close(struct jk_http_ask *ask)
{
    JK_CHECK_MAGIC(ask, ASK_MAGIC);
    pthread_mutex_lock(&ask->lock);
    ask->closed = true;
    if (!ask->over) {
        expect_progress(ask);
        wake(ask);
    }
    pthread_mutex_unlock(&ask->lock);
    give_up(ask);
}

/* ---- what the watchman does ---- */

static bool is_gone(int fd)
{
    struct pollfd poller = {.fd = fd, .events = POLLRDHUP};
    return poll(&poller, 1, 0) > 0;
}

void jk_http_tend_stream(struct jk_http_ask *ask, int64_t now_ms, bool end)
{
    pthread_mutex_lock(&ask->lock);
    if (!ask->over && ask->answered) {
        bool late = end || now_ms >= atomic_load(&ask->peer->due_ms);
        if (ask->suspended && (late || is_gone(ask->peer->fd))) {
            ask->broken = true; /* who is suspended does not see that its socket is shut */
            wake(ask);
        } else if (end && !ask->closed) {
            shutdown(ask->peer->fd, SHUT_RDWR);
        } else if (ask->suspended && !ask->beats && now_ms - ask->idle_since_ms >= ask->streaming.beat_ms) {
            ask->beats = true;
            ask->beat_sent = 0;
            expect_progress(ask);
            wake(ask);
        }
    }
    pthread_mutex_unlock(&ask->lock);
}

/* ---- the connection's side ---- */

static struct jk_http_ask *new_ask(struct jk_http *http, struct MHD_Connection *connection, struct jk_http_peer *peer,
                                   enum jk_http_verb verb)
{
    struct jk_http_ask *ask = calloc(1, sizeof *ask);
    if (!ask) return NULL;
    *ask = (struct jk_http_ask){.magic = ASK_MAGIC,
                                .http = http,
                                .connection = connection,
                                .peer = peer,
                                .target = peer->target,
                                .asked = {.verb = verb,
                                          .target = jk_span_of(peer->target),
                                          .body = {peer->body.bytes ? peer->body.bytes : "", peer->body.len}}};
    peer->target = NULL;
    atomic_init(&ask->holds, 2);
    pthread_mutex_init(&ask->lock, NULL);
    jk_http_client(http, connection, &ask->asked.peer);
    ask->guest = jk_doorman_guest(http->unsent, &ask->asked.peer, (struct jk_span){(const char *)&peer, sizeof peer});
    ask->coding = jk_accept_coding(jk_http_header(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING));
    return ask;
}

/* The answer is there. */
static enum MHD_Result send_answer(struct jk_http *http, struct MHD_Connection *connection, struct jk_http_peer *peer)
{
    struct jk_http_ask *ask = peer->ask;
    pthread_mutex_lock(&ask->lock);
    JK_CHECK(ask->answered);
    struct MHD_Response *response = ask->response;
    unsigned status = ask->status;
    ask->response = NULL;
    pthread_mutex_unlock(&ask->lock);
    peer->ask = NULL;
    enum jk_route_kind kind = status == MHD_HTTP_NOT_FOUND ? JK_ROUTE_NONE : peer->route.kind; /* in the metrics */
    enum MHD_Result result = response || status != MHD_HTTP_SERVICE_UNAVAILABLE
                                 ? jk_http_answer(http, connection, kind, status, response)
                                 : jk_http_refuse(http, connection, kind, ask->asked.target, JK_HTTP_BUSY);
    let_go_ask(ask);
    return result;
}

enum MHD_Result jk_http_web(struct jk_http *http, struct MHD_Connection *connection, struct jk_http_peer *peer,
                            enum jk_http_verb verb)
{
    if (peer->ask) return send_answer(http, connection, peer);
    const enum jk_route_kind kind = peer->route.kind;
    const struct jk_span target = jk_span_of(peer->target);
    if (peer->cut) return jk_http_refuse(http, connection, kind, target, JK_HTTP_LONG);
    atomic_fetch_add(&http->jobs, 1);
    peer->ask = atomic_load(&http->ending) || !target.at ? NULL : new_ask(http, connection, peer, verb);
    if (!peer->ask) {
        atomic_fetch_sub(&http->jobs, 1);
        return jk_http_refuse(http, connection, kind, target, JK_HTTP_BUSY);
    }
    http->options.hook(http->options.hook_context, peer->ask);
    jk_http_body_drop(http, peer);

    pthread_mutex_lock(&peer->ask->lock);
    bool answered = peer->ask->answered;
    if (!answered) {
        peer->ask->suspended = true;
        MHD_suspend_connection(connection);
    }
    pthread_mutex_unlock(&peer->ask->lock);
    return answered ? send_answer(http, connection, peer) : MHD_YES;
}

void jk_http_web_over(struct jk_http_peer *peer)
{
    struct jk_http_ask *ask = peer->ask;
    free(peer->target);
    peer->target = NULL;
    peer->ask = NULL;
    if (!ask) return;
    pthread_mutex_lock(&ask->lock);
    JK_CHECK(ask->answered);
    struct MHD_Response *response = ask->response;
    ask->response = NULL;
    pthread_mutex_unlock(&ask->lock);
    if (response) MHD_destroy_response(response);
    let_go_ask(ask);
}
