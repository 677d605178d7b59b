/* The element types of weight files: how many elements and bytes a block has, and what the elements are worth. Each
 * value is exact as a double. Pure. Sources: the safetensors format, and ggml's block layouts as published with
 * GGUF. */
#ifndef JK_WEIGHTS_TYPE_H
#define JK_WEIGHTS_TYPE_H

#include "base/span.h"

/* `blocks` whole blocks from `bytes` as `blocks` × elements doubles. */
typedef void jk_unpack_fn(const unsigned char *restrict bytes, size_t blocks, double *restrict out);

struct jk_type {
    const char *word;     /* as in a manifest */
    uint32_t code;        /* GGUF's number; 0 of safetensors' types, which have none */
    uint32_t elements;    /* of a block */
    uint32_t bytes;       /* of a block */
    jk_unpack_fn *unpack; /* NULL: no sketch is made of this type */
};

/* NULL: there is none. */
const struct jk_type *jk_type_safetensors(struct jk_span word);
const struct jk_type *jk_type_gguf(uint32_t code);

/* Bytes of so many elements. False: they do not fill whole blocks, or the number of bytes overflows. */
bool jk_type_size(const struct jk_type *type, uint64_t elements, uint64_t *out_bytes);

#endif
