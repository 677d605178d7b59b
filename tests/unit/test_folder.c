/* Is a published file whole or absent, never another than it was, and does the checkpoint only grow? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tiles/published.h"

static char top[] = "/tmp/jokbo-folder-XXXXXX";
static char path[64];
static struct jk_signer *signer, *other_signer, *witness;

static struct jk_error error;

static struct jk_folder *open_folder(void)
{
    struct jk_folder *folder;

    jk_error_init(&error, NULL);
    assert_int_equal(jk_folder_open(path, true, &folder, &error), JK_OK);
    return folder;
}

static enum jk_status put(struct jk_folder *folder, const char *name, const char *text)
{
    jk_error_init(&error, NULL);
    return jk_folder_put(folder, name, jk_span_of(text), &error);
}

static enum jk_status flush(struct jk_folder *folder)
{
    jk_error_init(&error, NULL);
    return jk_folder_flush(folder, &error);
}

static void expect(struct jk_folder *folder, const char *name, const char *text)
{
    struct jk_text found;

    jk_text_init(&found, 0);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_folder_read(folder, name, &found, &error), JK_OK);
    assert_int_equal(found.len, strlen(text));
    assert_memory_equal(found.bytes, text, found.len);
    jk_text_done(&found);
}

static bool absent(struct jk_folder *folder, const char *name)
{
    struct jk_text found;
    bool is_absent;

    jk_text_init(&found, 0);
    jk_error_init(&error, NULL);
    is_absent = jk_folder_read(folder, name, &found, &error) == JK_NOT_FOUND;
    jk_text_done(&found);
    return is_absent;
}

static int drafts(void)
{
    DIR *names = opendir(path);
    struct dirent *row;
    int count = 0;

    assert_non_null(names);
    while ((row = readdir(names)) != NULL)
        count += strncmp(row->d_name, JK_FOLDER_TEMPORARY, sizeof(JK_FOLDER_TEMPORARY) - 1) == 0;
    closedir(names);
    return count;
}

static void test_whole_or_absent(void **state)
{
    struct jk_folder *folder = open_folder();

    (void)state;
    assert_int_equal(put(folder, "tile/0/x001/234", "one"), JK_OK);
    assert_int_equal(put(folder, "tile/entries/000", ""), JK_OK);
    assert_true(absent(folder, "tile/0/x001/234"));
    assert_int_equal(drafts(), 2);
    assert_int_equal(flush(folder), JK_OK);
    expect(folder, "tile/0/x001/234", "one");
    expect(folder, "tile/entries/000", "");
    assert_int_equal(drafts(), 0);
    assert_int_equal(put(folder, "tile/0/999", "lost"), JK_OK);
    jk_folder_discard(folder);
    assert_int_equal(flush(folder), JK_OK);
    assert_true(absent(folder, "tile/0/999"));
    assert_int_equal(drafts(), 0);
    jk_folder_close(folder);
}

static void test_never_another(void **state)
{
    static const char *const others[] = {"onE", "on", "one ", ""};
    struct jk_folder *folder = open_folder();

    (void)state;
    assert_int_equal(put(folder, "a/b", "one"), JK_OK);
    assert_int_equal(flush(folder), JK_OK);
    assert_int_equal(put(folder, "a/b", "one"), JK_OK);
    assert_int_equal(drafts(), 0); /* nothing to do */
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(put(folder, "a/b", others[i]), JK_DATA_LOSS);
        assert_string_equal(error.reason, "TILE_CHANGED");
    }
    jk_folder_discard(folder);
    expect(folder, "a/b", "one");
    jk_folder_close(folder);
}

static void note_told(void *context, const char *name)
{
    strcat(context, name);
}

static void test_mending(void **state)
{
    struct jk_folder *folder = open_folder();
    char told[100] = "";

    (void)state;
    assert_int_equal(put(folder, "a/c", "wrong"), JK_OK);
    assert_int_equal(put(folder, "a/d", "right"), JK_OK);
    assert_int_equal(flush(folder), JK_OK);
    jk_folder_mend(folder, note_told, told);
    assert_int_equal(put(folder, "a/c", "right"), JK_OK);
    assert_int_equal(put(folder, "a/d", "right"), JK_OK);
    assert_int_equal(flush(folder), JK_OK);
    expect(folder, "a/c", "right");
    assert_string_equal(told, "a/c");
    jk_folder_close(folder);
}

