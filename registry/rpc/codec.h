/* Messages between bytes and structs. Input is checked on the wire before protobuf-c sees it, because protobuf-c
 * neither bounds recursion nor checks UTF-8, and silently cuts strings at a NUL. Not thread-safe for one call; no
 * state. Limits: nesting 32 deep; 64 wrong fields are named, further ones counted; memory is the arena's budget. */
#ifndef JK_RPC_CODEC_H
#define JK_RPC_CODEC_H

#include <grpc/byte_buffer.h>
#include <grpc/grpc.h>
#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/error.h"

#define JK_CODEC_DEPTH 32

/* A message's bytes: every string is UTF-8 without NUL (RFC 3629), every enum number is known, nesting is bounded.
 * INVALID_ARGUMENT with a violation for each wrong field ("derivative.parents[2].name"), or MALFORMED_MESSAGE. */
JK_MUST_USE enum jk_status jk_codec_check(const ProtobufCMessageDescriptor *type, struct jk_span bytes,
                                          struct jk_error *error);
/* Checks and decodes into `arena`. RESOURCE_EXHAUSTED where the budget or `limit` does not do, which is of
 * the message as it is sent and as it is unpacked from gzip. Where nothing is wrong but enum numbers that are not known, the status is that of
 * jk_codec_check, and *out_message is there all the same, with these fields as if they were not given, so that whoever
 * knows the message can add what else is wrong with it; else it stays as it was. `buffer` stays the caller's and may go
 * afterwards. */
JK_MUST_USE enum jk_status jk_codec_decode(const ProtobufCMessageDescriptor *type, grpc_byte_buffer *buffer,
                                           size_t limit, struct jk_arena *arena, const ProtobufCMessage **out_message,
                                           struct jk_error *error);
/* A buffer for gRPC to send, destroyed by the caller; NULL when the message is larger than `limit`. */
grpc_byte_buffer *jk_codec_encode(const ProtobufCMessage *message, size_t limit);
grpc_byte_buffer *jk_codec_wrap(struct jk_span bytes);

#endif
