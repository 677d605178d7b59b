/* Do files that grow from size to size equal those of a tree from scratch, and does only what was published lie there?
 * Over the decimal tree (entry i is i in decimal), whose files at 70,000 leaves are published as vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/vectors.h"
#include "tiles/grow.h"
#include "tlog/forest.h"

#define DECIMALS UINT64_C(70000)

static char top[] = "/tmp/jokbo-grow-XXXXXX";
static char path[64];
static struct jk_forest *forest;
static uint64_t fault_at = UINT64_MAX; /* the source fails at this entry */
static struct jk_error error;

static struct jk_span decimal_entry(uint64_t i, char room[24])
{
    return (struct jk_span){room, (size_t)snprintf(room, 24, "%llu", (unsigned long long)i)};
}

static enum jk_status hashes(void *context, unsigned level, uint64_t first, unsigned count,
                             struct jk_digest *out_hashes, struct jk_error *failure)
{
    (void)context, (void)failure;
    assert_true(count <= JK_TILE_WIDTH);
    for (unsigned i = 0; i < count; i++)
        assert_true(jk_forest_read(forest, level, first + i, &out_hashes[i]));
    return JK_OK;
}

static enum jk_status entries(void *context, uint64_t first, unsigned count, struct jk_text *bundle,
                              struct jk_error *failure)
{
    char room[24];

    (void)context;
    if (fault_at < first + count) return jk_fail(failure, JK_UNAVAILABLE, "TEST", "not now");
    for (unsigned i = 0; i < count; i++)
        assert_true(jk_tile_entry_add(bundle, decimal_entry(first + i, room)));
    return JK_OK;
}

static const struct jk_grow_source source = {.hashes = hashes, .entries = entries};

static struct jk_folder *open_folder(const char *name)
{
    struct jk_folder *folder;

    (void)snprintf(path, sizeof(path), "%s/%s", top, name);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_folder_open(path, true, &folder, &error), JK_OK);
    return folder;
}

static void grow(struct jk_folder *folder, uint64_t old_size, uint64_t size)
{
    jk_error_init(&error, NULL);
    if (jk_grow(folder, &source, old_size, size, &error) != JK_OK) fail_msg("%s", error.message);
    assert_int_equal(jk_grow_sweep(folder, old_size, size, &error), JK_OK);
}

/* ---- from scratch: without tiles, straight from the entries ---- */

static void wanted_bytes(const struct jk_tile *tile, struct jk_text *out)
{
    uint64_t leaves = UINT64_C(1) << (JK_TILE_BITS * tile->level), first = tile->index * JK_TILE_WIDTH;
    char room[24];

    for (unsigned i = 0; i < tile->width; i++) {
        struct jk_edge edge;
        struct jk_digest root;

        if (tile->kind == JK_TILE_ENTRIES) {
            assert_true(jk_tile_entry_add(out, decimal_entry(first + i, room)));
            continue;
        }
        jk_edge_init(&edge);
        for (uint64_t leaf = (first + i) * leaves; leaf < (first + i + 1) * leaves; leaf++) {
            struct jk_digest hash = jk_merkle_leaf(decimal_entry(leaf, room));
            jk_edge_append(&edge, &hash);
        }
        root = jk_edge_root(&edge);
        jk_text_add(out, (struct jk_span){(const char *)root.bytes, JK_DIGEST_SIZE});
    }
}

static void check_file(struct jk_folder *folder, const struct jk_tile *tile)
{
    struct jk_text wanted, found;
    char name[JK_TILE_PATH];

    jk_tile_path(tile, name);
    jk_text_init(&wanted, 0);
    jk_text_init(&found, 0);
    wanted_bytes(tile, &wanted);
    jk_error_init(&error, NULL);
    if (jk_folder_read(folder, name, &found, &error) != JK_OK) fail_msg("%s", error.message);
    assert_true(jk_span_equal(jk_text_span(&wanted), jk_text_span(&found)));
    jk_text_done(&wanted);
    jk_text_done(&found);
}

/* All tiles that a log of that size publishes are there, and right. */
static uint64_t check_all(struct jk_folder *folder, uint64_t size)
{
    struct jk_tile_walk walk;
    struct jk_tile tile;
    uint64_t count = 0;

    jk_tile_walk_init(&walk, 0, size);
    while (jk_tile_walk_next(&walk, &tile)) {
        check_file(folder, &tile);
        count++;
    }
    return count;
}