/* More files than may be open at once. */
static void test_many(void **state)
{
    struct jk_folder *folder = open_folder();
    char name[32];

    (void)state;
    for (int i = 0; i < 3 * JK_FOLDER_PENDING + 1; i++) {
        (void)snprintf(name, sizeof(name), "many/%d/file", i % 7 * 1000 + i);
        assert_int_equal(put(folder, name, name), JK_OK);
    }
    assert_int_equal(flush(folder), JK_OK);
    for (int i = 0; i < 3 * JK_FOLDER_PENDING + 1; i++) {
        (void)snprintf(name, sizeof(name), "many/%d/file", i % 7 * 1000 + i);
        expect(folder, name, name);
    }
    jk_folder_close(folder);
}

static void test_reading(void **state)
{
    struct jk_folder *folder = open_folder();
    struct jk_text small;

    (void)state;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_folder_replace(folder, "changing", JK_SPAN("12345"), &error), JK_OK);
    assert_int_equal(jk_folder_replace(folder, "changing", JK_SPAN("123456"), &error), JK_OK);
    expect(folder, "changing", "123456");
    jk_text_init(&small, 5);
    assert_int_equal(jk_folder_read(folder, "changing", &small, &error), JK_RESOURCE_EXHAUSTED);
    assert_string_equal(error.reason, "FILE_TOO_LARGE");
    jk_text_done(&small);
    jk_text_init(&small, 6);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_folder_read(folder, "changing", &small, &error), JK_OK);
    jk_text_done(&small);
    jk_folder_close(folder);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_folder_open("/tmp/jokbo-there-is-none", false, &folder, &error), JK_NOT_FOUND);
}

static void test_one_writer(void **state)
{
    struct jk_folder *one = open_folder(), *two = open_folder();

    (void)state;
    assert_int_equal(jk_folder_lock(one, 0, &error), JK_OK);
    assert_int_equal(jk_folder_lock(two, 20, &error), JK_UNAVAILABLE);
    assert_string_equal(error.reason, "FOLDER_BUSY");
    jk_folder_unlock(one);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_folder_lock(two, 0, &error), JK_OK);
    assert_int_equal(put(one, "mine", "1"), JK_OK);
    assert_int_equal(put(two, "mine", "1"), JK_OK); /* names of their own */
    assert_int_equal(flush(one), JK_OK);
    assert_int_equal(flush(two), JK_OK);
    expect(one, "mine", "1");
    jk_folder_close(one);
    jk_folder_close(two);
}

/* ---- checkpoints ---- */

static void sign(struct jk_text *note, const struct jk_signer *by, const char *origin, uint64_t size, char root)
{
    struct jk_checkpoint checkpoint = {.origin = jk_span_of(origin), .size = size};
    struct jk_text body;

    memset(checkpoint.root.bytes, root, JK_DIGEST_SIZE);
    jk_text_init(&body, 0);
    jk_checkpoint_write(&checkpoint, &body);
    jk_text_clear(note);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_note_sign(by, jk_text_span(&body), note, &error), JK_OK);
    jk_text_done(&body);
}

static enum jk_status put_up(struct jk_folder *folder, const struct jk_signer *by, const char *origin, uint64_t size,
                             char root)
{
    enum jk_status status;
    struct jk_text note;

    jk_text_init(&note, 0);
    sign(&note, by, origin, size, root);
    status = jk_published_put(folder, jk_text_span(&note), &error);
    jk_text_done(&note);
    return status;
}

static int signature_lines(struct jk_folder *folder)
{
    struct jk_published published;
    struct jk_span body, rest, line;
    int count = 0;

    jk_published_init(&published);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_published_read(folder, &published, &error), JK_OK);
    assert_true(published.present);
    assert_int_equal(jk_note_open(jk_text_span(&published.note), &body, &rest, &error), JK_OK);
    while (jk_span_line(&rest, &line))
        count++;
    jk_published_done(&published);
    return count;
}

