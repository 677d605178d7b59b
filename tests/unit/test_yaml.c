/* The YAML tree: shapes, lines, nulls, and each limit one past its edge. And mergekit's recipes and PEFT's
 * configuration, which are small. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/text.h"
#include "declare/adapter.h"
#include "declare/mergekit.h"
#include "declare/yaml.h"

static struct jk_arena arena;
static struct jk_error error;

static int setup(void **state)
{
    (void)state;
    jk_arena_init(&arena, 64u << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    jk_arena_done(&arena);
    return 0;
}

static const struct jk_yaml *good(struct jk_span text)
{
    const struct jk_yaml *root = NULL;
    jk_error_init(&error, &arena);
    if (jk_yaml_parse(text, 1, &arena, &root, &error) != JK_OK) fail_msg("%s", error.message);
    return root;
}

static void refused(struct jk_span text, const char *part)
{
    const struct jk_yaml *root = NULL;
    jk_error_init(&error, &arena);
    assert_int_equal(jk_yaml_parse(text, 1, &arena, &root, &error), JK_INVALID_ARGUMENT);
    assert_null(root);
    if (!strstr(error.message, part)) fail_msg("\"%s\" lacks \"%s\"", error.message, part);
}

static void test_tree(void **state)
{
    (void)state;
    const struct jk_yaml *root =
        good(JK_SPAN("a: 1\nb:\n  - x\n  - {c: 족보}\nd: null\ne: \"null\"\nf: >\n  folded\n  text\n"));
    assert_int_equal(root->kind, JK_YAML_MAPPING);
    assert_int_equal(root->count, 5);
    const struct jk_yaml *list = jk_yaml_member(root, "b");
    assert_int_equal(list->kind, JK_YAML_SEQUENCE);
    assert_int_equal(list->count, 2);
    assert_int_equal(list->first->line, 3);
    assert_true(jk_span_equal(jk_yaml_text(jk_yaml_member(list->first->next, "c")), JK_SPAN("족보")));
    assert_true(jk_yaml_is_null(jk_yaml_member(root, "d")));
    assert_false(jk_yaml_is_null(jk_yaml_member(root, "e")));
    assert_true(jk_yaml_is_null(jk_yaml_member(root, "absent")));
    assert_true(jk_span_equal(jk_yaml_text(jk_yaml_member(root, "f")), JK_SPAN("folded text")));
    assert_null(jk_yaml_member(list, "c"));
    root = good(JK_SPAN("# a\xE2\x80\xA8"
                        "b\na: c\xC2\x85"
                        "d\nb: \"e\xE2\x80\xA9"
                        "f\"\n"));
    assert_int_equal(jk_yaml_member(root, "b")->line, 3);
    assert_true(jk_span_equal(jk_yaml_text(jk_yaml_member(root, "a")), JK_SPAN("c  d")));
    assert_int_equal(jk_yaml_text(list).len, 0);
    assert_null(good(JK_SPAN("")));
    assert_null(good(JK_SPAN("# nothing\n")));
}

static void test_refusals(void **state)
{
    (void)state;
    refused(JK_SPAN("b: *x\na: &x 1\n"), "line 1: the alias *x is undefined");
    refused(JK_SPAN("a: &x [1, *x]\n"), "line 1: the alias *x is inside the value that it stands for");
    refused(JK_SPAN("a: &x {b: {<<: *x}}\n"), "is inside the value that it stands for");
    refused(JK_SPAN("a: 1\nb: 2\na: 3\n"), "line 3: the key \"a\" appears twice: its first value begins in line 1");
    refused(JK_SPAN("? [a]\n: b\n"), "key must be");
    refused(JK_SPAN("a: 1\n---\nb: 2\n"), "second document");
    refused(JK_SPAN("a: [1\n"), "line");
    refused(JK_SPAN("a: \xC3\x28\n"), "UTF-8");
    refused(JK_SPAN("a: \"\\0\"\n"), "NUL");
    refused(JK_SPAN("a: 1\nb: 2\nc: x\x01y\n"), "line 3: it contains the control character U+0001");
    refused(JK_SPAN("a: 1\r\nb: 2\r\nc: \"\x7F\"\r\n"), "line 3: it contains the control character U+007F");
    refused(JK_SPAN("# 족보\n\na: \x1B[0m\n"), "line 3: it contains the control character U+001B");
    refused(JK_SPAN("a:\n\t- b\n"), "line 2");
}

static void test_aliases(void **state)
{
    (void)state;
    const struct jk_yaml *root = good(JK_SPAN("a: &x [p, q]\nb: *x\nc: &t text\nd: *t\n*t : key\n"));
    const struct jk_yaml *list = jk_yaml_member(root, "b");
    assert_int_equal(list->count, 2);
    assert_int_equal(list->line, 2);
    assert_true(jk_span_equal(jk_yaml_text(list->first->next), JK_SPAN("q")));
    assert_true(jk_span_equal(jk_yaml_text(jk_yaml_member(root, "d")), JK_SPAN("text")));
    assert_true(jk_span_equal(jk_yaml_text(jk_yaml_member(root, "text")), JK_SPAN("key")));
    assert_int_equal(jk_yaml_member(root, "a")->count, 2);
    /* the newest anchor of a name counts */
    root = good(JK_SPAN("a: &x 1\nb: &x 2\nc: *x\n"));
    assert_true(jk_span_equal(jk_yaml_text(jk_yaml_member(root, "c")), JK_SPAN("2")));
}

