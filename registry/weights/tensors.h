/* What a weight file's header says: its tensors, each with type, shape and place. Read from bytes, validated to the
 * letter; a fault names the file's offset and the rule. Pure; spans point into the header given or into the table's own
 * arena. One thread. */
#ifndef JK_WEIGHTS_TENSORS_H
#define JK_WEIGHTS_TENSORS_H

#include "base/arena.h"
#include "weights/type.h"

#define JK_TENSOR_DIMENSIONS_MAX 32
#define JK_TENSORS_MAX           500000u /* of a file */

struct jk_tensor {
    struct jk_span name; /* as in the file, UTF-8 without NUL */
    const struct jk_type *type;
    const uint64_t *shape; /* in the usual order, the last dimension next to each other in the file */
    uint32_t dimensions;   /* 0: a scalar */
    uint64_t elements;
    uint64_t begin, end; /* offsets in the file */
    uint64_t at;         /* where in the file it is described */
};

struct jk_tensors {
    struct jk_arena arena;
    struct jk_tensor *tensors; /* in the order of their offsets */
    size_t count, room;
    uint64_t data; /* where the tensors' bytes begin */
};

struct jk_fault {
    uint64_t offset;
    bool unknown;   /* not damaged: of a version, byte order or type that nobody here knows */
    char rule[200]; /* the end of a sentence that begins with the offset */
};

void jk_tensors_done(struct jk_tensors *table); /* accepts a zeroed struct */

/* ---- for the readers of the formats ---- */

void jk_tensors_begin(struct jk_tensors *table);
/* False: too many, or out of memory, which the fault says. */
bool jk_tensors_add(struct jk_tensors *table, const struct jk_tensor *tensor, struct jk_fault *fault);
/* No name twice. Names are left as they are, in the order of their offsets. */
bool jk_tensors_check_names(struct jk_tensors *table, struct jk_fault *fault);
void jk_tensors_sort(struct jk_tensors *table);
/* A copy in the table's arena; NULL: out of memory. */
const uint64_t *jk_tensors_shape(struct jk_tensors *table, const uint64_t *shape, size_t dimensions);
/* The product of the dimensions; false when it overflows. */
bool jk_tensors_elements(const uint64_t *shape, size_t dimensions, uint64_t *out_elements);
/* False, so that `return jk_fault_at(…)` reads well. */
bool jk_fault_at(struct jk_fault *fault, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
