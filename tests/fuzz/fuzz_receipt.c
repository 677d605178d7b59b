/* Receipts from anybody: what is accepted says exactly what its bytes say, and proves an entry only where it does.
 * Input: any bytes, as a receipt; and the same bytes, as the entry that it would prove. */
#include <stdlib.h>

#include "base/check.h"
#include "base/defer.h"
#include "support/receipts.h"
#include "tlog/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The corpus's receipts are for this entry, and signed by the key of this seed. */
static const char entry[] = "an entry";
static const unsigned char seed[32] = {7};

static void check_text(const struct jk_receipt *receipt, struct jk_span input)
{
    JK_CLEANUP(jk_text_done) struct jk_text written = {0};
    jk_receipt_write(receipt->index, &receipt->proof, receipt->note, &written);
    JK_CHECK(!written.failed && jk_span_equal(jk_text_span(&written), input));
    JK_CHECK(receipt->proof.count <= JK_PROOF_MAX && receipt->index < receipt->checkpoint.size);
    JK_CHECK(receipt->note.at + receipt->note.len == input.at + input.len);
}

/* Verification is the proof and the signature, both. */
static void check_proof(const struct jk_receipt *receipt, struct jk_span leaf_text, const struct jk_verifier *verifier)
{
    struct jk_digest leaf = jk_merkle_leaf(leaf_text);
    struct jk_error error;
    struct jk_span body;

    jk_error_init(&error, NULL);
    bool verified = verify_receipt(receipt, &leaf, verifier, &error) == JK_OK;
    JK_CHECK(verified != jk_error_is_set(&error));
    if (!verified) return;
    jk_error_init(&error, NULL);
    JK_CHECK(jk_note_verify(receipt->note, verifier, &body, &error) == JK_OK);
    JK_CHECK(jk_merkle_verify_inclusion(&leaf, receipt->index, receipt->checkpoint.size, &receipt->proof,
                                        &receipt->checkpoint.root));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size};
    struct jk_receipt receipt, untouched;
    struct jk_error error;

    jk_digest_setup();
    memset(&receipt, 0xA5, sizeof receipt);
    untouched = receipt;
    jk_error_init(&error, NULL);
    enum jk_status status = jk_receipt_parse(input, &receipt, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    if (status != JK_OK) {
        JK_CHECK(memcmp(&receipt, &untouched, sizeof receipt) == 0);
        return 0;
    }
    struct jk_signer *signer = jk_signer_new(receipt.checkpoint.origin, seed);
    JK_CHECK(signer != NULL); /* an origin is a key name */
    check_text(&receipt, input);
    check_proof(&receipt, jk_span_of(entry), jk_signer_verifier(signer));
    check_proof(&receipt, input, jk_signer_verifier(signer));
    jk_signer_free(signer);
    return 0;
}
