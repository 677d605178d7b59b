/* The schema: numbered scripts, embedded at build with their checksums, forward only, one transaction each, one server
 * at a time (an advisory lock). Thread: start. If an applied script differs, or the schema is newer than this binary,
 * the server does not start: run the binary that matches. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/state.h"

#define MIGRATE_MS 600000
#define CONNECT_MS 30000
#define LOCK       "select pg_advisory_lock(7162835001)" /* an arbitrary number for our lock */
#define TABLE                                                                                                          \
    "create table if not exists schema_migration (version integer primary key, name text not null, "                   \
    "checksum text not null, applied timestamptz not null default now())"

#define JK_MIGRATION(name)                                                                                             \
    extern const unsigned char jk_migration_##name[];                                                                  \
    extern const size_t jk_migration_##name##_len;
#include "migrations.def"
#undef JK_MIGRATION

struct migration {
    const char *name; /* "0001_registry" */
    const unsigned char *sql;
    const size_t *len;
};

static const struct migration migrations[] = {
#define JK_MIGRATION(name) {#name, jk_migration_##name, &jk_migration_##name##_len},
#include "migrations.def"
#undef JK_MIGRATION
};
#define MIGRATIONS (int)(sizeof(migrations) / sizeof(migrations[0]))

/* The newest beside which no server of before may run: from 0006_hub_bundle on, one that does not know bundles would lose
 * where the records lie that it renews. */
#define ALONE      6
#define LEAVING_MS 5000 /* for the connections of a server that has just ended */
#define SERVERS                                                                                                        \
    "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'jokbod' "        \
    "and pid <> pg_backend_pid()"

static int64_t deadline(void)
{
    return jk_monotonic_ms() + MIGRATE_MS;
}

static void checksum(const struct migration *migration, char out_hex[JK_DIGEST_HEX + 1])
{
    struct jk_digest digest = jk_digest_of((struct jk_span){(const char *)migration->sql, *migration->len});

    jk_digest_hex(&digest, out_hex);
}

/* The applied rows must be 1 … n, each equal to the one embedded here. */
static enum jk_status check_applied(const PGresult *rows, struct jk_error *error)
{
    char ours[JK_DIGEST_HEX + 1];
    int count = PQntuples(rows);

    if (count > MIGRATIONS)
        return jk_fail(error, JK_FAILED_PRECONDITION, "SCHEMA_NEWER",
                       "the database's schema has version %d, this binary knows up to %d: run a newer one", count,
                       MIGRATIONS);
    for (int i = 0; i < count; i++) {
        checksum(&migrations[i], ours);
        if (atoi(PQgetvalue(rows, i, 0)) != i + 1 || strcmp(PQgetvalue(rows, i, 1), ours) != 0)
            return jk_fail(error, JK_FAILED_PRECONDITION, "SCHEMA_CHANGED",
                           "migration %s in the database is not the one in this binary (checksum %.12s…, here %.12s…): "
                           "run the binary that made the schema",
                           migrations[i].name, PQgetvalue(rows, i, 1), ours);
    }
    return JK_OK;
}

static enum jk_status applied_count(struct jk_conn *plain, int *out_count, struct jk_error *error)
{
    PGresult *rows = NULL;
    enum jk_status status;

    JK_TRY(jk_conn_script(plain, "select version, checksum from schema_migration order by version", deadline(), &rows,
                          error));
    status = check_applied(rows, error);
    if (status == JK_OK) *out_count = PQntuples(rows);
    PQclear(rows);
    return status;
}

/* A schema that is newer than a server that starts is refused by the server; one that runs looks no more. */
static enum jk_status check_none_runs(struct jk_conn *plain, int count, struct jk_error *error)
{
    int connections = 0;
    if (count == 0 || count >= ALONE) return JK_OK;
    for (int64_t until = jk_monotonic_ms() + LEAVING_MS;; jk_sleep_ms(100)) {
        PGresult *rows = NULL;
        JK_TRY(jk_conn_script(plain, SERVERS, deadline(), &rows, error));
        connections = atoi(PQgetvalue(rows, 0, 0));
        PQclear(rows);
        if (connections == 0) return JK_OK;
        if (jk_monotonic_ms() >= until) break;
    }
    return jk_fail(error, JK_FAILED_PRECONDITION, "SERVERS_RUNNING",
                   "servers run on the database's schema of version %d (%d connections of jokbod), and none of before "
                   "version %d may run beside a newer one: stop all of them, and then run jokbod migrate",
                   count, connections, ALONE);
}

