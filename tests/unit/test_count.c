/* Counting: a derivative of several roots counts once for each and once in every union, groupings, and the cube. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "book/count.h"
#include "support/ledger.h"

#define ONE              "red-ai/One"
#define TWO              "red-ai/Two"
#define BLUE             "blue-ai/Blue"
#define NEVER            JK_TIME_NONE
#define OK(call)         assert_int_equal((call), JK_OK)
#define MODEL(name, ...) (&(struct jk_ledger_model){.model = (name), __VA_ARGS__})
#define OF(...)          .parents = {__VA_ARGS__}
#define PARENT(name)                                                                                                   \
    {                                                                                                                  \
        .model = (name)                                                                                                \
    }

static struct jk_total total;

/* Team red with two bases, team blue with one. */
static int begin(void **state)
{
    static struct jk_ledger ledger;
    jk_ledger_init(&ledger);
    OK(jk_ledger_license(&ledger, "Apache-2.0", JK_PERMISSION_YES, JK_PERMISSION_YES, JK_PERMISSION_YES, ""));
    OK(jk_ledger_team(&ledger, "red", ledger.time_us));
    OK(jk_ledger_team(&ledger, "blue", ledger.time_us));
    OK(jk_ledger_team_publisher(&ledger, "red", "red-ai", NEVER, NEVER));
    const char *names[] = {"red-ai", "blue-ai", "kim", "lee"};
    for (int i = 0; i < 4; i++)
        OK(jk_ledger_publisher(&ledger, names[i]));
    OK(jk_ledger_register(&ledger, MODEL(ONE)));
    OK(jk_ledger_register(&ledger, MODEL(TWO)));
    OK(jk_ledger_register(&ledger, MODEL(BLUE)));
    OK(jk_ledger_list(&ledger, ONE, "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
    OK(jk_ledger_list(&ledger, TWO, "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
    OK(jk_ledger_list(&ledger, BLUE, "blue", true, JK_ANSWER_YES, JK_ANSWER_YES));
    *state = &ledger;
    return 0;
}

static int end(void **state)
{
    jk_ledger_done(*state);
    return 0;
}

static struct jk_scope base(const struct jk_ledger *ledger, const char *name)
{
    return (struct jk_scope){JK_SCOPE_BASE, jk_book_find_model(ledger->book, jk_span_of(name), JK_NONE)};
}

static struct jk_scope team(const struct jk_ledger *ledger, const char *id)
{
    return (struct jk_scope){JK_SCOPE_TEAM, jk_book_find_team(ledger->book, jk_span_of(id), JK_NONE)};
}

static const struct jk_scope all = {JK_SCOPE_ALL, 0};

static const struct jk_total *count_at(const struct jk_ledger *ledger, struct jk_scope scope, uint32_t n)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    OK(jk_count_at(ledger->book, scope, n, &total, &error));
    assert_int_equal(total.size, n);
    return &total;
}

static const struct jk_total *count(const struct jk_ledger *ledger, struct jk_scope scope)
{
    return count_at(ledger, scope, jk_book_size(ledger->book));
}

static void test_empty(void **state)
{
    struct jk_ledger *ledger = *state;
    assert_int_equal(count(ledger, all)->registered, 0);
    assert_int_equal(count_at(ledger, all, 0)->registered, 0);
    struct jk_cube *cube = jk_cube_new();
    assert_null(jk_cube_total(cube, all));
    assert_int_equal(jk_cube_size(cube), 0);
    jk_cube_free(cube);
    jk_cube_free(NULL);
}

/* A merge of all three families: once for each root, once for each team, once in all. */
static void test_unions(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(ONE)))));
    uint32_t before = jk_book_size(ledger->book);
    OK(jk_ledger_register(
        ledger, MODEL("kim/m", OF(PARENT("kim/a"), PARENT(TWO), PARENT(BLUE)), .relation = JK_RELATION_MERGE)));
    assert_int_equal(count(ledger, base(ledger, ONE))->counted, 2);
    assert_int_equal(total.direct, 1);
    assert_int_equal(total.transitive, 1);
    assert_int_equal(count(ledger, base(ledger, TWO))->counted, 1);
    assert_int_equal(count(ledger, base(ledger, BLUE))->counted, 1);
    assert_int_equal(count(ledger, team(ledger, "red"))->counted, 2);
    assert_int_equal(total.direct, 2); /* the least depth over the team's roots */
    assert_int_equal(count(ledger, team(ledger, "blue"))->counted, 1);
    assert_int_equal(count(ledger, all)->counted, 2);
    assert_int_equal(total.by_relation[JK_RELATION_MERGE], 1);
    assert_int_equal(total.by_relation[JK_RELATION_FINETUNE], 1);
    assert_int_equal(total.by_depth[1], 2);
    assert_int_equal(count_at(ledger, all, before)->counted, 1);
    /* a base that goes over to another team takes its derivatives along, from then on */
    uint32_t size = jk_book_size(ledger->book);
    OK(jk_ledger_list(ledger, TWO, "blue", true, JK_ANSWER_YES, JK_ANSWER_YES));
    OK(jk_ledger_list(ledger, ONE, "blue", true, JK_ANSWER_YES, JK_ANSWER_YES));
    assert_int_equal(count(ledger, team(ledger, "red"))->registered, 0);
    assert_int_equal(count(ledger, team(ledger, "blue"))->counted, 2);
    assert_int_equal(count_at(ledger, team(ledger, "red"), size)->counted, 2);
}

