/* Makes a private PostgreSQL cluster as a server makes its own at its first start, with the database, its roles and the schema, and
 * leaves it stopped:
 *   make_cluster FOLDER        the cluster is FOLDER/postgresql; what else is in the folder is of no more use
 * For clusters.py, which makes one and copies it. Ends with 1 and says why where it cannot. */
#include <stdio.h>

#include "base/digest.h"
#include "base/log.h"
#include "store/embedded.h"
#include "store/store.h"

int main(int argc, char **argv)
{
    struct jk_embedded *embedded = NULL;
    struct jk_error error;
    enum jk_status status;

    if (argc != 2) {
        fputs("usage: make_cluster FOLDER\n", stderr);
        return 2;
    }
    jk_log_setup(JK_LOG_ERROR, JK_LOG_LOGFMT);
    jk_digest_setup();
    jk_error_init(&error, NULL);
    status = jk_embedded_start(argv[1], &embedded, &error);
    if (status == JK_OK) status = jk_store_migrate(jk_embedded_owner(embedded), JK_EMBEDDED_SERVER, &error);
    jk_embedded_stop(embedded);
    if (status != JK_OK) fprintf(stderr, "make_cluster: %s\n", error.message);
    return status == JK_OK ? 0 : 1;
}
