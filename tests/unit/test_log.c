/* Is one event one well-formed line, whatever its values hold, and one write? Standard error is a socket
 * that keeps the bounds of each write while an event is logged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

static int sockets[2], real_stderr;
static char seen[8192];

static void capture(void)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
    real_stderr = dup(STDERR_FILENO);
    assert_int_equal(dup2(sockets[0], STDERR_FILENO), STDERR_FILENO);
}

/* Gives standard error back, and the first write; *out_writes is how many there were. */
static const char *captured(int *out_writes)
{
    char rest[8192];
    assert_int_equal(dup2(real_stderr, STDERR_FILENO), STDERR_FILENO);
    close(real_stderr);
    ssize_t len = recv(sockets[1], seen, sizeof seen - 1, MSG_DONTWAIT);
    *out_writes = len > 0;
    while (len > 0 && recv(sockets[1], rest, sizeof rest, MSG_DONTWAIT) > 0)
        ++*out_writes;
    seen[len > 0 ? len : 0] = '\0';
    close(sockets[0]);
    close(sockets[1]);
    return seen;
}

/* The line after its time, which is checked here. */
static const char *line_after_time(const char *before, size_t len)
{
    int writes;
    int64_t time;
    const char *line = captured(&writes);
    assert_int_equal(writes, 1);
    assert_memory_equal(line, before, len);
    assert_true(jk_time_parse_canonical((struct jk_span){line + len, JK_TIME_TEXT - 1}, &time));
    assert_int_equal(line[strlen(line) - 1], '\n');
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    assert_true(jk_utf8_valid(jk_span_of(line)));
    return line + len + JK_TIME_TEXT - 1;
}

static const char *logfmt_line(void)
{
    return line_after_time("ts=", 3);
}

static const char *json_line(void)
{
    return line_after_time("{\"ts\":\"", 7);
}

static void logfmt_quotes_where_it_must(void **state)
{
    (void)state;
    jk_log_setup(JK_LOG_INFO, JK_LOG_LOGFMT);
    capture();
    jk_log(JK_LOG_INFO, "listening", "address", "[::1]:50051", "name", "a b", "empty", "", "none", NULL, NULL);
    assert_string_equal(logfmt_line(),
                        " level=info event=listening address=[::1]:50051 name=\"a b\" empty=\"\" none=-\n");
    capture();
    jk_log(JK_LOG_ERROR, "bad-input", "v", "a\"b\\c\n\x1B\xFF=족", NULL);
    assert_string_equal(logfmt_line(), " level=error event=bad-input v=\"a\\\"b\\\\c\\n\\x1b\\xff=족\"\n");
}

static void json_escapes_what_it_must(void **state)
{
    (void)state;
    jk_log_setup(JK_LOG_INFO, JK_LOG_JSON);
    capture();
    jk_log(JK_LOG_WARN, "bad-input", "v", "a\"b\\c\n\x1B\xFF=족\xE2\x80\xAE", "n", jk_log_i64(-7), NULL);
    assert_string_equal(json_line(),
                        "\",\"level\":\"warn\",\"event\":\"bad-input\",\"v\":\"a\\\"b\\\\c\\n\\u001b\\ufffd=족"
                        "\\u202e\",\"n\":\"-7\"}\n");
    capture();
    jk_log(JK_LOG_WARN, "bare", NULL);
    assert_string_equal(json_line(), "\",\"level\":\"warn\",\"event\":\"bare\"}\n");
}

static void levels_below_the_least_are_silent(void **state)
{
    (void)state;
    int writes;
    jk_log_setup(JK_LOG_WARN, JK_LOG_LOGFMT);
    assert_false(jk_log_wanted(JK_LOG_INFO));
    assert_true(jk_log_wanted(JK_LOG_WARN));
    capture();
    jk_log(JK_LOG_INFO, "unwanted", NULL);
    captured(&writes);
    assert_int_equal(writes, 0);
}

static void values_are_cut_at_1024_bytes(void **state)
{
    (void)state;
    char value[1100];
    jk_log_setup(JK_LOG_INFO, JK_LOG_LOGFMT);
    memset(value, 'a', sizeof value);
    value[1024] = '\0';
    capture();
    jk_log(JK_LOG_INFO, "e", "v", value, NULL);
    assert_int_equal(strspn(strstr(logfmt_line(), " v=") + 3, "a"), 1024);
    value[1024] = 'a';
    value[1025] = '\0';
    capture();
    jk_log(JK_LOG_INFO, "e", "v", value, "w", "x", NULL);
    const char *line = strstr(logfmt_line(), " v=") + 3;
    assert_int_equal(strspn(line, "a"), 1021);
    assert_string_equal(line + 1021, "… w=x\n");
}

