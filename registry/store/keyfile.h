/* The log's signing key as a file: one line, the private form of a signed note's key as note implementations write it:
 * PRIVATE+KEY+<name>+<hex key id>+<base64(0x01 || 32-byte seed)>. It must have mode 0600 and belong to our user, or it
 * is refused. Called at start, and when the key is changed. The seed is wiped from memory once the signer has it. */
#ifndef JK_STORE_KEYFILE_H
#define JK_STORE_KEYFILE_H

#include "tlog/note.h"

/* NOT_FOUND if there is no file; FAILED_PRECONDITION if it cannot be trusted or read. */
JK_MUST_USE enum jk_status jk_keyfile_load(const char *path, struct jk_signer **out_signer, struct jk_error *error);
/* A new key, written completely and synced before its name appears; ALREADY_EXISTS if the name is taken. */
JK_MUST_USE enum jk_status jk_keyfile_make(const char *path, struct jk_span name, struct jk_signer **out_signer,
                                           struct jk_error *error);
/* The same for a log without a given name: it is called JK_KEYFILE_LOCAL and the first 8 hexadecimal digits of the
 * SHA-256 of the raw public key, so that two such logs on one machine are not confused. */
#define JK_KEYFILE_LOCAL "localhost/jokbo-"
JK_MUST_USE enum jk_status jk_keyfile_make_local(const char *path, struct jk_signer **out_signer,
                                                 struct jk_error *error);

#endif
