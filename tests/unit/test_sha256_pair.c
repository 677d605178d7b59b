/* Two streams of SHA-256 at once against one at a time by OpenSSL: every length around a block's end, and streams that
 * begin at different places of the same bytes. */
#include "support/golden.h"

#include <stdlib.h>

#include "base/sha256_pair.h"

#define LEN 700

static unsigned char bytes[LEN];

static void is_digest_of(const struct jk_digest *digest, const unsigned char *at, size_t len)
{
    struct jk_digest wanted = jk_digest_of((struct jk_span){(const char *)at, len});
    if (!jk_digest_equal(digest, &wanted)) fail_msg("wrong digest of %zu bytes", len);
}

static void each_alone(void **state)
{
    (void)state;
    struct jk_digest digest;
    struct jk_sha256_pair *pair = jk_sha256_pair_new();
    for (size_t len = 0; len <= 300; len++)
        for (int which = 0; which < 2; which++) {
            jk_sha256_pair_begin(pair, which);
            for (size_t at = 0, part = 1; at < len; at += part, part = (part * 3 + 1) % 130 + 1)
                jk_sha256_pair_add(pair, which, bytes + at, part < len - at ? part : len - at);
            jk_sha256_pair_end(pair, which, &digest);
            is_digest_of(&digest, bytes, len);
        }
    jk_sha256_pair_free(pair);
}

/* The second stream begins within the first and ends before it, as a tensor does within its file. */
static void one_within_the_other(void **state)
{
    (void)state;
    struct jk_digest digests[2];
    struct jk_sha256_pair *pair = jk_sha256_pair_new();
    for (size_t begin = 0; begin < 130; begin += 3)
        for (size_t end = begin; end <= LEN; end += 37) {
            jk_sha256_pair_begin(pair, 0);
            jk_sha256_pair_add(pair, 0, bytes, begin);
            jk_sha256_pair_begin(pair, 1);
            size_t half = begin + (end - begin) / 3;
            jk_sha256_pair_add_both(pair, bytes + begin, half - begin);
            jk_sha256_pair_add_both(pair, bytes + half, end - half);
            jk_sha256_pair_end(pair, 1, &digests[1]);
            jk_sha256_pair_add(pair, 0, bytes + end, LEN - end);
            jk_sha256_pair_end(pair, 0, &digests[0]);
            is_digest_of(&digests[0], bytes, LEN);
            is_digest_of(&digests[1], bytes + begin, end - begin);
        }
    jk_sha256_pair_free(pair);
}

static int setup(void **state)
{
    (void)state;
    jk_digest_setup();
    for (size_t i = 0; i < LEN; i++)
        bytes[i] = (unsigned char)(i * 37 + i / 251);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_alone), cmocka_unit_test(one_within_the_other)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
