/* See peer.h. */
#include "base/peer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define GROUP_BYTES 8 /* of an IPv6 address */

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool is_v4(const struct jk_peer *peer)
{
    return memcmp(peer->address, mapped, sizeof mapped) == 0;
}

/* A bare address. */
static bool parse_bare(struct jk_span text, struct jk_peer *out)
{
    struct jk_peer found = {.kind = JK_PEER_ADDRESS};
    char copy[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof copy) return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    if (strlen(copy) != text.len) return false;
    memcpy(found.address, mapped, sizeof mapped);
    if (inet_pton(AF_INET, copy, found.address + sizeof mapped) != 1 && inet_pton(AF_INET6, copy, found.address) != 1)
        return false;
    *out = found;
    return true;
}

/* Removes a port and brackets: only IPv6 has more than one colon. */
static struct jk_span without_port(struct jk_span text)
{
    const char *first = text.len ? memchr(text.at, ':', text.len) : NULL;
    const char *last = text.len ? memrchr(text.at, ':', text.len) : NULL;
    const char *close = text.len ? memchr(text.at, ']', text.len) : NULL;
    if (close && text.at[0] == '[') return (struct jk_span){text.at + 1, (size_t)(close - text.at) - 1};
    return first && first == last ? (struct jk_span){text.at, (size_t)(first - text.at)} : text;
}

static bool cut_start(struct jk_span *text, const char *start)
{
    size_t len = strlen(start);
    if (text->len < len || memcmp(text->at, start, len) != 0) return false;
    *text = (struct jk_span){text->at + len, text->len - len};
    return true;
}

/* What is between "%5B" and "%5D", or what without_port leaves. */
static struct jk_span host_of(struct jk_span text)
{
    struct jk_span rest = text;
    if (!cut_start(&rest, "%5B")) return without_port(text);
    const char *close = memchr(rest.at, '%', rest.len);
    return close ? (struct jk_span){rest.at, (size_t)(close - rest.at)} : rest;
}

void jk_peer_parse(struct jk_span uri, struct jk_peer *out_peer)
{
    struct jk_span rest = uri;
    *out_peer = (struct jk_peer){JK_PEER_UNKNOWN, {0}};
    if (cut_start(&rest, "unix:"))
        out_peer->kind = JK_PEER_UNIX;
    else if (cut_start(&rest, "ipv4:") || cut_start(&rest, "ipv6:"))
        (void)parse_bare(host_of(rest), out_peer);
}

bool jk_peer_forwarded(struct jk_span header, struct jk_peer *peer)
{
    const char *comma = header.len ? memrchr(header.at, ',', header.len) : NULL;
    size_t before = comma ? (size_t)(comma - header.at) + 1 : 0;
    struct jk_span last = jk_span_trim((struct jk_span){header.at + before, header.len - before});
    return parse_bare(without_port(last), peer);
}

bool jk_peer_is_loopback(const struct jk_peer *peer)
{
    static const unsigned char v6[16] = {[15] = 1};
    if (peer->kind != JK_PEER_ADDRESS) return false;
    return is_v4(peer) ? peer->address[sizeof mapped] == 127 : memcmp(peer->address, v6, sizeof v6) == 0;
}

void jk_peer_group(struct jk_peer *peer)
{
    if (peer->kind == JK_PEER_ADDRESS && !is_v4(peer) && !jk_peer_is_loopback(peer))
        memset(peer->address + GROUP_BYTES, 0, sizeof peer->address - GROUP_BYTES);
}

bool jk_peer_equal(const struct jk_peer *a, const struct jk_peer *b)
{
    return a->kind == b->kind && memcmp(a->address, b->address, sizeof a->address) == 0;
}

void jk_peer_text(const struct jk_peer *peer, char out_text[JK_PEER_TEXT])
{
    static const unsigned char none[GROUP_BYTES];
    char shown[INET6_ADDRSTRLEN] = "";
    bool v4 = is_v4(peer);
    (void)inet_ntop(v4 ? AF_INET : AF_INET6, peer->address + (v4 ? sizeof mapped : 0), shown, sizeof shown);
    bool group = !v4 && memcmp(peer->address + GROUP_BYTES, none, sizeof none) == 0;
    if (peer->kind == JK_PEER_ADDRESS)
        snprintf(out_text, JK_PEER_TEXT, "%.*s%s", (int)strnlen(shown, JK_PEER_TEXT - 4), shown, group ? "/64" : "");
    else
        snprintf(out_text, JK_PEER_TEXT, "%s", peer->kind == JK_PEER_UNIX ? "a Unix socket" : "an unknown address");
}

/* ---- proxies ---- */

static enum jk_status refuse_peer(struct jk_span name, const char *field, struct jk_error *error, const char *rule)
{
    char shown[80];
    jk_text_shorten(name, shown, sizeof shown);
    jk_error_field(error, field, "\"%s\" %s", shown, rule);
    return jk_error_result(error);
}

static enum jk_status add_proxy(struct jk_span name, const char *field, struct jk_proxies *out, struct jk_error *error)
{
    if (jk_span_equal(name, JK_SPAN("unix"))) {
        out->unix_socket = true;
        return JK_OK;
    }
    if (out->count == JK_PROXIES_MOST)
        return refuse_peer(name, field, error, "is one too many: at most 16 addresses are allowed");
    if (parse_bare(name, &out->peers[out->count])) {
        out->count++;
        return JK_OK;
    }
    return refuse_peer(name, field, error,
                       "is not an address: give numeric ones, such as 192.0.2.7 or 2001:db8::7, and unix; or none");
}

enum jk_status jk_proxies_parse(const char *list, const char *field, struct jk_proxies *out_proxies,
                                struct jk_error *error)
{
    struct jk_span rest = jk_span_of(list), name;
    *out_proxies = (struct jk_proxies){0};
    if (jk_span_equal(rest, JK_SPAN("none"))) return JK_OK;
    while (rest.len > 0) {
        (void)jk_span_cut(&rest, ',', &name);
        JK_TRY(add_proxy(jk_span_trim(name), field, out_proxies, error));
    }
    return JK_OK;
}

bool jk_proxies_hold(const struct jk_proxies *proxies, const struct jk_peer *peer)
{
    if (peer->kind == JK_PEER_UNIX) return proxies->unix_socket;
    for (size_t i = 0; i < proxies->count; i++)
        if (jk_peer_equal(&proxies->peers[i], peer)) return true;
    return false;
}
