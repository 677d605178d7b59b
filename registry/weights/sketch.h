/* The sketch of a tensor: 256 numbers of 16 bits, from which it shows how alike two tensors are. Made in two passes
 * over the elements in their order, by operations whose result is the same on every machine; compared in whole numbers.
 * Pure; a struct is used by one thread. Source: registry/formats/manifest.md, Sketch. */
#ifndef JK_WEIGHTS_SKETCH_H
#define JK_WEIGHTS_SKETCH_H

#include "weights/divisor.h"
#include "weights/formula.h"
#include "weights/signs.h"
#include "weights/type.h"

#define JK_SKETCH_BUCKETS  256
#define JK_SKETCH_BYTES    512
#define JK_SKETCH_BASE64   684
#define JK_SKETCH_ELEMENTS 16384u /* of a tensor at least */

struct jk_sketch {
    int16_t at[JK_SKETCH_BUCKETS];
};

/* In the making. Elements are given in order, to each pass all of them, either as doubles or as they lie in a file, in
 * pieces of a multiple of JK_SKETCHING_PIECE elements but for the last. */
struct jk_sketching {
    uint64_t count; /* elements of the pass so far */
    double sum[JK_SKETCH_BUCKETS], squares[JK_SKETCH_BUCKETS];
    double mean;
    struct jk_divisor deviation;
    bool narrow;   /* the elements are of at most 32 bits, or small multiples of such: far from the least doubles */
    unsigned wide; /* bits of the vectors that may be used; none where tests say so */
    struct jk_formula formula;
};

#define JK_SKETCHING_PIECE 1024u /* so many doubles stay in the nearest cache */

/* False: out of memory. `shape` is that of what is sketched; `dimensions` ≥ 2. */
bool jk_sketching_begin(struct jk_sketching *sketching, const uint64_t *shape, uint32_t dimensions);
void jk_sketching_done(struct jk_sketching *sketching); /* accepts a zeroed struct */
void jk_sketching_first(struct jk_sketching *sketching, const double *elements, size_t count);
void jk_sketching_first_blocks(struct jk_sketching *sketching, const struct jk_type *type, const unsigned char *bytes,
                               size_t blocks);
/* After the first pass. False: there is no sketch, for the values are not finite, do not differ, or follow a formula.
 */
bool jk_sketching_turn(struct jk_sketching *sketching);
/* After that: whether the elements' sum is finite, as it is not where one of them is infinite or no number (NaN). */
bool jk_sketching_is_finite(const struct jk_sketching *sketching);
void jk_sketching_second(struct jk_sketching *sketching, const struct jk_signs *signs, const double *elements,
                         size_t count);
void jk_sketching_second_blocks(struct jk_sketching *sketching, const struct jk_signs *signs,
                                const struct jk_type *type, const unsigned char *bytes, size_t blocks);
/* False: there is none, for all sums are zero. */
bool jk_sketching_end(const struct jk_sketching *sketching, struct jk_sketch *out_sketch);

void jk_sketch_write(const struct jk_sketch *sketch, unsigned char out[JK_SKETCH_BYTES]);
/* False: not what a sketch can be, since its largest number is not 32,767. */
bool jk_sketch_read(const unsigned char bytes[JK_SKETCH_BYTES], struct jk_sketch *out_sketch);

/* ---- comparing ---- */

#define JK_SIMILAR_ALL  10000u /* |r| in ten-thousandths */
#define JK_SIMILAR_NEAR 9999u
#define JK_SIMILAR_KIN  5000u

/* False: too few buckets carry it for it to say anything. */
bool jk_sketch_carries(const struct jk_sketch *sketch);
/* The sum of the squares, which each comparison needs. */
uint64_t jk_sketch_squares(const struct jk_sketch *sketch);
/* |r|, rounded down. */
uint32_t jk_sketch_similarity(const struct jk_sketch *a, const struct jk_sketch *b);
/* The same, of sketches whose squares are known. */
uint32_t jk_sketch_similarity_of(const struct jk_sketch *a, uint64_t a_squares, const struct jk_sketch *b,
                                 uint64_t b_squares);

#endif
