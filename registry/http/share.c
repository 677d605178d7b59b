/* Places for blobs that are being sent, shared out by client address (base/shares.h), so that no one client holds all of
 * them. A proxy that is believed says whose address counts; who comes through a Unix socket without such a word is not
 * told from others, and shares nothing out. On the connections' threads; `share_lock` guards them. */
#include <netinet/in.h>
#include <sys/socket.h>

#include "http/inside.h"

struct last_header {
    const char *name;
    struct jk_span value;
};

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct last_header *last = context;
    (void)kind;
    if (strcasecmp(name, last->name) == 0) last->value = jk_span_of(value ? value : "");
    return MHD_YES;
}

/* The last header of that name is the nearest proxy's; those before it are whatever the client wrote. */
static struct jk_span last_header(struct MHD_Connection *connection, const char *name)
{
    struct last_header last = {name, JK_SPAN("")};
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, take_header, &last);
    return last.value;
}

struct jk_shares *jk_http_shares_new(void)
{
    const struct jk_shares_limits limits = {.most = JK_HTTP_STREAMS_MOST,
                                            .anonymous = JK_HTTP_STREAMS_MOST,
                                            .each = JK_HTTP_STREAMS_EACH,
                                            .nameless = JK_HTTP_STREAMS_MOST};
    return jk_shares_new(&limits);
}

void jk_http_client(struct jk_http *http, struct MHD_Connection *connection, struct jk_peer *out_peer)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    *out_peer = (struct jk_peer){JK_PEER_UNKNOWN, {0}};
    if (address) {
        if (address->sa_family == AF_UNIX) out_peer->kind = JK_PEER_UNIX;
        if (address->sa_family == AF_INET) {
            out_peer->kind = JK_PEER_ADDRESS;
            out_peer->address[10] = out_peer->address[11] = 0xff;
            memcpy(out_peer->address + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
        }
        if (address->sa_family == AF_INET6) {
            out_peer->kind = JK_PEER_ADDRESS;
            memcpy(out_peer->address, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
        }
    }

    if (http->options.proxies && jk_proxies_hold(http->options.proxies, out_peer))
        (void)jk_peer_forwarded(last_header(connection, "X-Forwarded-For"), out_peer);
}

bool jk_http_share_take(struct jk_http *http, struct MHD_Connection *connection, unsigned *out_key)
{
    struct jk_sharer client = {0};
    jk_http_client(http, connection, &client.peer);
    jk_peer_group(&client.peer);

    pthread_mutex_lock(&http->share_lock);
    enum jk_shares_word word = jk_shares_enter(http->shares, &client, out_key);
    pthread_mutex_unlock(&http->share_lock);
    return word == JK_SHARES_IN;
}

void jk_http_share_leave(struct jk_http *http, unsigned key)
{
    pthread_mutex_lock(&http->share_lock);
    jk_shares_leave(http->shares, key);
    pthread_mutex_unlock(&http->share_lock);
}
