/* The roster file and the licence facts: the project's own files, and every kind of mistake with its line. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/console/local.h"
#include "declare/rosterfile.h"

#define DATA JK_TESTS_DIR "/../registry/data/"

static struct jk_arena arena;
static struct jk_error error;
static Jokbo__V1__ApplyRosterRequest request;
static const char *note;

static int setup(void **state)
{
    (void)state;
    jk_arena_init(&arena, 32u << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    jk_arena_done(&arena);
    return 0;
}

static enum jk_status parse(const char *yaml)
{
    jokbo__v1__apply_roster_request__init(&request);
    jk_error_init(&error, &arena);
    return jk_roster_parse(jk_span_of(yaml), &arena, &request, &note, &error);
}

static void refused(const char *yaml, const char *const *parts)
{
    assert_int_equal(parse(yaml), JK_INVALID_ARGUMENT);
    size_t count = 0;
    for (; parts[count]; count++) {
        assert_true(count < error.violation_count);
        if (!strstr(error.violations[count].rule, parts[count]))
            fail_msg("\"%s\" lacks \"%s\"", error.violations[count].rule, parts[count]);
    }
    assert_int_equal(error.violation_count, count);
}

static struct jk_span file(const char *name)
{
    char path[512];
    struct jk_span text;
    snprintf(path, sizeof path, DATA "%s", name);
    jk_error_init(&error, &arena);
    assert_int_equal(jk_local_read(path, 1 << 20, &arena, &text, &error), JK_OK);
    return text;
}

static void test_own_roster(void **state)
{
    (void)state;
    if (parse(file("roster.yaml").at) != JK_OK) fail_msg("%s", error.message);
    assert_int_equal(request.n_teams, 6);
    assert_int_equal(request.n_models, 23);
    assert_int_equal(request.n_operations, 2);
    assert_non_null(note);
    const Jokbo__V1__Team *lg = request.teams[0];
    assert_string_equal(lg->name_ko, "LG AI연구원");
    assert_int_equal(lg->join_time->seconds, 1754233200); /* 2025-08-04T00:00+09:00 */
    assert_null(lg->leave_time);
    assert_int_equal(lg->n_affiliations, 10);
    assert_string_equal(lg->affiliations[9]->institution, "Elice");
    assert_non_null(lg->affiliations[9]->from_time);
    assert_null(lg->affiliations[8]->from_time);
    assert_non_null(request.teams[3]->leave_time);
    assert_string_equal(request.operations[0]->institution, "Nota AI");
    assert_string_equal(request.operations[0]->publisher, "nota-ai");
    const Jokbo__V1__RosterModel *ax = request.models[10];
    assert_string_equal(ax->name, "skt/A.X-4.0");
    assert_string_equal(ax->license, "NOASSERTION");
    assert_int_equal(ax->facts->from_scratch, JOKBO__V1__ANSWER__ANSWER_NO);
    assert_string_equal(ax->facts->built_on, "Qwen/Qwen2.5-72B");
    assert_true(ax->facts->listed && !ax->facts->programme);
    assert_string_equal(request.models[0]->facts->released, "2025-12-31");
}

static void test_own_licenses(void **state)
{
    (void)state;
    struct jk_span tsv = file("licenses.tsv");
    jokbo__v1__apply_roster_request__init(&request);
    if (jk_roster_parse_licenses(tsv, &arena, &request, &error) != JK_OK) fail_msg("%s", error.message);
    assert_int_equal(request.n_licenses, 18);
    assert_string_equal(request.licenses[0]->license, "Apache-2.0");
    assert_int_equal(request.licenses[0]->commercial, JOKBO__V1__PERMISSION__PERMISSION_YES);
    assert_int_equal(request.licenses[0]->n_name_forms, 0);
    const Jokbo__V1__LicenseFacts *clova = request.licenses[13];
    assert_int_equal(clova->n_name_forms, 3);
    assert_string_equal(clova->name_forms[0], "HyperCLOVA X");
    assert_int_equal(clova->commercial, JOKBO__V1__PERMISSION__PERMISSION_CONDITIONAL);
}

