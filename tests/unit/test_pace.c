/* Do turns come one at a time, from each client in turn, and with rests while something is more important? Is nobody forgotten? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "web/pace.h"

#define COUNT 8

struct work {
    struct jk_paced turn; /* first */
    struct jk_pace *pace;
    int number, takes_ms;
    bool stays; /* it does not say that it is over */
    int64_t began_us, over_us;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t change;
    int order[COUNT];
    size_t done;
    int at_once, most_at_once;
    bool closed; /* nobody may go on */
} run = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};

static atomic_bool important;

static bool is_important(void *context)
{
    (void)context;
    return atomic_load(&important);
}

static void work(struct jk_paced *turn)
{
    struct work *work = (struct work *)turn;
    work->began_us = jk_monotonic_us();
    pthread_mutex_lock(&run.lock);
    if (++run.at_once > run.most_at_once) run.most_at_once = run.at_once;
    pthread_cond_broadcast(&run.change);
    while (run.closed)
        pthread_cond_wait(&run.change, &run.lock);
    pthread_mutex_unlock(&run.lock);
    nanosleep(&(struct timespec){0, (long)work->takes_ms * 1000000}, NULL);
    pthread_mutex_lock(&run.lock);
    run.at_once--;
    if (run.done < COUNT) run.order[run.done] = work->number;
    run.done++;
    work->over_us = jk_monotonic_us();
    uint64_t ticket = turn->ticket;
    struct jk_pace *pace = work->pace;
    bool stays = work->stays;
    pthread_cond_broadcast(&run.change);
    pthread_mutex_unlock(&run.lock);
    if (!stays) jk_pace_over(pace, ticket);
}

static void set_closed(bool closed)
{
    pthread_mutex_lock(&run.lock);
    run.closed = closed;
    pthread_cond_broadcast(&run.change);
    pthread_mutex_unlock(&run.lock);
}

static void await(size_t done)
{
    pthread_mutex_lock(&run.lock);
    while (run.done < done)
        pthread_cond_wait(&run.change, &run.lock);
    pthread_mutex_unlock(&run.lock);
}

static struct jk_pace *begin(unsigned threads, bool busy)
{
    struct jk_pace *pace;
    struct jk_error error;
    jk_error_init(&error, NULL);
    run.done = 0;
    run.at_once = run.most_at_once = 0;
    run.closed = false;
    atomic_store(&important, busy);
    assert_int_equal(jk_pace_start(threads, is_important, NULL, &pace, &error), JK_OK);
    return pace;
}

static struct work of_client(struct jk_pace *pace, int number, unsigned char client)
{
    return (struct work){
        .turn = {.client = {JK_PEER_ADDRESS, {[15] = client}}, .run = work}, .pace = pace, .number = number};
}

static void clients_take_turns(void **state)
{
    (void)state;
    struct jk_pace *pace = begin(1, false);
    struct work works[COUNT];
    static const unsigned char clients[COUNT] = {1, 1, 1, 1, 1, 2, 3, 2};
    static const int expected[COUNT] = {0, 5, 1, 6, 2, 7, 3, 4};
    set_closed(true);
    for (int i = 0; i < COUNT; i++) {
        works[i] = of_client(pace, i, clients[i]);
        assert_true(jk_pace_wait(pace, &works[i].turn));
    }
    set_closed(false);
    await(COUNT);
    /* The first may be begun before the others wait, and is in any case of client 1, as the oldest. */
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(run.order[i], expected[i]);
    assert_int_equal(run.most_at_once, 1);
    jk_pace_stop(pace);
    jk_pace_stop(NULL);
}

static void rests_are_as_long_as_promised(void **state)
{
    (void)state;
    struct jk_pace *pace = begin(1, true);
    struct work works[3];
    for (int i = 0; i < 3; i++) {
        works[i] = of_client(pace, i, 1);
        works[i].takes_ms = 5;
        assert_true(jk_pace_wait(pace, &works[i].turn));
    }
    await(3);
    for (int i = 1; i < 3; i++) {
        int64_t took_us = works[i - 1].over_us - works[i - 1].began_us;
        int64_t least_us = took_us * JK_PACE_REST;
        if (least_us > JK_PACE_REST_MS * 1000) least_us = JK_PACE_REST_MS * 1000;
        assert_true(works[i].began_us - works[i - 1].over_us >= least_us - 1000);
    }
    jk_pace_stop(pace);
}

static void a_turn_that_lasts_does_not_stop_the_others(void **state)
{
    (void)state;
    struct jk_pace *pace = begin(1, false);
    struct work first = of_client(pace, 0, 1), second = of_client(pace, 1, 1);
    first.stays = true;
    int64_t before_us = jk_monotonic_us();
    assert_true(jk_pace_wait(pace, &first.turn));
    assert_true(jk_pace_wait(pace, &second.turn));
    await(2);
    assert_true(second.began_us - before_us >= (JK_PACE_PATIENCE_MS - 1) * 1000);
    jk_pace_over(pace, first.turn.ticket);
    jk_pace_stop(pace);
}

static void await_begun(void)
{
    pthread_mutex_lock(&run.lock);
    while (run.at_once == 0)
        pthread_cond_wait(&run.change, &run.lock);
    pthread_mutex_unlock(&run.lock);
}

static void too_many_are_refused_and_all_others_run_at_the_end(void **state)
{
    (void)state;
    struct jk_pace *pace = begin(1, true);
    struct work *works = calloc(JK_PACE_MOST + 2, sizeof *works);
    assert_non_null(works);
    set_closed(true);
    for (int i = 0; i <= JK_PACE_MOST; i++) {
        works[i] = of_client(pace, i, 1);
        assert_true(jk_pace_wait(pace, &works[i].turn));
        if (i == 0) await_begun(); /* it waits no more */
    }
    works[JK_PACE_MOST + 1] = of_client(pace, 0, 2);
    assert_false(jk_pace_wait(pace, &works[JK_PACE_MOST + 1].turn));
    set_closed(false);
    jk_pace_stop(pace);
    assert_int_equal(run.done, JK_PACE_MOST + 1);
    free(works);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_take_turns),
        cmocka_unit_test(rests_are_as_long_as_promised),
        cmocka_unit_test(a_turn_that_lasts_does_not_stop_the_others),
        cmocka_unit_test(too_many_are_refused_and_all_others_run_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
