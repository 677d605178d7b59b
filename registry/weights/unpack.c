/* The plain types. Their loops have no branches, so that the compiler turns them into vector code. */
#include "weights/unpack.h"

static inline float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Subnormal halves are multiples of 2^-24; the others only need another exponent. */
static inline float half_to_float(uint32_t half)
{
    uint32_t sign = (half & 0x8000) << 16, rest = half & 0x7fff;
    float small = (float)(int32_t)rest * 0x1p-24f;
    uint32_t bits;
    memcpy(&bits, &small, sizeof bits);
    bits = rest < 0x400 ? bits : rest < 0x7c00 ? (rest << 13) + (112u << 23) : 0x7fc00000u;
    return float_of(bits | sign);
}

double jk_unpack_half(const unsigned char *at)
{
    return (double)half_to_float(jk_unpack_u16(at));
}

void jk_unpack_f64(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    for (size_t i = 0; i < blocks; i++) {
        uint64_t bits = 0;
        for (unsigned k = 0; k < 8; k++)
            bits |= (uint64_t)bytes[8 * i + k] << (8 * k);
        memcpy(&out[i], &bits, sizeof bits);
    }
}

JK_UNPACK_WIDE void jk_unpack_f32(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    for (size_t i = 0; i < blocks; i++)
        out[i] = (double)float_of(jk_unpack_u32(bytes + 4 * i));
}

JK_UNPACK_WIDE void jk_unpack_f16(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    for (size_t i = 0; i < blocks; i++)
        out[i] = (double)half_to_float(jk_unpack_u16(bytes + 2 * i));
}

JK_UNPACK_WIDE void jk_unpack_bf16(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    for (size_t i = 0; i < blocks; i++)
        out[i] = (double)float_of(jk_unpack_u16(bytes + 2 * i) << 16);
}

/* E4M3FN: no infinities, and one NaN of each sign. Subnormal ones are read with a leading 1, which is taken off again. */
static inline float e4m3_to_float(uint32_t byte)
{
    uint32_t sign = (byte & 0x80) << 24, rest = byte & 0x7f;
    uint32_t subnormal = 0u - (uint32_t)(rest < 8), nan = 0u - (uint32_t)(rest == 0x7f);
    float least = float_of(subnormal & 0x3c800000u); /* 2^-6, or 0 */
    float value = float_of(((rest + (subnormal & 8)) << 20) + (120u << 23)) - least;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return float_of(bits | sign | (nan & 0x7fc00000u));
}

JK_UNPACK_WIDE void jk_unpack_f8_e4m3(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    for (size_t i = 0; i < blocks; i++)
        out[i] = (double)e4m3_to_float(bytes[i]);
}

/* The first half of a binary16 number. */
JK_UNPACK_WIDE void jk_unpack_f8_e5m2(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    for (size_t i = 0; i < blocks; i++)
        out[i] = (double)half_to_float((uint32_t)bytes[i] << 8);
}

JK_UNPACK_WIDE void jk_unpack_i8(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    for (size_t i = 0; i < blocks; i++)
        out[i] = (double)(signed char)bytes[i];
}
