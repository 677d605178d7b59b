/* A receipt made over from files: does it come out right, and is what does not go together refused, with words? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "support/cosigner.h"
#include "support/receipts.h"
#include "tlog/cosignature.h"
#include "tlog/forest.h"
#include "verify/renew.h"

#define ORIGIN "example.com/log"
#define INDEX  5
#define SIZE   9
#define LATER  70

static struct jk_forest *forest;
static struct jk_signer *log_signer, *other_signer, *witness;
static struct jk_arena arena;
static struct jk_error error;

static struct jk_span kept(struct jk_text *text)
{
    struct jk_span copy = {jk_arena_copy(&arena, text->bytes, text->len), text->len};

    assert_false(text->failed);
    jk_text_done(text);
    return copy;
}

/* The checkpoint of that size, cosigned, of whose log. */
static struct jk_span note_of(uint64_t size, const struct jk_signer *signer)
{
    struct jk_checkpoint checkpoint = {.origin = jk_span_of(jk_signer_verifier(signer)->name), .size = size};
    struct jk_text body = {0}, note = {0};

    assert_true(jk_merkle_root_at(jk_forest_read, forest, size, &checkpoint.root));
    jk_checkpoint_write(&checkpoint, &body);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_note_sign(signer, jk_text_span(&body), &note, &error), JK_OK);
    assert_true(cosignature_make(witness, jk_text_span(&body), 1000, &note));
    jk_text_done(&body);
    return kept(&note);
}

static struct jk_span receipt_of(uint64_t index, uint64_t size)
{
    struct jk_text text = {0};
    struct jk_proof proof;

    assert_true(jk_merkle_inclusion(jk_forest_read, forest, index, size, &proof));
    jk_receipt_write(index, &proof, note_of(size, log_signer), &text);
    return kept(&text);
}

/* The lines of the proof alone. */
static struct jk_span hashes_of(uint64_t index, uint64_t size)
{
    struct jk_span text = receipt_of(index, size);
    const char *begin = memchr(memchr(text.at, '\n', text.len) + 1, '\n', text.len),
               *end = memmem(text.at, text.len, "\n\n", 2);

    return (struct jk_span){begin + 1, (size_t)(end - begin)};
}

static struct jk_receipt old_receipt(void)
{
    struct jk_receipt old;

    jk_error_init(&error, NULL);
    assert_int_equal(jk_receipt_parse(receipt_of(INDEX, SIZE), &old, &error), JK_OK);
    return old;
}

static void expect_renewed(struct jk_span checkpoint, struct jk_span proof, uint64_t size)
{
    struct jk_receipt old = old_receipt(), fresh;
    struct jk_digest leaf;
    struct jk_span out;

    jk_error_init(&error, NULL);
    if (jk_renew_join(&old, checkpoint, proof, &arena, &out, &error) != JK_OK) fail_msg("%s", error.message);
    assert_int_equal(jk_receipt_parse(out, &fresh, &error), JK_OK);
    assert_true(jk_forest_read(forest, 0, INDEX, &leaf));
    assert_int_equal(verify_receipt(&fresh, &leaf, jk_signer_verifier(log_signer), &error), JK_OK);
    assert_int_equal(fresh.index, INDEX);
    assert_int_equal(fresh.checkpoint.size, size);
    assert_string_equal(jk_renew_cosigners(fresh.note, &arena), "witness.example/w");
}

static void expect_refused(struct jk_span checkpoint, struct jk_span proof, const char *words)
{
    struct jk_receipt old = old_receipt();
    struct jk_span out = JK_SPAN("as it was");

    jk_error_init(&error, NULL);
    assert_int_equal(jk_renew_join(&old, checkpoint, proof, &arena, &out, &error), JK_INVALID_ARGUMENT);
    if (!strstr(error.message, words)) fail_msg("\"%s\" does not say \"%s\"", error.message, words);
    assert_true(jk_span_equal(out, JK_SPAN("as it was")));
}

static void test_goes_together(void **state)
{
    const struct jk_span none = {"", 0};

    (void)state;
    expect_renewed(none, receipt_of(INDEX, LATER), LATER);
    expect_renewed(note_of(LATER, log_signer), hashes_of(INDEX, LATER), LATER);
    expect_renewed(note_of(LATER, log_signer), receipt_of(INDEX, LATER), LATER);
    expect_renewed(note_of(SIZE, log_signer), none, SIZE); /* of its own size: the proof is there */
    expect_renewed(note_of(INDEX + 1, log_signer), hashes_of(INDEX, INDEX + 1), INDEX + 1); /* an earlier one */
}

static void test_does_not(void **state)
{
    const struct jk_span none = {"", 0};

    (void)state;
    expect_refused(none, none, "--checkpoint FILE");
    expect_refused(none, hashes_of(INDEX, LATER), "--checkpoint FILE");
    expect_refused(note_of(LATER, log_signer), none, "with --proof FILE");
    expect_refused(none, receipt_of(INDEX + 1, LATER), "the proof is of entry 6, the receipt of entry 5");
    expect_refused(note_of(INDEX, log_signer), none, "size 5 does not cover entry 5");
    expect_refused(note_of(SIZE, other_signer), none, "of the log \"example.com/other\"");
    expect_refused(note_of(LATER, log_signer), JK_SPAN("no base64\n"), "neither a receipt nor base64 hashes");
    expect_refused(note_of(LATER, log_signer), JK_SPAN("AAAA\n"), "neither a receipt nor base64 hashes");
    expect_refused(JK_SPAN("no note\n"), none, "empty line");
    expect_refused(none, JK_SPAN("c2sp.org/tlog-proof@v1\nindex x\n"), "its index is not a number");
    expect_refused(none, JK_SPAN("c2sp.org/tlog-proof@v2\n"), "its first line is not");
}

static void test_too_many_lines(void **state)
{
    struct jk_text lines = {0};
    struct jk_digest digest = jk_merkle_leaf(JK_SPAN("x"));

    (void)state;
    for (int i = 0; i <= JK_PROOF_MAX; i++) {
        jk_base64_encode(&lines, digest.bytes, JK_DIGEST_SIZE);
        jk_text_add_char(&lines, '\n');
    }
    expect_refused(note_of(LATER, log_signer), jk_text_span(&lines), "too many lines");
    jk_text_done(&lines);
}

static int set_up(void **state)
{
    (void)state;
    jk_digest_setup();
    jk_arena_init(&arena, 8 << 20);
    log_signer = jk_signer_new(JK_SPAN(ORIGIN), (const unsigned char[32]){9});
    other_signer = jk_signer_new(JK_SPAN("example.com/other"), (const unsigned char[32]){10});
    witness = jk_signer_new(JK_SPAN("witness.example/w"), (const unsigned char[32]){11});
    forest = jk_forest_new();
    if (!forest || !jk_forest_reserve(forest, LATER)) return -1;
    for (unsigned i = 0; i < LATER; i++) {
        struct jk_digest leaf = jk_merkle_leaf((struct jk_span){(const char *)&i, sizeof(i)});

        jk_forest_append(forest, &leaf);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    jk_forest_free(forest);
    jk_signer_free(log_signer);
    jk_signer_free(other_signer);
    jk_signer_free(witness);
    jk_arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_together),
        cmocka_unit_test(test_does_not),
        cmocka_unit_test(test_too_many_lines),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
