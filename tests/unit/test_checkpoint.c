/* Checkpoint bodies: three lines, one way to write each, and nothing else is read. */
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

#define EMPTY_ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define ROOT       "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs="

static void test_checkpoint_round_trip(void **state)
{
    (void)state;
    static const char *const bodies[] = {"o\n0\n" EMPTY_ROOT "\n", "o\n1\n" ROOT "\n",
                                         "jokbo.example/log\n9223372036854775807\n" ROOT "\n"};
    for (size_t i = 0; i < 3; i++) {
        JK_CLEANUP(jk_text_done) struct jk_text body = {0};
        struct jk_checkpoint checkpoint;
        struct jk_error error;
        jk_error_init(&error, NULL);
        assert_int_equal(jk_checkpoint_parse(jk_span_of(bodies[i]), &checkpoint, &error), JK_OK);
        jk_checkpoint_write(&checkpoint, &body);
        assert_string_equal(body.bytes, bodies[i]);
    }
}

static void test_malformed_checkpoints(void **state)
{
    (void)state;
    static const char *const bodies[] = {"",
                                         "\n",
                                         "\n\n\n",
                                         "o\n",
                                         "o\n1\n",
                                         "o\n1\n" ROOT,
                                         "o\n1\n" ROOT "\n\n",
                                         "o\n1\n" ROOT "\nextension\n",
                                         "o\n1\n" ROOT "\nx",
                                         "\n1\n" ROOT "\n",
                                         "o o\n1\n" ROOT "\n",
                                         "o+\n1\n" ROOT "\n",
                                         "o\n\n" ROOT "\n",
                                         "o\n01\n" ROOT "\n",
                                         "o\n-1\n" ROOT "\n",
                                         "o\n+1\n" ROOT "\n",
                                         "o\n1 \n" ROOT "\n",
                                         "o\n1\r\n" ROOT "\n",
                                         "o\n0x1\n" ROOT "\n",
                                         "o\n9223372036854775808\n" ROOT "\n",
                                         "o\n18446744073709551616\n" ROOT "\n",
                                         "o\n1\n\n",
                                         "o\n1\n" ROOT " \n",
                                         "o\n1\n" ROOT "AAAA\n",
                                         "o\n1\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs\n",
                                         "o\n1\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383ct=\n",
                                         "o\n1\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v38\n",
                                         "o\n0\n" ROOT "\n"};
    struct jk_checkpoint checkpoint, before;
    memset(&checkpoint, 0x5a, sizeof(checkpoint));
    before = checkpoint;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct jk_error error;
        jk_error_init(&error, NULL);
        if (jk_checkpoint_parse(jk_span_of(bodies[i]), &checkpoint, &error) != JK_INVALID_ARGUMENT)
            fail_msg("accepted \"%s\"", bodies[i]);
        assert_string_equal(error.reason, "CHECKPOINT_MALFORMED");
    }
    assert_memory_equal(&checkpoint, &before, sizeof(checkpoint));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checkpoint_round_trip),
        cmocka_unit_test(test_malformed_checkpoints),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
