/* Receipts: an inclusion proof and the checkpoint it leads to, as text, C2SP tlog-proof (c2sp.org/tlog-proof): the line
 * "c2sp.org/tlog-proof@v1", "index <n>", one base64 hash a line from the leaf to the root, an empty line, and the
 * signed checkpoint. Pure; any thread. At most JK_RECEIPT_MAX bytes. */
#ifndef JK_TLOG_RECEIPT_H
#define JK_TLOG_RECEIPT_H

#include "tlog/merkle.h"
#include "tlog/note.h"

#define JK_RECEIPT_USUAL 2048 /* size of one in a log of up to 2^30 entries with few cosignatures */
#define JK_RECEIPT_MAX   (JK_NOTE_MAX + 4096)

struct jk_receipt {
    uint64_t index;
    struct jk_proof proof;
    struct jk_span note;             /* the signed checkpoint; points into what was parsed */
    struct jk_checkpoint checkpoint; /* from that note; parsing does not check its signature */
};

void jk_receipt_write(uint64_t index, const struct jk_proof *proof, struct jk_span note, struct jk_text *out);
/* INVALID_ARGUMENT, reason RECEIPT_MALFORMED (or NOTE_MALFORMED, CHECKPOINT_MALFORMED), with *out unchanged. An "extra"
 * line is refused: ours have none. The index must be within the checkpoint's tree. */
JK_MUST_USE enum jk_status jk_receipt_parse(struct jk_span text, struct jk_receipt *out, struct jk_error *error);

#endif
