/* What a demo plays: the script's lines and every kind of mistake in them, and the derivatives that nobody made, spread
 * as the table says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/digest.h"
#include "cli/console/local.h"
#include "demo/script.h"
#include "demo/weights.h"
#include "demo/world.h"
#include "domain/ident.h"

#define DATA JK_TESTS_DIR "/../registry/data/demo/"
#define MANY 20000

static struct jk_arena arena;
static struct jk_error error;

static int setup(void **state)
{
    (void)state;
    jk_arena_init(&arena, 256u << 20);
    jk_error_init(&error, &arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    jk_arena_done(&arena);
    return 0;
}

static struct jk_span file(const char *name)
{
    struct jk_span bytes;
    assert_int_equal(jk_local_read(name, 1 << 20, &arena, &bytes, &error), JK_OK);
    return bytes;
}

/* ---- the script ---- */

static enum jk_status read_script(const char *text, struct jk_demo_script *out)
{
    jk_error_init(&error, &arena);
    return jk_demo_script_read(jk_span_of(text), JK_SPAN("/demo"), &arena, out, &error);
}

static void test_programme(void **state)
{
    struct jk_demo_script script;
    unsigned shares = 0, closes = 0;
    (void)state;
    assert_int_equal(jk_demo_script_read(file(DATA "programme.script"), JK_SPAN(DATA), &arena, &script, &error), JK_OK);
    for (size_t i = 0; i < script.count; i++) {
        const struct jk_demo_line *line = &script.lines[i];
        if (line->step == JK_DEMO_DERIVATIVES) shares += line->share;
        closes += line->step == JK_DEMO_COMMAND && line->word_count > 1 && strcmp(line->words[1], "close") == 0;
        assert_true(i == 0 || line->time_us >= script.lines[i - 1].until_us);
    }
    assert_int_equal(shares, 1000);
    assert_int_equal(closes, 3);
    assert_int_equal(script.lines[0].step, JK_DEMO_WORLD);
}

static void test_lines(void **state)
{
    struct jk_demo_script script;
    (void)state;
    assert_int_equal(read_script("# nothing\n\n2026-01-01 admin derivatives 12 until 2026-02-01T18:00\n"
                                 "2026-02-01T18:00 second refused rule  exclude a/b --text \"two words\" as x\n"
                                 "2026-02-02 admin register ./card.md --name \"\" ../b\n",
                                 &script),
                     JK_OK);
    assert_int_equal(script.count, 3);
    assert_int_equal(script.lines[0].number, 3);
    assert_int_equal(script.lines[0].share, 12);
    assert_int_equal(script.lines[0].until_us - script.lines[0].time_us, INT64_C(1000000) * 3600 * (31 * 24 + 18));
    assert_true(script.lines[1].refused);
    assert_string_equal(script.lines[1].who, "second");
    assert_string_equal(script.lines[1].keep, "x");
    assert_int_equal(script.lines[1].word_count, 5);
    assert_string_equal(script.lines[1].words[0], "rule");
    assert_string_equal(script.lines[1].words[4], "two words");
    assert_string_equal(script.lines[2].words[1], "/demo/./card.md");
    assert_string_equal(script.lines[2].words[3], "");
    assert_string_equal(script.lines[2].words[4], "/demo/../b");
}

