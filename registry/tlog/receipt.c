/* Writing, reading and verifying receipts; see receipt.h. */
#include "tlog/receipt.h"

#define MAGIC "c2sp.org/tlog-proof@v1\n"
#define INDEX "index "

void jk_receipt_write(uint64_t index, const struct jk_proof *proof, struct jk_span note, struct jk_text *out)
{
    jk_text_addf(out, MAGIC INDEX "%llu\n", (unsigned long long)index);
    for (uint32_t i = 0; i < proof->count; i++) {
        jk_base64_encode(out, proof->hashes[i].bytes, JK_DIGEST_SIZE);
        jk_text_add_char(out, '\n');
    }
    jk_text_add_char(out, '\n');
    jk_text_add(out, note);
}

static enum jk_status malformed_receipt(struct jk_error *error, const char *why)
{
    return jk_fail(error, JK_INVALID_ARGUMENT, "RECEIPT_MALFORMED", "not a receipt: %s", why);
}

static enum jk_status read_proof(struct jk_span *rest, struct jk_receipt *receipt, struct jk_error *error)
{
    struct jk_span line;

    while (jk_span_line(rest, &line)) {
        size_t len;

        if (line.len == 0) return JK_OK;
        if (receipt->proof.count >= JK_PROOF_MAX ||
            !jk_base64_decode(line, receipt->proof.hashes[receipt->proof.count].bytes, JK_DIGEST_SIZE, &len) ||
            len != JK_DIGEST_SIZE)
            return malformed_receipt(error, "a line of the proof is not a base64 hash");
        receipt->proof.count++;
    }
    return malformed_receipt(error, "it ends in the middle of the proof");
}

enum jk_status jk_receipt_parse(struct jk_span text, struct jk_receipt *out, struct jk_error *error)
{
    struct jk_receipt receipt = {0};
    struct jk_span line;

    if (text.len > JK_RECEIPT_MAX) return malformed_receipt(error, "it is too long");
    if (!jk_span_starts(text, JK_SPAN(MAGIC))) return malformed_receipt(error, "its first line is not " MAGIC);
    text = (struct jk_span){text.at + sizeof(MAGIC) - 1, text.len - (sizeof(MAGIC) - 1)};
    if (!jk_span_line(&text, &line) || !jk_span_starts(line, JK_SPAN(INDEX)))
        return malformed_receipt(error, "its second line is not \"" INDEX "<number>\"");
    line = (struct jk_span){line.at + sizeof(INDEX) - 1, line.len - (sizeof(INDEX) - 1)};
    if (!jk_span_to_u64(line, &receipt.index)) return malformed_receipt(error, "its index is not a number");
    JK_TRY(read_proof(&text, &receipt, error));

    struct jk_span body, signatures;
    JK_TRY(jk_note_open(text, &body, &signatures, error));
    JK_TRY(jk_checkpoint_parse(body, &receipt.checkpoint, error));
    receipt.note = text;
    if (receipt.index >= receipt.checkpoint.size) return malformed_receipt(error, "its index is beyond its checkpoint");

    *out = receipt;
    return JK_OK;
}