static void test_merge_keys(void **state)
{
    (void)state;
    const struct jk_yaml *root =
        good(JK_SPAN("d: &d {a: 1, b: 2}\ne: &e {b: 3, c: 4}\nx: {b: 9, <<: *d}\ny: {<<: [*e, *d]}\nz: {\"<<\": *d}\n"
                     "n: {<<: 1}\n"));
    const struct jk_yaml *x = jk_yaml_member(root, "x"), *y = jk_yaml_member(root, "y"), *z = jk_yaml_member(root, "z");
    assert_true(jk_span_equal(jk_yaml_text(jk_yaml_member(x, "a")), JK_SPAN("1")));
    assert_true(jk_span_equal(jk_yaml_text(jk_yaml_member(x, "b")), JK_SPAN("9")));
    assert_true(jk_span_equal(jk_yaml_text(jk_yaml_member(y, "b")), JK_SPAN("3")));
    assert_true(jk_span_equal(jk_yaml_text(jk_yaml_member(y, "a")), JK_SPAN("1")));
    assert_null(jk_yaml_member(z, "a"));
}

static void test_documents(void **state)
{
    (void)state;
    struct jk_yaml_documents documents;
    jk_error_init(&error, &arena);
    assert_int_equal(jk_yaml_parse_all(JK_SPAN("a: &x 1\n---\nb: 2\n---\n- c\n"), 1, &arena, &documents, &error),
                     JK_OK);
    assert_int_equal(documents.count, 3);
    assert_int_equal(documents.roots[1]->line, 3);
    assert_int_equal(documents.roots[2]->kind, JK_YAML_SEQUENCE);
    assert_int_equal(jk_yaml_parse_all(JK_SPAN("a: &x 1\n---\nb: *x\n"), 1, &arena, &documents, &error),
                     JK_INVALID_ARGUMENT);
    for (size_t count = JK_YAML_DOCS_MAX; count <= JK_YAML_DOCS_MAX + 1; count++) {
        struct jk_text text;
        jk_text_init(&text, 0);
        for (size_t i = 0; i < count; i++)
            jk_text_add_str(&text, "--- a\n");
        jk_error_init(&error, &arena);
        assert_int_equal(jk_yaml_parse_all(jk_text_span(&text), 1, &arena, &documents, &error),
                         count == JK_YAML_DOCS_MAX ? JK_OK : JK_INVALID_ARGUMENT);
        jk_text_done(&text);
    }
}

/* "a: &a [x], b: &b [*a, *a, …]": small text, huge tree. It costs what it is written in, and what it stands for has a
 * limit. */
static void test_alias_bomb(void **state)
{
    (void)state;
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_text_add_str(&text, "k0: &k0 [x]\n");
    for (int i = 1; i < 40; i++)
        jk_text_addf(&text, "k%d: &k%d [*k%d, *k%d, *k%d]\n", i, i, i - 1, i - 1, i - 1);
    refused(jk_text_span(&text), "more than 10,000 values");
    jk_text_clear(&text);
    jk_text_add_str(&text, "k: &k [");
    for (int i = 0; i < 99; i++)
        jk_text_add_str(&text, "1, ");
    jk_text_add_str(&text, "]\nall: [");
    for (int i = 0; i < 100; i++)
        jk_text_add_str(&text, "*k, ");
    jk_text_add_str(&text, "]\n");
    assert_int_equal(good(jk_text_span(&text))->values, 1 + 100 + 1 + 10000);
    jk_text_add_str(&text, "more: *k\n");
    refused(jk_text_span(&text), "more than 10,000 values");
    jk_text_clear(&text);
    for (unsigned i = 0; i <= JK_YAML_ANCHORS_MAX; i++)
        jk_text_addf(&text, "- &a%u 1\n", i);
    refused(jk_text_span(&text), "1,024 anchors");
    jk_text_done(&text);
}