static uint64_t file_count;

static int count_file(const char *name, const struct stat *facts, int kind, struct FTW *where)
{
    (void)name, (void)facts, (void)where;
    file_count += kind == FTW_F;
    return 0;
}

static uint64_t files_there(void)
{
    file_count = 0;
    assert_int_equal(nftw(path, count_file, 8, FTW_PHYS), 0);
    return file_count;
}

/* ---- tests ---- */

static void test_step_by_step(void **state)
{
    static const uint64_t sizes[] = {0, 1, 255, 256, 257, 65537, DECIMALS};
    static const uint64_t extra[] = {0, 0, 2, 0, 0, 2, 2}; /* partial tiles of sizes published before */
    struct jk_folder *folder = open_folder("steps");

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint64_t count;

        grow(folder, i ? sizes[i - 1] : 0, sizes[i]);
        count = check_all(folder, sizes[i]);
        assert_int_equal(jk_grow_count(0, sizes[i]), count);
        if (sizes[i] < 257) assert_int_equal(files_there(), count + extra[i]);
    }
    jk_folder_close(folder);
}

/* Small steps across the first tiles: what is full has no partial form any more, and the rest was published. */
static void test_only_published(void **state)
{
    struct jk_folder *folder = open_folder("small");
    struct jk_tile tile = {.kind = JK_TILE_HASHES};
    char name[JK_TILE_PATH];
    struct jk_text found;

    (void)state;
    jk_text_init(&found, 0);
    for (uint64_t size = 0; size < 600; size += 7)
        grow(folder, size, size + 7);
    for (tile.index = 0; tile.index < 3; tile.index++) {
        for (tile.width = 1; tile.width < JK_TILE_WIDTH; tile.width++) {
            uint64_t end = tile.index * JK_TILE_WIDTH + tile.width;
            bool published = tile.index == 2 && end <= 602 && end % 7 == 0;

            jk_tile_path(&tile, name);
            jk_error_init(&error, NULL);
            assert_int_equal(jk_folder_read(folder, name, &found, &error), published ? JK_OK : JK_NOT_FOUND);
            if (published) check_file(folder, &tile);
        }
    }
    jk_text_done(&found);
    jk_folder_close(folder);
}

/* Files of a publication that never got its checkpoint, temporary ones, and partial forms that were not removed. */
static void test_tidy(void **state)
{
    struct jk_folder *folder = open_folder("tidy");
    uint64_t before;

    (void)state;
    grow(folder, 0, 300);
    before = files_there();
    jk_error_init(&error, NULL);
    assert_int_equal(jk_grow(folder, &source, 300, 310, &error), JK_OK); /* two files beyond */
    assert_int_equal(jk_folder_put(folder, "tile/0/000.p/9", JK_SPAN("left"), &error), JK_OK);
    assert_int_equal(jk_folder_put(folder, "tile/entries/000.p/255", JK_SPAN("left"), &error), JK_OK);
    assert_int_equal(jk_folder_flush(folder, &error), JK_OK);
    assert_int_equal(jk_folder_put(folder, "draft", JK_SPAN("left"), &error), JK_OK);
    assert_int_equal(files_there(), before + 5);
    assert_int_equal(jk_grow_tidy(folder, 300, &error), JK_OK);
    assert_int_equal(files_there(), before);
    check_all(folder, 300);
    jk_folder_discard(folder);
    jk_folder_close(folder);
}

static void spoil(const char *name)
{
    char whole[200];
    FILE *file;

    (void)snprintf(whole, sizeof(whole), "%s/%s", path, name);
    file = fopen(whole, "r+b");
    assert_non_null(file);
    int byte = fgetc(file);
    rewind(file);
    fputc(byte ^ 1, file);
    assert_int_equal(fclose(file), 0);
}

static int told_count;

static void told(void *context, const char *name)
{
    (void)context, (void)name;
    told_count++;
}

