/* Two SHA-256 streams side by side, over the same bytes or each over its own: a file, and the tensor in it. On
 * processors with instructions for SHA-256 the two are interleaved, since one alone leaves the unit idle while it waits
 * for itself. Not thread-safe. */
#ifndef JK_BASE_SHA256_PAIR_H
#define JK_BASE_SHA256_PAIR_H

#include "base/digest.h"

struct jk_sha256_pair;

struct jk_sha256_pair *jk_sha256_pair_new(void); /* NULL: out of memory */
void jk_sha256_pair_free(struct jk_sha256_pair *pair);
/* `which`: 0 or 1. */
void jk_sha256_pair_begin(struct jk_sha256_pair *pair, int which);
void jk_sha256_pair_add(struct jk_sha256_pair *pair, int which, const void *bytes, size_t len);
void jk_sha256_pair_add_both(struct jk_sha256_pair *pair, const void *bytes, size_t len);
void jk_sha256_pair_end(struct jk_sha256_pair *pair, int which, struct jk_digest *out_digest);

#endif