static void a_line_that_is_too_long_says_so(void **state)
{
    (void)state;
    char value[1025], controls[1025];
    memset(value, 'a', 1024);
    memset(controls, 1, 1024);
    value[1024] = controls[1024] = '\0';
    jk_log_setup(JK_LOG_INFO, JK_LOG_JSON);
    capture();
    jk_log(JK_LOG_INFO, "e", "a", value, "b", controls, "c", value, "d", value, "e", "small", NULL);
    const char *line = json_line();
    assert_true(strlen(seen) <= 4096);
    assert_non_null(strstr(line, "\"c\":\"aaa"));
    assert_null(strstr(line, "\"d\":"));
    assert_string_equal(line + strlen(line) - 16, "\",\"cut\":\"true\"}\n");
}

/* Whatever the lengths: a line is closed, within the limit, and a pair that is missing is owned up to. */
static void a_line_at_the_limit_stays_whole(void **state)
{
    (void)state;
    char value[1025], last[1025];
    int cut = 0;
    memset(value, 'a', 1024);
    memset(last, 'b', 1024);
    value[1024] = '\0';
    jk_log_setup(JK_LOG_DEBUG, JK_LOG_JSON); /* of which any number of lines is written */
    for (size_t len = 860; len < 1024; len++) {
        last[len] = '\0';
        capture();
        jk_log(JK_LOG_DEBUG, "e", "a", value, "b", value, "c", value, "d", last, "end", "small", NULL);
        const char *line = json_line();
        bool whole = strstr(line, "\"end\":\"small\"") != NULL;
        assert_true(strlen(seen) <= 4096);
        assert_true(whole != (strstr(line, "\"cut\":\"true\"") != NULL));
        assert_string_equal(line + strlen(line) - 3, "\"}\n");
        cut += !whole;
        last[len] = 'b';
    }
    assert_in_range(cut, 1, 163); /* the limit lies within what was tried */
}

/* So many lines of one event, then none; the sum comes with the next line that is written, of whatever event. */
static void a_flood_is_cut_off(void **state)
{
    (void)state;
    int writes;
    jk_log_setup(JK_LOG_INFO, JK_LOG_LOGFMT);
    capture();
    for (int i = 0; i < 100; i++)
        jk_log(JK_LOG_WARN, "flood", NULL);
    captured(&writes);
    assert_in_range(writes, 20, 21); /* and at most the sum of another test */
    usleep(1100 * 1000);
    capture();
    jk_log_settle();
    const char *line = captured(&writes);
    assert_int_equal(writes, 1);
    assert_non_null(strstr(line, " level=warn event=log-left-out of=flood suppressed=80\n"));
    capture();
    jk_log(JK_LOG_WARN, "flood", NULL);
    captured(&writes);
    assert_int_equal(writes, 1);
}

static void a_line_leaves_errno_alone(void **state)
{
    (void)state;
    jk_log_setup(JK_LOG_INFO, JK_LOG_LOGFMT);
    capture();
    close(STDERR_FILENO); /* the write fails */
    errno = ENOENT;
    jk_log(JK_LOG_INFO, "nowhere", NULL);
    int after = errno, writes;
    captured(&writes);
    assert_int_equal(after, ENOENT);
    assert_int_equal(writes, 0);
}

static void eight_numbers_stay_valid(void **state)
{
    (void)state;
    const char *texts[8];
    for (int i = 0; i < 8; i++)
        texts[i] = jk_log_i64(i);
    for (int i = 0; i < 8; i++)
        assert_int_equal(texts[i][0], '0' + i);
    assert_string_equal(jk_log_i64(INT64_MIN), "-9223372036854775808");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logfmt_quotes_where_it_must),
        cmocka_unit_test(json_escapes_what_it_must),
        cmocka_unit_test(levels_below_the_least_are_silent),
        cmocka_unit_test(values_are_cut_at_1024_bytes),
        cmocka_unit_test(a_line_that_is_too_long_says_so),
        cmocka_unit_test(a_line_leaves_errno_alone),
        cmocka_unit_test(a_line_at_the_limit_stays_whole),
        cmocka_unit_test(eight_numbers_stay_valid),
        cmocka_unit_test(a_flood_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
