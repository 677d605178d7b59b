/* Is only a regular file opened, without waiting for anybody, and is it said what else something is? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/regular.h"
#include "cli/console/local.h"

#define PATIENCE_S 20 /* an open that waits is ended by SIGALRM, and with it the test */

static char top[] = "/tmp/jokbo-regular-XXXXXX";

static const char *in_top(const char *name)
{
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];

    (void)snprintf(path, sizeof(paths[0]), "%s/%s", top, name);
    return path;
}

static int make_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static int set_up(void **state)
{
    FILE *file;

    (void)state;
    alarm(PATIENCE_S);
    assert_non_null(mkdtemp(top));
    file = fopen(in_top("file"), "w");
    assert_non_null(file);
    assert_true(fputs("twelve bytes", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(mkfifo(in_top("pipe"), 0600), 0);
    assert_int_equal(mkdir(in_top("folder"), 0700), 0);
    close(make_socket(in_top("socket")));
    assert_int_equal(symlink("file", in_top("to-file")), 0);
    assert_int_equal(symlink("pipe", in_top("to-pipe")), 0);
    assert_int_equal(symlink("nothing", in_top("to-nothing")), 0);
    assert_int_equal(symlink("to-itself", in_top("to-itself")), 0);
    assert_int_equal(symlink("/dev/zero", in_top("to-device")), 0);
    return 0;
}

static int tear_down(void **state)
{
    char command[64];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", top);
    return system(command);
}

static void expect_open(const char *path, bool follow)
{
    const char *why = NULL;
    char bytes[16];
    int fd = jk_regular_open(AT_FDCWD, path, follow, &why);

    assert_true(fd >= 0);
    assert_int_equal(read(fd, bytes, sizeof(bytes)), 12);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(fd);
}

static void expect_refusal(const char *path, bool follow, int number, const char *words)
{
    const char *why = NULL;

    assert_int_equal(jk_regular_open(AT_FDCWD, path, follow, &why), -1);
    assert_int_equal(errno, number);
    assert_string_equal(why, words);
}

static void test_kinds(void **state)
{
    (void)state;
    expect_open(in_top("file"), true);
    expect_open(in_top("file"), false);
    expect_open(in_top("to-file"), true);
    expect_refusal(in_top("pipe"), true, 0, "it is a pipe, not a file");
    expect_refusal(in_top("to-pipe"), true, 0, "it is a pipe, not a file");
    expect_refusal(in_top("folder"), true, 0, "it is a folder");
    expect_refusal(in_top("socket"), true, 0, "it is a socket, not a file");
    expect_refusal(in_top("to-device"), true, 0, "it is a device, not a file");
    expect_refusal(in_top("to-file"), false, ELOOP, strerror(ELOOP));
    expect_refusal(in_top("to-itself"), true, ELOOP, strerror(ELOOP));
    expect_refusal(in_top("nothing"), true, ENOENT, strerror(ENOENT));
    expect_refusal(in_top("to-nothing"), true, ENOENT, strerror(ENOENT));
    expect_refusal(in_top("file/below"), true, ENOTDIR, strerror(ENOTDIR));
}

/* Somebody at the other end makes no difference. */
static void test_a_pipe_with_a_writer(void **state)
{
    int writer = open(in_top("pipe"), O_RDWR);

    (void)state;
    assert_int_equal(write(writer, "twelve bytes", 12), 12);
    expect_refusal(in_top("pipe"), true, 0, "it is a pipe, not a file");
    close(writer);
}

static void expect_local(const char *path, const char *words)
{
    struct jk_arena arena;
    struct jk_error error;
    struct jk_span bytes;

    jk_arena_init(&arena, 1 << 20);
    jk_error_init(&error, &arena);
    if (!words) {
        assert_int_equal(jk_local_read(path, 12, &arena, &bytes, &error), JK_OK);
        assert_true(jk_span_equal(bytes, JK_SPAN("twelve bytes")));
    } else {
        assert_int_equal(jk_local_read(path, 12, &arena, &bytes, &error), JK_INVALID_ARGUMENT);
        assert_string_equal(error.reason, "LOCAL_FILE");
        assert_non_null(strstr(error.message, words));
    }
    jk_arena_done(&arena);
}

static void test_local(void **state)
{
    (void)state;
    expect_local(in_top("file"), NULL);
    expect_local(in_top("to-file"), NULL);
    expect_local(in_top("pipe"), "/pipe: it is a pipe, not a file; \"-\" reads standard input");
    expect_local(in_top("folder"), "/folder: it is a folder");
    expect_local(in_top("socket"), "/socket: it is a socket, not a file");
    expect_local(in_top("to-device"), "/to-device: it is a device, not a file");
    expect_local(in_top("nothing"), strerror(ENOENT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_a_pipe_with_a_writer),
        cmocka_unit_test(test_local),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
