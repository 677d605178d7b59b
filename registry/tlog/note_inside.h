/* What this folder's files share about keys and signature lines of notes; internal to the folder. Pure. */
#ifndef JK_TLOG_NOTE_INSIDE_H
#define JK_TLOG_NOTE_INSIDE_H

#include "tlog/note.h"

#define JK_NOTE_MARK      "\xe2\x80\x94 " /* U+2014 and a space begin a signature line */
#define JK_KEY_ID_SIZE    4
#define JK_TIMESTAMP_SIZE 8
#define JK_TYPE_ED25519   0x01
#define JK_TYPE_COSIGNER  0x04
#define JK_SIGNATURE_KEPT (JK_KEY_ID_SIZE + JK_TIMESTAMP_SIZE + JK_SIGNATURE_SIZE)

struct jk_signature_line {
    struct jk_span name;
    unsigned char blob[JK_SIGNATURE_KEPT]; /* key id and the first bytes of the signature */
    size_t blob_len;                       /* of all of it: may exceed what is kept */
};

/* Parses a line without its LF; false for anything but "— <name> <base64>". */
bool jk_signature_line_read(struct jk_span line, struct jk_signature_line *out);
/* Name and key id are those of the verifier. */
bool jk_signature_line_is_of(const struct jk_signature_line *line, const struct jk_verifier *verifier);
/* Appends "— <name> <base64(key id || signature)>" and LF. */
void jk_signature_line_write(const struct jk_verifier *verifier, struct jk_span signature, struct jk_text *out);
/* Key ids and verifier keys by signature type: the first four bytes of SHA-256(name || LF || type || public key). */
uint32_t jk_typed_key_id(struct jk_span name, unsigned char type, const unsigned char public_key[32]);
bool jk_typed_key_parse(struct jk_span text, unsigned char type, struct jk_verifier *out_verifier);
/* Any well-formed "<name>+<8 hex digits>+<base64(type || key)>" of up to JK_FOREIGN_KEY_MAX bytes. The key id is not
 * checked: other types have their own rules for it. Out: the type, and a digest of type and key. */
#define JK_FOREIGN_KEY_MAX 8192
bool jk_foreign_key_parse(struct jk_span text, unsigned char *out_type, struct jk_digest *out_digest);
void jk_typed_key_write(const struct jk_verifier *verifier, unsigned char type, struct jk_text *out);

#endif
