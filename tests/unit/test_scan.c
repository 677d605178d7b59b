/* Does a scan tell how far it is, to the end, whatever it reads of the files? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/digest.h"
#include "scan/scan.h"

#define DATA 64 /* bytes of the one tensor */

static char folder[] = "/tmp/jokbo-scan-XXXXXX";
static const char *const names[] = {"a.safetensors", "b.bin", "c.safetensors", "gone.bin"};
enum { FILES = 3, NAMES = 4 };

struct told {
    uint64_t done, total;
};

static void put(const char *name, const void *bytes, size_t len)
{
    char path[80];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static int make_folder(void **unused)
{
    static const char header[] = "{\"w\":{\"dtype\":\"F32\",\"shape\":[4,4],\"data_offsets\":[0,64]}}";
    char bytes[8 + sizeof header - 1 + DATA] = {(char)(sizeof header - 1)};
    (void)unused;
    memcpy(bytes + 8, header, sizeof header - 1);
    if (!mkdtemp(folder)) return -1;
    put(names[0], bytes, sizeof bytes);
    put(names[1], "no weights", 10);
    put(names[2], "damaged", 7);
    return 0;
}

static int remove_folder(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < FILES; i++) {
        char path[80];
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

static void keep_told(void *user, uint64_t done, uint64_t total)
{
    *(struct told *)user = (struct told){done, total};
}

static bool knows_all(void *user, struct jk_scan_file *file)
{
    (void)user;
    (void)file;
    return true;
}

static struct told told_last(bool sketches, bool known)
{
    struct jk_scan_file files[NAMES] = {0};
    struct told told = {0};
    struct jk_error error;
    for (size_t i = 0; i < NAMES; i++)
        files[i] = (struct jk_scan_file){.path = names[i], .named = jk_span_of(names[i]), .facts.size = 1000};
    struct jk_scan_options options = {.folder = folder,
                                      .files = files,
                                      .count = NAMES,
                                      .threads = 2,
                                      .sketches = sketches,
                                      .progress = keep_told,
                                      .known = known ? knows_all : NULL,
                                      .user = &told};
    jk_error_init(&error, NULL);
    assert_int_equal(jk_scan_run(&options, &error), JK_OK);
    assert_int_equal(files[0].done, true);
    assert_int_equal(files[0].fault[0], 0);
    assert_int_equal(files[3].missing, true);
    for (size_t i = 0; i < NAMES; i++)
        jk_scan_file_done(&files[i]);
    return told;
}

/* Files of another size than was expected, damaged and missing ones among them. */
static void it_ends_with_everything_done(void **unused)
{
    (void)unused;
    for (int with = 0; with < 4; with++) {
        struct told told = told_last(with & 1, with & 2);
        assert_int_equal(told.total, NAMES * 1000);
        assert_int_equal(told.done, told.total);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_ends_with_everything_done)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
