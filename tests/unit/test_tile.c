/* Tile names, widths, places and bytes. The decimal tree of 70,000 leaves is published as vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/defer.h"
#include "support/tiles.h"
#include "support/vectors.h"
#include "tlog/tile.h"

#define DECIMALS UINT64_C(70000)

/* levels[l][i]: the perfect subtree (l, i) of the decimal tree. */
static struct jk_digest *levels[17];

static struct jk_span decimal_entry(uint64_t i, char room[24])
{
    return (struct jk_span){room, (size_t)snprintf(room, 24, "%llu", (unsigned long long)i)};
}

static int setup(void **state)
{
    (void)state;
    char room[24];
    jk_digest_setup();
    for (unsigned level = 0; level < 17; level++) {
        uint64_t count = DECIMALS >> level;
        levels[level] = calloc(count, sizeof(struct jk_digest));
        if (!levels[level]) return -1;
        for (uint64_t i = 0; i < count; i++)
            levels[level][i] = level == 0 ? jk_merkle_leaf(decimal_entry(i, room))
                                          : jk_merkle_node(&levels[level - 1][2 * i], &levels[level - 1][2 * i + 1]);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned level = 0; level < 17; level++)
        free(levels[level]);
    return 0;
}

static struct jk_span tile_bytes(const struct jk_tile *tile)
{
    assert_true(tile->kind == JK_TILE_HASHES && tile->level <= 2);
    const struct jk_digest *first = levels[8 * tile->level] + tile->index * JK_TILE_WIDTH;
    return (struct jk_span){(const char *)first, tile->width * sizeof(struct jk_digest)};
}

static void bundle_bytes(const struct jk_tile *tile, struct jk_text *out)
{
    char room[24];
    for (uint64_t i = 0; i < tile->width; i++)
        assert_true(jk_tile_entry_add(out, decimal_entry(tile->index * JK_TILE_WIDTH + i, room)));
}

static void check_vector(struct jk_span path, struct jk_span hex)
{
    JK_CLEANUP(jk_text_done) struct jk_text bundle = {0};
    struct jk_tile tile;
    struct jk_digest want, got;
    assert_true(jk_tile_parse(path, &tile));
    assert_true(tile_exists(&tile, DECIMALS));
    if (tile.kind == JK_TILE_ENTRIES) bundle_bytes(&tile, &bundle);
    got = jk_digest_of(tile.kind == JK_TILE_ENTRIES ? jk_text_span(&bundle) : tile_bytes(&tile));
    assert_true(jk_digest_parse(hex, &want));
    assert_memory_equal(got.bytes, want.bytes, sizeof(got.bytes));
}

static void test_vectors(void **state)
{
    (void)state;
    struct jk_span file = vectors_read("tiles.txt"), rest = file, line, path, hex;
    unsigned count = 0;
    while (jk_span_line(&rest, &line)) {
        if (!vectors_word(&line, &path) || path.at[0] == '#') continue;
        assert_true(vectors_word(&line, &hex));
        check_vector(path, hex);
        count++;
    }
    assert_int_equal(count, 7);
    free((char *)file.at);
}

static void check_path(struct jk_tile tile, const char *path)
{
    char written[JK_TILE_PATH];
    struct jk_tile parsed = {0};
    jk_tile_path(&tile, written);
    assert_string_equal(written, path);
    assert_true(jk_tile_parse(jk_span_of(path), &parsed));
    assert_int_equal(parsed.kind, tile.kind);
    assert_int_equal(parsed.level, tile.level);
    assert_int_equal(parsed.width, tile.width);
    assert_true(parsed.index == tile.index);
}

static void test_paths(void **state)
{
    (void)state;
    check_path((struct jk_tile){JK_TILE_HASHES, 0, 256, 0}, "tile/0/000");
    check_path((struct jk_tile){JK_TILE_HASHES, 0, 1, 0}, "tile/0/000.p/1");
    check_path((struct jk_tile){JK_TILE_HASHES, 0, 255, 999}, "tile/0/999.p/255");
    check_path((struct jk_tile){JK_TILE_HASHES, 1, 256, 1000}, "tile/1/x001/000");
    check_path((struct jk_tile){JK_TILE_HASHES, 7, 17, 1234067}, "tile/7/x001/x234/067.p/17");
    check_path((struct jk_tile){JK_TILE_HASHES, 63, 256, 7}, "tile/63/007");
    check_path((struct jk_tile){JK_TILE_ENTRIES, 0, 256, 1234067}, "tile/entries/x001/x234/067");
    check_path((struct jk_tile){JK_TILE_ENTRIES, 0, 112, 273}, "tile/entries/273.p/112");
    check_path((struct jk_tile){JK_TILE_ENTRIES, 0, 255, JK_TILE_INDEX_MAX},
               "tile/entries/x036/x028/x797/x018/x963/967.p/255");
}

