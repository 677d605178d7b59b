/* The site as it is built: all templates compile in both languages, every word of enums and entries is there, and a page is made
 * from answers as the methods give them, hostile ones included. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jokbo/v1/evaluation.pb-c.h>
#include <jokbo/v1/registry.pb-c.h>
#include <stdlib.h>

#include "base/digest.h"
#include "reply/json.h"
#include "reply/message.h"
#include "web/pages/growth.h"
#include "web/pages/page.h"

static struct jk_site *opened(void)
{
    struct jk_error error;
    struct jk_site *site = NULL;
    jk_error_init(&error, NULL);
    if (jk_site_open(&site, &error) != JK_OK) fail_msg("%s", error.message);
    return site;
}

static void templates_compile_in_both_languages(void **state)
{
    (void)state;
    struct jk_site *site = opened();
    for (int i = 0; i < JK_SITE_TEMPLATES; i++)
        for (int language = 0; language < JK_LANGUAGES; language++)
            assert_non_null(site->templates[language][i]);
    jk_site_close(site);
}

static void words_can_stand_in_markup(void **state)
{
    (void)state;
    struct jk_site *site = opened();
    for (size_t i = 0; i < site->words.count; i++) {
        const struct jk_word *word = &site->words.rows[i];
        for (int language = 0; language < JK_LANGUAGES; language++)
            for (size_t at = 0; at < word->text[language].len; at++)
                if (strchr("<>&\"", word->text[language].at[at]))
                    fail_msg("the text of %.*s has a character of markup", JK_SPAN_ARG(word->key));
        assert_true(jk_utf8_valid(word->text[JK_KOREAN]));
    }
    jk_site_close(site);
}

static void has_words_of(const struct jk_site *site, const char *prefix, const ProtobufCEnumDescriptor *type)
{
    for (unsigned i = 0; i < type->n_values; i++) {
        char word[JK_JSON_WORD], key[128];
        const char *found = jk_json_enum_word(type, type->values[i].value, word);
        if (!found[0]) continue;
        (void)snprintf(key, sizeof key, "%s.%s", prefix, found);
        if (!jk_words_find(&site->words, jk_span_of(key))) fail_msg("words.tsv has no %s", key);
    }
}

static void every_value_of_an_enum_has_words(void **state)
{
    (void)state;
    struct jk_site *site = opened();
    has_words_of(site, "relation", &jokbo__v1__relation__descriptor);
    has_words_of(site, "class", &jokbo__v1__license_class__descriptor);
    has_words_of(site, "answer", &jokbo__v1__answer__descriptor);
    has_words_of(site, "finding", &jokbo__v1__finding_kind__descriptor);
    has_words_of(site, "observed", &jokbo__v1__observed_state__descriptor);
    jk_site_close(site);
}

/* ---- pages over invented answers ---- */

static void answer_publisher(jk_web_page_reply_fn *then, void *context)
{
    Jokbo__V1__Publisher publisher = JOKBO__V1__PUBLISHER__INIT;
    publisher.name = "<script>alert(1)</script>";
    publisher.team = "\" onload=\"x";
    then(context, &publisher.base, NULL);
}

static void answer_models(jk_web_page_reply_fn *then, void *context)
{
    Jokbo__V1__Model model = JOKBO__V1__MODEL__INIT, *models[] = {&model};
    Jokbo__V1__ListModelsResponse list = JOKBO__V1__LIST_MODELS_RESPONSE__INIT;
    Jokbo__V1__Release release = JOKBO__V1__RELEASE__INIT;
    model.name = "a\u202eb/<img src=x>";
    release.license = "\x1b[31m'\"";
    model.release = &release;
    list.n_models = 1;
    list.models = models;
    list.next_page_token = "<&>";
    then(context, &list.base, NULL);
}

static void answer_as_a_registry(void *context, const char *method, const ProtobufCMessage *request,
                                 jk_web_page_reply_fn *then, void *then_context)
{
    const enum jk_status *fails = context;
    Jokbo__V1__ListTeamsResponse teams = JOKBO__V1__LIST_TEAMS_RESPONSE__INIT;
    struct jk_error error;
    assert_non_null(request);
    jk_error_init(&error, NULL);
    if (*fails != JK_OK) {
        (void)jk_fail(&error, *fails, "MODEL_NOT_FOUND", "no <b> here");
        then(then_context, NULL, &error);
    } else if (strstr(method, "ListTeams")) {
        then(then_context, &teams.base, NULL);
    } else if (strstr(method, "GetPublisher")) {
        answer_publisher(then, then_context);
    } else {
        assert_non_null(strstr(method, "ListModels"));
        answer_models(then, then_context);
    }
}

