/* What a former run of the private cluster may have left when everything was killed at once: backends without a
 * postmaster, which end when they notice, and keep the next one from starting until then; and lock files that name a
 * process which is no postmaster of ours. Thread: the supervisor's. Source: PostgreSQL, miscinit.c (CreateLockFile). */
#ifndef JK_STORE_LEFTOVER_H
#define JK_STORE_LEFTOVER_H

#include "store/cluster.h"

#define JK_LEFTOVERS_MAX 256

/* While no postmaster runs: PostgreSQL's processes that still work in the cluster's folder. */
size_t jk_leftover_find(const struct jk_cluster *cluster, pid_t out_pids[JK_LEFTOVERS_MAX]);
/* The process of a single-user backend that somebody runs on the cluster (postgres --single); 0: none. It is among
 * them, and not ours to end. */
pid_t jk_leftover_single(const struct jk_cluster *cluster);
/* With none of these left: removes lock files whose process is alive, or dead and not collected by its parent, but is
 * no postmaster of this cluster, for PostgreSQL would take it for one. A file whose process is gone is left to
 * PostgreSQL. True: there were such. */
bool jk_leftover_unlock(const struct jk_cluster *cluster);

#endif
