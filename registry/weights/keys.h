/* What two models may have that is equal: considered tensors and weight files, each as a key of 16 bytes. Two models have
 * something equal if and only if they have a key in common, so equal ones are found among very many without comparing
 * them. Pure. Source: registry/formats/evidence.md, What is compared. */
#ifndef JK_WEIGHTS_KEYS_H
#define JK_WEIGHTS_KEYS_H

#include "weights/sketches.h"

#define JK_KEY_BYTES 16

struct jk_key {
    unsigned char bytes[JK_KEY_BYTES];
};

/* The key of a weight file with this digest. False: out of memory. */
bool jk_key_of_file(const struct jk_digest *digest, struct jk_key *out_key);
/* The keys of a checked manifest, sorted, none twice; freed by the caller. NULL: out of memory. */
struct jk_key *jk_keys_of(struct jk_span manifest, const struct jk_sketches *model, size_t *out_count);

#endif
