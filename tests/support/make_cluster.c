/* Makes a private PostgreSQL cluster as a server makes its own at its first start, and does not start it:
 *   make_cluster FOLDER        the cluster is FOLDER/postgresql
 * For clusters.py, which makes one and copies it. Ends with 1 and says why where it cannot. */
#include <stdio.h>

#include "store/cluster.h"

int main(int argc, char **argv)
{
    struct jk_cluster cluster;
    struct jk_error error;

    if (argc != 2) {
        fputs("usage: make_cluster FOLDER\n", stderr);
        return 2;
    }
    jk_error_init(&error, NULL);
    if (jk_cluster_find(&cluster, argv[1], &error) == JK_OK && jk_cluster_make(&cluster, &error) == JK_OK) return 0;
    fprintf(stderr, "make_cluster: %s\n", error.message);
    return 1;
}
