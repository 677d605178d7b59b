/* Reading GGUF's metadata value by value (versions 2 and 3, of either byte order; ggml's docs/gguf.md): the basis of
 * gguf_table.h and of what a file declares (declare/gguf.h). Pure. Every taking checks what is left of the bytes, which
 * may be just the beginning of a file; `cut` tells what lies beyond them from what is wrong. After a failure nothing
 * more is to be taken. */
#ifndef JK_WEIGHTS_GGUF_READER_H
#define JK_WEIGHTS_GGUF_READER_H

#include "weights/tensors.h"

#define JK_GGUF_KEYS_MAX   65536u
#define JK_GGUF_NESTED_MAX 4u /* arrays within arrays */

enum jk_gguf_type { JK_GGUF_U32 = 4, JK_GGUF_BOOL = 7, JK_GGUF_STRING = 8, JK_GGUF_ARRAY = 9, JK_GGUF_TYPES = 13 };

struct jk_gguf_reader {
    struct jk_span bytes;
    size_t at;
    bool big_endian;
    bool cut; /* something lies beyond `bytes` */
    struct jk_fault *fault;
};

/* Each is false, with `cut` set or a fault told, where there is no such thing. */
bool jk_gguf_has(struct jk_gguf_reader *reader, uint64_t bytes);
/* Of 1 to 8 bytes. */
bool jk_gguf_number(struct jk_gguf_reader *reader, unsigned size, uint64_t *out);
/* Any bytes, also without end or none; they are not copied. */
bool jk_gguf_text(struct jk_gguf_reader *reader, struct jk_span *out);
/* Passes over a value of this type. The time depends on the bytes given, not on the counts that they claim. */
bool jk_gguf_skip(struct jk_gguf_reader *reader, uint64_t type);

#endif