static void test_dimensions(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(ONE)), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("kim/b", OF(PARENT(ONE)), .weights = 1, .license = "LicenseRef-x")));
    ledger->time_us += 31 * JK_DAY_US;
    OK(jk_ledger_register(ledger, MODEL("lee/c", OF(PARENT(ONE)), .relation = JK_RELATION_QUANTIZED)));
    OK(jk_ledger_register(ledger, MODEL("lee/d", OF(PARENT(ONE)))));
    OK(jk_ledger_register(ledger, MODEL("red-ai/e", OF(PARENT(ONE), PARENT(BLUE)), .weights = 2)));
    OK(jk_ledger_register(ledger, MODEL("lee/y", OF(PARENT(ONE)), .weights = 3)));
    OK(jk_ledger_yank(ledger, "lee/y", "1", JK_KIND_YANK));
    count(ledger, base(ledger, ONE));
    assert_int_equal(total.registered, 6);
    assert_int_equal(total.yanked, 1);
    assert_int_equal(total.counted, 5);
    assert_int_equal(total.distinct_weights, 4); /* 1, 2, and two without */
    assert_int_equal(total.distinct_publishers, 3);
    assert_int_equal(total.license_clean, 4);
    assert_int_equal(total.by_license_class[JK_LICENSE_UNKNOWN], 1);
    assert_int_equal(total.by_license_class[JK_LICENSE_OPEN], 4);
    assert_int_equal(total.independent, 4);
    assert_int_equal(count(ledger, all)->independent, 5); /* red-ai/e is independent of blue */
    unsigned month = jk_time_month(ledger->time_us);
    assert_int_equal(total.by_month[month], 3);
    assert_int_equal(total.by_month[month - 1], 2);
    struct jk_share share;
    uint32_t model = jk_book_find_model(ledger->book, JK_SPAN("red-ai/e"), JK_NONE), n = jk_book_size(ledger->book);
    jk_share_of(ledger->book, model, base(ledger, TWO), n, &share);
    assert_false(share.present);
    jk_share_of(ledger->book, model, all, n, &share);
    struct jk_digest weights = jk_ledger_digest(2);
    assert_true(share.present && share.counted && share.independent && share.license_clean);
    assert_true(jk_digest_equal(&share.weights, &weights));
    assert_true(share.flags & JK_FLAG_SELF); /* of the lowest root slot among the nearest */
    assert_int_equal(share.depth, 1);
}

