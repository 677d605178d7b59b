/* Stores whose three clocks a test sets: the database's, this server's, and the one since boot. What a step costs in a
 * batch, while nobody writes, at a start, beside a second server; whose word ends a stop; signs of life and rests.
 * Which step is what is unit/test_clockwatch.c's; here it is whether the store asks, obeys, tells and remembers. */
#include "support/store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "book/stage.h"
#include "store/life.h"

#define SECOND  INT64_C(1000000)
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)
#define DAY     (24 * HOUR)
#define YEAR    (365 * DAY)
#define WAIT_MS 10000

static const int64_t steps[] = {10 * SECOND, -10 * SECOND, HOUR, -HOUR, DAY, -DAY, YEAR, -YEAR};
#define STEPS (sizeof steps / sizeof steps[0])

struct bench {
    struct store_place place;
    struct jk_store *store;
    int64_t database_us, real_us, boot_us; /* ahead of the machine's clocks */
    int writes;
};

static void set(struct bench *bench)
{
    store_set_clocks(&bench->place, bench->database_us, bench->real_us, bench->boot_us);
}

/* Time goes by for everybody. */
static void pass(struct bench *bench, int64_t for_us)
{
    bench->database_us += for_us;
    bench->real_us += for_us;
    bench->boot_us += for_us;
    set(bench);
}

static void step(struct bench *bench, int64_t database_us, int64_t real_us)
{
    bench->database_us += database_us;
    bench->real_us += real_us;
    set(bench);
}

static enum jk_status try_start(struct bench *bench, int64_t confirmed_us, struct jk_error *error)
{
    struct jk_store_options options = store_options(&bench->place);
    options.clocks = &store_clocks;
    options.confirmed_us = confirmed_us;
    jk_error_init(error, NULL);
    return jk_store_start(&options, &bench->store, error);
}

static void start(struct bench *bench, int64_t confirmed_us)
{
    struct jk_error error;
    if (try_start(bench, confirmed_us, &error) != JK_OK) fail_msg("%s: %s", error.reason, error.message);
}

static void stop(struct bench *bench)
{
    jk_store_stop(bench->store);
    bench->store = NULL;
}

static int64_t shown_us(const struct bench *bench)
{
    return jk_now_us() + bench->database_us;
}

static void begin(struct bench *bench)
{
    memset(bench, 0, sizeof *bench);
    store_real_ahead_us = store_boot_ahead_us = 0;
    store_new_place(&bench->place);
    store_fake_database_clock(&bench->place);
    start(bench, 0);
    assert_int_equal(store_write_one(bench->store, "first"), JK_OK);
}

/* Another write; `reason` NULL: it goes well. Out: its time. */
static int64_t write_now(struct bench *bench, const char *reason, const char *says)
{
    struct store_client client;
    char name[32];
    snprintf(name, sizeof name, "p%d", bench->writes++);
    store_client_init(&client, name);
    enum jk_status status = store_client_run(&client, bench->store);
    int64_t time_us = client.write.time_us;
    if (!reason && status != JK_OK) fail_msg("%s: %s", client.error.reason, client.error.message);
    if (reason) {
        assert_int_equal(status, JK_UNAVAILABLE);
        assert_string_equal(client.error.reason, reason);
        if (says && !strstr(client.error.message, says)) fail_msg("\"%s\" is not in: %s", says, client.error.message);
        assert_false(store_has_publisher(bench->store, name));
    }
    store_client_done(&client);
    return time_us;
}

/* ---- in a batch ---- */

/* The reason's message names all three. */
static void test_message(void **state)
{
    struct bench bench;
    char database[JK_TIME_TEXT], server[JK_TIME_TEXT];
    struct store_client client;
    (void)state;
    begin(&bench);
    step(&bench, 400 * DAY, 800 * DAY);
    store_client_init(&client, "late");
    assert_int_equal(store_client_run(&client, bench.store), JK_UNAVAILABLE);
    jk_time_format(jk_now_us() + 400 * DAY, database);
    jk_time_format(jk_now_us() + 800 * DAY, server);
    database[10] = server[10] = '\0'; /* the day */
    char *expected = strstr(client.error.message, "it should be ");
    assert_non_null(strstr(client.error.message, database));
    assert_non_null(strstr(client.error.message, server));
    assert_non_null(expected);
    jk_time_format(jk_now_us(), database);
    assert_memory_equal(expected + strlen("it should be "), database, 10);
    store_client_done(&client);
    stop(&bench);
}