static void test_changed_files(void **state)
{
    struct jk_folder *folder = open_folder("changed");

    (void)state;
    grow(folder, 0, 600);
    grow(folder, 600, 605);
    spoil("tile/entries/001");
    spoil("tile/0/000");
    spoil("tile/0/002.p/88"); /* of the size before */
    jk_error_init(&error, NULL);
    assert_int_equal(jk_grow(folder, &source, 0, 605, &error), JK_DATA_LOSS);
    assert_string_equal(error.reason, "TILE_CHANGED");
    jk_folder_mend(folder, told, NULL);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_grow(folder, &source, 0, 605, &error), JK_OK);
    assert_int_equal(told_count, 2);
    assert_int_equal(jk_grow_mend(folder, &source, 605, &error), JK_OK);
    assert_int_equal(told_count, 3);
    check_all(folder, 605);
    check_all(folder, 600);
    jk_folder_close(folder);
}

/* An entry that the tree was not made of is never published; a source that fails leaves nothing half done. */
static void test_faults(void **state)
{
    struct jk_folder *folder = open_folder("faults");
    struct jk_digest leaf = jk_merkle_leaf(JK_SPAN("another"));
    struct jk_forest *true_forest = forest;

    (void)state;
    fault_at = 400;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_grow(folder, &source, 0, 600, &error), JK_UNAVAILABLE);
    assert_int_equal(files_there(), 0);
    fault_at = UINT64_MAX;
    forest = jk_forest_new();
    assert_true(forest && jk_forest_reserve(forest, 1));
    jk_forest_append(forest, &leaf);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_grow(folder, &source, 0, 1, &error), JK_DATA_LOSS);
    assert_string_equal(error.reason, "ENTRY_CHANGED");
    assert_int_equal(files_there(), 0);
    jk_forest_free(forest);
    forest = true_forest;
    grow(folder, 0, 600);
    check_all(folder, 600);
    jk_folder_close(folder);
}

/* ---- reading again ---- */

static void write_over(const char *name, struct jk_span bytes)
{
    char whole[200];
    FILE *file;

    (void)snprintf(whole, sizeof(whole), "%s/%s", path, name);
    file = fopen(whole, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.at, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
}

static struct jk_grow_found look(struct jk_folder *folder, const struct jk_tile *tile)
{
    struct jk_grow_found found;
    struct jk_text bytes;

    jk_text_init(&bytes, JK_GROW_BUNDLE_MAX);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_grow_look(folder, &source, tile, &bytes, &found, &error), JK_OK);
    jk_text_done(&bytes);
    return found;
}

/* What the file holds now is told to be wrong, as what it is; made anew it is right. */
static void expect_mended(struct jk_folder *folder, const struct jk_tile *tile, struct jk_span bytes)
{
    struct jk_digest digest = jk_digest_of(bytes);
    char name[JK_TILE_PATH];
    struct jk_grow_found found;

    jk_tile_path(tile, name);
    write_over(name, bytes);
    found = look(folder, tile);
    assert_int_equal(found.state, JK_GROW_WRONG);
    assert_int_equal(found.len, bytes.len);
    assert_true(jk_digest_equal(&found.digest, &digest));
    assert_int_equal(jk_grow_again(folder, &source, tile, &error), JK_OK);
    assert_int_equal(look(folder, tile).state, JK_GROW_WHOLE);
    check_file(folder, tile);
}

/* Each way in which the bytes of a file can be others. */
static void spoil_each_way(struct jk_folder *folder, const struct jk_tile *tile)
{
    struct jk_text right, wrong;
    char name[JK_TILE_PATH], whole[200];

    jk_tile_path(tile, name);
    (void)snprintf(whole, sizeof(whole), "%s/%s", path, name);
    jk_text_init(&right, 0);
    jk_text_init(&wrong, 0);
    wanted_bytes(tile, &right);
    assert_int_equal(look(folder, tile).state, JK_GROW_WHOLE);
    for (size_t at = 0; at < right.len; at += right.len / 9) {
        right.bytes[at] ^= 1;
        expect_mended(folder, tile, jk_text_span(&right));
        right.bytes[at] ^= 1;
    }
    expect_mended(folder, tile, (struct jk_span){right.bytes, right.len - 1});
    expect_mended(folder, tile, JK_SPAN(""));
    jk_text_add(&wrong, jk_text_span(&right));
    jk_text_add_char(&wrong, '\0');
    expect_mended(folder, tile, jk_text_span(&wrong));
    assert_int_equal(unlink(whole), 0);
    assert_int_equal(look(folder, tile).state, JK_GROW_ABSENT);
    assert_int_equal(jk_grow_again(folder, &source, tile, &error), JK_OK);
    assert_int_equal(unlink(whole), 0);
    assert_int_equal(mkfifo(whole, 0644), 0);
    assert_int_equal(look(folder, tile).state, JK_GROW_WRONG);
    assert_non_null(strstr(look(folder, tile).unreadable, "it is a pipe"));
    assert_int_equal(jk_grow_again(folder, &source, tile, &error), JK_OK);
    check_file(folder, tile);
    jk_text_done(&right);
    jk_text_done(&wrong);
}

