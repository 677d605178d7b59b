/* See clockwatch.h. */
#include "store/clockwatch.h"

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

/* How far a value is outside a range. */
static int64_t outside(int64_t value, int64_t least, int64_t most)
{
    return value < least ? value - least : value > most ? value - most : 0;
}

int64_t jk_clock_apart(const struct jk_clock_reading *reading)
{
    return outside(reading->database_us, reading->real_us - reading->width_us, reading->real_us);
}

static bool agrees(const struct jk_clock_reading *reading)
{
    return magnitude(jk_clock_apart(reading)) <= JK_CLOCK_APART_US;
}

/* By how much more the database's clock advanced than the clock since boot. */
static int64_t database_strays(const struct jk_clock_reading *from, const struct jk_clock_reading *to)
{
    int64_t passed_us = to->boot_us - from->boot_us;

    return outside(to->database_us - from->database_us, passed_us - to->width_us, passed_us + from->width_us);
}

static int64_t server_strays(const struct jk_clock_reading *from, const struct jk_clock_reading *to)
{
    return to->real_us - from->real_us - (to->boot_us - from->boot_us);
}

static int64_t slack(const struct jk_clock_reading *from, const struct jk_clock_reading *to)
{
    int64_t fifth_us = magnitude(to->boot_us - from->boot_us) / 5;

    if (fifth_us < JK_CLOCK_SLACK_US) return JK_CLOCK_SLACK_US;
    return fifth_us < JK_CLOCK_APART_US ? fifth_us : JK_CLOCK_APART_US;
}

static bool fits(const struct jk_clock_reading *from, const struct jk_clock_reading *to)
{
    bool same = from->session != 0 && from->session == to->session;
    int64_t strays_us = same ? database_strays(from, to) : server_strays(from, to);

    return agrees(to) && magnitude(strays_us) <= slack(from, to);
}

static int64_t larger(int64_t a, int64_t b)
{
    return magnitude(a) > magnitude(b) ? a : b;
}

static void renew_base(struct jk_clock_reading *base, const struct jk_clock_reading *reading)
{
    if (reading->boot_us - base->boot_us >= JK_CLOCK_RENEW_US) *base = *reading;
}

/* The error of whichever clock is further from where it should be; for the database's, the largest possible. */
static void measure_step(struct jk_clockwatch *watch)
{
    const struct jk_clock_reading *from = &watch->base, *to = &watch->last;

    if (!watch->based) return;
    int64_t passed_us = to->boot_us - from->boot_us, advance_us = to->database_us - from->database_us;
    int64_t least_us = advance_us - passed_us - from->width_us, most_us = advance_us - passed_us + to->width_us;
    watch->step_us = larger(larger(least_us, most_us), server_strays(from, to));
}

static void believe(struct jk_clockwatch *watch, enum jk_clock_ground ground)
{
    watch->state = JK_CLOCK_BELIEVED;
    watch->ground = ground;
    watch->base = watch->last;
    watch->based = watch->trusted = true;
    watch->remembered = false;
    watch->witness_us = watch->witness_boot_us = 0;
}

static void disagree(struct jk_clockwatch *watch)
{
    watch->state = JK_CLOCK_DISAGREES;
    measure_step(watch);
}

/* The first reading is a baseline that nothing confirms: it only serves to detect later steps. */
static void begin_stop(struct jk_clockwatch *watch)
{
    watch->stops++;
    if (!watch->based && !watch->remembered) {
        watch->base = watch->last;
        watch->based = true;
    }
    disagree(watch);
}

bool jk_clock_is_near(int64_t time_us, const struct jk_clock_reading *reading)
{
    return magnitude(time_us - reading->database_us) <= JK_CLOCK_NEAR_US &&
           magnitude(time_us - reading->real_us) <= JK_CLOCK_NEAR_US;
}