static void test_malformed_paths(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "", "tile", "tile/", "tile/0", "tile/0/", "/tile/0/000", "tile//000", "Tile/0/000", "tile/0/000/",
        "tile/0//000",
        /* level */
        "tile/00/000", "tile/01/000", "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/a/000", "tile/0x0/000",
        "tile/18446744073709551616/000", "tile/Entries/000", "tile/entries", "tile/entries/", "tile/entrie/000",
        "tile/entriess/000", "tile/data/000",
        /* index */
        "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/00a", "tile/0/ 00", "tile/0/-01", "tile/0/x000", "tile/0/x001",
        "tile/0/x001/", "tile/0/x000/001", "tile/0/x000/x001/001", "tile/0/001/000", "tile/0/001/x000",
        "tile/0/X001/000", "tile/0/xx01/000", "tile/0/x1/000", "tile/0/x0010/000", "tile/0/x001x000/000",
        "tile/0/x036/x028/x797/x018/x963/968", "tile/0/x999/x999/x999/x999/x999/999",
        "tile/0/x001/x000/x000/x000/x000/x000/000", "tile/0/x001/x234/67",
        /* width */
        "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/-1",
        "tile/0/000.p/1 ", "tile/0/000.p/1/", "tile/0/000.p/1a", "tile/0/000.p/18446744073709551617", "tile/0/000.P/1",
        "tile/0/000p/1", "tile/0/000./1", "tile/0/000.p/1.p/1", "tile/0/000 ", "tile/0/000\n",
        /* never out of the folder */
        "tile/0/../000", "tile/../0/000", "tile/0/%30%30%30", "checkpoint"};
    struct jk_tile tile, before;
    memset(&tile, 0x5a, sizeof(tile));
    before = tile;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (jk_tile_parse(jk_span_of(paths[i]), &tile)) fail_msg("accepted \"%s\"", paths[i]);
    }
    assert_false(jk_tile_parse((struct jk_span){"tile/0/000\0", 11}, &tile));
    assert_false(jk_tile_parse((struct jk_span){NULL, 0}, &tile));
    assert_memory_equal(&tile, &before, sizeof(tile));
}

static void test_width_at(void **state)
{
    (void)state;
    assert_int_equal(jk_tile_width_at(0, 0, 0), 0);
    assert_int_equal(jk_tile_width_at(0, 0, 1), 1);
    assert_int_equal(jk_tile_width_at(0, 0, 255), 255);
    assert_int_equal(jk_tile_width_at(0, 0, 256), 256);
    assert_int_equal(jk_tile_width_at(0, 1, 256), 0);
    assert_int_equal(jk_tile_width_at(0, 1, 257), 1);
    assert_int_equal(jk_tile_width_at(1, 0, 255), 0);
    assert_int_equal(jk_tile_width_at(1, 0, 256), 1);
    assert_int_equal(jk_tile_width_at(1, 1, 70000), 17);
    assert_int_equal(jk_tile_width_at(2, 0, 70000), 1);
    assert_int_equal(jk_tile_width_at(2, 0, 65535), 0);
    assert_int_equal(jk_tile_width_at(3, 0, 70000), 0);
    assert_int_equal(jk_tile_width_at(0, JK_TILE_INDEX_MAX, JK_TREE_MAX), 255);
    assert_int_equal(jk_tile_width_at(0, JK_TILE_INDEX_MAX + 1, JK_TREE_MAX), 0);
    assert_int_equal(jk_tile_width_at(7, 0, JK_TREE_MAX), 127);
    assert_int_equal(jk_tile_width_at(8, 0, JK_TREE_MAX), 0);
    assert_int_equal(jk_tile_width_at(63, 0, JK_TREE_MAX), 0);
    assert_int_equal(jk_tile_width_at(4000000000U, 0, JK_TREE_MAX), 0);
}

static bool path_exists(const char *path, uint64_t size)
{
    struct jk_tile tile;
    assert_true(jk_tile_parse(jk_span_of(path), &tile));
    return tile_exists(&tile, size);
}

