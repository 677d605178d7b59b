/* Does the store start where it may, and refuse, saying why, where the database, key, guard copy or cluster is not its
 * own? */
#include "support/store_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/state.h"

static void test_cluster_in_use(void **state)
{
    struct jk_embedded *second = NULL;
    struct jk_error error;
    char path[200];

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/cluster", store_top);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_embedded_start(path, &second, &error), JK_FAILED_PRECONDITION);
    assert_string_equal(error.reason, "DATA_DIRECTORY_IN_USE");
}

static void test_cluster_out_of_reach(void **state)
{
    struct jk_embedded *second = NULL;
    struct jk_error error;
    char path[200];

    (void)state;
    if (geteuid() != 0) skip();
    (void)snprintf(path, sizeof(path), "%s/closed", store_top);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/closed/data", store_top);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_embedded_start(path, &second, &error), JK_FAILED_PRECONDITION);
    assert_string_equal(error.reason, "DATA_DIRECTORY_UNREACHABLE");
}

static void test_cluster_restarts(void **state)
{
    char long_name[200], path[400];
    struct jk_embedded *other = NULL;
    struct jk_error error;
    int64_t began_ms;

    (void)state;
    memset(long_name, 'l', 100); /* the socket must lie elsewhere */
    long_name[100] = '\0';
    (void)snprintf(path, sizeof(path), "%s/%s", store_top, long_name);
    for (int i = 0; i < 2; i++) {
        jk_error_init(&error, NULL);
        began_ms = jk_monotonic_ms();
        if (jk_embedded_start(path, &other, &error) != JK_OK) fail_msg("%s", error.message);
        print_message("    start %d of a cluster: %lld ms\n", i + 1, (long long)(jk_monotonic_ms() - began_ms));
        if (i == 0) store_run_sql(jk_embedded_owner(other), "create table kept (x int)");
        if (i == 1) store_run_sql(jk_embedded_owner(other), "select x from kept");
        jk_embedded_stop(other);
    }
}

/* A server process with a cluster of its own, ready. */
static pid_t fork_server(const char *path)
{
    struct jk_embedded *own = NULL;
    struct jk_error error;
    int fds[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (pid == 0) {
        jk_error_init(&error, NULL);
        if (jk_embedded_start(path, &own, &error) == JK_OK && write(fds[1], "r", 1) == 1) (void)pause();
        _exit(1);
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], &byte, 1), 1);
    close(fds[0]);
    return pid;
}

static void kill_and_reap(pid_t pid)
{
    int state_of;

    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &state_of, 0), pid);
}

/* The postmaster's number from postmaster.pid, 0 where there is none. */
static long postmaster_of(const char *path)
{
    char name[300], text[32] = {0};
    FILE *file;
    long pid = 0;

    (void)snprintf(name, sizeof(name), "%s/postgresql/postmaster.pid", path);
    file = fopen(name, "re");
    if (!file) return 0;
    if (fgets(text, sizeof(text), file)) pid = atol(text);
    fclose(file);
    return pid;
}

static long parent_of(long pid)
{
    char name[64], text[256] = {0};
    FILE *file;
    long parent = 0;
    const char *rest;

    (void)snprintf(name, sizeof(name), "/proc/%ld/stat", pid);
    file = fopen(name, "re");
    assert_non_null(file);
    if (fgets(text, sizeof(text), file) && (rest = strrchr(text, ')'))) parent = strtol(rest + 3, NULL, 10);
    fclose(file);
    return parent;
}

/* The server is killed: its supervisor shuts the cluster down, and whoever starts next waits for that. */
static void test_server_dies(void **state)
{
    struct jk_embedded *next = NULL;
    struct jk_error error;
    char path[200];
    long first;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/orphan", store_top);
    kill_and_reap(fork_server(path));
    first = postmaster_of(path);
    jk_error_init(&error, NULL);
    if (jk_embedded_start(path, &next, &error) != JK_OK) fail_msg("%s", error.message);
    assert_int_not_equal(postmaster_of(path), first);
    store_run_sql(jk_embedded_database(next), "select 1");
    jk_embedded_stop(next);
    assert_int_equal(postmaster_of(path), 0); /* a clean stop takes the file away */
}