static void test_database_steps(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    for (size_t i = 0; i < STEPS; i++) {
        int64_t before_us = write_now(&bench, NULL, NULL);
        step(&bench, steps[i], 0);
        write_now(&bench, "CLOCK_DISAGREES", "after they are right");
        pass(&bench, 5 * MINUTE);
        write_now(&bench, "CLOCK_DISAGREES", "after they are right");
        step(&bench, -steps[i], 0);
        write_now(&bench, "CLOCK_DISAGREES", "agree again, and writes resume in 61 s");
        pass(&bench, 61 * SECOND);
        int64_t time_us = write_now(&bench, NULL, NULL);
        assert_true(time_us > before_us && time_us < before_us + 10 * MINUTE);
    }
    store_check_log(bench.store);
    stop(&bench);
}

/* Server and database on one machine, whose clock is set: they agree, and the time since boot does not. */
static void test_both_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < STEPS; i++) {
        struct bench bench;
        begin(&bench);
        step(&bench, steps[i], steps[i]);
        write_now(&bench, "CLOCK_DISAGREES", NULL);
        write_now(&bench, "CLOCK_DISAGREES", "agree again");
        pass(&bench, 61 * SECOND);
        if (steps[i] > -MINUTE) {
            int64_t time_us = write_now(&bench, NULL, NULL); /* no stage is open */
            assert_true(llabs(time_us - shown_us(&bench)) < 10 * SECOND);
        } else {
            write_now(&bench, "CLOCK_BEHIND", "the log's last entry");
        }
        store_check_log(bench.store);
        stop(&bench);
    }
}

/* ---- while nobody writes ---- */

static void await_metric(enum jk_metric metric, uint64_t value)
{
    for (int64_t until_ms = jk_monotonic_ms() + WAIT_MS; jk_metrics_read(metric, 0, 0) != value; usleep(20000))
        if (jk_monotonic_ms() > until_ms) fail_msg("metric %d is not %d", metric, (int)value);
}

static void test_idle(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    await_metric(JK_METRIC_CLOCK_STOPPED, 0);
    uint64_t stops = jk_metrics_read(JK_METRIC_CLOCK_STOPS, 0, 0);
    step(&bench, 60 * DAY, 0);
    await_metric(JK_METRIC_CLOCK_STOPPED, 1);
    assert_int_equal(jk_metrics_read(JK_METRIC_CLOCK_STOPS, 0, 0), stops + 1);
    assert_true(jk_metrics_read(JK_METRIC_CLOCK_APART, 0, 0) > 59 * (uint64_t)DAY);
    step(&bench, -60 * DAY, 0);
    for (int i = 0; i < 4; i++) { /* the idle sequencer notices that they agree, then that a minute is over */
        usleep(1200000);
        pass(&bench, 30 * SECOND);
    }
    await_metric(JK_METRIC_CLOCK_STOPPED, 0);
    write_now(&bench, NULL, NULL);
    stop(&bench);
}

/* ---- reads ---- */

struct moment_check {
    struct jk_moment moment;
    struct jk_error error;
    enum jk_status status, size_status;
};

static void ask_moment(struct jk_reader *reader, void *context)
{
    struct moment_check *check = context;
    struct jk_error error;
    uint64_t size;
    jk_error_init(&check->error, NULL);
    jk_error_init(&error, NULL);
    check->status = jk_reader_moment(reader, &check->moment, &check->error);
    check->size_status = jk_reader_size(reader, &size, &error);
}

