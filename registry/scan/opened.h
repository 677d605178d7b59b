/* A file that is being read: its descriptor, its header, and what was found so far. One worker opens it and hashes it;
 * it sketches its tensors along with that, or others do meanwhile, and whoever is last closes it. Inside scan/ only. */
#ifndef JK_SCAN_OPENED_H
#define JK_SCAN_OPENED_H

#include "base/sha256_pair.h"
#include "scan/piece.h"
#include "scan/scan.h"

struct jk_opened {
    struct jk_scan_file *file;
    int fd;
    char *header; /* what the table's names lie in */
    size_t header_len;
    struct jk_tensors table;
    bool tabled;               /* the table is sound */
    struct jk_digest *tensors; /* their digests, of a safetensors file */
    uint64_t expected;         /* its size when the scan began */
    uint64_t counted;          /* half bytes told as done; atomic */
    /* under the scan's lock, or the worker's that sketches it along with its hash */
    struct jk_piece_cursor cursor;
    const struct jk_tensor *not_finite; /* the first, in the file's order, of the tensors that hold such numbers */
    size_t not_finite_count;            /* of these, or slices of them */
    bool apart;                         /* its tensors are hashed by whoever is free, not with the file */
    size_t next_tensor;                 /* to be hashed so */
    unsigned busy;                      /* workers at it */
    struct jk_opened *next;
};

/* Opens the file under the folder, and takes its facts. False: its fault says why. */
bool jk_opened_open(struct jk_opened *opened, const char *folder);
/* Reads and validates the header of a weight file. False: the fault or the note of the file says why not. */
bool jk_opened_read_header(struct jk_opened *opened);
/* Hashes all of it, and its tensors with it where it is safetensors and they are not hashed apart. `along`: signs with
 * which its pieces are sketched along with that, by nobody else; NULL: they are not. `count` is told what was read, and
 * what was sketched. */
bool jk_opened_hash(struct jk_opened *opened, struct jk_sha256_pair *pair, const struct jk_signs *along,
                    unsigned char *room, void (*count)(void *user, uint64_t bytes), void *user);
/* Hashes one of its tensors. */
bool jk_opened_hash_tensor(struct jk_opened *opened, size_t tensor, struct jk_sha256_pair *pair, unsigned char *room);
/* The lines of header and tensors. */
void jk_opened_write(struct jk_opened *opened);
/* What became of a piece: the line of its sketch, or what is wrong with it. */
void jk_opened_take(struct jk_opened *opened, const struct jk_piece *piece, enum jk_piece_outcome outcome,
                    const struct jk_sketch *sketch, const char *why);
/* Once nobody is at it: whether it stayed as it was is the last that is looked at. */
void jk_opened_close(struct jk_opened *opened);
/* It could not be read as it is: the first fault stays, and the file is `unread`. */
void jk_opened_fault(struct jk_opened *opened, const char *why);

#endif
