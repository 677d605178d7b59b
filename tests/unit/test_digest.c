/* Is it SHA-256, in one piece and in parts, in several threads at once, and is its text one way to write it? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>

#include <cmocka.h>

#include "base/digest.h"

#define EMPTY          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define TWO_BLOCKS     "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
#define TWO_BLOCKS_HEX "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
#define MILLION_A      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static void assert_digest(struct jk_digest digest, const char *expected)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&digest, hex);
    assert_string_equal(hex, expected);
}

/* FIPS 180-4's examples. */
static void known_digests(void **state)
{
    (void)state;
    assert_digest(jk_digest_of((struct jk_span){NULL, 0}), EMPTY);
    assert_digest(jk_digest_of(JK_SPAN("abc")), ABC);
    assert_digest(jk_digest_of(JK_SPAN(TWO_BLOCKS)), TWO_BLOCKS_HEX);
}

static void parts_are_one_after_another(void **state)
{
    (void)state;
    const struct jk_span parts[] = {JK_SPAN("a"), {NULL, 0}, JK_SPAN("bc")};
    assert_digest(jk_digest_parts(parts, 3), ABC);
    assert_digest(jk_digest_parts(NULL, 0), EMPTY);
}

static void a_running_hash_is_reusable_and_alone(void **state)
{
    (void)state;
    struct jk_sha256 *hash = jk_sha256_new();
    struct jk_digest digest;
    char a[1000];
    memset(a, 'a', sizeof a);
    assert_non_null(hash);
    for (int round = 0; round < 2; round++) {
        jk_sha256_begin(hash);
        for (int i = 0; i < 1000; i++) {
            jk_sha256_add(hash, a, sizeof a);
            (void)jk_digest_of(JK_SPAN("another context")); /* does not disturb it */
        }
        jk_sha256_end(hash, &digest);
        assert_digest(digest, MILLION_A);
    }
    jk_sha256_begin(hash);
    jk_sha256_add(hash, "dropped", 7);
    jk_sha256_begin(hash);
    jk_sha256_end(hash, &digest);
    assert_digest(digest, EMPTY);
    jk_sha256_free(hash);
    jk_sha256_free(NULL);
}

static void *hash_many(void *argument)
{
    struct jk_digest *digest = argument;
    *digest = jk_digest_of(JK_SPAN("start"));
    for (int i = 0; i < 10000; i++)
        *digest = jk_digest_of((struct jk_span){(const char *)digest->bytes, JK_DIGEST_SIZE});
    return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    enum { COUNT = 4 };
    pthread_t threads[COUNT];
    struct jk_digest digests[COUNT], expected;
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_many, &digests[i]), 0);
    hash_many(&expected);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < COUNT; i++)
        assert_true(jk_digest_equal(&digests[i], &expected));
}

static void digests_compare_by_bytes(void **state)
{
    (void)state;
    struct jk_digest a = {{0}}, b = {{0}};
    assert_true(jk_digest_is_zero(&a));
    assert_true(jk_digest_equal(&a, &b));
    assert_int_equal(jk_digest_compare(&a, &b), 0);
    b.bytes[31] = 0x80;
    assert_false(jk_digest_is_zero(&b));
    assert_false(jk_digest_equal(&a, &b));
    assert_int_equal(jk_digest_compare(&a, &b), -1);
    a.bytes[0] = 1;
    assert_int_equal(jk_digest_compare(&a, &b), 1);
}

static void only_64_lower_case_digits_parse(void **state)
{
    (void)state;
    struct jk_digest digest, untouched = {{1, 2, 3}};
    assert_true(jk_digest_parse(JK_SPAN(ABC), &digest));
    assert_digest(digest, ABC);
    digest = untouched;
    assert_false(jk_digest_parse(JK_SPAN(ABC "0"), &digest));
    assert_false(jk_digest_parse(JK_SPAN(ABC "00"), &digest));
    assert_false(jk_digest_parse((struct jk_span){ABC, 63}, &digest));
    assert_false(jk_digest_parse((struct jk_span){ABC, 62}, &digest));
    assert_false(jk_digest_parse((struct jk_span){NULL, 0}, &digest));
    char upper[] = ABC;
    upper[0] = 'B';
    assert_false(jk_digest_parse(jk_span_of(upper), &digest));
    assert_true(jk_digest_equal(&digest, &untouched));
}

static void secrets_and_random_bytes(void **state)
{
    (void)state;
    unsigned char a[32] = {0}, b[32] = {0};
    assert_true(jk_bytes_equal_secret("abc", "abc", 3));
    assert_false(jk_bytes_equal_secret("abc", "abd", 3));
    assert_true(jk_bytes_equal_secret(NULL, NULL, 0));
    jk_random_bytes(a, sizeof a);
    jk_random_bytes(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    jk_random_bytes(NULL, 0);
}

static int setup(void **state)
{
    (void)state;
    jk_digest_setup();
    jk_digest_setup();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_digests),
        cmocka_unit_test(parts_are_one_after_another),
        cmocka_unit_test(a_running_hash_is_reusable_and_alone),
        cmocka_unit_test(threads_do_not_disturb_each_other),
        cmocka_unit_test(digests_compare_by_bytes),
        cmocka_unit_test(only_64_lower_case_digits_parse),
        cmocka_unit_test(secrets_and_random_bytes),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
