/* A call as the services see it: a decoded request, an arena, a place for the error, and four ways to answer. Whoever
 * carries calls (rpc/, a test) fills it and implements the operations; services know nothing of gRPC.
 *
 * Threads: one thread at a time works on a call; ownership passes with it (rpc thread, reader, sequencer). Exactly one
 * of finish/fail is called, once, from any thread; after that the call is gone.
 * Limits: the arena's budget (8 times the message limit), messages as the carrier says. */
#ifndef JK_SERVICE_CALL_CALL_H
#define JK_SERVICE_CALL_CALL_H

#include <protobuf-c/protobuf-c.h>
#include <stdatomic.h>

#include "auth/directory.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/mailbox.h"
#include "base/peer.h"

#define JK_CALL_MAGIC 0x4a4b4341u

struct jk_call;
struct jk_method;

typedef void jk_call_fn(struct jk_call *call);

struct jk_call_ops {
    /* Answers and ends the call. `message` may be NULL at the end of a server stream. */
    void (*finish)(struct jk_call *call, const ProtobufCMessage *message);
    /* The same with serialised bytes: a stored reply. */
    void (*finish_bytes)(struct jk_call *call, struct jk_span bytes);
    /* Ends the call with call->error (status not OK). */
    void (*fail)(struct jk_call *call);
    /* Server stream: sends one message; `then` runs on an rpc thread when it has left (or ends the call by itself when
     * the client is gone). One message in flight a call. */
    void (*send)(struct jk_call *call, const ProtobufCMessage *message, jk_call_fn *then);
    /* Client stream: asks for the next message; `then` runs on an rpc thread with call->request set to it, or NULL at
     * the end of the stream. The message lies in call->message_arena, which is reset before each. */
    void (*receive)(struct jk_call *call, jk_call_fn *then);
    /* Whose call it is, as limits count (not grouped), by a trusted proxy's word where there is one. Whoever has the
     * call may ask. NULL: nobody knows. */
    void (*peer)(struct jk_call *call, struct jk_peer *out_peer);
};

struct jk_call {
    struct jk_mail mail; /* first: calls travel through mailboxes */
    unsigned magic;
    const struct jk_call_ops *ops;
    const struct jk_method *method;
    const ProtobufCMessage *request;
    struct jk_arena arena;
    struct jk_arena message_arena; /* streams only */
    struct jk_error error;         /* its arena is `arena` */
    struct jk_principal principal; /* filled by jk_dispatch */
    struct jk_span authorization;  /* the header's value, secret: never logged; empty for none */
    char request_id[40];           /* for logs: from the client's x-request-id when well-formed, else random */
    bool wrong; /* what was read is refused (`error` says why), and only looked through for what else is wrong: the call
                 * writes nothing, and fails whatever its handler makes of it */
    int64_t deadline_ms; /* jk_monotonic_ms() scale; always set (own ceiling where the client gave none) */
    int64_t started_us;
    /* Client streams: by then enough must have come, or the call ends while it waits for a message (jk_monotonic_ms()
     * scale); 0: a message within the carrier's patience is enough. */
    _Atomic int64_t due_ms;
    atomic_bool cancelled;                 /* the client is gone or its deadline passed: drop the work unworked */
    jk_call_fn *work;                      /* what a reader thread runs */
    void *state;                           /* the service's own, in `arena` */
    void (*release)(struct jk_call *call); /* the service's cleanup of `state`, run once at the end; may be NULL */
    /* Server streams: set by the handler before it returns. Runs once when the client is gone, or after the end, on a
     * thread of the carrier; `state` and `arena` are there still. May be NULL. */
    void (*closed)(struct jk_call *call);
    void *services; /* struct jk_services */
    void *reader;   /* struct jk_reader while on a reader thread, else NULL */
};

static inline void jk_call_fail(struct jk_call *call)
{
    call->ops->fail(call);
}
static inline void jk_call_finish(struct jk_call *call, const ProtobufCMessage *message)
{
    call->ops->finish(call, message);
}

#endif
