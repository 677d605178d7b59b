/* A call as the services see it: a decoded request, an arena, a place for the error, and four ways to answer. Whatever
 * carries calls (rpc/, a test) fills it in and implements the operations; services know nothing of gRPC.
 *
 * Threads: one thread at a time works on a call; ownership passes with it (rpc thread, reader, sequencer). Exactly one
 * of finish/fail is called, once, from any thread; after that the call is gone. Limits: the arena's budget (8 times the
 * message limit), messages as the carrier says. */
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
    /* Server stream: sends one message; `then` runs on an rpc thread once it has been sent (if the client is gone, this
     * ends the call itself). One message in flight per call. */
    void (*send)(struct jk_call *call, const ProtobufCMessage *message, jk_call_fn *then);
    /* Client stream: asks for the next message; `then` runs on an rpc thread with call->request set to it, or to NULL
     * at the end of the stream. The message is in call->message_arena, which is reset before each. */
    void (*receive)(struct jk_call *call, jk_call_fn *then);
    /* Whose call it is, for limits (not grouped), as reported by a trusted proxy if there is one. Whoever has the call
     * may ask. NULL: unknown. */
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
    char request_id[40];           /* for logs: the client's x-request-id if well-formed, otherwise random */
    bool wrong; /* the request is already refused (`error` says why), and is only searched for further mistakes: the
                 * call writes nothing, and fails whatever its handler does */
    int64_t deadline_ms; /* jk_monotonic_ms() scale; always set (our own ceiling if the client gave none) */
    int64_t started_us;
    /* Client streams: by then enough must have come, or the call ends while it waits for a message (jk_monotonic_ms()
     * scale); 0: a message within the carrier's patience is enough. */
    _Atomic int64_t due_ms;
    atomic_bool cancelled;                 /* the client is gone or its deadline passed: drop the work */
    jk_call_fn *work;                      /* what a reader thread runs */
    void *state;                           /* the service's own, in `arena` */
    void (*release)(struct jk_call *call); /* the service's cleanup of `state`, run once at the end; may be NULL */
    /* Server streams: set by the handler before it returns. Runs once when the client is gone, or after the end, on a
     * thread of the carrier; `state` and `arena` still exist. May be NULL. */
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
