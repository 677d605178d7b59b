/* When a derivative is gone from its hub, under rule set 2: exact cases, to the microsecond. */
#include "support/judged_world.h"

#define GONE JK_REASON_BIT(GONE)
#define LEAF "kim/leaf"
#define PAIR "kim/pair" /* of both base models */

static void begin_story(struct jk_ledger *ledger)
{
    OK(jk_ledger_register(ledger, MODEL(LEAF, OF(PARENT(BASE)))));
    OK(jk_ledger_register(ledger, MODEL(PAIR, OF(PARENT(BASE), PARENT(OTHER)), .relation = JK_RELATION_MERGE)));
    ledger->step_us = 0; /* time passes by `wait` alone */
}

static void wait(struct jk_ledger *ledger, int64_t us)
{
    ledger->time_us += us;
}

static void absent(struct jk_ledger *ledger, const char *model)
{
    OK(jk_ledger_observe(ledger, model, JK_OBSERVED_ABSENT, 0));
}

/* Whether it is at this time: something is written, so that the log says what time it is. */
static bool is_gone(struct jk_ledger *ledger, const char *model)
{
    static unsigned number;
    char name[32];
    snprintf(name, sizeof name, "nobody-%u", ++number);
    OK(jk_ledger_publisher(ledger, name));
    return reasons_of(ledger, model, GONE) & GONE;
}

static void test_grace(void **state)
{
    struct jk_ledger *ledger = *state;
    begin_story(ledger);
    absent(ledger, LEAF);
    OK(jk_ledger_census(ledger, BASE));
    uint32_t said = jk_book_size(ledger->book) - 2;
    wait(ledger, 7 * JK_DAY_US - 1);
    assert_false(is_gone(ledger, LEAF));
    wait(ledger, 1);
    assert_true(is_gone(ledger, LEAF)); /* one run of seven days ago is a series */
    assert_false(is_gone(ledger, PAIR));
    assert_int_equal(explained(ledger, LEAF, GONE, JK_REASON_GONE).entry, said);
    wait(ledger, 1);
    assert_false(is_gone(ledger, LEAF)); /* nobody has asked for more than seven days */
    OK(jk_ledger_census(ledger, BASE));
    assert_false(is_gone(ledger, LEAF)); /* the days count from here again */
    wait(ledger, 7 * JK_DAY_US);
    assert_true(is_gone(ledger, LEAF));
    OK(jk_ledger_observe(ledger, LEAF, JK_OBSERVED_PRESENT, 0));
    assert_false(is_gone(ledger, LEAF));
}

/* Runs of every day: that of seven days ago decides. */
static void test_series(void **state)
{
    struct jk_ledger *ledger = *state;
    begin_story(ledger);
    absent(ledger, LEAF);
    for (int day = 0; day <= 30; day++) {
        OK(jk_ledger_census(ledger, BASE));
        assert_int_equal(is_gone(ledger, LEAF), day >= 7);
        wait(ledger, JK_DAY_US);
    }
    wait(ledger, 20 * JK_DAY_US); /* the timer stood still */
    for (int day = 0; day <= 10; day++) {
        OK(jk_ledger_census(ledger, BASE));
        assert_int_equal(is_gone(ledger, LEAF), day >= 7);
        wait(ledger, JK_DAY_US);
    }
}

/* Runs before the entry say nothing: the run in which it was missed has its entry after it. */
static void test_runs_before(void **state)
{
    struct jk_ledger *ledger = *state;
    begin_story(ledger);
    OK(jk_ledger_census(ledger, BASE));
    absent(ledger, LEAF);
    wait(ledger, 7 * JK_DAY_US);
    assert_false(is_gone(ledger, LEAF));
}

/* Each root by itself: only one of the two was asked about. */
static void test_roots(void **state)
{
    struct jk_ledger *ledger = *state;
    size_t count;
    begin_story(ledger);
    absent(ledger, PAIR);
    OK(jk_ledger_census(ledger, OTHER));
    wait(ledger, 7 * JK_DAY_US);
    assert_false(is_gone(ledger, PAIR)); /* its first row is of the other root */
    struct jk_policy policy = policy_of(GONE);
    struct jk_standing_query query = {.policy = &policy, .n = jk_book_size(ledger->book)};
    struct jk_standing *standing;
    struct jk_error error;
    jk_error_init(&error, NULL);
    OK(jk_standing_make(ledger->book, &query, &standing, &error));
    const struct jk_verdict *rows = jk_standing_of(standing, slot(ledger, PAIR), &count);
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].reasons, 0);
    assert_int_equal(rows[1].reasons, GONE);
    jk_standing_free(standing);
}

