/* RFC 6962 Merkle trees: hashes, the right edge, roots and proofs. Pure: any thread, no state. Sizes up to JK_TREE_MAX,
 * which keeps every proof within JK_PROOF_MAX hashes (and a size within PostgreSQL's bigint); larger ones are refused.
 */
#ifndef JK_TLOG_MERKLE_H
#define JK_TLOG_MERKLE_H

#include "base/digest.h"

#define JK_TREE_MAX  INT64_MAX
#define JK_EDGE_MAX  64
#define JK_PROOF_MAX 64

struct jk_digest jk_merkle_leaf(struct jk_span entry);
struct jk_digest jk_merkle_node(const struct jk_digest *left, const struct jk_digest *right);
struct jk_digest jk_merkle_empty(void);

/* The right edge of a tree: the roots of the perfect subtrees that correspond to the one bits of its size, largest
 * first. It is all that is needed to append leaves and to compute the root. */
struct jk_edge {
    uint64_t size;
    uint32_t count;
    struct jk_digest nodes[JK_EDGE_MAX];
};
void jk_edge_init(struct jk_edge *edge);
/* The size must be below JK_TREE_MAX. */
void jk_edge_append(struct jk_edge *edge, const struct jk_digest *leaf);
struct jk_digest jk_edge_root(const struct jk_edge *edge);
/* As stored: count * 32 bytes, largest first. False if count does not match the size, or the size is above JK_TREE_MAX;
 * *edge is then unchanged. */
bool jk_edge_load(struct jk_edge *edge, uint64_t size, struct jk_span nodes);

/* Proofs from stored hashes: `read` gives the hash of the perfect subtree at (level, index), that is, of 1 << level
 * leaves starting at index << level. All of these are false, with the output unchanged, if `read` fails, or if the
 * arguments are out of range: index >= size, old_size > size, size above JK_TREE_MAX. Hashes are in the order of RFC
 * 6962: from the leaf to the root. Consistency with an empty old tree, and of a tree with itself, is the empty proof.
 */
typedef bool jk_merkle_read_fn(void *context, unsigned level, uint64_t index, struct jk_digest *out_hash);
struct jk_proof {
    uint32_t count;
    struct jk_digest hashes[JK_PROOF_MAX];
};
bool jk_merkle_inclusion(jk_merkle_read_fn *read, void *context, uint64_t index, uint64_t size, struct jk_proof *out);
bool jk_merkle_consistency(jk_merkle_read_fn *read, void *context, uint64_t old_size, uint64_t size,
                           struct jk_proof *out);
bool jk_merkle_root_at(jk_merkle_read_fn *read, void *context, uint64_t size, struct jk_digest *out_root);

/* True if the proof has exactly the hashes that are needed and leads to the roots (RFC 9162, 2.1.3.2 and 2.1.4.2). */
bool jk_merkle_verify_inclusion(const struct jk_digest *leaf, uint64_t index, uint64_t size,
                                const struct jk_proof *proof, const struct jk_digest *root);
bool jk_merkle_verify_consistency(uint64_t old_size, const struct jk_digest *old_root, uint64_t size,
                                  const struct jk_digest *root, const struct jk_proof *proof);

#endif