static void test_checkpoint_grows(void **state)
{
    struct jk_folder *folder = open_folder();

    (void)state;
    assert_int_equal(put_up(folder, signer, "log.test", 10, 'a'), JK_OK);
    assert_int_equal(put_up(folder, signer, "log.test", 10, 'a'), JK_OK);
    assert_int_equal(put_up(folder, signer, "log.test", 10, 'b'), JK_DATA_LOSS);
    assert_string_equal(error.reason, "CHECKPOINT_CHANGED");
    assert_int_equal(put_up(folder, signer, "log.test", 9, 'c'), JK_ABORTED);
    assert_string_equal(error.reason, "CHECKPOINT_AHEAD");
    assert_int_equal(put_up(folder, other_signer, "else.test", 11, 'd'), JK_DATA_LOSS);
    assert_int_equal(put_up(folder, signer, "log.test", 11, 'd'), JK_OK);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_folder_replace(folder, JK_PUBLISHED_FILE, JK_SPAN("nonsense\n"), &error), JK_OK);
    assert_int_equal(put_up(folder, signer, "log.test", 12, 'e'), JK_DATA_LOSS);
    assert_string_equal(error.reason, "PUBLIC_CHECKPOINT");
    assert_int_equal(unlinkat(jk_folder_descriptor(folder), JK_PUBLISHED_FILE, 0), 0);
    jk_folder_close(folder);
}

/* At the same size signatures are joined, one a key; a larger size begins anew. */
static void test_signatures_join(void **state)
{
    struct jk_folder *folder = open_folder();

    (void)state;
    assert_int_equal(put_up(folder, signer, "log.test", 10, 'a'), JK_OK);
    assert_int_equal(signature_lines(folder), 1);
    assert_int_equal(put_up(folder, witness, "log.test", 10, 'a'), JK_OK);
    assert_int_equal(signature_lines(folder), 2);
    assert_int_equal(put_up(folder, signer, "log.test", 10, 'a'), JK_OK);
    assert_int_equal(signature_lines(folder), 2);
    assert_int_equal(put_up(folder, signer, "log.test", 11, 'a'), JK_OK);
    assert_int_equal(signature_lines(folder), 1);
    jk_folder_close(folder);
}

/* A pipe of a file's name holds nobody up: neither who reads nor who writes. */
static void test_no_file(void **state)
{
    struct jk_folder *folder = open_folder();
    struct jk_text found;
    char name[100];

    (void)state;
    (void)snprintf(name, sizeof(name), "%s/pipe", path);
    assert_int_equal(mkfifo(name, 0644), 0);
    jk_text_init(&found, 0);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_folder_read(folder, "pipe", &found, &error), JK_UNAVAILABLE);
    assert_string_equal(error.reason, "PUBLIC_FOLDER");
    assert_non_null(strstr(error.message, "it is a pipe"));
    assert_int_equal(put(folder, "pipe", "bytes"), JK_UNAVAILABLE);
    assert_non_null(strstr(error.message, "it is a pipe"));
    assert_int_equal(unlink(name), 0);
    jk_text_done(&found);
    jk_folder_close(folder);
}

static int set_up(void **state)
{
    static const unsigned char seeds[3][32] = {{1}, {2}, {3}};

    (void)state;
    jk_digest_setup();
    signer = jk_signer_new(JK_SPAN("log.test"), seeds[0]);
    other_signer = jk_signer_new(JK_SPAN("else.test"), seeds[1]);
    witness = jk_signer_new(JK_SPAN("witness.test"), seeds[2]);
    if (!mkdtemp(top)) return -1;
    (void)snprintf(path, sizeof(path), "%s/public", top);
    return 0;
}

static int tear_down(void **state)
{
    char command[100];

    (void)state;
    jk_signer_free(signer);
    jk_signer_free(other_signer);
    jk_signer_free(witness);
    (void)snprintf(command, sizeof(command), "rm -r %s", top);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_or_absent),  cmocka_unit_test(test_never_another),
        cmocka_unit_test(test_mending),          cmocka_unit_test(test_many),
        cmocka_unit_test(test_reading),          cmocka_unit_test(test_one_writer),
        cmocka_unit_test(test_checkpoint_grows), cmocka_unit_test(test_signatures_join),
        cmocka_unit_test(test_no_file),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