static void test_exists(void **state)
{
    (void)state;
    assert_false(path_exists("tile/0/000", 0));
    assert_false(path_exists("tile/0/000", 255));
    assert_true(path_exists("tile/0/000", 256));
    assert_true(path_exists("tile/0/000.p/255", 255));
    assert_false(path_exists("tile/0/000.p/254", 255)); /* only of the very size */
    assert_false(path_exists("tile/0/000.p/255", 256)); /* gone once it is full */
    assert_true(path_exists("tile/entries/273.p/112", 70000));
    assert_false(path_exists("tile/entries/273", 70000));
    assert_false(path_exists("tile/entries/274.p/1", 70000));
    assert_true(path_exists("tile/2/000.p/1", 65536));
    assert_false(path_exists("tile/2/000.p/1", 65535));
    assert_false(path_exists("tile/63/000", JK_TREE_MAX));
    struct jk_tile odd = {JK_TILE_ENTRIES, 1, 1, 0};
    assert_false(tile_exists(&odd, 256));
}

/* Published step by step, each file that the final size needs has been written, and none twice. */
static void walk_all(const uint64_t *sizes, size_t count, unsigned char *seen)
{
    for (size_t i = 0; i + 1 < count; i++) {
        struct jk_tile_walk walk;
        struct jk_tile tile;
        jk_tile_walk_init(&walk, sizes[i], sizes[i + 1]);
        while (jk_tile_walk_next(&walk, &tile)) {
            unsigned row = tile.kind == JK_TILE_ENTRIES ? 0 : tile.level + 1;
            assert_true(row < 4 && tile.index < 300);
            assert_true(tile_exists(&tile, sizes[i + 1]));
            assert_false(tile_exists(&tile, sizes[i]));
            unsigned char *slot = &seen[(row * 300 + tile.index) * 257 + tile.width];
            assert_int_equal(*slot, 0);
            *slot = 1;
        }
        assert_false(jk_tile_walk_next(&walk, &tile));
    }
}

static void test_walk(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0,   0,   1,   2,    255,   256,   257,   257,   511,  512,
                                     513, 600, 768, 5000, 65535, 65536, 65537, 65792, 70000};
    size_t count = sizeof(sizes) / sizeof(sizes[0]);
    unsigned char *seen = calloc(4 * 300 * 257, 1);
    assert_non_null(seen);
    walk_all(sizes, count, seen);
    for (size_t i = 0; i < count; i++) {
        for (unsigned row = 0; row < 4; row++) {
            unsigned level = row == 0 ? 0 : row - 1;
            uint64_t last = (sizes[i] >> (8 * level)) / JK_TILE_WIDTH;
            for (uint64_t index = 0; index <= last; index++) {
                unsigned width = jk_tile_width_at(level, index, sizes[i]);
                assert_true(width == 0 || seen[(row * 300 + index) * 257 + width]);
            }
        }
    }
    free(seen);
}

static void test_walk_order_and_limit(void **state)
{
    (void)state;
    static const char *const want[] = {"tile/entries/000", "tile/entries/001.p/44", "tile/0/000", "tile/0/001.p/44",
                                       "tile/1/000.p/1"};
    struct jk_tile_walk walk;
    struct jk_tile tile;
    char path[JK_TILE_PATH];
    jk_tile_walk_init(&walk, 10, 300);
    for (size_t i = 0; i < 5; i++) {
        assert_true(jk_tile_walk_next(&walk, &tile));
        jk_tile_path(&tile, path);
        assert_string_equal(path, want[i]);
    }
    assert_false(jk_tile_walk_next(&walk, &tile));
    unsigned count = 0;
    jk_tile_walk_init(&walk, (uint64_t)JK_TREE_MAX - 1, JK_TREE_MAX);
    for (; jk_tile_walk_next(&walk, &tile); count++)
        assert_int_equal(tile.width, 255);
    assert_int_equal(count, 2); /* the bundle and the level-0 tile; nothing above was closed */
}

struct reader {
    uint64_t size;
};

/* Every hash comes out of the tiles of that size. */
static bool read_tiles(void *context, unsigned level, uint64_t index, struct jk_digest *out_hash)
{
    const struct reader *reader = context;
    struct jk_tile_place place;
    if (!jk_tile_locate(level, index, reader->size, &place)) return false;
    assert_true(tile_exists(&place.tile, reader->size));
    return jk_tile_hash(&place, tile_bytes(&place.tile), out_hash);
}

static void test_locate_every_hash(void **state)
{
    (void)state;
    struct reader reader = {DECIMALS};
    for (unsigned level = 0; level < 17; level++) {
        uint64_t step = level < 4 ? 37 : 1;
        for (uint64_t i = 0; i < DECIMALS >> level; i += step) {
            struct jk_digest hash;
            assert_true(read_tiles(&reader, level, i, &hash));
            assert_memory_equal(hash.bytes, levels[level][i].bytes, sizeof(hash.bytes));
        }
        struct jk_tile_place place;
        assert_false(jk_tile_locate(level, DECIMALS >> level, DECIMALS, &place));
    }
}

