/* Which clock is believed when: steps of ten seconds, an hour, a day and a year, forward and back, of the database's
 * clock, of this server's, and of both (which then agree); at the start, while nobody writes, in a batch, and again
 * while the agreement is still young. And what is no step: slewing, a suspended machine, another host's clock. */
#include "store/clockwatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define YEAR   (365 * DAY)
#define NOON   INT64_C(1785000000000000)

/* What the clocks would show. */
struct world {
    struct jk_clockwatch watch;
    int64_t boot_us;
    int64_t database_us, real_us; /* ahead of the true time */
    uint64_t session;
    int64_t width_us;
    bool stage_open;
};

static struct jk_clock_reading reading_of(const struct world *world)
{
    int64_t now_us = NOON + world->boot_us;
    return (struct jk_clock_reading){.database_us = now_us + world->database_us - world->width_us / 2,
                                     .real_us = now_us + world->real_us,
                                     .boot_us = world->boot_us,
                                     .width_us = world->width_us,
                                     .session = world->session};
}

static enum jk_clock_state look(struct world *world)
{
    struct jk_clock_reading reading = reading_of(world);
    return jk_clockwatch_take(&world->watch, &reading, world->stage_open);
}

/* Time passes, with a reading each second, as where nobody writes. */
static enum jk_clock_state wait_us(struct world *world, int64_t for_us)
{
    enum jk_clock_state state = world->watch.state;
    for (int64_t passed_us = 0; passed_us < for_us; passed_us += SECOND) {
        world->boot_us += SECOND;
        state = look(world);
    }
    return state;
}

static struct world new_world(bool stage_open)
{
    return (struct world){.boot_us = HOUR, .session = 1, .width_us = 2000, .stage_open = stage_open};
}

static struct world good_world(bool stage_open)
{
    struct world world = new_world(stage_open);
    assert_int_equal(look(&world), JK_CLOCK_BELIEVED);
    assert_int_equal(wait_us(&world, 3 * MINUTE), JK_CLOCK_BELIEVED);
    assert_int_equal(world.watch.stops, 0);
    return world;
}

static const int64_t steps[] = {10 * SECOND, -10 * SECOND, 59 * MINUTE, -59 * MINUTE, HOUR,
                                -HOUR,       DAY,          -DAY,        YEAR,         -YEAR};
#define STEPS (sizeof steps / sizeof steps[0])

static bool is_large(int64_t step_us)
{
    return step_us >= HOUR || step_us <= -HOUR;
}

/* ---- the clocks part ---- */

/* One clock steps and stays: nothing is believed, however long it lasts; once it is back, a minute later everything is
 * as before, without anybody's word, for it is where it should be. */
static void check_one_clock(int64_t step_us, bool server)
{
    struct world world = good_world(true);
    int64_t *clock = server ? &world.real_us : &world.database_us;
    *clock = step_us;
    assert_int_equal(look(&world), JK_CLOCK_DISAGREES); /* in a batch: no time has passed */
    assert_int_equal(world.watch.stops, 1);
    assert_int_equal(wait_us(&world, 2 * MINUTE), JK_CLOCK_DISAGREES);
    assert_true(jk_clock_is_large(world.watch.step_us) == is_large(step_us));
    *clock = 0;
    assert_int_equal(wait_us(&world, SECOND), JK_CLOCK_SETTLING);
    assert_int_equal(wait_us(&world, 59 * SECOND), JK_CLOCK_SETTLING);
    assert_int_equal(wait_us(&world, SECOND), JK_CLOCK_BELIEVED);
    assert_int_equal(world.watch.ground, JK_CLOCK_BY_AGREEMENT);
    assert_int_equal(world.watch.stops, 1);
}

static void test_one_clock_steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < STEPS; i++) {
        check_one_clock(steps[i], false);
        check_one_clock(steps[i], true);
    }
}

/* The attack: 60 days ahead for three seconds, with a stage open that is due in 30. */
static void test_sixty_days_for_three_seconds(void **state)
{
    struct world world = good_world(true);
    (void)state;
    world.database_us = 60 * DAY;
    assert_int_equal(wait_us(&world, 3 * SECOND), JK_CLOCK_DISAGREES);
    world.database_us = 0;
    assert_int_equal(wait_us(&world, MINUTE), JK_CLOCK_SETTLING);
    assert_int_equal(wait_us(&world, SECOND), JK_CLOCK_BELIEVED);
}

