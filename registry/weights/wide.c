/* See wide.h. Quotients are products where the divisor allows it (see divisor.c), else they are divided. */
#include "weights/wide.h"

#include "weights/unpack.h"

bool jk_wide_form_of(const struct jk_type *type, enum jk_wide_form *out_form)
{
    *out_form = type->unpack == jk_unpack_bf16  ? JK_WIDE_BF16
                : type->unpack == jk_unpack_f16 ? JK_WIDE_HALF
                : type->unpack == jk_unpack_f32 ? JK_WIDE_FLOAT
                                                : JK_WIDE_DOUBLE;
    return *out_form != JK_WIDE_DOUBLE;
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

#include <immintrin.h>

#define CUT      4.0
#define ROW      256u
#define INLINED  inline __attribute__((always_inline))
#define WITH_256 __attribute__((target("avx2,fma,f16c")))
#define WITH_512 __attribute__((target("avx512f")))

/* Four rows are gone through together, so that a sum is loaded and stored once for four elements; the last by
 * themselves. */
#define ROWS 4u

static INLINED size_t size_of(enum jk_wide_form form)
{
    return form == JK_WIDE_DOUBLE ? sizeof(double) : form == JK_WIDE_FLOAT ? sizeof(float) : sizeof(uint16_t);
}

/* ---- vectors of 256 bits ---- */

/* Eight elements. The upper half of a float is a BF16 number. */
WITH_256 static INLINED void load_8(enum jk_wide_form form, const unsigned char *at, __m256d out[2])
{
    if (form == JK_WIDE_BF16) {
        __m128i halves = _mm_loadu_si128((const __m128i *)at), zero = _mm_setzero_si128();
        out[0] = _mm256_cvtps_pd(_mm_castsi128_ps(_mm_unpacklo_epi16(zero, halves)));
        out[1] = _mm256_cvtps_pd(_mm_castsi128_ps(_mm_unpackhi_epi16(zero, halves)));
    } else if (form == JK_WIDE_HALF) {
        __m128i halves = _mm_loadu_si128((const __m128i *)at);
        out[0] = _mm256_cvtps_pd(_mm_cvtph_ps(halves));
        out[1] = _mm256_cvtps_pd(_mm_cvtph_ps(_mm_unpackhi_epi64(halves, halves)));
    } else if (form == JK_WIDE_FLOAT) {
        out[0] = _mm256_cvtps_pd(_mm_loadu_ps((const float *)(const void *)at));
        out[1] = _mm256_cvtps_pd(_mm_loadu_ps((const float *)(const void *)(at + 16)));
    } else {
        out[0] = _mm256_loadu_pd((const double *)(const void *)at);
        out[1] = _mm256_loadu_pd((const double *)(const void *)(at + 32));
    }
}

/* The squares are exact, so that rounding their sum once is the same as rounding twice. */
WITH_256 static INLINED void first_rows(enum jk_wide_form form, unsigned rows, double *sum, double *squares,
                                        const unsigned char *elements)
{
    for (unsigned b = 0; b < ROW; b += 8) {
        __m256d total[2] = {_mm256_loadu_pd(sum + b), _mm256_loadu_pd(sum + b + 4)};
        __m256d square[2] = {_mm256_loadu_pd(squares + b), _mm256_loadu_pd(squares + b + 4)}, element[2];
        for (unsigned r = 0; r < rows; r++) {
            load_8(form, elements + (ROW * r + b) * size_of(form), element);
            for (unsigned i = 0; i < 2; i++) {
                total[i] = _mm256_add_pd(total[i], element[i]);
                square[i] = _mm256_fmadd_pd(element[i], element[i], square[i]);
            }
        }
        for (unsigned i = 0; i < 2; i++) {
            _mm256_storeu_pd(sum + b + 4 * i, total[i]);
            _mm256_storeu_pd(squares + b + 4 * i, square[i]);
        }
    }
}

WITH_256 static INLINED void first_all(enum jk_wide_form form, double *sum, double *squares,
                                       const unsigned char *elements, size_t rows)
{
    size_t row = ROW * size_of(form);
    for (; rows >= ROWS; rows -= ROWS, elements += ROWS * row)
        first_rows(form, ROWS, sum, squares, elements);
    for (; rows > 0; rows--, elements += row)
        first_rows(form, 1, sum, squares, elements);
}

/* What four bits are as factors: a product with one of them is exact, so adding it rounds as adding or subtracting. */
#define FACTORS(bits)                                                                                                  \
    {                                                                                                                  \
        (bits) & 1 ? 1 : -1, (bits)&2 ? 1 : -1, (bits)&4 ? 1 : -1, (bits)&8 ? 1 : -1                                   \
    }
static const double factors[16][4] __attribute__((aligned(32))) = {
    FACTORS(0), FACTORS(1), FACTORS(2),  FACTORS(3),  FACTORS(4),  FACTORS(5),  FACTORS(6),  FACTORS(7),
    FACTORS(8), FACTORS(9), FACTORS(10), FACTORS(11), FACTORS(12), FACTORS(13), FACTORS(14), FACTORS(15)};

WITH_256 static INLINED void second_rows(enum jk_wide_form form, unsigned rows, double *sum,
                                         const unsigned char *elements, const uint64_t *signs, double mean,
                                         const struct jk_divisor *deviation, bool multiplies)
{
    const __m256d middle = _mm256_set1_pd(mean), divisor = _mm256_set1_pd(deviation->value),
                  reciprocal = _mm256_set1_pd(deviation->reciprocal), rest = _mm256_set1_pd(deviation->rest);
    const __m256d most = _mm256_set1_pd(CUT), least = _mm256_set1_pd(-CUT);
    for (unsigned b = 0; b < ROW; b += 8) {
        __m256d total[2] = {_mm256_loadu_pd(sum + b), _mm256_loadu_pd(sum + b + 4)}, element[2];
        for (unsigned r = 0; r < rows; r++) {
            uint64_t word = signs[4 * r + b / 64] >> (b % 64);
            load_8(form, elements + (ROW * r + b) * size_of(form), element);
            for (unsigned i = 0; i < 2; i++) {
                __m256d value = _mm256_sub_pd(element[i], middle),
                        ratio = multiplies ? _mm256_fmadd_pd(value, reciprocal, _mm256_mul_pd(value, rest))
                                           : _mm256_div_pd(value, divisor);
                ratio = _mm256_min_pd(_mm256_max_pd(ratio, least), most);
                total[i] = _mm256_fmadd_pd(ratio, _mm256_load_pd(factors[word >> (4 * i) & 15]), total[i]);
            }
        }
        _mm256_storeu_pd(sum + b, total[0]);
        _mm256_storeu_pd(sum + b + 4, total[1]);
    }
}

WITH_256 static INLINED void second_all(enum jk_wide_form form, double *sum, const unsigned char *elements, size_t rows,
                                        const uint64_t *signs, double mean, const struct jk_divisor *deviation,
                                        bool multiplies)
{
    size_t row = ROW * size_of(form);
    for (; rows >= ROWS; rows -= ROWS, elements += ROWS * row, signs += ROWS * ROW / 64)
        second_rows(form, ROWS, sum, elements, signs, mean, deviation, multiplies);
    for (; rows > 0; rows--, elements += row, signs += ROW / 64)
        second_rows(form, 1, sum, elements, signs, mean, deviation, multiplies);
}

/* Each form and way of dividing has a function of its own, in which both are constants. */
#define FIRST(name, form)                                                                                              \
    WITH_256 static void name(double *sum, double *squares, const unsigned char *elements, size_t rows)                \
    {                                                                                                                  \
        first_all(form, sum, squares, elements, rows);                                                                 \
    }
#define SECOND(name, form)                                                                                             \
    WITH_256 static void name(double *sum, const unsigned char *elements, size_t rows, const uint64_t *signs,          \
                              double mean, const struct jk_divisor *deviation)                                         \
    {                                                                                                                  \
        if (deviation->multiplies)                                                                                     \
            second_all(form, sum, elements, rows, signs, mean, deviation, true);                                       \
        else                                                                                                           \
            second_all(form, sum, elements, rows, signs, mean, deviation, false);                                      \
    }

FIRST(first_float, JK_WIDE_FLOAT)
FIRST(first_half, JK_WIDE_HALF)
FIRST(first_bf16, JK_WIDE_BF16)
SECOND(second_double, JK_WIDE_DOUBLE)
SECOND(second_float, JK_WIDE_FLOAT)
SECOND(second_half, JK_WIDE_HALF)
SECOND(second_bf16, JK_WIDE_BF16)

/* ---- vectors of 512 bits, for doubles ---- */

WITH_512 static INLINED void second_rows_512(unsigned rows, double *sum, const double *elements, const uint64_t *signs,
                                             double mean, const struct jk_divisor *deviation, bool multiplies)
{
    const __m512d middle = _mm512_set1_pd(mean), divisor = _mm512_set1_pd(deviation->value),
                  reciprocal = _mm512_set1_pd(deviation->reciprocal), rest = _mm512_set1_pd(deviation->rest);
    const __m512d most = _mm512_set1_pd(CUT), least = _mm512_set1_pd(-CUT);
    const __m512i minus = _mm512_set1_epi64(INT64_MIN);
    for (unsigned b = 0; b < ROW; b += 8) {
        __m512d total = _mm512_loadu_pd(sum + b);
        for (unsigned r = 0; r < rows; r++) {
            __m512d value = _mm512_sub_pd(_mm512_loadu_pd(elements + (size_t)ROW * r + b), middle),
                    ratio = multiplies ? _mm512_fmadd_pd(value, reciprocal, _mm512_mul_pd(value, rest))
                                       : _mm512_div_pd(value, divisor);
            ratio = _mm512_min_pd(_mm512_max_pd(ratio, least), most);
            __mmask8 negative = (__mmask8) ~(signs[4 * r + b / 64] >> (b % 64));
            __m512i bits = _mm512_castpd_si512(ratio);
            total = _mm512_add_pd(total, _mm512_castsi512_pd(_mm512_mask_xor_epi64(bits, negative, bits, minus)));
        }
        _mm512_storeu_pd(sum + b, total);
    }
}

WITH_512 static INLINED void second_all_512(double *sum, const double *elements, size_t rows, const uint64_t *signs,
                                            double mean, const struct jk_divisor *deviation, bool multiplies)
{
    for (; rows >= ROWS; rows -= ROWS, elements += ROWS * ROW, signs += ROWS * ROW / 64)
        second_rows_512(ROWS, sum, elements, signs, mean, deviation, multiplies);
    for (; rows > 0; rows--, elements += ROW, signs += ROW / 64)
        second_rows_512(1, sum, elements, signs, mean, deviation, multiplies);
}

WITH_512 static void second_512(double *sum, const double *elements, size_t rows, const uint64_t *signs, double mean,
                                const struct jk_divisor *deviation)
{
    if (deviation->multiplies)
        second_all_512(sum, elements, rows, signs, mean, deviation, true);
    else
        second_all_512(sum, elements, rows, signs, mean, deviation, false);
}

/* ---- which ---- */

static bool has_256(unsigned bits)
{
    return bits >= 256 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("f16c");
}

bool jk_wide_first(unsigned bits, enum jk_wide_form form, double *sum, double *squares, const unsigned char *elements,
                   size_t rows)
{
    if (!has_256(bits) || form == JK_WIDE_DOUBLE) return false;
    if (form == JK_WIDE_FLOAT) first_float(sum, squares, elements, rows);
    if (form == JK_WIDE_HALF) first_half(sum, squares, elements, rows);
    if (form == JK_WIDE_BF16) first_bf16(sum, squares, elements, rows);
    return true;
}

bool jk_wide_second(unsigned bits, enum jk_wide_form form, double *sum, const unsigned char *elements, size_t rows,
                    const uint64_t *signs, double mean, const struct jk_divisor *deviation)
{
    if (form == JK_WIDE_DOUBLE && bits >= 512 && __builtin_cpu_supports("avx512f")) {
        second_512(sum, (const double *)(const void *)elements, rows, signs, mean, deviation);
        return true;
    }
    if (!has_256(bits)) return false;
    if (form == JK_WIDE_DOUBLE) second_double(sum, elements, rows, signs, mean, deviation);
    if (form == JK_WIDE_FLOAT) second_float(sum, elements, rows, signs, mean, deviation);
    if (form == JK_WIDE_HALF) second_half(sum, elements, rows, signs, mean, deviation);
    if (form == JK_WIDE_BF16) second_bf16(sum, elements, rows, signs, mean, deviation);
    return true;
}

#else

bool jk_wide_first(unsigned bits, enum jk_wide_form form, double *sum, double *squares, const unsigned char *elements,
                   size_t rows)
{
    (void)bits, (void)form, (void)sum, (void)squares, (void)elements, (void)rows;
    return false;
}

bool jk_wide_second(unsigned bits, enum jk_wide_form form, double *sum, const unsigned char *elements, size_t rows,
                    const uint64_t *signs, double mean, const struct jk_divisor *deviation)
{
    (void)bits, (void)form, (void)sum, (void)elements, (void)rows, (void)signs, (void)mean, (void)deviation;
    return false;
}

#endif
