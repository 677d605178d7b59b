/* See beat.h. */
#include "store/beat.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "book/stage.h"
#include "store/batch.h"
#include "store/life.h"

#define LEAD_US INT64_C(5000000) /* how far the log may be ahead of the clock: two batches may share a time */

/* From the record; an operator's confirmation voids one that lies in the future. */
static struct jk_life known_life(struct jk_store *store, int64_t now_us)
{
    struct jk_life life;

    (void)jk_directory_life(store->directory, &life);
    if (store->time.life_void && life.seen_us > now_us) life.seen_us = 0;
    return life;
}

bool jk_beat_is_ahead(struct jk_store *store, int64_t now_us)
{
    struct jk_life life;

    (void)jk_directory_life(store->directory, &life);
    return life.seen_us - now_us > LEAD_US;
}

enum jk_status jk_beat_check_behind(struct jk_store *store, int64_t time_us, struct jk_error *error)
{
    int64_t seen_us = store->time.exempt ? 0 : known_life(store, time_us).seen_us, last_us = store->last_time_us;
    bool life = seen_us > last_us;
    int64_t lead_us = (life ? seen_us : last_us) - time_us;

    if (lead_us <= LEAD_US) return JK_OK;
    return jk_fail(error, JK_UNAVAILABLE, "CLOCK_BEHIND",
                   "The log takes no writes: the database's clock is %lld s behind %s", (long long)(lead_us / 1000000),
                   life ? "the log's last sign of life" : "the log's last entry");
}

bool jk_beat_is_due(struct jk_store *store)
{
    const struct jk_clockwatch *watch = &store->time.watch;
    struct jk_life life, next;

    if (store->time.exempt || watch->state != JK_CLOCK_BELIEVED) return false;
    life = known_life(store, watch->last.database_us);
    return jk_life_next(&life, store->last_time_us, watch->last.database_us, false, &next);
}

static bool waits_in_rest(const struct jk_store *store, const struct jk_life *life)
{
    for (uint32_t stage = 0; stage < jk_book_stages(store->book, store->size); stage++) {
        int64_t cutoff_us = jk_book_stage(store->book, stage, store->size)->cutoff_us;

        if (!jk_book_closing(store->book, stage, 0, store->size) && jk_life_rested(life, cutoff_us)) return true;
    }
    return false;
}

void jk_beat_record(struct jk_batch *batch)
{
    struct jk_store *store = batch->store;
    struct jk_life life, next;
    struct jk_record record;
    struct jk_error error;
    char from[JK_TIME_TEXT], until[JK_TIME_TEXT];

    if (store->time.exempt) return;
    life = known_life(store, batch->clock_us);
    if (!jk_life_next(&life, store->last_time_us, batch->clock_us, waits_in_rest(store, &life), &next)) return;
    jk_error_init(&error, NULL);
    /* A rest that is not recorded is forgotten with the batch's first entry. */
    JK_CHECK(jk_record_life(&batch->arena, &next, &record) && jk_turn_record(&batch->turn, &record, &error) == JK_OK);
    if (next.rest_until_us == life.rest_until_us) return;
    jk_time_format(next.rest_from_us, from);
    jk_time_format(next.rest_until_us, until);
    jk_log(JK_LOG_WARN, "log-rested", "from", from, "until", until, "stages",
           "those whose cut-off lies in between are closed by an evaluator, or once a witness has cosigned", NULL);
}

bool jk_store_rested(struct jk_store *store, int64_t cutoff_us)
{
    struct jk_life life;

    return jk_directory_life(store->directory, &life) && jk_life_rested(&life, cutoff_us);
}
