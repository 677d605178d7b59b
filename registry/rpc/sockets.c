/* See sockets.h. The library may close a descriptor, and its number may be reused for another file, at any moment. So
 * before one is shut down it is duplicated, which pins what it refers to, and checked again. */
#include "rpc/sockets.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/array.h"
#include "base/span.h"

#define PROBES_MOST 16

union name {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un path;
};

struct list {
    struct jk_connection *all;
    size_t count, room;
};

struct jk_sockets {
    struct jk_address address;
    DIR *descriptors; /* kept open: without a free descriptor it could not be opened when it is needed */
    struct list now, before;
    unsigned probes[PROBES_MOST]; /* ports of this process's own connections to the address */
    size_t probe_count;
};

struct jk_sockets *jk_sockets_new(const struct jk_address *address)
{
    struct jk_sockets *sockets = calloc(1, sizeof *sockets);
    if (!sockets) return NULL;
    sockets->address = *address;
    sockets->descriptors = opendir("/proc/self/fd");
    if (sockets->descriptors) return sockets;
    free(sockets);
    return NULL;
}

void jk_sockets_free(struct jk_sockets *sockets)
{
    if (!sockets) return;
    closedir(sockets->descriptors);
    free(sockets->now.all);
    free(sockets->before.all);
    free(sockets);
}

/* 0 for none. */
static unsigned port_of(const union name *name)
{
    if (name->any.sa_family == AF_INET) return ntohs(name->v4.sin_port);
    return name->any.sa_family == AF_INET6 ? ntohs(name->v6.sin6_port) : 0;
}

/* Whether the descriptor is bound to our address, as the listener and all that it accepted are. */
static bool is_our_socket(const struct jk_sockets *sockets, int fd)
{
    union name name = {0};
    socklen_t len = sizeof name;
    const char *path = sockets->address.path;
    if (getsockname(fd, &name.any, &len) != 0) return false;
    if (name.any.sa_family == AF_UNIX)
        return *path && strncmp(name.path.sun_path, path, sizeof name.path.sun_path) == 0;
    return !*path && port_of(&name) == sockets->address.port;
}

/* Whether this very process is at the other end of a Unix socket. */
static bool is_from_us(int fd)
{
    struct ucred who = {0};
    socklen_t len = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.pid == getpid();
}

/* False: it is no connection, but the listener, say; or a probe. */
static bool read_peer(int fd, struct jk_connection *out)
{
    union name name = {0};
    socklen_t len = sizeof name;
    if (getpeername(fd, &name.any, &len) != 0) return false;
    *out = (struct jk_connection){.fd = fd, .peer.kind = JK_PEER_UNIX};
    if (name.any.sa_family == AF_UNIX) return !is_from_us(fd);
    out->peer.kind = JK_PEER_ADDRESS;
    if (name.any.sa_family == AF_INET) {
        out->peer.address[10] = out->peer.address[11] = 0xff;
        memcpy(out->peer.address + 12, &name.v4.sin_addr, 4);
    } else {
        memcpy(out->peer.address, &name.v6.sin6_addr, 16);
    }
    out->port = port_of(&name);
    jk_peer_group(&out->peer);
    return true;
}

static bool is_same_connection(const struct jk_connection *a, const struct jk_connection *b)
{
    return a->fd == b->fd && a->port == b->port && jk_peer_equal(&a->peer, &b->peer);
}

static int compare_fds(const void *one, const void *other)
{
    const struct jk_connection *a = one, *b = other;
    return a->fd < b->fd ? -1 : a->fd > b->fd;
}

static bool add_connection(struct list *list, const struct jk_connection *connection)
{
    if (list->count == JK_SOCKETS_MOST || !JK_ARRAY_GROW(list->all, list->count, list->room)) return false;
    list->all[list->count++] = *connection;
    return true;
}

/* Notes the own port of a descriptor that is connected to our address: a probe of this process. */
static void note_probe(struct jk_sockets *sockets, int fd)
{
    union name name = {0};
    socklen_t len = sizeof name;
    if (sockets->probe_count == PROBES_MOST || getpeername(fd, &name.any, &len) != 0) return;
    if (port_of(&name) != sockets->address.port || sockets->address.path[0]) return;
    len = sizeof name;
    if (getsockname(fd, &name.any, &len) == 0) sockets->probes[sockets->probe_count++] = port_of(&name);
}

static bool is_probe(const struct jk_sockets *sockets, const struct jk_connection *connection)
{
    for (size_t i = 0; i < sockets->probe_count; i++)
        if (connection->port == sockets->probes[i] && jk_peer_is_loopback(&connection->peer)) return true;
    return false;
}

static void collect_sockets(struct jk_sockets *sockets, const struct list *before, int64_t now_ms)
{
    struct dirent *entry;
    rewinddir(sockets->descriptors);
    while ((entry = readdir(sockets->descriptors))) {
        struct jk_connection connection;
        uint64_t fd;
        if (!jk_span_to_u64(jk_span_of(entry->d_name), &fd)) continue;
        if (!is_our_socket(sockets, (int)fd)) {
            note_probe(sockets, (int)fd);
        } else if (read_peer((int)fd, &connection)) {
            /* what was known of it before */
            const struct jk_connection *found =
                before->count ? bsearch(&connection, before->all, before->count, sizeof connection, compare_fds) : NULL;
            bool same = found && is_same_connection(found, &connection);
            connection.since = same ? found->since : now_ms;
            connection.ended = same && found->ended;

            if (!add_connection(&sockets->now, &connection)) return;
        }
    }
}

struct jk_connection *jk_sockets_look(struct jk_sockets *sockets, int64_t now_ms, size_t *out_count)
{
    struct list before = sockets->now;
    sockets->now = sockets->before;
    sockets->before = before;
    sockets->now.count = sockets->probe_count = 0;
    if (before.count) qsort(before.all, before.count, sizeof *before.all, compare_fds);
    collect_sockets(sockets, &before, now_ms);

    /* those that count come first */
    struct jk_connection *all = sockets->now.all;
    size_t live = 0;
    for (size_t i = 0; i < sockets->now.count; i++) {
        struct jk_connection one = all[i];
        if (one.ended || is_probe(sockets, &one)) continue;
        all[i] = all[live];
        all[live++] = one;
    }
    *out_count = live;

    return sockets->now.all;
}

void jk_sockets_end(const struct jk_sockets *sockets, struct jk_connection *connection)
{
    struct jk_connection now;
    int fd = fcntl(connection->fd, F_DUPFD_CLOEXEC, 0);
    connection->ended = true;
    if (fd < 0) return;
    if (is_our_socket(sockets, fd) && read_peer(fd, &now)) {
        now.fd = connection->fd;
        if (is_same_connection(&now, connection)) (void)shutdown(fd, SHUT_RDWR);
    }
    close(fd);
}
