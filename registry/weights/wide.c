/* See wide.h.
 *
 * Division is slow in vectors. A quotient that is right to the last bit comes sooner from the reciprocal, itself
 * rounded once: an estimate, corrected twice by its exact remainder (Markstein, "Computation of elementary functions on
 * the IBM RISC System/6000 processor", 1990). It is the number that `/` gives, as long as no remainder falls below the
 * least double: differences of elements of 32 bits and a mean are far from that. */
#include "weights/wide.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

#include <immintrin.h>

#define CUT 4.0

/* Of four rows or one, which are gone through together so that a sum is loaded and stored once. */
__attribute__((target("avx512f"), always_inline)) static inline void
add_rows_512(double *sum, const double *elements, unsigned rows, const uint64_t *signs, double mean, double deviation)
{
    const __m512d middle = _mm512_set1_pd(mean), divisor = _mm512_set1_pd(deviation),
                  reciprocal = _mm512_set1_pd(1 / deviation);
    const __m512d most = _mm512_set1_pd(CUT), least = _mm512_set1_pd(-CUT);
    const __m512i minus = _mm512_set1_epi64(INT64_MIN);
    for (unsigned b = 0; b < 256; b += 8) {
        __m512d total = _mm512_loadu_pd(sum + b);
        for (unsigned r = 0; r < rows; r++) {
            __m512d value = _mm512_sub_pd(_mm512_loadu_pd(elements + (size_t)256 * r + b), middle),
                    ratio = _mm512_mul_pd(value, reciprocal);
            ratio = _mm512_fmadd_pd(_mm512_fnmadd_pd(divisor, ratio, value), reciprocal, ratio);
            ratio = _mm512_fmadd_pd(_mm512_fnmadd_pd(divisor, ratio, value), reciprocal, ratio);
            ratio = _mm512_min_pd(_mm512_max_pd(ratio, least), most);
            __mmask8 negative = (__mmask8) ~(signs[4 * r + b / 64] >> (b % 64));
            __m512i bits = _mm512_castpd_si512(ratio);
            total = _mm512_add_pd(total, _mm512_castsi512_pd(_mm512_mask_xor_epi64(bits, negative, bits, minus)));
        }
        _mm512_storeu_pd(sum + b, total);
    }
}

__attribute__((target("avx2,fma"), always_inline)) static inline void
add_rows_256(double *sum, const double *elements, unsigned rows, const uint64_t *signs, double mean, double deviation)
{
    const __m256d middle = _mm256_set1_pd(mean), divisor = _mm256_set1_pd(deviation),
                  reciprocal = _mm256_set1_pd(1 / deviation);
    const __m256d most = _mm256_set1_pd(CUT), least = _mm256_set1_pd(-CUT);
    const __m256i minus = _mm256_set1_epi64x(INT64_MIN), places = _mm256_set_epi64x(60, 61, 62, 63);
    for (unsigned b = 0; b < 256; b += 4) {
        __m256d total = _mm256_loadu_pd(sum + b);
        for (unsigned r = 0; r < rows; r++) {
            __m256d value = _mm256_sub_pd(_mm256_loadu_pd(elements + (size_t)256 * r + b), middle),
                    ratio = _mm256_mul_pd(value, reciprocal);
            ratio = _mm256_fmadd_pd(_mm256_fnmadd_pd(divisor, ratio, value), reciprocal, ratio);
            ratio = _mm256_fmadd_pd(_mm256_fnmadd_pd(divisor, ratio, value), reciprocal, ratio);
            ratio = _mm256_min_pd(_mm256_max_pd(ratio, least), most);
            __m256i word = _mm256_set1_epi64x((int64_t) ~(signs[4 * r + b / 64] >> (b % 64)));
            __m256i negative = _mm256_and_si256(_mm256_sllv_epi64(word, places), minus);
            total = _mm256_add_pd(total, _mm256_xor_pd(ratio, _mm256_castsi256_pd(negative)));
        }
        _mm256_storeu_pd(sum + b, total);
    }
}

__attribute__((target("avx512f"))) static void add_512(double *sum, const double *elements, size_t rows,
                                                       const uint64_t *signs, double mean, double deviation)
{
    for (; rows >= 4; rows -= 4, elements += 1024, signs += 16)
        add_rows_512(sum, elements, 4, signs, mean, deviation);
    for (; rows > 0; rows--, elements += 256, signs += 4)
        add_rows_512(sum, elements, 1, signs, mean, deviation);
}

__attribute__((target("avx2,fma"))) static void add_256(double *sum, const double *elements, size_t rows,
                                                        const uint64_t *signs, double mean, double deviation)
{
    for (; rows >= 4; rows -= 4, elements += 1024, signs += 16)
        add_rows_256(sum, elements, 4, signs, mean, deviation);
    for (; rows > 0; rows--, elements += 256, signs += 4)
        add_rows_256(sum, elements, 1, signs, mean, deviation);
}

bool jk_sketching_add_wide(unsigned bits, double *sum, const double *elements, size_t rows, const uint64_t *signs,
                           double mean, double deviation)
{
    if (!(deviation > 0x1p-300 && deviation < 0x1p300)) return false;
    if (bits >= 512 && __builtin_cpu_supports("avx512f"))
        add_512(sum, elements, rows, signs, mean, deviation);
    else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        add_256(sum, elements, rows, signs, mean, deviation);
    else
        return false;
    return true;
}

#else

bool jk_sketching_add_wide(unsigned bits, double *sum, const double *elements, size_t rows, const uint64_t *signs,
                           double mean, double deviation)
{
    (void)bits, (void)sum, (void)elements, (void)rows, (void)signs, (void)mean, (void)deviation;
    return false;
}

#endif
