/* Calls of the interface without gRPC: what carries them for HTTP, and for pages. A call here is anonymous, and goes the
 * same way as one on the wire (jk_dispatch): the same permissions, limits and lanes.
 *
 *   jk_web_call_new --request in call->arena--> jk_web_call_start --told, jk_web_call_next, told, ...--> ended
 *                                `--its request is wrong--> jk_web_call_drop
 *
 * Threads: `told` and `ended` come on whichever thread has the call, before or after jk_web_call_start returns; the call
 * and all that it holds are there until `ended` returns. Limits: 30 s; of a server stream 10 min; memory as a gRPC
 * call's. */
#ifndef JK_WEB_CALL_H
#define JK_WEB_CALL_H

#include "service/call/dispatch.h"

/* What all calls share. Read-only after start. */
struct jk_web_carrier {
    void *services; /* struct jk_services */
    const struct jk_method *methods;
    size_t method_count;
    /* After each call, on the thread that ended it; must not wait. `method`: its place in `methods`. May be NULL. */
    void (*observe)(void *services, size_t method, enum jk_status status, int64_t duration_us);
};

/* Whoever wants the answer. */
struct jk_web_taker {
    /* Once. `error`: NULL if all is well. `message`: the answer; NULL on an error, and at the end of a stream. */
    void (*ended)(void *context, const struct jk_error *error, const ProtobufCMessage *message);
    /* A message of a server stream; the next one comes after jk_web_call_next. NULL for unary methods. */
    void (*told)(void *context, const ProtobufCMessage *message);
    void *context;
};

/* The method of that path ("/jokbo.v1.Registry/GetModel"), NULL if there is none. */
const struct jk_method *jk_web_method(const struct jk_web_carrier *carrier, const char *path);
/* `peer`: for limits, not grouped. NULL: out of memory. */
struct jk_call *jk_web_call_new(const struct jk_web_carrier *carrier, const struct jk_method *method,
                                const struct jk_peer *peer);
/* A call that is not started after all. */
void jk_web_call_drop(struct jk_call *call);
/* The request, of the method's type, must live as long as the call. */
void jk_web_call_start(struct jk_call *call, const ProtobufCMessage *request, const struct jk_web_taker *taker);
/* After `told`: the message was passed on. `gone`: it was not, for nobody is there any more. Any thread. */
void jk_web_call_next(struct jk_call *call, bool gone);
/* A stream's listener is gone, or has heard all of it: once for each stream that has told something, at any time, before
 * or after its end. The call lives until then. On a thread that may wait briefly. */
void jk_web_call_closed(struct jk_call *call);

#endif