/* A reader's own connection finds out by itself, before the sequencer has looked. */
static void test_readers(void **state)
{
    struct moment_check check;
    struct bench bench;
    (void)state;
    begin(&bench);
    store_on_reader(bench.store, ask_moment, &check);
    assert_int_equal(check.status, JK_OK);
    assert_true(check.moment.both_us <= check.moment.now_us);
    uint64_t stops = check.moment.stops;
    step(&bench, 3 * SECOND, 0); /* within what two hosts may differ */
    store_on_reader(bench.store, ask_moment, &check);
    assert_int_equal(check.status, JK_OK);
    assert_true(check.moment.now_us - check.moment.both_us > 2 * SECOND);
    step(&bench, 60 * DAY, 60 * DAY);
    store_on_reader(bench.store, ask_moment, &check);
    assert_int_equal(check.status, JK_UNAVAILABLE);
    assert_string_equal(check.error.reason, "CLOCK_DISAGREES");
    assert_int_equal(check.size_status, JK_OK);
    write_now(&bench, "CLOCK_DISAGREES", NULL);
    step(&bench, -60 * DAY - 3 * SECOND, -60 * DAY);
    write_now(&bench, "CLOCK_DISAGREES", NULL);
    pass(&bench, 61 * SECOND);
    write_now(&bench, NULL, NULL);
    store_on_reader(bench.store, ask_moment, &check);
    assert_int_equal(check.status, JK_OK);
    assert_true(check.moment.stops > stops);
    stop(&bench);
}

/* ---- with a stage open ---- */

static enum jk_status decide_stage(struct jk_write *write, struct jk_turn *turn)
{
    struct store_client *client = (struct store_client *)write;
    struct jk_entry team = {.kind = JK_KIND_TEAM,
                            .actor = {.type = JK_ACTOR_ADMIN},
                            .team = JK_SPAN("lab"),
                            .name = JK_SPAN("Lab"),
                            .name_ko = JK_SPAN("랩"),
                            .left_us = JK_TIME_NONE};
    struct jk_entry entry = {.kind = JK_KIND_STAGE,
                             .actor = {.type = JK_ACTOR_ADMIN},
                             .stage = JK_SPAN("stage-1"),
                             .name = JK_SPAN("Stage"),
                             .name_ko = JK_SPAN("단계"),
                             .from_us = turn->time_us - HOUR,
                             .until_us = turn->time_us + 30 * DAY,
                             .disputes_us = JK_TIME_NONE,
                             .teams = JK_SPAN("lab"),
                             .evidence = JK_SPAN("invented")};
    struct jk_entry kept = {.kind = JK_KIND_POLICY, .actor = {.type = JK_ACTOR_ADMIN}};
    struct jk_text text = {0};
    struct jk_policy parsed;
    FILE *file = fopen("registry/data/policies/strict.policy", "r");
    char bytes[16384];
    assert_non_null(file);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_int_equal(jk_policy_read((struct jk_span){bytes, len}, &parsed, &client->error), JK_OK);
    jk_policy_write(&parsed, &text);
    kept.policy = jk_text_span(&text);
    entry.digest = jk_digest_of(kept.policy);
    enum jk_status status = jk_turn_append(turn, &team, NULL, &client->error);
    if (status == JK_OK) status = jk_turn_append(turn, &kept, NULL, &client->error);
    if (status == JK_OK) status = jk_turn_append(turn, &entry, NULL, &client->error);
    jk_text_done(&text);
    return status;
}

static void open_stage(struct bench *bench)
{
    struct store_client client;
    store_client_init(&client, "stage");
    client.write.decide = decide_stage;
    if (store_client_run(&client, bench->store) != JK_OK) fail_msg("%s", client.error.message);
    store_client_done(&client);
}

static void stop_file(const struct bench *bench, char out_path[200])
{
    snprintf(out_path, 200, "%s/clock.stop", bench->place.data_dir);
}

static bool is_remembered(const struct bench *bench)
{
    char path[200];
    stop_file(bench, path);
    return access(path, F_OK) == 0;
}

/* The attack: 60 days for three seconds with a stage open that is due in 30. A minute later all goes on. */
static void test_sixty_days(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    open_stage(&bench);
    step(&bench, 60 * DAY, 0);
    write_now(&bench, "CLOCK_DISAGREES", NULL);
    assert_true(is_remembered(&bench));
    pass(&bench, 3 * SECOND);
    step(&bench, -60 * DAY, 0);
    write_now(&bench, "CLOCK_DISAGREES", "agree again");
    pass(&bench, 61 * SECOND);
    assert_true(write_now(&bench, NULL, NULL) < shown_us(&bench) + MINUTE);
    assert_false(is_remembered(&bench));
    stop(&bench);
}

