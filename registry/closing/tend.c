/* See tend.h. */
#include "closing/tend.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"

#define SETTLE_MS 10000
#define CLOCK_MS  5000  /* after this long the clocks are read again */
#define SPACE_MS  100   /* but not sooner than this */
#define HASTE_MS  60000 /* for this long witnesses are asked once a second, later only every … */
#define ASK_MS    10000 /* … so often */
#define GRACE_MS  30000 /* how long witnesses just asked may take to answer */

void jk_tend_init(struct jk_tend *tend, struct jk_store *store, struct jk_closer *closer,
                  const struct jk_closing_witnesses *witnesses)
{
    *tend = (struct jk_tend){.store = store, .closer = closer, .witnesses = witnesses};
}

void jk_tend_done(struct jk_tend *tend)
{
    free(tend->stages);
}

/* ---- what is due ---- */

static const struct jk_tend_stage *known(const struct jk_tend *tend, uint32_t stage)
{
    static const struct jk_tend_stage unknown = {0};
    return stage < tend->stage_count ? &tend->stages[stage] : &unknown;
}

/* How long until the clocks must be read for a stage that is not closed. */
static int64_t until_look_ms(const struct jk_tend *tend, const struct jk_tend_stage *one, int64_t left_us)
{
    int64_t now_ms = jk_monotonic_ms(), since_ms = now_ms - tend->learned_ms, wait_ms;
    if (tend->learned_ms == 0 || since_ms > CLOCK_MS) return 0;
    if (one->passed_ms == 0)
        wait_ms = left_us / 1000 + 1;
    else if (one->due == JK_DUE_PAUSE)
        wait_ms = one->passed_ms + JK_DUE_PAUSE_MS - now_ms;
    else
        wait_ms = JK_TEND_LOOK_MS - since_ms;
    return wait_ms > SPACE_MS - since_ms ? wait_ms : SPACE_MS - since_ms;
}

void jk_tend_look(const struct jk_tend *tend, struct jk_tend_look *out_look)
{
    struct jk_view view;
    jk_store_view(tend->store, &view);
    *out_look = (struct jk_tend_look){.wait_ms = JK_TEND_LOOK_MS, .missing = tend->given_up};

    /* What both clocks have reached. At least the newest entry's time: if a demo's clock was moved, it shows there
     * first. */
    int64_t newest_us = view.size > 0 ? jk_book_time(view.book, view.size - 1) : 0;
    int64_t now_us = tend->learned_ms ? tend->moment.both_us + (jk_monotonic_ms() - tend->learned_ms) * 1000 : 0;
    now_us = now_us > newest_us ? now_us : newest_us;

    for (uint32_t stage = 0; stage < jk_book_stages(view.book, view.size); stage++) {
        const struct jk_closing *last = jk_book_closing(view.book, stage, 0, view.size);
        const struct jk_tend_stage *one = known(tend, stage);
        int64_t left_us = jk_book_stage(view.book, stage, view.size)->cutoff_us - now_us, wait_ms = JK_TEND_LOOK_MS;
        uint32_t untended = 0;
        out_look->closed += last != NULL;
        if (!last && one->passed_ms > out_look->passed_ms) out_look->passed_ms = one->passed_ms;
        out_look->waiting += !last && (one->due == JK_DUE_PERSON || one->due == JK_DUE_TWO_PEOPLE);
        for (uint32_t revision = last ? last->revision : 0; revision > 0; revision--) {
            const struct jk_closing *closing = jk_book_closing(view.book, stage, revision, view.size);
            untended += closing && closing->from >= tend->tended;
        }
        out_look->missing += untended;
        if (untended > 0)
            wait_ms = 0;
        else if (!last)
            wait_ms = until_look_ms(tend, one, left_us);
        if (wait_ms < out_look->wait_ms) out_look->wait_ms = wait_ms > 0 ? wait_ms : 0;
    }
    jk_store_view_end(tend->store);
}

