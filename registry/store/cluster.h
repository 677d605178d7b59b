/* The private cluster's files and processes, step by step: whose it is, where PostgreSQL's programs are, making it,
 * starting it, finding one that runs. No thread, no state of its own; called before threads exist, and by the
 * supervisor.
 *
 * Access: `trust` on a Unix socket in a folder of mode 0700 that belongs to the database's user, and no TCP: whoever
 * can open the socket is that user or root, who could read the files anyway. A password would only be one more secret
 * to keep. */
#ifndef JK_STORE_CLUSTER_H
#define JK_STORE_CLUSTER_H

#include <sys/types.h>

#include "store/files.h"

#define JK_CLUSTER_PORT   "5432" /* in the socket's name only */
#define JK_CLUSTER_USER   "jokbo"
#define JK_SOCKET_DIR_MAX 92 /* with "/.s.PGSQL.5432" 107 bytes at most (unix(7)) */

struct jk_cluster {
    char data_dir[JK_PATH_MAX]; /* absolute */
    char folder[JK_PATH_MAX];   /* <data_dir>/postgresql */
    char bin[JK_PATH_MAX];
    char log[JK_PATH_MAX]; /* what its programs say before they have a log of their own */
    char socket_dir[JK_SOCKET_DIR_MAX + 1];
    uid_t uid;
    gid_t gid;
    char user[64];
};

/* Makes the data directory where absent, and fills everything but socket_dir. */
JK_MUST_USE enum jk_status jk_cluster_find(struct jk_cluster *cluster, const char *data_dir, struct jk_error *error);
/* initdb where there is no cluster yet: under another name first, so that one half made is never met. */
JK_MUST_USE enum jk_status jk_cluster_make(const struct jk_cluster *cluster, struct jk_error *error);
/* The socket's folder: <data_dir>/run, or, where that is too long a path, one under /tmp that the data directory names.
 */
JK_MUST_USE enum jk_status jk_cluster_socket(struct jk_cluster *cluster, struct jk_error *error);
/* Starts postgres as a child of the caller; -1 when it cannot. */
pid_t jk_cluster_spawn(const struct jk_cluster *cluster);
/* The postmaster that runs on this cluster's folder, 0 for none; whether it listens where we look for it. */
pid_t jk_cluster_running(const struct jk_cluster *cluster, bool *out_reachable);

#endif