/* ---- both step, and agree with one another: a host that holds server and database ---- */

static void check_both_clocks(int64_t step_us, bool stage_open)
{
    struct world world = good_world(stage_open);
    bool waits = stage_open && is_large(step_us);
    world.database_us = world.real_us = step_us;
    assert_int_equal(look(&world), JK_CLOCK_DISAGREES); /* only the time since boot tells */
    assert_int_equal(wait_us(&world, SECOND), JK_CLOCK_SETTLING);
    assert_int_equal(wait_us(&world, 59 * SECOND), JK_CLOCK_SETTLING);
    assert_int_equal(wait_us(&world, SECOND), waits ? JK_CLOCK_UNCONFIRMED : JK_CLOCK_BELIEVED);
    if (!waits) {
        assert_int_equal(world.watch.ground, is_large(step_us) ? JK_CLOCK_BY_NO_STAGE : JK_CLOCK_BY_AGREEMENT);
        assert_int_equal(wait_us(&world, MINUTE), JK_CLOCK_BELIEVED);
        return;
    }
    assert_int_equal(wait_us(&world, 10 * MINUTE), JK_CLOCK_UNCONFIRMED); /* it does not heal by itself */
    world.stage_open = false;
    assert_int_equal(wait_us(&world, SECOND), JK_CLOCK_BELIEVED);
}

static void test_both_clocks_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < STEPS; i++) {
        check_both_clocks(steps[i], true);
        check_both_clocks(steps[i], false);
    }
}

/* Two steps of 50 minutes, the second while the first one's minute runs, are one of 100. */
static void test_steps_add_up(void **state)
{
    struct world world = good_world(true);
    (void)state;
    world.database_us = world.real_us = 50 * MINUTE;
    assert_int_equal(wait_us(&world, 30 * SECOND), JK_CLOCK_SETTLING);
    world.database_us = world.real_us = 100 * MINUTE;
    assert_int_equal(look(&world), JK_CLOCK_DISAGREES);
    assert_int_equal(wait_us(&world, 60 * SECOND), JK_CLOCK_SETTLING); /* the minute begins anew */
    assert_int_equal(wait_us(&world, SECOND), JK_CLOCK_UNCONFIRMED);
    assert_int_equal(world.watch.stops, 1);
    world.database_us = world.real_us = 0; /* it was a mistake, and is mended */
    assert_int_equal(look(&world), JK_CLOCK_DISAGREES);
    assert_int_equal(wait_us(&world, 61 * SECOND), JK_CLOCK_BELIEVED);
    assert_int_equal(world.watch.ground, JK_CLOCK_BY_AGREEMENT);
}

/* ---- whose word counts ---- */

static struct world unconfirmed_world(int64_t step_us)
{
    struct world world = good_world(true);
    world.database_us = world.real_us = step_us;
    assert_int_equal(wait_us(&world, 62 * SECOND), JK_CLOCK_UNCONFIRMED);
    return world;
}

static int64_t shown(const struct world *world)
{
    return NOON + world->boot_us + world->database_us;
}

static void test_operator(void **state)
{
    (void)state;
    for (size_t i = 0; i < STEPS; i++) {
        if (!is_large(steps[i])) continue;
        struct world world = unconfirmed_world(steps[i]);
        assert_false(jk_clockwatch_confirm(&world.watch, shown(&world) - steps[i]));
        assert_false(jk_clockwatch_confirm(&world.watch, shown(&world) + JK_CLOCK_NEAR_US + MINUTE));
        assert_int_equal(look(&world), JK_CLOCK_UNCONFIRMED);
        assert_true(jk_clockwatch_confirm(&world.watch, shown(&world) - 4 * MINUTE));
        assert_int_equal(world.watch.ground, JK_CLOCK_BY_OPERATOR);
        assert_int_equal(wait_us(&world, MINUTE), JK_CLOCK_BELIEVED);
        assert_false(jk_clockwatch_confirm(&world.watch, shown(&world))); /* nothing is left to confirm */
    }
}