static void test_deep(void **state)
{
    struct jk_ledger *ledger = *state;
    char name[32], last[32] = ONE;
    for (int i = 1; i <= JK_COUNT_DEPTHS + 2; i++) {
        snprintf(name, sizeof name, "kim/m%d", i);
        OK(jk_ledger_register(ledger, MODEL(name, OF(PARENT(last)))));
        snprintf(last, sizeof last, "%s", name);
    }
    count(ledger, all);
    assert_int_equal(total.by_depth[0], 0);
    for (int depth = 1; depth < JK_COUNT_DEPTHS; depth++)
        assert_int_equal(total.by_depth[depth], 1);
    assert_int_equal(total.by_depth[JK_COUNT_DEPTHS], 3); /* the last one holds the rest */
}

static void test_groups(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_arena arena;
    struct jk_error error;
    struct jk_group *groups;
    size_t used;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(ONE)))));
    OK(jk_ledger_register(ledger, MODEL("lee/b", OF(PARENT(ONE)), .license = "MIT")));
    OK(jk_ledger_register(ledger, MODEL("lee/c", OF(PARENT(BLUE)))));
    OK(jk_ledger_register(ledger, MODEL("lee/d", OF(PARENT(ONE)))));
    OK(jk_ledger_yank(ledger, "lee/d", "1", JK_KIND_YANK));
    uint32_t n = jk_book_size(ledger->book);
    OK(jk_ledger_move(ledger, "lee/b", "kim/b", JK_KIND_TRANSFER));
    jk_arena_init(&arena, 4096);
    jk_error_init(&error, &arena);
    OK(jk_count_groups(ledger->book, all, JK_GROUP_PUBLISHER, n, &arena, &groups, &used, &error));
    assert_int_equal(used, 2);
    assert_int_equal(groups[0].count, 2);
    assert_int_equal(groups[0].slot, jk_book_find_publisher(ledger->book, JK_SPAN("lee"), n));
    OK(jk_count_groups(ledger->book, all, JK_GROUP_PUBLISHER, n + 1, &arena, &groups, &used, &error));
    assert_int_equal(groups[0].slot, jk_book_find_publisher(ledger->book, JK_SPAN("kim"), n));
    OK(jk_count_groups(ledger->book, team(ledger, "red"), JK_GROUP_LICENSE, n, &arena, &groups, &used, &error));
    assert_int_equal(used, 2);
    assert_true(groups[0].slot < groups[1].slot && groups[0].count == 1 && groups[1].count == 1);
    assert_true(jk_span_equal(jk_book_license_text(ledger->book, groups[1].slot), JK_SPAN("MIT")));
    OK(jk_count_groups(ledger->book, base(ledger, TWO), JK_GROUP_LICENSE, n, &arena, &groups, &used, &error));
    assert_int_equal(used, 0);
    jk_arena_done(&arena);
    jk_arena_init(&arena, 8);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_count_groups(ledger->book, all, JK_GROUP_LICENSE, n, &arena, &groups, &used, &error),
                     JK_RESOURCE_EXHAUSTED);
    jk_arena_done(&arena);
}

static void observe_created(struct jk_ledger *ledger, const char *model, enum jk_observed state, int64_t created_us)
{
    struct jk_entry entry = jk_ledger_observation(model, "kim/seen", state);
    entry.created_us = created_us;
    OK(jk_ledger_add(ledger, &entry));
}

static void register_as(struct jk_ledger *ledger, const char *name, enum jk_actor_type actor)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_ledger_statement(ledger, MODEL(name, OF(PARENT(ONE))), &text);
    OK(jk_ledger_add_statement(ledger, JK_KIND_REGISTER, actor, jk_text_span(&text)));
    jk_text_done(&text);
}

static uint32_t from_census(const struct jk_ledger *ledger, uint32_t n)
{
    return count_at(ledger, all, n)->census_by_month[jk_time_month(ledger->time_us)];
}

