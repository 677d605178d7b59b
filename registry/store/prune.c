/* What has expired: batches after a day, replies after 7 days, chunks of unfinished uploads after a day, and daily
 * upload counts after 7 days. Bounded deletes on the listener's connection, without the head's lock. */
#include "base/clock.h"
#include "store/state.h"

#define PRUNE_MS 30000

static const char *const prunings[] = {
    "delete from batch where ctid = any (array(select ctid from batch "
    "where committed < clock_timestamp() - interval '1 day' limit 10000))",
    "delete from reply where ctid = any (array(select ctid from reply "
    "where created < clock_timestamp() - interval '7 days' limit 10000))",
    "delete from blob_chunk where ctid = any (array(select ctid from blob_chunk "
    "where digest is null and created < clock_timestamp() - interval '1 day' limit 500))",
    "delete from blob_day where ctid = any (array(select ctid from blob_day "
    "where changed < clock_timestamp() - interval '7 days' limit 10000))",
};

bool jk_prune(struct jk_conn *plain)
{
    bool more = false;

    for (size_t i = 0; i < sizeof(prunings) / sizeof(prunings[0]); i++) {
        PGresult *result = NULL;
        struct jk_error error;

        jk_error_init(&error, NULL);
        if (jk_conn_script(plain, prunings[i], jk_monotonic_ms() + PRUNE_MS, &result, &error) != JK_OK) return false;
        if (strcmp(PQcmdTuples(result), "0") != 0) more = true;
        PQclear(result);
    }
    return more;
}
