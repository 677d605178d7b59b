/* A published log in a folder, for tests: tiles, bundles, checkpoint and key, written from entries. It is made apart
 * from the server's publisher, from the formats alone. One thread; ends the test program on failure. */
#ifndef JK_TESTS_PUBLIC_LOG_H
#define JK_TESTS_PUBLIC_LOG_H

#include "tlog/forest.h"
#include "tlog/note.h"

#define JK_PUBLIC_SEED 7 /* the seed's bytes of the signing key */

struct jk_public_log {
    char folder[512];
    struct jk_signer *signer;
    struct jk_forest *forest;
    struct jk_text bundle; /* of the open bundle */
    struct jk_text note;   /* the newest checkpoint */
    uint64_t published;
};

/* The folder must exist. */
void jk_public_log_init(struct jk_public_log *log, const char *folder, const char *origin);
void jk_public_log_done(struct jk_public_log *log);
/* Takes an entry; a bundle that is full is written at once, with its tile. */
void jk_public_log_add(struct jk_public_log *log, struct jk_span entry);
/* Writes what is missing for the present size, then the checkpoint. */
void jk_public_log_publish(struct jk_public_log *log);
/* A signed checkpoint of any content, into `log->note`; and into the file. */
void jk_public_log_sign(struct jk_public_log *log, uint64_t size, const struct jk_digest *root);
void jk_public_log_put_note(struct jk_public_log *log);

/* A file of the folder: written whole, and a bit of it turned over. */
void jk_public_log_write(const struct jk_public_log *log, const char *path, struct jk_span bytes);
void jk_public_log_flip(const struct jk_public_log *log, const char *path, size_t byte);
void jk_public_log_read(const struct jk_public_log *log, const char *path, struct jk_text *out);

#endif
