/* Do calls that wait for a log size go on when it is there, end when their time, their client or the server does, each
 * exactly once, and does no thread wait with them? And is a question answered where it belongs? */
#include "support/store_fixture.h"

#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

#undef fail /* cmocka's: a call's operation has that name */
#include "base/clock.h"
#include "base/metrics.h"
#include "service/call/dispatch.h"
#include "service/call/parking.h"
#include "service/evaluate/question.h"

enum end { RUNNING, WENT_ON, FINISHED, FAILED };

/* A call without a carrier: it remembers how it ended. */
struct waiting {
    struct jk_call call; /* first */
    unsigned char address;
    Jokbo__V1__AsOf as_of;
    Google__Protobuf__Timestamp time;
    struct jk_question question;
    _Atomic int end;
    _Atomic unsigned ends, answers;
    pthread_t answered_by;
};

static struct jk_store *store;
static struct jk_services services;
static const Jokbo__V1__DerivativeCount reply = JOKBO__V1__DERIVATIVE_COUNT__INIT;

static void end(struct jk_call *call, enum end how)
{
    struct waiting *waiting = (struct waiting *)call;
    waiting->end = how;
    waiting->ends++;
}

static void finish(struct jk_call *call, const ProtobufCMessage *message)
{
    assert_ptr_equal(message, &reply.base);
    end(call, FINISHED);
}

static void fail(struct jk_call *call)
{
    end(call, FAILED);
}

static void go_on(struct jk_call *call)
{
    end(call, WENT_ON);
}

static void tell_peer(struct jk_call *call, struct jk_peer *out_peer)
{
    *out_peer = (struct jk_peer){.kind = JK_PEER_ADDRESS};
    out_peer->address[0] = ((struct waiting *)call)->address;
}

static const struct jk_call_ops ops = {.finish = finish, .fail = fail, .peer = tell_peer};
static const struct jk_method method = {.path = "/test/Wait", .lane = JK_LANE_READER};

static void make(struct waiting *waiting, unsigned char address, uint64_t account)
{
    *waiting = (struct waiting){.call = {.ops = &ops, .method = &method, .services = &services}, .address = address};
    waiting->call.principal.account = account;
    waiting->call.deadline_ms = jk_monotonic_ms() + 30000;
    jk_arena_init(&waiting->call.arena, 1 << 16);
    jk_error_init(&waiting->call.error, &waiting->call.arena);
}

static void park(struct waiting *waiting, uint32_t size, int64_t ms)
{
    jk_park(services.parking, &waiting->call, size, jk_monotonic_ms() + ms, go_on);
}

static void park_new(struct waiting *waiting, unsigned char address, uint64_t account, uint32_t size)
{
    make(waiting, address, account);
    park(waiting, size, 60000);
}

static void gone(struct waiting *waiting)
{
    atomic_store(&waiting->call.cancelled, true);
    jk_parking_gone(services.parking, &waiting->call);
}

static bool within(_Atomic unsigned *value, unsigned wanted, int64_t ms)
{
    int64_t until_ms = jk_monotonic_ms() + ms;
    while (*value < wanted && jk_monotonic_ms() < until_ms)
        usleep(1000);
    return *value >= wanted;
}

static void expect_ended(struct waiting *waiting, enum end how, const char *reason)
{
    assert_true(within(&waiting->ends, 1, 20000));
    assert_int_equal(waiting->end, how);
    assert_int_equal(waiting->ends, 1);
    if (reason) assert_string_equal(waiting->call.error.reason, reason);
    jk_arena_done(&waiting->call.arena);
}

static void start(void)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_parking_start(store, &services.parking, &error), JK_OK);
}

static void stop(void)
{
    jk_parking_stop(services.parking);
    services.parking = NULL;
}

static void test_goes_on(void **state)
{
    enum { CALLS = 20 };
    static struct waiting calls[CALLS];
    uint32_t size = store_size_of(store);
    (void)state;
    start();
    for (int i = 0; i < CALLS; i++)
        park_new(&calls[i], (unsigned char)i, 0, size + 1 + (uint32_t)i % 2);
    assert_int_equal(store_write_one(store, "goes-on-1"), JK_OK);
    for (int i = 0; i < CALLS; i += 2)
        expect_ended(&calls[i], WENT_ON, NULL);
    for (int i = 1; i < CALLS; i += 2)
        assert_int_equal(calls[i].ends, 0); /* one entry more */
    assert_int_equal(store_write_one(store, "goes-on-2"), JK_OK);
    for (int i = 1; i < CALLS; i += 2)
        expect_ended(&calls[i], WENT_ON, NULL);
    park_new(&calls[0], 0, 0, size); /* it is there already */
    expect_ended(&calls[0], WENT_ON, NULL);
    stop();
}

