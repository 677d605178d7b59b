/* Inclusion and consistency proofs of RFC 6962: made from stored perfect subtrees, and verified without them. Pure; see
 * merkle.h. Making one reads at most O(log² size) hashes. */
#include "tlog/merkle.h"

#include "base/check.h"

/* Leaves lo to hi - 1. Wherever RFC 6962 splits, lo is a multiple of a power of two that is at least hi - lo. */
struct range {
    uint64_t lo;
    uint64_t hi;
};

struct source {
    jk_merkle_read_fn *read;
    void *context;
};

/* The largest power of two below count, at which a tree of count leaves is split; count is at least 2. */
static uint64_t split_of(uint64_t count)
{
    return UINT64_C(1) << (63 - __builtin_clzll(count - 1));
}

/* MTH(D[lo:hi]), folded from the smallest perfect subtree at the right end to the largest. */
static bool range_hash(const struct source *source, struct range range, struct jk_digest *out_hash)
{
    struct jk_digest hash = {{0}};
    bool first = true;

    for (unsigned level = 0; range.lo < range.hi; level++) {
        struct jk_digest piece;

        if (!((range.hi - range.lo) >> level & 1)) continue;
        range.hi -= UINT64_C(1) << level;
        if (!source->read(source->context, level, range.hi >> level, &piece)) return false;
        hash = first ? piece : jk_merkle_node(&piece, &hash);
        first = false;
    }
    *out_hash = hash;
    return true;
}

/* Visits ranges from the root down to the leaf, and gives the proof from the leaf up. */
static bool proof_of_ranges(const struct source *source, const struct range *ranges, uint32_t count,
                            struct jk_proof *out)
{
    struct jk_proof proof = {.count = count};

    for (uint32_t i = 0; i < count; i++) {
        if (!range_hash(source, ranges[count - 1 - i], &proof.hashes[i])) return false;
    }
    *out = proof;
    return true;
}

bool jk_merkle_inclusion(jk_merkle_read_fn *read, void *context, uint64_t index, uint64_t size, struct jk_proof *out)
{
    const struct source source = {read, context};
    struct range siblings[JK_PROOF_MAX];
    struct range range = {0, size};
    uint32_t count = 0;

    if (size > JK_TREE_MAX || index >= size) return false;
    while (range.hi - range.lo > 1) {
        uint64_t middle = range.lo + split_of(range.hi - range.lo);
        bool left = index < middle;

        JK_CHECK(count < JK_PROOF_MAX);
        siblings[count++] = left ? (struct range){middle, range.hi} : (struct range){range.lo, middle};
        range = left ? (struct range){range.lo, middle} : (struct range){middle, range.hi};
    }
    return proof_of_ranges(&source, siblings, count, out);
}

/* SUBPROOF of RFC 6962, 2.1.2, as a loop: down to the subtree that ends where the old tree ended. That one is left out
 * if it is the whole old tree, whose root the verifier has. */
bool jk_merkle_consistency(jk_merkle_read_fn *read, void *context, uint64_t old_size, uint64_t size,
                           struct jk_proof *out)
{
    const struct source source = {read, context};
    struct range ranges[JK_PROOF_MAX];
    struct range range = {0, size};
    uint32_t count = 0;

    if (size > JK_TREE_MAX || old_size > size) return false;
    while (old_size != 0 && range.hi != old_size) {
        uint64_t middle = range.lo + split_of(range.hi - range.lo);
        bool left = old_size <= middle;

        JK_CHECK(count < JK_PROOF_MAX);
        ranges[count++] = left ? (struct range){middle, range.hi} : (struct range){range.lo, middle};
        range = left ? (struct range){range.lo, middle} : (struct range){middle, range.hi};
    }
    if (range.lo != 0) {
        JK_CHECK(count < JK_PROOF_MAX);
        ranges[count++] = range;
    }
    return proof_of_ranges(&source, ranges, count, out);
}

bool jk_merkle_root_at(jk_merkle_read_fn *read, void *context, uint64_t size, struct jk_digest *out_root)
{
    const struct source source = {read, context};

    if (size > JK_TREE_MAX) return false;
    if (size == 0) {
        *out_root = jk_merkle_empty();
        return true;
    }
    return range_hash(&source, (struct range){0, size}, out_root);
}

/* The climb of RFC 9162: a node and the last node of its level, from level to level. */
struct climb {
    uint64_t node;
    uint64_t last;
};

/* Whether the proof's next hash goes on the left; moves on to the level of the result. */
static bool climb_step(struct climb *climb)
{
    bool left = (climb->node & 1) || climb->node == climb->last;

    /* The last node of a level without a sibling moves up unchanged until it is a right child. */
    while (left && !(climb->node & 1) && climb->node != 0) {
        climb->node >>= 1;
        climb->last >>= 1;
    }
    climb->node >>= 1;
    climb->last >>= 1;
    return left;
}

bool jk_merkle_verify_inclusion(const struct jk_digest *leaf, uint64_t index, uint64_t size,
                                const struct jk_proof *proof, const struct jk_digest *root)
{
    struct climb climb = {index, size - 1};
    struct jk_digest hash = *leaf;

    if (size > JK_TREE_MAX || index >= size || proof->count > JK_PROOF_MAX) return false;
    for (uint32_t i = 0; i < proof->count; i++) {
        const struct jk_digest *next = &proof->hashes[i];

        if (climb.last == 0) return false;
        hash = climb_step(&climb) ? jk_merkle_node(next, &hash) : jk_merkle_node(&hash, next);
    }
    return climb.last == 0 && jk_digest_equal(&hash, root);
}

bool jk_merkle_verify_consistency(uint64_t old_size, const struct jk_digest *old_root, uint64_t size,
                                  const struct jk_digest *root, const struct jk_proof *proof)
{
    struct jk_digest empty = jk_merkle_empty();

    if (size > JK_TREE_MAX || old_size > size || proof->count > JK_PROOF_MAX) return false;
    if (old_size == 0 && !jk_digest_equal(old_root, &empty)) return false;
    if (old_size == size) return proof->count == 0 && jk_digest_equal(old_root, root);
    if (old_size == 0) return proof->count == 0;

    /* The climb starts at the old tree's last perfect subtree: the proof's first hash, or, if the old tree is itself
     * perfect, the old root, which the proof then leaves out. */
    bool perfect = (old_size & (old_size - 1)) == 0;
    struct climb climb = {old_size - 1, size - 1};
    if (proof->count == 0) return false;
    while (climb.node & 1) {
        climb.node >>= 1;
        climb.last >>= 1;
    }
    struct jk_digest before = perfect ? *old_root : proof->hashes[0];
    struct jk_digest after = before;
    for (uint32_t i = perfect ? 0 : 1; i < proof->count; i++) {
        const struct jk_digest *next = &proof->hashes[i];

        if (climb.last == 0) return false;
        if (climb_step(&climb)) {
            before = jk_merkle_node(next, &before);
            after = jk_merkle_node(next, &after);
        } else {
            after = jk_merkle_node(&after, next);
        }
    }
    return climb.last == 0 && jk_digest_equal(&before, old_root) && jk_digest_equal(&after, root);
}
