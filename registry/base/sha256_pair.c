/* See sha256_pair.h. Where the processor has no such instructions, OpenSSL hashes one after the other. The streams count their
 * bytes from different beginnings, so each keeps what it has of a block; whole blocks of both are taken straight from
 * where they lie. */
#include "base/sha256_pair.h"

#include <stdlib.h>

#define BLOCK 64

#if defined(__x86_64__) && defined(__GNUC__)
#define INTERLEAVED 1
#include <immintrin.h>
#else
#define INTERLEAVED 0
#endif

struct stream {
    struct jk_sha256 *plain; /* without the instructions */
    uint32_t state[8];
    uint64_t len;                  /* bytes so far */
    unsigned char rest[2 * BLOCK]; /* the last len % 64 of them; and the padding, at the end */
};

struct jk_sha256_pair {
    bool interleaved;
    struct stream streams[2];
};

#if INTERLEAVED

static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

#define SHA __attribute__((target("sha,sse4.1,ssse3"), always_inline)) static inline

/* The state as the instructions want it: ABEF and CDGH. */
struct lane {
    __m128i abef, cdgh, words[4];
};

SHA void load(struct lane *lane, const uint32_t state[8])
{
    __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);        /* CDAB */
    __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b); /* EFGH */
    lane->abef = _mm_alignr_epi8(low, high, 8);
    lane->cdgh = _mm_blend_epi16(high, low, 0xf0);
}

SHA void store(const struct lane *lane, uint32_t state[8])
{
    __m128i low = _mm_shuffle_epi32(lane->abef, 0x1b), high = _mm_shuffle_epi32(lane->cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xf0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

/* Four rounds with the words of quarter q, and the words of the quarter four further on. */
SHA void four_rounds(struct lane *lane, unsigned q)
{
    __m128i now = lane->words[q % 4], next = lane->words[(q + 1) % 4];
    __m128i keyed = _mm_add_epi32(now, _mm_load_si128((const __m128i *)(constants + (size_t)4 * q)));
    lane->cdgh = _mm_sha256rnds2_epu32(lane->cdgh, lane->abef, keyed);
    lane->abef = _mm_sha256rnds2_epu32(lane->abef, lane->cdgh, _mm_shuffle_epi32(keyed, 0x0e));
    if (q >= 12) return;
    __m128i last = lane->words[(q + 3) % 4];
    __m128i made = _mm_add_epi32(_mm_sha256msg1_epu32(now, next), _mm_alignr_epi8(last, lane->words[(q + 2) % 4], 4));
    lane->words[q % 4] = _mm_sha256msg2_epu32(made, last);
}

/* Written out, for the words' places must be known to the compiler. */
#define ALL_QUARTERS(do_one)                                                                                           \
    do_one(0) do_one(1) do_one(2) do_one(3) do_one(4) do_one(5) do_one(6) do_one(7) do_one(8) do_one(9) do_one(10)     \
        do_one(11) do_one(12) do_one(13) do_one(14) do_one(15)
#define ONE_LANE(q) four_rounds(&lane, q);
#define TWO_LANES(q)                                                                                                   \
    four_rounds(&one, q);                                                                                              \
    four_rounds(&two, q);

SHA void read_block(struct lane *lane, const unsigned char *block)
{
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    for (unsigned i = 0; i < 4; i++)
        lane->words[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(block + (size_t)16 * i)), order);
}

__attribute__((target("sha,sse4.1,ssse3"))) static void one_stream(uint32_t state[8], const unsigned char *bytes,
                                                                   size_t blocks)
{
    struct lane lane;
    load(&lane, state);
    for (; blocks > 0; blocks--, bytes += BLOCK) {
        __m128i abef = lane.abef, cdgh = lane.cdgh;
        read_block(&lane, bytes);
        ALL_QUARTERS(ONE_LANE)
        lane.abef = _mm_add_epi32(lane.abef, abef);
        lane.cdgh = _mm_add_epi32(lane.cdgh, cdgh);
    }
    store(&lane, state);
}

__attribute__((target("sha,sse4.1,ssse3"))) static void two_streams(uint32_t state[2][8],
                                                                    const unsigned char *const bytes[2], size_t blocks)
{
    struct lane one, two;
    load(&one, state[0]);
    load(&two, state[1]);
    for (size_t at = 0; at < blocks * BLOCK; at += BLOCK) {
        __m128i kept[4] = {one.abef, one.cdgh, two.abef, two.cdgh};
        read_block(&one, bytes[0] + at);
        read_block(&two, bytes[1] + at);
        ALL_QUARTERS(TWO_LANES)
        one.abef = _mm_add_epi32(one.abef, kept[0]);
        one.cdgh = _mm_add_epi32(one.cdgh, kept[1]);
        two.abef = _mm_add_epi32(two.abef, kept[2]);
        two.cdgh = _mm_add_epi32(two.cdgh, kept[3]);
    }
    store(&one, state[0]);
    store(&two, state[1]);
}

#ifndef bit_SHA
#define bit_SHA (1u << 29)
#endif
#include <cpuid.h>

static bool has_instructions(void)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) && __builtin_cpu_supports("sse4.1");
}

