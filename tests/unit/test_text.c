/* Does the builder remember its failure, and are the encodings strict and the same both ways? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/defer.h"
#include "base/text.h"

#define S(text) jk_span_of(text)
#define TEXT    JK_CLEANUP(jk_text_done) struct jk_text

static void the_builder_grows(void **state)
{
    (void)state;
    TEXT text;
    jk_text_init(&text, 0);
    assert_string_equal(jk_text_span(&text).at, "");
    for (int i = 0; i < 1000; i++)
        jk_text_addf(&text, "%03d,", i);
    assert_int_equal(text.len, 4000);
    assert_memory_equal(text.bytes + 3996, "999,", 5);
    jk_text_clear(&text);
    jk_text_add_char(&text, 'a');
    jk_text_add_str(&text, "bc");
    jk_text_add(&text, (struct jk_span){NULL, 0});
    assert_string_equal(text.bytes, "abc");
}

static void one_past_the_limit_fails_and_sticks(void **state)
{
    (void)state;
    TEXT text;
    jk_text_init(&text, 5);
    jk_text_add_str(&text, "12345");
    assert_false(text.failed);
    jk_text_add_char(&text, '6');
    assert_true(text.failed);
    assert_string_equal(text.bytes, "12345");
    jk_text_add_str(&text, "");
    assert_null(jk_text_take(&text));
    jk_text_clear(&text);
    assert_false(text.failed);
    jk_text_addf(&text, "%d", 123456);
    assert_true(text.failed);
    assert_string_equal(text.bytes, "");
    jk_text_clear(&text);
    jk_text_add_str(&text, "ok");
    assert_string_equal(text.bytes, "ok");
}

static void numbers(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    (void)state;
    jk_text_init(&text, 24);
    jk_text_add_u64(&text, 0);
    jk_text_add_u64(&text, 9);
    jk_text_add_u64(&text, 10);
    jk_text_add_u64(&text, UINT64_MAX);
    assert_string_equal(text.bytes, "091018446744073709551615");
    jk_text_add_u64(&text, 1);
    assert_true(text.failed);
}

static void formats_of_any_length(void **state)
{
    (void)state;
    for (int width = 60; width < 70; width++) {
        TEXT text;
        jk_text_init(&text, 0);
        jk_text_addf(&text, "%*d", width, 7);
        assert_int_equal(text.len, width);
        assert_int_equal(strlen(text.bytes), width);
        assert_int_equal(text.bytes[width - 1], '7');
    }
}

static void take_hands_over(void **state)
{
    (void)state;
    TEXT text;
    jk_text_init(&text, 0);
    jk_text_add_str(&text, "mine");
    char *taken = jk_text_take(&text);
    assert_string_equal(taken, "mine");
    assert_int_equal(text.len, 0);
    free(taken);
    taken = jk_text_take(&text);
    assert_string_equal(taken, "");
    free(taken);
}

static void utf8_is_checked_strictly(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "plain ASCII that is longer than eight",
                                       "족보",
                                       "\xF4\x8F\xBF\xBF",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xC2\x80",
                                       "\xE0\xA0\x80",
                                       "\xF0\x90\x80\x80",
                                       "1234567족"};
    static const char *const bad[] = {"\x80",
                                      "12345678\xFF",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xED\xBF\xBF",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xEC\xA1",
                                      "\xEC\xA1x",
                                      "\xC2",
                                      "a\xF0\x9F\x98",
                                      "\xFE"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(jk_utf8_valid(S(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(jk_utf8_valid(S(bad[i])));
    assert_false(jk_utf8_valid(JK_SPAN("a\0b")));
    assert_false(jk_utf8_valid(JK_SPAN("abcdefg\0")));
    assert_false(jk_utf8_valid(JK_SPAN("abcdefgh\0ijklmno")));
}

static void next_gives_code_points(void **state)
{
    (void)state;
    struct jk_span rest = S("aé족\xF0\x9F\x98\x80\xFF");
    static const uint32_t expected[] = {'a', 0xE9, 0xC871, 0x1F600};
    uint32_t code = 0;
    for (size_t i = 0; i < 4; i++) {
        assert_true(jk_utf8_next(&rest, &code));
        assert_int_equal(code, expected[i]);
    }
    assert_false(jk_utf8_next(&rest, &code));
    assert_int_equal(rest.len, 1);
}

static void cut_leaves_characters_whole(void **state)
{
    (void)state;
    struct jk_span text = S("a족보"); /* 1 + 3 + 3 bytes */
    static const size_t expected[] = {0, 1, 1, 1, 4, 4, 4, 7, 7};
    for (size_t most = 0; most < 9; most++)
        assert_int_equal(jk_utf8_cut(text, most).len, expected[most]);
    assert_int_equal(jk_utf8_cut(S("\x80\x80\x80\x80\x80\x80"), 5).len, 5);
    assert_int_equal(jk_utf8_cut(S("\xF0\x9F\x98\x80"), 3).len, 0);
}

