/* The tensors and slices of a file that are to have a sketch, one after the other; and the making of one from the open
 * file. Inside scan/ only. */
#ifndef JK_SCAN_PIECE_H
#define JK_SCAN_PIECE_H

#include "weights/sketch.h"
#include "weights/tensors.h"

struct jk_piece {
    const struct jk_tensor *tensor;
    uint64_t slice, begin, bytes, elements; /* slice: UINT64_MAX for the whole tensor */
    const uint64_t *shape;
    uint32_t dimensions;
};

/* Where the next piece is looked for; begins zeroed. */
struct jk_piece_cursor {
    size_t tensor;
    uint64_t slice;
};

bool jk_piece_next(const struct jk_tensors *table, struct jk_piece_cursor *cursor, struct jk_piece *out_piece);

#define JK_PIECE_READ (64u << 10) /* bytes that are read at once */

/* Not finite: left out, for some of its numbers are infinite or none (NaN). */
enum jk_piece_outcome { JK_PIECE_SKETCHED, JK_PIECE_LEFT_OUT, JK_PIECE_NOT_FINITE, JK_PIECE_FAILED };

/* How many bytes of a type are read at once, so that they are whole pieces of a sketching. */
size_t jk_piece_at_once(const struct jk_type *type);

/* `room`: JK_PIECE_READ bytes. *out_why says why it failed. */
enum jk_piece_outcome jk_piece_sketch(const struct jk_piece *piece, int fd, const struct jk_signs *signs,
                                      unsigned char *room, struct jk_sketch *out_sketch, const char **out_why);
/* The same in two steps, between which the caller gives all blocks to the first pass. False: out of memory. */
bool jk_piece_begin(struct jk_sketching *sketching, const struct jk_piece *piece);
enum jk_piece_outcome jk_piece_end(struct jk_sketching *sketching, const struct jk_piece *piece, int fd,
                                   const struct jk_signs *signs, unsigned char *room, struct jk_sketch *out_sketch,
                                   const char **out_why);
/* All of so many bytes at an offset. False: why not. */
bool jk_piece_read_at(int fd, void *out, size_t len, uint64_t offset, const char **out_why);

#endif