static void make_unconfirmed(struct bench *bench, int64_t step_us)
{
    begin(bench);
    open_stage(bench);
    step(bench, step_us, step_us);
    write_now(bench, "CLOCK_DISAGREES", NULL);
    write_now(bench, "CLOCK_DISAGREES", "agree again");
    pass(bench, 61 * SECOND);
    write_now(bench, "CLOCK_DISAGREES", "jokbod --confirm-clock");
    assert_true(is_remembered(bench));
    pass(bench, DAY);
    write_now(bench, "CLOCK_DISAGREES", "jokbod --confirm-clock");
}

/* A witness says so. One that knows another time does not. */
static void test_witness(void **state)
{
    struct bench bench;
    (void)state;
    make_unconfirmed(&bench, HOUR);
    assert_true(jk_store_wants_witness(bench.store));
    jk_store_witnessed(bench.store, shown_us(&bench) - HOUR);
    write_now(&bench, "CLOCK_DISAGREES", "jokbod --confirm-clock");
    jk_store_witnessed(bench.store, shown_us(&bench));
    write_now(&bench, NULL, NULL);
    assert_false(jk_store_wants_witness(bench.store));
    assert_false(is_remembered(&bench));
    stop(&bench);
}

/* An operator says so, by a new start: a start alone does not help. */
static void test_operator(void **state)
{
    struct jk_error error;
    struct bench bench;
    (void)state;
    for (int i = 0; i < 2; i++) {
        make_unconfirmed(&bench, i ? -2 * DAY : DAY);
        stop(&bench);
        start(&bench, 0);
        write_now(&bench, "CLOCK_DISAGREES", "agree again");
        pass(&bench, 61 * SECOND);
        write_now(&bench, "CLOCK_DISAGREES", "jokbod --confirm-clock");
        stop(&bench);
        assert_int_equal(try_start(&bench, shown_us(&bench) - 6 * MINUTE, &error), JK_INVALID_ARGUMENT);
        assert_string_equal(error.reason, "CONFIRM_CLOCK");
        assert_true(is_remembered(&bench));
        int64_t word_us = shown_us(&bench) + 4 * MINUTE;
        start(&bench, word_us);
        assert_false(is_remembered(&bench));
        if (i)
            write_now(&bench, "CLOCK_BEHIND", "last entry"); /* the log is a day ahead, which no word changes */
        else
            write_now(&bench, NULL, NULL);
        /* it confirmed once: a later stop is none of its business */
        step(&bench, DAY, DAY);
        write_now(&bench, "CLOCK_DISAGREES", NULL);
        write_now(&bench, "CLOCK_DISAGREES", NULL);
        stop(&bench);
        assert_int_equal(try_start(&bench, word_us, &error), JK_INVALID_ARGUMENT);
        start(&bench, 0);
        write_now(&bench, "CLOCK_DISAGREES", NULL);
        stop(&bench);
    }
}

/* Nothing to confirm: the word is ignored, however wrong, so that one left behind in a script does no harm. */
static void test_needless_word(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    stop(&bench);
    start(&bench, SECOND);
    write_now(&bench, NULL, NULL);
    stop(&bench);
}

/* The clock is set right instead: the baseline of before is still known, on the same boot. */
static void test_mended_over_a_start(void **state)
{
    struct bench bench;
    (void)state;
    make_unconfirmed(&bench, DAY);
    stop(&bench);
    step(&bench, -DAY, -DAY);
    start(&bench, 0);
    write_now(&bench, "CLOCK_DISAGREES", "agree again");
    pass(&bench, 61 * SECOND);
    write_now(&bench, NULL, NULL);
    assert_false(is_remembered(&bench));
    stop(&bench);
}

/* A damaged file is a large step that nothing is known of. */
static void test_damaged_memory(void **state)
{
    static const char *const texts[] = {"", "jokbo-clock-stop/v1 boot=x\n",
                                        "jokbo-clock-stop/v1 boot=- database_us=1 "
                                        "real_us=1 boot_us=1 step_us=7200000000\n"};
    struct bench bench;
    char path[200];
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        begin(&bench);
        open_stage(&bench);
        stop(&bench);
        stop_file(&bench, path);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(texts[i], file);
        fclose(file);
        start(&bench, 0);
        write_now(&bench, "CLOCK_DISAGREES", "it should be unknown");
        pass(&bench, 61 * SECOND);
        write_now(&bench, "CLOCK_DISAGREES", "jokbod --confirm-clock");
        stop(&bench);
        start(&bench, shown_us(&bench));
        write_now(&bench, NULL, NULL);
        stop(&bench);
    }
}

