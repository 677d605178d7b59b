/* The private cluster from the server's side: makes it, forks its supervisor, waits until it answers, and creates the
 * database and its two roles. Holds <data_dir>/cluster.lock while it lives, so a second server on the same data
 * directory is refused before it can touch anything. Thread: main, before any other exists. */
#include "store/embedded.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/leftover.h"
#include "store/supervisor.h"

#define READY_MS   300000 /* crash recovery can take minutes */
#define DEATHS_MAX 5
#define POLL_MS    10
#define CONNECTION "host='%s' port=" JK_CLUSTER_PORT " user=%s dbname=%s"

/* Each runs at every start and may find its work done, wholly or in part. In clusters older than the roles the
 * superuser owns everything, which is then transferred. */
#define MAKE_ROLES                                                                                                     \
    "do $$ begin "                                                                                                     \
    "if not exists (select from pg_roles where rolname = '" JK_EMBEDDED_OWNER "') then "                               \
    "create role " JK_EMBEDDED_OWNER " login; end if; "                                                                \
    "if not exists (select from pg_roles where rolname = '" JK_EMBEDDED_SERVER "') then "                              \
    "create role " JK_EMBEDDED_SERVER " login; end if; end $$"
#define FIND_DATABASE "select 1 from pg_database where datname = 'jokbo'"
#define MAKE_DATABASE "create database jokbo owner " JK_EMBEDDED_OWNER
#define GIVE_DATABASE                                                                                                  \
    "do $$ begin if (select datdba from pg_database where datname = 'jokbo') <> '" JK_EMBEDDED_OWNER                   \
    "'::regrole then "                                                                                                 \
    "alter database jokbo owner to " JK_EMBEDDED_OWNER "; end if; end $$"
#define GIVE_TABLES                                                                                                    \
    "do $$ declare thing regclass; begin for thing in select oid from pg_class where relnamespace = "                  \
    "'public'::regnamespace and relkind in ('r', 'S') and relowner <> '" JK_EMBEDDED_OWNER "'::regrole loop "          \
    "execute format('alter table %s owner to " JK_EMBEDDED_OWNER "', thing); end loop; end $$"

struct jk_embedded {
    struct jk_cluster cluster;
    int lock_fd, control_fd, report_fd;
    pid_t supervisor;
    int deaths;
    char database[256], owner[256];
};

static enum jk_status fork_supervisor(struct jk_embedded *embedded, struct jk_error *error)
{
    int control[2], report[2];

    if (pipe2(control, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC) != 0)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "PIPES", "cannot make pipes: %s", strerror(errno));
    embedded->supervisor = fork();
    if (embedded->supervisor == 0) jk_supervise(&embedded->cluster, control[0], report[1]);
    close(control[0]);
    close(report[1]);
    embedded->control_fd = control[1];
    embedded->report_fd = report[0];
    (void)fcntl(embedded->report_fd, F_SETFL, O_NONBLOCK);
    if (embedded->supervisor > 0) return JK_OK;
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "FORK", "cannot fork the database's supervisor: %s", strerror(errno));
}

/* How many deaths the supervisor reported; false once the supervisor itself is gone. */
static bool read_reports(struct jk_embedded *embedded)
{
    char bytes[64];
    ssize_t len = read(embedded->report_fd, bytes, sizeof(bytes));

    if (len > 0) embedded->deaths += (int)len;
    return len != 0;
}

static enum jk_status say_late(const struct jk_embedded *embedded, struct jk_error *error)
{
    pid_t pids[JK_LEFTOVERS_MAX];
    bool reachable;

    if (jk_cluster_running(&embedded->cluster, &reachable) == 0 && jk_leftover_find(&embedded->cluster, pids) > 0)
        return jk_fail(error, JK_UNAVAILABLE, "DATABASE_START",
                       "PostgreSQL cannot start: process %ld of its previous run has not ended within %d s; end it, or "
                       "reboot the machine",
                       (long)pids[0], READY_MS / 1000);
    return jk_fail(error, JK_UNAVAILABLE, "DATABASE_START", "PostgreSQL did not answer within %d s; see %s/log",
                   READY_MS / 1000, embedded->cluster.folder);
}

static enum jk_status wait_ready(struct jk_embedded *embedded, struct jk_error *error)
{
    int64_t deadline_ms = jk_monotonic_ms() + READY_MS;

    while (PQping(embedded->database) != PQPING_OK) {
        if (!read_reports(embedded) || embedded->deaths >= DEATHS_MAX)
            return jk_fail(error, JK_UNAVAILABLE, "DATABASE_START",
                           "PostgreSQL does not start; see %s and %s/log for the reason", embedded->cluster.log,
                           embedded->cluster.folder);
        if (jk_monotonic_ms() > deadline_ms) return say_late(embedded, error);
        jk_sleep_ms(POLL_MS);
    }
    return JK_OK;
}

