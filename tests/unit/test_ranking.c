/* Who published most: against a recount by the shares of single derivatives, plain and under a policy, of ranges, and in both
 * orders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "book/ranking.h"
#include "support/ledger.h"

#define ONE              "red-ai/One"
#define TWO              "red-ai/Two"
#define BLUE             "blue-ai/Blue"
#define OK(call)         assert_int_equal((call), JK_OK)
#define MODEL(name, ...) (&(struct jk_ledger_model){.model = (name), __VA_ARGS__})
#define OF(...)          .parents = {__VA_ARGS__}
#define PARENT(name)                                                                                                   \
    {                                                                                                                  \
        .model = (name)                                                                                                \
    }

static const struct jk_scope all = {JK_SCOPE_ALL, 0};

/* Team red with two bases, team blue with one; kim has three derivatives, lee two, park one that is yanked, choi one. */
static int begin(void **state)
{
    static struct jk_ledger ledger;
    jk_ledger_init(&ledger);
    OK(jk_ledger_license(&ledger, "Apache-2.0", JK_PERMISSION_YES, JK_PERMISSION_YES, JK_PERMISSION_YES, ""));
    OK(jk_ledger_team(&ledger, "red", ledger.time_us));
    OK(jk_ledger_team(&ledger, "blue", ledger.time_us));
    const char *names[] = {"red-ai", "blue-ai", "choi", "kim", "lee", "park"};
    for (int i = 0; i < 6; i++)
        OK(jk_ledger_publisher(&ledger, names[i]));
    const char *bases[] = {ONE, TWO, BLUE};
    for (int i = 0; i < 3; i++) {
        OK(jk_ledger_register(&ledger, MODEL(bases[i])));
        OK(jk_ledger_list(&ledger, bases[i], i < 2 ? "red" : "blue", true, JK_ANSWER_YES, JK_ANSWER_YES));
    }
    OK(jk_ledger_register(&ledger, MODEL("lee/first", OF(PARENT(ONE)))));
    OK(jk_ledger_register(&ledger, MODEL("kim/a", OF(PARENT(ONE)))));
    OK(jk_ledger_register(&ledger, MODEL("kim/b", .relation = JK_RELATION_MERGE, OF(PARENT(ONE), PARENT(BLUE)))));
    OK(jk_ledger_register(&ledger, MODEL("park/gone", OF(PARENT(TWO)))));
    OK(jk_ledger_yank(&ledger, "park/gone", "1", JK_KIND_YANK));
    OK(jk_ledger_register(&ledger, MODEL("choi/x", .relation = JK_RELATION_ADAPTER, OF(PARENT("kim/a")))));
    OK(jk_ledger_register(&ledger, MODEL("kim/c", .relation = JK_RELATION_QUANTIZED, OF(PARENT(TWO)))));
    OK(jk_ledger_register(&ledger, MODEL("lee/last", .relation = JK_RELATION_QUANTIZED, OF(PARENT(BLUE)))));
    *state = &ledger;
    return 0;
}

static int end(void **state)
{
    jk_ledger_done(*state);
    return 0;
}

static uint32_t slot(const struct jk_ledger *ledger, const char *model)
{
    return jk_book_find_model(ledger->book, jk_span_of(model), JK_NONE);
}

static struct jk_ranking *ranked(const struct jk_ledger *ledger, struct jk_scope scope,
                                 const struct jk_standing *standing, uint32_t n, const char *from, bool newest_first)
{
    struct jk_ranking *ranking = jk_ranking_new(&(struct jk_ranking_query){ledger->book, scope, n, standing});
    uint32_t first = from ? slot(ledger, from) : 0, models = jk_book_models(ledger->book, n);
    assert_non_null(ranking);
    for (uint32_t model = first; model < models; model++) /* as well as all at once */
        assert_true(jk_ranking_add(ranking, model, model + 1));
    assert_true(jk_ranking_sort(ranking, newest_first));
    return ranking;
}