/* ---- witnesses ---- */

void jk_tend_ask(struct jk_tend *tend, const struct jk_tend_look *look)
{
    int64_t now_ms = jk_monotonic_ms();
    bool hasty = look->passed_ms > 0 && now_ms - look->passed_ms < HASTE_MS;
    if (!tend->witnesses || (look->passed_ms == 0 && !jk_store_wants_witness(tend->store))) return;
    if (now_ms - tend->asked_ms < (hasty ? JK_TEND_LOOK_MS : ASK_MS)) return;
    tend->asked_ms = now_ms;
    tend->witnesses->ask(tend->witnesses->context);
}

/* ---- reading the clocks ---- */

static void look_at_stage(struct jk_tend *tend, const struct jk_view *view, uint32_t stage)
{
    const struct jk_stage *facts = jk_book_stage(view->book, stage, view->size);
    struct jk_tend_stage *one = &tend->stages[stage];
    struct jk_due_facts due;
    if (jk_book_closing(view->book, stage, 0, view->size) || tend->moment.both_us < facts->cutoff_us) {
        *one = (struct jk_tend_stage){0};
        return;
    }
    if (one->passed_ms == 0) one->passed_ms = tend->learned_ms;
    jk_close_facts(tend->store, tend->witnesses, facts, tend->moment.now_us, &due);
    due.passed_ms = one->passed_ms;
    due.now_ms = tend->learned_ms;
    one->due = jk_due_look(&due);
}

/* *out_believed false: the clocks disagree, so the time cannot be relied on. */
static enum jk_status learn_time(struct jk_tend *tend, struct jk_reader *reader, bool *out_believed,
                                 struct jk_error *error)
{
    uint64_t stops = tend->moment.stops;
    struct jk_error why;
    jk_error_init(&why, NULL);
    enum jk_status status = jk_close_moment(tend->store, reader, jk_monotonic_ms() + SETTLE_MS, &tend->moment, &why);
    *out_believed = status == JK_OK;
    if (status != JK_OK || tend->moment.stops != stops) {
        /* earlier observations no longer count */
        for (uint32_t stage = 0; stage < tend->stage_count; stage++)
            tend->stages[stage].passed_ms = 0;
    }
    if (status != JK_OK && strncmp(why.reason, "CLOCK_", 6) != 0)
        return jk_fail(error, status, why.reason, "%s", why.message);
    tend->learned_ms = jk_monotonic_ms();
    return JK_OK;
}

static void look_at_stages(struct jk_tend *tend)
{
    struct jk_view view;
    jk_store_view(tend->store, &view);

    uint32_t count = jk_book_stages(view.book, view.size);
    if (count > tend->stage_count) {
        tend->stages = realloc(tend->stages, count * sizeof *tend->stages);
        JK_CHECK(tend->stages != NULL); /* a few bytes a stage */
        memset(tend->stages + tend->stage_count, 0, (count - tend->stage_count) * sizeof *tend->stages);
        tend->stage_count = count;
    }

    for (uint32_t stage = 0; stage < tend->stage_count; stage++) {
        look_at_stage(tend, &view, stage);

        struct jk_tend_stage *one = &tend->stages[stage];
        bool quorum = one->due == JK_DUE_TWO_PEOPLE && tend->learned_ms - one->passed_ms >= GRACE_MS;
        char id[JK_STAGE_ID];
        struct jk_span name = jk_book_stage(view.book, stage, view.size)->id;
        if (one->told || (one->due != JK_DUE_PERSON && !quorum)) continue;
        one->told = true;
        (void)snprintf(id, sizeof id, "%.*s", JK_SPAN_ARG(name));
        jk_log(JK_LOG_ERROR, "stage-waits", "stage", id, "reason", quorum ? "no-quorum" : "rest", "way_out",
               quorum
                   ? "its cut-off was 10 min ago, and no quorum of the witnesses has cosigned since: fix that, or have "
                     "two evaluators close it (stage close)"
                   : "no server was running at its cut-off: an evaluator must close it (stage close)",
               NULL);
    }
    jk_store_view_end(tend->store);
}