/* While the clocks disagree no word makes them right. */
static void test_operator_cannot_overrule(void **state)
{
    struct world world = good_world(true);
    (void)state;
    world.database_us = 10 * SECOND;
    look(&world);
    assert_false(jk_clockwatch_confirm(&world.watch, shown(&world)));
    assert_int_equal(world.watch.state, JK_CLOCK_DISAGREES);
}

static void test_witness(void **state)
{
    (void)state;
    for (size_t i = 0; i < STEPS; i++) {
        if (!is_large(steps[i])) continue;
        struct world world = unconfirmed_world(steps[i]);
        jk_clockwatch_witness(&world.watch, shown(&world) - steps[i], world.boot_us); /* it knows another time */
        assert_int_equal(wait_us(&world, SECOND), JK_CLOCK_UNCONFIRMED);
        jk_clockwatch_witness(&world.watch, shown(&world), world.boot_us);
        assert_int_equal(wait_us(&world, SECOND), JK_CLOCK_BELIEVED);
        assert_int_equal(world.watch.ground, JK_CLOCK_BY_WITNESS);
    }
}

/* A witness's time does not shorten the minute, and is carried on by the time since boot. */
static void test_witness_early(void **state)
{
    struct world world = good_world(true);
    (void)state;
    world.database_us = world.real_us = DAY;
    wait_us(&world, 2 * SECOND);
    jk_clockwatch_witness(&world.watch, shown(&world), world.boot_us);
    assert_int_equal(wait_us(&world, 59 * SECOND), JK_CLOCK_SETTLING);
    assert_int_equal(wait_us(&world, SECOND), JK_CLOCK_BELIEVED);
    /* one that knows another time takes nothing away, whichever comes first */
    for (int first = 0; first < 2; first++) {
        world = unconfirmed_world(DAY);
        for (int i = 0; i < 2; i++)
            jk_clockwatch_witness(&world.watch, shown(&world) - (i == first ? DAY : 0), world.boot_us);
        assert_int_equal(wait_us(&world, SECOND), JK_CLOCK_BELIEVED);
    }
    /* what it said before a step contradicts it */
    world = good_world(true);
    jk_clockwatch_witness(&world.watch, shown(&world), world.boot_us);
    world.database_us = world.real_us = DAY;
    assert_int_equal(wait_us(&world, 62 * SECOND), JK_CLOCK_UNCONFIRMED);
}

/* ---- at the start ---- */

static void test_start(void **state)
{
    (void)state;
    for (size_t i = 0; i < STEPS; i++) {
        struct world world = new_world(true);
        world.database_us = world.real_us = steps[i]; /* nobody can tell: as always */
        assert_int_equal(look(&world), JK_CLOCK_BELIEVED);
        assert_int_equal(world.watch.ground, JK_CLOCK_BY_START);

        world = new_world(true);
        world.database_us = steps[i];
        assert_int_equal(look(&world), JK_CLOCK_DISAGREES);
        assert_int_equal(wait_us(&world, 5 * MINUTE), JK_CLOCK_DISAGREES);
        world.database_us = 0; /* which of the two was right nobody knows, so the step counts */
        assert_int_equal(wait_us(&world, 62 * SECOND), is_large(steps[i]) ? JK_CLOCK_UNCONFIRMED : JK_CLOCK_BELIEVED);

        world = new_world(true);
        world.database_us = steps[i];
        look(&world);
        world.real_us = steps[i]; /* the right one of the two was set wrong */
        assert_int_equal(wait_us(&world, 62 * SECOND), is_large(steps[i]) ? JK_CLOCK_UNCONFIRMED : JK_CLOCK_BELIEVED);
    }
}

