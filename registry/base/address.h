/* The address to listen on: parsing, whether it is loopback, why it cannot be had, and a probe that really connects.
 * Thread-safe, keeps nothing. Limits: numeric addresses and "localhost"; a Unix socket's path up to 107 bytes. */
#ifndef JK_BASE_ADDRESS_H
#define JK_BASE_ADDRESS_H

#include "base/error.h"

#define JK_ADDRESS_TEXT 128

struct jk_address {
    char text[JK_ADDRESS_TEXT]; /* as it was written, and as people read it */
    char host[64];              /* without brackets; empty for a Unix socket */
    char path[108];             /* of a Unix socket, else empty */
    unsigned port;
    bool local; /* loopback or Unix: nobody on a network can read along */
    bool v6;
};

JK_MUST_USE enum jk_status jk_address_parse(const char *listen, struct jk_address *out_address, struct jk_error *error);
/* Fills in the port that the system chose. */
void jk_address_bound(struct jk_address *address, unsigned port);
/* Refuses a Unix socket on which somebody answers: a bind would take it away from him without a word. */
JK_MUST_USE enum jk_status jk_address_free_socket(const struct jk_address *address, struct jk_error *error);
/* Always fails, saying why the address could not be bound. */
enum jk_status jk_address_refused(const struct jk_address *address, struct jk_error *error);
/* A listening socket, non-blocking; the port that the system chose is filled in. UNAVAILABLE says why there is none. */
JK_MUST_USE enum jk_status jk_address_listen(struct jk_address *address, int *out_fd, struct jk_error *error);
/* Connects and waits until an HTTP/2 server reacts; false after timeout_ms. A connection alone proves nothing: the kernel
 * makes it even when the listener has died. */
bool jk_address_probe(const struct jk_address *address, bool tls, int timeout_ms);

#endif
