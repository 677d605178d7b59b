/* The guard copy: this server's own record, outside the database, of the newest checkpoint that it saw committed. A
 * database that holds less was rolled back. Written after each COMMIT and before the answers, in place, with fdatasync.
 *
 * File: two blocks of JK_GUARD_BLOCK bytes, written in turn, so a torn write leaves the other whole. A block: the magic
 * "jokbo-guard/v1\n\0", a big-endian uint64 sequence and uint32 length, the note, zeroes, and in its last 32 bytes the
 * SHA-256 of all before. Thread: the sequencer (and start). */
#ifndef JK_STORE_GUARD_H
#define JK_STORE_GUARD_H

#include "base/digest.h"
#include "base/error.h"

#define JK_GUARD_BLOCK    4096
#define JK_GUARD_NOTE_MAX (JK_GUARD_BLOCK - 28 - JK_DIGEST_SIZE)

struct jk_guard {
    int fd;           /* -1: there is no file yet */
    const char *path; /* not owned */
    uint64_t sequence;
    size_t note_len; /* 0: none */
    char note[JK_GUARD_NOTE_MAX];
};

/* Reads what exists. FAILED_PRECONDITION if neither block is intact. jk_guard_close must be called in any case. */
JK_MUST_USE enum jk_status jk_guard_open(struct jk_guard *guard, const char *path, struct jk_error *error);
JK_MUST_USE enum jk_status jk_guard_write(struct jk_guard *guard, struct jk_span note, struct jk_error *error);
void jk_guard_close(struct jk_guard *guard);

#endif