static void test_time_over(void **state)
{
    struct waiting first, second;
    uint32_t size = store_size_of(store);
    int64_t begun_ms = jk_monotonic_ms();
    (void)state;
    start();
    make(&first, 1, 0);
    make(&second, 1, 0);
    park(&second, size + 1, 60000);
    park(&first, size + 1, 200);
    expect_ended(&first, FAILED, "BEHIND");
    assert_in_range(jk_monotonic_ms() - begun_ms, 200, 10000);
    assert_int_equal(first.call.error.status, JK_UNAVAILABLE);
    assert_int_equal(second.ends, 0);
    gone(&second);
    expect_ended(&second, FAILED, "CLIENT_GONE");
    assert_int_equal(second.call.error.status, JK_CANCELLED);
    stop();
}

static void test_gone(void **state)
{
    struct waiting call, other;
    uint32_t size = store_size_of(store);
    (void)state;
    start();
    make(&call, 1, 0);
    atomic_store(&call.call.cancelled, true); /* before it waits */
    park(&call, size + 1, 60000);
    expect_ended(&call, FAILED, "CLIENT_GONE");
    make(&other, 1, 0);
    gone(&other); /* another's list has nothing of it */
    assert_int_equal(other.ends, 0);
    jk_arena_done(&other.call.arena);
    stop();
}

static void test_drain(void **state)
{
    struct waiting before, after;
    uint32_t size = store_size_of(store);
    (void)state;
    start();
    park_new(&before, 1, 0, size + 1);
    jk_parking_drain(services.parking);
    expect_ended(&before, FAILED, "STOPPING");
    assert_int_equal(before.call.error.status, JK_UNAVAILABLE);
    assert_true(before.call.error.retry_ms > 0);
    park_new(&after, 1, 0, size + 1);
    expect_ended(&after, FAILED, "STOPPING");
    stop();
}

static void expect_refused(unsigned char address, uint64_t account, uint32_t size)
{
    struct waiting call;
    park_new(&call, address, account, size);
    assert_int_equal(call.ends, 1); /* at once */
    assert_int_equal(call.call.error.status, JK_RESOURCE_EXHAUSTED);
    assert_true(call.call.error.retry_ms > 0);
    expect_ended(&call, FAILED, "TOO_MANY_WAITING");
}

/* 128 of strangers, 16 each; 256 in all. */
static void test_limits(void **state)
{
    static struct waiting calls[JK_PARKING_MOST];
    uint32_t size = store_size_of(store) + 1;
    unsigned count = 0;
    (void)state;
    start();
    for (; count < JK_PARKING_ANONYMOUS; count++) {
        if (count == JK_PARKING_EACH) expect_refused(0, 0, size);
        park_new(&calls[count], (unsigned char)(count / JK_PARKING_EACH), 0, size);
    }
    expect_refused(99, 0, size);
    for (; count < JK_PARKING_MOST; count++) {
        park_new(&calls[count], 99, 1 + count / JK_PARKING_EACH, size);
        if (count == JK_PARKING_ANONYMOUS + JK_PARKING_EACH - 1) expect_refused(99, 1 + count / JK_PARKING_EACH, size);
    }
    expect_refused(99, 1000, size);
    gone(&calls[0]);
    expect_ended(&calls[0], FAILED, "CLIENT_GONE");
    park_new(&calls[0], 99, 0, size); /* his place is free */
    assert_int_equal(calls[0].ends, 0);
    assert_int_equal(store_write_one(store, "limits"), JK_OK);
    for (unsigned i = 0; i < count; i++)
        expect_ended(&calls[i], WENT_ON, NULL);
    stop();
}

/* Clients that leave while the list is being woken: each call ends once, whoever ends it. */
static void test_gone_meanwhile(void **state)
{
    enum { CALLS = 64, ROUNDS = 30 };
    static struct waiting calls[CALLS];
    char name[32];
    (void)state;
    start();
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t size = store_size_of(store);
        for (int i = 0; i < CALLS; i++)
            park_new(&calls[i], (unsigned char)(i / 8), 0, size + 1);
        (void)snprintf(name, sizeof(name), "gone-meanwhile-%d", round);
        assert_int_equal(store_write_one(store, name), JK_OK);
        for (int i = 0; i < CALLS; i++)
            gone(&calls[i]);
        for (int i = 0; i < CALLS; i++) {
            assert_true(within(&calls[i].ends, 1, 20000));
            expect_ended(&calls[i], (enum end)calls[i].end, NULL);
        }
    }
    stop();
}

/* ---- a time, of which the book does not hold everything yet ---- */