static enum jk_status apply_all(struct jk_conn *plain, struct jk_error *error)
{
    int count;

    JK_TRY(jk_conn_script(plain, LOCK, deadline(), NULL, error));
    JK_TRY(jk_conn_script(plain, "set client_min_messages = warning; " TABLE, deadline(), NULL, error));
    JK_TRY(applied_count(plain, &count, error));
    JK_TRY(check_none_runs(plain, count, error));
    for (int i = count; i < MIGRATIONS; i++) {
        const struct migration *migration = &migrations[i];
        char hex[JK_DIGEST_HEX + 1];
        struct jk_error failure;
        struct jk_text script;
        enum jk_status status;
        checksum(migration, hex);
        jk_text_init(&script, 0);
        jk_text_add_str(&script, "begin;\n");
        jk_text_add(&script, (struct jk_span){(const char *)migration->sql, *migration->len});
        jk_text_addf(&script,
                     ";\ninsert into schema_migration (version, name, checksum) values (%d, '%s', '%s');\ncommit",
                     i + 1, migration->name, hex);
        jk_error_init(&failure, NULL);
        status = script.failed ? jk_out_of_memory(&failure)
                               : jk_conn_script(plain, script.bytes, deadline(), NULL, &failure);
        jk_text_done(&script);
        if (status != JK_OK)
            return jk_fail(error, status, failure.reason, "migration %s: %s", migration->name, failure.message);
    }
    return jk_conn_script(plain, "select pg_advisory_unlock_all()", deadline(), NULL, error);
}

/* Without the right to use the schema, its tables seem not to exist. */
#define FIND_VERSIONS                                                                                                  \
    "select to_regclass('schema_migration') is not null, current_schema() is not null and "                            \
    "coalesce(has_table_privilege(to_regclass('schema_migration'), 'select'), true), current_user"

static enum jk_status check_only(struct jk_conn *plain, struct jk_error *error)
{
    int count = 0;
    bool present;
    enum jk_status status = JK_OK;
    PGresult *rows = NULL;

    JK_TRY(jk_conn_script(plain, FIND_VERSIONS, deadline(), &rows, error));
    present = PQgetvalue(rows, 0, 0)[0] == 't';
    if (PQgetvalue(rows, 0, 1)[0] != 't')
        status =
            jk_fail(error, JK_FAILED_PRECONDITION, "ROLE_RIGHTS",
                    "the database's role \"%.63s\" may not read the schema: run jokbod migrate with the owner's role "
                    "and --server-role %.63s",
                    PQgetvalue(rows, 0, 2), PQgetvalue(rows, 0, 2));
    PQclear(rows);
    JK_TRY(status);
    if (present) JK_TRY(applied_count(plain, &count, error));
    if (count == MIGRATIONS) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "SCHEMA_OLDER",
                   "the database's schema has version %d, this binary needs %d: run jokbod migrate --database … first, "
                   "once, after a backup",
                   count, MIGRATIONS);
}

enum jk_status jk_migrate(struct jk_conn *plain, bool apply, struct jk_error *error)
{
    return apply ? apply_all(plain, error) : check_only(plain, error);
}

enum jk_status jk_store_migrate(const char *database, const char *server_role, struct jk_error *error)
{
    struct jk_conn plain;
    enum jk_status status;

    jk_conn_init(&plain, database, JK_CONN_PLAIN);
    status = jk_conn_wait(&plain, jk_monotonic_ms() + CONNECT_MS, error);
    if (status == JK_OK) status = jk_migrate(&plain, true, error);
    if (status == JK_OK && server_role) status = jk_grants_give(&plain, server_role, error);
    jk_conn_drop(&plain);
    return status;
}