/* "kim 3, lee 2" */
static void is(const struct jk_ledger *ledger, struct jk_ranking *ranking, const char *wanted)
{
    char text[256] = "";
    size_t len = 0;
    for (size_t i = 0; i < jk_ranking_count(ranking); i++) {
        const struct jk_ranked *row = jk_ranking_row(ranking, i);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s %u", i > 0 ? ", " : "",
                                JK_SPAN_ARG(jk_book_publisher(ledger->book, row->publisher)->name), row->count);
    }
    assert_string_equal(text, wanted);
    jk_ranking_free(ranking);
}

static void orders(void **state)
{
    const struct jk_ledger *ledger = *state;
    uint32_t n = jk_book_size(ledger->book);
    is(ledger, ranked(ledger, all, NULL, n, NULL, false), "kim 3, lee 2, choi 1");
    is(ledger, ranked(ledger, all, NULL, n, NULL, true), "lee 2, kim 3, choi 1");
    is(ledger, ranked(ledger, all, NULL, n, "choi/x", false), "choi 1, kim 1, lee 1");
    is(ledger, ranked(ledger, all, NULL, n, "lee/last", false), "lee 1");
    is(ledger, ranked(ledger, (struct jk_scope){JK_SCOPE_BASE, slot(ledger, ONE)}, NULL, n, NULL, false),
       "kim 2, lee 1, choi 1");
    is(ledger, ranked(ledger, (struct jk_scope){JK_SCOPE_TEAM, 1}, NULL, n, NULL, false), "kim 1, lee 1");
    is(ledger, ranked(ledger, all, NULL, jk_book_model(ledger->book, slot(ledger, "kim/b"))->index, NULL, false),
       "lee 1, kim 1");
    is(ledger, ranked(ledger, all, NULL, 0, NULL, false), "");
}

static void a_name_that_moves_takes_its_derivative_along(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t before = jk_book_size(ledger->book);
    OK(jk_ledger_move(ledger, "kim/c", "choi/c", JK_KIND_TRANSFER));
    is(ledger, ranked(ledger, all, NULL, jk_book_size(ledger->book), NULL, false), "lee 2, kim 2, choi 2");
    is(ledger, ranked(ledger, all, NULL, before, NULL, false), "kim 3, lee 2, choi 1");
}

static void relations_and_roots(void **state)
{
    const struct jk_ledger *ledger = *state;
    struct jk_ranking *ranking = ranked(ledger, all, NULL, jk_book_size(ledger->book), NULL, false);
    const struct jk_ranked *kim = jk_ranking_row(ranking, 0);
    struct jk_arena arena;
    size_t count;
    jk_arena_init(&arena, 1 << 20);
    assert_int_equal(kim->by_relation[JK_RELATION_FINETUNE], 1);
    assert_int_equal(kim->by_relation[JK_RELATION_MERGE], 1);
    assert_int_equal(kim->by_relation[JK_RELATION_QUANTIZED], 1);
    assert_int_equal(kim->newest, slot(ledger, "kim/c"));
    struct jk_ranked_root *roots = jk_ranking_roots(ranking, 0, &arena, &count);
    assert_int_equal(count, 3);
    assert_int_equal(roots[0].root, slot(ledger, ONE));
    assert_int_equal(roots[0].count, 2);
    assert_int_equal(roots[1].root, slot(ledger, TWO));
    assert_int_equal(roots[2].root, slot(ledger, BLUE));
    struct jk_ranked sum = jk_ranking_sum(ranking);
    assert_int_equal(sum.count, 6);
    assert_int_equal(sum.publisher, JK_NONE);
    assert_int_equal(sum.newest, slot(ledger, "lee/last"));
    assert_int_equal(sum.by_relation[JK_RELATION_QUANTIZED], 2);
    assert_int_equal(jk_ranking_of_team(ranking, 0), 5);
    assert_int_equal(jk_ranking_of_team(ranking, 1), 2); /* kim's merge counts with both */
    assert_int_equal(jk_ranking_of_team(ranking, 7), 0);
    roots = jk_ranking_sum_roots(ranking, &arena, &count);
    assert_int_equal(count, 3);
    assert_int_equal(roots[0].root, slot(ledger, ONE));
    assert_int_equal(roots[0].count, 4);
    assert_int_equal(roots[1].root, slot(ledger, BLUE));
    assert_int_equal(roots[1].count, 2);
    assert_int_equal(roots[2].count, 1);
    jk_ranking_free(ranking);
    jk_arena_done(&arena);
}

