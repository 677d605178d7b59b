/* The self-probe: a gRPC listener that once ran out of file descriptors never accepts again, while the process looks
 * healthy (CVE-2023-4785). So a thread regularly connects to our own port, and after three failures in a row ends the
 * process, for its supervisor to restart it. Owns: its thread. Threads: start and stop belong to whoever starts the
 * server. Limits: a probe takes at most 2 s. */
#ifndef JK_RPC_PROBER_H
#define JK_RPC_PROBER_H

#include <stdbool.h>

struct jk_rpc_server;

bool jk_rpc_prober_start(struct jk_rpc_server *server); /* false: no thread to be had */
void jk_rpc_prober_stop(struct jk_rpc_server *server);  /* joins; accepts one never started */

#endif
