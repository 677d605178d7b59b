/* Do streams that wait for the log wake, live no longer than they may, leave when their client is gone, and end when
 * the server drains, each exactly once? */
#include "support/store_fixture.h"

#include <stdio.h>
#include <unistd.h>

#undef fail /* cmocka's: a call's operation has that name */
#include "base/clock.h"
#include "service/call/waiting.h"

enum end { RUNNING, FINISHED, FAILED };

/* A call without a carrier: it remembers how it ended. */
struct stream {
    struct jk_waiter waiter; /* first */
    struct jk_call call;
    _Atomic int end;
    _Atomic unsigned ends, wakes, entries;
    bool again; /* waits again once woken */
};

static struct stream *stream_of(struct jk_call *call)
{
    return (struct stream *)call->state;
}

static void end(struct jk_call *call, enum end how)
{
    struct stream *stream = stream_of(call);
    call->release(call);
    stream->end = how;
    stream->ends++;
}

static void finish(struct jk_call *call, const ProtobufCMessage *message)
{
    assert_null(message);
    end(call, FINISHED);
}

static void fail(struct jk_call *call)
{
    end(call, FAILED);
}

static const struct jk_call_ops ops = {.finish = finish, .fail = fail};

static void woken(struct jk_waiter *waiter, struct jk_wake *wake)
{
    struct stream *stream = (struct stream *)waiter;
    const Jokbo__V1__ReadEntriesResponse *piece;
    assert_int_equal(jk_wake_piece(wake, waiter->size, &piece, &stream->call.error), JK_OK);
    stream->entries += (unsigned)piece->n_entries;
    stream->wakes++;
    if (stream->again)
        jk_waiting_wait(waiter, waiter->size + (uint32_t)piece->n_entries);
    else
        jk_call_finish(&stream->call, NULL);
}

static enum jk_status join(struct jk_waiting *waiting, struct stream *stream)
{
    *stream = (struct stream){.call = {.ops = &ops}, .again = true};
    jk_arena_init(&stream->call.arena, 1 << 16);
    jk_error_init(&stream->call.error, &stream->call.arena);
    return jk_waiting_join(waiting, &stream->waiter, &stream->call, woken, &stream->call.error);
}

static bool within(_Atomic unsigned *value, unsigned wanted, int64_t ms)
{
    int64_t until_ms = jk_monotonic_ms() + ms;
    while (*value < wanted && jk_monotonic_ms() < until_ms)
        usleep(2000);
    return *value >= wanted;
}

static void expect_ended(struct stream *stream, enum end how)
{
    assert_true(within(&stream->ends, 1, 10000));
    assert_int_equal(stream->end, how);
    assert_int_equal(stream->ends, 1);
    jk_arena_done(&stream->call.arena);
}

static struct jk_waiting *start(struct jk_store *store, unsigned most, int life_ms)
{
    struct jk_waiting_options options = {.limits = {most, most, most}, .life_ms = life_ms};
    struct jk_waiting *waiting;
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_waiting_start(store, &options, &waiting, &error), JK_OK);
    return waiting;
}

static struct jk_store *store;

static void test_woken(void **state)
{
    struct jk_waiting *waiting = start(store, 0, 0);
    struct stream streams[20];
    uint32_t size = store_size_of(store);
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(join(waiting, &streams[i]), JK_OK);
        streams[i].again = i % 2;
        jk_waiting_wait(&streams[i].waiter, size);
    }
    usleep(100000);
    for (int i = 0; i < 20; i++)
        assert_int_equal(streams[i].wakes, 0); /* nothing new: nobody is disturbed */
    assert_int_equal(store_write_one(store, "first-woken"), JK_OK);
    for (int i = 0; i < 20; i += 2)
        expect_ended(&streams[i], FINISHED);
    assert_int_equal(store_write_one(store, "second-woken"), JK_OK);
    for (int i = 1; i < 20; i += 2)
        assert_true(within(&streams[i].entries, 2, 10000));
    jk_waiting_drain(waiting);
    for (int i = 1; i < 20; i += 2)
        expect_ended(&streams[i], FINISHED);
    jk_waiting_stop(waiting);
}

