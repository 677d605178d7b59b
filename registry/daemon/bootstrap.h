/* The first account: if a registry has none, creates an admin account with a token, and writes a ready-to-use
 * configuration of the command line for the user who runs the server. Called once at start, after the store, before any
 * traffic. */
#ifndef JK_DAEMON_BOOTSTRAP_H
#define JK_DAEMON_BOOTSTRAP_H

#include "store/store.h"

/* Writes `path` (mode 0600): server address, where the log's files are served (`http`, an address; NULL: nowhere) and a
 * working token. A token already in the file is kept if it is still
 * valid; otherwise a new one is made for account 1. The token is stored nowhere but in this file. */
JK_MUST_USE enum jk_status jk_bootstrap(struct jk_store *store, const char *path, const char *server, const char *http,
                                        struct jk_error *error);

#endif
