/* What a hub said of a model, in the words of the interface: of the newest entry, and of the newest run over a base model
 * of its own; and the fact behind the reason `gone`. */
#include "reply/explain.h"
#include "service/records/observed.h"
#include "support/judged_world.h"

#define LEAF "kim/leaf"

static const Jokbo__V1__Observation *observation(const struct jk_ledger *ledger, struct jk_arena *arena, uint32_t n)
{
    struct jk_present present = {.book = ledger->book, .size = n, .arena = arena};
    return jk_present_observation(&present, slot(ledger, LEAF));
}

static int64_t seconds(const struct jk_ledger *ledger, uint32_t entry)
{
    return jk_book_time(ledger->book, entry) / 1000000;
}

static void test_observation(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_arena arena;
    jk_arena_init(&arena, 1 << 20);
    OK(jk_ledger_register(ledger, MODEL(LEAF, OF(PARENT(BASE)))));
    assert_null(observation(ledger, &arena, jk_book_size(ledger->book)));
    uint32_t first = next_entry(ledger);
    OK(jk_ledger_observe(ledger, LEAF, JK_OBSERVED_PRESENT, 5));
    const Jokbo__V1__Observation *seen = observation(ledger, &arena, first + 1);
    assert_string_equal(seen->hub, "huggingface.co");
    assert_string_equal(seen->id, "of-" LEAF);
    assert_int_equal(seen->state, JOKBO__V1__OBSERVED_STATE__OBSERVED_STATE_PRESENT);
    assert_int_equal(strlen(seen->record_sha256), 64);
    assert_int_equal(strlen(seen->listing_sha256), 64);
    assert_string_equal(seen->moved_to, "");
    assert_int_equal(seen->log_index, first);
    assert_int_equal(seen->observe_time->seconds, seconds(ledger, first));
    assert_null(seen->census_time);
    assert_null(seen->hub_create_time);
    uint32_t run = next_entry(ledger);
    OK(jk_ledger_census(ledger, BASE));
    OK(jk_ledger_census(ledger, OTHER)); /* not one of its own */
    uint32_t moved = next_entry(ledger);
    OK(jk_ledger_observe(ledger, LEAF, JK_OBSERVED_MOVED, 0));
    seen = observation(ledger, &arena, moved);
    assert_int_equal(seen->log_index, first);
    assert_int_equal(seen->census_time->seconds, seconds(ledger, run));
    seen = observation(ledger, &arena, moved + 1);
    assert_int_equal(seen->state, JOKBO__V1__OBSERVED_STATE__OBSERVED_STATE_MOVED);
    assert_string_equal(seen->moved_to, "somewhere/else");
    assert_string_equal(seen->record_sha256, "");
    jk_arena_done(&arena);
}

static void test_fact(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_policy policy = policy_of(JK_REASON_BIT(GONE));
    struct jk_digest digest = jk_policy_digest(&policy);
    struct jk_standing *standing;
    struct jk_error error;
    struct jk_arena arena;
    Jokbo__V1__Standing out = JOKBO__V1__STANDING__INIT;
    OK(jk_ledger_register(ledger, MODEL(LEAF, OF(PARENT(BASE)))));
    uint32_t said = next_entry(ledger);
    OK(jk_ledger_observe(ledger, LEAF, JK_OBSERVED_ABSENT, 0));
    OK(jk_ledger_census(ledger, BASE));
    ledger->time_us = jk_book_time(ledger->book, said + 1) + 7 * JK_DAY_US;
    OK(jk_ledger_publisher(ledger, "somebody"));
    jk_arena_init(&arena, 1 << 20);
    jk_error_init(&error, &arena);
    struct jk_standing_query query = {.policy = &policy, .n = jk_book_size(ledger->book)};
    OK(jk_standing_make(ledger->book, &query, &standing, &error));
    struct jk_explained explained = {.book = ledger->book,
                                     .size = query.n,
                                     .standing = standing,
                                     .policy = &policy,
                                     .policy_sha256 = &digest,
                                     .arena = &arena,
                                     .error = &error};
    out.log_size = query.n;
    OK(jk_explain_named(&explained, ledger->book, query.n, LEAF, &out));
    assert_int_equal(out.n_roots, 1);
    assert_int_equal(out.roots[0]->n_reasons, 1);
    const Jokbo__V1__ReasonFact *fact = out.roots[0]->reasons[0];
    assert_int_equal(fact->reason, JOKBO__V1__REASON__REASON_GONE);
    assert_string_equal(fact->fact, "huggingface.co has not shown of-" LEAF " for 7 days or longer");
    assert_non_null(strstr(fact->fact_ko, "of-" LEAF));
    assert_int_equal(fact->log_index, said);
    jk_standing_free(standing);
    jk_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_observation), TEST(test_fact)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
