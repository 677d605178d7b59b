/* See sketch.h. Within a bucket sums go up in the order of the elements, so the loops over a row of 256 buckets may be
 * vector code: no sum is split. This folder is compiled without fused operations, which round once where the format
 * rounds twice. */
#include "weights/sketch.h"

#include <math.h>
#include <stdlib.h>

#include "weights/wide.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define WIDE __attribute__((target_clones("avx512f", "avx2", "default"))) /* chosen when the program is loaded */
#else
#define WIDE
#endif

#define CUT  4.0 /* standard deviations */
#define ROWS 4u  /* of a piece of elements */

bool jk_sketching_begin(struct jk_sketching *sketching, const uint64_t *shape, uint32_t dimensions)
{
    *sketching = (struct jk_sketching){.wide = 512};
    return jk_formula_begin(&sketching->formula, shape, dimensions);
}

void jk_sketching_done(struct jk_sketching *sketching)
{
    jk_formula_done(&sketching->formula);
}

/* ---- first pass ---- */

/* Four rows at once, for then a sum is loaded and stored once for four elements. */
WIDE static void add_squares(double *restrict sum, double *restrict squares, const double *restrict elements,
                             size_t rows)
{
    for (; rows >= ROWS; rows -= ROWS, elements += ROWS * JK_SKETCH_BUCKETS)
        for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++) {
            double total = sum[b], total_squares = squares[b];
            for (size_t r = 0; r < ROWS; r++) {
                double element = elements[r * JK_SKETCH_BUCKETS + b], square = element * element;
                total += element;
                total_squares += square;
            }
            sum[b] = total;
            squares[b] = total_squares;
        }
    for (; rows > 0; rows--, elements += JK_SKETCH_BUCKETS)
        for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++) {
            double square = elements[b] * elements[b];
            sum[b] += elements[b];
            squares[b] += square;
        }
}

void jk_sketching_first(struct jk_sketching *sketching, const double *elements, size_t count)
{
    size_t rows = count / JK_SKETCH_BUCKETS, whole = rows * JK_SKETCH_BUCKETS;
    add_squares(sketching->sum, sketching->squares, elements, rows);
    for (size_t i = whole; i < count; i++) {
        double square = elements[i] * elements[i];
        sketching->sum[i - whole] += elements[i];
        sketching->squares[i - whole] += square;
    }
    jk_formula_add(&sketching->formula, elements, count);
    sketching->count += count;
}

/* So many bytes of the type are one piece. */
static size_t piece_of(const struct jk_type *type, size_t blocks, size_t *out_count)
{
    size_t most = JK_SKETCHING_PIECE / type->elements, part = blocks < most ? blocks : most;
    *out_count = part * type->elements;
    return part;
}

/* As they lie, once it is plain that they follow no formula. */
static bool first_rows(struct jk_sketching *sketching, const struct jk_type *type, const unsigned char *bytes,
                       size_t count)
{
    enum jk_wide_form form;
    if (jk_formula_is_open(&sketching->formula) || count % JK_SKETCH_BUCKETS != 0 || !jk_wide_form_of(type, &form) ||
        !jk_wide_first(sketching->wide, form, sketching->sum, sketching->squares, bytes, count / JK_SKETCH_BUCKETS))
        return false;
    sketching->count += count;
    return true;
}

void jk_sketching_first_blocks(struct jk_sketching *sketching, const struct jk_type *type, const unsigned char *bytes,
                               size_t blocks)
{
    double elements[JK_SKETCHING_PIECE];
    for (size_t part, count; blocks > 0; blocks -= part, bytes += part * type->bytes) {
        part = piece_of(type, blocks, &count);
        if (first_rows(sketching, type, bytes, count)) continue;
        type->unpack(bytes, part, elements);
        jk_sketching_first(sketching, elements, count);
    }
}