static sem_t may_go_on;
static _Atomic unsigned held_up;

/* Keeps a server from following the log any further. */
static void hold_up(void *context, uint32_t size)
{
    (void)context;
    (void)size;
    if (held_up++ == 0) sem_wait(&may_go_on);
}

static enum jk_status answer(struct jk_call *call, struct jk_question *question, const ProtobufCMessage **out_reply)
{
    struct waiting *waiting = (struct waiting *)call;
    (void)question;
    waiting->answered_by = pthread_self();
    waiting->answers++;
    *out_reply = &reply.base;
    return JK_OK;
}

static bool is_parked(int64_t ms)
{
    int64_t until_ms = jk_monotonic_ms() + ms;
    while (jk_metrics_read(JK_METRIC_CALLS_PARKED, 0, 0) == 0 && jk_monotonic_ms() < until_ms)
        usleep(1000);
    return jk_metrics_read(JK_METRIC_CALLS_PARKED, 0, 0) == 1;
}

static bool answered_here(struct waiting *call, struct jk_question question)
{
    make(call, 1, 0);
    call->question = question;
    jk_question_ask(&call->call, &call->question, answer);
    assert_true(within(&call->ends, 1, 20000));
    assert_int_equal(call->answers, 1);
    expect_ended(call, FINISHED, NULL);
    return pthread_equal(call->answered_by, pthread_self());
}

/* The present total has no need of a reader thread, which may be busy; all else is left to one. */
static void test_counters_are_read_here(void **state)
{
    struct waiting call;
    (void)state;
    assert_true(answered_here(&call, (struct jk_question){.total = true}));
    assert_false(answered_here(&call, (struct jk_question){.total = true, .walks = true}));
    assert_false(answered_here(&call, (struct jk_question){.walks = true}));
    Jokbo__V1__AsOf as_of = JOKBO__V1__AS_OF__INIT;
    as_of.kind_case = JOKBO__V1__AS_OF__KIND_LOG_SIZE;
    assert_false(answered_here(&call, (struct jk_question){.total = true, .as_of = &as_of}));
    as_of.log_size = store_size_of(store);
    assert_true(answered_here(&call, (struct jk_question){.total = true, .as_of = &as_of}));
}

/* One server is a step behind the database: a count as of now waits for the step in the list, and is answered then,
 * with it. */
static void test_settles(void **state)
{
    struct jk_growth_hook hook = {.grown = hold_up};
    struct store_place first, second;
    struct jk_store *writer, *own = store;
    struct waiting call;
    int64_t now_us;
    (void)state;
    store_new_place(&first);
    writer = store_start(&first);
    store_new_sibling(&first, &second);
    services.store = store = store_start(&second);
    start();
    sem_init(&may_go_on, 0, 0);
    held_up = 0;
    jk_store_on_growth(store, &hook);
    assert_int_equal(store_write_one(writer, "step-1"), JK_OK);
    assert_true(within(&held_up, 1, 20000));
    assert_int_equal(store_write_one(writer, "step-2"), JK_OK);

    make(&call, 1, 0);
    google__protobuf__timestamp__init(&call.time);
    jokbo__v1__as_of__init(&call.as_of);
    now_us = jk_now_us();
    call.time.seconds = now_us / 1000000;
    call.time.nanos = (int32_t)(now_us % 1000000) * 1000;
    call.as_of.kind_case = JOKBO__V1__AS_OF__KIND_TIME;
    call.as_of.time = &call.time;
    call.question = (struct jk_question){.as_of = &call.as_of, .walks = true};
    jk_question_ask(&call.call, &call.question, answer);
    assert_true(is_parked(20000));
    assert_int_equal(call.ends, 0);
    assert_int_equal(call.answers, 0);
    assert_true(store_size_of(store) < store_size_of(writer));
    sem_post(&may_go_on);
    assert_true(within(&call.ends, 1, 20000));
    assert_int_equal(call.answers, 1);
    assert_int_equal(call.question.size, store_size_of(writer));
    assert_int_equal(store_size_of(store), store_size_of(writer));
    expect_ended(&call, FINISHED, NULL);

    jk_store_off_growth(store, &hook);
    stop();
    jk_store_stop(store);
    jk_store_stop(writer);
    services.store = store = own;
}

static int set_up(void **state)
{
    struct store_place place;
    if (store_set_up(state) != 0) return -1;
    store_new_place(&place);
    services.store = store = store_start(&place);
    return 0;
}

static int tear_down(void **state)
{
    jk_store_stop(store);
    return store_tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_on),
        cmocka_unit_test(test_time_over),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_gone_meanwhile),
        cmocka_unit_test(test_counters_are_read_here),
        cmocka_unit_test(test_settles),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
