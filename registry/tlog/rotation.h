/* The signature by which a signing key names its successor, in a log entry of kind `key` (registry/formats/entry.md).
 * It covers the lines "jokbo/key/v1", "origin <origin>", "key <new verifier key>", each with its LF: no checkpoint has
 * that form, so neither signature can be passed off as the other. Pure but for OpenSSL's Ed25519; any thread. */
#ifndef JK_TLOG_ROTATION_H
#define JK_TLOG_ROTATION_H

#include "tlog/note.h"

/* Appends the signature in base64. False if OpenSSL fails. */
bool jk_rotation_sign(const struct jk_signer *signer, const struct jk_verifier *next, struct jk_text *out_signature);
/* Whether `signature` is that of `previous` over `next` (both as verifier keys, with the same name). */
bool jk_rotation_verify(struct jk_span previous, struct jk_span next, struct jk_span signature);

#endif
