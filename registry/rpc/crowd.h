/* Which connections to close when there are too many: each address keeps at most its share, and the total stays within
 * what the server takes, at the expense of the addresses with the most. The newest go first. Pure.
 *
 * This machine's own addresses and Unix sockets (a proxy's, with many clients behind it) have no such share: for them
 * the doorman counts calls. */
#ifndef JK_RPC_CROWD_H
#define JK_RPC_CROWD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/peer.h"

struct jk_connection {
    int fd;
    unsigned port;       /* the peer's; 0 for a Unix socket */
    struct jk_peer peer; /* grouped */
    int64_t since;       /* when it was seen first: smaller is older */
    bool out;            /* it has to go */
    bool marginal;       /* jk_crowd_thin's own */
    bool ended;          /* it was told to go; not among those that are looked at */
};

/* Sorts them, and marks those that have to go. Gives their number. */
size_t jk_crowd_thin(struct jk_connection *all, size_t count, size_t most, size_t each);

#endif
