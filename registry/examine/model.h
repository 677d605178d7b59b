/* A model's weights as its manifest says them, read for comparing. Pure. */
#ifndef JK_EXAMINE_MODEL_H
#define JK_EXAMINE_MODEL_H

#include "base/text.h"
#include "weights/weighing.h"

struct jk_examined {
    struct jk_digest artifact;
    struct jk_text manifest;
    struct jk_sketches sketches;
};

/* Takes the text, which must be a manifest with this digest: DATA_LOSS (MANIFEST_DAMAGED) otherwise. */
JK_MUST_USE enum jk_status jk_examined_read(struct jk_examined *out, const struct jk_digest *artifact,
                                            struct jk_text *manifest, struct jk_error *error);
void jk_examined_done(struct jk_examined *model); /* accepts a zeroed struct */
/* Bytes of memory that it takes. */
size_t jk_examined_bytes(const struct jk_examined *model);

#endif
