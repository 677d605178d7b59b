/* Every hash of a growing Merkle tree, in memory: the roots of all its perfect subtrees, level by level. Proofs,
 * receipts and tiles are made from it. Pure but for memory, about 64 bytes a leaf; no lock of its own: one thread
 * appends while nobody reads (the store's lock ensures it). */
#ifndef JK_TLOG_FOREST_H
#define JK_TLOG_FOREST_H

#include "tlog/merkle.h"

struct jk_forest;

struct jk_forest *jk_forest_new(void); /* NULL: out of memory */
void jk_forest_free(struct jk_forest *forest);
uint64_t jk_forest_size(const struct jk_forest *forest);
/* Makes room for `leaves` more; false when out of memory, with nothing changed. */
bool jk_forest_reserve(struct jk_forest *forest, uint64_t leaves);
/* Appends one leaf, for which there must be room. */
void jk_forest_append(struct jk_forest *forest, const struct jk_digest *leaf);
/* Back to an earlier size; the memory is kept. */
void jk_forest_truncate(struct jk_forest *forest, uint64_t size);
/* A jk_merkle_read_fn; context is the forest. False for a subtree that is not completely in it. */
bool jk_forest_read(void *context, unsigned level, uint64_t index, struct jk_digest *out_hash);

#endif
