/* Does a server get on with its work when another one is frozen in the middle of a pipeline, with the log's head
 * locked, and does it leave everybody alone who only takes long? The sessions of the frozen ones are made here, by
 * hand: what they have sent is what a server stopped between two messages has sent. */
#include "support/store_fixture.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/metrics.h"

#define LOCK "select size from log_head for update"

/* Sent, and nothing read: no sync, so the session waits for more of its pipeline. */
static PGconn *freeze(const char *database, const char *const *statements)
{
    PGconn *pg = PQconnectdb(database);

    assert_int_equal(PQstatus(pg), CONNECTION_OK);
    assert_int_equal(PQenterPipelineMode(pg), 1);
    for (; *statements; statements++)
        assert_int_equal(PQsendQueryParams(pg, *statements, 0, NULL, NULL, NULL, NULL, 0), 1);
    assert_int_equal(PQflush(pg), 0);
    return pg;
}

/* Is the session's state, as PostgreSQL shows it, the one that is meant? */
static void expect_state(const struct store_place *place, const PGconn *pg, const char *state, const char *event)
{
    char sql[300];

    (void)snprintf(sql, sizeof(sql),
                   "select count(*) from pg_stat_activity where pid = %d and state = '%s' and wait_event = '%s'",
                   PQbackendPID(pg), state, event);
    for (int i = 0; i < 500 && store_ask_sql(place->database, sql) == 0; i++)
        usleep(10000);
    assert_int_equal(store_ask_sql(place->database, sql), 1);
}

static bool is_alive(const struct store_place *place, const PGconn *pg)
{
    char sql[120];

    (void)snprintf(sql, sizeof(sql), "select count(*) from pg_stat_activity where pid = %d", PQbackendPID(pg));
    return store_ask_sql(place->database, sql) == 1;
}

/* A session that ends gives its locks back first, and is listed for a moment more. */
static bool is_ended(const struct store_place *place, const PGconn *pg)
{
    for (int tries = 0; tries < 250; tries++) {
        if (!is_alive(place, pg)) return true;
        usleep(20000);
    }
    return false;
}

/* As another word of the connection string, which wins. */
static void as_role(const struct store_place *place, const char *role, char out_database[500])
{
    (void)snprintf(out_database, 500, "%s user=%s", place->database, role);
}

struct scene {
    const char *statements[5];
    const char *event;   /* what the session waits for */
    const char *role;    /* the session's; NULL: the store's */
    const char *prepare; /* SQL, as the superuser */
    bool may_write;      /* the write goes well */
    bool ended;          /* the session is */
    struct store_place place;
    struct jk_store *store;
    struct store_client client;
    PGconn *frozen;
};

/* A store with the rights that a server has, and no more. */
static struct jk_store *start_restricted(struct scene *scene)
{
    struct jk_store *store = NULL;
    struct jk_error error;
    char database[500];
    struct jk_store_options options = {.database = database,
                                       .data_dir = scene->place.data_dir,
                                       .origin = "log.test/jokbo",
                                       .purpose = "registry",
                                       .readers = 2,
                                       .batch_max = JK_BATCH_MAX};

    jk_error_init(&error, NULL);
    if (jk_store_migrate(scene->place.database, JK_EMBEDDED_SERVER, &error) != JK_OK) fail_msg("%s", error.message);
    as_role(&scene->place, JK_EMBEDDED_SERVER, database);
    if (jk_store_start(&options, &store, &error) != JK_OK) fail_msg("%s", error.message);
    return store;
}

static void begin_scene(struct scene *scene)
{
    char database[500];

    store_new_place(&scene->place);
    scene->store = start_restricted(scene);
    if (scene->prepare) store_run_sql(scene->place.database, scene->prepare);
    as_role(&scene->place, scene->role ? scene->role : JK_EMBEDDED_SERVER, database);
    scene->frozen = freeze(database, scene->statements);
    expect_state(&scene->place, scene->frozen, "active", scene->event);
    store_client_init(&scene->client, "goes-on");
    assert_true(jk_store_write(scene->store, &scene->client.write));
}

static void end_scene(struct scene *scene)
{
    enum jk_status outcome = store_client_wait(&scene->client);

    if (scene->may_write && outcome != JK_OK) fail_msg("%s: %s", scene->statements[1], scene->client.error.message);
    if (!scene->may_write) {
        assert_int_equal(outcome, JK_UNAVAILABLE);
        assert_string_equal(scene->client.error.reason, "LOCK_TIMEOUT");
    }
    assert_true(scene->ended ? is_ended(&scene->place, scene->frozen) : is_alive(&scene->place, scene->frozen));
    PQfinish(scene->frozen);
    store_client_done(&scene->client);
    assert_int_equal(store_write_one(scene->store, "and-on"), JK_OK);
    (void)store_check_log(scene->store);
    jk_store_stop(scene->store);
}

