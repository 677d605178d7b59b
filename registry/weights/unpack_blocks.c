/* ggml's block types. A block of 32 has one scale (and perhaps one offset) for all; a block of 256 ("K") has small
 * scales for groups of 16 or 32 below one of its own. Scales are halves, all else integers, so that each product and
 * sum is exact as a double in whichever order. */
#include "weights/unpack.h"

const signed char jk_unpack_iq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

#define EACH(bytes_of_block) for (size_t block = 0; block < blocks; block++, bytes += (bytes_of_block))

/* ---- blocks of 32: the low halves of 16 bytes are elements 0 to 15, the high halves 16 to 31 ---- */

JK_UNPACK_WIDE void jk_unpack_q4_0(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    EACH(18)
    {
        double scale = jk_unpack_half(bytes);
        for (unsigned i = 0; i < 16; i++) {
            *out = scale * ((int)(bytes[2 + i] & 15) - 8);
            out[16] = scale * ((int)(bytes[2 + i] >> 4) - 8);
            out++;
        }
        out += 16;
    }
}

JK_UNPACK_WIDE void jk_unpack_q4_1(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    EACH(20)
    {
        double scale = jk_unpack_half(bytes), least = jk_unpack_half(bytes + 2);
        for (unsigned i = 0; i < 16; i++) {
            *out = scale * (bytes[4 + i] & 15) + least;
            out[16] = scale * (bytes[4 + i] >> 4) + least;
            out++;
        }
        out += 16;
    }
}

/* The fifth bits stand together, bit i for element i. */
static unsigned fifth(const unsigned char *bits, unsigned i)
{
    return (unsigned)(bits[i / 8] >> (i % 8) & 1) << 4;
}

JK_UNPACK_WIDE void jk_unpack_q5_0(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    EACH(22)
    {
        double scale = jk_unpack_half(bytes);
        for (unsigned i = 0; i < 16; i++) {
            *out = scale * ((int)((bytes[6 + i] & 15) | fifth(bytes + 2, i)) - 16);
            out[16] = scale * ((int)(bytes[6 + i] >> 4 | fifth(bytes + 2, i + 16)) - 16);
            out++;
        }
        out += 16;
    }
}

JK_UNPACK_WIDE void jk_unpack_q5_1(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    EACH(24)
    {
        double scale = jk_unpack_half(bytes), least = jk_unpack_half(bytes + 2);
        for (unsigned i = 0; i < 16; i++) {
            *out = scale * (int)((bytes[8 + i] & 15) | fifth(bytes + 4, i)) + least;
            out[16] = scale * (int)(bytes[8 + i] >> 4 | fifth(bytes + 4, i + 16)) + least;
            out++;
        }
        out += 16;
    }
}

JK_UNPACK_WIDE void jk_unpack_q8_0(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    EACH(34)
    {
        double scale = jk_unpack_half(bytes);
        for (unsigned i = 0; i < 32; i++)
            out[i] = scale * (signed char)bytes[2 + i];
        out += 32;
    }
}

JK_UNPACK_WIDE void jk_unpack_iq4_nl(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    EACH(18)
    {
        double scale = jk_unpack_half(bytes);
        for (unsigned i = 0; i < 16; i++) {
            *out = scale * jk_unpack_iq4[bytes[2 + i] & 15];
            out[16] = scale * jk_unpack_iq4[bytes[2 + i] >> 4];
            out++;
        }
        out += 16;
    }
}

/* ---- blocks of 256 ---- */

/* 16 scales of 4 bits with offsets of 4; 64 bytes of 2 bits; scale and offset. Of each half of 128, the bits 0 and 1 of
 * its 32 bytes are the first 32 elements, bits 2 and 3 the next, and so on. */