bool jk_sketching_turn(struct jk_sketching *sketching)
{
    double sum = 0, squares = 0, count = (double)sketching->count;
    for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++) {
        sum += sketching->sum[b];
        squares += sketching->squares[b];
    }
    sketching->mean = sum / count;
    double square = sketching->mean * sketching->mean;
    double variance = squares / count - square;
    if (!isfinite(variance) || !(variance > 0)) return false;
    if (jk_formula_found(&sketching->formula, count, squares)) return false;
    sketching->deviation = jk_divisor_of(sqrt(variance));
    sketching->deviation.multiplies &= sketching->narrow;
    sketching->count = 0;
    memset(sketching->sum, 0, sizeof sketching->sum);
    return true;
}

bool jk_sketching_is_finite(const struct jk_sketching *sketching)
{
    return isfinite(sketching->mean);
}

/* ---- second pass ---- */

/* With the opposite sign where the bit is not set. */
static inline double with_sign(double value, uint64_t word, unsigned bit)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits ^= (~(word >> bit) & 1) << 63;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double cut(double value)
{
    value = value < -CUT ? -CUT : value;
    return value > CUT ? CUT : value;
}

static void add_signed_plain(const struct jk_sketching *sketching, double *sum, const double *elements, size_t rows,
                             const uint64_t *signs)
{
    double mean = sketching->mean, deviation = sketching->deviation.value;
    for (; rows > 0; rows--)
        for (size_t quarter = 0; quarter < 4; quarter++, elements += 64, signs++)
            for (unsigned b = 0; b < 64; b++)
                sum[64 * quarter + b] += with_sign(cut((elements[b] - mean) / deviation), *signs, b);
}

static void add_signed(const struct jk_sketching *sketching, double *sum, const double *elements, size_t rows,
                       const uint64_t *signs)
{
    if (!jk_wide_second(sketching->wide, JK_WIDE_DOUBLE, sum, (const unsigned char *)elements, rows, signs,
                        sketching->mean, &sketching->deviation))
        add_signed_plain(sketching, sum, elements, rows, signs);
}

/* At most a block of signs. */
static void second_block(struct jk_sketching *sketching, const uint64_t *signs, const double *elements, size_t count)
{
    size_t rows = count / JK_SKETCH_BUCKETS, whole = rows * JK_SKETCH_BUCKETS;
    add_signed(sketching, sketching->sum, elements, rows, signs);
    for (size_t i = whole; i < count; i++) {
        double value = cut((elements[i] - sketching->mean) / sketching->deviation.value);
        sketching->sum[i - whole] += with_sign(value, signs[i / 64], i % 64);
    }
}

void jk_sketching_second(struct jk_sketching *sketching, const struct jk_signs *signs, const double *elements,
                         size_t count)
{
    uint64_t room[JK_SIGNS_BLOCK / 64];
    while (count > 0) {
        size_t at = sketching->count % JK_SIGNS_BLOCK, left = JK_SIGNS_BLOCK - at, part = count < left ? count : left;
        const uint64_t *block = jk_signs_block(signs, sketching->count / JK_SIGNS_BLOCK, room);
        second_block(sketching, block + at / 64, elements, part);
        sketching->count += part;
        elements += part;
        count -= part;
    }
}

/* A piece lies within a block of signs. */
static bool second_rows(struct jk_sketching *sketching, const struct jk_signs *signs, const struct jk_type *type,
                        const unsigned char *bytes, size_t count)
{
    enum jk_wide_form form;
    uint64_t room[JK_SIGNS_BLOCK / 64];
    if (count % JK_SKETCH_BUCKETS != 0 || !jk_wide_form_of(type, &form)) return false;
    const uint64_t *block = jk_signs_block(signs, sketching->count / JK_SIGNS_BLOCK, room);
    if (!jk_wide_second(sketching->wide, form, sketching->sum, bytes, count / JK_SKETCH_BUCKETS,
                        block + sketching->count % JK_SIGNS_BLOCK / 64, sketching->mean, &sketching->deviation))
        return false;
    sketching->count += count;
    return true;
}