static void test_mistakes(void **state)
{
    static const char *const wrong[][2] = {
        {"2026-01-01", "line 1: must be TIME WHO WORD"},
        {"tomorrow admin world ./x", "line 1: must be a date"},
        {"2026-01-01 admin", "line 1: says nothing to do"},
        {"2026-01-01 admin refused", "line 1: says nothing to do"},
        {"\n2026-01-01 admin world", "line 2: has too many or too few words"},
        {"2026-01-01 admin verify many", "line 1: is no whole number"},
        {"2026-01-01 admin yanks 1001", "line 1: is no whole number, or too large"},
        {"2026-01-01 admin weights a from", "weights NAME, or weights NAME from NAME SHARE"},
        {"2026-01-01 admin weights a of b 5", "weights NAME, or weights NAME from NAME SHARE"},
        {"2026-01-01 admin weights a from b 1001", "line 1: is no whole number, or too large"},
        {"2026-01-01 admin evidence", "line 1: has too many or too few words"},
        {"2026-01-01 admin key", "line 1: has too many or too few words"},
        {"2026-01-01 admin key turn", "line 1: key rotate or key retire, not \"turn\""},
        {"2026-01-01 admin derivatives 1 till 2026-02-01", "derivatives SHARE until TIME"},
        {"2026-01-01 admin derivatives 1 until then", "must be a date"},
        {"2026-01-02 admin derivatives 1 until 2026-01-01", "not in order of time"},
        {"2026-01-02 admin yanks 1\n2026-01-01 admin yanks 1", "line 2: is not in order of time"},
        {"2026-01-01 admin derivatives 1 until 2026-02-01\n2026-01-15 admin yanks 1", "line 2: is not in order"},
        {"2026-01-01 admin rule \"exclude", "line 1: a quote is not closed"},
        {"2026-01-01 a 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1",
         "too many words"},
    };
    struct jk_demo_script script;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(read_script(wrong[i][0], &script), JK_INVALID_ARGUMENT);
        if (!strstr(error.violations[0].rule, wrong[i][1])) fail_msg("%s: %s", wrong[i][0], error.violations[0].rule);
    }
    assert_int_equal(read_script("2026-01-01 admin world \xff", &script), JK_INVALID_ARGUMENT);
}

/* ---- weights ---- */

/* As an implementation in Python has them, which knows the comments of weights.h and weights.c alone. */
static void test_weights(void **state)
{
    static const char *const pinned[] = {"1c67a7654f420474fbeb1bcaf327ae9d91b3a213e0836dfcd172363cc8a8b1c5",
                                         "103271564c3023ec6e4d18d1f5e0a47593967ec45f996bf7555244d55db280b5"};
    char folder[] = "/tmp/jokbo-test-XXXXXX", path[64], hex[JK_DIGEST_HEX + 1];
    struct jk_demo_weights *weights = jk_arena_alloc(&arena, sizeof *weights);
    (void)state;
    assert_non_null(mkdtemp(folder));
    jk_demo_weights_draw(weights, "base");
    jk_demo_weights_add_noise(weights, "nothing", 0);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%d", folder, i);
        assert_int_equal(jk_demo_weights_save(weights, path, &error), JK_OK);
        assert_int_equal(jk_demo_weights_save(weights, path, &error), JK_INTERNAL);
        assert_string_equal(error.reason, "LOCAL_FILE");
        strcat(path, "/model.safetensors");
        struct jk_digest digest = jk_digest_of(file(path));
        jk_digest_hex(&digest, hex);
        assert_string_equal(hex, pinned[i]);
        assert_int_equal(unlink(path), 0);
        snprintf(path, sizeof path, "%s/%d", folder, i);
        assert_int_equal(rmdir(path), 0);
        jk_demo_weights_add_noise(weights, "tutor", 100);
    }
    assert_int_equal(rmdir(folder), 0);
}

/* ---- the derivatives ---- */

static const char *const bases[] = {"skt/A.X-3.1-Light", "LGAI-EXAONE/EXAONE-3.5-7.8B-Instruct",
                                    "upstage/SOLAR-10.7B-Instruct-v1.0", "Motif-Technologies/Motif-3"};

