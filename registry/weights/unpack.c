/* The plain types. Their loops have no branches, so that the compiler turns them into vector code. */
#include "weights/unpack.h"

#include <math.h>

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

static inline uint32_t u32_of(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

JK_UNPACK_WIDE void jk_unpack_f32(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    for (size_t i = 0; i < blocks; i++)
        out[i] = (double)float_of(u32_of(bytes + 4 * i));
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

/* A number of 8 bits with `mantissa` bits behind the exponent, whose excess is `bias`. */
static double small_float(unsigned byte, unsigned mantissa, int bias)
{
    unsigned exponent = (byte & 0x7f) >> mantissa, rest = byte & ((1u << mantissa) - 1);
    double value = exponent ? ldexp((double)(rest | 1u << mantissa), (int)exponent - bias - (int)mantissa)
                            : ldexp((double)rest, 1 - bias - (int)mantissa);
    return byte & 0x80 ? -value : value;
}

/* E4M3FN: no infinities, and one NaN of each sign. */
void jk_unpack_f8_e4m3(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    double values[256];
    for (unsigned byte = 0; byte < 256; byte++)
        values[byte] = (byte & 0x7f) == 0x7f ? (double)NAN : small_float(byte, 3, 7);
    for (size_t i = 0; i < blocks; i++)
        out[i] = values[bytes[i]];
}

void jk_unpack_f8_e5m2(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    double values[256];
    for (unsigned byte = 0; byte < 256; byte++)
        values[byte] = (byte & 0x7f) >= 0x7c ? (double)NAN : small_float(byte, 2, 15);
    for (size_t i = 0; i < blocks; i++)
        out[i] = values[bytes[i]];
}

JK_UNPACK_WIDE void jk_unpack_i8(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    for (size_t i = 0; i < blocks; i++)
        out[i] = (double)(signed char)bytes[i];
}
