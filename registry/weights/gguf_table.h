/* A GGUF file's header: its metadata, of which only the alignment matters here, and its tensors (versions 2 and 3,
 * little-endian; ggml's docs/gguf.md). Pure. Tensors lie one after the other in the order of the table, each at the
 * next multiple of the alignment, and the file ends with the last of them or its padding. */
#ifndef JK_WEIGHTS_GGUF_TABLE_H
#define JK_WEIGHTS_GGUF_TABLE_H

#include "weights/tensors.h"

#define JK_GGUF_TABLE_HEADER_MAX (64u << 20)

/* `head`: the file's first bytes. *out_cut: the header is longer than these; more of them are to be given. The table is
 * begun in any case. Fault with `unknown`: another version or byte order, or a type that nobody here knows. */
bool jk_gguf_table_read(struct jk_span head, uint64_t size, struct jk_tensors *table, bool *out_cut,
                        struct jk_fault *fault);

#endif
