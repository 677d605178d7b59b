/* Cosignatures: a witness's signed statement that it saw a checkpoint at a certain time and that the log had only
 * grown. C2SP tlog-cosignature, Ed25519 (type 0x04). Pure but for OpenSSL's Ed25519; any thread. What is signed:
 * "cosignature/v1", "time <POSIX seconds>", and the checkpoint's body, each line with its LF. The line in the note: "—
 * <name> <base64(key id || time as 8 big-endian bytes || 64-byte signature)>". Source: c2sp.org/tlog-cosignature.
 * Failures are INVALID_ARGUMENT with reason COSIGNATURE_ABSENT or COSIGNATURE_WRONG; outputs are then unchanged. */
#ifndef JK_TLOG_COSIGNATURE_H
#define JK_TLOG_COSIGNATURE_H

#include "tlog/note.h"

/* The same fields as a log's key, but of another type: its id differs, so neither can be used as the other. */
struct jk_cosigner {
    struct jk_verifier key;
};

struct jk_cosignature {
    uint64_t time_s;     /* since 1970; 1 to 2^63 - 1 */
    struct jk_span line; /* with its LF; points into what was verified */
};

/* "<name>+<hex key id>+<base64(0x04 || public key)>"; false for anything else. */
bool jk_cosigner_parse(struct jk_span text, struct jk_cosigner *out_cosigner);

/* Finds this cosigner's line among the signature lines of a checkpoint with that body; the newest if there are several.
 * A wrong signature by this key fails in any case; lines of other keys are skipped. */
JK_MUST_USE enum jk_status jk_cosignature_verify(struct jk_span body, struct jk_span lines,
                                                 const struct jk_cosigner *cosigner, struct jk_cosignature *out,
                                                 struct jk_error *error);

#endif
