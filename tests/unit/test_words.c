/* The table of the site's words, and which language a reader gets. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "web/words.h"

static void a_table_is_read(void **state)
{
    (void)state;
    struct jk_words words;
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_words_parse(JK_SPAN("# head\n\na\tone\t하나\na.b\ttwo\t둘\nb\tthree\t셋"), &words, &error),
                     JK_OK);
    assert_int_equal(words.count, 3);
    assert_null(jk_words_find(&words, JK_SPAN("a.")));
    assert_null(jk_words_find(&words, JK_SPAN("z")));
    const struct jk_word *word = jk_words_find(&words, JK_SPAN("a.b"));
    assert_non_null(word);
    assert_true(jk_span_equal(word->text[JK_ENGLISH], JK_SPAN("two")));
    assert_true(jk_span_equal(word->text[JK_KOREAN], JK_SPAN("둘")));
    jk_words_done(&words);
}

static void a_wrong_line_is_named(void **state)
{
    (void)state;
    static const char *const wrong[] = {"a\tone",          "a\tone\t",         "a\t\t하나",        "\tone\t하나",
                                        "a\tone\t하나\tx", "b\t1\t1\na\t1\t1", "a\t1\t1\na\t1\t1", "a"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct jk_words words;
        struct jk_error error;
        jk_error_init(&error, NULL);
        assert_int_equal(jk_words_parse(jk_span_of(wrong[i]), &words, &error), JK_INTERNAL);
        assert_non_null(strstr(error.message, strchr(wrong[i], '\n') ? "line 2" : "line 1"));
    }
}

static void reader_gets(enum jk_language language, const char *asked, const char *accepted)
{
    if (jk_language_for(jk_span_of(asked), jk_span_of(accepted)) != language)
        fail_msg("\"%s\" with \"%s\" is not %s", asked, accepted, jk_language_tag(language));
}

static void readers_get_their_language(void **state)
{
    (void)state;
    reader_gets(JK_KOREAN, "", "");
    reader_gets(JK_ENGLISH, "en", "ko");
    reader_gets(JK_KOREAN, "ko", "en");
    reader_gets(JK_ENGLISH, "fr", "en");
    reader_gets(JK_KOREAN, "english", "");
    reader_gets(JK_ENGLISH, "", "en-US,en;q=0.9");
    reader_gets(JK_KOREAN, "", "ko-KR, ko;q=0.9, en;q=0.8");
    reader_gets(JK_KOREAN, "", "en;q=0.8, ko;q=0.9");
    reader_gets(JK_ENGLISH, "", "fr, de;q=0.9, EN;q=0.1");
    reader_gets(JK_KOREAN, "", "de");
    reader_gets(JK_KOREAN, "", "en;q=0");
    reader_gets(JK_KOREAN, "", "en;q=0.");
    reader_gets(JK_KOREAN, "", "en;q=x, ;;,");
    reader_gets(JK_ENGLISH, "", "en;q=1.0, ko;q=0.999");
    reader_gets(JK_ENGLISH, "", "en, ko");
    reader_gets(JK_ENGLISH, "", "en-US;q=0, en;q=0.5");
    reader_gets(JK_ENGLISH, "", "en;level=1;q=0.5");
    reader_gets(JK_KOREAN, "", "en;level=1;q=0, fr");
    reader_gets(JK_KOREAN, "", "*");
    reader_gets(JK_KOREAN, "", "en;q=0.1, *;q=0.5");
    reader_gets(JK_KOREAN, "", "en;q=0, *");
    reader_gets(JK_ENGLISH, "", "ko;q=0, *");
    reader_gets(JK_ENGLISH, "", "ko;q=0.1, *;q=0.5");
    reader_gets(JK_ENGLISH, "", "ko;q=0");
    reader_gets(JK_KOREAN, "", "ko;q=0, *;q=0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_table_is_read), cmocka_unit_test(a_wrong_line_is_named),
                                       cmocka_unit_test(readers_get_their_language)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
