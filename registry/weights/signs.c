/* See signs.h. */
#include "weights/signs.h"

#include <stdlib.h>

#include "base/mix.h"

#define WORDS     (JK_SIGNS_BLOCK / 64)
#define KEPT_MAX  ((1u << 27) / JK_SIGNS_BLOCK)
#define HMAC_SIZE 64 /* bytes of SHA-256's block */

struct jk_signs {
    bool keyed;
    unsigned char inner[HMAC_SIZE], outer[HMAC_SIZE]; /* the key as HMAC pads it */
    uint64_t kept;
    uint64_t *blocks[KEPT_MAX];
};

struct jk_signs *jk_signs_new(const struct jk_digest *key)
{
    struct jk_signs *signs = calloc(1, sizeof *signs);
    if (!signs) return NULL;
    signs->keyed = key != NULL;
    for (unsigned i = 0; i < HMAC_SIZE; i++) {
        unsigned char byte = key && i < JK_DIGEST_SIZE ? key->bytes[i] : 0;
        signs->inner[i] = byte ^ 0x36;
        signs->outer[i] = byte ^ 0x5c;
    }
    return signs;
}

void jk_signs_free(struct jk_signs *signs)
{
    if (!signs) return;
    for (uint64_t i = 0; i < signs->kept; i++)
        free(signs->blocks[i]);
    free(signs);
}

/* The top bits of splitmix64's outputs, whose first state is one step from zero. */
static void make_public(uint64_t block, uint64_t *words)
{
    uint64_t state = (block * JK_SIGNS_BLOCK + 1) * JK_MIX_STEP;
    for (unsigned w = 0; w < WORDS; w++) {
        uint64_t word = 0;
        for (unsigned i = 0; i < 64; i++, state += JK_MIX_STEP)
            word |= jk_mix64(state) >> 63 << i;
        words[w] = word;
    }
}

/* HMAC-SHA256(key, number), whose 256 bits are 256 signs, the first the most significant of the first byte. */
static void make_keyed_256(const struct jk_signs *signs, uint64_t number, uint64_t words[4])
{
    unsigned char counter[8];
    for (unsigned i = 0; i < 8; i++)
        counter[i] = (unsigned char)(number >> (56 - 8 * i));
    struct jk_span inner[] = {{(const char *)signs->inner, HMAC_SIZE}, {(const char *)counter, sizeof counter}};
    struct jk_digest digest = jk_digest_parts(inner, 2);
    struct jk_span outer[] = {{(const char *)signs->outer, HMAC_SIZE}, {(const char *)digest.bytes, JK_DIGEST_SIZE}};
    digest = jk_digest_parts(outer, 2);
    memset(words, 0, 4 * sizeof words[0]);
    for (unsigned i = 0; i < 256; i++)
        words[i / 64] |= (uint64_t)(digest.bytes[i / 8] >> (7 - i % 8) & 1) << (i % 64);
}

static void make(const struct jk_signs *signs, uint64_t block, uint64_t *words)
{
    if (!signs->keyed) {
        make_public(block, words);
        return;
    }
    for (unsigned i = 0; i < JK_SIGNS_BLOCK / 256; i++)
        make_keyed_256(signs, block * (JK_SIGNS_BLOCK / 256) + i, words + (size_t)4 * i);
}

bool jk_signs_reserve(struct jk_signs *signs, uint64_t count)
{
    uint64_t blocks = count / JK_SIGNS_BLOCK + (count % JK_SIGNS_BLOCK != 0);
    if (blocks > KEPT_MAX) blocks = KEPT_MAX;
    while (signs->kept < blocks) {
        uint64_t *words = malloc(WORDS * sizeof *words);
        if (!words) return false;
        make(signs, signs->kept, words);
        signs->blocks[signs->kept] = words;
        __atomic_store_n(&signs->kept, signs->kept + 1, __ATOMIC_RELEASE);
    }
    return true;
}

const uint64_t *jk_signs_block(const struct jk_signs *signs, uint64_t block, uint64_t room[JK_SIGNS_BLOCK / 64])
{
    if (block < KEPT_MAX && block < __atomic_load_n(&signs->kept, __ATOMIC_ACQUIRE)) return signs->blocks[block];
    make(signs, block, room);
    return room;
}
