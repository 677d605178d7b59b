/* The cut-off to the microsecond: what counts, when a stage may be closed, and what the turn finds where the database's
 * clock has stepped back. Turns are given the times that a clock would have to show. */
#include "support/store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "closing/close.h"

static struct {
    struct jk_store *store;
    int64_t cutoff_us;
    uint32_t at; /* index of the first entry with the cut-off's time */
    struct jk_computed *computed;
    int64_t turn_us; /* what the turn's clock shows; 0: the database's own */
    const char *text;
} shared;

static void append(struct store_client *client, struct jk_turn *turn, struct jk_entry entry)
{
    entry.actor.type = JK_ACTOR_ADMIN;
    assert_int_equal(jk_turn_append(turn, &entry, NULL, &client->error), JK_OK);
}

static void append_publisher(struct store_client *client, struct jk_turn *turn, int64_t time_us, const char *name)
{
    turn->time_us = time_us;
    append(client, turn,
           (struct jk_entry){.kind = JK_KIND_PUBLISHER, .basis = JK_BASIS_SELF, .publisher = jk_span_of(name)});
}

static void read_policy(struct jk_text *out)
{
    char bytes[16384];
    struct jk_policy policy;
    struct jk_error error;
    FILE *file = fopen("registry/data/policies/strict.policy", "r");
    assert_non_null(file);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_policy_read((struct jk_span){bytes, len}, &policy, &error), JK_OK);
    jk_policy_write(&policy, out);
}

/* A stage, an entry in the last microsecond before its cut-off, and two in the cut-off's own. */
static enum jk_status decide_stage(struct jk_write *write, struct jk_turn *turn)
{
    struct store_client *client = (struct store_client *)write;
    struct jk_text policy = {0};
    int64_t cutoff_us = shared.cutoff_us = turn->time_us + 100;
    read_policy(&policy);
    append(client, turn,
           (struct jk_entry){.kind = JK_KIND_TEAM,
                             .team = JK_SPAN("lab"),
                             .name = JK_SPAN("Lab"),
                             .name_ko = JK_SPAN("랩"),
                             .left_us = JK_TIME_NONE});
    append(client, turn, (struct jk_entry){.kind = JK_KIND_POLICY, .policy = jk_text_span(&policy)});
    append(client, turn,
           (struct jk_entry){.kind = JK_KIND_STAGE,
                             .stage = JK_SPAN("stage-1"),
                             .name = JK_SPAN("Stage"),
                             .name_ko = JK_SPAN("단계"),
                             .from_us = cutoff_us - 1000,
                             .until_us = cutoff_us,
                             .disputes_us = JK_TIME_NONE,
                             .digest = jk_digest_of(jk_text_span(&policy)),
                             .teams = JK_SPAN("lab"),
                             .evidence = JK_SPAN("invented")});
    jk_text_done(&policy);
    append_publisher(client, turn, cutoff_us - 1, "before");
    shared.at = jk_book_size(turn->book);
    append_publisher(client, turn, cutoff_us, "at");
    append_publisher(client, turn, cutoff_us, "at-too");
    return JK_OK;
}

static enum jk_status decide_close(struct jk_write *write, struct jk_turn *turn)
{
    struct jk_actor server = {.type = JK_ACTOR_SERVER};
    if (shared.turn_us) turn->time_us = shared.turn_us;
    return jk_close_in_turn(turn, shared.computed, server, jk_span_of(shared.text), write->error);
}

/* `reason` NULL: it goes well, with so many entries. */
static void run(enum jk_status (*decide)(struct jk_write *write, struct jk_turn *turn), const char *reason,
                uint32_t entries)
{
    struct store_client client;
    store_client_init(&client, "closing");
    client.write.decide = decide;
    enum jk_status status = store_client_run(&client, shared.store);
    if (reason) {
        assert_int_equal(status, JK_ABORTED);
        assert_string_equal(client.error.reason, reason);
    } else {
        if (status != JK_OK) fail_msg("%s", client.error.message);
        assert_int_equal(client.write.entry_count, entries);
    }
    store_client_done(&client);
}

static void compute_first(struct jk_reader *reader, void *context)
{
    struct jk_close_plan plan;
    struct jk_error error;
    struct jk_moment moment;
    struct jk_view view;
    (void)context;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_close_moment(shared.store, reader, jk_monotonic_ms() + 10000, &moment, &error), JK_OK);
    assert_true(moment.now_us >= shared.cutoff_us);
    jk_store_view(shared.store, &view);
    assert_int_equal(jk_close_plan_next(&view, 0, &plan, &error), JK_FAILED_PRECONDITION);
    assert_string_equal(error.reason, "STAGE_NOT_CLOSED");
    jk_error_init(&error, NULL);
    assert_int_equal(jk_close_plan_first(&view, 0, shared.cutoff_us - 1, &plan, &error), JK_FAILED_PRECONDITION);
    assert_string_equal(error.reason, "CUTOFF_AHEAD");
    jk_error_init(&error, NULL);
    assert_int_equal(jk_close_plan_first(&view, 0, shared.cutoff_us, &plan, &error), JK_OK);
    jk_store_view_end(shared.store);
    assert_int_equal(plan.n, shared.at);
    assert_int_equal(plan.m, shared.at);
    assert_int_equal(jk_compute(shared.store, reader, &plan, jk_monotonic_ms() + 10000, &shared.computed, &error),
                     JK_OK);
}

static void compute_next(struct jk_reader *reader, void *context)
{
    struct jk_close_plan plan;
    struct jk_error error;
    struct jk_view view;
    (void)context;
    jk_error_init(&error, NULL);
    jk_store_view(shared.store, &view);
    assert_int_equal(jk_close_plan_next(&view, 0, &plan, &error), JK_OK);
    jk_store_view_end(shared.store);
    assert_int_equal(plan.n, shared.at);
    assert_int_equal(plan.m, view.size);
    assert_int_equal(jk_compute(shared.store, reader, &plan, jk_monotonic_ms() + 10000, &shared.computed, &error),
                     JK_OK);
}

static void test_cut_off(void **state)
{
    struct store_place place;
    (void)state;
    store_new_place(&place);
    shared.store = store_start(&place);
    shared.text = "";
    run(decide_stage, NULL, 6);
    store_on_reader(shared.store, compute_first, NULL);

    shared.turn_us = shared.cutoff_us - 1; /* the clock went back over the cut-off */
    run(decide_close, "CLOCK_STEPPED", 0);
    shared.turn_us = 0;
    shared.computed->plan.n--; /* an entry came before the cut-off after all */
    run(decide_close, "CLOCK_STEPPED", 0);
    shared.computed->plan.n++;
    shared.turn_us = shared.cutoff_us; /* in the cut-off's own microsecond, with entries before it that do not count */
    run(decide_close, NULL, 1);
    shared.turn_us = 0;
    run(decide_close, NULL, 0); /* it stands */
    jk_computed_release(shared.computed);

    store_on_reader(shared.store, compute_next, NULL);
    shared.text = "why";
    assert_int_equal(store_write_one(shared.store, "between"), JK_OK); /* m was fixed before */
    run(decide_close, NULL, 1);
    run(decide_close, "REVISION_EXISTS", 0);
    jk_computed_release(shared.computed);
    store_check_log(shared.store);
    jk_store_stop(shared.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cut_off)};
    return cmocka_run_group_tests(tests, store_set_up, store_tear_down);
}
