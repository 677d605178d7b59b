/* The janitor: a thread that cleans up four times a second. It closes connections when there are too many (crowd.h),
 * reports suppressed log lines, keeps the gauges, and returns memory to the system after a crowd has gone, which the
 * allocator would keep. Owns: its thread. Threads: start and stop belong to whoever starts and drains the server. */
#ifndef JK_RPC_JANITOR_H
#define JK_RPC_JANITOR_H

#include <stdbool.h>

struct jk_rpc_server;
struct jk_janitor;

/* Once the server listens. NULL: no memory or no thread. */
struct jk_janitor *jk_janitor_start(struct jk_rpc_server *server);
void jk_janitor_stop(struct jk_janitor *janitor); /* accepts NULL */

#endif
