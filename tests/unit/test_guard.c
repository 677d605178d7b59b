/* Does the guard copy survive torn writes, and is damage told apart from absence? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/guard.h"

static char folder[] = "/tmp/jokbo-guard-XXXXXX";
static char path[64];

static void write_note(struct jk_guard *guard, const char *note)
{
    struct jk_error error;

    jk_error_init(&error, NULL);
    assert_int_equal(jk_guard_write(guard, jk_span_of(note), &error), JK_OK);
}

static void expect_note(const char *note)
{
    struct jk_guard guard;
    struct jk_error error;

    jk_error_init(&error, NULL);
    assert_int_equal(jk_guard_open(&guard, path, &error), JK_OK);
    assert_int_equal(guard.note_len, strlen(note));
    assert_memory_equal(guard.note, note, strlen(note));
    jk_guard_close(&guard);
}

static void spoil(off_t at)
{
    int fd = open(path, O_RDWR);
    char byte;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void open_fresh(struct jk_guard *guard)
{
    struct jk_error error;

    (void)unlink(path);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_guard_open(guard, path, &error), JK_OK);
    assert_int_equal(guard->note_len, 0);
}

static void test_newest_wins(void **state)
{
    struct jk_guard guard;
    struct stat facts;

    (void)state;
    open_fresh(&guard);
    write_note(&guard, "one\n");
    expect_note("one\n");
    write_note(&guard, "two\n");
    expect_note("two\n");
    write_note(&guard, "three\n");
    expect_note("three\n");
    jk_guard_close(&guard);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_int_equal(facts.st_size, 2 * JK_GUARD_BLOCK);
}

/* Whatever byte of the newest block is torn, the one before it holds. */
static void test_torn(void **state)
{
    static const off_t places[] = {0, 15, 16, 23, 24, 27, 28, 31, 2000, JK_GUARD_BLOCK - 32, JK_GUARD_BLOCK - 1};
    struct jk_guard guard;

    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        open_fresh(&guard);
        write_note(&guard, "one\n"); /* sequence 1: second block */
        write_note(&guard, "two\n"); /* sequence 2: first block */
        jk_guard_close(&guard);
        spoil(places[i]);
        expect_note("one\n");
    }
}

static void test_damaged(void **state)
{
    struct jk_guard guard;
    struct jk_error error;

    (void)state;
    open_fresh(&guard);
    write_note(&guard, "one\n");
    jk_guard_close(&guard);
    spoil(JK_GUARD_BLOCK + 100);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_guard_open(&guard, path, &error), JK_FAILED_PRECONDITION);
    assert_string_equal(error.reason, "GUARD_DAMAGED");
    jk_guard_close(&guard);
    assert_int_equal(truncate(path, 0), 0);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_guard_open(&guard, path, &error), JK_FAILED_PRECONDITION);
    jk_guard_close(&guard);
}

static void test_limit(void **state)
{
    char note[JK_GUARD_NOTE_MAX + 2];
    struct jk_guard guard;
    struct jk_error error;

    (void)state;
    memset(note, 'n', sizeof(note));
    note[JK_GUARD_NOTE_MAX] = '\0';
    open_fresh(&guard);
    write_note(&guard, note);
    expect_note(note);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_guard_write(&guard, (struct jk_span){note, JK_GUARD_NOTE_MAX + 1}, &error), JK_INTERNAL);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_guard_write(&guard, (struct jk_span){note, 0}, &error), JK_INTERNAL);
    expect_note(note);
    jk_guard_close(&guard);
}

static int set_up(void **state)
{
    (void)state;
    jk_digest_setup();
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(path, sizeof(path), "%s/guard", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newest_wins),
        cmocka_unit_test(test_torn),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
