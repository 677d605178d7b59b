/* Receipts: written, read and verified; and every way in which one can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/receipts.h"
#include "tlog/receipt.h"

#include "support/vectors.h"
#include "tlog/forest.h"

#define ORIGIN "example.com/log"
#define SIZE   300

struct fixture {
    struct jk_forest *forest;
    struct jk_signer *signer;
    struct jk_text note;
};

static struct jk_digest leaf_of(uint64_t n)
{
    return jk_merkle_leaf((struct jk_span){(const char *)&n, sizeof(n)});
}

static void sign(struct fixture *fixture, uint64_t size)
{
    struct jk_checkpoint checkpoint = {.origin = JK_SPAN(ORIGIN), .size = size};
    struct jk_error error;
    struct jk_text body;

    jk_error_init(&error, NULL);
    jk_text_init(&body, 0);
    jk_text_init(&fixture->note, 0);
    assert_true(jk_merkle_root_at(jk_forest_read, fixture->forest, size, &checkpoint.root));
    jk_checkpoint_write(&checkpoint, &body);
    assert_int_equal(jk_note_sign(fixture->signer, jk_text_span(&body), &fixture->note, &error), JK_OK);
    jk_text_done(&body);
}

static int setup(void **state)
{
    static struct fixture fixture;
    static const unsigned char seed[32] = {7};

    fixture.forest = jk_forest_new();
    fixture.signer = jk_signer_new(JK_SPAN(ORIGIN), seed);
    assert_true(jk_forest_reserve(fixture.forest, SIZE));
    for (uint64_t i = 0; i < SIZE; i++) {
        struct jk_digest leaf = leaf_of(i);
        jk_forest_append(fixture.forest, &leaf);
    }
    sign(&fixture, SIZE);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    jk_text_done(&fixture->note);
    jk_signer_free(fixture->signer);
    jk_forest_free(fixture->forest);
    return 0;
}

static void write_receipt(struct fixture *fixture, uint64_t index, struct jk_text *out)
{
    struct jk_proof proof;

    jk_text_init(out, 0);
    assert_true(jk_merkle_inclusion(jk_forest_read, fixture->forest, index, SIZE, &proof));
    jk_receipt_write(index, &proof, jk_text_span(&fixture->note), out);
    assert_false(out->failed);
}

static enum jk_status check(struct fixture *fixture, struct jk_span text, uint64_t index, struct jk_error *error)
{
    struct jk_digest leaf = leaf_of(index);
    struct jk_receipt receipt;

    jk_error_init(error, NULL);
    JK_TRY(jk_receipt_parse(text, &receipt, error));
    return verify_receipt(&receipt, &leaf, jk_signer_verifier(fixture->signer), error);
}

static void every_index_has_one(void **state)
{
    for (uint64_t i = 0; i < SIZE; i++) {
        struct jk_error error;
        struct jk_text text;
        write_receipt(*state, i, &text);
        assert_int_equal(check(*state, jk_text_span(&text), i, &error), JK_OK);
        assert_int_equal(check(*state, jk_text_span(&text), (i + 1) % SIZE, &error), JK_INVALID_ARGUMENT);
        assert_string_equal(error.reason, "RECEIPT_PROOF_WRONG");
        jk_text_done(&text);
    }
}

/* No single byte may change without being noticed; a signature line's own name counts too. */
static void every_byte_counts(void **state)
{
    struct jk_error error;
    struct jk_text text;

    write_receipt(*state, 255, &text);
    for (size_t i = 0; i < text.len; i++) {
        char kept = text.bytes[i];
        text.bytes[i] = (char)(kept ^ 1);
        assert_int_not_equal(check(*state, jk_text_span(&text), 255, &error), JK_OK);
        text.bytes[i] = kept;
        if (i) assert_int_not_equal(check(*state, (struct jk_span){text.bytes, i}, 255, &error), JK_OK);
    }
    jk_text_done(&text);
}

static void another_key_is_refused(void **state)
{
    static const unsigned char seed[32] = {8};
    struct jk_signer *other = jk_signer_new(JK_SPAN(ORIGIN), seed);
    struct jk_digest leaf = leaf_of(3);
    struct jk_receipt receipt;
    struct jk_error error;
    struct jk_text text;

    write_receipt(*state, 3, &text);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_receipt_parse(jk_text_span(&text), &receipt, &error), JK_OK);
    assert_int_equal(verify_receipt(&receipt, &leaf, jk_signer_verifier(other), &error), JK_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "NOTE_UNSIGNED");
    jk_text_done(&text);
    jk_signer_free(other);
}

static void malformed_ones_say_so(void **state)
{
    static const char *const wrong[] = {"",
                                        "c2sp.org/tlog-proof@v1\n",
                                        "c2sp.org/tlog-proof@v2\nindex 1\n\n",
                                        "c2sp.org/tlog-proof@v1\nindex 01\n\n",
                                        "c2sp.org/tlog-proof@v1\nindex -1\n\n",
                                        "c2sp.org/tlog-proof@v1\nextra YQ==\nindex 1\n\n",
                                        "c2sp.org/tlog-proof@v1\nindex 1\nYQ==\n\n"};
    struct jk_receipt receipt;
    struct jk_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        jk_error_init(&error, NULL);
        assert_int_equal(jk_receipt_parse(jk_span_of(wrong[i]), &receipt, &error), JK_INVALID_ARGUMENT);
        assert_string_equal(error.reason, "RECEIPT_MALFORMED");
    }
}

/* The published receipt: read, verified, and written again to the byte. */
static void the_published_one_holds(void **state)
{
    struct jk_span file = vectors_read("notes.txt"), text = vectors_block(file, 3), words = vectors_block(file, 0),
                   word;
    struct jk_digest leaf = jk_merkle_leaf(JK_SPAN("six")), other = jk_merkle_leaf(JK_SPAN("seven"));
    struct jk_verifier verifier;
    struct jk_receipt receipt;
    struct jk_error error;
    struct jk_text again;

    (void)state;
    jk_error_init(&error, NULL);
    jk_text_init(&again, 0);
    bool found = false;
    while (!found && vectors_word(&words, &word))
        found = jk_verifier_parse(word, &verifier);
    assert_true(found);
    assert_int_equal(jk_receipt_parse(text, &receipt, &error), JK_OK);
    assert_int_equal(receipt.index, 5);
    assert_int_equal(verify_receipt(&receipt, &leaf, &verifier, &error), JK_OK);
    assert_int_equal(verify_receipt(&receipt, &other, &verifier, &error), JK_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "RECEIPT_PROOF_WRONG");
    jk_receipt_write(receipt.index, &receipt.proof, receipt.note, &again);
    assert_true(jk_span_equal(jk_text_span(&again), text));
    jk_text_done(&again);
    free((char *)file.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_one_holds), cmocka_unit_test(every_index_has_one),
        cmocka_unit_test(every_byte_counts),       cmocka_unit_test(another_key_is_refused),
        cmocka_unit_test(malformed_ones_say_so),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, setup, teardown);
}