static void test_minimal(void **state)
{
    (void)state;
    assert_int_equal(parse("teams: []\n"), JK_OK);
    assert_null(note);
    assert_int_equal(parse("base_models:\n- {name: a/b, team: t}\n"), JK_OK);
    assert_int_equal(request.models[0]->facts->from_scratch, JOKBO__V1__ANSWER__ANSWER_UNKNOWN);
    assert_int_equal(
        parse("teams:\n- {id: t, name: T, joined: unknown, operates: {X: [{name: p, until: \"2026-01-01\"}]}}\n"),
        JK_OK);
    assert_null(request.teams[0]->join_time);
    assert_non_null(request.operations[0]->until_time);
}

static void test_all_mistakes_at_once(void **state)
{
    (void)state;
    refused("teams:\n"
            "- id: UP\n"
            "  joined: yesterday\n"
            "  nmae: x\n"
            "  publishers: [\"a b\"]\n"
            "  affiliates: [{from: \"2026-13-01\"}]\n"
            "base_models:\n"
            "- {name: a, programme: maybe, from_scratch: perhaps}\n"
            "stagse: []\n",
            (const char *const[]){"line 9: the key \"stagse\"", "line 4: the key \"nmae\"", "line 2: the id",
                                  "line 2: the name", "line 3: \"yesterday\"", "line 5: publisher",
                                  "line 6: \"2026-13-01\"", "line 6: the name", "line 8: the name", "line 8: \"maybe\"",
                                  "line 8: \"perhaps\"", "line 8: the team", NULL});
}

static void test_shapes(void **state)
{
    (void)state;
    refused("- a\n", (const char *const[]){"mapping", NULL});
    refused("", (const char *const[]){"mapping", NULL});
    refused("teams: x\n", (const char *const[]){"teams must be a list", NULL});
    refused("teams: [x]\nbase_models: [y]\n", (const char *const[]){"line 1: a team", "line 2: a base model", NULL});
    refused("teams: [{id: t, name: T, operates: [a]}]\n", (const char *const[]){"operates must be", NULL});
    refused("a: [\n", (const char *const[]){"line", NULL});
}

static void test_size_limit(void **state)
{
    (void)state;
    for (int extra = 0; extra <= 1; extra++) {
        struct jk_text yaml;
        jk_text_init(&yaml, 0);
        jk_text_add_str(&yaml, "base_models:\n");
        for (int i = 0; i < JK_ROSTER_ITEMS_MAX + extra; i++)
            jk_text_addf(&yaml, "- {name: a/b%d, team: t}\n", i);
        assert_int_equal(parse(yaml.bytes), extra ? JK_INVALID_ARGUMENT : JK_OK);
        jk_text_done(&yaml);
    }
}

static void test_license_mistakes(void **state)
{
    (void)state;
    jokbo__v1__apply_roster_request__init(&request);
    jk_error_init(&error, &arena);
    assert_int_equal(jk_roster_parse_licenses(JK_SPAN("# c\nMIT\tYES\tMAYBE\tYES\nX\tyes\n"), &arena, &request, &error),
                     JK_INVALID_ARGUMENT);
    assert_int_equal(error.violation_count, 4);
    assert_non_null(strstr(error.violations[0].rule, "line 2: \"MAYBE\""));
    jk_error_init(&error, &arena);
    assert_int_equal(jk_roster_parse_licenses(JK_SPAN("\xff"), &arena, &request, &error), JK_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_roster),       cmocka_unit_test(test_own_licenses),
        cmocka_unit_test(test_minimal),          cmocka_unit_test(test_all_mistakes_at_once),
        cmocka_unit_test(test_shapes),           cmocka_unit_test(test_size_limit),
        cmocka_unit_test(test_license_mistakes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
