/* The janitor: a thread that looks after the house four times a second. It ends connections that are too many
 * (crowd.h), tells what was left out of the log, keeps the gauges, and when a crowd has gone gives its memory back to
 * the system, which the allocator would keep. Owns: its thread. Threads: start and stop belong to whoever starts and
 * drains the server. */
#ifndef JK_RPC_JANITOR_H
#define JK_RPC_JANITOR_H

#include <stdbool.h>

struct jk_rpc_server;
struct jk_janitor;

/* Once the server listens. NULL: no memory or no thread. */
struct jk_janitor *jk_janitor_start(struct jk_rpc_server *server);
void jk_janitor_stop(struct jk_janitor *janitor); /* accepts NULL */

#endif
