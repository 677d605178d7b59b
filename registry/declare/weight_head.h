/* What the head of a safetensors file tells of a model: how many tensors and parameters of which types, and whether they
 * are an adapter's, or packed, whatever the file is called. Pure. Names of tensors as PEFT, MLX and diffusers write
 * adapters, and as the packages that quantize write packed weights. */
#ifndef JK_DECLARE_WEIGHT_HEAD_H
#define JK_DECLARE_WEIGHT_HEAD_H

#include "base/arena.h"
#include "base/span.h"

#define JK_WEIGHT_HEAD_TYPES 64 /* bytes of the words of its types */

struct jk_weight_head {
    uint32_t tensors;
    uint64_t parameters;              /* elements of all tensors; of packed ones, as stored */
    char types[JK_WEIGHT_HEAD_TYPES]; /* "BF16", "BF16, F32": the most frequent by parameters first, at most three */
    bool adapter;                     /* each is an adapter's, or stands beside one within PEFT's names */
    bool packed;                      /* some are weights in a packed form, with what unpacks them */
};

/* `bytes`: the file's beginning, at least to the end of its header; `size`: of the whole file. NULL, or why it cannot be
 * read, as the end of a sentence about the file; in the arena, or static. */
const char *jk_weight_head_read(struct jk_span bytes, uint64_t size, struct jk_arena *arena,
                                struct jk_weight_head *out_head);
/* Whether a tensor of that name is a weight in a packed form; in a text that holds several names, whether one is. */
bool jk_weight_head_names_packed(struct jk_span names);

#endif
