/* Bodies of requests: their room, and their bytes as they come. See ask.h. All on the connection's thread. */
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "http/inside.h"

#define BODY_MS 30000

enum MHD_Result jk_http_body_begin(struct jk_http *http, struct MHD_Connection *connection, struct jk_http_peer *peer)
{
    struct jk_span length = jk_http_header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    struct jk_span target = jk_span_of(peer->target);
    struct jk_http_body *body = &peer->body;
    struct jk_peer client;
    uint64_t size;
    if (jk_http_header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING).len > 0 || !jk_span_to_u64(length, &size))
        return jk_http_refuse(http, connection, peer->route.kind, target, JK_HTTP_NO_LENGTH);
    if (size > http->options.room(http->options.hook_context, target))
        return jk_http_refuse(http, connection, peer->route.kind, target, JK_HTTP_LARGE);
    if (size == 0) return MHD_YES;
    jk_http_client(http, connection, &client);
    body->guest = jk_doorman_guest(http->bodies, &client, (struct jk_span){(const char *)&peer, sizeof peer});
    bool held = jk_doorman_hold(http->bodies, body->guest, size) == JK_DOORMAN_IN;
    body->bytes = held ? malloc(size) : NULL;
    if (!body->bytes) {
        if (held) jk_doorman_give_back(http->bodies, body->guest, size);
        return jk_http_refuse(http, connection, peer->route.kind, target, JK_HTTP_BUSY);
    }
    body->size = size;
    body->len = 0;
    atomic_store(&peer->due_ms, jk_monotonic_ms() + BODY_MS);
    return MHD_YES;
}

void jk_http_body_take(struct jk_http_peer *peer, struct jk_span bytes)
{
    struct jk_http_body *body = &peer->body;
    JK_CHECK(body->bytes && bytes.len <= body->size - body->len); /* the library counts, too */
    memcpy(body->bytes + body->len, bytes.at, bytes.len);
    body->len += bytes.len;
}

void jk_http_body_drop(struct jk_http *http, struct jk_http_peer *peer)
{
    if (peer->body.bytes) jk_doorman_give_back(http->bodies, peer->body.guest, peer->body.size);
    free(peer->body.bytes);
    peer->body = (struct jk_http_body){0};
}
