/* Whether a receipt holds, as a reader who has the key and the entry's hash finds out. */
#ifndef JK_TESTS_RECEIPTS_H
#define JK_TESTS_RECEIPTS_H

#include "tlog/receipt.h"

/* The leaf stands at the receipt's index of its checkpoint's tree, which is signed by the key of that log. INVALID_ARGUMENT
 * with reason RECEIPT_PROOF_WRONG, or what jk_note_verify says. */
static inline enum jk_status verify_receipt(const struct jk_receipt *receipt, const struct jk_digest *leaf,
                                            const struct jk_verifier *verifier, struct jk_error *error)
{
    const struct jk_checkpoint *checkpoint = &receipt->checkpoint;
    struct jk_span body;
    JK_TRY(jk_note_verify(receipt->note, verifier, &body, error));
    if (jk_span_equal(checkpoint->origin, jk_span_of(verifier->name)) &&
        jk_merkle_verify_inclusion(leaf, receipt->index, checkpoint->size, &receipt->proof, &checkpoint->root))
        return JK_OK;
    return jk_fail(error, JK_INVALID_ARGUMENT, "RECEIPT_PROOF_WRONG", "the receipt does not prove this entry");
}

#endif
