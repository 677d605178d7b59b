/* Two SHA-256 streams side by side, over the same bytes or each over its own: a file, and the tensor in it. On
 * processors with instructions for SHA-256 the two are interleaved, since one alone leaves the unit idle while it waits
 * for itself. Not thread-safe. */
#ifndef JK_BASE_TWIN_H
#define JK_BASE_TWIN_H

#include "base/digest.h"

struct jk_twin;

struct jk_twin *jk_twin_new(void); /* NULL: out of memory */
void jk_twin_free(struct jk_twin *twin);
/* `which`: 0 or 1. */
void jk_twin_begin(struct jk_twin *twin, int which);
void jk_twin_add(struct jk_twin *twin, int which, const void *bytes, size_t len);
void jk_twin_add_both(struct jk_twin *twin, const void *bytes, size_t len);
void jk_twin_end(struct jk_twin *twin, int which, struct jk_digest *out_digest);

#endif