/* Each has a database of its own; they wait at the same time. */
static void test_scenes(void **state)
{
    struct scene scenes[] = {
        {.statements = {"begin", LOCK}, .event = "ClientRead", .may_write = true, .ended = true},
        /* stopped while it should have read */
        {.statements = {"begin", LOCK, "select repeat('x', 1000000) from generate_series(1, 50)"},
         .event = "ClientWrite",
         .may_write = true,
         .ended = true},
        /* works: the write waits for it, and it is not ended though it takes longer than three time-outs */
        {.statements = {"begin", LOCK, "select pg_sleep(9)", "commit"}, .event = "PgSleep", .may_write = true},
        {.statements = {"begin", LOCK},
         .event = "ClientRead",
         .role = JK_EMBEDDED_OWNER,
         .prepare = "grant select, update on log_head to " JK_EMBEDDED_OWNER,
         .may_write = false},
        /* the function was kept from our role */
        {.statements = {"begin", LOCK},
         .event = "ClientRead",
         .prepare = "revoke execute on function pg_terminate_backend from public",
         .may_write = false},
    };
    size_t count = sizeof(scenes) / sizeof(scenes[0]);
    uint64_t before = jk_metrics_read(JK_METRIC_SESSIONS_ENDED, 0, 0);

    (void)state;
    for (size_t i = 0; i < count; i++)
        begin_scene(&scenes[i]);
    for (size_t i = 0; i < count; i++)
        end_scene(&scenes[i]);
    assert_int_equal(jk_metrics_read(JK_METRIC_SESSIONS_ENDED, 0, 0), before + 2);
}

/* Two servers wait, one behind the other: whichever stands behind sees through to the end of the chain. */
static void test_two_wait(void **state)
{
    static const char *const lock[] = {"begin", LOCK, NULL};
    struct store_client clients[2];
    struct store_place first, second;
    struct jk_store *stores[2];
    int64_t began_ms, took_ms;
    PGconn *frozen;

    (void)state;
    store_new_place(&first);
    stores[0] = store_start(&first);
    store_new_sibling(&first, &second);
    stores[1] = store_start(&second);
    frozen = freeze(first.database, lock);
    expect_state(&first, frozen, "active", "ClientRead");
    began_ms = jk_monotonic_ms();
    for (int i = 0; i < 2; i++) {
        store_client_init(&clients[i], i == 0 ? "one-of-two" : "two-of-two");
        assert_true(jk_store_write(stores[i], &clients[i].write));
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_client_wait(&clients[i]), JK_OK);
        store_client_done(&clients[i]);
    }
    took_ms = jk_monotonic_ms() - began_ms;
    print_message("two servers waited %lld ms\n", (long long)took_ms);
    assert_true(took_ms >= 4000 && took_ms < 14000);
    assert_true(is_ended(&first, frozen));
    PQfinish(frozen);
    (void)store_check_log(stores[0]);
    jk_store_stop(stores[1]);
    jk_store_stop(stores[0]);
}

static void ask_size(struct jk_reader *reader, void *context)
{
    int64_t deadline_ms = jk_monotonic_ms() + 18000;
    uint64_t size;

    do {
        struct jk_error error;

        jk_error_init(&error, NULL);
        jk_reader_deadline(reader, deadline_ms);
        *(enum jk_status *)context = jk_reader_size(reader, &size, &error);
    } while (*(enum jk_status *)context == JK_UNAVAILABLE && jk_monotonic_ms() < deadline_ms);
}

/* Nobody writes here: a reader that must know the settled size waits as well. */
static void test_only_a_reader_waits(void **state)
{
    static const char *const lock[] = {"begin", LOCK, NULL};
    enum jk_status status = JK_UNKNOWN;
    struct store_place place;
    struct jk_store *store;
    PGconn *frozen;

    (void)state;
    store_new_place(&place);
    store = store_start(&place);
    frozen = freeze(place.database, lock);
    expect_state(&place, frozen, "active", "ClientRead");
    store_on_reader(store, ask_size, &status);
    assert_int_equal(status, JK_OK);
    assert_true(is_ended(&place, frozen));
    PQfinish(frozen);
    jk_store_stop(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenes),
        cmocka_unit_test(test_two_wait),
        cmocka_unit_test(test_only_a_reader_waits),
    };

    jk_digest_setup(); /* migrations come before any store */
    return cmocka_run_group_tests(tests, store_set_up, store_tear_down);
}