static bool is_witnessed(const struct jk_clockwatch *watch)
{
    return watch->witness_us != 0 &&
           jk_clock_is_near(watch->witness_us + watch->last.boot_us - watch->witness_boot_us, &watch->last);
}

static void settle_state(struct jk_clockwatch *watch, bool stage_open)
{
    measure_step(watch);
    watch->state = JK_CLOCK_SETTLING;
    if (watch->last.boot_us - watch->since_boot_us < JK_CLOCK_SETTLE_US) return;
    if (!jk_clock_is_large(watch->step_us))
        believe(watch, JK_CLOCK_BY_AGREEMENT);
    else if (!stage_open)
        believe(watch, JK_CLOCK_BY_NO_STAGE);
    else if (is_witnessed(watch))
        believe(watch, JK_CLOCK_BY_WITNESS);
    else
        watch->state = JK_CLOCK_UNCONFIRMED;
}

static void begin_settling(struct jk_clockwatch *watch, bool stage_open)
{
    watch->recent = watch->last;
    watch->since_boot_us = watch->last.boot_us;
    settle_state(watch, stage_open);
}

static void take_agreeing(struct jk_clockwatch *watch, bool stage_open)
{
    if (!fits(&watch->recent, &watch->last)) {
        disagree(watch);
        return;
    }
    renew_base(&watch->recent, &watch->last);
    settle_state(watch, stage_open);
}

void jk_clockwatch_remember(struct jk_clockwatch *watch, const struct jk_clock_reading *base, int64_t step_us)
{
    watch->remembered = true;
    watch->step_us = step_us;
    if (!base) return;
    watch->base = *base;
    watch->base.session = 0;
    watch->based = watch->trusted = true;
}

void jk_clockwatch_witness(struct jk_clockwatch *watch, int64_t time_us, int64_t boot_us)
{
    bool near = jk_clock_is_near(time_us + watch->last.boot_us - boot_us, &watch->last);

    if (!near && is_witnessed(watch)) return;
    watch->witness_us = time_us;
    watch->witness_boot_us = boot_us;
}

enum jk_clock_state jk_clockwatch_take(struct jk_clockwatch *watch, const struct jk_clock_reading *reading,
                                       bool stage_open)
{
    watch->last = *reading;
    switch (watch->state) {
    case JK_CLOCK_NEW:
        if (!agrees(&watch->last)) {
            begin_stop(watch);
        } else if (watch->remembered) {
            watch->stops++;
            begin_settling(watch, stage_open);
        } else {
            believe(watch, JK_CLOCK_BY_START);
        }
        break;
    case JK_CLOCK_BELIEVED:
        if (fits(&watch->base, reading))
            renew_base(&watch->base, reading);
        else
            begin_stop(watch);
        break;
    case JK_CLOCK_DISAGREES:
        if (agrees(reading))
            begin_settling(watch, stage_open);
        else
            measure_step(watch);
        break;
    case JK_CLOCK_SETTLING:
    case JK_CLOCK_UNCONFIRMED:
        take_agreeing(watch, stage_open);
        break;
    }
    return watch->state;
}

bool jk_clockwatch_holds(const struct jk_clockwatch *watch, const struct jk_clock_reading *reading)
{
    return watch->state == JK_CLOCK_BELIEVED && reading->width_us <= JK_CLOCK_WIDTH_US && fits(&watch->base, reading);
}

bool jk_clockwatch_confirm(struct jk_clockwatch *watch, int64_t time_us)
{
    bool agreeing = watch->state == JK_CLOCK_SETTLING || watch->state == JK_CLOCK_UNCONFIRMED;

    if (!agreeing || !jk_clock_is_near(time_us, &watch->last)) return false;
    believe(watch, JK_CLOCK_BY_OPERATOR);
    return true;
}

bool jk_clockwatch_expected(const struct jk_clockwatch *watch, int64_t *out_time_us)
{
    if (!watch->trusted) return false;
    *out_time_us = watch->base.database_us + watch->last.boot_us - watch->base.boot_us;
    return true;
}
