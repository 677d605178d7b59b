/* What is called plain JSON, that its reader agrees, and that what nobody wants of an object changes nothing but itself. */
#include "support/golden.h"

#include "base/text.h"
#include "declare/hub.h"
#include "declare/json_plain.h"

static void plain(const char *text, size_t len, size_t commas, size_t lines)
{
    size_t found_commas = 0, found_lines = 0;
    size_t found = jk_json_plain(jk_span_of(text), &found_commas, &found_lines);
    if (found != len || found_commas != commas || found_lines != lines)
        fail_msg("%s: %zu bytes, %zu commas, %zu lines", text, found, found_commas, found_lines);
}

static void plain_values(void **state)
{
    (void)state;
    plain("\"a\\u00e9\\n가\" rest", 14, 0, 0);
    plain("-12.5e+3,", 8, 0, 0);
    plain("0]", 1, 0, 0);
    plain("999999999999999999", 18, 0, 0);
    plain("true}", 4, 0, 0);
    plain("[]x", 2, 1, 0);
    plain("{ }", 3, 1, 0);
    plain("{\"a\":[1,\n{\"b\":null}],\n\"c\":\"{,}\"}", 32, 5, 2);
}

/* Nothing is counted of what is not plain. */
static void other_values(void **state)
{
    static const char *const texts[] = {"",
                                        "NaN",
                                        "-Infinity",
                                        "01",
                                        "1.",
                                        ".5",
                                        "1e",
                                        "1e400",
                                        "9999999999999999999",
                                        "tru",
                                        "\"a",
                                        "\"a\tb\"",
                                        "\"\\u0000\"",
                                        "\"\\ud800\"",
                                        "\"\\ud83d\\ude00\"",
                                        "\"\\x\"",
                                        "\"\xff\"",
                                        "\"\xed\xa0\x80\"",
                                        "[1,]",
                                        "[1 2]",
                                        "[,1]",
                                        "[1}",
                                        "{\"a\"}",
                                        "{\"a\":}",
                                        "{\"a\":1,}",
                                        "{a:1}",
                                        "{1:1}",
                                        "[[[]"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        plain(texts[i], 0, 0, 0);
}

static void deep_values(void **state)
{
    char text[4 * JK_JSON_PLAIN_DEEP] = "";
    (void)state;
    memset(text, '[', JK_JSON_PLAIN_DEEP);
    memset(text + JK_JSON_PLAIN_DEEP, ']', JK_JSON_PLAIN_DEEP);
    plain(text, 2 * JK_JSON_PLAIN_DEEP, JK_JSON_PLAIN_DEEP, 0);
    memset(text, '[', JK_JSON_PLAIN_DEEP + 1);
    memset(text + JK_JSON_PLAIN_DEEP + 1, ']', JK_JSON_PLAIN_DEEP + 1);
    plain(text, 0, 0, 0);
}

/* ---- what is wanted ---- */

static struct jk_arena arena; /* of errors */

static json_t *load(struct jk_span text, size_t most, const struct jk_json_wanted *wanted, struct jk_error *error)
{
    jk_error_init(error, &arena);
    return jk_declared_json_within(text, 1u << 20, most, wanted, "file", error);
}

/* Both ways give the same of what is wanted, or the same fault in the same line. */
static void read_both_ways(struct jk_span text)
{
    struct jk_error whole_error, wanted_error;
    json_t *whole = load(text, 100000, NULL, &whole_error), *wanted = load(text, 100000, jk_hub_wanted, &wanted_error);
    if ((whole == NULL) != (wanted == NULL)) fail_msg("%.*s is read in one way only", JK_SPAN_ARG(text));
    if (!whole) assert_string_equal(wanted_error.violations[0].rule, whole_error.violations[0].rule);
    assert_int_equal(json_object_size(wanted), json_object_size(whole));
    for (const struct jk_json_wanted *each = jk_hub_wanted; whole && each->key; each++) {
        const json_t *a = json_object_get(whole, each->key), *b = json_object_get(wanted, each->key);
        if (each->inner ? (a == NULL) != (b == NULL) : a != b && !json_equal(a, b))
            fail_msg("%.*s: %s is another", JK_SPAN_ARG(text), each->key);
    }
    json_decref(whole);
    json_decref(wanted);
    jk_arena_reset(&arena);
}

static void objects_both_ways(void **state)
{
    static const char *const texts[] = {
        "{\"id\":\"a/b\",\"widgetData\":[{\"text\":\"x\"}],\"tags\":[\"a\",{\"b\":1}]}",
        "\xEF\xBB\xBF {\n\"id\" : \"a/b\" ,\n\"widgetData\" :\n[ 1 ,\n2 ] , \"tags\" : [ ] }\n",
        "{\"widgetData\":NaN,\"gated\":NaN,\"id\":\"a/b\"}",
        "{\"widgetData\":\"\\ud800\",\"id\":\"a\\u0000b\"}",
        "{\"i\\u0064\":\"a/b\",\"sha\":1.5e3}",
        "{\"id\":\"a\",\"id\":\"b\"}",
        "{\"siblings\":[[[[{\"blobId\":1}]]]],\"id\":\"a\"}",
        "{\"siblings\":{\"rfilename\":[{}]},\"config\":[{\"x\":1}],\"left_out\":{\"files\":3}}",
        "{\"widgetData\":[1,\n2}\n,\"id\":\"a\"}",
        "{\"widgetData\":\n\n[],\n\"id\":}",
        "{\"widgetData\":1,}",
        "{\"id\":1,}",
        "{,\"id\":1}",
        "{\"id\" 1}",
        "{\"id\":",
        "{\"id\"",
        "{",
        "[]",
        "[{\"id\":1},",
        "[{\"id\":1},]",
        "{} x",
        "{\"tags\":[1,]}",
        "{\"cut\":\"\xff\"}",
        "{\"cut\":99999999999999999999}",
        "{\"siblings\":[{\"rfilename\":\"a\",\"size\":1e999}]}",
        "7",
        ""};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        read_both_ways(jk_span_of(texts[i]));
}

/* Cut anywhere, and with any byte changed to one that JSON is made of. */
static void broken_both_ways(void **state)
{
    static const char whole[] =
        "{\"id\":\"a/b\",\"b\":[{\"cut\":-1.5}],\"config\":{\"quantization\":{\"q\":4},\"y\":[]},"
        "\"siblings\":[{\"rfilename\":\"f\",\"b\":1},{}],\"widgetData\":\"\\n\xec\x95\x88\"}";
    static const char others[] = "{}[]:,\"\\ 0\n-";
    char text[sizeof whole];
    (void)state;
    for (size_t i = 0; i < sizeof whole; i++)
        read_both_ways((struct jk_span){whole, i});
    for (size_t i = 0; i + 1 < sizeof whole; i++)
        for (size_t k = 0; k + 1 < sizeof others; k++) {
            memcpy(text, whole, sizeof whole);
            text[i] = others[k];
            read_both_ways(jk_span_of(text));
        }
}

/* What nobody wants is not kept, and counts among the values all the same. */
static void unwanted_members(void **state)
{
    const struct jk_span text = JK_SPAN("{\"id\":\"a/b\",\"widgetData\":[1,2,3,4,5],\"config\":{\"a\":1,"
                                        "\"text_config\":{\"quantization\":{\"bits\":4},\"b\":2}},"
                                        "\"siblings\":[{\"rfilename\":\"f\",\"blobId\":\"0\"}]}");
    struct jk_error error;
    (void)state;
    json_t *root = load(text, 100000, jk_hub_wanted, &error);
    assert_true(json_is_null(json_object_get(root, "widgetData")));
    const json_t *config = json_object_get(root, "config"), *inner = json_object_get(config, "text_config");
    assert_true(json_is_null(json_object_get(config, "a")) && json_is_null(json_object_get(inner, "b")));
    assert_int_equal(json_integer_value(json_object_get(json_object_get(inner, "quantization"), "bits")), 4);
    const json_t *file = json_array_get(json_object_get(root, "siblings"), 0);
    assert_true(json_is_null(json_object_get(file, "blobId")));
    assert_string_equal(json_string_value(json_object_get(file, "rfilename")), "f");
    json_decref(root);
    for (size_t most = 0; most < 30; most++) {
        struct jk_error ignored;
        json_t *whole = load(text, most, NULL, &ignored), *wanted = load(text, most, jk_hub_wanted, &ignored);
        assert_int_equal(whole != NULL, wanted != NULL);
        assert_int_equal(whole != NULL, most >= 18);
        json_decref(whole);
        json_decref(wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain_values),     cmocka_unit_test(other_values),
                                       cmocka_unit_test(deep_values),      cmocka_unit_test(objects_both_ways),
                                       cmocka_unit_test(broken_both_ways), cmocka_unit_test(unwanted_members)};
    jk_arena_init(&arena, 1u << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    jk_arena_done(&arena);
    return failed;
}
