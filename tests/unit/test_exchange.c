/* What is sent to a witness, and what each of its answers means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/defer.h"
#include "support/cosigner.h"
#include "support/vectors.h"
#include "tlog/forest.h"
#include "witness/exchange.h"

#define ORIGIN "example.com/log"

static struct jk_signer *log_signer, *witness, *stranger;
static struct jk_cosigner cosigner;
static struct jk_text body, note;

static int setup(void **state)
{
    struct jk_checkpoint checkpoint = {.origin = JK_SPAN(ORIGIN), .size = 12};
    struct jk_error error;

    (void)state;
    jk_digest_setup();
    checkpoint.root = jk_merkle_leaf(JK_SPAN("x"));
    log_signer = jk_signer_new(JK_SPAN(ORIGIN), (const unsigned char[32]){1});
    witness = jk_signer_new(JK_SPAN("witness.example/w"), (const unsigned char[32]){2});
    stranger = jk_signer_new(JK_SPAN("witness.example/s"), (const unsigned char[32]){3});
    cosigner = cosigner_of(witness);
    jk_checkpoint_write(&checkpoint, &body);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_note_sign(log_signer, jk_text_span(&body), &note, &error), JK_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    jk_signer_free(log_signer);
    jk_signer_free(witness);
    jk_signer_free(stranger);
    jk_text_done(&body);
    jk_text_done(&note);
    return 0;
}

static void cosign(const struct jk_signer *signer, struct jk_span text, struct jk_text *out)
{
    struct jk_error error;

    jk_error_init(&error, NULL);
    assert_true(cosignature_make(signer, text, 1700000000, out));
}

static struct jk_witness_answer answer_of(int status, const char *type, struct jk_span text)
{
    struct jk_witness_answer answer;

    jk_witness_answer_read(status, type, text, jk_text_span(&note), &cosigner, &answer);
    return answer;
}

static void test_ask(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text first = {0}, grown = {0};
    struct jk_proof proof = {.count = 0};

    (void)state;
    jk_witness_ask(0, &proof, jk_text_span(&note), &first);
    assert_true(jk_span_starts(jk_text_span(&first), JK_SPAN("old 0\n\n" ORIGIN "\n12\n")));
    assert_true(jk_span_ends(jk_text_span(&first), jk_text_span(&note)));
    proof = (struct jk_proof){.count = 2, .hashes = {{{0}}, {{255}}}};
    jk_witness_ask(7, &proof, jk_text_span(&note), &grown);
    assert_true(jk_span_starts(jk_text_span(&grown), JK_SPAN("old 7\n"
                                                             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                                                             "/wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                                                             "\n" ORIGIN "\n")));
}

/* The published body for growing from 8 to 15, out of a tree of the published leaves; its checkpoint is another block.
 */
static void test_vector_ask(void **state)
{
    static const char words[] = "one two three four five six seven eit nain ten ileven twelf threeten fourten fivten";
    struct jk_span file = vectors_read("notes.txt"), leaves = jk_span_of(words), word, stated, rest;
    JK_CLEANUP(jk_text_done) struct jk_text request = {0}, wanted = {0};
    struct jk_forest *forest = jk_forest_new();
    struct jk_proof proof;

    (void)state;
    assert_true(forest && jk_forest_reserve(forest, 15));
    while (vectors_word(&leaves, &word)) {
        struct jk_digest leaf = jk_merkle_leaf(word);
        jk_forest_append(forest, &leaf);
    }
    assert_true(jk_merkle_consistency(jk_forest_read, forest, 8, 15, &proof));
    jk_witness_ask(8, &proof, vectors_block(file, 1), &request);
    rest = vectors_block(file, 7);
    for (int line = 0; line < 3; line++) { /* "old 8", the proof, the empty line; then words about the checkpoint */
        assert_true(jk_span_line(&rest, &stated));
        jk_text_add(&wanted, stated);
        jk_text_add_char(&wanted, '\n');
    }
    jk_text_add(&wanted, vectors_block(file, 1));
    assert_true(jk_span_equal(jk_text_span(&request), jk_text_span(&wanted)));
    jk_forest_free(forest);
    free((char *)file.at);
}

/* Among lines of other keys; only ours is handed on. */
static void test_cosigned(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text lines = {0}, own = {0};
    struct jk_witness_answer answer;

    (void)state;
    cosign(witness, jk_text_span(&body), &own);
    cosign(stranger, jk_text_span(&body), &lines);
    jk_text_add(&lines, jk_text_span(&own));
    answer = answer_of(200, "text/plain", jk_text_span(&lines));
    assert_int_equal(answer.outcome, JK_WITNESS_COSIGNED);
    assert_int_equal(answer.cosignature.time_s, 1700000000);
    assert_true(jk_span_equal(answer.cosignature.line, jk_text_span(&own)));
}

static void test_forged(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text lines = {0};

    (void)state;
    cosign(witness, JK_SPAN("another checkpoint\n"), &lines);
    assert_int_equal(answer_of(200, "text/plain", jk_text_span(&lines)).outcome, JK_WITNESS_FORGED);
}

static void test_garbage(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text lines = {0};
    static const char *const texts[] = {"", "\n", "<html>", "\xff\x00\n", "\xe2\x80\x94 witness.example/w AAAA\n"};

    (void)state;
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(answer_of(200, "", jk_span_of(texts[i])).outcome, JK_WITNESS_GARBAGE);
    cosign(stranger, jk_text_span(&body), &lines);
    assert_int_equal(answer_of(200, "", jk_text_span(&lines)).outcome, JK_WITNESS_GARBAGE);
}

static void test_elsewhere(void **state)
{
    static const char *const wrong[] = {"", "5", "05\n", "-5\n", "5\n\n", "5 \n", "9223372036854775808\n", "x\n"};
    struct jk_witness_answer answer;

    (void)state;
    answer = answer_of(409, "text/x.tlog.size", JK_SPAN("20852014\n"));
    assert_int_equal(answer.outcome, JK_WITNESS_ELSEWHERE);
    assert_int_equal(answer.size, 20852014);
    assert_int_equal(answer_of(409, "Text/X.Tlog.Size; charset=utf-8", JK_SPAN("0\n")).outcome, JK_WITNESS_ELSEWHERE);
    assert_int_equal(answer_of(409, "text/plain", JK_SPAN("5\n")).outcome, JK_WITNESS_GARBAGE);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_int_equal(answer_of(409, JK_WITNESS_SIZE_TYPE, jk_span_of(wrong[i])).outcome, JK_WITNESS_GARBAGE);
}

static void test_refused(void **state)
{
    static const int codes[] = {400, 403, 404, 422, 500, 503, 302, 204};

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
        struct jk_witness_answer answer = answer_of(codes[i], "", JK_SPAN("no\x1b[31m thanks"));

        assert_int_equal(answer.outcome, JK_WITNESS_REFUSED);
        assert_non_null(strstr(answer.detail, "HTTP status "));
        assert_null(strchr(answer.detail, '\x1b'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ask),     cmocka_unit_test(test_vector_ask), cmocka_unit_test(test_cosigned),
        cmocka_unit_test(test_forged),  cmocka_unit_test(test_garbage),    cmocka_unit_test(test_elsewhere),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
