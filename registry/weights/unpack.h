/* What the elements of each type are worth; see type.h. Inside weights/ only. */
#ifndef JK_WEIGHTS_UNPACK_H
#define JK_WEIGHTS_UNPACK_H

#include <string.h>

#include "weights/type.h"

jk_unpack_fn jk_unpack_f64, jk_unpack_f32, jk_unpack_f16, jk_unpack_bf16, jk_unpack_f8_e4m3, jk_unpack_f8_e5m2,
    jk_unpack_i8;
jk_unpack_fn jk_unpack_q4_0, jk_unpack_q4_1, jk_unpack_q5_0, jk_unpack_q5_1, jk_unpack_q8_0, jk_unpack_iq4_nl;
jk_unpack_fn jk_unpack_q2_k, jk_unpack_q3_k, jk_unpack_q4_k, jk_unpack_q5_k, jk_unpack_q6_k, jk_unpack_iq4_xs;

/* Loops for processors with wide vectors are chosen when the program is loaded. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define JK_UNPACK_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define JK_UNPACK_WIDE
#endif

/* Little-endian numbers, by one load where the machine is so too: bytes put together are slow in vectors. */
static inline uint32_t jk_unpack_u16(const unsigned char *at)
{
    uint16_t bits;
    memcpy(&bits, at, sizeof bits);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap16(bits) : bits;
}

static inline uint32_t jk_unpack_u32(const unsigned char *at)
{
    uint32_t bits;
    memcpy(&bits, at, sizeof bits);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap32(bits) : bits;
}

/* A binary16 number; NaN for whatever is not finite. */
double jk_unpack_half(const unsigned char *at);
/* The sixteen values of the IQ4 types. */
extern const signed char jk_unpack_iq4[16];

#endif
