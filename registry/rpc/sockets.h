/* The connections of the listening socket, which gRPC's library neither counts nor bounds: found among the descriptors
 * of this process by what they are bound to, and ended by shutting them down, upon which the library closes them. Not
 * thread-safe: one thread's. Limits: with more than JK_SOCKETS_MOST connections the rest is seen another time. */
#ifndef JK_RPC_SOCKETS_H
#define JK_RPC_SOCKETS_H

#include "base/address.h"
#include "rpc/crowd.h"

#define JK_SOCKETS_MOST 65536

struct jk_sockets;

/* NULL: no memory, or no /proc: then nothing can be counted. */
struct jk_sockets *jk_sockets_new(const struct jk_address *address);
void jk_sockets_free(struct jk_sockets *sockets); /* accepts NULL */
/* Those that are there now, this process's own probes and what was ended already left out; valid until the next call.
 * `now_ms` is when new ones are seen first. */
struct jk_connection *jk_sockets_look(struct jk_sockets *sockets, int64_t now_ms, size_t *out_count);
/* Ends it, if it is still the same. */
void jk_sockets_end(const struct jk_sockets *sockets, struct jk_connection *connection);

#endif
