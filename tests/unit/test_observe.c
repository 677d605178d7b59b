/* What hubs said, in the book: what an `observe` or `census` entry needs; and the observations of a model, of a
 * repository by either of its names, and the runs over a base model, at any size and after being taken back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "book/book.h"
#include "support/ledger.h"

#define NOW   JK_NONE
#define HUB   JK_SPAN("huggingface.co")
#define OTHER JK_SPAN("hub.example:8443")

static void begin(struct jk_ledger *ledger)
{
    struct jk_ledger_model base = {.model = "red/Base"}, other = {.model = "red/Other"},
                           leaf = {.model = "kim/Leaf", .parents = {{.model = "red/Base"}}};
    jk_ledger_init(ledger);
    assert_int_equal(jk_ledger_team(ledger, "red", ledger->time_us), JK_OK);
    assert_int_equal(jk_ledger_publisher(ledger, "red"), JK_OK);
    assert_int_equal(jk_ledger_publisher(ledger, "kim"), JK_OK);
    assert_int_equal(jk_ledger_register(ledger, &base), JK_OK);
    assert_int_equal(jk_ledger_register(ledger, &other), JK_OK);
    assert_int_equal(jk_ledger_list(ledger, "red/Base", "red", true, JK_ANSWER_YES, JK_ANSWER_YES), JK_OK);
    assert_int_equal(jk_ledger_list(ledger, "red/Other", "red", true, JK_ANSWER_YES, JK_ANSWER_YES), JK_OK);
    assert_int_equal(jk_ledger_register(ledger, &leaf), JK_OK);
}

static struct jk_entry observed(const char *model, const char *id, const char *identity, enum jk_observed state)
{
    struct jk_entry entry = jk_ledger_observation(model, id, state);
    entry.identity = jk_span_of(identity);
    if (state == JK_OBSERVED_MOVED) entry.to = JK_SPAN("kim/Elsewhere");
    return entry;
}

static struct jk_entry run(const char *bases)
{
    return (struct jk_entry){.kind = JK_KIND_CENSUS,
                             .actor.type = JK_ACTOR_REGISTRAR,
                             .hub = HUB,
                             .bases = jk_span_of(bases),
                             .models = 3,
                             .list = jk_ledger_digest(9)};
}

static void refused(struct jk_ledger *ledger, struct jk_entry entry, const char *why)
{
    uint32_t size = jk_book_size(ledger->book);
    assert_int_equal(jk_ledger_add(ledger, &entry), JK_DATA_LOSS);
    if (!strstr(ledger->error.message, why)) fail_msg("%s — does not say: %s", ledger->error.message, why);
    assert_int_equal(jk_book_size(ledger->book), size);
}

static void what_an_observation_needs(void **state)
{
    (void)state;
    struct jk_ledger ledger;
    begin(&ledger);
    struct jk_entry entry = observed("kim/Nobody", "kim/x", "a1", JK_OBSERVED_PRESENT);
    refused(&ledger, entry, "no model kim/Nobody");
    entry = observed("kim/Leaf", "kim/x", "a1", JK_OBSERVED_PRESENT);
    entry.record = (struct jk_digest){{0}};
    refused(&ledger, entry, "has a record");
    entry = observed("kim/Leaf", "kim/x", "a1", JK_OBSERVED_PRESENT);
    entry.to = JK_SPAN("kim/y");
    refused(&ledger, entry, "`to`");
    entry = observed("kim/Leaf", "kim/x", "a1", JK_OBSERVED_MOVED);
    entry.to = (struct jk_span){"", 0};
    refused(&ledger, entry, "`to`");
    entry = observed("kim/Leaf", "kim/x", "a1", JK_OBSERVED_PRESENT);
    entry.weight_files = jk_ledger_digest(3);
    refused(&ledger, entry, "of a listing");
    entry.listing = jk_ledger_digest(4);
    assert_int_equal(jk_ledger_add(&ledger, &entry), JK_OK);
    entry = observed("kim/Leaf", "kim/x", "a1", JK_OBSERVED_ABSENT);
    entry.created_us = 0;
    refused(&ledger, entry, "of what is present");
    entry = observed("kim/Leaf", "kim/x", "a1", JK_OBSERVED_ABSENT);
    entry.record = jk_ledger_digest(4);
    refused(&ledger, entry, "of what is present");
    entry = observed("", "meta/Llama", "", JK_OBSERVED_ABSENT);
    assert_int_equal(jk_ledger_add(&ledger, &entry), JK_OK);
    jk_ledger_done(&ledger);
}

static void what_a_run_needs(void **state)
{
    (void)state;
    struct jk_ledger ledger;
    begin(&ledger);
    refused(&ledger, run("kim/Leaf"), "kim/Leaf is no base model");
    refused(&ledger, run("red/Base red/Nothing"), "red/Nothing is no base model");
    struct jk_entry entry = run("red/Base");
    entry.started_us = ledger.time_us + 1;
    refused(&ledger, entry, "began after its entry");
    entry.started_us = ledger.time_us;
    assert_int_equal(jk_ledger_add(&ledger, &entry), JK_OK);
    assert_int_equal(jk_ledger_list(&ledger, "red/Base", "red", false, JK_ANSWER_YES, JK_ANSWER_YES), JK_OK);
    refused(&ledger, run("red/Base"), "no base model");
    jk_ledger_done(&ledger);
}

static uint32_t add(struct jk_ledger *ledger, struct jk_entry entry)
{
    assert_int_equal(jk_ledger_add(ledger, &entry), JK_OK);
    return jk_book_size(ledger->book);
}

/* A repository keeps its identity when its name changes; a name may come to another repository. */
static void found_at_any_size(void **state)
{
    (void)state;
    struct jk_ledger ledger;
    begin(&ledger);
    const struct jk_book *book = ledger.book;
    uint32_t leaf = jk_book_find_model(book, JK_SPAN("kim/Leaf"), NOW);
    uint32_t first = add(&ledger, observed("kim/Leaf", "kim/x", "a1", JK_OBSERVED_PRESENT));
    uint32_t second = add(&ledger, observed("kim/Leaf", "kim/x", "a1", JK_OBSERVED_MOVED));
    uint32_t third = add(&ledger, observed("kim/Leaf", "kim/Y", "a1", JK_OBSERVED_PRESENT));
    uint32_t fourth = add(&ledger, observed("", "Kim/X", "b2", JK_OBSERVED_PRESENT));
    assert_int_equal(jk_book_observations(book, fourth), 4);
    assert_int_equal(jk_book_last_observation(book, leaf, first - 1), JK_NONE);
    assert_int_equal(jk_book_last_observation(book, leaf, first), 0);
    assert_int_equal(jk_book_last_observation(book, leaf, NOW), 2);
    assert_int_equal(jk_book_older_observation(book, 2), 1);
    assert_int_equal(jk_book_older_observation(book, 0), JK_NONE);
    assert_int_equal(jk_book_observation(book, 1)->state, JK_OBSERVED_MOVED);
    assert_true(jk_span_equal(jk_book_observation(book, 1)->to, JK_SPAN("kim/Elsewhere")));
    assert_int_equal(jk_book_observed(book, HUB, JK_SPAN("a1"), second), 1);
    assert_int_equal(jk_book_observed(book, HUB, JK_SPAN("a1"), NOW), 2);
    assert_int_equal(jk_book_observed(book, HUB, JK_SPAN("A1"), NOW), JK_NONE);
    assert_int_equal(jk_book_observed(book, OTHER, JK_SPAN("a1"), NOW), JK_NONE);
    assert_int_equal(jk_book_observed(book, HUB, JK_SPAN(""), NOW), JK_NONE);
    assert_int_equal(jk_book_observed_id(book, HUB, JK_SPAN("KIM/x"), third), 1);
    assert_int_equal(jk_book_observed_id(book, HUB, JK_SPAN("kim/x"), NOW), 3);
    assert_int_equal(jk_book_observation(book, 3)->model, JK_NONE);
    assert_int_equal(jk_book_observation(book, jk_book_observed_id(book, HUB, JK_SPAN("kim/y"), NOW))->model, leaf);
    assert_int_equal(jk_book_etag(book, leaf, NOW), third - 1);
    jk_ledger_done(&ledger);
}

