/* See type.h. */
#include "weights/type.h"

#include "weights/unpack.h"

static const struct jk_type safetensors[] = {
#define JK_DTYPE(word, elements, bytes, unpack) {#word, 0, elements, bytes, unpack},
#include "domain/dtype.def"
#undef JK_DTYPE
};

static const struct jk_type gguf[] = {
    {"F32", 0, 1, 4, jk_unpack_f32},
    {"F16", 1, 1, 2, jk_unpack_f16},
    {"Q4_0", 2, 32, 18, jk_unpack_q4_0},
    {"Q4_1", 3, 32, 20, jk_unpack_q4_1},
    {"Q5_0", 6, 32, 22, jk_unpack_q5_0},
    {"Q5_1", 7, 32, 24, jk_unpack_q5_1},
    {"Q8_0", 8, 32, 34, jk_unpack_q8_0},
    {"Q8_1", 9, 32, 36, NULL},
    {"Q2_K", 10, 256, 84, jk_unpack_q2_k},
    {"Q3_K", 11, 256, 110, jk_unpack_q3_k},
    {"Q4_K", 12, 256, 144, jk_unpack_q4_k},
    {"Q5_K", 13, 256, 176, jk_unpack_q5_k},
    {"Q6_K", 14, 256, 210, jk_unpack_q6_k},
    {"Q8_K", 15, 256, 292, NULL},
    {"IQ2_XXS", 16, 256, 66, NULL},
    {"IQ2_XS", 17, 256, 74, NULL},
    {"IQ3_XXS", 18, 256, 98, NULL},
    {"IQ1_S", 19, 256, 50, NULL},
    {"IQ4_NL", 20, 32, 18, jk_unpack_iq4_nl},
    {"IQ3_S", 21, 256, 110, NULL},
    {"IQ2_S", 22, 256, 82, NULL},
    {"IQ4_XS", 23, 256, 136, jk_unpack_iq4_xs},
    {"I8", 24, 1, 1, NULL},
    {"I16", 25, 1, 2, NULL},
    {"I32", 26, 1, 4, NULL},
    {"I64", 27, 1, 8, NULL},
    {"F64", 28, 1, 8, NULL},
    {"IQ1_M", 29, 256, 56, NULL},
    {"BF16", 30, 1, 2, jk_unpack_bf16},
    {"TQ1_0", 34, 256, 54, NULL},
    {"TQ2_0", 35, 256, 66, NULL},
    {"MXFP4", 39, 32, 17, NULL},
    {"NVFP4", 40, 64, 36, NULL},
    {"Q1_0", 41, 128, 18, NULL},
};

static const struct jk_type *find_word(const struct jk_type *types, size_t count, struct jk_span word)
{
    for (size_t i = 0; i < count; i++)
        if (jk_span_equal(word, jk_span_of(types[i].word))) return &types[i];
    return NULL;
}

const struct jk_type *jk_type_safetensors(struct jk_span word)
{
    return find_word(safetensors, sizeof safetensors / sizeof safetensors[0], word);
}

const struct jk_type *jk_type_gguf(uint32_t code)
{
    for (size_t i = 0; i < sizeof gguf / sizeof gguf[0]; i++)
        if (gguf[i].code == code) return &gguf[i];
    return NULL;
}

bool jk_type_size(const struct jk_type *type, uint64_t elements, uint64_t *out_bytes)
{
    return elements % type->elements == 0 &&
           !__builtin_mul_overflow(elements / type->elements, (uint64_t)type->bytes, out_bytes);
}