static void test_proofs_from_tiles(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 255, 256, 257, 511, 65535, 65536, 65537, 70000};
    struct jk_digest root;
    struct jk_proof proof;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct reader reader = {sizes[i]};
        uint64_t index = sizes[i] * 2 / 3;
        assert_true(jk_merkle_root_at(read_tiles, &reader, sizes[i], &root));
        assert_true(jk_merkle_inclusion(read_tiles, &reader, index, sizes[i], &proof));
        assert_true(jk_merkle_verify_inclusion(&levels[0][index], index, sizes[i], &proof, &root));
    }
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&root, hex);
    assert_string_equal(hex, "1a4cdfcb66374a0c0dcbef49acbd4976d13ee864fb3cb241fc943cad04f02f7e");
}

static void test_locate_refuses(void **state)
{
    (void)state;
    struct jk_tile_place place, before;
    struct jk_digest hash;
    memset(&place, 0x5a, sizeof(place));
    before = place;
    assert_false(jk_tile_locate(0, 0, 0, &place));
    assert_false(jk_tile_locate(0, 5, 5, &place));
    assert_false(jk_tile_locate(1, 2, 5, &place));
    assert_false(jk_tile_locate(63, 0, JK_TREE_MAX, &place));
    assert_false(jk_tile_locate(64, 0, JK_TREE_MAX, &place));
    assert_false(jk_tile_locate(0, 0, (uint64_t)JK_TREE_MAX + 1, &place));
    assert_memory_equal(&place, &before, sizeof(place));
    assert_true(jk_tile_locate(62, 0, JK_TREE_MAX, &place));
    assert_int_equal(place.tile.level, 7);
    assert_int_equal(place.count, 64);
    assert_true(jk_tile_locate(1, 1, 5, &place));
    assert_int_equal(place.tile.width, 5);
    struct jk_span bytes = {(const char *)levels[0], 5 * 32};
    assert_true(jk_tile_hash(&place, bytes, &hash));
    bytes.len--;
    assert_false(jk_tile_hash(&place, bytes, &hash));
    bytes.len += 2;
    assert_false(jk_tile_hash(&place, bytes, &hash));
}

static void test_bundle_round_trip(void **state)
{
    (void)state;
    JK_CLEANUP(jk_text_done) struct jk_text bundle = {0};
    static char large[JK_TILE_ENTRY_MAX + 1];
    struct jk_span rest, entry;
    assert_true(jk_tile_entry_add(&bundle, JK_SPAN("")));
    assert_true(jk_tile_entry_add(&bundle, JK_SPAN("entry")));
    assert_true(jk_tile_entry_add(&bundle, (struct jk_span){large, JK_TILE_ENTRY_MAX}));
    size_t len = bundle.len;
    assert_false(jk_tile_entry_add(&bundle, (struct jk_span){large, JK_TILE_ENTRY_MAX + 1}));
    assert_int_equal(bundle.len, len);
    assert_int_equal(len, 2 + 7 + 2 + JK_TILE_ENTRY_MAX);
    rest = jk_text_span(&bundle);
    assert_true(jk_tile_entry_next(&rest, &entry));
    assert_int_equal(entry.len, 0);
    assert_true(jk_tile_entry_next(&rest, &entry));
    assert_true(jk_span_equal(entry, JK_SPAN("entry")));
    assert_true(jk_tile_entry_next(&rest, &entry));
    assert_int_equal(entry.len, JK_TILE_ENTRY_MAX);
    assert_int_equal(rest.len, 0);
    assert_false(jk_tile_entry_next(&rest, &entry));
}

static void test_bundle_cut_short(void **state)
{
    (void)state;
    struct jk_span one = {"\x00", 1}, none = {"\x00\x01", 2}, some = {"\x01\x00zzz", 5}, entry;
    assert_false(jk_tile_entry_next(&one, &entry));
    assert_false(jk_tile_entry_next(&none, &entry));
    assert_false(jk_tile_entry_next(&some, &entry));
    assert_int_equal(one.len, 1);
    assert_int_equal(none.len, 2);
    assert_int_equal(some.len, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_malformed_paths),
        cmocka_unit_test(test_width_at),
        cmocka_unit_test(test_exists),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_walk_order_and_limit),
        cmocka_unit_test(test_locate_every_hash),
        cmocka_unit_test(test_proofs_from_tiles),
        cmocka_unit_test(test_locate_refuses),
        cmocka_unit_test(test_bundle_round_trip),
        cmocka_unit_test(test_bundle_cut_short),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
