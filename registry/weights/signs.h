/* The random signs that sketches are made with: public ones, which are the same for everybody and find what is alike,
 * and those of a challenge, whose key did not exist when the weights were fixed. Pure. What was reserved may be read by
 * many threads; one at a time reserves. Source: registry/formats/manifest.md. */
#ifndef JK_WEIGHTS_SIGNS_H
#define JK_WEIGHTS_SIGNS_H

#include "base/digest.h"

#define JK_SIGNS_BLOCK 4096u /* signs that are made at once */

struct jk_signs;

/* `key`: of a challenge; NULL: public signs. NULL: out of memory. */
struct jk_signs *jk_signs_new(const struct jk_digest *key);
void jk_signs_free(struct jk_signs *signs);
/* Makes the first `count` signs ahead, or as many as are kept (2^27, 16 MiB); they need not be. False: out of memory.
 */
bool jk_signs_reserve(struct jk_signs *signs, uint64_t count);
/* Those of block `block`: bit i % 64 of word i / 64 is set where the i-th of them is +1. Either what was reserved, or
 * made in `room`. */
const uint64_t *jk_signs_block(const struct jk_signs *signs, uint64_t block, uint64_t room[JK_SIGNS_BLOCK / 64]);

#endif
