/* What a manifest says of a model's weights, in the form that comparing needs. Pure; memory in the model's own arena,
 * and the texts point into the manifest. Source: registry/formats/manifest.md, Comparing two models. */
#ifndef JK_WEIGHTS_SKETCHES_H
#define JK_WEIGHTS_SKETCHES_H

#include "base/digest.h"
#include "base/error.h"
#include "weights/sketch.h"

#define JK_WHOLE UINT64_MAX /* of a tensor that is not a slice */

/* A tensor or a slice. */
struct jk_item {
    struct jk_span name, path, dtype, shape; /* as in the manifest */
    uint64_t elements, slice;
    bool has_digest, has_sketch;
    bool carries;            /* the sketch says something */
    struct jk_digest digest; /* of the whole tensor */
    struct jk_sketch sketch;
    uint64_t squares; /* of the sketch */
};

struct jk_sketches {
    struct jk_item *items; /* by (path, name) */
    size_t count, room;
    uint32_t version; /* of the manifest; in version 1 there are no sketches */
    uint32_t tensors; /* of the manifest */
};

void jk_sketches_done(struct jk_sketches *model); /* accepts a zeroed struct */
/* Of a manifest, which is checked first: INVALID_ARGUMENT names line and rule. */
JK_MUST_USE enum jk_status jk_sketches_read(struct jk_span manifest, struct jk_sketches *out_model,
                                            struct jk_error *error);
/* The part of a model that the tensor belongs to, and the number of its layer (JK_WHOLE: none). */
struct jk_span jk_item_part(const struct jk_item *item);
uint64_t jk_item_layer(const struct jk_item *item);

#endif
