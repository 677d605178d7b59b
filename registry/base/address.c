/* Listening addresses and the probe. See address.h. */
#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

#define BACKLOG 1024

/* A socket address of any family. */
struct where {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un path;
    } to;
    socklen_t len;
};

static enum jk_status refuse_listen(struct jk_error *error, struct jk_span listen, const char *rule)
{
    char shown[80];
    jk_text_shorten(listen, shown, sizeof shown);
    return jk_fail(error, JK_INVALID_ARGUMENT, "BAD_LISTEN_ADDRESS", "listen address \"%s\": %s", shown, rule);
}

/* Takes "[v6]" or "v4" off the front of "host:port". */
static bool cut_host(struct jk_span listen, struct jk_span *out_host, struct jk_span *out_port, bool *out_v6)
{
    struct jk_span rest = listen;
    *out_v6 = rest.len > 0 && rest.at[0] == '[';
    if (*out_v6) {
        rest = (struct jk_span){rest.at + 1, rest.len - 1};
        if (!jk_span_cut(&rest, ']', out_host) || rest.len == 0 || rest.at[0] != ':') return false;
        *out_port = (struct jk_span){rest.at + 1, rest.len - 1};
        return true;
    }
    if (!jk_span_cut(&rest, ':', out_host)) return false;
    *out_port = rest;
    return true;
}

static bool parse_numeric(struct jk_address *out)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (out->v6) {
        if (inet_pton(AF_INET6, out->host, &v6) != 1) return false;
        out->local = IN6_IS_ADDR_LOOPBACK(&v6);
        return true;
    }
    if (inet_pton(AF_INET, out->host, &v4) != 1) return false;
    out->local = (ntohl(v4.s_addr) >> 24) == 127;
    return true;
}

enum jk_status jk_address_parse(const char *listen, struct jk_address *out_address, struct jk_error *error)
{
    struct jk_span text = jk_span_of(listen), host, port;
    struct jk_address address = {0};
    if (jk_span_starts(text, JK_SPAN("unix:"))) {
        struct jk_span path = {text.at + 5, text.len - 5};
        if (path.len == 0 || path.at[0] != '/')
            return refuse_listen(error, text, "a Unix socket needs an absolute path, \"unix:/run/jokbo.sock\"");
        if (path.len >= sizeof address.path)
            return refuse_listen(error, text,
                                 "the path of a Unix socket may have at most 107 bytes; use a shorter one");
        memcpy(address.path, path.at, path.len);
        address.local = true;
        snprintf(address.text, sizeof address.text, "unix:%s", address.path);
        *out_address = address;
        return JK_OK;
    }
    uint64_t number;
    if (!cut_host(text, &host, &port, &address.v6) || host.len >= sizeof address.host)
        return refuse_listen(error, text, "write ADDRESS:PORT, [V6 ADDRESS]:PORT or unix:/path");
    if (!jk_span_to_u64(port, &number) || number > 65535)
        return refuse_listen(error, text, "the port must be a number from 0 to 65535 (0: the system chooses one)");
    /* "localhost" can be two addresses, which port 0 would give two ports. */
    if (!address.v6 && jk_span_equal(host, JK_SPAN("localhost"))) host = JK_SPAN("127.0.0.1");
    memcpy(address.host, host.at, host.len);
    if (!parse_numeric(&address))
        return refuse_listen(error, text,
                             "the address must be numeric, or \"localhost\"; a name could stand for several addresses");
    jk_address_bound(&address, (unsigned)number);
    *out_address = address;
    return JK_OK;
}

void jk_address_bound(struct jk_address *address, unsigned port)
{
    if (address->path[0]) return;
    address->port = port;
    snprintf(address->text, sizeof address->text, address->v6 ? "[%s]:%u" : "%s:%u", address->host, port);
}

/* `connecting`: an address that means "any" becomes loopback. */
static struct where where_of(const struct jk_address *address, bool connecting)
{
    struct where where = {0};
    if (address->path[0]) {
        where.to.path.sun_family = AF_UNIX;
        memcpy(where.to.path.sun_path, address->path, sizeof address->path);
        where.len = sizeof where.to.path;
    } else if (address->v6) {
        where.to.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)address->port)};
        inet_pton(AF_INET6, address->host, &where.to.v6.sin6_addr);
        if (connecting && IN6_IS_ADDR_UNSPECIFIED(&where.to.v6.sin6_addr)) where.to.v6.sin6_addr = in6addr_loopback;
        where.len = sizeof where.to.v6;
    } else {
        where.to.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)address->port)};
        inet_pton(AF_INET, address->host, &where.to.v4.sin_addr);
        if (connecting && where.to.v4.sin_addr.s_addr == INADDR_ANY)
            where.to.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        where.len = sizeof where.to.v4;
    }
    return where;
}

