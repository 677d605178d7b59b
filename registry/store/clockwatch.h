/* Whether the database's clock can be believed: a state machine that is fed with readings of three clocks, and says
 * whether the log may take writes. Pure: it reads no clock. Any thread; the caller guards the watch.
 *
 * A reading holds what the database's clock showed, and what this server's real-time clock and its clock since boot
 * showed once that answer was there. The clock since boot (CLOCK_BOOTTIME) counts a suspended machine's time, and
 * nobody sets it. A reading fits a baseline where
 *   - the database's clock and this server's are JK_CLOCK_APART_US apart at most, and
 *   - the database's advanced since the baseline as the clock since boot did, within the slack. Where the connection is
 *     another one it may lead to another host, whose clock is another: then this server's own clock must have advanced
 *     so, which with the first rule leaves the two hosts 10 s.
 * The slack is a fifth of the time since the baseline, at least JK_CLOCK_SLACK_US, at most JK_CLOCK_APART_US: two hosts
 * whose clocks are slewed against each other at chrony's fastest, 8.3 % each, stay within it; a step of 10 s does not.
 *
 *   NEW --agrees-----------------------------------> BELIEVED <--+
 *    | |                                              |    |     | fits: the baseline moves on every 10 s
 *    | +--agrees, but a stop is remembered--+         |    +-----+
 *    |                                      |         | does not fit
 *    +--apart--> DISAGREES <----------------|---------+
 *                 |    ^                    |
 *          agrees |    | does not fit       |
 *                 v    |                    |
 *                SETTLING <-----------------+
 *                 |  |
 *                 |  +--60 s of agreement, and: the step is under an hour, or no stage is open,
 *                 |     or a witness's time says so; an operator's time, at once ----> BELIEVED
 *                 | 60 s, a larger step, a stage open
 *                 v
 *                UNCONFIRMED: as SETTLING after its 60 s, at each reading
 *
 * The step is what is left of it: by how much the clocks stray from where the baseline of before says that they should
 * be. A clock that was 60 days ahead for three seconds and is right again has made no step. */
#ifndef JK_STORE_CLOCKWATCH_H
#define JK_STORE_CLOCKWATCH_H

#include <stdbool.h>
#include <stdint.h>

#define JK_CLOCK_APART_US  INT64_C(5000000)    /* the most that the database's clock and this server's may differ */
#define JK_CLOCK_SLACK_US  INT64_C(2000000)    /* at least */
#define JK_CLOCK_RENEW_US  INT64_C(10000000)   /* the oldest a baseline gets while there are readings */
#define JK_CLOCK_SETTLE_US INT64_C(60000000)   /* how long clocks must agree before writes resume */
#define JK_CLOCK_LARGE_US  INT64_C(3600000000) /* a step of this size must be confirmed while a stage is open */
#define JK_CLOCK_NEAR_US   INT64_C(300000000)  /* how close to both clocks an operator's or a witness's time must be */
#define JK_CLOCK_WIDTH_US  INT64_C(5000000)    /* a wider reading is not used */

struct jk_clock_reading {
    int64_t database_us;      /* at some moment in the `width_us` before … */
    int64_t real_us, boot_us; /* … this server's clocks showed this */
    int64_t width_us;         /* from request to answer, by the clock since boot */
    uint64_t session;         /* identifies the connection; 0: none that is known */
};

enum jk_clock_state { JK_CLOCK_NEW, JK_CLOCK_BELIEVED, JK_CLOCK_DISAGREES, JK_CLOCK_SETTLING, JK_CLOCK_UNCONFIRMED };

/* Why the clock is trusted (again). */
enum jk_clock_ground {
    JK_CLOCK_BY_START,
    JK_CLOCK_BY_AGREEMENT,
    JK_CLOCK_BY_NO_STAGE,
    JK_CLOCK_BY_OPERATOR,
    JK_CLOCK_BY_WITNESS
};

/* All zero: new. */
struct jk_clockwatch {
    enum jk_clock_state state;
    enum jk_clock_ground ground;         /* how BELIEVED was reached */
    bool based, trusted;                 /* there is a baseline, and it was believed, not just the first reading */
    bool remembered;                     /* a stop by an earlier process has not ended yet */
    struct jk_clock_reading base;        /* while writes are stopped, the one before the stop */
    struct jk_clock_reading last;        /* the newest reading */
    struct jk_clock_reading recent;      /* baseline since the clocks agree */
    int64_t since_boot_us;               /* SETTLING and UNCONFIRMED: when agreement began */
    int64_t step_us;                     /* while writes are stopped; positive: ahead */
    int64_t witness_us, witness_boot_us; /* a witness's time, and when it arrived; 0: none */
    uint64_t stops;                      /* how often the clock ceased to be believed */
};

/* Restores a stop that an earlier process left, before the first reading. `base` NULL: the machine has been rebooted
 * since, and only the step is known. */
void jk_clockwatch_remember(struct jk_clockwatch *watch, const struct jk_clock_reading *base, int64_t step_us);
/* A witness cosigned with this time just now, at `boot_us`. One witness with the right time is enough: another that is
 * wrong does not undo it. */
void jk_clockwatch_witness(struct jk_clockwatch *watch, int64_t time_us, int64_t boot_us);
/* Processes a reading no wider than JK_CLOCK_WIDTH_US and returns the new state. `stage_open` matters only while writes
 * are stopped. */
enum jk_clock_state jk_clockwatch_take(struct jk_clockwatch *watch, const struct jk_clock_reading *reading,
                                       bool stage_open);
/* Whether this reading would be believed. Changes nothing: for readings from other connections. */
bool jk_clockwatch_holds(const struct jk_clockwatch *watch, const struct jk_clock_reading *reading);
/* An operator states the time. True, and BELIEVED, if the clocks agree and are close to it. */
bool jk_clockwatch_confirm(struct jk_clockwatch *watch, int64_t time_us);
/* The expected time at the newest reading, by the time elapsed since the baseline; false: there is no baseline that was
 * believed. */
bool jk_clockwatch_expected(const struct jk_clockwatch *watch, int64_t *out_time_us);
/* Within JK_CLOCK_NEAR_US of both clocks. */
bool jk_clock_is_near(int64_t time_us, const struct jk_clock_reading *reading);
/* By how much the database's clock is ahead of this server's, as precisely as the reading allows. */
int64_t jk_clock_apart(const struct jk_clock_reading *reading);
static inline bool jk_clock_is_large(int64_t step_us)
{
    return step_us >= JK_CLOCK_LARGE_US || step_us <= -JK_CLOCK_LARGE_US;
}

#endif
