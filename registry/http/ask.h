/* Requests that are not for the log's files: a hook gets each as an *ask*, and whoever has it answers from any thread,
 * now or later. Meanwhile the connection is suspended and holds no thread.
 *
 *   request --hook--> ask --jk_http_reply------------------------------> answered, at once
 *                      `----jk_http_open--jk_http_push--taken--...--jk_http_close--> a stream, piece by piece
 *
 * Exactly one of jk_http_reply and jk_http_open is called for an ask, once. After a reply, and after jk_http_close, the
 * ask is gone. When the server stops, it waits for all asks to be answered and all streams to be closed.
 *
 * A body is read whole before its request is asked, and only where the hook's owner says how long it may be.
 *
 * Limits: a target of JK_HTTP_TARGET_MOST bytes (else 414); a body that is as long as it is said to be (else 413, or 411
 * where that is not said), within 30 s, of all clients 32 MiB and of one 4 MiB at once (else 503); a stream's client has 30 s for each piece, and the
 * stream a largest age. What clients have not taken, replies and pieces of more than 16 KiB, is 128 MiB at most, a quarter
 * of it of one client (base/doorman.h): then a reply is 503, and a stream is broken off. A client that goes before a
 * reply is not noticed, and one that has shut down only its own side gets it; a stream's client is gone within two seconds
 * of either. */
#ifndef JK_HTTP_ASK_H
#define JK_HTTP_ASK_H

#include "base/peer.h"
#include "base/text.h"

#define JK_HTTP_TARGET_MOST 8192
#define JK_HTTP_FIELDS_MOST 16

struct jk_http_ask;

enum jk_http_verb { JK_HTTP_GET, JK_HTTP_HEAD, JK_HTTP_OPTIONS, JK_HTTP_POST };

/* What came. Lives as long as the ask. */
struct jk_http_asked {
    enum jk_http_verb verb;
    struct jk_span target; /* path and query as received, beginning with "/" */
    struct jk_peer peer;   /* as a trusted proxy says, not grouped */
    struct jk_span body;   /* of POST. Only before the hook returns */
};

/* On a thread of the server's pool, so only briefly. */
typedef void jk_http_hook(void *context, struct jk_http_ask *ask);
/* How many bytes the body of a POST to that target may have; 0: none is taken there (405). Any thread. */
typedef size_t jk_http_room(void *context, struct jk_span target);

/* Answers that are always the same. Of what is for the hook some are given before it is asked. */
enum jk_http_fixed {
    JK_HTTP_NOT_FOUND,
    JK_HTTP_MALFORMED, /* not one Host, or a space in the target */
    JK_HTTP_NOT_ALLOWED,
    JK_HTTP_BODY,
    JK_HTTP_NO_LENGTH,
    JK_HTTP_LARGE,
    JK_HTTP_BUSY,
    JK_HTTP_BROKEN,
    JK_HTTP_LONG,
    JK_HTTP_ALIVE,
    JK_HTTP_FIXED
};

const struct jk_http_asked *jk_http_asked(const struct jk_http_ask *ask);
/* A request's header, empty if it has none. Only before the hook returns, which is as long as it lives. */
struct jk_span jk_http_ask_header(const struct jk_http_ask *ask, const char *name);

struct jk_http_field {
    const char *name, *value;
};

/* The head of an answer. It is copied. */
struct jk_http_head {
    unsigned status;
    struct jk_http_field fields[JK_HTTP_FIELDS_MOST];
    size_t field_count;
    bool compressible; /* a reply's bytes may be sent as gzip, to those who take it */
};

/* How the hook's owner says that a request is refused before it is asked: fills head (whose status is set) and text. The
 * target may be cut off. False: a plain text will do. Any thread. */
typedef bool jk_http_refusal(void *context, struct jk_span target, enum jk_http_fixed why, struct jk_http_head *head,
                             struct jk_text *body);

/* Answers. `bytes` (from malloc, NULL for none) are taken; to HEAD, and with a 304, only their number is told. A
 * 304 without bytes ends its connection, as the library would say that there are none. */
void jk_http_reply(struct jk_http_ask *ask, const struct jk_http_head *head, char *bytes, size_t len);

struct jk_http_streaming {
    struct jk_span beat; /* static; sent when nothing else was for beat_ms */
    int beat_ms;
    int age_ms; /* then its connection is closed */
    /* What was pushed last is with the client's connection: push again, now or later. On a thread of the pool. */
    void (*taken)(void *context);
    /* Once, at the end: the client has all of it, or is gone. `unread`: a piece was pushed that `taken` will never be
     * called for. On a thread of the pool. */
    void (*over)(void *context, bool unread);
    void *context;
};

/* Begins a stream: the head is sent at once. */
void jk_http_open(struct jk_http_ask *ask, const struct jk_http_head *head, const struct jk_http_streaming *streaming);
/* The next piece, of at least one byte: after jk_http_open, and then after each `taken`. `bytes` (from malloc) are
 * taken. False: the client is gone or takes too little, and `over` was, is being or will be called. */
bool jk_http_push(struct jk_http_ask *ask, char *bytes, size_t len);
/* Nothing more comes: the answer ends when what was pushed is sent. */
void jk_http_close(struct jk_http_ask *ask);

#endif
