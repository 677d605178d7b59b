/* grpc.health.v1: Check, List and Watch, for the server ("") and for each service of the method table. Owns: the state and
 * the list of watchers. Threads: any; a mutex inside. One message in flight per watcher: a slow watcher sees the latest
 * state, not each one. Limits: 4,096 watchers, 32 services. */
#ifndef JK_RPC_HEALTH_H
#define JK_RPC_HEALTH_H

#include "rpc/internal.h"

struct jk_rpc_health *jk_rpc_health_new(const struct jk_method *methods, size_t count); /* NULL: no memory */
void jk_rpc_health_free(struct jk_rpc_health *health);
void jk_rpc_health_set(struct jk_rpc_health *health, bool serving);
/* NOT_SERVING for good. */
void jk_rpc_health_stop(struct jk_rpc_health *health);
/* The rows of this service, to be added to the server's. */
void jk_rpc_health_rows(struct jk_rpc_row out_rows[3]);

#endif
