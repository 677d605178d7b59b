/* The private PostgreSQL cluster: a supervisor process, forked before gRPC starts, that makes it where there is
 * none, starts it, restarts it with back-off when it dies, and stops it; it adopts a cluster that outlived a killed server.
 * PostgreSQL refuses to run as root: as root everything runs as the user `postgres` (or the owner of the data directory).
 * Listens on a Unix socket only. */
#ifndef JK_STORE_EMBEDDED_H
#define JK_STORE_EMBEDDED_H

#include "base/error.h"

struct jk_embedded;
/* data_dir: made where absent (0755 with the cluster's part 0700 and the database user's); the cluster lies in
 * <data_dir>/postgresql. Returns when the cluster accepts connections. Call before any thread exists. */
JK_MUST_USE enum jk_status jk_embedded_start(const char *data_dir, struct jk_embedded **out_embedded,
                                             struct jk_error *error);
/* libpq connection strings of the database `jokbo`: with the role that serves, and with the one that owns the schema and
 * migrates it. The cluster's superuser, JK_CLUSTER_USER, is used for making these alone. */
#define JK_EMBEDDED_SERVER "jokbo_server"
#define JK_EMBEDDED_OWNER  "jokbo_owner"
const char *jk_embedded_database(const struct jk_embedded *embedded);
const char *jk_embedded_owner(const struct jk_embedded *embedded);
/* Fast shutdown of the cluster, and of the supervisor. */
void jk_embedded_stop(struct jk_embedded *embedded);

#endif