struct made {
    int status;
    char *text;
    char etag[64];
};

static void keep(void *context, const struct jk_web_page_answer *answer)
{
    struct made *made = context;
    assert_null(made->text);
    made->status = answer->status;
    made->text = answer->body->len > 0 ? jk_text_take(answer->body) : calloc(1, 1);
    (void)snprintf(made->etag, sizeof made->etag, "%s", answer->etag ? answer->etag : "");
}

static struct made make_asked(const struct jk_site *site, const char *path, const char *query, enum jk_status fails,
                              const char *known)
{
    struct made made = {0};
    struct jk_web_page_request request = {.log = {100, INT64_C(1790000000000000), false},
                                          .path = jk_span_of(path),
                                          .query = jk_span_of(query),
                                          .if_none_match = jk_span_of(known),
                                          .caller = {answer_as_a_registry, &fails}};
    jk_web_page_serve(site, &request, keep, &made);
    assert_non_null(made.text);
    return made;
}

static struct made make(const struct jk_site *site, const char *path, enum jk_status fails, const char *known)
{
    return make_asked(site, path, "lang=en", fails, known);
}

static void nothing_that_a_method_says_breaks_out(void **state)
{
    (void)state;
    struct jk_site *site = opened();
    struct made made = make(site, "/publishers/x", JK_OK, "");
    assert_int_equal(made.status, 200);
    assert_non_null(strstr(made.text, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_non_null(strstr(made.text, "a\\u{202e}b"));
    static const char *const wrong[] = {"<script>", "<img", "\u202e", "\x1b", "\" onload", "<&>"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (strstr(made.text, wrong[i])) fail_msg("the page holds %s", wrong[i]);
    free(made.text);
    jk_site_close(site);
}

static void failures_become_pages(void **state)
{
    (void)state;
    struct jk_site *site = opened();
    static const struct {
        enum jk_status status;
        int http;
    } cases[] = {{JK_NOT_FOUND, 404}, {JK_RESOURCE_EXHAUSTED, 429}, {JK_UNAVAILABLE, 503}, {JK_INVALID_ARGUMENT, 400}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct made made = make(site, "/publishers/x", cases[i].status, "");
        assert_int_equal(made.status, cases[i].http);
        assert_non_null(strstr(made.text, "no &lt;b&gt; here"));
        assert_string_equal(made.etag, "");
        free(made.text);
    }
    jk_site_close(site);
}

/* Before anything is asked, or else the page would fail in another way. */
static void what_an_address_cannot_say_is_refused(void **state)
{
    (void)state;
    struct jk_site *site = opened();
    static const struct {
        const char *path, *query, *told;
        int status;
    } cases[] = {
        {"/log", "lang=en&before=101", "<code>101</code>", 400},
        {"/log", "before=%3Cb%3E", "&lt;b&gt;", 400},
        {"/bases/a/b", "lang=en&month=2026-13", "<code>2026-13</code></dd>\n<dt>Allowed</dt><dd>a month as 2026-08<",
         400},
        {"/bases/a/b", "lang=ko&order=up", "다음 중 하나: <code>newest, oldest</code>", 400},
        {"/bases/a/b", "relation=merge&relation=adapter", "<code>adapter</code>", 400},
        {"/bases/a/b", "order=%f", "<code>%f</code>", 400},
        {"/bases/a/b", "order=%ff", "<code>order</code>", 400},
        {"/publishers/x", "lang=en&lang=ko", "<code>lang</code>", 400},
        {"/publishers/x", "lang=en&lang=en&order=up&after=&%zz", "", 404},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct made made = make_asked(site, cases[i].path, cases[i].query, JK_NOT_FOUND, "");
        assert_int_equal(made.status, cases[i].status);
        if (!strstr(made.text, cases[i].told)) fail_msg("%s is not told of %s", cases[i].told, cases[i].query);
        assert_string_equal(made.etag, "");
        free(made.text);
    }
    jk_site_close(site);
}

static void what_a_reader_has_is_not_made_again(void **state)
{
    (void)state;
    struct jk_site *site = opened();
    struct made made = make(site, "/publishers/x", JK_OK, ""),
                again = make(site, "/publishers/x", JK_UNAVAILABLE, made.etag);
    assert_int_equal(again.status, 304);
    assert_string_equal(again.text, "");
    free(made.text);
    free(again.text);
    jk_site_close(site);
}

static void assets_lie_below_the_build(void **state)
{
    (void)state;
    struct jk_site *site = opened();
    struct jk_site_asset asset;
    char path[64];
    (void)snprintf(path, sizeof path, "%s/site.css", site->assets_path);
    assert_true(jk_site_asset(site, jk_span_of(path), &asset));
    assert_string_equal(asset.type, "text/css; charset=utf-8");
    assert_false(jk_site_asset(site, JK_SPAN("/assets/0000000000000000/site.css"), &asset));
    assert_false(jk_site_asset(site, jk_span_of(site->assets_path), &asset));
    (void)snprintf(path, sizeof path, "%s/", site->assets_path);
    assert_false(jk_site_asset(site, jk_span_of(path), &asset));
    jk_site_close(site);
}

static const char *grown(const struct jk_shown *growth, const char *key)
{
    const struct jk_shown *found = jk_shown_find(growth, jk_span_of(key));
    assert_non_null(found);
    return jk_to_string(found->arena, found->text);
}

static size_t grown_rows(const struct jk_shown *growth, const char *key)
{
    size_t rows = 0;
    for (const struct jk_shown *row = jk_shown_find(growth, jk_span_of(key))->first; row; row = row->next)
        rows++;
    return rows;
}

static void growth_is_drawn_from_the_newest_months(void **state)
{
    (void)state;
    static char *const months[] = {"2026-03", "2022-01", "2026-01", "2022-04", "2026-02"};
    static const int64_t counts[] = {6, 10, 4, 1, 0};
    Jokbo__V1__CountGroup groups[5], *pointers[5];
    Jokbo__V1__DerivativeCount count = JOKBO__V1__DERIVATIVE_COUNT__INIT;
    struct jk_web_page page = {.site = NULL};
    jk_arena_init(&page.arena, 1 << 20);
    page.view = jk_shown_root(&page.arena);
    jk_web_page_growth(&page, &count);
    assert_null(jk_shown_find(page.view, JK_SPAN("growth")));
    for (size_t i = 0; i < 5; i++) {
        groups[i] = (Jokbo__V1__CountGroup)JOKBO__V1__COUNT_GROUP__INIT;
        groups[i].grouping = JOKBO__V1__GROUPING__GROUPING_MONTH;
        groups[i].key = months[i];
        groups[i].count = counts[i];
        pointers[i] = &groups[i];
    }
    count.groups = pointers;
    count.n_groups = 5;
    jk_web_page_growth(&page, &count);
    const struct jk_shown *growth = jk_shown_find(page.view, JK_SPAN("growth"));
    assert_non_null(growth);
    assert_string_equal(grown(growth, "first"), "2022-04");
    assert_string_equal(grown(growth, "last"), "2026-03");
    assert_string_equal(grown(growth, "before"), "10");
    assert_string_equal(grown(growth, "sum"), "21");
    assert_string_equal(grown(growth, "most"), "6");
    assert_string_equal(grown(growth, "units"), "48");
    assert_int_equal(grown_rows(growth, "bars"), 3);
    assert_int_equal(grown_rows(growth, "labels"), 4);
    const char *line = grown(growth, "line"), *area = grown(growth, "area");
    assert_true(strncmp(line, "M0 52.4L1 47.7L2 47.7", strlen("M0 52.4L1 47.7L2 47.7")) == 0);
    assert_non_null(strstr(line, "L45 47.7L46 28.6L47 28.6L48 0.0"));
    assert_int_equal(strncmp(line, area, strlen(line)), 0);
    assert_string_equal(area + strlen(line), "V100H0Z");
    jk_arena_done(&page.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_compile_in_both_languages),
        cmocka_unit_test(words_can_stand_in_markup),
        cmocka_unit_test(every_value_of_an_enum_has_words),
        cmocka_unit_test(nothing_that_a_method_says_breaks_out),
        cmocka_unit_test(failures_become_pages),
        cmocka_unit_test(what_an_address_cannot_say_is_refused),
        cmocka_unit_test(what_a_reader_has_is_not_made_again),
        cmocka_unit_test(assets_lie_below_the_build),
        cmocka_unit_test(growth_is_drawn_from_the_newest_months),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
