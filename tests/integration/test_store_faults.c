/* Does what was acknowledged stay, once and in order, whatever dies in between, and with several servers on one
 * database? */
#include "support/store_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define DEATH_WAIT_MS 60000

/* The server process is killed; another takes over the same data directory, and every acknowledged write is there. */
static void serve_until_killed(const struct store_place *place, int fd)
{
    struct jk_store *store = store_start(place);
    char name[32];

    for (int i = 0;; i++) {
        (void)snprintf(name, sizeof(name), "k%d", i);
        if (store_write_one(store, name) == JK_OK && write(fd, &i, sizeof(i)) != sizeof(i)) _exit(1);
    }
}

static void test_server_killed(void **state)
{
    struct store_place place;
    struct jk_store *store;
    int fds[2], last = -1, got, state_of;
    char name[32];
    pid_t pid;

    (void)state;
    store_new_place(&place);
    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (pid == 0) serve_until_killed(&place, fds[1]);
    close(fds[1]);
    while (read(fds[0], &got, sizeof(got)) == sizeof(got)) {
        last = got;
        if (last == 200) (void)kill(pid, SIGKILL);
    }
    assert_int_equal(waitpid(pid, &state_of, 0), pid);
    close(fds[0]);
    assert_true(last >= 200);
    store = store_start(&place);
    for (int i = 0; i <= last; i++) {
        (void)snprintf(name, sizeof(name), "k%d", i);
        assert_true(store_has_publisher(store, name));
    }
    store_check_log(store);
    jk_store_stop(store);
}

#define BLOBS_EACH 200

/* Blobs that come with a request, and as many records; the number in each of the request. */
struct blobs_write {
    struct jk_own_write own; /* first */
    int number;
};

static enum jk_status decide_blobs(struct jk_write *write, struct jk_turn *turn)
{
    struct blobs_write *blobs = (struct blobs_write *)write;

    for (int i = 0; i < BLOBS_EACH; i++) {
        char *text = jk_arena_printf(turn->arena, "%d of %d", i, blobs->number);
        struct jk_blob_facts facts = {
            .digest = jk_digest_of(jk_span_of(text)), .size = strlen(text), .created_us = turn->time_us};
        struct jk_record record;

        JK_TRY(jk_turn_blob_store(turn, &facts.digest, jk_span_of(text), write->error));
        assert_true(jk_record_blob(turn->arena, &facts, &record));
        JK_TRY(jk_turn_record(turn, &record, write->error));
    }
    return JK_OK;
}

static void store_until_killed(const struct store_place *place, int fd)
{
    struct jk_store *store = store_start(place);

    for (int i = 0;; i++) {
        struct blobs_write blobs = {.own.write.decide = decide_blobs, .number = i};
        struct jk_error error;

        jk_error_init(&error, NULL);
        if (jk_store_write_own(store, &blobs.own, &error) == JK_OK && write(fd, &i, sizeof(i)) != sizeof(i)) _exit(1);
    }
}

/* Whatever moment the server dies at: a blob's bytes are there if and only if its record is, all of a request or none. */
static void test_server_killed_among_blobs(void **state)
{
    struct store_place place;
    int fds[2], last = -1, got, state_of;
    pid_t pid;

    (void)state;
    store_new_place(&place);
    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (pid == 0) store_until_killed(&place, fds[1]);
    close(fds[1]);
    while (read(fds[0], &got, sizeof(got)) == sizeof(got)) {
        last = got;
        if (last == 20) (void)kill(pid, SIGKILL);
    }
    assert_int_equal(waitpid(pid, &state_of, 0), pid);
    close(fds[0]);
    jk_store_stop(store_start(&place)); /* waits until a commit that was under way is over */
    long records = store_ask_sql(place.database, "select count(*) from record where key like 'blob/%'");
    assert_true(records >= (last + 1L) * BLOBS_EACH);
    assert_int_equal(records % BLOBS_EACH, 0);
    assert_int_equal(store_ask_sql(place.database, "select count(*) from hub_record join record "
                                                   "on key = 'blob/' || encode(digest, 'hex') "
                                                   "where digest = sha256(bytes)"),
                     records);
    assert_int_equal(store_ask_sql(place.database, "select count(*) from hub_record"), records);
}

