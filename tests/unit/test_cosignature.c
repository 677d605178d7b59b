/* Cosignatures: the published vector, and every way in which one can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/defer.h"
#include "support/cosigner.h"
#include "support/vectors.h"
#include "tlog/cosignature.h"

#define KEY  "witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define TIME 1679315147

static struct jk_span file, body, vector_line;
static struct jk_cosigner cosigner;
static struct jk_signer *signer;

static struct jk_span line_from(const char *start)
{
    const char *at = memmem(file.at, file.len, start, strlen(start));
    assert_non_null(at);
    return (struct jk_span){at, (size_t)((char *)memchr(at, '\n', (size_t)(file.at + file.len - at)) - at) + 1};
}

static int setup(void **state)
{
    unsigned char seed[32];

    (void)state;
    jk_digest_setup();
    for (int i = 0; i < 32; i++)
        seed[i] = (unsigned char)i;
    file = vectors_read("notes.txt");
    body = line_from("example.com/log/testdata\n");
    for (int i = 0; i < 2; i++)
        body.len += (size_t)((char *)memchr(body.at + body.len, '\n', 200) - (body.at + body.len)) + 1;
    vector_line = line_from("\xe2\x80\x94 witness.example/w1 ");
    signer = jk_signer_new(JK_SPAN("witness.example/w1"), seed);
    return jk_cosigner_parse(JK_SPAN(KEY), &cosigner) && signer ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    jk_signer_free(signer);
    free((char *)file.at);
    return 0;
}

/* NULL when it verifies, else the reason. */
static const char *verify(struct jk_span lines, struct jk_cosignature *out)
{
    struct jk_cosignature found = {.time_s = 7};
    struct jk_error error;

    jk_error_init(&error, NULL);
    if (jk_cosignature_verify(body, lines, &cosigner, &found, &error) == JK_OK) {
        if (out) *out = found;
        return NULL;
    }
    assert_int_equal(error.status, JK_INVALID_ARGUMENT);
    assert_int_equal(found.time_s, 7);
    return error.reason;
}

static void make(uint64_t time_s, struct jk_text *out)
{
    struct jk_error error;

    jk_error_init(&error, NULL);
    assert_true(cosignature_make(signer, body, time_s, out));
}

static void test_vector(void **state)
{
    struct jk_cosignature found;

    (void)state;
    assert_null(verify(vector_line, &found));
    assert_int_equal(found.time_s, TIME);
    assert_true(jk_span_equal(found.line, vector_line));
}

static void test_vector_is_made(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text line = {0};

    (void)state;
    make(TIME, &line);
    assert_true(jk_span_equal(jk_text_span(&line), vector_line));
}

static void test_key(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text text = {0}, log_key = {0};
    struct jk_cosigner made = cosigner_of(signer), other;
    struct jk_verifier verifier;

    (void)state;
    cosigner_write(&made, &text);
    assert_string_equal(text.bytes, KEY);
    assert_false(jk_verifier_parse(jk_text_span(&text), &verifier)); /* no log's key */
    jk_verifier_write(jk_signer_verifier(signer), &log_key);
    assert_false(jk_cosigner_parse(jk_text_span(&log_key), &other)); /* and the other way round */
    assert_false(jk_cosigner_parse(JK_SPAN(KEY "="), &other));
    assert_false(jk_cosigner_parse(JK_SPAN(""), &other));
}

/* Each bit of the signature's bytes, of the time among them. */
static void test_flipped_bits(void **state)
{
    unsigned char blob[76];
    struct jk_span text = {vector_line.at + 23, vector_line.len - 24};
    size_t len;

    (void)state;
    assert_true(jk_base64_decode(text, blob, sizeof(blob), &len));
    assert_int_equal(len, sizeof(blob));
    for (size_t bit = 0; bit < 8 * len; bit += 3) {
        JK_CLEANUP(jk_text_done) struct jk_text line = {0};

        blob[bit / 8] ^= (unsigned char)(1 << bit % 8);
        jk_text_addf(&line, "\xe2\x80\x94 witness.example/w1 ");
        jk_base64_encode(&line, blob, len);
        jk_text_add_char(&line, '\n');
        /* another key id is another key */
        assert_string_equal(verify(jk_text_span(&line), NULL), bit < 32 ? "COSIGNATURE_ABSENT" : "COSIGNATURE_WRONG");
        blob[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

static void test_other_body(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text line = {0};
    struct jk_span whole = body;

    (void)state;
    make(TIME, &line);
    body.len--;
    assert_string_equal(verify(jk_text_span(&line), NULL), "COSIGNATURE_WRONG");
    body = whole;
}

static void test_times(void **state)
{
    static const uint64_t refused[] = {0, (uint64_t)INT64_MAX + 1, UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        JK_CLEANUP(jk_text_done) struct jk_text line = {0};
        make(refused[i], &line);
        assert_string_equal(verify(jk_text_span(&line), NULL), "COSIGNATURE_WRONG");
    }
    JK_CLEANUP(jk_text_done) struct jk_text last = {0};
    make(INT64_MAX, &last);
    assert_null(verify(jk_text_span(&last), NULL));
}

/* Of several the newest; lines of others are ignored; one wrong among right ones fails. */
static void test_several(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text lines = {0};
    struct jk_cosignature found;

    (void)state;
    jk_text_add_str(&lines, "\xe2\x80\x94 example.com/other AAAAAAAAAAAA\n");
    assert_string_equal(verify(jk_text_span(&lines), NULL), "COSIGNATURE_ABSENT");
    assert_string_equal(verify((struct jk_span){NULL, 0}, NULL), "COSIGNATURE_ABSENT");
    make(TIME + 1, &lines);
    jk_text_add(&lines, vector_line);
    assert_null(verify(jk_text_span(&lines), &found));
    assert_int_equal(found.time_s, TIME + 1);
    assert_null(verify(jk_text_span(&lines), NULL));
    make(0, &lines);
    assert_string_equal(verify(jk_text_span(&lines), NULL), "COSIGNATURE_WRONG");
}

static void test_cut_short(void **state)
{
    (void)state;
    assert_string_equal(verify((struct jk_span){vector_line.at, vector_line.len - 1}, NULL), "COSIGNATURE_WRONG");
    assert_string_equal(verify(JK_SPAN("\xe2\x80\x94 witness.example/w1 519lMgAAAABkGFDL\n"), NULL),
                        "COSIGNATURE_WRONG");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector),       cmocka_unit_test(test_vector_is_made), cmocka_unit_test(test_key),
        cmocka_unit_test(test_flipped_bits), cmocka_unit_test(test_other_body),     cmocka_unit_test(test_times),
        cmocka_unit_test(test_several),      cmocka_unit_test(test_cut_short),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