static void runs_over_a_base(void **state)
{
    (void)state;
    struct jk_ledger ledger;
    begin(&ledger);
    const struct jk_book *book = ledger.book;
    uint32_t base = jk_book_find_model(book, JK_SPAN("red/Base"), NOW);
    uint32_t other = jk_book_find_model(book, JK_SPAN("red/Other"), NOW);
    uint32_t first = add(&ledger, run("red/Base red/Other"));
    uint32_t second = add(&ledger, run("red/Base"));
    assert_int_equal(jk_book_censuses(book, first), 1);
    assert_int_equal(jk_book_censuses(book, second), 2);
    assert_int_equal(jk_book_last_census(book, HUB, base, NOW), 1);
    assert_int_equal(jk_book_last_census(book, HUB, base, first), 0);
    assert_int_equal(jk_book_last_census(book, HUB, other, NOW), 0);
    assert_int_equal(jk_book_last_census(book, HUB, JK_NONE, NOW), 1);
    assert_int_equal(jk_book_last_census(book, OTHER, base, NOW), JK_NONE);
    struct jk_book_mark mark = jk_book_mark(ledger.book);
    add(&ledger, run("red/Base red/Other"));
    assert_int_equal(jk_book_last_census(book, HUB, other, NOW), 2);
    jk_book_undo(ledger.book, mark);
    assert_int_equal(jk_book_last_census(book, HUB, other, NOW), 0);
    assert_int_equal(jk_book_last_census(book, HUB, base, NOW), 1);
    assert_int_equal(jk_book_census(book, 0)->base_count, 2);
    assert_false(jk_census_covers(jk_book_census(book, 1), other));
    jk_ledger_done(&ledger);
}

