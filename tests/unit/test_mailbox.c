/* Does the mailbox lose nothing, keep order, refuse when full, and wake who waits, and only then? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mailbox.h"

struct letter {
    struct jk_mail mail;
    int sender;
    int number;
};

static void sleep_ms(int time_ms)
{
    nanosleep(&(struct timespec){time_ms / 1000, (long)(time_ms % 1000) * 1000000}, NULL);
}

static int number_of(const struct jk_mail *mail)
{
    return ((const struct letter *)mail)->number;
}

static void batches_come_oldest_first(void **state)
{
    (void)state;
    struct jk_mailbox *box = jk_mailbox_new(5);
    struct letter letters[5];
    struct jk_mail *mail = NULL;
    for (int i = 0; i < 5; i++) {
        letters[i].number = i;
        assert_true(jk_mailbox_put(box, &letters[i].mail));
    }
    assert_int_equal(jk_mailbox_length(box), 5);
    assert_int_equal(jk_mailbox_take(box, 2, 0, &mail), 2);
    assert_int_equal(number_of(mail), 0);
    assert_int_equal(number_of(mail->next), 1);
    assert_null(mail->next->next);
    assert_true(jk_mailbox_put(box, &letters[0].mail));
    assert_int_equal(jk_mailbox_take(box, 100, 0, &mail), 4);
    static const int expected[] = {2, 3, 4, 0};
    for (int i = 0; i < 4; i++, mail = mail->next)
        assert_int_equal(number_of(mail), expected[i]);
    assert_null(mail);
    jk_mailbox_free(box);
    jk_mailbox_free(NULL);
}

static void one_past_the_capacity_is_refused(void **state)
{
    (void)state;
    struct jk_mailbox *box = jk_mailbox_new(2);
    struct letter letters[3];
    struct jk_mail *mail;
    assert_true(jk_mailbox_put(box, &letters[0].mail));
    assert_true(jk_mailbox_put(box, &letters[1].mail));
    assert_false(jk_mailbox_put(box, &letters[2].mail));
    assert_int_equal(jk_mailbox_take(box, 1, 0, &mail), 1);
    assert_true(jk_mailbox_put(box, &letters[2].mail));
    assert_int_equal(jk_mailbox_take(box, 3, 0, &mail), 2);
    jk_mailbox_free(box);
}

static void an_empty_box_times_out(void **state)
{
    (void)state;
    struct jk_mailbox *box = jk_mailbox_new(1);
    struct jk_mail unused, *mail = &unused;
    int64_t before_us = jk_monotonic_us();
    assert_int_equal(jk_mailbox_take(box, 1, 0, &mail), 0);
    assert_null(mail);
    assert_true(jk_monotonic_us() - before_us < 5000000);
    before_us = jk_monotonic_us();
    assert_int_equal(jk_mailbox_take(box, 1, 30, &mail), 0);
    assert_true(jk_monotonic_us() - before_us >= 29000);
    jk_mailbox_free(box);
}

static void a_closed_box_gives_what_is_left(void **state)
{
    (void)state;
    struct jk_mailbox *box = jk_mailbox_new(4);
    struct letter letters[2];
    struct jk_mail *mail;
    assert_true(jk_mailbox_put(box, &letters[0].mail));
    assert_false(jk_mailbox_is_closed(box));
    jk_mailbox_close(box);
    assert_true(jk_mailbox_is_closed(box));
    assert_false(jk_mailbox_put(box, &letters[1].mail));
    assert_int_equal(jk_mailbox_take(box, 9, -1, &mail), 1);
    assert_int_equal(jk_mailbox_take(box, 9, -1, &mail), 0);
    jk_mailbox_free(box);
}

struct taker {
    struct jk_mailbox *box;
    pthread_t thread;
    _Atomic pid_t id; /* 0 until it is about to take */
    size_t count;
    int64_t took_us;
};

static void *take_for_ever(void *argument)
{
    struct taker *taker = argument;
    struct jk_mail *mail;
    int64_t before_us = jk_monotonic_us();
    atomic_store(&taker->id, gettid());
    taker->count = jk_mailbox_take(taker->box, 10, -1, &mail);
    taker->took_us = jk_monotonic_us() - before_us;
    return NULL;
}

static bool sleeps(pid_t thread)
{
    char path[64], line[256] = "";
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    char *got = fgets(line, sizeof line, file);
    fclose(file);
    const char *name_end = got ? strrchr(line, ')') : NULL;
    return name_end && strncmp(name_end, ") S", 3) == 0;
}

/* Until it waits for mail, however busy the machine is: seen asleep three times, so not for a moment at the lock. */
static void await_waiting(const struct taker *taker)
{
    for (int seen = 0; seen < 3; sleep_ms(2))
        seen = atomic_load(&taker->id) != 0 && sleeps(atomic_load(&taker->id)) ? seen + 1 : 0;
}

static void start(struct taker *taker, struct jk_mailbox *box)
{
    taker->box = box;
    atomic_init(&taker->id, 0);
    assert_int_equal(pthread_create(&taker->thread, NULL, take_for_ever, taker), 0);
}

static void join(struct taker *taker)
{
    assert_int_equal(pthread_join(taker->thread, NULL), 0);
}

static void a_waiting_taker_is_woken_by_mail(void **state)
{
    (void)state;
    struct jk_mailbox *box = jk_mailbox_new(4);
    struct letter letter;
    struct taker taker;
    start(&taker, box);
    await_waiting(&taker);
    sleep_ms(10);
    assert_true(jk_mailbox_put(box, &letter.mail));
    join(&taker);
    assert_int_equal(taker.count, 1);
    assert_true(taker.took_us >= 10000);
    jk_mailbox_free(box);
}

