/* The log's clock; see clock.h. */
#include "store/clock.h"

#include "store/batch.h"

#define LATEST_US 4102444800000000 /* 2100-01-01: later than anything a demo shows */

bool jk_clock_is_demo(const struct jk_store *store)
{
    return jk_span_equal(jk_book_purpose(store->book), JK_SPAN("demo"));
}

static enum jk_status fail_demo(struct jk_error *error)
{
    return jk_fail(error, JK_FAILED_PRECONDITION, "DEMO_LOG",
                   "the log is a demo (origin %s): its times are not real. Start it with --demo, or give another "
                   "database or data directory",
                   JK_DEMO_ORIGIN);
}

static enum jk_status fail_registry(struct jk_span origin, struct jk_error *error)
{
    return jk_fail(
        error, JK_FAILED_PRECONDITION, "NOT_A_DEMO",
        "the log \"%.*s\" is not a demo, and only a demo's clock can be set: start it without --demo, or give an "
        "empty database or data directory",
        JK_SPAN_ARG(origin));
}

static bool wants_demo(const struct jk_store *store)
{
    return store->purpose && strcmp(store->purpose, "demo") == 0;
}

enum jk_status jk_clock_check_origin(const struct jk_store *store, struct jk_span origin, struct jk_error *error)
{
    bool demo = jk_span_equal(origin, JK_SPAN(JK_DEMO_ORIGIN));

    if (!store->purpose || demo == wants_demo(store)) return JK_OK;
    return demo ? fail_demo(error) : fail_registry(origin, error);
}

enum jk_status jk_clock_check_purpose(const struct jk_store *store, struct jk_error *error)
{
    if (!store->purpose || jk_clock_is_demo(store) == wants_demo(store)) return JK_OK;
    return jk_clock_is_demo(store) ? fail_demo(error) : fail_registry(jk_book_origin(store->book), error);
}

void jk_clock_follow(struct jk_store *store)
{
    int64_t ahead_us;

    if (!jk_clock_is_demo(store)) return;
    if (!jk_directory_clock(store->directory, &ahead_us)) {
        ahead_us = store->last_time_us - jk_now_us();
        if (ahead_us < store->ahead_us) return;
    }
    store->ahead_us = ahead_us;
}

int64_t jk_clock_at(const struct jk_store *store, int64_t database_us)
{
    int64_t known_us, time_us = database_us + store->ahead_us;
    bool lost = jk_clock_is_demo(store) && !jk_directory_clock(store->directory, &known_us);

    return lost && time_us < store->last_time_us ? store->last_time_us : time_us;
}

int64_t jk_store_clock_us(const struct jk_store *store)
{
    return jk_now_us() + store->ahead_us;
}

enum jk_status jk_turn_set_clock(struct jk_turn *turn, int64_t time_us, struct jk_error *error)
{
    struct jk_batch *batch = turn->batch;
    struct jk_record record;
    char now[JK_TIME_TEXT];

    if (!jk_clock_is_demo(batch->store))
        return jk_fail(
            error, JK_FAILED_PRECONDITION, "NOT_A_DEMO",
            "This log is not a demo: its entries carry the database's time, which cannot be set. A demo is a log "
            "of the origin %s, made and served by jokbod --demo on an empty database",
            JK_DEMO_ORIGIN);
    if (time_us < turn->time_us || time_us >= LATEST_US) {
        jk_time_format(turn->time_us, now);
        jk_error_field(error, "time", "must not lie before the demo's clock, %s, nor after the year 2099", now);
        return jk_error_result(error);
    }
    if (!jk_record_clock(turn->arena, time_us - batch->clock_us, &record)) return jk_out_of_memory(error);
    return jk_turn_record(turn, &record, error);
}