/* One step alone counts: choi's is two steps away. */
static void under_a_policy(void **state)
{
    const struct jk_ledger *ledger = *state;
    struct jk_policy policy = {.name = "direct",
                               .version = 1,
                               .rules = 1,
                               .on = JK_REASON_BIT(YANKED) | JK_REASON_BIT(DEPTH),
                               .relations = UINT32_MAX,
                               .depth = 1,
                               .cap = 1000};
    struct jk_standing *standing;
    struct jk_error error;
    struct jk_arena arena;
    size_t count;
    uint32_t n = jk_book_size(ledger->book);
    jk_error_init(&error, NULL);
    jk_arena_init(&arena, 1 << 20);
    OK(jk_standing_make(ledger->book, &(struct jk_standing_query){.policy = &policy, .n = n}, &standing, &error));
    is(ledger, ranked(ledger, all, standing, n, NULL, false), "kim 3, lee 2");
    is(ledger, ranked(ledger, all, standing, n, "choi/x", false), "kim 1, lee 1");
    struct jk_ranking *ranking = ranked(ledger, (struct jk_scope){JK_SCOPE_TEAM, 0}, standing, n, NULL, false);
    assert_int_equal(jk_ranking_sum(ranking).count, 4);
    assert_int_equal(jk_ranking_of_team(ranking, 0), 4);
    assert_int_equal(jk_ranking_of_team(ranking, 1), 0);
    struct jk_ranked_root *roots = jk_ranking_roots(ranking, 0, &arena, &count);
    assert_int_equal(count, 2); /* not blue's, from which its merge comes, too */
    assert_int_equal(roots[0].count, 2);
    jk_ranking_free(ranking);
    jk_standing_free(standing);
    jk_arena_done(&arena);
}

/* More publishers, and more bases of one, than the first tables have room for. */
static void tables_grow(void **state)
{
    struct jk_ledger *ledger = *state;
    char name[64], root[64];
    struct jk_arena arena;
    size_t count;
    for (int i = 0; i < 100; i++) {
        snprintf(root, sizeof root, "red-ai/base-%d", i);
        OK(jk_ledger_register(ledger, MODEL(root)));
        OK(jk_ledger_list(ledger, root, "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
        snprintf(name, sizeof name, "kim/of-%d", i);
        OK(jk_ledger_register(ledger, MODEL(name, OF(PARENT(root)))));
        snprintf(name, sizeof name, "maker-%d", i);
        OK(jk_ledger_publisher(ledger, name));
        snprintf(name, sizeof name, "maker-%d/only", i);
        OK(jk_ledger_register(ledger, MODEL(name, OF(PARENT(root)))));
    }
    struct jk_ranking *ranking = ranked(ledger, all, NULL, jk_book_size(ledger->book), NULL, false);
    jk_arena_init(&arena, 1 << 20);
    assert_int_equal(jk_ranking_count(ranking), 103);
    assert_int_equal(jk_ranking_row(ranking, 0)->count, 103);
    assert_int_equal(jk_ranking_sum(ranking).count, 206);
    assert_non_null(jk_ranking_roots(ranking, 0, &arena, &count));
    assert_int_equal(count, 103);
    assert_non_null(jk_ranking_sum_roots(ranking, &arena, &count));
    assert_int_equal(count, 103);
    jk_ranking_free(ranking);
    jk_arena_done(&arena);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(orders), TEST(a_name_that_moves_takes_its_derivative_along),
                                       TEST(relations_and_roots), TEST(under_a_policy), TEST(tables_grow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
