/* The forest gives the same roots and proofs as trees computed from scratch, whatever was appended and taken back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tlog/forest.h"

#define LEAVES 9000 /* more than two chunks of the lowest level */

static struct jk_digest leaf_of(uint64_t n)
{
    return jk_merkle_leaf((struct jk_span){(const char *)&n, sizeof(n)});
}

static struct jk_forest *forest_of(uint64_t leaves)
{
    struct jk_forest *forest = jk_forest_new();

    assert_non_null(forest);
    assert_true(jk_forest_reserve(forest, leaves));
    for (uint64_t i = 0; i < leaves; i++) {
        struct jk_digest leaf = leaf_of(i);
        jk_forest_append(forest, &leaf);
    }
    return forest;
}

static void roots_are_the_edges(void **state)
{
    struct jk_forest *forest = forest_of(LEAVES);
    struct jk_edge edge;
    struct jk_digest root, wanted;

    (void)state;
    jk_edge_init(&edge);
    for (uint64_t size = 0; size <= LEAVES; size++) {
        assert_true(jk_merkle_root_at(jk_forest_read, forest, size, &root));
        wanted = jk_edge_root(&edge);
        assert_memory_equal(root.bytes, wanted.bytes, JK_DIGEST_SIZE);
        wanted = leaf_of(size);
        if (size < LEAVES) jk_edge_append(&edge, &wanted);
    }
    jk_forest_free(forest);
}

static void proofs_verify(void **state)
{
    struct jk_forest *forest = forest_of(LEAVES);
    static const uint64_t sizes[] = {1, 2, 3, 255, 256, 257, 4095, 4096, 4097, LEAVES};

    (void)state;
    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
        struct jk_digest root;
        assert_true(jk_merkle_root_at(jk_forest_read, forest, sizes[s], &root));
        for (uint64_t i = 0; i < sizes[s]; i += 1 + sizes[s] / 97) {
            struct jk_digest leaf = leaf_of(i);
            struct jk_proof proof;
            assert_true(jk_merkle_inclusion(jk_forest_read, forest, i, sizes[s], &proof));
            assert_true(jk_merkle_verify_inclusion(&leaf, i, sizes[s], &proof, &root));
        }
    }
    jk_forest_free(forest);
}

static void truncated_is_as_if_never_grown(void **state)
{
    struct jk_forest *forest = forest_of(5000), *plain = forest_of(4500);
    struct jk_digest a, b;

    (void)state;
    jk_forest_truncate(forest, 4096);
    assert_false(jk_forest_read(forest, 0, 4096, &a));
    assert_false(jk_forest_read(forest, 13, 0, &a));
    for (uint64_t i = 4096; i < 4500; i++) {
        struct jk_digest leaf = leaf_of(i);
        jk_forest_append(forest, &leaf);
    }
    assert_int_equal(jk_forest_size(forest), 4500);
    assert_true(jk_merkle_root_at(jk_forest_read, forest, 4500, &a));
    assert_true(jk_merkle_root_at(jk_forest_read, plain, 4500, &b));
    assert_memory_equal(a.bytes, b.bytes, JK_DIGEST_SIZE);
    jk_forest_free(forest);
    jk_forest_free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_the_edges),
        cmocka_unit_test(proofs_verify),
        cmocka_unit_test(truncated_is_as_if_never_grown),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
