/* See tend.h. */
#include "closing/tend.h"

#include "base/clock.h"
#include "base/log.h"

#define SETTLE_MS 10000

void jk_tend_init(struct jk_tend *tend, struct jk_store *store, struct jk_closer *closer)
{
    *tend = (struct jk_tend){.store = store, .closer = closer};
}

/* ---- what is due ---- */

/* Not less than the newest entry's: a clock that was moved shows there first. */
static int64_t guess_now(const struct jk_tend *tend, const struct jk_view *view)
{
    int64_t newest_us = view->size > 0 ? jk_book_time(view->book, view->size - 1) : 0;
    int64_t now_us = tend->learned_ms ? tend->clock_us + (jk_monotonic_ms() - tend->learned_ms) * 1000 : 0;
    return now_us > newest_us ? now_us : newest_us;
}

static void look_at(const struct jk_tend *tend, const struct jk_view *view, uint32_t stage, struct jk_tend_look *look)
{
    const struct jk_closing *last = jk_book_closing(view->book, stage, 0, view->size);
    int64_t cutoff_us = jk_book_stage(view->book, stage, view->size)->cutoff_us;
    if (!last && (look->cutoff_us == JK_TIME_NONE || cutoff_us < look->cutoff_us)) look->cutoff_us = cutoff_us;
    look->closed += last != NULL;
    for (uint32_t revision = last ? last->revision : 0; revision > 0; revision--) {
        const struct jk_closing *closing = jk_book_closing(view->book, stage, revision, view->size);
        look->untended += closing && closing->from >= tend->tended;
    }
}

void jk_tend_look(const struct jk_tend *tend, struct jk_tend_look *out_look)
{
    struct jk_view view;
    jk_store_view(tend->store, &view);
    *out_look = (struct jk_tend_look){.now_us = guess_now(tend, &view), .cutoff_us = JK_TIME_NONE};
    for (uint32_t stage = 0; stage < jk_book_stages(view.book, view.size); stage++)
        look_at(tend, &view, stage, out_look);
    jk_store_view_end(tend->store);
    out_look->missing = out_look->untended + tend->given_up;
}

/* ---- closing ---- */

struct closing_write {
    struct jk_own_write own; /* first */
    const struct jk_computed *computed;
};

static enum jk_status decide(struct jk_write *write, struct jk_turn *turn)
{
    struct closing_write *closing = (struct closing_write *)write;
    struct jk_actor server = {.type = JK_ACTOR_SERVER};
    return jk_close_in_turn(turn, closing->computed, server, JK_SPAN(""), write->error);
}

static enum jk_status write_closing(struct jk_tend *tend, const struct jk_computed *computed, struct jk_error *error)
{
    struct closing_write closing = {.own.write.decide = decide, .computed = computed};
    JK_TRY(jk_store_write_own(tend->store, &closing.own, error));
    if (closing.own.write.entry_count > 0)
        jk_log(JK_LOG_INFO, "stage-closed", "stage", computed->stage, "entries", jk_log_i64(computed->plan.n), "index",
               jk_log_i64(closing.own.write.first_index), NULL);
    return JK_OK;
}

/* A stage that is due, after `stage`; false: none. */
static bool find_due(struct jk_tend *tend, uint32_t *stage, struct jk_close_plan *out_plan)
{
    struct jk_error error;
    struct jk_view view;
    bool found = false;
    jk_error_init(&error, NULL);
    jk_store_view(tend->store, &view);
    for (; !found && *stage < jk_book_stages(view.book, view.size); ++*stage)
        found = !jk_book_closing(view.book, *stage, 0, view.size) &&
                jk_close_plan_first(&view, *stage, tend->clock_us, out_plan, &error) == JK_OK;
    jk_store_view_end(tend->store);
    return found;
}

static enum jk_status close_due(struct jk_tend *tend, struct jk_reader *reader, int64_t deadline_ms,
                                struct jk_error *error)
{
    struct jk_close_plan plan;
    for (uint32_t stage = 0; find_due(tend, &stage, &plan);) {
        struct jk_computed *computed;
        JK_TRY(jk_closer_compute(tend->closer, reader, &plan, deadline_ms, &computed, error));
        enum jk_status status = write_closing(tend, computed, error);
        jk_computed_release(computed);
        JK_TRY(status);
    }
    return JK_OK;
}

/* ---- files ---- */

/* The first closing of the log from there on; false: none. */
static bool find_closing(const struct jk_tend *tend, uint32_t from, struct jk_closing *out_closing)
{
    struct jk_view view;
    bool found = false;
    jk_store_view(tend->store, &view);
    for (uint32_t stage = 0; stage < jk_book_stages(view.book, view.size); stage++) {
        const struct jk_closing *last = jk_book_closing(view.book, stage, 0, view.size);
        for (uint32_t revision = last ? last->revision : 0; revision > 0; revision--) {
            const struct jk_closing *closing = jk_book_closing(view.book, stage, revision, view.size);
            if (!closing || closing->from < from || (found && closing->from > out_closing->from)) continue;
            *out_closing = *closing;
            found = true;
        }
    }
    jk_store_view_end(tend->store);
    return found;
}

/* One whose files cannot be made now (no key for its certificate, say) does not keep the others from having theirs. */
static enum jk_status make_files(struct jk_tend *tend, struct jk_reader *reader, int64_t deadline_ms,
                                 struct jk_error *error)
{
    struct jk_closing closing;
    for (uint32_t at = tend->tended; find_closing(tend, at, &closing); at = closing.from + 1) {
        struct jk_error why;
        jk_error_init(&why, NULL);
        enum jk_status status =
            jk_closer_files(tend->closer, reader, closing.stage, closing.revision, deadline_ms, &why);
        if (status != JK_OK && status != JK_DATA_LOSS && !jk_error_is_set(error))
            (void)jk_fail(error, status, why.reason, "%s", why.message);
        if (jk_error_is_set(error)) continue;
        tend->given_up += status == JK_DATA_LOSS; /* it was told, and does not mend itself */
        tend->tended = closing.from + 1;
    }
    return jk_error_result(error);
}

enum jk_status jk_tend_all(struct jk_tend *tend, struct jk_reader *reader, int64_t deadline_ms, struct jk_error *error)
{
    JK_TRY(jk_close_moment(tend->store, reader, jk_monotonic_ms() + SETTLE_MS, &tend->clock_us, error));
    tend->learned_ms = jk_monotonic_ms();
    JK_TRY(close_due(tend, reader, deadline_ms, error));
    return make_files(tend, reader, deadline_ms, error);
}