static void wide_characters_take_two_columns(void **state)
{
    (void)state;
    assert_int_equal(jk_utf8_columns(S("abc")), 3);
    assert_int_equal(jk_utf8_columns(S("족보")), 4);
    assert_int_equal(jk_utf8_columns(S("ㄱ。Ａ")), 6);
    assert_int_equal(jk_utf8_columns(S("é—…")), 3);
    assert_int_equal(jk_utf8_columns(S("e\xCC\x81")), 1);
    assert_int_equal(jk_utf8_columns(S("\xE1\x84\x8C\xE1\x85\xA9\xE1\x86\xA8")), 2); /* 족 in Jamo */
    assert_int_equal(jk_utf8_columns(S("\xF0\x9F\x98\x80")), 2);
    assert_int_equal(jk_utf8_columns(S("a\xFF\x1B")), 2);
    assert_int_equal(jk_utf8_columns(S("\xE1\x84\x80\xE1\x85\x9F\xED\x9E\xA3")), 6); /* edges of ranges */
}

static void percent_encoding_escapes_what_it_must(void **state)
{
    (void)state;
    TEXT text;
    jk_text_init(&text, 0);
    jk_percent_encode(&text, JK_SPAN("a b%c\n\x7F\0/@족"), NULL, false);
    assert_string_equal(text.bytes, "a%20b%25c%0A%7F%00/@족");
    jk_text_clear(&text);
    jk_percent_encode(&text, S("a/b@족"), "/@", true);
    assert_string_equal(text.bytes, "a%2Fb%40%EC%A1%B1");
    jk_text_clear(&text);
    jk_percent_encode(&text, S("plain"), "", true);
    assert_string_equal(text.bytes, "plain");
}

static void percent_decoding_undoes_it(void **state)
{
    (void)state;
    TEXT text;
    TEXT again;
    char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    jk_text_init(&text, 0);
    jk_text_init(&again, 0);
    jk_percent_encode(&text, (struct jk_span){all, 256}, "/?#", true);
    assert_true(jk_percent_decode(&again, jk_text_span(&text)));
    assert_int_equal(again.len, 256);
    assert_memory_equal(again.bytes, all, 256);
    jk_text_clear(&again);
    assert_true(jk_percent_decode(&again, S("%2f+%2F")));
    assert_string_equal(again.bytes, "/+/");
    static const char *const bad[] = {"%", "a%2", "%G0", "%0g", "%%20", "%-1", "ok%2fthen%"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(jk_percent_decode(&again, S(bad[i])));
    assert_string_equal(again.bytes, "/+/");
}

static void hex_is_lower_case_and_exact(void **state)
{
    (void)state;
    static const unsigned char bytes[] = {0x00, 0x9a, 0xff};
    unsigned char back[3] = {1, 2, 3};
    char hex[6];
    jk_hex_encode(bytes, 3, hex);
    assert_memory_equal(hex, "009aff", 6);
    static const char *const bad[] = {"009aF0", "009af", "009aff0", "009aff00", "009ag0", "", "009a/0", "009a:0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(jk_hex_decode(S(bad[i]), back, 3));
    assert_memory_equal(back, "\1\2\3", 3);
    assert_true(jk_hex_decode(S("009aff"), back, 3));
    assert_memory_equal(back, bytes, 3);
    assert_true(jk_hex_decode(S(""), back, 0));
}

/* Every byte in every place of a digest: digits are read eight at a time, and each must count. */
static void hex_knows_each_byte_in_each_place(void **state)
{
    (void)state;
    static const char digits[] = "0123456789abcdef";
    char hex[70];
    unsigned char back[35];
    for (size_t place = 0; place < sizeof hex; place++)
        for (int byte = 0; byte < 256; byte++) {
            memset(hex, '7', sizeof hex);
            hex[place] = (char)byte;
            const char *digit = byte ? strchr(digits, byte) : NULL;
            assert_int_equal(jk_hex_decode((struct jk_span){hex, sizeof hex}, back, sizeof back), digit != NULL);
            if (!digit) continue;
            int value = (int)(digit - digits);
            assert_int_equal(back[place / 2], place % 2 ? 0x70 | value : value << 4 | 7);
            assert_int_equal(back[(place / 2 + 1) % sizeof back], 0x77);
        }
}

/* RFC 4648, section 10. */
static const char *const base64_vectors[][2] = {{"", ""},
                                                {"f", "Zg=="},
                                                {"fo", "Zm8="},
                                                {"foo", "Zm9v"},
                                                {"foob", "Zm9vYg=="},
                                                {"fooba", "Zm9vYmE="},
                                                {"foobar", "Zm9vYmFy"},
                                                {"\xFB\xFF\xFE", "+//+"}};

static void base64_follows_the_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof base64_vectors / sizeof base64_vectors[0]; i++) {
        const char *plain = base64_vectors[i][0], *coded = base64_vectors[i][1];
        TEXT text;
        unsigned char back[8];
        size_t len = 99;
        jk_text_init(&text, 0);
        jk_base64_encode(&text, (const unsigned char *)plain, strlen(plain));
        assert_string_equal(text.bytes, coded);
        assert_true(jk_base64_decode(S(coded), back, strlen(plain), &len));
        assert_int_equal(len, strlen(plain));
        assert_memory_equal(back, plain, len);
        if (len > 0) assert_false(jk_base64_decode(S(coded), back, len - 1, &len));
    }
}

