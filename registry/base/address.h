/* The address to listen on: parsing it, telling whether it is loopback, explaining why it cannot be bound, and a probe
 * that really connects. Thread-safe, no state. Limits: numeric addresses and "localhost"; a Unix socket's path of up to
 * 107 bytes. */
#ifndef JK_BASE_ADDRESS_H
#define JK_BASE_ADDRESS_H

#include "base/error.h"

#define JK_ADDRESS_TEXT 128

struct jk_address {
    char text[JK_ADDRESS_TEXT]; /* as written, for messages */
    char host[64];              /* without brackets; empty for a Unix socket */
    char path[108];             /* for a Unix socket, otherwise empty */
    unsigned port;
    bool local; /* loopback or Unix: nobody on a network can eavesdrop */
    bool v6;
};

JK_MUST_USE enum jk_status jk_address_parse(const char *listen, struct jk_address *out_address, struct jk_error *error);
/* Fills in the port that the system chose. */
void jk_address_bound(struct jk_address *address, unsigned port);
/* Refuses a Unix socket that somebody is already serving: binding would silently take it over. */
JK_MUST_USE enum jk_status jk_address_free_socket(const struct jk_address *address, struct jk_error *error);
/* Always fails, explaining why the address could not be bound. */
enum jk_status jk_address_refused(const struct jk_address *address, struct jk_error *error);
/* A non-blocking listening socket; the port that the system chose is filled in. UNAVAILABLE explains why there is none.
 */
JK_MUST_USE enum jk_status jk_address_listen(struct jk_address *address, int *out_fd, struct jk_error *error);
/* Connects and waits until an HTTP/2 server responds; false after timeout_ms. Connecting alone proves nothing: the
 * kernel completes the handshake even if nobody ever accepts. */
bool jk_address_probe(const struct jk_address *address, bool tls, int timeout_ms);

#endif