static struct jk_demo_world *make_world(size_t count)
{
    struct jk_demo_world *world;
    jk_error_init(&error, &arena);
    assert_int_equal(jk_demo_world_read(file(DATA "world.yaml"), count, &arena, &world, &error), JK_OK);
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        jk_demo_world_offer(world, bases[i], "LicenseRef-of-the-base");
    return world;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void near(size_t count, size_t of, unsigned per_mille, unsigned slack)
{
    size_t found = count * 1000 / of;
    if (found + slack < per_mille || found > per_mille + slack)
        fail_msg("%zu of %zu are not %u per mille", count, of, per_mille);
}

static bool is_base(const char *name)
{
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (strcmp(bases[i], name) == 0) return true;
    return false;
}

static void test_spread(void **state)
{
    struct jk_demo_world *world = make_world(MANY);
    size_t relations[9] = {0}, changed = 0, parents = 0, own = 0, artifacts = 0, weights = 0, deeper = 0;
    const char **names = calloc(MANY, sizeof *names);
    (void)state;
    assert_non_null(names);
    for (size_t i = 0; i < MANY; i++) {
        const Jokbo__V1__Derivative *made = jk_demo_world_next(world);
        assert_non_null(made);
        assert_null(jk_ident_model_fault(jk_span_of(made->name)));
        names[i] = made->name;
        relations[made->relation]++;
        changed += strcmp(made->license, "LicenseRef-of-the-base") != 0 && strcmp(made->license, "NOASSERTION") != 0;
        parents += made->n_parents;
        deeper += !is_base(made->parents[0]->registered->name);
        own += strncmp(made->name, "invented-", 9) != 0;
        artifacts += made->artifact_sha256[0] != 0;
        weights += made->weights_sha256[0] != 0;
    }
    near(relations[JOKBO__V1__RELATION__RELATION_ADAPTER], MANY, 420, 12);
    near(relations[JOKBO__V1__RELATION__RELATION_FINETUNE], MANY, 330, 12);
    near(relations[JOKBO__V1__RELATION__RELATION_QUANTIZED], MANY, 180, 12);
    near(changed, MANY, 198 * 940 / 1000, 12);
    near(parents, MANY, 1150, 40);
    near(deeper, MANY, 150, 15);
    near(own, MANY, 15, 5);
    near(artifacts, MANY, 850, 12);
    near(weights, MANY, 710, 15);
    qsort(names, MANY, sizeof *names, compare_names);
    for (size_t i = 1; i < MANY; i++)
        assert_string_not_equal(names[i - 1], names[i]);
    assert_null(jk_demo_world_next(world)); /* no more than were asked for */
    free(names);
}

static void test_same_seed(void **state)
{
    struct jk_demo_world *one = make_world(500), *other = make_world(500);
    (void)state;
    for (size_t i = 0; i < 500; i++) {
        const Jokbo__V1__Derivative *a = jk_demo_world_next(one), *b = jk_demo_world_next(other);
        assert_string_equal(a->name, b->name);
        assert_string_equal(a->weights_sha256, b->weights_sha256);
        assert_int_equal(a->n_parents, b->n_parents);
    }
}

static void test_only_what_is_offered(void **state)
{
    struct jk_demo_world *world;
    (void)state;
    assert_int_equal(jk_demo_world_read(file(DATA "world.yaml"), 100, &arena, &world, &error), JK_OK);
    assert_null(jk_demo_world_next(world));
    jk_demo_world_offer(world, "nobody/knows-it", "MIT");
    assert_null(jk_demo_world_next(world));
    jk_demo_world_offer(world, bases[0], "MIT");
    assert_string_equal(jk_demo_world_next(world)->parents[0]->registered->name, bases[0]);
}

/* Each once, and only those that are there. */
static void test_take(void **state)
{
    struct jk_demo_world *world = make_world(50);
    size_t taken = 0, given = 0;
    (void)state;
    assert_null(jk_demo_world_publisher(world));
    for (size_t i = 0; i < 50; i++)
        assert_non_null(jk_demo_world_next(world));
    for (const struct jk_demo_made *made; (made = jk_demo_world_take(world)) != NULL; taken++)
        assert_false(made->parent);
    assert_in_range(taken, 30, 50);
    for (const char *name, *last = ""; (name = jk_demo_world_publisher(world)) != NULL; last = name, given++)
        assert_true(strcmp(last, name) < 0);
    assert_in_range(given, 10, 50);
}

static void test_table_mistakes(void **state)
{
    struct jk_demo_world *world;
    (void)state;
    assert_int_equal(jk_demo_world_read(JK_SPAN(""), 1, &arena, &world, &error), JK_INVALID_ARGUMENT);
    jk_error_init(&error, &arena);
    assert_int_equal(jk_demo_world_read(JK_SPAN("seed: x\nfamilies: [{base: nothing, weight: 1}]\n"
                                                "relations: {finetune: 1001, adopted: 1}\n"),
                                        1, &arena, &world, &error),
                     JK_INVALID_ARGUMENT);
    assert_true(error.violation_count > 20); /* each share that is missing, too */
    assert_string_equal(error.violations[0].field, "seed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_programme, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mistakes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_weights, setup, teardown),
        cmocka_unit_test_setup_teardown(test_spread, setup, teardown),
        cmocka_unit_test_setup_teardown(test_same_seed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_what_is_offered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_take, setup, teardown),
        cmocka_unit_test_setup_teardown(test_table_mistakes, setup, teardown),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