static void compare_books(struct jk_store *one, struct jk_store *two)
{
    struct jk_view a, b;

    assert_true(jk_store_wait_size(two, store_size_of(one), jk_monotonic_ms() + 10000));
    assert_true(jk_store_wait_size(one, store_size_of(two), jk_monotonic_ms() + 10000));
    jk_store_view(one, &a);
    jk_store_view(two, &b);
    assert_int_equal(a.size, b.size);
    assert_int_equal(jk_book_publishers(a.book, a.size), jk_book_publishers(b.book, b.size));
    for (uint32_t i = 0; i < jk_book_publishers(a.book, a.size); i++) {
        const struct jk_publisher *left = jk_book_publisher(a.book, i), *right = jk_book_publisher(b.book, i);

        assert_true(jk_span_equal(left->name, right->name));
        assert_int_equal(left->created, right->created);
    }
    jk_store_view_end(two);
    jk_store_view_end(one);
}

static void test_two_servers(void **state)
{
    struct store_loader left[8], right[8];
    struct store_place first, second;
    struct jk_store *one, *two;
    struct store_client client;
    uint32_t before;

    (void)state;
    store_new_place(&first);
    one = store_start(&first);
    store_new_sibling(&first, &second);
    two = store_start(&second);
    before = store_size_of(one);
    store_begin_load(left, 8, one, "left", 125, true);
    store_begin_load(right, 8, two, "right", 125, true);
    assert_int_equal(store_end_load(left, 8) + store_end_load(right, 8), 2000);
    compare_books(one, two);
    assert_int_equal(store_check_log(one), before + 2000);
    assert_int_equal(store_check_log(two), before + 2000);
    assert_int_equal(store_write_one(two, "left-0-0"), JK_ALREADY_EXISTS);

    store_client_init(&client, "account"); /* a record and nothing else travels as well */
    client.count = 0;
    client.with_record = true;
    assert_int_equal(store_client_run(&client, one), JK_OK);
    store_client_done(&client);
    for (int i = 0; i < 500 && jk_directory_next_id(jk_store_directory(two), "account") != 2; i++)
        usleep(10000);
    assert_int_equal(jk_directory_next_id(jk_store_directory(two), "account"), 2);

    store_client_init(&client, "again"); /* a reply stored by one server is given by the other */
    store_client_request(&client, 5, 5, 5);
    assert_int_equal(store_client_run(&client, one), JK_OK);
    store_client_done(&client);
    store_client_init(&client, "again");
    store_client_request(&client, 5, 5, 5);
    assert_int_equal(store_client_run(&client, two), JK_OK);
    assert_true(client.write.replayed);
    store_client_done(&client);
    jk_store_stop(one);
    jk_store_stop(two);
}

/* Backends die one by one in mid-load: each time the outcome is found out. */
static void test_connections_die(void **state)
{
    struct store_loader loaders[8];
    struct store_place place;
    struct jk_store *store;
    char sql[200];
    uint32_t before;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    before = store_size_of(store);
    store_begin_load(loaders, 8, store, "cut", 200, true);
    (void)snprintf(sql, sizeof(sql),
                   "select count(pg_terminate_backend(pid)) from pg_stat_activity "
                   "where datname = current_database() and pid <> pg_backend_pid()");
    for (int i = 0; i < 15; i++) {
        usleep(40000);
        store_run_sql(place.database, sql);
    }
    (void)store_end_load(loaders, 8);
    assert_int_equal(store_check_log(store), before + 8 * 200); /* each name once, none twice, none lost */
    jk_store_stop(store);
}

