/* grpc.reflection.v1 and v1alpha: ServerReflectionInfo, from the descriptor set that is embedded at build. Owns: the
 * index. Threads: the queue for long-lived streams. One question and one answer in flight per stream. Limits: a
 * question as large as a message may be; an answer contains the requested file and its imports. */
#ifndef JK_RPC_REFLECTION_H
#define JK_RPC_REFLECTION_H

#include "rpc/internal.h"

/* `set`: a serialised FileDescriptorSet, which must outlive the result. */
JK_MUST_USE enum jk_status jk_rpc_reflection_new(struct jk_span set, struct jk_rpc_reflection **out_reflection,
                                                 struct jk_error *error);
void jk_rpc_reflection_free(struct jk_rpc_reflection *reflection); /* accepts NULL */
void jk_rpc_reflection_rows(struct jk_rpc_row out_rows[2]);

#endif
