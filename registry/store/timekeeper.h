/* Whether the database's clock may become the log's time: feeds the watch (clockwatch.h) with this server's clocks,
 * raises its alarms, and remembers a stop. It makes no round trips of its own except one at start: it reads along when
 * a batch takes the head's lock, and when the idle sequencer follows the log once a second.
 *
 * Threads: the sequencer (and start) takes readings; readers have theirs judged; a witness's time may come from any.
 * `lock` guards the watch. A demo, whose times are not real, is exempt. */
#ifndef JK_STORE_TIMEKEEPER_H
#define JK_STORE_TIMEKEEPER_H

#include <pthread.h>

#include "base/clock.h"
#include "base/error.h"
#include "store/clockwatch.h"

struct jk_clocks;
struct jk_conn;
struct jk_moment;
struct jk_store;

struct jk_timekeeper {
    pthread_mutex_t lock;
    const struct jk_clocks *clocks;
    struct jk_clockwatch watch;
    char *stop_path; /* owned */
    bool exempt;
    bool remembered;    /* the stop file exists */
    bool life_void;     /* an operator confirmed that the last sign of life is wrongly in the future */
    int64_t stopped_ms; /* since when writes are stopped, by the monotonic clock */
};

/* `clocks` NULL: the system's. */
void jk_timekeeper_init(struct jk_timekeeper *time, const struct jk_clocks *clocks, char *stop_path);
void jk_timekeeper_done(struct jk_timekeeper *time);

/* Before asking the database for its time: the clock since boot, to pass with the answer. */
int64_t jk_timekeeper_ask(const struct jk_store *store);
/* A new log is about to get this time of the database, which cannot be undone: FAILED_PRECONDITION (CLOCK_DISAGREES) if
 * this server's clock shows another. */
JK_MUST_USE enum jk_status jk_timekeeper_check_new(const struct jk_store *store, int64_t asked_us, int64_t database_us,
                                                   struct jk_error *error);
/* The first reading, with the log loaded. `confirmed_us`: the time as an operator confirms it, 0: none.
 * INVALID_ARGUMENT (CONFIRM_CLOCK) if a confirmation is needed and that is not the time. */
JK_MUST_USE enum jk_status jk_timekeeper_start(struct jk_store *store, struct jk_conn *conn, int64_t confirmed_us,
                                               struct jk_error *error);
/* An answer on the sequencer's connection, as soon as it arrives. UNAVAILABLE: CLOCK_DISAGREES names all three clocks,
 * CLOCK_UNSURE means that the answer took too long to tell. */
JK_MUST_USE enum jk_status jk_timekeeper_take(struct jk_store *store, int64_t asked_us, int64_t database_us,
                                              uint64_t session, struct jk_error *error);
/* An answer on a reader's connection, checked against the same baseline; changes nothing. Out: times (a demo's are not
 * shifted yet) and stops. Errors as above. */
JK_MUST_USE enum jk_status jk_timekeeper_judge(struct jk_store *store, int64_t asked_us, int64_t database_us,
                                               struct jk_moment *out_moment, struct jk_error *error);

/* ---- timekeeper_tell.c ---- */
struct jk_clocks_shown {
    char database[JK_TIME_TEXT], server[JK_TIME_TEXT], expected[JK_TIME_TEXT];
};
void jk_timekeeper_show(const struct jk_clockwatch *watch, struct jk_clocks_shown *out);
/* UNAVAILABLE (CLOCK_DISAGREES): names all three, and says when writes resume. */
JK_MUST_USE enum jk_status jk_timekeeper_disagrees(const struct jk_clockwatch *watch, struct jk_error *error);
/* UNAVAILABLE (CLOCK_UNSURE). */
JK_MUST_USE enum jk_status jk_timekeeper_unsure(int64_t width_us, struct jk_error *error);
/* Logs that the state has changed. */
void jk_timekeeper_log(const struct jk_clockwatch *watch, int64_t stopped_ms);

#endif
