/* Key names and verifier keys of signed notes: what is one, what is none, and that each has one text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/defer.h"
#include "tlog/note.h"

static int setup(void **state)
{
    (void)state;
    jk_digest_setup();
    return 0;
}

static void test_names(void **state)
{
    (void)state;
    static const char *const good[] = {"n",  "example.com/log", "PeterNeumann", "족보.example", "a\xc2\xa9z", "-",
                                       "=/,"};
    static const char *const bad[] = {"",
                                      " ",
                                      "+",
                                      "a b",
                                      "a+b",
                                      "a\tb",
                                      "a\nb",
                                      "a\x7f",
                                      "\x01",
                                      "\xff",
                                      "a\xc2\x85",
                                      "a\xc2\x80",
                                      "\xc2\xa0",
                                      "\xe1\x9a\x80",
                                      "\xe2\x80\x80",
                                      "\xe2\x80\x8a",
                                      "\xe2\x80\xa8",
                                      "\xe2\x80\xa9",
                                      "\xe2\x80\xaf",
                                      "\xe2\x81\x9f",
                                      "\xe3\x80\x80"};
    char longest[JK_ORIGIN_MAX + 1];
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(jk_note_name_valid(jk_span_of(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        static const unsigned char seed[32] = {1};
        assert_false(jk_note_name_valid(jk_span_of(bad[i])));
        assert_null(jk_signer_new(jk_span_of(bad[i]), seed));
    }
    assert_false(jk_note_name_valid((struct jk_span){"a\0b", 3}));
    memset(longest, 'n', sizeof(longest));
    assert_true(jk_note_name_valid((struct jk_span){longest, JK_ORIGIN_MAX}));
    assert_false(jk_note_name_valid((struct jk_span){longest, JK_ORIGIN_MAX + 1}));
}

static void test_verifier_text(void **state)
{
    (void)state;
    JK_CLEANUP(jk_text_done) struct jk_text text = {0};
    static const char want[] = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
    struct jk_verifier key, parsed;
    assert_true(jk_verifier_parse(JK_SPAN(want), &key));
    jk_verifier_write(&key, &text);
    assert_string_equal(text.bytes, want);
    assert_true(jk_verifier_parse(jk_text_span(&text), &parsed));
    assert_string_equal(parsed.name, "example.com/log/testdata");
    assert_int_equal(parsed.key_id, 0x33d7b496);
    assert_memory_equal(parsed.public_key, key.public_key, 32);
}

static void test_malformed_verifiers(void **state)
{
    (void)state;
#define KEY "AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
    static const char *const texts[] = {
        "",
        "example.com/log/testdata",
        "example.com/log/testdata+33d7b496",
        "example.com/log/testdata+33d7b496+",
        "+33d7b496+" KEY,
        "example.com/log/testdatb+33d7b496+" KEY, /* key id of another name */
        "example.com/log/testdata+33d7b497+" KEY,
        "example.com/log/testdata+33D7B496+" KEY,
        "example.com/log/testdata+033d7b496+" KEY,
        "example.com/log/testdata+3d7b496+" KEY,
        "example.com/log/testdata+33d7b496+" KEY "\n",
        "example.com/log/testdata+33d7b496+" KEY "AAAA",
        "example.com/log/testdata+33d7b496+BeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx",
        "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSy",
        "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkQ=",
        "example com/log/testdata+33d7b496+" KEY,
    };
    struct jk_verifier verifier, before;
    memset(&verifier, 0x5a, sizeof(verifier));
    before = verifier;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (jk_verifier_parse(jk_span_of(texts[i]), &verifier)) fail_msg("accepted \"%s\"", texts[i]);
    }
    assert_memory_equal(&verifier, &before, sizeof(verifier));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_verifier_text),
        cmocka_unit_test(test_malformed_verifiers),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