/* Of two models by turns in no order, asked at every size, beside what is found by looking at each. */
static void long_ago(void **state)
{
    (void)state;
    static uint32_t last[2][900];
    struct jk_ledger ledger;
    begin(&ledger);
    const struct jk_book *book = ledger.book;
    const char *names[] = {"red/Base", "kim/Leaf"};
    uint32_t first = jk_book_size(book), found[2] = {JK_NONE, JK_NONE};
    for (uint32_t i = 0; i < 900; i++) {
        uint32_t which = i % 7 == 3 || i % 5 == 1;
        struct jk_book_mark mark = jk_book_mark(ledger.book);
        add(&ledger, observed(names[!which], "kim/seen", "1", JK_OBSERVED_ABSENT));
        if (i % 3 == 0) {
            jk_ledger_take_back(&ledger, mark);
            add(&ledger, observed(names[which], "kim/seen", "1", JK_OBSERVED_ABSENT));
            found[which] = jk_book_observations(book, NOW) - 1;
        } else {
            found[!which] = jk_book_observations(book, NOW) - 1;
        }
        last[0][i] = found[0];
        last[1][i] = found[1];
    }
    for (uint32_t i = 0; i < 900; i++)
        for (uint32_t which = 0; which < 2; which++) {
            uint32_t model = jk_book_find_model(book, jk_span_of(names[which]), NOW);
            assert_int_equal(jk_book_last_observation(book, model, first + i + 1), last[which][i]);
        }
    assert_int_equal(jk_book_last_observation(book, jk_book_find_model(book, JK_SPAN("kim/Leaf"), NOW), first),
                     JK_NONE);
    jk_ledger_done(&ledger);
}

/* Many more than the indexes begin with, taken back in between. */
static void taken_back(void **state)
{
    (void)state;
    struct jk_ledger ledger;
    char id[32], identity[32];
    begin(&ledger);
    for (int i = 0; i < 3000; i++) {
        snprintf(id, sizeof id, "kim/m%d", i % 700);
        snprintf(identity, sizeof identity, "id%d", i % 700);
        struct jk_entry entry = observed("kim/Leaf", id, identity, JK_OBSERVED_ABSENT);
        struct jk_book_mark mark = jk_book_mark(ledger.book);
        uint32_t count = ledger.count;
        int64_t time_us = ledger.time_us;
        assert_int_equal(jk_ledger_add(&ledger, &entry), JK_OK);
        if (i % 2) {
            jk_book_keep(ledger.book);
            continue;
        }
        jk_book_undo(ledger.book, mark);
        jk_book_keep(ledger.book);
        free((char *)ledger.entries[count].at);
        ledger.count = count;
        ledger.time_us = time_us;
    }
    for (int i = 0; i < 700; i++) {
        snprintf(identity, sizeof identity, "id%d", i);
        uint32_t slot = jk_book_observed(ledger.book, HUB, jk_span_of(identity), NOW);
        assert_int_equal(slot == JK_NONE, i % 2 == 0);
        if (slot != JK_NONE)
            assert_true(jk_span_equal(jk_book_observation(ledger.book, slot)->identity, jk_span_of(identity)));
    }
    jk_ledger_done(&ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_an_observation_needs),
                                       cmocka_unit_test(what_a_run_needs),
                                       cmocka_unit_test(found_at_any_size),
                                       cmocka_unit_test(runs_over_a_base),
                                       cmocka_unit_test(taken_back),
                                       cmocka_unit_test(long_ago)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