#else

static void one_stream(uint32_t state[8], const unsigned char *bytes, size_t blocks)
{
    (void)state, (void)bytes, (void)blocks;
}

static void two_streams(uint32_t state[2][8], const unsigned char *const bytes[2], size_t blocks)
{
    (void)state, (void)bytes, (void)blocks;
}

static bool has_instructions(void)
{
    return false;
}

#endif

struct jk_sha256_pair *jk_sha256_pair_new(void)
{
    struct jk_sha256_pair *pair = calloc(1, sizeof *pair);
    if (!pair) return NULL;
    pair->interleaved = has_instructions();
    if (pair->interleaved) return pair;
    for (int i = 0; i < 2; i++)
        pair->streams[i].plain = jk_sha256_new();
    if (pair->streams[0].plain && pair->streams[1].plain) return pair;
    jk_sha256_pair_free(pair);
    return NULL;
}

void jk_sha256_pair_free(struct jk_sha256_pair *pair)
{
    if (!pair) return;
    for (int i = 0; i < 2; i++)
        jk_sha256_free(pair->streams[i].plain);
    free(pair);
}

void jk_sha256_pair_begin(struct jk_sha256_pair *pair, int which)
{
    static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    struct stream *stream = &pair->streams[which];
    stream->len = 0;
    memcpy(stream->state, first, sizeof first);
    if (stream->plain) jk_sha256_begin(stream->plain);
}

/* Fills up the block that was begun; so many bytes of the input were taken. */
static size_t fill_block(struct stream *stream, const unsigned char *bytes, size_t len)
{
    size_t have = stream->len % BLOCK, take = have ? BLOCK - have : 0;
    if (take > len) take = len;
    if (take == 0) return 0;
    memcpy(stream->rest + have, bytes, take);
    stream->len += take;
    if (stream->len % BLOCK == 0) one_stream(stream->state, stream->rest, 1);
    return take;
}

void jk_sha256_pair_add(struct jk_sha256_pair *pair, int which, const void *bytes, size_t len)
{
    struct stream *stream = &pair->streams[which];
    const unsigned char *at = bytes;
    if (stream->plain) {
        jk_sha256_add(stream->plain, bytes, len);
        return;
    }
    size_t taken = fill_block(stream, at, len), blocks = (len - taken) / BLOCK;
    if (blocks > 0) one_stream(stream->state, at + taken, blocks);
    stream->len += (uint64_t)blocks * BLOCK;
    taken += blocks * BLOCK;
    if (len - taken > 0) memcpy(stream->rest + stream->len % BLOCK, at + taken, len - taken);
    stream->len += len - taken;
}

void jk_sha256_pair_add_both(struct jk_sha256_pair *pair, const void *bytes, size_t len)
{
    struct stream *streams = pair->streams;
    if (!pair->interleaved) {
        jk_sha256_pair_add(pair, 0, bytes, len);
        jk_sha256_pair_add(pair, 1, bytes, len);
        return;
    }
    size_t taken[2];
    const unsigned char *at[2];
    uint32_t states[2][8];
    for (int i = 0; i < 2; i++) {
        taken[i] = fill_block(&streams[i], bytes, len);
        at[i] = (const unsigned char *)bytes + taken[i];
        memcpy(states[i], streams[i].state, sizeof states[i]);
    }
    size_t most = taken[0] > taken[1] ? taken[0] : taken[1], blocks = (len - most) / BLOCK;
    two_streams(states, at, blocks);
    for (int i = 0; i < 2; i++) {
        memcpy(streams[i].state, states[i], sizeof states[i]);
        streams[i].len += (uint64_t)blocks * BLOCK;
        taken[i] += blocks * BLOCK;
        jk_sha256_pair_add(pair, i, (const unsigned char *)bytes + taken[i], len - taken[i]);
    }
}

void jk_sha256_pair_end(struct jk_sha256_pair *pair, int which, struct jk_digest *out_digest)
{
    struct stream *stream = &pair->streams[which];
    if (stream->plain) {
        jk_sha256_end(stream->plain, out_digest);
        return;
    }
    size_t have = stream->len % BLOCK, blocks = have < BLOCK - 8 ? 1 : 2;
    uint64_t bits = stream->len * 8;
    stream->rest[have] = 0x80;
    memset(stream->rest + have + 1, 0, blocks * BLOCK - have - 1);
    for (unsigned i = 0; i < 8; i++)
        stream->rest[blocks * BLOCK - 1 - i] = (unsigned char)(bits >> (8 * i));
    one_stream(stream->state, stream->rest, blocks);
    for (unsigned i = 0; i < 8; i++)
        for (unsigned k = 0; k < 4; k++)
            out_digest->bytes[4 * i + k] = (unsigned char)(stream->state[i] >> (24 - 8 * k));
}
