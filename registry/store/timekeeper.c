/* See timekeeper.h. */
#include "store/timekeeper.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "book/stage.h"
#include "store/beat.h"
#include "store/clock.h"
#include "store/clockstop.h"

#define FIRST_MS    10000
#define FIRST_TRIES 3

static const struct jk_clocks system_clocks = {jk_boot_us, jk_now_us};

void jk_timekeeper_init(struct jk_timekeeper *time, const struct jk_clocks *clocks, char *stop_path)
{
    *time = (struct jk_timekeeper){.clocks = clocks ? clocks : &system_clocks, .stop_path = stop_path};
    pthread_mutex_init(&time->lock, NULL);
}

void jk_timekeeper_done(struct jk_timekeeper *time)
{
    pthread_mutex_destroy(&time->lock);
    free(time->stop_path);
}

/* ---- readings ---- */

int64_t jk_timekeeper_ask(const struct jk_store *store)
{
    return store->time.clocks->boot_us();
}

static struct jk_clock_reading read_clocks(const struct jk_store *store, int64_t asked_us, int64_t database_us,
                                           uint64_t session)
{
    const struct jk_clocks *clocks = store->time.clocks;
    int64_t real_us = clocks->real_us(), boot_us = clocks->boot_us();

    return (struct jk_clock_reading){database_us, real_us, boot_us, boot_us - asked_us, session};
}

static struct jk_clockwatch copy_watch(struct jk_store *store)
{
    struct jk_clockwatch watch;

    pthread_mutex_lock(&store->time.lock);
    watch = store->time.watch;
    pthread_mutex_unlock(&store->time.lock);
    return watch;
}

/* On the sequencer, which alone changes the book. Uses the latest possible time: a stage that opens within a step
 * counts, too. */
static bool is_stage_open(const struct jk_store *store, const struct jk_clock_reading *reading)
{
    int64_t expected_us, latest_us = reading->database_us > reading->real_us ? reading->database_us : reading->real_us;

    if (jk_clockwatch_expected(&store->time.watch, &expected_us) && expected_us > latest_us) latest_us = expected_us;
    if (store->last_time_us > latest_us) latest_us = store->last_time_us;
    for (uint32_t stage = 0; stage < jk_book_stages(store->book, store->size); stage++) {
        if (!jk_book_closing(store->book, stage, 0, store->size) &&
            jk_book_stage(store->book, stage, store->size)->opens_us <= latest_us)
            return true;
    }
    return false;
}

/* ---- a stop, remembered ---- */

static void remember_stop(struct jk_timekeeper *time, const struct jk_clockwatch *watch)
{
    bool wanted = watch->state != JK_CLOCK_BELIEVED && jk_clock_is_large(watch->step_us);
    struct jk_error error;
    enum jk_status status;

    if (wanted == time->remembered || (time->remembered && watch->state != JK_CLOCK_BELIEVED)) return;
    jk_error_init(&error, NULL);
    status = wanted ? jk_clockstop_save(time->stop_path, watch, &error) : jk_clockstop_remove(time->stop_path, &error);
    if (status != JK_OK) jk_log(JK_LOG_ERROR, "clock-stop-file", "detail", error.message, NULL);
    time->remembered = wanted; /* otherwise it would be tried at each reading */
}

/* ---- taking a reading ---- */

static void note(struct jk_store *store, enum jk_clock_state before, const struct jk_clockwatch *watch)
{
    struct jk_timekeeper *time = &store->time;
    int64_t apart_us = jk_clock_apart(&watch->last);
    bool stopped = watch->state != JK_CLOCK_BELIEVED;

    jk_metrics_set(JK_METRIC_CLOCK_APART, (uint64_t)(apart_us < 0 ? -apart_us : apart_us));
    jk_metrics_set(JK_METRIC_CLOCK_STOPPED, stopped);
    if (stopped && before <= JK_CLOCK_BELIEVED) {
        time->stopped_ms = jk_monotonic_ms();
        jk_metrics_add(JK_METRIC_CLOCK_STOPS, 0, 0, 1);
    }
    if (watch->state != before && !(before == JK_CLOCK_NEW && !stopped)) jk_timekeeper_log(watch, time->stopped_ms);
    remember_stop(time, watch);
}

enum jk_status jk_timekeeper_take(struct jk_store *store, int64_t asked_us, int64_t database_us, uint64_t session,
                                  struct jk_error *error)
{
    struct jk_timekeeper *time = &store->time;
    struct jk_clock_reading reading = read_clocks(store, asked_us, database_us, session);
    struct jk_clockwatch watch;
    enum jk_clock_state before;
    bool open;

    if (time->exempt) return JK_OK;
    if (reading.width_us > JK_CLOCK_WIDTH_US) return jk_timekeeper_unsure(reading.width_us, error);
    open = time->watch.state != JK_CLOCK_BELIEVED && is_stage_open(store, &reading);
    pthread_mutex_lock(&time->lock);
    before = time->watch.state;
    (void)jk_clockwatch_take(&time->watch, &reading, open);
    watch = time->watch;
    pthread_mutex_unlock(&time->lock);
    note(store, before, &watch);
    return watch.state == JK_CLOCK_BELIEVED ? JK_OK : jk_timekeeper_disagrees(&watch, error);
}

