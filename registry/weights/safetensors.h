/* A safetensors file's header: a length of 8 bytes, little-endian, and that many bytes of JSON. Pure.
 * Stricter than JSON: no key twice, no fields but those of the format, whole numbers alone. The tensors fill the rest
 * of the file without holes and overlaps, to its last byte. */
#ifndef JK_WEIGHTS_SAFETENSORS_H
#define JK_WEIGHTS_SAFETENSORS_H

#include "weights/tensors.h"

#define JK_SAFETENSORS_LENGTH     8u
#define JK_SAFETENSORS_HEADER_MAX 100000000u

/* How long the header is, of a file of `size` bytes that begins with `head` (at least 8 of them, or all). */
bool jk_safetensors_length(struct jk_span head, uint64_t size, uint64_t *out_length, struct jk_fault *fault);
/* `header`: the bytes after the length. The table is begun in any case. */
bool jk_safetensors_read(struct jk_span header, uint64_t size, struct jk_tensors *table, struct jk_fault *fault);

#endif
