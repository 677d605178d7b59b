/* What an earlier run of the private cluster may have left behind if everything was killed at once: backends without a
 * postmaster, which end once they notice but prevent a new start until then; and lock files that name a process which
 * is not a postmaster of ours. Thread: the supervisor's. Source: PostgreSQL, miscinit.c (CreateLockFile). */
#ifndef JK_STORE_LEFTOVER_H
#define JK_STORE_LEFTOVER_H

#include "store/cluster.h"

#define JK_LEFTOVERS_MAX 256

/* While no postmaster runs: PostgreSQL processes that still work in the cluster's folder. */
size_t jk_leftover_find(const struct jk_cluster *cluster, pid_t out_pids[JK_LEFTOVERS_MAX]);
/* The process of a single-user backend that somebody runs on the cluster (postgres --single); 0: none. It is one of
 * those processes, but not ours to end. */
pid_t jk_leftover_single(const struct jk_cluster *cluster);
/* Once none of these are left: removes lock files whose process is alive, or a zombie, but is not a postmaster of this
 * cluster, since PostgreSQL would mistake it for one. Files whose process is gone are left to PostgreSQL. True: there
 * were such files. */
bool jk_leftover_unlock(const struct jk_cluster *cluster);

#endif
