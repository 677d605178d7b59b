/* The queue of a census run: each model once however it was met, and its journal, which makes the same queue again. */
#include "support/golden.h"

#include <stdio.h>

#include "census/crawl.h"

struct bench {
    struct jk_crawl crawl;
    struct jk_text journal;
    struct jk_error error;
};

static int set_up(void **state)
{
    static struct bench bench;
    assert_true(jk_crawl_init(&bench.crawl));
    jk_text_init(&bench.journal, 0);
    jk_error_init(&bench.error, NULL);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    jk_crawl_done(&bench->crawl);
    jk_text_done(&bench->journal);
    return 0;
}

static uint32_t meet(struct bench *bench, const char *id, enum jk_crawl_way way, const char *revision)
{
    struct jk_crawl_item item = {.id = jk_span_of(id), .way = way, .revision = jk_span_of(revision)};
    if (strcmp(revision, "56") == 0) item.tags = JK_SPAN("[\"base_model:a b\"]");
    uint32_t at;
    assert_int_equal(jk_crawl_meet(&bench->crawl, &item, &bench->journal, &at, &bench->error), JK_OK);
    return at;
}

static void each_once(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(meet(bench, "a/base", JK_CRAWL_BASE, ""), 0);
    assert_int_equal(meet(bench, "b/one", JK_CRAWL_CHILD, "12"), 1);
    assert_int_equal(meet(bench, "b/parent", JK_CRAWL_CARD, ""), 2);
    assert_int_equal(meet(bench, "b/one", JK_CRAWL_CARD, ""), 1);
    assert_int_equal(meet(bench, "a/base", JK_CRAWL_CHILD, "34"), 0);
    assert_int_equal(bench->crawl.items[0].way, JK_CRAWL_BASE);
    assert_int_equal(bench->crawl.items[1].way, JK_CRAWL_CHILD);
    assert_int_equal(meet(bench, "B/one", JK_CRAWL_BEFORE, ""), 3);
    assert_false(jk_crawl_is_listable(&bench->crawl.items[2]));
    assert_int_equal(meet(bench, "b/parent", JK_CRAWL_CHILD, "56"), 2);
    assert_true(jk_crawl_is_listable(&bench->crawl.items[2]));
    assert_span_equal(bench->crawl.items[2].revision, JK_SPAN("56"));
    jk_crawl_list(&bench->crawl, 0, &bench->journal);
    assert_int_equal(jk_crawl_find(&bench->crawl, JK_SPAN("b/two")), JK_CRAWL_NONE);
    assert_span_equal(jk_text_span(&bench->journal), JK_SPAN("found base a/base none none\n"
                                                             "found child b/one none 12\n"
                                                             "found card b/parent none none\n"
                                                             "found before B/one none none\n"
                                                             "found child b/parent none 56 [\"base_model:a b\"]\n"
                                                             "listed a/base\n"));
}

/* Many, so that the tables grow, and read back from the journal. */
static void replayed(void **state)
{
    struct bench *bench = *state;
    struct jk_crawl again;
    char id[32];
    for (unsigned i = 0; i < 5000; i++) {
        (void)snprintf(id, sizeof id, "a/model-%u", i);
        assert_int_equal(meet(bench, id, (enum jk_crawl_way)(i % 4), i % 3 ? "ab" : i % 2 ? "56" : ""), i);
        if (i % 5 == 0) jk_crawl_list(&bench->crawl, i, &bench->journal);
        if (i % 15 == 0) jk_crawl_unlist(&bench->crawl, i, &bench->journal);
    }
    assert_true(jk_crawl_init(&again));
    struct jk_span rest = jk_text_span(&bench->journal), line;
    while (jk_span_line(&rest, &line))
        assert_true(jk_crawl_replay(&again, line, &bench->error));
    assert_int_equal(again.count, bench->crawl.count);
    for (uint32_t i = 0; i < again.count; i++) {
        const struct jk_crawl_item *a = &again.items[i], *b = &bench->crawl.items[i];
        assert_span_equal(a->id, b->id);
        assert_span_equal(a->revision, b->revision);
        assert_span_equal(a->tags, b->tags);
        assert_int_equal(a->way, b->way);
        assert_int_equal(a->listed, b->listed);
        assert_int_equal(jk_crawl_find(&again, b->id), i);
    }
    jk_crawl_done(&again);
}

static void other_lines(void **state)
{
    struct bench *bench = *state;
    static const char *const lines[] = {
        "",
        "found",
        "found base",
        "found base a/b",
        "found base a",
        "found cousin a/b none none",
        "found base a/b none none none",
        "listed a/unknown",
        "listed",
        "unlisted a/unknown",
        "done 0 a/b 5",
    };
    (void)meet(bench, "a/known", JK_CRAWL_BASE, "");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_false(jk_crawl_replay(&bench->crawl, jk_span_of(lines[i]), &bench->error));
    assert_int_equal(bench->crawl.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(replayed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_lines, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
