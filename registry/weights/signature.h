/* A model's signature: by it a copy of a model to which noise was added is found among very many, without comparing
 * their sketches one by one. It only finds; what was found is then compared. Pure. Source:
 * registry/formats/evidence.md, Signatures. */
#ifndef JK_WEIGHTS_SIGNATURE_H
#define JK_WEIGHTS_SIGNATURE_H

#include "weights/sketches.h"

#define JK_SIGNATURE_PLACES 16 /* in which signatures that are alike differ at most */

struct jk_signature {
    struct jk_span shape; /* of the tensor; points into the manifest */
    uint64_t bits[JK_SKETCH_BUCKETS / 64];
};

/* Of the largest tensor whose sketch can be compared. False: it has none. */
bool jk_signature_of(const struct jk_sketches *model, struct jk_signature *out);
/* In how many places two differ, from 0 to 128: a tensor that is negated counts as the tensor itself. */
uint32_t jk_signature_distance(const uint64_t *one, const uint64_t *two);
bool jk_signatures_alike(const struct jk_signature *one, const struct jk_signature *two);

#endif