/* A census brought in what a registrar registered and what the very next entry, of the same time, observes. */
static void test_from_census(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_cube *cube = jk_cube_new();
    uint32_t models[64];
    ledger->step_us = 0;
    register_as(ledger, "kim/census", JK_ACTOR_REGISTRAR);
    struct jk_book_mark mark = jk_book_mark(ledger->book);
    observe_created(ledger, "kim/census", JK_OBSERVED_PRESENT, JK_TIME_NONE);
    uint32_t brought = jk_book_size(ledger->book);
    assert_int_equal(from_census(ledger, brought), 1);
    assert_int_equal(from_census(ledger, brought - 1), 0); /* as of between the two */
    jk_ledger_take_back(ledger, mark);
    assert_int_equal(from_census(ledger, brought - 1), 0);
    size_t changed = jk_book_changed(ledger->book, models, 64);
    OK(jk_cube_advance(cube, ledger->book, models, changed, brought - 1, &ledger->error));
    observe_created(ledger, "kim/census", JK_OBSERVED_PRESENT, JK_TIME_NONE);
    register_as(ledger, "kim/own", JK_ACTOR_PUBLISHER);
    observe_created(ledger, "kim/own", JK_OBSERVED_PRESENT, JK_TIME_NONE);
    register_as(ledger, "kim/other", JK_ACTOR_REGISTRAR);
    observe_created(ledger, "kim/own", JK_OBSERVED_PRESENT, JK_TIME_NONE);
    observe_created(ledger, "kim/other", JK_OBSERVED_PRESENT, JK_TIME_NONE); /* the second after it */
    register_as(ledger, "kim/later", JK_ACTOR_REGISTRAR);
    ledger->time_us++;
    observe_created(ledger, "kim/later", JK_OBSERVED_PRESENT, JK_TIME_NONE);
    uint32_t n = jk_book_size(ledger->book);
    assert_int_equal(from_census(ledger, n), 1);
    assert_int_equal(count(ledger, all)->counted, 4);
    changed = jk_book_changed(ledger->book, models, 64);
    OK(jk_cube_advance(cube, ledger->book, models, changed, n, &ledger->error));
    assert_memory_equal(jk_cube_total(cube, all), &total, sizeof total);
    jk_cube_free(cube);
}

/* By the date that a hub told last, whatever it has said since; those that no hub dated come last. */
static void test_hub_months(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_arena arena;
    struct jk_group *groups;
    size_t used;
    const char *names[] = {"kim/a", "kim/b", "kim/c", "kim/d"};
    for (int i = 0; i < 4; i++)
        OK(jk_ledger_register(ledger, MODEL(names[i], OF(PARENT(ONE)))));
    int64_t november = 1762000000 * INT64_C(1000000); /* 2025-11-01T12:26:40Z */
    observe_created(ledger, "kim/a", JK_OBSERVED_PRESENT, november);
    observe_created(ledger, "kim/a", JK_OBSERVED_ABSENT, JK_TIME_NONE);
    observe_created(ledger, "kim/b", JK_OBSERVED_PRESENT, november - 22 * INT64_C(3600000000)); /* October in Korea */
    observe_created(ledger, "kim/c", JK_OBSERVED_PRESENT, november);
    uint32_t before = jk_book_size(ledger->book);
    observe_created(ledger, "kim/c", JK_OBSERVED_PRESENT, november - 100 * JK_DAY_US);
    jk_arena_init(&arena, 4096);
    OK(jk_count_groups(ledger->book, all, JK_GROUP_HUB_MONTH, before, &arena, &groups, &used, &ledger->error));
    uint32_t month = jk_time_month(november);
    assert_int_equal(used, 3);
    assert_true(groups[0].slot == month - 1 && groups[0].count == 1);
    assert_true(groups[1].slot == month && groups[1].count == 2);
    assert_true(groups[2].slot == JK_COUNT_MONTHS && groups[2].count == 1);
    OK(jk_count_groups(ledger->book, all, JK_GROUP_HUB_MONTH, before + 1, &arena, &groups, &used, &ledger->error));
    assert_int_equal(used, 4);
    assert_true(groups[0].slot == month - 4 && groups[0].count == 1);
    jk_arena_done(&arena);
}

static void check_cube(const struct jk_ledger *ledger, const struct jk_cube *cube, struct jk_scope scope)
{
    const struct jk_total *kept = jk_cube_total(cube, scope);
    count_at(ledger, scope, jk_cube_size(cube));
    if (kept)
        assert_memory_equal(kept, &total, sizeof total);
    else
        assert_int_equal(total.registered, 0);
}