enum jk_status jk_timekeeper_judge(struct jk_store *store, int64_t asked_us, int64_t database_us,
                                   struct jk_moment *out_moment, struct jk_error *error)
{
    struct jk_clock_reading reading = read_clocks(store, asked_us, database_us, 0);
    struct jk_clockwatch watch = copy_watch(store);

    if (!store->time.exempt && !jk_clockwatch_holds(&watch, &reading)) {
        if (reading.width_us > JK_CLOCK_WIDTH_US) return jk_timekeeper_unsure(reading.width_us, error);
        watch.last = reading;
        if (watch.state == JK_CLOCK_BELIEVED) watch.state = JK_CLOCK_DISAGREES;
        return jk_timekeeper_disagrees(&watch, error);
    }
    out_moment->now_us = database_us;
    out_moment->both_us = database_us < reading.real_us ? database_us : reading.real_us;
    out_moment->stops = watch.stops;
    return JK_OK;
}

/* ---- start ---- */

enum jk_status jk_timekeeper_check_new(const struct jk_store *store, int64_t asked_us, int64_t database_us,
                                       struct jk_error *error)
{
    struct jk_clockwatch watch = {.last = read_clocks(store, asked_us, database_us, 0)};
    int64_t apart_us = jk_clock_apart(&watch.last);
    struct jk_clocks_shown shown;

    if (apart_us <= JK_CLOCK_APART_US && apart_us >= -JK_CLOCK_APART_US) return JK_OK;
    jk_timekeeper_show(&watch, &shown);
    return jk_fail(error, JK_FAILED_PRECONDITION, "CLOCK_DISAGREES",
                   "the database's clock shows %s, this machine's %s: a log's times can never be corrected, so no log "
                   "is created until both are right",
                   shown.database, shown.server);
}

static enum jk_status take_first(struct jk_store *store, struct jk_conn *conn, struct jk_error *error)
{
    for (int i = 0;; i++) {
        int64_t asked_us = jk_timekeeper_ask(store), database_us;
        struct jk_query query;
        struct jk_error why;

        jk_query_init(&query, JK_SQL_CLOCK);
        JK_TRY(jk_conn_run(conn, &query, 1, jk_monotonic_ms() + FIRST_MS, error));
        database_us = jk_result_i64(query.result, 0, 0);
        jk_queries_done(&query, 1);
        jk_error_init(&why, NULL);
        (void)!jk_timekeeper_take(store, asked_us, database_us, conn->session, &why); /* reading works anyway */
        if (store->time.watch.state != JK_CLOCK_NEW || i == FIRST_TRIES) return JK_OK;
    }
}

static enum jk_status refuse_word(const struct jk_clockwatch *watch, int64_t confirmed_us, struct jk_error *error)
{
    char given[JK_TIME_TEXT];
    struct jk_clocks_shown shown;

    jk_time_format(confirmed_us, given);
    jk_timekeeper_show(watch, &shown);
    return jk_fail(error, JK_INVALID_ARGUMENT, "CONFIRM_CLOCK",
                   "--confirm-clock: \"%s\" cannot be confirmed: the database's clock shows %s, this machine's %s; "
                   "both must agree within 5 s, and be within 5 min of what is given",
                   given, shown.database, shown.server);
}

/* Once: the confirmation is good for one stop only. */
static enum jk_status take_confirmation(struct jk_store *store, int64_t confirmed_us, struct jk_error *error)
{
    struct jk_timekeeper *time = &store->time;
    struct jk_clockwatch *watch = &time->watch; /* no other thread yet */
    enum jk_clock_state before = watch->state;

    if (before == JK_CLOCK_BELIEVED && !jk_beat_is_ahead(store, watch->last.database_us)) {
        jk_log(JK_LOG_INFO, "clock-confirmation-unneeded", NULL);
        return JK_OK;
    }
    if (before == JK_CLOCK_BELIEVED ? !jk_clock_is_near(confirmed_us, &watch->last)
                                    : !jk_clockwatch_confirm(watch, confirmed_us))
        return refuse_word(watch, confirmed_us, error);
    time->life_void = jk_beat_is_ahead(store, watch->last.database_us);
    note(store, before, watch);
    return JK_OK;
}

enum jk_status jk_timekeeper_start(struct jk_store *store, struct jk_conn *conn, int64_t confirmed_us,
                                   struct jk_error *error)
{
    struct jk_timekeeper *time = &store->time;

    time->exempt = jk_clock_is_demo(store);
    if (time->exempt) return JK_OK;
    jk_clockstop_load(time->stop_path, &time->watch);
    time->remembered = time->watch.remembered;
    JK_TRY(take_first(store, conn, error));
    return confirmed_us ? take_confirmation(store, confirmed_us, error) : JK_OK;
}

/* ---- the port ---- */

bool jk_store_wants_witness(struct jk_store *store)
{
    enum jk_clock_state state = copy_watch(store).state;

    return state == JK_CLOCK_SETTLING || state == JK_CLOCK_UNCONFIRMED;
}

void jk_store_witnessed(struct jk_store *store, int64_t time_us)
{
    int64_t boot_us = store->time.clocks->boot_us();

    pthread_mutex_lock(&store->time.lock);
    jk_clockwatch_witness(&store->time.watch, time_us, boot_us);
    pthread_mutex_unlock(&store->time.lock);
}