/* Server and supervisor are killed: the cluster lives on, and is adopted, cared for and stopped by the next. */
static void test_cluster_adopted(void **state)
{
    struct jk_embedded *next = NULL;
    struct jk_error error;
    char path[200];
    long first;
    pid_t server;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/adopted", store_top);
    server = fork_server(path);
    first = postmaster_of(path);
    assert_true(first > 1);
    assert_int_equal(kill((pid_t)parent_of(first), SIGKILL), 0);
    kill_and_reap(server);
    jk_error_init(&error, NULL);
    if (jk_embedded_start(path, &next, &error) != JK_OK) fail_msg("%s", error.message);
    assert_int_equal(postmaster_of(path), first);
    assert_int_equal(kill((pid_t)first, SIGKILL), 0); /* and when it dies it is started again */
    for (int i = 0; i < 500 && (postmaster_of(path) == first || PQping(jk_embedded_database(next)) != PQPING_OK); i++)
        usleep(20000);
    store_run_sql(jk_embedded_database(next), "select 1");
    jk_embedded_stop(next);
    assert_int_equal(postmaster_of(path), 0);
}

static void test_refusals(void **state)
{
    struct store_place place, bare, other;
    struct jk_store *store;
    char path[200];

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    assert_int_equal(store_write_one(store, "solid"), JK_OK);
    store_expect_refusal(&place, "DATA_DIRECTORY_IN_USE");
    jk_store_stop(store);

    bare = place; /* a server without the key */
    store_new_folder(&bare, "bare");
    store_expect_refusal(&bare, "KEY_FILE_ABSENT");
    (void)snprintf(path, sizeof(path), "%s/log.key", bare.data_dir);
    assert_int_equal(access(path, F_OK), -1);

    (void)snprintf(path, sizeof(path), "%s/log.key", place.data_dir); /* a key that others may read */
    assert_int_equal(chmod(path, 0640), 0);
    store_expect_refusal(&place, "KEY_FILE");
    assert_int_equal(chmod(path, 0600), 0);

    store_new_place(&other); /* the data directory of another log: its key does not fit */
    store = store_start(&other);
    jk_store_stop(store);
    (void)snprintf(other.database, sizeof(other.database), "%s", place.database);
    store_expect_refusal(&other, "LOG_FOREIGN");
}

/* The database goes back by one entry, as an old backup would have it. */
static void roll_back(const struct store_place *place, const char *saved_head)
{
    char sql[256];

    (void)snprintf(sql, sizeof(sql),
                   "delete from log_head; insert into log_head select * from %s; "
                   "delete from entry where index >= (select size from log_head)",
                   saved_head);
    store_run_sql(place->database, sql);
}

static void test_rolled_back(void **state)
{
    struct store_place place;
    struct jk_store *store;
    struct store_client client;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    assert_int_equal(store_write_one(store, "kept"), JK_OK);
    store_run_sql(place.database, "create table saved as select * from log_head");
    assert_int_equal(store_write_one(store, "lost"), JK_OK);
    store_run_sql(place.database,
                  "create table newest as select * from log_head; create table newest_entry as select * from entry");
    roll_back(&place, "saved");
    store_client_init(&client, "after"); /* while it runs: refuses to write, goes on reading */
    assert_int_equal(store_client_run(&client, store), JK_UNAVAILABLE);
    assert_string_equal(client.error.reason, "LOG_ROLLED_BACK");
    store_client_done(&client);
    assert_true(store_has_publisher(store, "lost"));
    jk_store_stop(store);
    store_expect_refusal(&place, "LOG_ROLLED_BACK"); /* and at the next start */

    store_run_sql(place.database, "delete from log_head; insert into log_head select * from newest; "
                                  "insert into entry select * from newest_entry on conflict do nothing");
    store = store_start(&place); /* the newer backup came back */
    assert_true(store_has_publisher(store, "lost"));
    assert_int_equal(store_write_one(store, "after"), JK_OK);
    store_check_log(store);
    jk_store_stop(store);
}