/* ---- closing ---- */

struct closing_write {
    struct jk_own_write own; /* first */
    struct jk_store *store;
    const struct jk_computed *computed;
    bool witnessed; /* witnesses' times past the cut-off */
};

/* This very batch may have found a rest. */
static enum jk_status decide_close(struct jk_write *write, struct jk_turn *turn)
{
    struct closing_write *closing = (struct closing_write *)write;
    struct jk_actor server = {.type = JK_ACTOR_SERVER};
    uint32_t stage = closing->computed->plan.stage;
    int64_t cutoff_us = jk_book_stage(turn->book, stage, jk_book_size(turn->book))->cutoff_us;
    if (!closing->witnessed && jk_store_rested(closing->store, cutoff_us))
        return jk_fail(write->error, JK_FAILED_PRECONDITION, "STAGE_RESTED",
                       "No server was running at the stage's cut-off: an evaluator must close it");
    return jk_close_in_turn(turn, closing->computed, server, JK_SPAN(""), write->error);
}

static enum jk_status write_closing(struct jk_tend *tend, const struct jk_computed *computed, bool witnessed,
                                    struct jk_error *error)
{
    struct closing_write closing = {
        .own.write.decide = decide_close, .store = tend->store, .computed = computed, .witnessed = witnessed};
    JK_TRY(jk_store_write_own(tend->store, &closing.own, error));
    if (closing.own.write.entry_count > 0)
        jk_log(JK_LOG_INFO, "stage-closed", "stage", computed->stage, "entries", jk_log_i64(computed->plan.n), "index",
               jk_log_i64(closing.own.write.first_index), NULL);
    return JK_OK;
}

/* The first due stage, starting with `stage`; false: none. */
static bool find_due(struct jk_tend *tend, uint32_t *stage, struct jk_close_plan *out_plan, bool *out_witnessed)
{
    struct jk_due_facts facts;
    struct jk_error error;
    struct jk_view view;
    bool found = false;
    jk_error_init(&error, NULL);
    jk_store_view(tend->store, &view);
    for (; !found && *stage < tend->stage_count; ++*stage) {
        if (tend->stages[*stage].due != JK_DUE_NOW || jk_book_closing(view.book, *stage, 0, view.size)) continue;
        jk_close_facts(tend->store, tend->witnesses, jk_book_stage(view.book, *stage, view.size), tend->moment.now_us,
                       &facts);
        *out_witnessed = facts.quorum || facts.witnessed;
        found = jk_close_plan_first(&view, *stage, tend->moment.now_us, out_plan, &error) == JK_OK;
    }
    jk_store_view_end(tend->store);
    return found;
}

/* ---- files ---- */

/* The first closing at or after that log index; false: none. */
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

/* If the files of one closing cannot be made now (for lack of a certificate key, say), the others still get theirs. */
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
        tend->given_up += status == JK_DATA_LOSS; /* reported already, and will not get better by itself */
        tend->tended = closing.from + 1;
    }
    return jk_error_result(error);
}

enum jk_status jk_tend_all(struct jk_tend *tend, struct jk_reader *reader, int64_t deadline_ms, struct jk_error *error)
{
    bool believed;
    JK_TRY(learn_time(tend, reader, &believed, error));
    if (believed) {
        look_at_stages(tend);

        struct jk_close_plan plan;
        bool witnessed;
        for (uint32_t stage = 0; find_due(tend, &stage, &plan, &witnessed);) {
            struct jk_computed *computed;
            JK_TRY(jk_closer_compute(tend->closer, reader, &plan, deadline_ms, &computed, error));
            enum jk_status status = write_closing(tend, computed, witnessed, error);
            jk_computed_release(computed);
            JK_TRY(status);
        }
    }
    return make_files(tend, reader, deadline_ms, error);
}
