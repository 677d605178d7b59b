/* Loads an HTTP server with GET over connections that stay open, one request under way on each, from one thread over
 * epoll. Every answer must be 200 with a Content-Length, and its body is read in full.
 * Usage: bench_http target=ADDR:PORT paths=FILE connections=N seconds=S     until then, or SIGINT; prints JSON: rate,
 * p50_us, p99_us, bytes, failed */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"

#define CONNECTIONS_MOST 1024
#define PATHS_MOST       4096
#define TIMES_MOST       (1u << 22)
#define HEAD_MOST        4096

struct peer {
    int fd;
    char head[HEAD_MOST + 1]; /* of the answer, until its empty line */
    size_t head_len;
    uint64_t left; /* bytes of the body to come */
    bool in_body;
    int64_t asked_us;
    size_t path; /* the next one to ask for */
};

static struct {
    struct sockaddr_in target;
    const char *host;
    char *paths[PATHS_MOST];
    size_t path_count, connections, failed, done;
    double seconds;
    uint64_t bytes;
    uint32_t *times;
    int poller;
} run;

static struct peer peers[CONNECTIONS_MOST];

/* ---- options ---- */

static void read_paths(const char *name)
{
    char line[256];
    FILE *file = fopen(name, "re");
    JK_CHECK(file != NULL);
    while (run.path_count < PATHS_MOST && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        run.paths[run.path_count++] = strdup(line);
    }
    fclose(file);
    JK_CHECK(run.path_count > 0);
}

static void read_target(char *text)
{
    char *port = strrchr(text, ':');
    JK_CHECK(port != NULL);
    run.host = strdup(text);
    *port = '\0';
    run.target.sin_family = AF_INET;
    run.target.sin_port = htons((uint16_t)atoi(port + 1));
    JK_CHECK(inet_pton(AF_INET, text, &run.target.sin_addr) == 1);
}

static void read_options(int argc, char **argv)
{
    run.connections = 32;
    run.seconds = 1;
    for (int i = 1; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        JK_CHECK(value != NULL);
        *value++ = '\0';
        if (strcmp(argv[i], "target") == 0)
            read_target(value);
        else if (strcmp(argv[i], "paths") == 0)
            read_paths(value);
        else if (strcmp(argv[i], "connections") == 0)
            run.connections = (size_t)atoi(value);
        else if (strcmp(argv[i], "seconds") == 0)
            run.seconds = atof(value);
        else
            JK_CHECK(!"an option of bench_http");
    }
    JK_CHECK(run.host && run.path_count && run.connections > 0 && run.connections <= CONNECTIONS_MOST);
}

/* ---- one connection ---- */

static void ask(struct peer *peer)
{
    char text[512];
    int len = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", run.paths[peer->path], run.host);
    peer->path = (peer->path + 7) % run.path_count;
    peer->head_len = 0;
    peer->in_body = false;
    peer->asked_us = jk_monotonic_us();
    if (send(peer->fd, text, (size_t)len, MSG_NOSIGNAL) != len) run.failed++;
}

static void open_peer(struct peer *peer)
{
    int on = 1;
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    JK_CHECK(peer->fd >= 0);
    JK_CHECK(connect(peer->fd, (struct sockaddr *)&run.target, sizeof run.target) == 0);
    setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    JK_CHECK(fcntl(peer->fd, F_SETFL, O_NONBLOCK) == 0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    JK_CHECK(epoll_ctl(run.poller, EPOLL_CTL_ADD, peer->fd, &event) == 0);
    ask(peer);
}

/* A server may end a connection after so many requests. */
static void reopen(struct peer *peer, bool failed)
{
    if (failed) run.failed++;
    JK_CHECK(run.failed < 1000);
    close(peer->fd);
    open_peer(peer);
}

static void answered(struct peer *peer)
{
    int64_t took_us = jk_monotonic_us() - peer->asked_us;
    if (run.done < TIMES_MOST) run.times[run.done] = (uint32_t)took_us;
    run.done++;
    ask(peer);
}

/* The answer's head, once it is whole; what follows it in the buffer is the body's. */
static bool take_head(struct peer *peer)
{
    peer->head[peer->head_len] = '\0';
    char *end = strstr(peer->head, "\r\n\r\n");
    if (!end) return peer->head_len < HEAD_MOST;
    char *length = strcasestr(peer->head, "\r\nContent-Length: ");
    if (strncmp(peer->head, "HTTP/1.1 200 ", 13) != 0 || !length || length > end) return false;
    uint64_t whole = strtoull(length + 18, NULL, 10), got = peer->head_len - (size_t)(end + 4 - peer->head);
    if (got > whole) return false;
    run.bytes += whole;
    peer->left = whole - got;
    peer->in_body = true;
    return true;
}

static void hear(struct peer *peer)
{
    static char body[256 << 10];
    size_t room = peer->in_body ? sizeof body : HEAD_MOST - peer->head_len;
    ssize_t got = recv(peer->fd, peer->in_body ? body : peer->head + peer->head_len, room, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        reopen(peer, peer->in_body || peer->head_len > 0);
        return;
    }
    bool good = true;
    if (peer->in_body) {
        good = (uint64_t)got <= peer->left;
        peer->left -= good ? (uint64_t)got : 0;
    } else {
        peer->head_len += (size_t)got;
        good = take_head(peer);
    }
    if (!good)
        reopen(peer, true);
    else if (peer->in_body && peer->left == 0)
        answered(peer);
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    signal(SIGINT, interrupt);
    run.times = malloc(TIMES_MOST * sizeof *run.times);
    run.poller = epoll_create1(EPOLL_CLOEXEC);
    JK_CHECK(run.times && run.poller >= 0);
    for (size_t i = 0; i < run.connections; i++) {
        peers[i].path = i * 31 % run.path_count;
        open_peer(&peers[i]);
    }
    int64_t began_us = jk_monotonic_us(), until_us = began_us + (int64_t)(run.seconds * 1e6);
    while (!interrupted && jk_monotonic_us() < until_us) {
        struct epoll_event events[128];
        int count = epoll_wait(run.poller, events, 128, 100);
        for (int i = 0; i < count; i++)
            hear(events[i].data.ptr);
    }
    double took_s = (double)(jk_monotonic_us() - began_us) / 1e6;
    size_t kept = run.done < TIMES_MOST ? run.done : TIMES_MOST;
    qsort(run.times, kept, sizeof *run.times, by_value);
    printf("{\"rate\": %.1f, \"p50_us\": %u, \"p99_us\": %u, \"bytes\": %" PRIu64 ", \"failed\": %zu}\n",
           (double)run.done / took_s, kept ? run.times[kept / 2] : 0, kept ? run.times[kept * 99 / 100] : 0, run.bytes,
           run.failed);
    return 0;
}