/* Another line of the same length and further: only the guard copy's root can tell. */
static void test_other_line(void **state)
{
    struct store_place place, twin;
    struct jk_store *store;
    char command[400];

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    store_run_sql(place.database, "create table saved as select * from log_head");
    store_new_sibling(&place, &twin);
    assert_int_equal(store_write_one(store, "first-line"), JK_OK);
    jk_store_stop(store);
    roll_back(&place, "saved");
    store = store_start(&twin); /* its guard copy does not exist yet: it cannot know, and writes on */
    assert_int_equal(store_write_one(store, "second-line"), JK_OK);
    assert_int_equal(store_write_one(store, "third-line"), JK_OK);
    jk_store_stop(store);
    store_expect_refusal(&place, "LOG_DIVERGED");
    (void)snprintf(command, sizeof(command), "rm %s/checkpoint.guard", place.data_dir);
    assert_int_equal(system(command), 0);
    store_expect_refusal(&place, "LOG_DIVERGED"); /* what was published tells, too */
    (void)snprintf(command, sizeof(command), "rm -r %s/public", place.data_dir);
    assert_int_equal(system(command), 0);
    store = store_start(&place);
    jk_store_stop(store);
}

static void test_guard_behind(void **state)
{
    struct store_place place;
    struct jk_store *store;
    char command[500];

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    assert_int_equal(store_write_one(store, "one"), JK_OK);
    (void)snprintf(command, sizeof(command), "cp %s/checkpoint.guard %s/older", place.data_dir, place.data_dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(store_write_one(store, "two"), JK_OK);
    jk_store_stop(store);
    (void)snprintf(command, sizeof(command), "cd %s && cp checkpoint.guard newer && cp older checkpoint.guard",
                   place.data_dir);
    assert_int_equal(system(command), 0);
    store = store_start(&place); /* killed between COMMIT and the guard copy: repaired */
    jk_store_stop(store);
    (void)snprintf(command, sizeof(command), "cd %s && ! cmp -s older checkpoint.guard", place.data_dir);
    assert_int_equal(system(command), 0);
}

static void test_schema(void **state)
{
    struct jk_store_options options = {.readers = 1, .batch_max = 1, .origin = "log.test/jokbo"};
    struct store_place place;
    struct jk_store *store = NULL;
    struct jk_error error;

    (void)state;
    store_new_place(&place);
    options.database = place.database;
    options.data_dir = place.data_dir;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_store_start(&options, &store, &error), JK_FAILED_PRECONDITION);
    assert_string_equal(error.reason, "SCHEMA_OLDER");
    jk_store_stop(store_start(&place));
    jk_error_init(&error, NULL);
    assert_int_equal(jk_store_start(&options, &store, &error), JK_OK); /* now it need not migrate */
    jk_store_stop(store);
    store_run_sql(place.database, "update schema_migration set checksum = 'other'");
    store_expect_refusal(&place, "SCHEMA_CHANGED");
    store_run_sql(place.database, "insert into schema_migration (version, name, checksum) values (9999, 'later', '')");
    store_expect_refusal(&place, "SCHEMA_NEWER");
}

