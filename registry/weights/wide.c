/* See wide.h. Quotients are products where the divisor allows it (see divisor.c), else they are divided. */
#include "weights/wide.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

#include <immintrin.h>

#define CUT  4.0
#define ROW  256u
#define WIDE inline __attribute__((always_inline))

/* Of four rows or one, which are gone through together so that a sum is loaded and stored once. */
#define ROWS 4u

__attribute__((target("avx512f"))) static WIDE void add_rows_512(double *sum, const double *elements, unsigned rows,
                                                                 const uint64_t *signs, double mean,
                                                                 const struct jk_divisor *deviation, bool multiplies)
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

/* What four bits are as factors: a product with one of them is exact, so adding it rounds as adding or subtracting. */
#define FACTORS(bits)                                                                                                  \
    {                                                                                                                  \
        (bits) & 1 ? 1 : -1, (bits)&2 ? 1 : -1, (bits)&4 ? 1 : -1, (bits)&8 ? 1 : -1                                   \
    }
static const double factors[16][4] __attribute__((aligned(32))) = {
    FACTORS(0), FACTORS(1), FACTORS(2),  FACTORS(3),  FACTORS(4),  FACTORS(5),  FACTORS(6),  FACTORS(7),
    FACTORS(8), FACTORS(9), FACTORS(10), FACTORS(11), FACTORS(12), FACTORS(13), FACTORS(14), FACTORS(15)};

__attribute__((target("avx2,fma"))) static WIDE void add_rows_256(double *sum, const double *elements, unsigned rows,
                                                                  const uint64_t *signs, double mean,
                                                                  const struct jk_divisor *deviation, bool multiplies)
{
    const __m256d middle = _mm256_set1_pd(mean), divisor = _mm256_set1_pd(deviation->value),
                  reciprocal = _mm256_set1_pd(deviation->reciprocal), rest = _mm256_set1_pd(deviation->rest);
    const __m256d most = _mm256_set1_pd(CUT), least = _mm256_set1_pd(-CUT);
    for (unsigned b = 0; b < ROW; b += 4) {
        __m256d total = _mm256_loadu_pd(sum + b);
        for (unsigned r = 0; r < rows; r++) {
            __m256d value = _mm256_sub_pd(_mm256_loadu_pd(elements + (size_t)ROW * r + b), middle),
                    ratio = multiplies ? _mm256_fmadd_pd(value, reciprocal, _mm256_mul_pd(value, rest))
                                       : _mm256_div_pd(value, divisor);
            ratio = _mm256_min_pd(_mm256_max_pd(ratio, least), most);
            __m256d factor = _mm256_load_pd(factors[signs[4 * r + b / 64] >> (b % 64) & 15]);
            total = _mm256_fmadd_pd(ratio, factor, total);
        }
        _mm256_storeu_pd(sum + b, total);
    }
}

/* All rows, by one of the two above, whichever way it divides. */
#define ADD_ALL(add_rows, multiplies)                                                                                  \
    for (; rows >= ROWS; rows -= ROWS, elements += ROWS * ROW, signs += ROWS * ROW / 64)                               \
        add_rows(sum, elements, ROWS, signs, mean, deviation, multiplies);                                             \
    for (; rows > 0; rows--, elements += ROW, signs += ROW / 64)                                                       \
        add_rows(sum, elements, 1, signs, mean, deviation, multiplies);

__attribute__((target("avx512f"))) static void add_512(double *sum, const double *elements, size_t rows,
                                                       const uint64_t *signs, double mean,
                                                       const struct jk_divisor *deviation)
{
    if (deviation->multiplies) {
        ADD_ALL(add_rows_512, true)
    } else {
        ADD_ALL(add_rows_512, false)
    }
}

__attribute__((target("avx2,fma"))) static void add_256(double *sum, const double *elements, size_t rows,
                                                        const uint64_t *signs, double mean,
                                                        const struct jk_divisor *deviation)
{
    if (deviation->multiplies) {
        ADD_ALL(add_rows_256, true)
    } else {
        ADD_ALL(add_rows_256, false)
    }
}

bool jk_sketching_add_wide(unsigned bits, double *sum, const double *elements, size_t rows, const uint64_t *signs,
                           double mean, const struct jk_divisor *deviation)
{
    if (bits >= 512 && __builtin_cpu_supports("avx512f"))
        add_512(sum, elements, rows, signs, mean, deviation);
    else if (bits >= 256 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        add_256(sum, elements, rows, signs, mean, deviation);
    else
        return false;
    return true;
}

#else

bool jk_sketching_add_wide(unsigned bits, double *sum, const double *elements, size_t rows, const uint64_t *signs,
                           double mean, const struct jk_divisor *deviation)
{
    (void)bits, (void)sum, (void)elements, (void)rows, (void)signs, (void)mean, (void)deviation;
    return false;
}

#endif