static void base64_refuses_every_other_spelling(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "Zg",   "Zg=",  "Zg===",    "Z===", "====", "=",    "Zh==", "Zm9=",     "Zm9v\n", " Zm9v",
        "Zm-v", "Zm_v", "Zg==Zg==", "Zm=v", "A===", "Zm+=", "Zo==", "Zm9vY===", "Zm9\x80"};
    unsigned char back[16] = "untouched";
    size_t len = 7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(jk_base64_decode(S(bad[i]), back, sizeof back, &len));
    assert_false(jk_base64_decode(JK_SPAN("Zm9\0"), back, sizeof back, &len));
    assert_string_equal((char *)back, "untouched");
    assert_int_equal(len, 7);
}

static void base64_of_many_bytes(void **state)
{
    (void)state;
    unsigned char bytes[1000], back[1000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7);
    for (size_t len = 180; len < 200; len++) {
        TEXT text;
        size_t back_len = 0;
        jk_text_init(&text, 0);
        jk_base64_encode(&text, bytes, len);
        assert_int_equal(text.len, (len + 2) / 3 * 4);
        assert_true(jk_base64_decode(jk_text_span(&text), back, sizeof back, &back_len));
        assert_int_equal(back_len, len);
        assert_memory_equal(back, bytes, len);
    }
}

static void repeat(char *out, const char *unit, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memcpy(out + i * strlen(unit), unit, strlen(unit) + 1);
}

static void shortened_values_have_sixty_columns(void **state)
{
    (void)state;
    char value[512], expected[512], out[512];
    repeat(value, "a", 60);
    jk_text_shorten(S(value), out, sizeof out);
    assert_string_equal(out, value);
    repeat(value, "a", 61);
    repeat(expected, "a", 59);
    strcat(expected, "…");
    jk_text_shorten(S(value), out, sizeof out);
    assert_string_equal(out, expected);
    repeat(value, "족", 30);
    jk_text_shorten(S(value), out, sizeof out);
    assert_string_equal(out, value);
    repeat(value, "족", 31);
    repeat(expected, "족", 29);
    strcat(expected, "…");
    jk_text_shorten(S(value), out, sizeof out);
    assert_string_equal(out, expected);
}

static void shortened_values_are_harmless(void **state)
{
    (void)state;
    char out[64];
    jk_text_shorten(JK_SPAN("a\n\x1B[0m\0\xFF족\xEC"), out, sizeof out);
    assert_string_equal(out, "a\\x0a\\x1b[0m\\x00\\xff족\\xec");
    jk_text_shorten(S("x\xE2\x80\xAEy"), out, sizeof out); /* right-to-left override */
    assert_string_equal(out, "x\\xe2\\x80\\xaey");
    jk_text_shorten((struct jk_span){NULL, 0}, out, sizeof out);
    assert_string_equal(out, "");
}

static void shortened_values_keep_to_the_room(void **state)
{
    (void)state;
    char out[32];
    for (size_t room = 1; room < sizeof out; room++) {
        memset(out, '#', sizeof out);
        jk_text_shorten(S("족보\n족보족보족보족보족보"), out, room);
        assert_true(strlen(out) < room);
        assert_int_equal(out[room], '#');
        assert_true(jk_utf8_valid(S(out)));
    }
    jk_text_shorten(S("abcdef"), out, 7);
    assert_string_equal(out, "abcdef");
    jk_text_shorten(S("abcdef"), out, 6);
    assert_string_equal(out, "ab…");
    out[0] = '#';
    jk_text_shorten(S("abcdef"), out, 0);
    assert_int_equal(out[0], '#');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_builder_grows),
        cmocka_unit_test(one_past_the_limit_fails_and_sticks),
        cmocka_unit_test(numbers),
        cmocka_unit_test(formats_of_any_length),
        cmocka_unit_test(take_hands_over),
        cmocka_unit_test(utf8_is_checked_strictly),
        cmocka_unit_test(next_gives_code_points),
        cmocka_unit_test(cut_leaves_characters_whole),
        cmocka_unit_test(wide_characters_take_two_columns),
        cmocka_unit_test(percent_encoding_escapes_what_it_must),
        cmocka_unit_test(percent_decoding_undoes_it),
        cmocka_unit_test(hex_is_lower_case_and_exact),
        cmocka_unit_test(hex_knows_each_byte_in_each_place),
        cmocka_unit_test(base64_follows_the_vectors),
        cmocka_unit_test(base64_refuses_every_other_spelling),
        cmocka_unit_test(base64_of_many_bytes),
        cmocka_unit_test(shortened_values_have_sixty_columns),
        cmocka_unit_test(shortened_values_are_harmless),
        cmocka_unit_test(shortened_values_keep_to_the_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