static enum jk_status run_sql(PGconn *pg, const char *sql, int *out_rows, struct jk_error *error)
{
    PGresult *result = PQexec(pg, sql);
    ExecStatusType state = PQresultStatus(result);
    enum jk_status status = JK_OK;

    if (state != PGRES_TUPLES_OK && state != PGRES_COMMAND_OK)
        status =
            jk_fail(error, JK_UNAVAILABLE, "DATABASE_START", "cannot make the database: %.200s", PQerrorMessage(pg));
    if (out_rows) *out_rows = PQntuples(result);
    PQclear(result);
    return status;
}

static enum jk_status make_database(PGconn *pg, struct jk_error *error)
{
    int rows = 0;

    JK_TRY(run_sql(pg, MAKE_ROLES, NULL, error));
    JK_TRY(run_sql(pg, FIND_DATABASE, &rows, error));
    if (rows == 0) return run_sql(pg, MAKE_DATABASE, NULL, error);
    return run_sql(pg, GIVE_DATABASE, NULL, error);
}

static enum jk_status give_tables(PGconn *pg, struct jk_error *error)
{
    return run_sql(pg, GIVE_TABLES, NULL, error);
}

/* As the superuser. *out_lost: the connection failed, so nothing is known about the database yet. */
static enum jk_status in_database(const struct jk_embedded *embedded, const char *name,
                                  enum jk_status (*work)(PGconn *pg, struct jk_error *error), bool *out_lost,
                                  struct jk_error *error)
{
    char connection[256];
    enum jk_status status;
    PGconn *pg;

    (void)snprintf(connection, sizeof(connection), CONNECTION, embedded->cluster.socket_dir, JK_CLUSTER_USER, name);
    pg = PQconnectdb(connection);
    status = work(pg, error);
    *out_lost = PQstatus(pg) != CONNECTION_OK;
    PQfinish(pg);
    return status;
}

static enum jk_status prepare_database(const struct jk_embedded *embedded, bool *out_lost, struct jk_error *error)
{
    JK_TRY(in_database(embedded, "postgres", make_database, out_lost, error));
    return in_database(embedded, "jokbo", give_tables, out_lost, error);
}

static enum jk_status start_all(struct jk_embedded *embedded, const char *data_dir, struct jk_error *error)
{
    JK_TRY(jk_cluster_find(&embedded->cluster, data_dir, error));
    JK_TRY(jk_data_dir_lock(embedded->cluster.data_dir, "/cluster.lock", &embedded->lock_fd, error));
    JK_TRY(jk_cluster_make(&embedded->cluster, error));
    JK_TRY(jk_cluster_socket(&embedded->cluster, error));

    const char *folder = embedded->cluster.socket_dir;
    (void)snprintf(embedded->database, sizeof(embedded->database), CONNECTION, folder, JK_EMBEDDED_SERVER, "jokbo");
    (void)snprintf(embedded->owner, sizeof(embedded->owner), CONNECTION, folder, JK_EMBEDDED_OWNER, "jokbo");

    JK_TRY(fork_supervisor(embedded, error));
    /* A cluster that is shutting down because its server was killed may still answer a ping; its successor is waited
     * for. */
    int64_t deadline_ms = jk_monotonic_ms() + READY_MS;

    for (;;) {
        struct jk_error attempt;
        bool lost = false;

        JK_TRY(wait_ready(embedded, error));
        jk_error_init(&attempt, NULL);
        if (prepare_database(embedded, &lost, &attempt) == JK_OK) return JK_OK;
        if (!lost || jk_monotonic_ms() > deadline_ms)
            return jk_fail(error, attempt.status, attempt.reason, "%s", attempt.message);
        jk_sleep_ms(POLL_MS);
    }
}

enum jk_status jk_embedded_start(const char *data_dir, struct jk_embedded **out_embedded, struct jk_error *error)
{
    struct jk_embedded *embedded = calloc(1, sizeof(*embedded));
    enum jk_status status;

    if (!embedded) return jk_out_of_memory(error);
    embedded->lock_fd = embedded->control_fd = embedded->report_fd = -1;
    status = start_all(embedded, data_dir, error);
    if (status == JK_OK)
        *out_embedded = embedded;
    else
        jk_embedded_stop(embedded);
    return status;
}

const char *jk_embedded_database(const struct jk_embedded *embedded)
{
    return embedded->database;
}

const char *jk_embedded_owner(const struct jk_embedded *embedded)
{
    return embedded->owner;
}

static void close_if(int fd)
{
    if (fd >= 0) close(fd);
}

void jk_embedded_stop(struct jk_embedded *embedded)
{
    if (!embedded) return;
    close_if(embedded->control_fd);
    if (embedded->supervisor > 0) {
        while (waitpid(embedded->supervisor, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    close_if(embedded->report_fd);
    close_if(embedded->lock_fd);
    free(embedded);
}