static void test_depth_limit(void **state)
{
    (void)state;
    for (size_t depth = JK_YAML_DEPTH_MAX; depth <= JK_YAML_DEPTH_MAX + 1; depth++) {
        struct jk_text text;
        jk_text_init(&text, 0);
        for (size_t i = 0; i < depth; i++)
            jk_text_add_char(&text, '[');
        for (size_t i = 0; i < depth; i++)
            jk_text_add_char(&text, ']');
        if (depth == JK_YAML_DEPTH_MAX)
            assert_non_null(good(jk_text_span(&text)));
        else
            refused(jk_text_span(&text), "32 deep");
        jk_text_done(&text);
    }
}

static void test_counts(void **state)
{
    (void)state;
    struct jk_text text;
    jk_text_init(&text, 0);
    for (unsigned i = 0; i < JK_YAML_MEMBERS_MAX; i++)
        jk_text_addf(&text, "k%u: 1\n", i);
    assert_int_equal(good(jk_text_span(&text))->count, JK_YAML_MEMBERS_MAX);
    jk_text_add_str(&text, "more: 1\n");
    refused(jk_text_span(&text), "1,024 keys");
    jk_text_clear(&text);
    for (unsigned i = 0; i + 1 < JK_YAML_NODES_MAX; i++)
        jk_text_add_str(&text, "- 1\n");
    assert_int_equal(good(jk_text_span(&text))->count, JK_YAML_NODES_MAX - 1);
    jk_text_add_str(&text, "- 1\n");
    refused(jk_text_span(&text), "50,000 values");
    jk_text_clear(&text);
    jk_text_add_char(&text, '#');
    while (text.len < JK_YAML_BYTES_MAX)
        jk_text_add_char(&text, 'x');
    assert_null(good(jk_text_span(&text)));
    jk_text_add_char(&text, 'x');
    refused(jk_text_span(&text), "1 MiB");
    jk_text_done(&text);
}

static void recipe_is(const char *text, const char *const *parents)
{
    struct jk_mergekit recipe;
    jk_error_init(&error, &arena);
    if (jk_mergekit_parse(jk_span_of(text), &arena, &recipe, &error) != JK_OK) fail_msg("%s", error.message);
    size_t count = 0;
    for (; parents[count]; count++) {
        assert_true(count < recipe.parents.count);
        assert_true(jk_span_equal(recipe.parents.items[count], jk_span_of(parents[count])));
    }
    assert_int_equal(recipe.parents.count, count);
}

static void test_mergekit(void **state)
{
    (void)state;
    const char *const two[] = {"a/b", "c/d", NULL}, *const three[] = {"a/b", "l/o", "c/d", NULL},
                      *const none[] = {NULL};
    recipe_is(
        "models:\n- model: a/b\n- model: c/d\n  parameters: {weight: 0.5}\nmerge_method: slerp\nbase_model: a/b\n",
        two);
    recipe_is("slices:\n- sources:\n  - model: a/b\n    layer_range: [0, 4]\n  - model: c/d\n", two);
    recipe_is("base_model: c/d\nmodels: [{model: a/b+l/o}]\n", three);
    recipe_is("base_model: c/d\nexperts:\n- source_model: a/b\n", two);
    recipe_is("models: [{model: {model: {path: a/b}}}]\nbase_model: c/d\n", two);
    recipe_is("base_model: a/b\nexperts:\n- source_model: a/b\nshared_experts:\n- source_model: c/d\n", two);
    recipe_is("models:\n- model: {model: {path: a/b}, lora: {path: l/o}}\n- model: c/d\n", three);
    recipe_is("models:\n- model: a/b\n  lora: l/o\n- model: {path: c/d}\n", three);
    recipe_is("modules:\n  text:\n    models: [{model: a/b}]\n  vision:\n    slices: [{sources: [{model: c/d}]}]\n",
              two);
    recipe_is("genome:\n  models: [a/b, c/d]\n  merge_method: ties\n", two);
    recipe_is(
        "name: one\nmodels: [{model: a/b}]\n---\nname: two\nmodels: [{model: one}, {model: c/d}]\nbase_model: one\n",
        two);
    recipe_is("x: &m {model: a/b}\nmodels: [*m, {model: c/d}]\n", two);
    const char *const revision[] = {"a/b@abc", "c/d", NULL};
    recipe_is("models: [{model: {path: a/b, revision: abc}}, c/d]\n", revision);
    recipe_is("dtype: bfloat16\n", none);
    recipe_is("", none);
    recipe_is("models: text\nslices: {a: 1}\n", none);
    struct jk_mergekit recipe;
    jk_error_init(&error, &arena);
    assert_int_equal(jk_mergekit_parse(JK_SPAN("- a\n"), &arena, &recipe, &error), JK_INVALID_ARGUMENT);
}

