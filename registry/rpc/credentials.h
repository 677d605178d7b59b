/* What the port speaks: plain text (loopback and Unix sockets only, unless the operator says otherwise) or TLS from 1.2
 * on, with the certificate read again when its files change.
 *
 * Owns: the paths' last known stamps. Threads: gRPC calls the fetcher from its own; guarded by a mutex.
 * Limits: a PEM file up to 1 MiB; the files are looked at once a second at most, when somebody connects.
 * Who a client with a certificate is may only be read from peer_spiffe_id, peer_uri or peer_dns: the list of peer
 * identities mixes kinds of names. Nothing here does: callers are known by their tokens. */
#ifndef JK_RPC_CREDENTIALS_H
#define JK_RPC_CREDENTIALS_H

#include <grpc/grpc_security.h>

#include "base/address.h"
#include "rpc/server.h"

struct jk_rpc_certificates;

/* *out_certificates is NULL without TLS; it must outlive the server. */
JK_MUST_USE enum jk_status jk_rpc_credentials(const struct jk_rpc_options *options, const struct jk_address *address,
                                              grpc_server_credentials **out_credentials,
                                              struct jk_rpc_certificates **out_certificates, struct jk_error *error);
void jk_rpc_certificates_free(struct jk_rpc_certificates *certificates); /* accepts NULL */

#endif
