/* The private cluster's files and processes, step by step: which user owns it, where PostgreSQL's programs are,
 * creating it, starting it, finding a running one. No threads, no state of its own; called before threads exist, and by
 * the supervisor.
 *
 * Access: `trust` on a Unix socket in a folder of mode 0700 that belongs to the database's user, and no TCP: only that
 * user or root can open the socket, and both could read the files anyway. A password would only be one more secret to
 * keep. */
#ifndef JK_STORE_CLUSTER_H
#define JK_STORE_CLUSTER_H

#include <sys/types.h>

#include "store/files.h"

#define JK_CLUSTER_PORT   "5432" /* in the socket's name only */
#define JK_CLUSTER_USER   "jokbo"
#define JK_SOCKET_DIR_MAX 92 /* with "/.s.PGSQL.5432" at most 107 bytes (unix(7)) */

struct jk_cluster {
    char data_dir[JK_PATH_MAX]; /* absolute */
    char folder[JK_PATH_MAX];   /* <data_dir>/postgresql */
    char bin[JK_PATH_MAX];
    char log[JK_PATH_MAX]; /* output of its programs before they have a log of their own */
    char socket_dir[JK_SOCKET_DIR_MAX + 1];
    uid_t uid;
    gid_t gid;
    char user[64];
};

/* Makes the data directory if it is absent, and fills in everything but socket_dir. */
JK_MUST_USE enum jk_status jk_cluster_find(struct jk_cluster *cluster, const char *data_dir, struct jk_error *error);
/* Runs initdb if there is no cluster yet: under another name first, so that a half-made cluster is never used. */
JK_MUST_USE enum jk_status jk_cluster_make(const struct jk_cluster *cluster, struct jk_error *error);
/* The socket's folder: <data_dir>/run, or, if that path is too long, one under /tmp that is recorded in the data
 * directory. */
JK_MUST_USE enum jk_status jk_cluster_socket(struct jk_cluster *cluster, struct jk_error *error);
/* Starts postgres as a child of the caller; -1 if it cannot. */
pid_t jk_cluster_spawn(const struct jk_cluster *cluster);
/* The postmaster running on this cluster's folder, 0 for none; and whether it listens where we expect it. */
pid_t jk_cluster_running(const struct jk_cluster *cluster, bool *out_reachable);

#endif