/* ---- at a start ---- */

static void test_start(void **state)
{
    struct bench bench;
    (void)state;
    for (size_t i = 0; i < STEPS; i++) {
        begin(&bench);
        stop(&bench);
        step(&bench, steps[i], 0);
        start(&bench, 0); /* reads go on */
        assert_true(store_has_publisher(bench.store, "first"));
        write_now(&bench, "CLOCK_DISAGREES", NULL);
        step(&bench, -steps[i], 0);
        write_now(&bench, "CLOCK_DISAGREES", "agree again");
        pass(&bench, 61 * SECOND);
        write_now(&bench, NULL, NULL);
        stop(&bench);
    }
}

/* A log's first times are for ever: it is not made while the clocks disagree. */
static void test_new_log(void **state)
{
    struct jk_error error;
    struct bench bench;
    (void)state;
    memset(&bench, 0, sizeof bench);
    store_real_ahead_us = store_boot_ahead_us = 0;
    store_new_place(&bench.place);
    store_fake_database_clock(&bench.place);
    step(&bench, 10 * SECOND, 0);
    assert_int_equal(try_start(&bench, 0, &error), JK_FAILED_PRECONDITION);
    assert_string_equal(error.reason, "CLOCK_DISAGREES");
    assert_int_equal(store_ask_sql(bench.place.database, "select count(*) from entry"), 0);
    step(&bench, -10 * SECOND, 0);
    start(&bench, 0);
    write_now(&bench, NULL, NULL);
    stop(&bench);
}

/* ---- two servers, two hosts ---- */

static _Atomic int64_t sibling_ahead_us;

static int64_t sibling_real_us(void)
{
    return jk_now_us() + sibling_ahead_us;
}

/* One server's own clock is wrong: it alone stops, and reads what the other writes. */
static void test_two_servers(void **state)
{
    static const struct jk_clocks clocks = {jk_boot_us, sibling_real_us};
    struct jk_store_options options;
    struct store_client client;
    struct store_place place;
    struct jk_store *sibling;
    struct jk_error error;
    struct bench bench;
    (void)state;
    begin(&bench);
    store_new_sibling(&bench.place, &place);
    options = store_options(&place);
    options.clocks = &clocks;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_store_start(&options, &sibling, &error), JK_OK);
    assert_int_equal(store_write_one(sibling, "sibling"), JK_OK);
    sibling_ahead_us = DAY;
    store_client_init(&client, "refused");
    assert_int_equal(store_client_run(&client, sibling), JK_UNAVAILABLE);
    assert_string_equal(client.error.reason, "CLOCK_DISAGREES");
    store_client_done(&client);
    write_now(&bench, NULL, NULL);
    assert_true(jk_store_wait_size(sibling, store_size_of(bench.store), jk_monotonic_ms() + WAIT_MS));
    sibling_ahead_us = 0;
    step(&bench, 10 * SECOND, 0); /* the database's is wrong: both stop */
    write_now(&bench, "CLOCK_DISAGREES", NULL);
    store_client_init(&client, "refused-too");
    assert_int_equal(store_client_run(&client, sibling), JK_UNAVAILABLE);
    assert_string_equal(client.error.reason, "CLOCK_DISAGREES");
    store_client_done(&client);
    jk_store_stop(sibling);
    stop(&bench);
}

/* At once for whoever looks: who reads the clock reads the head first, so no old connection sees the new clock, and no
 * new one the old. And no old one is left that might end in the middle of a commit. */
#define HOST_CHANGES                                                                                                   \
    "begin; lock table public.log_head in access exclusive mode; update fake.ahead set us = us - 4000000; "            \
    "select pg_terminate_backend(pid, 10000) from pg_stat_activity "                                                   \
    "where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'; commit"

/* Every connection is cut, and the next ones lead to a host whose clock is 4 s behind: nothing has stepped. */
static void test_other_host(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    write_now(&bench, NULL, NULL);
    store_run_sql(bench.place.database, HOST_CHANGES);
    bench.database_us = -4 * SECOND;
    write_now(&bench, NULL, NULL);
    store_check_log(bench.store);
    stop(&bench);
}