JK_UNPACK_WIDE void jk_unpack_q2_k(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    EACH(84)
    {
        double scale = jk_unpack_half(bytes + 80), least = jk_unpack_half(bytes + 82);
        for (unsigned i = 0; i < 256; i++) {
            unsigned small = bytes[i / 16], value = bytes[16 + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3;
            *out++ = scale * (int)(small & 15) * (int)value - least * (int)(small >> 4);
        }
    }
}

/* The 16 scales of Q3_K have 6 bits: 4 in the first 8 bytes, low halves first, 2 in the last 4 bytes. */
static int q3_scale(const unsigned char *packed, unsigned group)
{
    unsigned low = packed[group % 8] >> (group / 8 * 4) & 15, high = packed[8 + group % 4] >> (group / 4 * 2) & 3;
    return (int)(low | high << 4) - 32;
}

/* 32 bytes of third bits (bit k of byte j: element 32k + j), 64 of 2 bits as in Q2_K, the scales, one scale. */
JK_UNPACK_WIDE void jk_unpack_q3_k(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    EACH(110)
    {
        double scale = jk_unpack_half(bytes + 108);
        for (unsigned i = 0; i < 256; i++) {
            int value = bytes[32 + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3;
            if (!(bytes[i % 32] >> (i / 32) & 1)) value -= 4;
            *out++ = scale * q3_scale(bytes + 96, i / 16) * value;
        }
    }
}

/* What a group of 32 elements is made with: its numbers times a step, less an offset. */
struct q4_group {
    double step, below;
};

/* Q4_K and Q5_K: 8 scales and 8 offsets of 6 bits in 12 bytes, below a scale and an offset of the block. The first four
 * stand by themselves; the others' lower bits are in the last four bytes, their upper two above the first four. */
static inline struct q4_group q4_group(const unsigned char *packed, unsigned group, double scale, double offset)
{
    int small = packed[group] & 63, least = packed[group + 4] & 63;
    if (group >= 4) {
        small = (packed[group + 4] & 15) | (packed[group - 4] >> 6) << 4;
        least = packed[group + 4] >> 4 | (packed[group] >> 6) << 4;
    }
    return (struct q4_group){scale * small, offset * least};
}

/* 128 bytes: of each 32, the low halves are 32 elements, and the high halves the next 32. */
JK_UNPACK_WIDE void jk_unpack_q4_k(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    EACH(144)
    {
        double scale = jk_unpack_half(bytes), offset = jk_unpack_half(bytes + 2);
        for (unsigned group = 0; group < 8; group += 2, out += 64) {
            const unsigned char *four = bytes + 16 + (size_t)group / 2 * 32;
            struct q4_group low = q4_group(bytes + 4, group, scale, offset),
                            high = q4_group(bytes + 4, group + 1, scale, offset);
            for (unsigned i = 0; i < 32; i++)
                out[i] = low.step * (four[i] & 15) - low.below;
            for (unsigned i = 0; i < 32; i++)
                out[32 + i] = high.step * (four[i] >> 4) - high.below;
        }
    }
}

/* The same with 32 bytes of fifth bits before: bit k of byte j is of element 32k + j. */
JK_UNPACK_WIDE void jk_unpack_q5_k(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    EACH(176)
    {
        double scale = jk_unpack_half(bytes), offset = jk_unpack_half(bytes + 2);
        for (unsigned group = 0; group < 8; group += 2, out += 64) {
            const unsigned char *four = bytes + 48 + (size_t)group / 2 * 32, *fifths = bytes + 16;
            struct q4_group low = q4_group(bytes + 4, group, scale, offset),
                            high = q4_group(bytes + 4, group + 1, scale, offset);
            for (unsigned i = 0; i < 32; i++)
                out[i] = low.step * ((four[i] & 15) | (fifths[i] >> group & 1) << 4) - low.below;
            for (unsigned i = 0; i < 32; i++)
                out[32 + i] = high.step * (four[i] >> 4 | (fifths[i] >> (group + 1) & 1) << 4) - high.below;
        }
    }
}

/* 128 bytes of 4 bits, 64 of 2 bits, 16 signed scales, one scale. Of each half of 128: elements 0 to 63 are the low
 * halves of its 64 bytes, 64 to 127 the high ones; the two upper bits are laid out as in Q2_K. */
JK_UNPACK_WIDE void jk_unpack_q6_k(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    EACH(210)
    {
        double scale = jk_unpack_half(bytes + 208);
        for (unsigned group = 0; group < 16; group++) { /* of 16 elements */
            unsigned half = group / 8, in = group % 8 * 16;
            const unsigned char *low = bytes + half * 64 + in % 64, *high = bytes + 128 + half * 32 + in % 32;
            unsigned low_shift = in / 64 * 4, high_shift = in / 32 * 2;
            double step = scale * (signed char)bytes[192 + group];
            for (unsigned i = 0; i < 16; i++)
                out[i] = step * ((int)((low[i] >> low_shift & 15u) | (high[i] >> high_shift & 3u) << 4) - 32);
            out += 16;
        }
    }
}

/* One scale, 8 scales of 6 bits (4 bits each in 4 bytes, the upper 2 bits in a word of 16), 128 bytes as in IQ4_NL
 * by 32. */
JK_UNPACK_WIDE void jk_unpack_iq4_xs(const unsigned char *restrict bytes, size_t blocks, double *restrict out)
{
    EACH(136)
    {
        double scale = jk_unpack_half(bytes);
        unsigned high = jk_unpack_u16(bytes + 2);
        for (unsigned group = 0; group < 8; group++) {
            const unsigned char *four = bytes + 8 + group * 16;
            unsigned low = bytes[4 + group / 2] >> (group % 2 * 4) & 15;
            double step = scale * ((int)(low | (high >> (2 * group) & 3) << 4) - 32);
            for (unsigned i = 0; i < 16; i++) {
                out[i] = step * jk_unpack_iq4[four[i] & 15];
                out[i + 16] = step * jk_unpack_iq4[four[i] >> 4];
            }
            out += 32;
        }
    }
}