/* A stop outlives its process. On the same boot the baseline goes on; after a new one only the step is known. */
static void test_remembered(void **state)
{
    struct world before = unconfirmed_world(DAY), world = before;
    int64_t expected_us;
    (void)state;
    memset(&world.watch, 0, sizeof world.watch);
    jk_clockwatch_remember(&world.watch, &before.watch.base, DAY);
    assert_int_equal(look(&world), JK_CLOCK_SETTLING);
    assert_true(jk_clockwatch_expected(&world.watch, &expected_us));
    assert_true(shown(&world) - expected_us > DAY - SECOND && shown(&world) - expected_us < DAY + SECOND);
    assert_int_equal(wait_us(&world, 60 * SECOND), JK_CLOCK_UNCONFIRMED);
    world.database_us = world.real_us = 0;
    assert_int_equal(wait_us(&world, 62 * SECOND), JK_CLOCK_BELIEVED); /* mended, as the baseline shows */

    world = new_world(true);
    jk_clockwatch_remember(&world.watch, NULL, DAY);
    assert_int_equal(look(&world), JK_CLOCK_SETTLING);
    assert_false(jk_clockwatch_expected(&world.watch, &expected_us));
    assert_int_equal(wait_us(&world, 5 * MINUTE), JK_CLOCK_UNCONFIRMED);
    assert_true(jk_clockwatch_confirm(&world.watch, shown(&world)));
    assert_int_equal(wait_us(&world, SECOND), JK_CLOCK_BELIEVED);

    world = new_world(true);
    jk_clockwatch_remember(&world.watch, NULL, DAY);
    look(&world);
    assert_true(jk_clockwatch_confirm(&world.watch, shown(&world))); /* at once: no minute */
    world = new_world(false);
    jk_clockwatch_remember(&world.watch, NULL, DAY);
    look(&world);
    assert_int_equal(wait_us(&world, 60 * SECOND), JK_CLOCK_BELIEVED);
}

/* ---- what is no step ---- */

/* Two hosts, each slewed by a twelfth, against one another, as long as they stay 5 s apart. */
static void test_slewing(void **state)
{
    struct world world = good_world(true);
    (void)state;
    for (int i = 0; i < 28; i++) {
        world.database_us += SECOND / 12;
        world.real_us -= SECOND / 12;
        assert_int_equal(wait_us(&world, SECOND), JK_CLOCK_BELIEVED);
    }
    for (int i = 0; i < 28; i++) {
        world.database_us -= SECOND / 12;
        world.real_us += SECOND / 12;
        assert_int_equal(wait_us(&world, SECOND), JK_CLOCK_BELIEVED);
    }
    for (int i = 0; i < 40; i++) { /* further than that they are 5 s apart */
        world.database_us += SECOND / 12;
        world.real_us -= SECOND / 12;
        wait_us(&world, SECOND);
    }
    assert_int_equal(world.watch.state, JK_CLOCK_DISAGREES);
}

/* To the microsecond: 5 s apart, and the slack. */
static void test_edges(void **state)
{
    struct world world = new_world(true);
    (void)state;
    world.width_us = 0;
    world.database_us = JK_CLOCK_APART_US;
    assert_int_equal(look(&world), JK_CLOCK_BELIEVED);
    world.database_us -= JK_CLOCK_SLACK_US;
    assert_int_equal(look(&world), JK_CLOCK_BELIEVED);
    world.database_us -= 1;
    assert_int_equal(look(&world), JK_CLOCK_DISAGREES);
    world = new_world(true);
    world.width_us = 0;
    world.database_us = -JK_CLOCK_APART_US - 1;
    assert_int_equal(look(&world), JK_CLOCK_DISAGREES);
    for (int less = 0; less < 2; less++) { /* an hour is a large step, a microsecond less is none */
        world = new_world(true);
        world.width_us = 0;
        look(&world);
        world.database_us = world.real_us = HOUR - less;
        assert_int_equal(wait_us(&world, 62 * SECOND), less ? JK_CLOCK_BELIEVED : JK_CLOCK_UNCONFIRMED);
    }
}

/* Nobody looked for a while: the database was away, or the machine slept. The clock since boot counted on. */
static void test_without_readings(void **state)
{
    static const int64_t whiles[] = {MINUTE, HOUR, DAY, 30 * DAY};
    (void)state;
    for (size_t i = 0; i < sizeof whiles / sizeof whiles[0]; i++) {
        struct world world = good_world(true);
        world.boot_us += whiles[i];
        assert_int_equal(look(&world), JK_CLOCK_BELIEVED);
        world.boot_us += whiles[i];
        world.database_us = world.real_us = 10 * SECOND;
        assert_int_equal(look(&world), JK_CLOCK_DISAGREES); /* ten seconds show after a month, too */
    }
}