static void test_reading_again(void **state)
{
    struct jk_tile tiles[] = {{.kind = JK_TILE_ENTRIES, .width = 256},
                              {.kind = JK_TILE_ENTRIES, .index = 2, .width = 88},
                              {.kind = JK_TILE_HASHES, .index = 1, .width = 256},
                              {.kind = JK_TILE_HASHES, .index = 2, .width = 93},
                              {.kind = JK_TILE_HASHES, .level = 1, .width = 2}};
    struct jk_folder *folder = open_folder("again");
    char whole[200];

    (void)state;
    grow(folder, 0, 600);
    grow(folder, 600, 605);
    for (size_t i = 0; i < sizeof(tiles) / sizeof(tiles[0]); i++)
        spoil_each_way(folder, &tiles[i]);
    check_all(folder, 605);
    check_all(folder, 600);
    assert_int_equal(unlink(strcat(strcpy(whole, path), "/tile/0/000")), 0);
    assert_int_equal(mkdir(whole, 0755), 0); /* nothing takes a folder's place */
    assert_int_equal(look(folder, &(struct jk_tile){.width = 256}).state, JK_GROW_WRONG);
    assert_int_equal(jk_grow_again(folder, &source, &(struct jk_tile){.width = 256}, &error), JK_UNAVAILABLE);
    fault_at = 10;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_grow_again(folder, &source, &tiles[0], &error), JK_UNAVAILABLE);
    assert_int_equal(look(folder, &tiles[0]).state, JK_GROW_WHOLE); /* and what is there stays */
    fault_at = UINT64_MAX;
    jk_folder_close(folder);
}

static void test_vectors(void **state)
{
    struct jk_span file = vectors_read("tiles.txt"), rest = file, line, name, hex;
    struct jk_folder *folder = open_folder("steps");
    struct jk_text found;

    (void)state;
    jk_text_init(&found, 0);
    while (jk_span_line(&rest, &line)) {
        char found_hex[JK_DIGEST_HEX + 1], text[64];
        struct jk_digest digest;

        if (!vectors_word(&line, &name) || name.at[0] == '#') continue;
        assert_true(vectors_word(&line, &hex));
        (void)snprintf(text, sizeof(text), "%.*s", JK_SPAN_ARG(name));
        jk_error_init(&error, NULL);
        assert_int_equal(jk_folder_read(folder, text, &found, &error), JK_OK);
        digest = jk_digest_of(jk_text_span(&found));
        jk_digest_hex(&digest, found_hex);
        assert_true(jk_span_equal(hex, jk_span_of(found_hex)));
    }
    free((char *)file.at);
    jk_text_done(&found);
    jk_folder_close(folder);
}

static int set_up(void **state)
{
    char room[24];

    (void)state;
    jk_digest_setup();
    forest = jk_forest_new();
    if (!forest || !jk_forest_reserve(forest, DECIMALS) || !mkdtemp(top)) return -1;
    for (uint64_t i = 0; i < DECIMALS; i++) {
        struct jk_digest leaf = jk_merkle_leaf(decimal_entry(i, room));
        jk_forest_append(forest, &leaf);
    }
    return 0;
}

static int tear_down(void **state)
{
    char command[100];

    (void)state;
    jk_forest_free(forest);
    (void)snprintf(command, sizeof(command), "rm -r %s", top);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_by_step),   cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_only_published), cmocka_unit_test(test_tidy),
        cmocka_unit_test(test_changed_files),  cmocka_unit_test(test_faults),
        cmocka_unit_test(test_reading_again),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
