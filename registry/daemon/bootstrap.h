/* The first account: on a registry without any, an admin's account and token are made, and a ready configuration of the
 * command line is written for whoever runs the server. Called once at start, after the store, before any traffic. */
#ifndef JK_DAEMON_BOOTSTRAP_H
#define JK_DAEMON_BOOTSTRAP_H

#include "store/store.h"

/* Writes `path` (mode 0600): server address and a token that works. A token that the file holds already and that is
 * still good is kept; otherwise a new one is made for account 1. The token is in the file alone. */
JK_MUST_USE enum jk_status jk_bootstrap(struct jk_store *store, const char *path, const char *server,
                                        struct jk_error *error);

#endif