/* A virtual machine was halted: its clock since boot stood still, its real-time clock was set afterwards. */
static void test_halted_machine(void **state)
{
    struct world world = good_world(true);
    (void)state;
    world.database_us = 20 * MINUTE; /* the database is elsewhere */
    assert_int_equal(look(&world), JK_CLOCK_DISAGREES);
    assert_int_equal(wait_us(&world, 30 * SECOND), JK_CLOCK_DISAGREES);
    world.real_us = 20 * MINUTE;
    assert_int_equal(wait_us(&world, 62 * SECOND), JK_CLOCK_BELIEVED);
}

/* Another host takes the database over: its clock may be another by what each may differ from ours. */
static void test_failover(void **state)
{
    struct world world = good_world(true);
    (void)state;
    world.database_us = -4 * SECOND;
    assert_int_equal(look(&world), JK_CLOCK_DISAGREES); /* on the same connection that is a step */
    world = good_world(true);
    world.session = 2;
    world.database_us = -4 * SECOND;
    assert_int_equal(look(&world), JK_CLOCK_BELIEVED);
    assert_int_equal(wait_us(&world, 20 * SECOND), JK_CLOCK_BELIEVED);
    world.database_us = 0; /* and now that one steps */
    assert_int_equal(look(&world), JK_CLOCK_DISAGREES);
    world = good_world(true);
    world.session = 2;
    world.database_us = 10 * SECOND;
    assert_int_equal(look(&world), JK_CLOCK_DISAGREES);
    world = good_world(true); /* a new connection is no way round the time since boot */
    world.session = 2;
    world.database_us = world.real_us = 10 * SECOND;
    assert_int_equal(look(&world), JK_CLOCK_DISAGREES);
}

/* An answer that took long leaves that much open, and no more. */
static void test_slow_answers(void **state)
{
    struct world world = good_world(true);
    (void)state;
    world.width_us = JK_CLOCK_WIDTH_US;
    for (int i = 0; i < 60; i++)
        assert_int_equal(wait_us(&world, SECOND), JK_CLOCK_BELIEVED);
    world.database_us = 10 * SECOND;
    assert_int_equal(look(&world), JK_CLOCK_DISAGREES);
    world = good_world(true);
    world.width_us = JK_CLOCK_WIDTH_US;
    world.database_us = world.real_us = -10 * SECOND;
    assert_int_equal(look(&world), JK_CLOCK_DISAGREES);
}

/* What a reader's connection shows is held against the same baseline, and changes nothing. */
static void test_other_readings(void **state)
{
    struct world world = good_world(true);
    struct jk_clock_reading reading;
    (void)state;
    world.session = 0;
    reading = reading_of(&world);
    assert_true(jk_clockwatch_holds(&world.watch, &reading));
    reading.width_us = JK_CLOCK_WIDTH_US + 1;
    assert_false(jk_clockwatch_holds(&world.watch, &reading));
    world.database_us = 6 * SECOND;
    reading = reading_of(&world);
    assert_false(jk_clockwatch_holds(&world.watch, &reading));
    world.database_us = world.real_us = DAY;
    reading = reading_of(&world);
    assert_false(jk_clockwatch_holds(&world.watch, &reading));
    assert_int_equal(world.watch.state, JK_CLOCK_BELIEVED);
    look(&world);
    world.database_us = world.real_us = 0;
    reading = reading_of(&world);
    assert_false(jk_clockwatch_holds(&world.watch, &reading)); /* while writes are stopped nothing holds */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_clock_steps),
        cmocka_unit_test(test_sixty_days_for_three_seconds),
        cmocka_unit_test(test_both_clocks_step),
        cmocka_unit_test(test_steps_add_up),
        cmocka_unit_test(test_operator),
        cmocka_unit_test(test_operator_cannot_overrule),
        cmocka_unit_test(test_witness),
        cmocka_unit_test(test_witness_early),
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_remembered),
        cmocka_unit_test(test_slewing),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_without_readings),
        cmocka_unit_test(test_halted_machine),
        cmocka_unit_test(test_failover),
        cmocka_unit_test(test_slow_answers),
        cmocka_unit_test(test_other_readings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
