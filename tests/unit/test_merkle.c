/* Merkle trees against published vectors, against the recursive definitions of RFC 6962 written down
 * literally, and at the largest sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "support/vectors.h"
#include "tlog/merkle.h"

#define SIZES 70 /* trees up to this size are tried exhaustively */

static struct jk_digest leaves[SIZES + 1];

static struct jk_digest decimal_leaf(uint64_t i)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)i);
    return jk_merkle_leaf((struct jk_span){text, (size_t)len});
}

/* The definitions of RFC 6962, 2.1, without any cleverness: the oracle. */
static uint64_t oracle_split(uint64_t n)
{
    uint64_t k = 1;
    while (k * 2 < n)
        k *= 2;
    return k;
}

static struct jk_digest oracle_mth(const struct jk_digest *d, uint64_t n)
{
    if (n == 0) return jk_merkle_empty();
    if (n == 1) return d[0];
    uint64_t k = oracle_split(n);
    struct jk_digest left = oracle_mth(d, k);
    struct jk_digest right = oracle_mth(d + k, n - k);
    return jk_merkle_node(&left, &right);
}

static void oracle_path(uint64_t m, const struct jk_digest *d, uint64_t n, struct jk_proof *out)
{
    if (n == 1) return;
    uint64_t k = oracle_split(n);
    if (m < k)
        oracle_path(m, d, k, out);
    else
        oracle_path(m - k, d + k, n - k, out);
    out->hashes[out->count++] = m < k ? oracle_mth(d + k, n - k) : oracle_mth(d, k);
}

static void oracle_subproof(uint64_t m, const struct jk_digest *d, uint64_t n, bool whole, struct jk_proof *out)
{
    if (m == n) {
        if (!whole) out->hashes[out->count++] = oracle_mth(d, n);
        return;
    }
    uint64_t k = oracle_split(n);
    if (m <= k)
        oracle_subproof(m, d, k, whole, out);
    else
        oracle_subproof(m - k, d + k, n - k, false, out);
    out->hashes[out->count++] = m <= k ? oracle_mth(d + k, n - k) : oracle_mth(d, k);
}

struct store {
    const struct jk_digest *leaves;
    uint64_t size;
};

static bool read_store(void *context, unsigned level, uint64_t index, struct jk_digest *out_hash)
{
    const struct store *store = context;
    assert_true(level < 64 && ((index + 1) << level) <= store->size);
    *out_hash = oracle_mth(store->leaves + (index << level), UINT64_C(1) << level);
    return true;
}

static bool read_nothing(void *context, unsigned level, uint64_t index, struct jk_digest *out_hash)
{
    (void)context;
    (void)level;
    (void)index;
    (void)out_hash;
    return false;
}

static void assert_digest(struct jk_digest got, struct jk_digest want)
{
    assert_memory_equal(got.bytes, want.bytes, JK_DIGEST_SIZE);
}

static void assert_proof(const struct jk_proof *got, const struct jk_proof *want)
{
    assert_int_equal(got->count, want->count);
    for (uint32_t i = 0; i < got->count; i++)
        assert_digest(got->hashes[i], want->hashes[i]);
}

static int setup(void **state)
{
    (void)state;
    jk_digest_setup();
    for (uint64_t i = 0; i <= SIZES; i++)
        leaves[i] = decimal_leaf(i);
    return 0;
}

static struct jk_digest parse_digest(struct jk_span hex)
{
    struct jk_digest digest;
    assert_true(jk_digest_parse(hex, &digest));
    return digest;
}