static void test_due_at_once(void **state)
{
    struct jk_waiting *waiting = start(store, 0, 0);
    struct stream stream;
    (void)state;
    assert_int_equal(join(waiting, &stream), JK_OK);
    stream.again = false;
    jk_waiting_wait(&stream.waiter, 0);
    expect_ended(&stream, FINISHED);
    assert_true(stream.entries > 0);
    jk_waiting_stop(waiting);
}

static void test_life(void **state)
{
    struct jk_waiting *waiting = start(store, 0, 300);
    struct stream idle, busy;
    int64_t begun_ms = jk_monotonic_ms();
    (void)state;
    assert_int_equal(join(waiting, &idle), JK_OK);
    assert_int_equal(join(waiting, &busy), JK_OK);
    assert_false(jk_waiting_is_over(&busy.waiter));
    jk_waiting_wait(&idle.waiter, store_size_of(store));
    expect_ended(&idle, FINISHED);
    assert_in_range(jk_monotonic_ms() - begun_ms, 300, 5000);
    assert_true(jk_waiting_is_over(&busy.waiter));
    jk_waiting_wait(&busy.waiter, 0); /* though something is there */
    expect_ended(&busy, FINISHED);
    assert_int_equal(busy.wakes, 0);
    jk_waiting_stop(waiting);
}

static void test_limit(void **state)
{
    struct jk_waiting *waiting = start(store, 2, 0);
    struct stream streams[3];
    uint32_t size = store_size_of(store);
    (void)state;
    assert_int_equal(join(waiting, &streams[0]), JK_OK);
    assert_int_equal(join(waiting, &streams[1]), JK_OK);
    assert_int_equal(join(waiting, &streams[2]), JK_RESOURCE_EXHAUSTED);
    assert_string_equal(streams[2].call.error.reason, "TOO_MANY_WATCHERS");
    assert_null(streams[2].call.release);
    assert_true(streams[2].call.error.retry_ms > 0);
    jk_arena_done(&streams[2].call.arena);
    jk_waiting_wait(&streams[0].waiter, size);
    streams[0].call.closed(&streams[0].call); /* the client is gone */
    expect_ended(&streams[0], FAILED);
    assert_int_equal(streams[0].call.error.status, JK_CANCELLED);
    assert_int_equal(join(waiting, &streams[2]), JK_OK);
    jk_waiting_drain(waiting);
    jk_waiting_wait(&streams[2].waiter, size);
    expect_ended(&streams[2], FINISHED);
    streams[1].call.closed(&streams[1].call); /* while it works: it ends where it would wait */
    assert_int_equal(streams[1].ends, 0);
    jk_waiting_wait(&streams[1].waiter, size);
    expect_ended(&streams[1], FAILED);
    streams[1].call.closed(&streams[1].call); /* after the end it means nothing */
    assert_int_equal(streams[1].ends, 1);
    jk_waiting_stop(waiting);
}

/* Clients that leave while the list is being woken: each stream ends once, whoever ends it. */
static void test_gone_meanwhile(void **state)
{
    enum { STREAMS = 64, ROUNDS = 30 };
    struct jk_waiting *waiting = start(store, 0, 0);
    static struct stream streams[STREAMS];
    char name[32];
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t size = store_size_of(store);
        for (int i = 0; i < STREAMS; i++) {
            assert_int_equal(join(waiting, &streams[i]), JK_OK);
            streams[i].again = i % 3 == 0;
            jk_waiting_wait(&streams[i].waiter, size);
        }
        (void)snprintf(name, sizeof(name), "meanwhile-%d", round);
        assert_int_equal(store_write_one(store, name), JK_OK);
        for (int i = 0; i < STREAMS; i++)
            streams[i].call.closed(&streams[i].call);
        for (int i = 0; i < STREAMS; i++) { /* however it ends, it does so once */
            assert_true(within(&streams[i].ends, 1, 10000));
            expect_ended(&streams[i], (enum end)streams[i].end);
        }
    }
    jk_waiting_stop(waiting);
}

static int set_up(void **state)
{
    struct store_place place;
    if (store_set_up(state) != 0) return -1;
    store_new_place(&place);
    store = store_start(&place);
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
        cmocka_unit_test(test_woken), cmocka_unit_test(test_due_at_once),    cmocka_unit_test(test_life),
        cmocka_unit_test(test_limit), cmocka_unit_test(test_gone_meanwhile),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
