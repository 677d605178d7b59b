/* The self-probe: a gRPC listener that once ran out of file descriptors never accepts again, while the process looks
 * healthy (CVE-2023-4785). So a thread connects to the own port now and then, and after three failures in a row the
 * process ends, for its supervisor to start it anew.
 * Owns: its thread. Threads: start and stop belong to the server's starter. Limits: a probe takes 2 s at most. */
#ifndef JK_RPC_PROBER_H
#define JK_RPC_PROBER_H

#include <stdbool.h>

struct jk_rpc_server;

bool jk_rpc_prober_start(struct jk_rpc_server *server); /* false: no thread to be had */
void jk_rpc_prober_stop(struct jk_rpc_server *server);  /* joins; accepts one never started */

#endif
