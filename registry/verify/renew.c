/* See renew.h. */
#include "verify/renew.h"

#include <jokbo/v1/log.pb-c.h>

#include "base/defer.h"
#include "verify/anchor.h"

#define NOTE_DASH "\xe2\x80\x94 "

static enum jk_status refuse_renewal(struct jk_error *error, const char *why)
{
    return jk_fail(error, JK_INVALID_ARGUMENT, "RENEWAL", "%s", why);
}

enum jk_status jk_renew_ask(struct jk_cli *cli, const struct jk_receipt *old, struct jk_span *out_receipt,
                            struct jk_error *error)
{
    Jokbo__V1__GetReceiptRequest request = JOKBO__V1__GET_RECEIPT_REQUEST__INIT;
    ProtobufCMessage *reply;
    request.entry_case = JOKBO__V1__GET_RECEIPT_REQUEST__ENTRY_LOG_INDEX;
    request.log_index = (int64_t)old->index;
    request.cosigned = true;
    JK_TRY(jk_anchor_same_log(cli, old->checkpoint.origin, error));
    JK_TRY(jk_client_call(cli->client, &jokbo__v1__log__descriptor, "GetReceipt", &request.base, &cli->arena, &reply,
                          error));
    *out_receipt = jk_span_of(((Jokbo__V1__Receipt *)reply)->receipt);
    return JK_OK;
}

/* ---- from files ---- */

/* The proof, and the checkpoint that came with it where none was given. */
static enum jk_status read_proof(const struct jk_receipt *old, struct jk_span text, struct jk_span *checkpoint,
                                 struct jk_proof *out_proof, struct jk_error *error)
{
    struct jk_receipt receipt;
    if (!jk_span_starts(text, JK_SPAN("c2sp.org/tlog-proof@"))) {
        struct jk_span lines = text, line;
        size_t len;
        out_proof->count = 0;
        while (jk_span_line(&lines, &line)) {
            line = jk_span_trim(line);
            if (line.len == 0) continue;
            if (out_proof->count == JK_PROOF_MAX) return refuse_renewal(error, "the proof has too many lines");
            if (!jk_base64_decode(line, out_proof->hashes[out_proof->count].bytes, JK_DIGEST_SIZE, &len) ||
                len != JK_DIGEST_SIZE)
                return refuse_renewal(error, "the proof is neither a receipt nor base64 hashes, one a line");
            out_proof->count++;
        }
        return JK_OK;
    }
    JK_TRY(jk_receipt_parse(text, &receipt, error));
    if (receipt.index != old->index)
        return jk_fail(error, JK_INVALID_ARGUMENT, "RENEWAL", "the proof is of entry %llu, the receipt of entry %llu",
                       (unsigned long long)receipt.index, (unsigned long long)old->index);
    *out_proof = receipt.proof;
    if (checkpoint->len == 0) *checkpoint = receipt.note;
    return JK_OK;
}

static enum jk_status read_new_checkpoint(const struct jk_receipt *old, struct jk_span note,
                                          struct jk_checkpoint *out_checkpoint, struct jk_error *error)
{
    struct jk_span body, signatures;
    JK_TRY(jk_note_open(note, &body, &signatures, error));
    JK_TRY(jk_checkpoint_parse(body, out_checkpoint, error));
    if (!jk_span_equal(out_checkpoint->origin, old->checkpoint.origin))
        return jk_fail(error, JK_INVALID_ARGUMENT, "RENEWAL",
                       "the checkpoint is of the log \"%.*s\", the receipt of \"%.*s\"",
                       JK_SPAN_ARG(out_checkpoint->origin), JK_SPAN_ARG(old->checkpoint.origin));
    if (out_checkpoint->size > old->index) return JK_OK;
    return jk_fail(error, JK_INVALID_ARGUMENT, "RENEWAL", "the checkpoint of size %llu does not cover entry %llu",
                   (unsigned long long)out_checkpoint->size, (unsigned long long)old->index);
}

enum jk_status jk_renew_join(const struct jk_receipt *old, struct jk_span checkpoint, struct jk_span proof,
                             struct jk_arena *arena, struct jk_span *out_receipt, struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text text = {0};
    struct jk_checkpoint read;
    struct jk_proof hashes = old->proof;
    if (proof.len > 0) JK_TRY(read_proof(old, proof, &checkpoint, &hashes, error));
    if (checkpoint.len == 0)
        return refuse_renewal(error, "the proof comes without a checkpoint: --checkpoint FILE gives it");
    JK_TRY(read_new_checkpoint(old, checkpoint, &read, error));
    if (proof.len == 0 && read.size != old->checkpoint.size)
        return refuse_renewal(
            error, "the checkpoint has another size than the receipt's own: give a proof for it with --proof FILE");
    jk_receipt_write(old->index, &hashes, checkpoint, &text);
    const char *copy = text.failed ? NULL : jk_arena_copy(arena, text.bytes, text.len);
    if (!copy) return jk_out_of_memory(error);
    *out_receipt = (struct jk_span){copy, text.len};
    return JK_OK;
}

const char *jk_renew_cosigners(struct jk_span note, struct jk_arena *arena)
{
    JK_CLEANUP(jk_text_done) struct jk_text names = {0};
    struct jk_span body, lines, origin;
    struct jk_error unused;
    jk_error_init(&unused, NULL);
    if (jk_note_open(note, &body, &lines, &unused) != JK_OK || !jk_span_line(&body, &origin)) return "";
    for (struct jk_span line, name; jk_span_line(&lines, &line);) {
        line = (struct jk_span){line.at + sizeof NOTE_DASH - 1, line.len - (sizeof NOTE_DASH - 1)};
        if (!jk_span_cut(&line, ' ', &name) || jk_span_equal(name, origin)) continue;
        jk_text_addf(&names, "%s%.*s", names.len > 0 ? ", " : "", JK_SPAN_ARG(name));
    }
    const char *copy = names.failed || names.len == 0 ? NULL : jk_arena_copy(arena, names.bytes, names.len);
    return copy ? copy : "";
}