static void rfc_leaves(struct jk_digest out[8])
{
    static const char *const hex[8] = {
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
    for (int i = 0; i < 8; i++) {
        unsigned char bytes[16];
        size_t len = strlen(hex[i]) / 2;
        assert_true(jk_hex_decode(jk_span_of(hex[i]), bytes, len));
        out[i] = jk_merkle_leaf((struct jk_span){(const char *)bytes, len});
    }
}

static struct jk_proof vector_proof(struct jk_span rest)
{
    struct jk_proof proof = {0};
    struct jk_span word;
    while (vectors_word(&rest, &word))
        proof.hashes[proof.count++] = parse_digest(word);
    return proof;
}

static void vector_inclusion(struct jk_span rest, struct store *rfc)
{
    uint64_t index = vectors_number(&rest), size = vectors_number(&rest);
    struct jk_proof want = vector_proof(rest), got;
    struct jk_digest root = oracle_mth(rfc->leaves, size);
    assert_true(jk_merkle_inclusion(read_store, rfc, index, size, &got));
    assert_proof(&got, &want);
    assert_true(jk_merkle_verify_inclusion(&rfc->leaves[index], index, size, &want, &root));
}

static void vector_consistency(struct jk_span rest, struct store *rfc)
{
    uint64_t old_size = vectors_number(&rest), size = vectors_number(&rest);
    struct jk_proof want = vector_proof(rest), got;
    struct jk_digest old_root = oracle_mth(rfc->leaves, old_size), root = oracle_mth(rfc->leaves, size);
    assert_true(jk_merkle_consistency(read_store, rfc, old_size, size, &got));
    assert_proof(&got, &want);
    assert_true(jk_merkle_verify_consistency(old_size, &old_root, size, &root, &want));
}

static void vector_root(struct jk_span rest, struct store *rfc)
{
    uint64_t size = vectors_number(&rest);
    struct jk_digest want = parse_digest(jk_span_trim(rest)), root;
    struct jk_edge edge;
    jk_edge_init(&edge);
    for (uint64_t i = 0; i < size; i++)
        jk_edge_append(&edge, &rfc->leaves[i]);
    assert_digest(jk_edge_root(&edge), want);
    assert_true(jk_merkle_root_at(read_store, rfc, size, &root));
    assert_digest(root, want);
}

/* Sizes rise from line to line: one edge grows through all of them. */
static void vector_decimal(struct jk_span rest, struct jk_edge *edge)
{
    uint64_t size = vectors_number(&rest);
    assert_true(size >= edge->size);
    while (edge->size < size) {
        struct jk_digest leaf = decimal_leaf(edge->size);
        jk_edge_append(edge, &leaf);
    }
    assert_int_equal(edge->size, size);
    assert_digest(jk_edge_root(edge), parse_digest(jk_span_trim(rest)));
}

static void test_vectors(void **state)
{
    (void)state;
    struct jk_digest rfc[8];
    struct store store = {rfc, 8};
    struct jk_edge decimal;
    struct jk_span file = vectors_read("merkle.txt"), rest = file, line, kind;
    unsigned roots = 0, inclusions = 0, consistencies = 0, decimals = 0;

    rfc_leaves(rfc);
    jk_edge_init(&decimal);
    while (jk_span_line(&rest, &line)) {
        if (!vectors_word(&line, &kind) || kind.at[0] == '#') continue;
        if (jk_span_equal(kind, JK_SPAN("rfc"))) {
            vector_root(line, &store);
            roots++;
        } else if (jk_span_equal(kind, JK_SPAN("inclusion"))) {
            vector_inclusion(line, &store);
            inclusions++;
        } else if (jk_span_equal(kind, JK_SPAN("consistency"))) {
            vector_consistency(line, &store);
            consistencies++;
        } else {
            assert_true(jk_span_equal(kind, JK_SPAN("decimal")));
            vector_decimal(line, &decimal);
            decimals++;
        }
    }
    assert_int_equal(roots, 9);
    assert_int_equal(inclusions, 5);
    assert_int_equal(consistencies, 6);
    assert_int_equal(decimals, 14);
    assert_int_equal(decimal.size, 100000);
    free((char *)file.at);
}

static void test_edge_grows_and_loads(void **state)
{
    (void)state;
    struct jk_edge edge, loaded;
    jk_edge_init(&edge);
    for (uint64_t size = 0; size <= SIZES; size++) {
        struct jk_span stored = {(const char *)edge.nodes, edge.count * (size_t)JK_DIGEST_SIZE};
        assert_int_equal(edge.size, size);
        assert_int_equal(edge.count, __builtin_popcountll(size));
        assert_digest(jk_edge_root(&edge), oracle_mth(leaves, size));
        memset(&loaded, 0xaa, sizeof(loaded));
        assert_true(jk_edge_load(&loaded, size, stored));
        assert_digest(jk_edge_root(&loaded), oracle_mth(leaves, size));
        jk_edge_append(&loaded, &leaves[size]);
        jk_edge_append(&edge, &leaves[size]);
        assert_digest(jk_edge_root(&loaded), jk_edge_root(&edge));
    }
}

static void test_edge_load_refuses(void **state)
{
    (void)state;
    static char nodes[JK_DIGEST_SIZE * (JK_EDGE_MAX + 1)];
    struct jk_edge edge, before;
    memset(&edge, 0x5a, sizeof(edge));
    before = edge;
    assert_false(jk_edge_load(&edge, 5, (struct jk_span){nodes, 63}));
    assert_false(jk_edge_load(&edge, 5, (struct jk_span){nodes, 65}));
    assert_false(jk_edge_load(&edge, 5, (struct jk_span){nodes, 32}));
    assert_false(jk_edge_load(&edge, 5, (struct jk_span){nodes, 96}));
    assert_false(jk_edge_load(&edge, 0, (struct jk_span){nodes, 32}));
    assert_false(jk_edge_load(&edge, (uint64_t)JK_TREE_MAX + 1, (struct jk_span){nodes, 32}));
    assert_false(jk_edge_load(&edge, UINT64_MAX, (struct jk_span){nodes, 64 * 32}));
    assert_memory_equal(&edge, &before, sizeof(edge));
    assert_true(jk_edge_load(&edge, 5, (struct jk_span){nodes, 64}));
    assert_true(jk_edge_load(&edge, JK_TREE_MAX, (struct jk_span){nodes, 63 * 32}));
    assert_int_equal(edge.count, 63);
}

/* The last leaf that fits closes all 63 subtrees' worth of carries but the first. */
static void test_edge_reaches_the_limit(void **state)
{
    (void)state;
    static char nodes[JK_DIGEST_SIZE * JK_EDGE_MAX];
    struct jk_edge edge;
    assert_true(jk_edge_load(&edge, (uint64_t)JK_TREE_MAX - 1, (struct jk_span){nodes, 62 * 32}));
    jk_edge_append(&edge, &leaves[0]);
    assert_int_equal(edge.size, JK_TREE_MAX);
    assert_int_equal(edge.count, 63);
    assert_digest(edge.nodes[62], leaves[0]);
}

static void flip(struct jk_digest *digest, uint64_t salt)
{
    unsigned bit = (unsigned)((salt * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
    digest->bytes[bit / 8] ^= (unsigned char)(1U << (bit % 8));
}

/* Any single change to what an inclusion proof says must be noticed. */
static void refuse_changed_inclusion(uint64_t index, uint64_t size, struct jk_proof proof, struct jk_digest root)
{
    struct jk_digest leaf = leaves[index];
    for (uint32_t i = 0; i < proof.count; i++) {
        struct jk_proof bad = proof;
        flip(&bad.hashes[i], index * 977 + size * 31 + i);
        assert_false(jk_merkle_verify_inclusion(&leaf, index, size, &bad, &root));
    }
    flip(&leaf, size);
    assert_false(jk_merkle_verify_inclusion(&leaf, index, size, &proof, &root));
    flip(&leaf, size);
    flip(&root, index);
    assert_false(jk_merkle_verify_inclusion(&leaf, index, size, &proof, &root));
    flip(&root, index);
    proof.count++;
    assert_false(jk_merkle_verify_inclusion(&leaf, index, size, &proof, &root));
    proof.count--;
    assert_false(jk_merkle_verify_inclusion(&leaf, size, size, &proof, &root));
    for (uint64_t other = 0; other < size; other++)
        assert_true(jk_merkle_verify_inclusion(&leaf, other, size, &proof, &root) == (other == index));
    if (proof.count == 0) return;
    proof.count--;
    assert_false(jk_merkle_verify_inclusion(&leaf, index, size, &proof, &root));
}

static void test_inclusion_exhaustively(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= SIZES; size++) {
        struct store store = {leaves, size};
        struct jk_digest root = oracle_mth(leaves, size);
        for (uint64_t index = 0; index < size; index++) {
            struct jk_proof want = {0}, got;
            memset(&got, 0, sizeof(got));
            oracle_path(index, leaves, size, &want);
            assert_true(jk_merkle_inclusion(read_store, &store, index, size, &got));
            assert_proof(&got, &want);
            assert_true(jk_merkle_verify_inclusion(&leaves[index], index, size, &got, &root));
            refuse_changed_inclusion(index, size, got, root);
        }
    }
}

static void refuse_changed_consistency(uint64_t old_size, struct jk_digest old_root, uint64_t size,
                                       struct jk_digest root, struct jk_proof proof)
{
    for (uint32_t i = 0; i < proof.count; i++) {
        struct jk_proof bad = proof;
        flip(&bad.hashes[i], old_size * 977 + size * 31 + i);
        assert_false(jk_merkle_verify_consistency(old_size, &old_root, size, &root, &bad));
    }
    flip(&old_root, size);
    assert_false(jk_merkle_verify_consistency(old_size, &old_root, size, &root, &proof));
    flip(&old_root, size);
    proof.count++;
    assert_false(jk_merkle_verify_consistency(old_size, &old_root, size, &root, &proof));
    proof.count--;
    if (old_size > 0) {
        flip(&root, old_size);
        assert_false(jk_merkle_verify_consistency(old_size, &old_root, size, &root, &proof));
        flip(&root, old_size);
    }
    if (proof.count == 0) return;
    proof.count--;
    assert_false(jk_merkle_verify_consistency(old_size, &old_root, size, &root, &proof));
}

static void test_consistency_exhaustively(void **state)
{
    (void)state;
    for (uint64_t size = 0; size <= SIZES; size++) {
        struct store store = {leaves, size};
        struct jk_digest root = oracle_mth(leaves, size);
        for (uint64_t old_size = 0; old_size <= size; old_size++) {
            struct jk_digest old_root = oracle_mth(leaves, old_size);
            struct jk_proof want = {0}, got;
            memset(&got, 0, sizeof(got));
            if (old_size > 0) oracle_subproof(old_size, leaves, size, true, &want);
            assert_true(jk_merkle_consistency(read_store, &store, old_size, size, &got));
            assert_proof(&got, &want);
            assert_true(jk_merkle_verify_consistency(old_size, &old_root, size, &root, &got));
            if (old_size < size) assert_false(jk_merkle_verify_consistency(size, &root, old_size, &old_root, &got));
            refuse_changed_consistency(old_size, old_root, size, root, got);
        }
    }
}

static void test_root_at(void **state)
{
    (void)state;
    for (uint64_t size = 0; size <= SIZES; size++) {
        struct store store = {leaves, size};
        struct jk_digest root;
        assert_true(jk_merkle_root_at(read_store, &store, size, &root));
        assert_digest(root, oracle_mth(leaves, size));
    }
}

static void test_makers_refuse(void **state)
{
    (void)state;
    struct store store = {leaves, SIZES};
    struct jk_proof proof, before;
    struct jk_digest root = {{7}};
    uint64_t above = (uint64_t)JK_TREE_MAX + 1;
    memset(&proof, 0x5a, sizeof(proof));
    before = proof;
    assert_false(jk_merkle_inclusion(read_store, &store, 0, 0, &proof));
    assert_false(jk_merkle_inclusion(read_store, &store, 7, 7, &proof));
    assert_false(jk_merkle_inclusion(read_store, &store, 0, above, &proof));
    assert_false(jk_merkle_inclusion(read_nothing, NULL, 3, 7, &proof));
    assert_false(jk_merkle_consistency(read_store, &store, 8, 7, &proof));
    assert_false(jk_merkle_consistency(read_store, &store, 1, above, &proof));
    assert_false(jk_merkle_consistency(read_nothing, NULL, 3, 7, &proof));
    assert_memory_equal(&proof, &before, sizeof(proof));
    assert_false(jk_merkle_root_at(read_store, &store, above, &root));
    assert_false(jk_merkle_root_at(read_nothing, NULL, 7, &root));
    assert_int_equal(root.bytes[0], 7);
}

/* A tree all of whose leaves are alike has one hash a level, so the largest sizes can be tried. */
static bool read_uniform(void *context, unsigned level, uint64_t index, struct jk_digest *out_hash)
{
    const struct jk_digest *levels = context;
    assert_true(level < 64 && index <= (uint64_t)JK_TREE_MAX >> level);
    *out_hash = levels[level];
    return true;
}

static void test_largest_sizes(void **state)
{
    (void)state;
    struct jk_digest levels[64], root, old_root;
    static const uint64_t olds[] = {1,
                                    2,
                                    3,
                                    (UINT64_C(1) << 62),
                                    (UINT64_C(1) << 62) + 1,
                                    (UINT64_C(1) << 62) - 1,
                                    (uint64_t)JK_TREE_MAX - 1,
                                    JK_TREE_MAX};
    levels[0] = leaves[0];
    for (int i = 1; i < 64; i++)
        levels[i] = jk_merkle_node(&levels[i - 1], &levels[i - 1]);
    assert_true(jk_merkle_root_at(read_uniform, levels, JK_TREE_MAX, &root));
    for (size_t i = 0; i < sizeof(olds) / sizeof(olds[0]); i++) {
        struct jk_proof proof;
        assert_true(jk_merkle_consistency(read_uniform, levels, olds[i], JK_TREE_MAX, &proof));
        assert_true(proof.count <= JK_PROOF_MAX);
        assert_true(jk_merkle_root_at(read_uniform, levels, olds[i], &old_root));
        assert_true(jk_merkle_verify_consistency(olds[i], &old_root, JK_TREE_MAX, &root, &proof));
        assert_true(jk_merkle_inclusion(read_uniform, levels, olds[i] - 1, JK_TREE_MAX, &proof));
        assert_true(jk_merkle_verify_inclusion(&levels[0], olds[i] - 1, JK_TREE_MAX, &proof, &root));
        flip(&proof.hashes[proof.count - 1], i);
        assert_false(jk_merkle_verify_inclusion(&levels[0], olds[i] - 1, JK_TREE_MAX, &proof, &root));
    }
}

static void test_verifiers_refuse_senseless_sizes(void **state)
{
    (void)state;
    struct jk_proof empty = {0}, long_proof = {.count = JK_PROOF_MAX + 1};
    struct jk_digest leaf = leaves[0], none = jk_merkle_empty();
    uint64_t above = (uint64_t)JK_TREE_MAX + 1;
    assert_true(jk_merkle_verify_inclusion(&leaf, 0, 1, &empty, &leaf));
    assert_false(jk_merkle_verify_inclusion(&leaf, 0, 0, &empty, &leaf));
    assert_false(jk_merkle_verify_inclusion(&leaf, 1, 1, &empty, &leaf));
    assert_false(jk_merkle_verify_inclusion(&leaf, 0, 1, &long_proof, &leaf));
    assert_false(jk_merkle_verify_inclusion(&leaf, 0, above, &long_proof, &leaf));
    assert_true(jk_merkle_verify_consistency(0, &none, 1, &leaf, &empty));
    assert_false(jk_merkle_verify_consistency(0, &leaf, 1, &leaf, &empty));
    assert_false(jk_merkle_verify_consistency(0, &leaf, 0, &leaf, &empty));
    assert_false(jk_merkle_verify_consistency(1, &leaf, above, &leaf, &empty));
    assert_false(jk_merkle_verify_consistency(above, &leaf, above, &leaf, &empty));
    assert_false(jk_merkle_verify_consistency(1, &leaf, 2, &leaf, &empty));
    assert_false(jk_merkle_verify_consistency(3, &leaf, 70, &leaf, &long_proof));
}

/* Roots that fit are not enough: the proof must be as long as a tree of the stated size is high. */
static void test_consistency_refuses_a_taller_tree(void **state)
{
    (void)state;
    struct store store = {leaves, SIZES};
    static const uint64_t olds[] = {3, 4, 6};
    for (size_t i = 0; i < sizeof(olds) / sizeof(olds[0]); i++) {
        struct jk_digest old_root = oracle_mth(leaves, olds[i]), root = oracle_mth(leaves, 8);
        struct jk_proof proof;
        assert_true(jk_merkle_consistency(read_store, &store, olds[i], 8, &proof));
        assert_true(jk_merkle_verify_consistency(olds[i], &old_root, 8, &root, &proof));
        for (uint64_t size = 9; size <= SIZES; size++)
            assert_false(jk_merkle_verify_consistency(olds[i], &old_root, size, &root, &proof));
        assert_false(jk_merkle_verify_consistency(olds[i], &old_root, JK_TREE_MAX, &root, &proof));
    }
}

/* A leaf must never pass for an inner node, nor the other way round. */
static void test_leaf_and_node_differ(void **state)
{
    (void)state;
    char both[2 * JK_DIGEST_SIZE];
    memcpy(both, leaves[0].bytes, JK_DIGEST_SIZE);
    memcpy(both + JK_DIGEST_SIZE, leaves[1].bytes, JK_DIGEST_SIZE);
    struct jk_digest leaf = jk_merkle_leaf((struct jk_span){both, sizeof(both)});
    struct jk_digest node = jk_merkle_node(&leaves[0], &leaves[1]);
    struct jk_digest swapped = jk_merkle_node(&leaves[1], &leaves[0]);
    assert_false(jk_digest_equal(&leaf, &node));
    assert_false(jk_digest_equal(&swapped, &node));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_edge_grows_and_loads),
        cmocka_unit_test(test_edge_load_refuses),
        cmocka_unit_test(test_edge_reaches_the_limit),
        cmocka_unit_test(test_inclusion_exhaustively),
        cmocka_unit_test(test_consistency_exhaustively),
        cmocka_unit_test(test_root_at),
        cmocka_unit_test(test_makers_refuse),
        cmocka_unit_test(test_largest_sizes),
        cmocka_unit_test(test_verifiers_refuse_senseless_sizes),
        cmocka_unit_test(test_consistency_refuses_a_taller_tree),
        cmocka_unit_test(test_leaf_and_node_differ),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