static void kill_postmaster(void)
{
    char path[200], line[32] = {0};
    int fd;

    (void)snprintf(path, sizeof(path), "%s/cluster/postgresql/postmaster.pid", store_top);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && read(fd, line, sizeof(line) - 1) > 0);
    close(fd);
    assert_true(atol(line) > 1);
    assert_int_equal(kill((pid_t)atol(line), SIGKILL), 0);
}

static void note_health(void *context, bool healthy)
{
    _Atomic int *changes = context;

    changes[healthy]++;
}

/* Writes until one meets the dead database, however soon the load is over, and then until one is taken again. */
static void write_through_death(struct jk_store *store, const _Atomic int *failures)
{
    int64_t until_ms = jk_monotonic_ms() + DEATH_WAIT_MS;
    bool met = false, taken = false;
    char name[64];

    for (int i = 0; !met || !taken; i++) {
        if (jk_monotonic_ms() > until_ms) fail_msg("%s", met ? "no write is taken again" : "no write has failed");
        met = *failures > 0;
        (void)snprintf(name, sizeof(name), "through-%d", i);
        taken = store_write_one(store, name) == JK_OK;
        if (!taken) usleep(20000);
    }
}

static void test_database_dies(void **state)
{
    struct store_loader loaders[16];
    struct store_place place;
    struct jk_store *store;
    _Atomic int changes[2] = {0};
    char name[64];
    int acknowledged;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    jk_store_on_health(store, note_health, changes);
    store_begin_load(loaders, 16, store, "die", 150, true);
    usleep(150000);
    kill_postmaster();
    write_through_death(store, &changes[false]);
    acknowledged = store_end_load(loaders, 16);
    assert_true(acknowledged >= 16 * 149); /* the unlucky batch may end in ALREADY_EXISTS at its retry */
    store_check_log(store);
    for (int i = 0; i < 16; i++) {
        for (int j = 0; j < 150; j++) {
            (void)snprintf(name, sizeof(name), "die-%d-%d", i, j);
            assert_true(store_has_publisher(store, name));
        }
    }
    assert_true(jk_store_is_healthy(store));
    assert_true(changes[false] >= 1 && changes[false] == changes[true]);
    jk_store_stop(store);
}

struct racer {
    pthread_t thread;
    struct store_place place;
    struct jk_store *store;
    struct jk_error error;
    enum jk_status status;
};

static void *race(void *context)
{
    struct racer *racer = context;

    racer->status = store_try_start(&racer->place, &racer->store, &racer->error);
    return NULL;
}

/* Of servers that meet an empty database, each with a key of its own, one makes the log. */
static void test_race_for_new_log(void **state)
{
    struct racer racers[4];
    struct store_place place;
    char path[200];
    int winners = 0;

    (void)state;
    store_new_place(&place);
    for (int i = 0; i < 4; i++) {
        char name[32];

        memset(&racers[i], 0, sizeof(racers[i]));
        racers[i].place = place;
        (void)snprintf(name, sizeof(name), "racer%d-", i);
        store_new_folder(&racers[i].place, name);
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(racers[i].thread, NULL);
    for (int i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof(path), "%s/log.key", racers[i].place.data_dir);
        if (racers[i].status == JK_OK) {
            winners++;
            store_check_log(racers[i].store);
            jk_store_stop(racers[i].store);
            continue;
        }
        assert_string_equal(racers[i].error.reason, "KEY_FILE_ABSENT");
        assert_int_equal(access(path, F_OK), -1); /* no key without a log is left behind */
    }
    assert_int_equal(winners, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_killed), cmocka_unit_test(test_server_killed_among_blobs),
        cmocka_unit_test(test_two_servers),   cmocka_unit_test(test_connections_die),
        cmocka_unit_test(test_database_dies), cmocka_unit_test(test_race_for_new_log),
    };

    return cmocka_run_group_tests(tests, store_set_up, store_tear_down);
}
