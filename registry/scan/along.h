/* Sketching a file's pieces while it is hashed: what is read for the hash goes through the first pass as well, and once
 * a piece has ended, it is read again for the second. Two readings instead of three, but by one worker alone. Inside
 * scan/ only. */
#ifndef JK_SCAN_ALONG_H
#define JK_SCAN_ALONG_H

#include "scan/opened.h"

struct jk_along {
    struct jk_opened *opened;
    const struct jk_signs *signs;
    struct jk_piece piece; /* that lies here, or comes next */
    bool left;             /* there is one */
    struct jk_sketching sketching;
};

/* `signs`: NULL where nothing is sketched so. Nobody else is at the file's pieces. */
void jk_along_begin(struct jk_along *along, struct jk_opened *opened, const struct jk_signs *signs);
void jk_along_done(struct jk_along *along);
/* How much is to be read at an offset, of so many bytes at most: no piece begins or ends in the midst of it. */
uint64_t jk_along_part(const struct jk_along *along, uint64_t offset, uint64_t most);
/* That part, in order. *out_sketched: bytes of a piece that ended with it, and was sketched over `room`. False: the
 * file's fault says why. */
bool jk_along_add(struct jk_along *along, const unsigned char *bytes, uint64_t len, uint64_t offset,
                  unsigned char *room, uint64_t *out_sketched);

#endif
