/* Paths against the rules of the interface. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "web/path.h"

static struct jk_http_rules rules;

static int read_rules(void **state)
{
    struct jk_error error;
    (void)state;
    jk_error_init(&error, NULL);
    return jk_http_rules_own(&rules, &error) == JK_OK ? 0 : -1;
}

static int drop_rules(void **state)
{
    (void)state;
    jk_http_rules_done(&rules);
    return 0;
}

/* `value`: of the first variable; NULL: there is none. */
static void goes_to(const char *path, const char *method, const char *value)
{
    struct jk_path_match match;
    struct jk_arena arena;
    struct jk_span found;
    jk_arena_init(&arena, 1 << 16);
    if (!jk_path_match(&rules, jk_span_of(path), &match)) fail_msg("%s goes nowhere", path);
    assert_string_equal(match.rule->method, method);
    assert_int_equal(match.rule->variable_count > 0, value != NULL);
    if (value) {
        assert_true(jk_path_value(&match, 0, &arena, &found));
        assert_int_equal(found.len, strlen(value));
        assert_memory_equal(found.at, value, found.len);
    }
    jk_arena_done(&arena);
}

static void paths(void **state)
{
    (void)state;
    goes_to("/v1/count", "/jokbo.v1.Evaluation/CountDerivatives", NULL);
    goes_to("/v1/counts", "/jokbo.v1.Evaluation/ListCounts", NULL);
    goes_to("/v1/count:watch", "/jokbo.v1.Evaluation/WatchCounts", NULL);
    goes_to("/v1/models", "/jokbo.v1.Registry/ListModels", NULL);
    goes_to("/v1/models/skt/A.X-K1", "/jokbo.v1.Registry/GetModel", "skt/A.X-K1");
    goes_to("/v1/suggestions", "/jokbo.v1.Registry/Suggest", NULL);
    goes_to("/v1/teams/skt/publisher-counts", "/jokbo.v1.Evaluation/ListPublisherCounts", "skt");
    goes_to("/v1/models/skt/A.X-K1/lineage", "/jokbo.v1.Registry/GetLineage", "skt/A.X-K1");
    goes_to("/v1/models/a%2Db/%41", "/jokbo.v1.Registry/GetModel", "a-b/A");
    goes_to("/v1/models/skt/a:b", "/jokbo.v1.Registry/GetModel", "skt/a:b");
    goes_to("/v1/teams/skt/count:watch", "/jokbo.v1.Evaluation/WatchCounts", "skt");
    goes_to("/v1/policies/open@2", "/jokbo.v1.Stages/GetPolicy", "open@2");
    goes_to("/v1/log/entries/7/receipt", "/jokbo.v1.Log/GetReceipt", "7");
}

static void no_paths(void **state)
{
    static const char *const bad[] = {"",
                                      "/",
                                      "/v1",
                                      "/v1/",
                                      "/v1/count/",
                                      "//v1/count",
                                      "/v1//count",
                                      "/v1/models/a",
                                      "/v1/Count",
                                      "/v1/c%6Funt",
                                      "v1/count",
                                      "/v1/count:",
                                      "/v1/count:stop",
                                      "/v1/:watch",
                                      "/v1/models//b",
                                      "/v2/count",
                                      "/v1/count:watch:watch",
                                      "/a/b/c/d/e/f/g/h/i/j/k"};
    struct jk_path_match match;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (jk_path_match(&rules, jk_span_of(bad[i]), &match)) fail_msg("%s goes to %s", bad[i], match.rule->method);
}

static void escapes_that_are_none(void **state)
{
    struct jk_path_match match;
    struct jk_arena arena;
    struct jk_span value;
    (void)state;
    jk_arena_init(&arena, 1 << 16);
    assert_true(jk_path_match(&rules, JK_SPAN("/v1/models/a/%zz"), &match));
    assert_false(jk_path_value(&match, 0, &arena, &value));
    assert_false(arena.exhausted);
    jk_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(paths), cmocka_unit_test(no_paths),
                                       cmocka_unit_test(escapes_that_are_none)};
    return cmocka_run_group_tests(tests, read_rules, drop_rules);
}
