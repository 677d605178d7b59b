/* The list of a census: each rule broken once, and what is written is what is read. */
#include "support/golden.h"

#include "domain/census_list.h"

#define HEAD "jokbo/census/v1\n"
#define SHA  "0123456789abcdef0123456789abcdef01234567"

static void accepted(struct jk_span text, uint64_t models)
{
    uint64_t found = 77;
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (jk_census_list_check(text, &found, &error) != JK_OK) fail_msg("%s in:\n%.*s", error.message, JK_SPAN_ARG(text));
    assert_int_equal(found, models);
}

static void each_rule(void **state)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "Line 1 of the list, \"\", must be \"jokbo/census/v1\""},
        {"jokbo/census/v1", "must be \"jokbo/census/v1\""},
        {"jokbo/census/v2\n", "must be \"jokbo/census/v1\""},
        {HEAD "a/b none none present", "must end in a line feed"},
        {HEAD "\n", "must begin with organisation/name"},
        {HEAD "ab none none present\n", "must begin with organisation/name"},
        {HEAD " a/b none none present\n", "must begin with organisation/name"},
        {HEAD "a/b none present\n", "must have an identity, a revision and a state"},
        {HEAD "a/b none none\n", "must have an identity, a revision and a state"},
        {HEAD "a/b  none present\n", "must have an identity of"},
        {HEAD "a/b a-b none present\n", "must have an identity of"},
        {HEAD "a/b none 0123 present\n", "must have a revision of"},
        {HEAD "a/b none none gone\n", "must end in present, moved or absent"},
        {HEAD "a/b none none present \n", "must end in present, moved or absent"},
        {HEAD "a/b none none present\r\n", "must end in present, moved or absent"},
        {HEAD "a/b none none present\na/a none none present\n", "Line 3 of the list"},
        {HEAD "a/b none none present\na/b none none absent\n", "is out of order or a duplicate"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t models = 77;
        struct jk_error error;
        jk_error_init(&error, NULL);
        if (jk_census_list_check(jk_span_of(rows[i].text), &models, &error) != JK_INVALID_ARGUMENT)
            fail_msg("accepted:\n%s", rows[i].text);
        assert_string_equal(error.reason, "INVALID_CENSUS_LIST");
        if (!strstr(error.message, rows[i].says)) fail_msg("%s — does not say: %s", error.message, rows[i].says);
        assert_int_equal(models, 77);
    }
}

/* In the order of ids, which is that of lines: one id that begins another comes first. */
static void written(void **state)
{
    static const struct jk_census_item items[] = {
        {.id = {"A/b", 3}, .identity = {"0f", 2}, .revision = {SHA, 40}, .state = JK_OBSERVED_PRESENT},
        {.id = {"a/b", 3}, .state = JK_OBSERVED_ABSENT},
        {.id = {"a/b-c", 5}, .identity = {"Z9", 2}, .state = JK_OBSERVED_MOVED},
        {.id = {"a/b.c", 5}, .state = JK_OBSERVED_PRESENT},
    };
    struct jk_text text;
    (void)state;
    jk_text_init(&text, 0);
    jk_census_list_begin(&text);
    accepted(jk_text_span(&text), 0);
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        jk_census_list_add(&text, &items[i]);
    accepted(jk_text_span(&text), 4);
    struct jk_span wanted = JK_SPAN(HEAD "A/b 0f " SHA " present\na/b none none absent\na/b-c Z9 none moved\n"
                                         "a/b.c none none present\n");
    assert_int_equal(text.len, wanted.len);
    assert_memory_equal(text.bytes, wanted.at, wanted.len);
    jk_text_done(&text);
}

static void too_large(void **state)
{
    struct jk_span text = {HEAD, JK_CENSUS_LIST_MAX + 1}; /* refused before it is looked at */
    struct jk_error error;
    uint64_t models;
    (void)state;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_census_list_check(text, &models, &error), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "at most 64 MiB"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_rule), cmocka_unit_test(written),
                                       cmocka_unit_test(too_large)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