static void adapter_is(const char *json, const char *base)
{
    struct jk_adapter adapter;
    jk_error_init(&error, &arena);
    enum jk_status status = jk_adapter_parse(jk_span_of(json), &arena, &adapter, &error);
    assert_int_equal(status, base ? JK_OK : JK_INVALID_ARGUMENT);
    if (base) assert_true(jk_span_equal(adapter.base, jk_span_of(base)));
}

static void test_adapter(void **state)
{
    (void)state;
    adapter_is("{\"base_model_name_or_path\": \"a/b\", \"peft_type\": \"LORA\"}", "a/b");
    adapter_is("{\"base_model_name_or_path\": null}", "");
    adapter_is("{}", "");
    adapter_is("{\"base_model_name_or_path\": 1}", NULL);
    adapter_is("\xEF\xBB\xBF{\"base_model_name_or_path\": \"a/b\", \"x\": NaN, \"y\": [-Infinity, Infinity]}", "a/b");
    adapter_is("{\"x\": \"NaN \\\" NaN\", \"base_model_name_or_path\": \"NaN/b\"}", "NaN/b");
    adapter_is("{\"x\": NaN1}", NULL);
    adapter_is("{\"x\": \"\\u0000 \\ud83d\\n \\uDE00\\ud83d\", \"base_model_name_or_path\": \"a/b\"}", "a/b");
    adapter_is("{\"base_model_name_or_path\": \"\\ud83d\\ude00 \\u00e9\\\\u0000\"}",
               "\xF0\x9F\x98\x80 \xC3\xA9\\u0000");
    adapter_is("{\"base_model_name_or_path\": \"\\u0000a\\ud83d\\u0041\\uDE00\"}", "\xEF\xBF\xBD"
                                                                                   "a\xEF\xBF\xBD"
                                                                                   "A\xEF\xBF\xBD");
    adapter_is("{\"x\": \"\\u00g0\"}", NULL);
    adapter_is("{\"x\": \"\\", NULL);
    adapter_is("{\"x\": \"\\u00", NULL);
    adapter_is("{\"x\": \"\\ud83d\\u", NULL);
    adapter_is("[]", NULL);
    adapter_is("", NULL);
    adapter_is("{\"a\": ", NULL);
}

/* An object, a text, a list and 99,997 zeros are as many values as there may be; what a text holds does not count. */
static void test_json_values(void **state)
{
    (void)state;
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_text_add_str(&text, "{\"base_model_name_or_path\": \"a/b\", \"x,[{\": [0");
    for (unsigned i = 0; i < 99996; i++)
        jk_text_add_str(&text, ",0");
    size_t most = text.len;
    jk_text_add(&text, (struct jk_span){"]}", 3});
    adapter_is(text.bytes, "a/b");
    text.len = most;
    jk_text_add(&text, (struct jk_span){",0]}", 5});
    adapter_is(text.bytes, NULL);
    assert_string_equal(error.violations[0].rule, "it has more than 100,000 values");
    jk_text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree),        cmocka_unit_test(test_refusals),    cmocka_unit_test(test_alias_bomb),
        cmocka_unit_test(test_aliases),     cmocka_unit_test(test_merge_keys),  cmocka_unit_test(test_documents),

        cmocka_unit_test(test_depth_limit), cmocka_unit_test(test_counts),      cmocka_unit_test(test_mergekit),
        cmocka_unit_test(test_adapter),     cmocka_unit_test(test_json_values),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
