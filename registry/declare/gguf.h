/* The few keys of a GGUF file's metadata that speak of lineage (GGUF versions 2 and 3, little-endian; specification:
 * ggml's docs/gguf.md). Pure; spans point into the bytes given, which may be the file's beginning only: keys past their
 * end are not found, which `partial` tells. At most 65,536 keys, 16 base models, nested arrays are skipped to depth 4.
 * llama.cpp fills base_model from the card of the model that was converted, so that it often names the grandparent. */
#ifndef JK_DECLARE_GGUF_H
#define JK_DECLARE_GGUF_H

#include "base/error.h"

#define JK_GGUF_BASES_MAX 16
#define JK_GGUF_KEYS_MAX  65536u
#define JK_GGUF_READ_MAX  (8u << 20) /* how much of a file a caller should give */

struct jk_gguf {
    struct jk_span name;                     /* general.name; empty for absent */
    struct jk_span license;                  /* general.license */
    uint32_t base_count;                     /* general.base_model.count as the file says */
    struct jk_span bases[JK_GGUF_BASES_MAX]; /* org/name or URL by index; empty where the file names none */
    bool partial;
};

/* INVALID_ARGUMENT where it is no GGUF file; a damaged or cut one gives what stands before the damage. */
JK_MUST_USE enum jk_status jk_gguf_parse(struct jk_span bytes, struct jk_gguf *out_gguf, struct jk_error *error);

#endif