static bool wait_for(int fd, short events, int timeout_ms)
{
    struct pollfd poller = {.fd = fd, .events = events};
    int ready;
    do {
        ready = poll(&poller, 1, timeout_ms);
    } while (ready < 0 && errno == EINTR);
    return ready == 1;
}

/* A connected socket, or -1. */
static int connect_to(const struct jk_address *address, int timeout_ms)
{
    struct where where = where_of(address, true);
    int fd = socket(where.to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int failed = 0;
    socklen_t len = sizeof failed;
    if (connect(fd, &where.to.any, where.len) == 0) return fd;
    if (errno == EINPROGRESS && wait_for(fd, POLLOUT, timeout_ms) &&
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &len) == 0 && failed == 0)
        return fd;
    close(fd);
    return -1;
}

enum jk_status jk_address_free_socket(const struct jk_address *address, struct jk_error *error)
{
    if (!address->path[0]) return JK_OK;
    int fd = connect_to(address, 1000);
    if (fd < 0) return JK_OK;
    close(fd);
    return jk_fail(error, JK_UNAVAILABLE, "ADDRESS_IN_USE",
                   "cannot listen on %s: another process is using it; stop that process, or choose another path",
                   address->text);
}

enum jk_status jk_address_refused(const struct jk_address *address, struct jk_error *error)
{
    struct where where = where_of(address, false);
    int fd = socket(where.to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1, cause = errno;
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        cause = bind(fd, &where.to.any, where.len) == 0 && listen(fd, 1) == 0 ? 0 : errno;
        close(fd);
    }
    if (cause == EADDRINUSE)
        return jk_fail(
            error, JK_UNAVAILABLE, "ADDRESS_IN_USE",
            "cannot listen on %s: another process is using the port; stop that process, or choose another port",
            address->text);
    char text[96];
    return jk_fail(error, JK_UNAVAILABLE, "CANNOT_LISTEN", "cannot listen on %s: %s", address->text,
                   cause ? strerror_r(cause, text, sizeof text) : "it was refused");
}

static int bound_socket(const struct where *where)
{
    int fd = socket(where->to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, off = 0;
    if (fd < 0) return -1;
    if (where->to.any.sa_family == AF_UNIX)
        unlink(where->to.path.sun_path); /* nobody is listening: a killed server left the socket behind */
    else
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (where->to.any.sa_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, &where->to.any, where->len) == 0 && listen(fd, BACKLOG) == 0) return fd;
    close(fd);
    return -1;
}

enum jk_status jk_address_listen(struct jk_address *address, int *out_fd, struct jk_error *error)
{
    struct where where = where_of(address, false);
    JK_TRY(jk_address_free_socket(address, error));
    int fd = bound_socket(&where);
    if (fd < 0) return jk_address_refused(address, error);
    socklen_t len = sizeof where.to;
    if (getsockname(fd, &where.to.any, &len) == 0)
        jk_address_bound(address, ntohs(address->v6 ? where.to.v6.sin6_port : where.to.v4.sin_port));
    *out_fd = fd;
    return JK_OK;
}

/* Without TLS: a client preface and an empty SETTINGS frame (RFC 9113, 3.4), which the server answers with its own.
 * With TLS: bytes that are not a TLS record, so the server closes the connection. Either proves that somebody accepted.
 */
bool jk_address_probe(const struct jk_address *address, bool tls, int timeout_ms)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
    static const char not_tls[] = "probe\r\n\r\n";
    int fd = connect_to(address, timeout_ms);
    if (fd < 0) return false;
    const char *hello = tls ? not_tls : preface;
    size_t len = (tls ? sizeof not_tls : sizeof preface) - 1;
    bool alive = send(fd, hello, len, MSG_NOSIGNAL) == (ssize_t)len && wait_for(fd, POLLIN, timeout_ms);
    char answer[64];
    ssize_t got = alive ? recv(fd, answer, sizeof answer, 0) : -1;
    if (alive && !tls) alive = got > 0;
    if (alive && tls) alive = got >= 0 || errno == ECONNRESET;
    close(fd);
    return alive;
}
