/* See weights.h. */
#include "demo/weights.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/defer.h"
#include "base/digest.h"
#include "base/files.h"
#include "base/text.h"

#define HALVES   4      /* 16-bit numbers whose sum is one drawn number */
#define MIDDLE   131070 /* of that sum */
#define ONE      1048576.0f
#define F32      4u
#define FILE_MAX (1u << 20)

/* ---- numbers ---- */

static uint64_t seed_of(const char *what, const char *name)
{
    struct jk_text text;
    uint64_t seed = 0;
    jk_text_init(&text, 0);
    jk_text_addf(&text, "jokbo demo %s %s", what, name);
    struct jk_digest digest = jk_digest_of(jk_text_span(&text));
    jk_text_done(&text);
    for (int i = 0; i < 8; i++)
        seed = seed << 8 | digest.bytes[i];
    return seed;
}

/* SplitMix64; the sum of its four quarters is nearly normal. */
static int32_t next_number(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    int32_t sum = -MIDDLE;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    for (int i = 0; i < HALVES; i++)
        sum += (int32_t)(z >> 16 * i & 0xffff);
    return sum;
}

void jk_demo_weights_draw(struct jk_demo_weights *out, const char *name)
{
    uint64_t state = seed_of("weights", name);
    for (int tensor = 0; tensor < JK_DEMO_TENSORS; tensor++)
        for (int i = 0; i < JK_DEMO_TENSOR_VALUES; i++)
            out->values[tensor][i] = next_number(&state);
}

void jk_demo_weights_add_noise(struct jk_demo_weights *weights, const char *name, unsigned per_mille)
{
    uint64_t state = seed_of("noise", name);
    for (int tensor = 0; tensor < JK_DEMO_TENSORS; tensor++)
        for (int i = 0; i < JK_DEMO_TENSOR_VALUES; i++)
            weights->values[tensor][i] += (int32_t)((int64_t)next_number(&state) * (int64_t)per_mille / 1000);
}

/* ---- the file ---- */

static void add_little_endian(struct jk_text *out, uint64_t number, unsigned bytes)
{
    char at[8];
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (char)(number >> 8 * i & 0xff);
    jk_text_add(out, (struct jk_span){at, bytes});
}

static void write_header(struct jk_text *out)
{
    static const char *const names[JK_DEMO_TENSORS] = {"model.embed_tokens.weight", "model.layers.0.mlp.up.weight",
                                                       "model.layers.1.mlp.up.weight"};
    const unsigned size = F32 * JK_DEMO_TENSOR_VALUES;
    for (unsigned i = 0; i < JK_DEMO_TENSORS; i++)
        jk_text_addf(out, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[%u,%u]}", i ? "," : "{",
                     names[i], JK_DEMO_SIDE, JK_DEMO_SIDE, size * i, size * (i + 1));
    jk_text_add_str(out, "}");
}

static void write_file(const struct jk_demo_weights *weights, struct jk_text *out)
{
    struct jk_text header;
    jk_text_init(&header, 0);
    write_header(&header);
    add_little_endian(out, jk_text_span(&header).len, 8);
    jk_text_add(out, jk_text_span(&header));
    jk_text_done(&header);
    for (int tensor = 0; tensor < JK_DEMO_TENSORS; tensor++)
        for (int i = 0; i < JK_DEMO_TENSOR_VALUES; i++) {
            float value = (float)weights->values[tensor][i] / ONE; /* exact: fewer than 24 bits, over a power of two */
            uint32_t bits;
            memcpy(&bits, &value, sizeof bits);
            add_little_endian(out, bits, F32);
        }
}

enum jk_status jk_demo_weights_save(const struct jk_demo_weights *weights, const char *folder, struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text bytes;
    char path[PATH_MAX];
    jk_text_init(&bytes, FILE_MAX);
    write_file(weights, &bytes);
    if (bytes.failed) return jk_out_of_memory(error);
    int fault = mkdir(folder, 0700) == 0 ? 0 : errno, len = snprintf(path, sizeof path, "%s/model.safetensors", folder);
    if (len < 0 || (size_t)len >= sizeof path) fault = ENAMETOOLONG;
    if (fault == 0) fault = jk_file_make(AT_FDCWD, path, jk_text_span(&bytes), 0600, false);
    if (fault == 0) return JK_OK;
    return jk_fail(error, JK_INTERNAL, "LOCAL_FILE", "%.200s could not be written: %s", folder, strerror(fault));
}
