/* From key to key: only the previous key's word, about exactly that next key, is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/defer.h"
#include "tlog/rotation.h"

#define ORIGIN "example.com/log"

static struct jk_signer *first, *second, *foreign;
static struct jk_text first_key, second_key, foreign_key, signature;

static int setup(void **state)
{
    (void)state;
    jk_digest_setup();
    first = jk_signer_new(JK_SPAN(ORIGIN), (const unsigned char[32]){1});
    second = jk_signer_new(JK_SPAN(ORIGIN), (const unsigned char[32]){2});
    foreign = jk_signer_new(JK_SPAN("example.com/other"), (const unsigned char[32]){2});
    jk_verifier_write(jk_signer_verifier(first), &first_key);
    jk_verifier_write(jk_signer_verifier(second), &second_key);
    jk_verifier_write(jk_signer_verifier(foreign), &foreign_key);
    assert_true(jk_rotation_sign(first, jk_signer_verifier(second), &signature));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    jk_signer_free(first);
    jk_signer_free(second);
    jk_signer_free(foreign);
    jk_text_done(&first_key);
    jk_text_done(&second_key);
    jk_text_done(&foreign_key);
    jk_text_done(&signature);
    return 0;
}

static bool verify(const struct jk_text *previous, const struct jk_text *next)
{
    return jk_rotation_verify(jk_text_span(previous), jk_text_span(next), jk_text_span(&signature));
}

static void test_right(void **state)
{
    (void)state;
    assert_true(verify(&first_key, &second_key));
}

static void test_wrong(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text other = {0};

    (void)state;
    assert_false(verify(&second_key, &second_key));
    assert_false(verify(&first_key, &first_key));
    assert_false(verify(&first_key, &foreign_key));
    assert_false(jk_rotation_verify(JK_SPAN(""), jk_text_span(&second_key), jk_text_span(&signature)));
    assert_false(jk_rotation_verify(jk_text_span(&first_key), jk_text_span(&second_key), JK_SPAN("")));
    assert_true(jk_rotation_sign(first, jk_signer_verifier(foreign), &other));
    assert_false(jk_rotation_verify(jk_text_span(&first_key), jk_text_span(&foreign_key), jk_text_span(&other)));
}

/* What the specification says, made by hand. */
static void test_message(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text message = {0}, by_hand = {0};
    unsigned char bytes[JK_SIGNATURE_SIZE];

    (void)state;
    jk_text_addf(&message, "jokbo/key/v1\norigin " ORIGIN "\nkey %s\n", second_key.bytes);
    assert_true(jk_signer_sign(first, jk_text_span(&message), bytes));
    jk_base64_encode(&by_hand, bytes, sizeof(bytes));
    assert_string_equal(by_hand.bytes, signature.bytes);
}

static void test_flipped(void **state)
{
    (void)state;
    for (size_t i = 0; i < signature.len; i++) {
        signature.bytes[i] ^= 1;
        assert_false(verify(&first_key, &second_key));
        signature.bytes[i] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_flipped),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
