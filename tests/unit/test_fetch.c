/* The HTTP client against a server in a thread that gives fixed answers: headers, tokens, redirects, limits. */
#include "support/golden.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fetch/fetch.h"

struct bench {
    int listener;
    char url[64];
    struct jk_span answer; /* to the one request of a test */
    char request[4096];
    pthread_t thread;
    struct jk_error error;
    struct jk_fetch_reply reply;
};

static void *serve(void *context)
{
    struct bench *bench = context;
    size_t got = 0;
    ssize_t count = 1;
    int connection = accept(bench->listener, NULL, NULL);
    while (count > 0 && !memmem(bench->request, got, "\r\n\r\n", 4) && got < sizeof bench->request - 1) {
        count = read(connection, bench->request + got, sizeof bench->request - 1 - got);
        if (count > 0) got += (size_t)count;
    }
    bench->request[got] = '\0';
    for (size_t sent = 0; sent < bench->answer.len; sent += (size_t)count)
        if ((count = send(connection, bench->answer.at + sent, bench->answer.len - sent, MSG_NOSIGNAL)) <= 0) break;
    (void)shutdown(connection, SHUT_WR);
    (void)close(connection);
    return NULL;
}

static int set_up(void **state)
{
    static struct bench bench;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    memset(&bench, 0, sizeof bench);
    bench.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(bench.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(bench.listener, 1), 0);
    assert_int_equal(getsockname(bench.listener, (struct sockaddr *)&address, &len), 0);
    (void)snprintf(bench.url, sizeof bench.url, "http://127.0.0.1:%u/x", ntohs(address.sin_port));
    jk_error_init(&bench.error, NULL);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    return close(bench->listener);
}

/* One exchange; the fetch is the caller's. */
static enum jk_status get(struct bench *bench, const struct jk_fetch_options *options, struct jk_span answer,
                          struct jk_fetch **out_fetch)
{
    bench->answer = answer;
    *out_fetch = jk_fetch_new(options);
    assert_non_null(*out_fetch);
    assert_int_equal(pthread_create(&bench->thread, NULL, serve, bench), 0);
    enum jk_status status = jk_fetch_get(*out_fetch, bench->url, &bench->reply, &bench->error);
    assert_int_equal(pthread_join(bench->thread, NULL), 0);
    return status;
}

static void headers(void **state)
{
    struct bench *bench = *state;
    const struct jk_fetch_options options = {.timeout_ms = 10000};
    struct jk_fetch *fetch;
    assert_int_equal(get(bench, &options,
                         JK_SPAN("HTTP/1.1 429 Slow\r\nRateLimit: \"api\";r=0;t=7\r\nlink: <a>\r\nLink: <b>\r\n"
                                 "Content-Length: 2\r\nConnection: close\r\n\r\nno"),
                         &fetch),
                     JK_OK);
    assert_int_equal(bench->reply.status, 429);
    assert_span_equal(bench->reply.body, JK_SPAN("no"));
    assert_string_equal(jk_fetch_header(fetch, "ratelimit"), "\"api\";r=0;t=7");
    assert_string_equal(jk_fetch_header(fetch, "Link"), "<a>");
    assert_null(jk_fetch_header(fetch, "Retry-After"));
    assert_null(strstr(bench->request, "Authorization"));
    assert_null(strstr(bench->request, "Accept-Encoding"));
    jk_fetch_free(fetch);
}

/* The token goes along; where an answer leads is told, and nobody goes there. */
static void tokens_and_redirects(void **state)
{
    struct bench *bench = *state;
    const struct jk_fetch_options options = {.timeout_ms = 10000, .bearer = "hf_secret"};
    struct jk_fetch *fetch;
    assert_int_equal(
        get(bench, &options,
            JK_SPAN("HTTP/1.1 307 Moved\r\nLocation: /y\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), &fetch),
        JK_OK);
    assert_int_equal(bench->reply.status, 307);
    assert_string_equal(jk_fetch_header(fetch, "location"), "/y");
    assert_non_null(strstr(bench->request, "\r\nAuthorization: Bearer hf_secret\r\n"));
    jk_fetch_free(fetch);
}

/* 29 bytes that unpack to 1,000: the limit is of those. */
static void compressed(void **state)
{
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 29\r\nConnection: close\r\n"
        "\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x4b\x4c\x1c\x05\xa3\x60\x14\x0c\x77\x00"
        "\x00\x03\xda\x38\x9a\xe8\x03\x00\x00";
    struct bench *bench = *state;
    for (size_t most = 999; most <= 1000; most++) {
        const struct jk_fetch_options options = {.timeout_ms = 10000, .body_max = most, .compressed = true};
        struct jk_fetch *fetch;
        jk_error_init(&bench->error, NULL);
        enum jk_status status = get(bench, &options, (struct jk_span){answer, sizeof answer - 1}, &fetch);
        assert_non_null(strstr(bench->request, "gzip"));
        assert_int_equal(status, most == 1000 ? JK_OK : JK_RESOURCE_EXHAUSTED);
        if (status == JK_OK) assert_int_equal(bench->reply.body.len, 1000);
        jk_fetch_free(fetch);
    }
}

static void cut(void **state)
{
    struct bench *bench = *state;
    const struct jk_fetch_options options = {.timeout_ms = 10000};
    struct jk_fetch *fetch;
    assert_int_equal(get(bench, &options, JK_SPAN("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nno"), &fetch),
                     JK_UNAVAILABLE);
    assert_string_equal(bench->error.reason, "FETCH_FAILED");
    jk_fetch_free(fetch);
}

/* The beginning alone: of a server that knows ranges, that sends less, and that sends everything. */
static void heads(void **state)
{
    static const struct {
        const char *answer, *body;
        int status;
    } rows[] = {
        {"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-3/9\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd",
         "abcd", 206},
        {"HTTP/1.1 206 Partial\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab", "ab", 206},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabcdefgh", "abcd", 200},
        {"HTTP/1.1 416 Range\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "", 416},
    };
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct jk_fetch_options options = {.timeout_ms = 10000, .body_max = 4};
        bench->answer = jk_span_of(rows[i].answer);
        jk_error_init(&bench->error, NULL);
        memset(bench->request, 0, sizeof bench->request);
        struct jk_fetch *fetch = jk_fetch_new(&options);
        assert_non_null(fetch);
        assert_int_equal(pthread_create(&bench->thread, NULL, serve, bench), 0);
        assert_int_equal(jk_fetch_get_head(fetch, bench->url, 4, &bench->reply, &bench->error), JK_OK);
        assert_int_equal(pthread_join(bench->thread, NULL), 0);
        assert_non_null(strstr(bench->request, "\r\nRange: bytes=0-3\r\n"));
        assert_int_equal(bench->reply.status, rows[i].status);
        assert_span_equal(bench->reply.body, jk_span_of(rows[i].body));
        jk_fetch_free(fetch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(headers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tokens_and_redirects, set_up, tear_down),
        cmocka_unit_test_setup_teardown(compressed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(heads, set_up, tear_down),
    };
    jk_fetch_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