static void advance(struct jk_ledger *ledger, struct jk_cube *cube, const uint32_t *models, size_t used)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    OK(jk_cube_advance(cube, ledger->book, models, used, jk_book_size(ledger->book), &error));
    check_cube(ledger, cube, all);
    check_cube(ledger, cube, base(ledger, ONE));
    check_cube(ledger, cube, base(ledger, BLUE));
    check_cube(ledger, cube, team(ledger, "red"));
    check_cube(ledger, cube, team(ledger, "blue"));
}

static void test_cube(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_cube *cube = jk_cube_new();
    uint32_t models[16];
    size_t used;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(ONE)), .weights = 1)));
    OK(jk_ledger_register(ledger, MODEL("lee/b", OF(PARENT("kim/a"), PARENT(BLUE)), .weights = 1)));
    used = jk_book_changed(ledger->book, models, 8);
    assert_true(used >= 2 && used < 8);
    memcpy(models + used, models, used * sizeof *models); /* told twice, counted once */
    advance(ledger, cube, models, 2 * used);
    assert_int_equal(jk_cube_total(cube, all)->counted, 2);
    assert_int_equal(jk_cube_total(cube, all)->distinct_weights, 1);
    OK(jk_ledger_yank(ledger, "kim/a", "1", JK_KIND_YANK));
    used = jk_book_changed(ledger->book, models, 8);
    advance(ledger, cube, models, used);
    assert_int_equal(jk_cube_total(cube, all)->yanked, 1);
    assert_int_equal(jk_cube_total(cube, all)->distinct_weights, 1);
    assert_int_equal(jk_cube_total(cube, base(ledger, ONE))->transitive, 1);
    OK(jk_ledger_list(ledger, BLUE, "red", true, JK_ANSWER_YES, JK_ANSWER_YES)); /* the team changes, no spell does */
    used = jk_book_changed(ledger->book, models, 8);
    advance(ledger, cube, models, used);
    assert_int_equal(jk_cube_total(cube, team(ledger, "blue"))->registered, 0);
    OK(jk_ledger_list(ledger, ONE, "red", false, JK_ANSWER_YES, JK_ANSWER_YES));
    used = jk_book_changed(ledger->book, models, 8);
    advance(ledger, cube, models, used);
    assert_int_equal(jk_cube_total(cube, all)->registered, 1);
    models[0] = UINT32_MAX - 1; /* a model that a size does not have yet is ignored */
    advance(ledger, cube, models, 1);
    jk_cube_free(cube);
}

/* Enough scopes, publishers and weights to make every table of the cube grow. */
static void test_cube_grows(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_cube *cube = jk_cube_new();
    uint32_t models[64];
    struct jk_error error;
    size_t used;
    char name[64], root[64];
    jk_error_init(&error, NULL);
    for (int i = 0; i < 200; i++) {
        snprintf(root, sizeof root, "red-ai/base-%d", i);
        OK(jk_ledger_register(ledger, MODEL(root)));
        OK(jk_ledger_list(ledger, root, "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
        for (int k = 0; k < 8; k++) {
            snprintf(name, sizeof name, "kim/m-%d-%d", i, k);
            OK(jk_ledger_register(ledger, MODEL(name, OF(PARENT(root)), .weights = (unsigned)(i * 8 + k + 1))));
        }
        while ((used = jk_book_changed(ledger->book, models, 64)) > 0)
            OK(jk_cube_advance(cube, ledger->book, models, used, jk_book_size(ledger->book), &error));
    }
    check_cube(ledger, cube, all);
    check_cube(ledger, cube, team(ledger, "red"));
    for (int i = 0; i < 200; i++) {
        snprintf(root, sizeof root, "red-ai/base-%d", i);
        check_cube(ledger, cube, base(ledger, root));
        assert_int_equal(jk_cube_total(cube, base(ledger, root))->counted, 8);
    }
    assert_int_equal(jk_cube_total(cube, all)->distinct_weights, 1600);
    jk_cube_free(cube);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_empty),       TEST(test_unions),     TEST(test_dimensions), TEST(test_deep),       TEST(test_groups),
        TEST(test_from_census), TEST(test_hub_months), TEST(test_cube),       TEST(test_cube_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
