/* The log's signing key as a file: one line, the private form of a signed note's key as note implementations keep it:
 * PRIVATE+KEY+<name>+<hex key id>+<base64(0x01 || 32-byte seed)>. Mode 0600 and our own user's, else it is refused.
 * Called at start only. The seed is wiped from memory once the signer has it. */
#ifndef JK_STORE_KEYFILE_H
#define JK_STORE_KEYFILE_H

#include "tlog/note.h"

/* NOT_FOUND where there is no file; FAILED_PRECONDITION where it cannot be trusted or read. */
JK_MUST_USE enum jk_status jk_keyfile_load(const char *path, struct jk_signer **out_signer, struct jk_error *error);
/* A fresh key, written whole and synced before its name appears; ALREADY_EXISTS where the name is taken. */
JK_MUST_USE enum jk_status jk_keyfile_make(const char *path, struct jk_span name, struct jk_signer **out_signer,
                                           struct jk_error *error);
/* The same of a log that nobody gave a name: JK_KEYFILE_LOCAL and the first 8 hexadecimal digits of the SHA-256 of the
 * raw public key, so that two such logs on one machine are not taken for one. */
#define JK_KEYFILE_LOCAL "localhost/jokbo-"
JK_MUST_USE enum jk_status jk_keyfile_make_local(const char *path, struct jk_signer **out_signer,
                                                 struct jk_error *error);

#endif
