/* The private PostgreSQL cluster, run by a supervisor process that is forked before gRPC starts. It creates the cluster
 * if there is none, starts it, restarts it with back-off when it dies, and stops it; it adopts a cluster that outlived
 * a killed server. PostgreSQL refuses to run as root, so if we are root it runs as the user `postgres` (or the owner of
 * the data directory). Listens on a Unix socket only. */
#ifndef JK_STORE_EMBEDDED_H
#define JK_STORE_EMBEDDED_H

#include "base/error.h"

struct jk_embedded;
/* data_dir: created if absent (0755, with the cluster's part 0700 and owned by the database's user); the cluster is in
 * <data_dir>/postgresql. Returns once the cluster accepts connections. Call before any thread exists. */
JK_MUST_USE enum jk_status jk_embedded_start(const char *data_dir, struct jk_embedded **out_embedded,
                                             struct jk_error *error);
/* libpq connection strings of the database `jokbo`: for the role that serves, and for the one that owns and migrates
 * the schema. The cluster's superuser, JK_CLUSTER_USER, is used only to create these. */
#define JK_EMBEDDED_SERVER "jokbo_server"
#define JK_EMBEDDED_OWNER  "jokbo_owner"
const char *jk_embedded_database(const struct jk_embedded *embedded);
const char *jk_embedded_owner(const struct jk_embedded *embedded);
/* Fast shutdown of the cluster, and of the supervisor. */
void jk_embedded_stop(struct jk_embedded *embedded);

#endif
