/* C2SP signed-note and tlog-checkpoint, Ed25519 (type 0x01). Pure but for OpenSSL's Ed25519; any thread, and several
 * may share a signer or verifier. Signature lines of other keys and types are passed through. Limits: a note
 * JK_NOTE_MAX bytes, JK_NOTE_SIGNATURES signature lines; a name JK_ORIGIN_MAX bytes. Sources: c2sp.org/signed-note,
 * c2sp.org/tlog-checkpoint. Failures are INVALID_ARGUMENT with reason NOTE_MALFORMED, NOTE_UNSIGNED (no signature by
 * that key), NOTE_SIGNATURE_WRONG or CHECKPOINT_MALFORMED; outputs are then unchanged. */
#ifndef JK_TLOG_NOTE_H
#define JK_TLOG_NOTE_H

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"

#define JK_ORIGIN_MAX      255
#define JK_NOTE_MAX        65536
#define JK_NOTE_SIGNATURES 100

/* A key name: valid UTF-8 without control characters, Unicode spaces or '+', not empty, at most JK_ORIGIN_MAX bytes. */
bool jk_note_name_valid(struct jk_span name);

struct jk_signer; /* private key and name; secret */
struct jk_verifier {
    char name[JK_ORIGIN_MAX + 1];
    uint32_t key_id;
    unsigned char public_key[32];
};

#define JK_SIGNATURE_SIZE 64

/* From a 32-byte Ed25519 seed. NULL if the name is not valid or when out of memory. */
struct jk_signer *jk_signer_new(struct jk_span name, const unsigned char seed[32]);
void jk_signer_free(struct jk_signer *signer); /* erases the key */
const struct jk_verifier *jk_signer_verifier(const struct jk_signer *signer);
/* A bare Ed25519 signature over the message; false if OpenSSL fails. */
bool jk_signer_sign(const struct jk_signer *signer, struct jk_span message,
                    unsigned char out_signature[JK_SIGNATURE_SIZE]);
bool jk_verifier_check(const struct jk_verifier *verifier, struct jk_span message,
                       const unsigned char signature[JK_SIGNATURE_SIZE]);

/* "<name>+<hex key id>+<base64(0x01 || public key)>", the key id in lower case. False for other key types, and if the
 * key id does not belong to the name and key. */
bool jk_verifier_parse(struct jk_span text, struct jk_verifier *out_verifier);
void jk_verifier_write(const struct jk_verifier *verifier, struct jk_text *out);

/* Appends a whole note: body (ends in LF), empty line, "— <name> <base64>" and LF. Nothing is appended on failure;
 * `body` must not point into `out_note`. RESOURCE_EXHAUSTED beyond out_note's limit, INTERNAL if OpenSSL fails. Ed25519
 * takes about 60 µs: once per checkpoint, never per entry. */
JK_MUST_USE enum jk_status jk_note_sign(const struct jk_signer *signer, struct jk_span body, struct jk_text *out_note,
                                        struct jk_error *error);
/* One more signature line over the body of a note, appended to `out_line`: for a note signed by several keys. */
JK_MUST_USE enum jk_status jk_note_sign_line(const struct jk_signer *signer, struct jk_span body,
                                             struct jk_text *out_line, struct jk_error *error);
/* Splits a note and checks its form (at least one signature line, at most 100, final LF, UTF-8 without
 * control characters).
 * `out_body` includes its last LF and excludes the empty line; `out_signatures` is all signature lines. */
JK_MUST_USE enum jk_status jk_note_open(struct jk_span note, struct jk_span *out_body, struct jk_span *out_signatures,
                                        struct jk_error *error);
/* jk_note_open, and the note must have a correct signature by this verifier (any wrong signature by this key fails). */
JK_MUST_USE enum jk_status jk_note_verify(struct jk_span note, const struct jk_verifier *verifier,
                                          struct jk_span *out_body, struct jk_error *error);

/* Three lines, each with LF: origin (a key name), size in decimal, root in base64. Refuses extension lines, a size
 * above JK_TREE_MAX, and size 0 with any root but the empty tree's. */
struct jk_checkpoint {
    struct jk_span origin; /* points into what was parsed */
    uint64_t size;
    struct jk_digest root;
};
void jk_checkpoint_write(const struct jk_checkpoint *checkpoint, struct jk_text *out_body);
JK_MUST_USE enum jk_status jk_checkpoint_parse(struct jk_span body, struct jk_checkpoint *out, struct jk_error *error);

#endif
