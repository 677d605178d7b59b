/* The connections of the listening socket, which gRPC's library neither counts nor limits: found among this process's
 * descriptors by the address they are bound to, and ended by shutting them down, whereupon the library closes them. Not
 * thread-safe: used by one thread. Limits: with more than JK_SOCKETS_MOST connections the rest is seen another time. */
#ifndef JK_RPC_SOCKETS_H
#define JK_RPC_SOCKETS_H

#include "base/address.h"
#include "rpc/crowd.h"

#define JK_SOCKETS_MOST 65536

struct jk_sockets;

/* NULL: no memory, or no /proc: then nothing can be counted. */
struct jk_sockets *jk_sockets_new(const struct jk_address *address);
void jk_sockets_free(struct jk_sockets *sockets); /* accepts NULL */
/* The current connections, without this process's own probes and those already ended; valid until the next call.
 * `now_ms` is recorded as the time when new ones were first seen. */
struct jk_connection *jk_sockets_look(struct jk_sockets *sockets, int64_t now_ms, size_t *out_count);
/* Ends it, if it is still the same. */
void jk_sockets_end(const struct jk_sockets *sockets, struct jk_connection *connection);

#endif
