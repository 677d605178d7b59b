/* One signing key says which comes after it: the signature in a log's entry of kind `key` (registry/formats/entry.md).
 * Over the lines "jokbo/key/v1", "origin <origin>", "key <new verifier key>", each with its LF: no checkpoint is of
 * that form, so neither signature passes for the other. Pure but for OpenSSL's Ed25519; any thread. */
#ifndef JK_TLOG_ROTATION_H
#define JK_TLOG_ROTATION_H

#include "tlog/note.h"

/* Appends the signature in base64. False when OpenSSL fails. */
bool jk_rotation_sign(const struct jk_signer *signer, const struct jk_verifier *next, struct jk_text *out_signature);
/* `signature` is that of `previous` over `next` (both as verifier keys, of the same name). */
bool jk_rotation_verify(struct jk_span previous, struct jk_span next, struct jk_span signature);

#endif
