/* Are files whole or absent, whatever was there before and whatever fails? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"

static int make_folder(void **state)
{
    static char path[] = "/tmp/jk-files-XXXXXX";
    static int folder;
    memcpy(strrchr(path, '-') + 1, "XXXXXX", 6);
    if (!mkdtemp(path)) return -1;
    folder = open(path, O_RDONLY | O_DIRECTORY);
    *state = &folder;
    return folder < 0 ? -1 : chdir(path);
}

static int remove_folder(void **state)
{
    char path[128];
    (void)state;
    if (!getcwd(path, sizeof path)) return -1;
    (void)unlink("file");
    (void)unlink("draft");
    (void)unlink("link");
    (void)unlink("sub/file");
    (void)rmdir("sub");
    close(*(int *)*state);
    return chdir("/") == 0 ? rmdir(path) : -1;
}

static void assert_holds(int folder, const char *path, struct jk_span want)
{
    static char have[1 << 20];
    int fd = openat(folder, path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t len = read(fd, have, sizeof have);
    close(fd);
    assert_int_equal(len, want.len);
    assert_memory_equal(have, want.at, want.len);
}

static bool exists(int folder, const char *path)
{
    return faccessat(folder, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void a_new_file_has_all_bytes_and_its_mode(void **state)
{
    int folder = *(int *)*state;
    struct stat facts;
    assert_int_equal(jk_file_make(folder, "file", JK_SPAN("secret"), 0600, true), 0);
    assert_holds(folder, "file", JK_SPAN("secret"));
    assert_int_equal(fstatat(folder, "file", &facts, 0), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
    assert_int_equal(jk_file_make(folder, "file", JK_SPAN("other"), 0600, true), EEXIST);
    assert_holds(folder, "file", JK_SPAN("secret"));
}

/* Who keeps his files to himself by a umask keeps what is written for him, whether new or in place of an open file. */
static void the_umask_holds(void **state)
{
    int folder = *(int *)*state;
    struct stat facts;
    assert_int_equal(jk_file_make(folder, "file", JK_SPAN("open"), 0644, false), 0);
    mode_t before = umask(077);
    int why = jk_file_replace(folder, "draft", "file", JK_SPAN("private"), 0644, true);
    umask(before);
    assert_int_equal(why, 0);
    assert_int_equal(fstatat(folder, "file", &facts, 0), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
}

static void replacing_leaves_no_draft(void **state)
{
    int folder = *(int *)*state;
    for (int synced = 0; synced < 2; synced++) {
        struct jk_span bytes = synced ? JK_SPAN("second") : JK_SPAN("first, and longer");
        assert_int_equal(jk_file_make(folder, "draft", JK_SPAN("left by a crash"), 0644, false), 0);
        assert_int_equal(jk_file_replace(folder, "draft", "file", bytes, 0644, synced), 0);
        assert_holds(folder, "file", bytes);
        assert_false(exists(folder, "draft"));
    }
}

/* Neither a draft that is a link nor a target that is one leads the bytes elsewhere. */
static void links_are_replaced_not_followed(void **state)
{
    int folder = *(int *)*state;
    assert_int_equal(jk_file_make(folder, "file", JK_SPAN("untouched"), 0644, false), 0);
    assert_int_equal(symlinkat("file", folder, "link"), 0);
    assert_int_equal(symlinkat("file", folder, "draft"), 0);
    assert_int_equal(jk_file_replace(folder, "draft", "link", JK_SPAN("new"), 0644, true), 0);
    assert_holds(folder, "file", JK_SPAN("untouched"));
    assert_holds(folder, "link", JK_SPAN("new"));
}

static void a_failure_says_why_and_leaves_what_was_there(void **state)
{
    int folder = *(int *)*state;
    assert_int_equal(mkdirat(folder, "sub", 0755), 0);
    assert_int_equal(jk_file_make(folder, "sub/file", JK_SPAN("kept"), 0644, false), 0);
    assert_int_equal(jk_file_replace(folder, "absent/draft", "file", JK_SPAN("x"), 0644, true), ENOENT);
    assert_int_equal(jk_file_replace(folder, "draft", "sub", JK_SPAN("x"), 0644, true), EISDIR);
    assert_false(exists(folder, "draft"));
    assert_holds(folder, "sub/file", JK_SPAN("kept"));
}

static void the_folder_of_a_path_is_synced(void **state)
{
    int folder = *(int *)*state;
    char longest[5000];
    assert_int_equal(mkdirat(folder, "sub", 0755), 0);
    assert_int_equal(jk_file_sync_parent(folder, "file"), 0);
    assert_int_equal(jk_file_sync_parent(folder, "sub/file"), 0);
    assert_int_equal(jk_file_sync_parent(folder, "absent/file"), ENOENT);
    assert_int_equal(jk_file_sync_parent(AT_FDCWD, "/tmp"), 0);
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    longest[sizeof longest - 2] = '/';
    assert_int_equal(jk_file_sync_parent(folder, longest), ENAMETOOLONG);
}

/* A pipe takes a piece at a time; a file open for reading takes nothing. */
static void putting_goes_on_until_all_is_written(void **state)
{
    static char bytes[300000];
    int folder = *(int *)*state, ends[2];
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(pipe(ends), 0);
    pid_t reader = fork();
    if (reader == 0) {
        size_t sum = 0;
        close(ends[1]);
        for (ssize_t len; (len = read(ends[0], bytes, 1000)) > 0;)
            sum += (size_t)len;
        _exit(sum == sizeof bytes ? 0 : 1);
    }
    assert_true(reader > 0);
    assert_int_equal(jk_file_put(ends[1], (struct jk_span){bytes, sizeof bytes}), 0);
    close(ends[1]);
    close(ends[0]);
    int outcome;
    assert_int_equal(waitpid(reader, &outcome, 0), reader);
    assert_int_equal(outcome, 0);
    assert_int_equal(jk_file_put(folder, JK_SPAN("x")), EBADF);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_new_file_has_all_bytes_and_its_mode),
        IN_FOLDER(replacing_leaves_no_draft),
        IN_FOLDER(the_umask_holds),
        IN_FOLDER(links_are_replaced_not_followed),
        IN_FOLDER(a_failure_says_why_and_leaves_what_was_there),
        IN_FOLDER(the_folder_of_a_path_is_synced),
        IN_FOLDER(putting_goes_on_until_all_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