/* ---- signs of life ---- */

static struct jk_life life_of(const struct bench *bench)
{
    struct jk_life life;
    (void)jk_directory_life(jk_store_directory(bench->store), &life);
    return life;
}

static struct jk_life await_life(const struct bench *bench, int64_t from_us)
{
    for (int64_t until_ms = jk_monotonic_ms() + WAIT_MS; life_of(bench).seen_us < from_us; usleep(20000))
        if (jk_monotonic_ms() > until_ms) fail_msg("no sign of life");
    return life_of(bench);
}

/* Idle for three days, hour by hour: no entry, no rest. Then off for a day: a rest, whoever writes first. */
static void test_life(void **state)
{
    struct bench bench;
    (void)state;
    begin(&bench);
    assert_int_equal(life_of(&bench).seen_us, 0);
    uint32_t size = store_size_of(bench.store);
    int64_t first_us = shown_us(&bench);
    for (int i = 0; i < 26; i++) {
        pass(&bench, HOUR);
        (void)await_life(&bench, shown_us(&bench) - MINUTE);
    }
    assert_int_equal(store_size_of(bench.store), size);
    assert_int_equal(life_of(&bench).rest_until_us, 0);
    assert_int_equal(store_ask_sql(bench.place.database, "select count(*) from record where key = 'clock/life'"), 1);
    stop(&bench);
    pass(&bench, DAY - 10 * MINUTE); /* not quite */
    start(&bench, 0);
    assert_int_equal(await_life(&bench, shown_us(&bench) - MINUTE).rest_until_us, 0);
    int64_t off_us = shown_us(&bench);
    stop(&bench);
    pass(&bench, 3 * DAY);
    start(&bench, 0);
    int64_t time_us = write_now(&bench, NULL, NULL); /* as always */
    struct jk_life life = life_of(&bench);
    assert_true(llabs(life.rest_from_us - off_us) < MINUTE && llabs(life.rest_until_us - time_us) < MINUTE);
    assert_true(jk_store_rested(bench.store, off_us + DAY));
    assert_false(jk_store_rested(bench.store, first_us + DAY));
    assert_false(jk_store_rested(bench.store, time_us + HOUR));
    stop(&bench);
    start(&bench, 0); /* remembered, though entries have come since */
    assert_true(jk_store_rested(bench.store, off_us + DAY));
    stop(&bench);
}

/* A sign of life from a time that has not come: nothing is written before it, unless an operator says so. */
static void test_life_ahead(void **state)
{
    struct jk_error error;
    struct bench bench;
    (void)state;
    begin(&bench);
    pass(&bench, 2 * HOUR);
    (void)await_life(&bench, shown_us(&bench) - MINUTE);
    stop(&bench);
    pass(&bench, -HOUR);
    start(&bench, 0);
    write_now(&bench, "CLOCK_BEHIND", "the log's last sign of life");
    stop(&bench);
    assert_int_equal(try_start(&bench, shown_us(&bench) + HOUR, &error), JK_INVALID_ARGUMENT);
    start(&bench, shown_us(&bench));
    write_now(&bench, NULL, NULL);
    stop(&bench);
    pass(&bench, 5 * MINUTE);
    start(&bench, 0);
    write_now(&bench, NULL, NULL); /* it is set right */
    stop(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message),        cmocka_unit_test(test_database_steps),
        cmocka_unit_test(test_both_step),      cmocka_unit_test(test_idle),
        cmocka_unit_test(test_readers),        cmocka_unit_test(test_sixty_days),
        cmocka_unit_test(test_witness),        cmocka_unit_test(test_operator),
        cmocka_unit_test(test_needless_word),  cmocka_unit_test(test_mended_over_a_start),
        cmocka_unit_test(test_damaged_memory), cmocka_unit_test(test_start),
        cmocka_unit_test(test_new_log),        cmocka_unit_test(test_two_servers),
        cmocka_unit_test(test_other_host),     cmocka_unit_test(test_life),
        cmocka_unit_test(test_life_ahead),
    };
    return cmocka_run_group_tests(tests, store_set_up, store_tear_down);
}