static void closing_wakes_every_taker(void **state)
{
    (void)state;
    struct jk_mailbox *box = jk_mailbox_new(4);
    struct taker takers[3];
    for (int i = 0; i < 3; i++)
        start(&takers[i], box);
    for (int i = 0; i < 3; i++)
        await_waiting(&takers[i]);
    jk_mailbox_close(box);
    for (int i = 0; i < 3; i++) {
        join(&takers[i]);
        assert_int_equal(takers[i].count, 0);
    }
    jk_mailbox_free(box);
}

static void a_nudge_wakes_one_taker_a_time(void **state)
{
    (void)state;
    enum { NUDGED = 16 };
    struct jk_mailbox *box = jk_mailbox_new(4);
    struct taker takers[NUDGED];
    for (int i = 0; i < NUDGED; i++)
        start(&takers[i], box);
    for (int i = 0; i < NUDGED; i++)
        await_waiting(&takers[i]);
    for (int i = 0; i < NUDGED; i++)
        jk_mailbox_nudge(box);
    for (int i = 0; i < NUDGED; i++) {
        join(&takers[i]);
        assert_int_equal(takers[i].count, 0);
    }
    jk_mailbox_free(box);
}

static void a_nudge_is_not_lost_on_a_busy_taker(void **state)
{
    (void)state;
    struct jk_mailbox *box = jk_mailbox_new(4);
    struct jk_mail *mail;
    for (int i = 0; i < 3; i++)
        jk_mailbox_nudge(box); /* nobody waits: kept, but as one */
    int64_t before_us = jk_monotonic_us();
    assert_int_equal(jk_mailbox_take(box, 1, 10000, &mail), 0);
    assert_true(jk_monotonic_us() - before_us < 5000000);
    before_us = jk_monotonic_us();
    assert_int_equal(jk_mailbox_take(box, 1, 20, &mail), 0);
    assert_true(jk_monotonic_us() - before_us >= 19000);
    jk_mailbox_free(box);
}

enum { SENDERS = 4, TAKERS = 3, LETTERS = 20000 };

struct exchange {
    struct jk_mailbox *box;
    struct letter *letters; /* SENDERS times LETTERS */
    _Atomic int next_sender;
    _Atomic size_t taken;
    _Atomic size_t refused;
    _Atomic unsigned char *seen;
    _Atomic int out_of_order;
};

static void *send_all(void *argument)
{
    struct exchange *exchange = argument;
    int sender = atomic_fetch_add(&exchange->next_sender, 1);
    for (int i = 0; i < LETTERS; i++) {
        struct letter *letter = &exchange->letters[sender * LETTERS + i];
        letter->sender = sender;
        letter->number = i;
        while (!jk_mailbox_put(exchange->box, &letter->mail)) {
            atomic_fetch_add(&exchange->refused, 1);
            sched_yield();
        }
    }
    return NULL;
}

static void *take_all(void *argument)
{
    struct exchange *exchange = argument;
    int last[SENDERS] = {-1, -1, -1, -1};
    struct jk_mail *mail;
    while (jk_mailbox_take(exchange->box, 7, -1, &mail) > 0) {
        for (; mail; mail = mail->next) {
            const struct letter *letter = (const struct letter *)mail;
            if (letter->number <= last[letter->sender]) atomic_fetch_add(&exchange->out_of_order, 1);
            last[letter->sender] = letter->number;
            atomic_fetch_add(&exchange->seen[letter->sender * LETTERS + letter->number], 1);
            atomic_fetch_add(&exchange->taken, 1);
        }
    }
    return NULL;
}

static void nothing_is_lost_between_threads(void **state)
{
    (void)state;
    struct exchange exchange = {.box = jk_mailbox_new(64)};
    pthread_t senders[SENDERS], takers[TAKERS];
    exchange.letters = calloc(SENDERS * LETTERS, sizeof *exchange.letters);
    exchange.seen = calloc(SENDERS * LETTERS, sizeof *exchange.seen);
    for (int i = 0; i < TAKERS; i++)
        assert_int_equal(pthread_create(&takers[i], NULL, take_all, &exchange), 0);
    for (int i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_create(&senders[i], NULL, send_all, &exchange), 0);
    for (int i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_join(senders[i], NULL), 0);
    jk_mailbox_close(exchange.box);
    for (int i = 0; i < TAKERS; i++)
        assert_int_equal(pthread_join(takers[i], NULL), 0);
    assert_int_equal(exchange.taken, SENDERS * LETTERS);
    assert_int_equal(exchange.out_of_order, 0);
    for (int i = 0; i < SENDERS * LETTERS; i++)
        assert_int_equal(exchange.seen[i], 1);
    jk_mailbox_free(exchange.box);
    free(exchange.letters);
    free((void *)exchange.seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_come_oldest_first),        cmocka_unit_test(one_past_the_capacity_is_refused),
        cmocka_unit_test(an_empty_box_times_out),           cmocka_unit_test(a_closed_box_gives_what_is_left),
        cmocka_unit_test(a_waiting_taker_is_woken_by_mail), cmocka_unit_test(closing_wakes_every_taker),
        cmocka_unit_test(a_nudge_wakes_one_taker_a_time),   cmocka_unit_test(a_nudge_is_not_lost_on_a_busy_taker),
        cmocka_unit_test(nothing_is_lost_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
