/* A blocking gRPC client on one completion queue: unary calls, one by one or several at once, an upload stream, a download stream. One thread. A call
 * that ends in UNAVAILABLE is retried, up to three attempts in all, with growing pauses, as long as its deadline
 * allows: all methods of the interface can be repeated (writes carry a request id), except those that the caller
 * excludes. Errors from the server arrive in struct jk_error with all details. */
#ifndef JK_CLI_CONSOLE_CLIENT_H
#define JK_CLI_CONSOLE_CLIENT_H

#include <protobuf-c/protobuf-c.h>

#include "base/error.h"
#include "cli/console/settings.h"

#define JK_CLIENT_TRIES       3
#define JK_CLIENT_MESSAGE_MAX (64 << 20)

struct jk_client;

/* Does not connect yet. Fails only on local errors (such as a CA file that cannot be read). */
JK_MUST_USE enum jk_status jk_client_new(const struct jk_settings *settings, struct jk_arena *arena,
                                         struct jk_client **out_client, struct jk_error *error);
void jk_client_free(struct jk_client *client); /* accepts NULL */

/* Why the server rejected the token, if calls were answered anyway because they need none; else NULL. */
const char *jk_client_refusal(const struct jk_client *client);

/* The reply lies in the arena. */
JK_MUST_USE enum jk_status jk_client_call(struct jk_client *client, const ProtobufCServiceDescriptor *service,
                                          const char *method, const ProtobufCMessage *request, struct jk_arena *arena,
                                          ProtobufCMessage **out_reply, struct jk_error *error);

/* The same in two steps, so that several calls are under way: each that was sent must be waited for once,
 * with the same request, of which a call that has to be repeated is made. NULL without memory. */
struct jk_client_sent;
JK_MUST_USE struct jk_client_sent *jk_client_send(struct jk_client *client, const ProtobufCServiceDescriptor *service,
                                                  const char *method, const ProtobufCMessage *request);
JK_MUST_USE enum jk_status jk_client_wait(struct jk_client_sent *sent, const ProtobufCMessage *request,
                                          struct jk_arena *arena, ProtobufCMessage **out_reply, struct jk_error *error);

/* Gives the next message of an upload; NULL ends it. The message is read before the next call. */
typedef const ProtobufCMessage *jk_client_next_fn(void *context);
JK_MUST_USE enum jk_status jk_client_upload(struct jk_client *client, const ProtobufCServiceDescriptor *service,
                                            const char *method, jk_client_next_fn *next, void *context,
                                            struct jk_arena *arena, ProtobufCMessage **out_reply,
                                            struct jk_error *error);

/* Takes a message of a download; anything but JK_OK stops it. The message lives until it returns. */
typedef enum jk_status jk_client_take_fn(void *context, const ProtobufCMessage *message, struct jk_error *error);
JK_MUST_USE enum jk_status jk_client_download(struct jk_client *client, const ProtobufCServiceDescriptor *service,
                                              const char *method, const ProtobufCMessage *request,
                                              jk_client_take_fn *take, void *context, struct jk_error *error);

#endif