void jk_sketching_second_blocks(struct jk_sketching *sketching, const struct jk_signs *signs,
                                const struct jk_type *type, const unsigned char *bytes, size_t blocks)
{
    double elements[JK_SKETCHING_PIECE];
    for (size_t part, count; blocks > 0; blocks -= part, bytes += part * type->bytes) {
        part = piece_of(type, blocks, &count);
        if (second_rows(sketching, signs, type, bytes, count)) continue;
        type->unpack(bytes, part, elements);
        jk_sketching_second(sketching, signs, elements, count);
    }
}

bool jk_sketching_end(const struct jk_sketching *sketching, struct jk_sketch *out_sketch)
{
    double most = 0;
    for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++)
        most = fabs(sketching->sum[b]) > most ? fabs(sketching->sum[b]) : most;
    if (!(most > 0)) return false;
    for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++) {
        double scaled = 32767.0 * sketching->sum[b];
        out_sketch->at[b] = (int16_t)round(scaled / most);
    }
    return true;
}

/* ---- bytes ---- */

void jk_sketch_write(const struct jk_sketch *sketch, unsigned char out[JK_SKETCH_BYTES])
{
    for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++) {
        uint16_t bits = (uint16_t)sketch->at[b];
        out[2 * b] = (unsigned char)(bits >> 8);
        out[2 * b + 1] = (unsigned char)bits;
    }
}

bool jk_sketch_read(const unsigned char bytes[JK_SKETCH_BYTES], struct jk_sketch *out_sketch)
{
    int most = 0;
    for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++) {
        int value = (int16_t)(uint16_t)(bytes[2 * b] << 8 | bytes[2 * b + 1]);
        out_sketch->at[b] = (int16_t)value;
        most = abs(value) > most ? abs(value) : most;
    }
    return most == INT16_MAX;
}

/* ---- comparing ---- */

WIDE static int64_t product(const int16_t *a, const int16_t *b)
{
    int64_t sum = 0;
    for (size_t i = 0; i < JK_SKETCH_BUCKETS; i++)
        sum += (int32_t)a[i] * (int32_t)b[i];
    return sum;
}

bool jk_sketch_carries(const struct jk_sketch *sketch)
{
    unsigned __int128 squares = 0, fourths = 0;
    for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++) {
        uint64_t square = (uint64_t)((int32_t)sketch->at[b] * (int32_t)sketch->at[b]);
        squares += square;
        fourths += (unsigned __int128)square * square;
    }
    return JK_SKETCH_BUCKETS * fourths <= 12 * squares * squares;
}

/* The largest whole number whose square is at most `value`. */
static uint32_t root_of(uint64_t value)
{
    uint64_t root = 0;
    for (uint64_t bit = 1u << 16; bit > 0; bit >>= 1)
        if ((root | bit) * (root | bit) <= value) root |= bit;
    return (uint32_t)root;
}

uint64_t jk_sketch_squares(const struct jk_sketch *sketch)
{
    return (uint64_t)product(sketch->at, sketch->at);
}

uint32_t jk_sketch_similarity_of(const struct jk_sketch *a, uint64_t a_squares, const struct jk_sketch *b,
                                 uint64_t b_squares)
{
    int64_t signed_product = product(a->at, b->at);
    unsigned __int128 s = (unsigned __int128)(signed_product < 0 ? -signed_product : signed_product);
    unsigned __int128 below = (unsigned __int128)a_squares * b_squares;
    if (below == 0) return 0;
    return root_of((uint64_t)((unsigned __int128)JK_SIMILAR_ALL * JK_SIMILAR_ALL * s * s / below));
}

uint32_t jk_sketch_similarity(const struct jk_sketch *a, const struct jk_sketch *b)
{
    return jk_sketch_similarity_of(a, jk_sketch_squares(a), b, jk_sketch_squares(b));
}
