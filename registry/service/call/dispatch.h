/* What a method is, and the one way into the services: authenticate, authorise as far as the table allows, bound the
 * request, choose the lane. Called by rpc/ on its threads.
 *
 * Rows: service/call/methods.def. The permission of a method is a row there; what depends on the object (member of this
 * publisher, team of this base) is decided under the same column once the object is known. */
#ifndef JK_SERVICE_CALL_DISPATCH_H
#define JK_SERVICE_CALL_DISPATCH_H

#include "service/call/call.h"

enum jk_stream { JK_UNARY, JK_CLIENT_STREAM, JK_SERVER_STREAM };
/* Where a method's work is done: on the calling rpc thread (memory only, short), on a reader thread (long walks,
 * PostgreSQL), on the reader that only closes stages, or by the sequencer (writes). */
enum jk_lane { JK_LANE_HERE, JK_LANE_READER, JK_LANE_CLOSING, JK_LANE_WRITER };

struct jk_method {
    const char *path; /* "/jokbo.v1.Registry/GetModel" */
    enum jk_stream stream;
    enum jk_lane lane;
    unsigned allowed; /* bits of enum jk_may, auth/access.h; JK_MAY_ANYONE needs no token */
    unsigned scope;   /* bits of enum jk_scope_bit that a token must have */
    const ProtobufCMessageDescriptor *request;
    const ProtobufCMessageDescriptor *response;
    jk_call_fn *handle;
};

/* call->method, request (NULL for a client stream), authorization and deadline are set. Answers the call now or later.
 */
void jk_dispatch(struct jk_call *call);
/* The client of a unary call is gone (rpc/server.h, gone). */
void jk_dispatch_gone(struct jk_call *call);
/* Continues with `work` on a reader thread; for a method that closes a stage, on the one for closings. */
void jk_call_on_reader(struct jk_call *call, jk_call_fn *work);
/* The end of a handler's work: answers with the message, or fails with what call->error says. Out of memory if the
 * message is NULL or its arena is exhausted. */
void jk_call_answer(struct jk_call *call, enum jk_status status, const ProtobufCMessage *message);
/* From a reader thread: continues with `work` on a reader once the log has `size` entries. No thread waits for that. */
void jk_call_await(struct jk_call *call, uint32_t size, jk_call_fn *work);

#endif
