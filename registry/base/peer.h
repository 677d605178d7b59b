/* Who is at the other end of a connection, for the purpose of limits: the address to count by, and which proxies are
 * trusted to report a client's address. Pure, no state. IPv6 is counted by /64, which is what one customer is given. */
#ifndef JK_BASE_PEER_H
#define JK_BASE_PEER_H

#include "base/error.h"

#define JK_PEER_TEXT    48
#define JK_PROXIES_MOST 16

enum jk_peer_kind {
    JK_PEER_UNKNOWN,
    JK_PEER_UNIX, /* all who connect through a Unix socket count as one */
    JK_PEER_ADDRESS,
};

struct jk_peer {
    enum jk_peer_kind kind;
    unsigned char address[16]; /* IPv4 as ::ffff:a.b.c.d; zero for the other kinds */
};

/* The proxies whose X-Forwarded-For is trusted. */
struct jk_proxies {
    bool unix_socket; /* anybody who connects through one */
    size_t count;
    struct jk_peer peers[JK_PROXIES_MOST];
};

/* "unix" and numeric addresses, separated by commas; "none" for nobody. INVALID_ARGUMENT names `field`. */
JK_MUST_USE enum jk_status jk_proxies_parse(const char *list, const char *field, struct jk_proxies *out_proxies,
                                            struct jk_error *error);
bool jk_proxies_hold(const struct jk_proxies *proxies, const struct jk_peer *peer);

/* "ipv4:1.2.3.4:80", "ipv6:[::1]:80" (brackets may be %5B and %5D), "unix:…"; anything else is unknown. */
void jk_peer_parse(struct jk_span uri, struct jk_peer *out_peer);
/* What the nearest proxy added to X-Forwarded-For: the last address in it, with or without a port. False, with nothing
 * changed, if there is none. */
bool jk_peer_forwarded(struct jk_span header, struct jk_peer *peer);
/* Reduces the address to the group that it is counted in. */
void jk_peer_group(struct jk_peer *peer);
bool jk_peer_is_loopback(const struct jk_peer *peer);
bool jk_peer_equal(const struct jk_peer *a, const struct jk_peer *b);
/* For people: "192.0.2.1", "2001:db8:0:1::/64" once grouped, "a Unix socket". */
void jk_peer_text(const struct jk_peer *peer, char out_text[JK_PEER_TEXT]);

#endif