static void test_hubs(void **state)
{
    struct jk_ledger *ledger = *state;
    begin_story(ledger);
    struct jk_entry entry = jk_ledger_observation(LEAF, "kim/leaf", JK_OBSERVED_ABSENT);
    entry.hub = JK_SPAN("hub.example:8443");
    OK(jk_ledger_add(ledger, &entry));
    OK(jk_ledger_census(ledger, BASE)); /* of another hub */
    wait(ledger, 7 * JK_DAY_US);
    assert_false(is_gone(ledger, LEAF));
    absent(ledger, LEAF);
    OK(jk_ledger_census(ledger, BASE));
    wait(ledger, 7 * JK_DAY_US);
    assert_true(is_gone(ledger, LEAF));
}

static void rule(struct jk_ledger *ledger, enum jk_kind kind, const char *root)
{
    struct jk_entry entry = {.kind = kind,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .model = JK_SPAN(LEAF),
                             .root = jk_span_of(root),
                             .evidence = JK_SPAN("its maker was asked"),
                             .needs_second = JK_ANSWER_NO};
    OK(jk_ledger_add(ledger, &entry));
}

/* An evaluator's word holds until the hub is looked at anew. */
static void test_restored(void **state)
{
    struct jk_ledger *ledger = *state;
    begin_story(ledger);
    rule(ledger, JK_KIND_RESTORE, "");
    absent(ledger, LEAF);
    OK(jk_ledger_census(ledger, BASE));
    wait(ledger, 7 * JK_DAY_US);
    assert_true(is_gone(ledger, LEAF)); /* that was before */
    rule(ledger, JK_KIND_RESTORE_ROOT, OTHER);
    assert_true(is_gone(ledger, LEAF)); /* about another root */
    rule(ledger, JK_KIND_RESTORE_ROOT, BASE);
    assert_false(is_gone(ledger, LEAF));
    rule(ledger, JK_KIND_EXCLUDE, "");
    assert_true(is_gone(ledger, LEAF));
    rule(ledger, JK_KIND_RESTORE, "");
    assert_false(is_gone(ledger, LEAF));
    absent(ledger, LEAF);
    assert_false(is_gone(ledger, LEAF)); /* no run since */
    OK(jk_ledger_census(ledger, BASE));
    wait(ledger, 7 * JK_DAY_US);
    assert_true(is_gone(ledger, LEAF));
}

/* A moved repository, and a model of which nobody ever saw one. */
static void test_other_states(void **state)
{
    struct jk_ledger *ledger = *state;
    begin_story(ledger);
    OK(jk_ledger_observe(ledger, LEAF, JK_OBSERVED_MOVED, 0));
    OK(jk_ledger_census(ledger, BASE));
    wait(ledger, 7 * JK_DAY_US);
    assert_false(is_gone(ledger, LEAF));
    assert_false(is_gone(ledger, PAIR));
}

/* Who was gone for a time has stood since it came back; where it was not gone for another root, it has stood all the time. */
static void test_back_again(void **state)
{
    struct jk_ledger *ledger = *state;
    begin_story(ledger);
    OK(jk_ledger_register(ledger, MODEL("kim/thief", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_register(
        ledger, MODEL("kim/merged", OF(PARENT(BASE), PARENT(OTHER)), .relation = JK_RELATION_MERGE, .weights = 2)));
    absent(ledger, "kim/thief");
    absent(ledger, "kim/merged");
    OK(jk_ledger_census(ledger, BASE));
    wait(ledger, 7 * JK_DAY_US);
    assert_true(is_gone(ledger, "kim/thief") && is_gone(ledger, "kim/merged"));
    OK(jk_ledger_register(ledger, MODEL("lee/maker", OF(PARENT(BASE)), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/copy", OF(PARENT(BASE)), .weights = 2)));
    COUNTS("lee/maker", GONE);
    DUPLICATE("lee/maker", 0);
    DUPLICATE("lee/copy", GONE);
    OK(jk_ledger_observe(ledger, "kim/thief", JK_OBSERVED_PRESENT, 0));
    OK(jk_ledger_observe(ledger, "kim/merged", JK_OBSERVED_PRESENT, 0));
    COUNTS("lee/maker", GONE);
    DUPLICATE("kim/thief", GONE);
    DUPLICATE("lee/copy", GONE);
    COUNTS("kim/merged", GONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_grace),        TEST(test_series),    TEST(test_runs_before),
                                       TEST(test_roots),        TEST(test_hubs),      TEST(test_restored),
                                       TEST(test_other_states), TEST(test_back_again)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