/* What versions before named before it was recorded, and then did not record, was kept for ever. */
static void test_bytes_of_no_record(void **state)
{
    struct store_place place;
    struct jk_error error;

    (void)state;
    store_new_place(&place);
    jk_store_stop(store_start(&place));
    store_run_sql(
        place.database,
        "drop table blob_day, hub_record, hub_bundle, weighed_manifest; drop sequence weighed_manifest_number");
    store_run_sql(place.database, "delete from schema_migration where version >= 3");
    store_run_sql(place.database, "insert into blob_chunk select n, 0, decode(repeat('0' || n, 32), 'hex'), '', "
                                  "now() - interval '1 hour' * hours from (values (1, 25), (2, 25), (3, 25), (4, 23)) "
                                  "as chunk (n, hours)");
    store_run_sql(place.database, "insert into record values ('blob/' || repeat('01', 32), '{\"size\": 0}', 1), "
                                  "('blob/' || repeat('02', 32), '{\"size\": 0, \"state\": \"withdrawn\"}', 2)");
    jk_error_init(&error, NULL);
    if (jk_store_migrate(place.database, NULL, &error) != JK_OK) fail_msg("%s", error.message);
    assert_int_equal(store_ask_sql(place.database, "select sum(upload) from blob_chunk where digest is not null"),
                     1 + 4);
    assert_int_equal(store_ask_sql(place.database, "select count(*) from blob_chunk"),
                     4); /* they go as unfinished ones do */
}

static void test_options(void **state)
{
    struct jk_store_options options = {.readers = 33, .batch_max = 1};
    struct jk_store *store = NULL;
    struct jk_error error;

    (void)state;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_store_start(&options, &store, &error), JK_INVALID_ARGUMENT);
    options = (struct jk_store_options){.readers = 1, .batch_max = JK_BATCH_MAX + 1};
    jk_error_init(&error, NULL);
    assert_int_equal(jk_store_start(&options, &store, &error), JK_INVALID_ARGUMENT);
    assert_null(store);
}

static void test_prune(void **state)
{
    struct jk_conn plain;
    struct store_place place;
    struct jk_error error;

    (void)state;
    store_new_place(&place);
    jk_store_stop(store_start(&place));
    store_run_sql(
        place.database,
        "insert into batch select gen_random_uuid(), 1, now() - interval '25 hours' from generate_series(1, 10001)");
    store_run_sql(place.database, "insert into batch select gen_random_uuid(), 1, now() - interval '23 hours'");
    store_run_sql(place.database, "insert into reply select 1, gen_random_uuid(), decode(repeat('00', 32), 'hex'), '', "
                                  "now() - interval '1 hour' * hours from unnest(array[167, 169]) as hours");
    store_run_sql(place.database, "insert into blob_chunk select hours, 0, null, '', now() - interval '1 hour' * hours "
                                  "from unnest(array[23, 25]) as hours");
    store_run_sql(place.database, "insert into blob_day select 1, hours, 1, now() - interval '1 hour' * hours "
                                  "from unnest(array[167, 169]) as hours");
    jk_conn_init(&plain, place.database, JK_CONN_PLAIN);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_conn_up(&plain, 5000, &error), JK_OK);
    assert_true(jk_prune(&plain));
    assert_int_equal(store_ask_sql(place.database, "select count(*) from batch"), 3); /* a bounded bite */
    assert_true(jk_prune(&plain));
    assert_false(jk_prune(&plain));
    jk_conn_drop(&plain);
    assert_int_equal(store_ask_sql(place.database, "select count(*) from batch"), 2);
    assert_int_equal(store_ask_sql(place.database, "select count(*) from reply"), 1);
    assert_int_equal(store_ask_sql(place.database, "select upload from blob_chunk"), 23);
    assert_int_equal(store_ask_sql(place.database, "select day from blob_day"), 167);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_dies),
        cmocka_unit_test(test_cluster_adopted),
        cmocka_unit_test(test_cluster_in_use),
        cmocka_unit_test(test_cluster_out_of_reach),
        cmocka_unit_test(test_cluster_restarts),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_rolled_back),
        cmocka_unit_test(test_other_line),
        cmocka_unit_test(test_guard_behind),
        cmocka_unit_test(test_schema),
        cmocka_unit_test(test_bytes_of_no_record),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_prune),
    };

    return cmocka_run_group_tests(tests, store_set_up, store_tear_down);
}
