/* The public HTTP side, plain text: the log's files, stored blobs, health; and on a listener of its own the metrics.
 * Whatever else is asked for goes to a hook, if there is one (ask.h). GET and HEAD only; for the hook OPTIONS, and POST where it takes one, too. Only this folder sees libmicrohttpd.
 *
 * Owns: two listening sockets, a pool of min(cores, 4) threads over epoll, one thread for metrics, one that ends
 * connections which take too long, one that finds out whether the server is ready. The log's files come from the
 * store's public folder, which may be replaced and rebuilt at any time; blobs come from PostgreSQL through the store's
 * readers, a chunk at a time.
 * Threads: start, quiesce and stop belong to one thread; the addresses to any.
 * Limits: connections in all and per address as the options say; a request's headers 16 KiB and 15 s from the
 * connection or the last answer on; an answer 10 min; 32 blobs at once; 64 waiting for readiness; asks and streams as
 * ask.h says. */
#ifndef JK_HTTP_SERVER_H
#define JK_HTTP_SERVER_H

#include "base/address.h"
#include "base/peer.h"
#include "http/ask.h"
#include "store/store.h"

struct jk_http;

struct jk_http_options {
    const char *listen;  /* as base/address.h reads it */
    const char *metrics; /* the same for the metrics; NULL: none */
    struct jk_store *store;
    unsigned connections;             /* in all */
    unsigned per_address;             /* of one IP address; a Unix socket has none */
    const struct jk_proxies *proxies; /* whose word on a client's address is taken; NULL: nobody's */
    jk_http_hook *hook;               /* for what is none of the above; NULL: nothing is there */
    jk_http_room *room;               /* for what bodies the hook has room; NULL: for none */
    jk_http_refusal *refusal;         /* NULL: all refusals are plain texts */
    void *hook_context;               /* of all three */
    /* Asked of whatever carries calls. */
    bool (*rpc_answers)(void *context, int timeout_ms);
    size_t (*rpc_live)(void *context);
    void *context;
};

/* INVALID_ARGUMENT, UNAVAILABLE: an address is wrong or cannot be had. Every thread blocks all signals. */
JK_MUST_USE enum jk_status jk_http_start(const struct jk_http_options *options, struct jk_http **out_http,
                                         struct jk_error *error);
const char *jk_http_address(const struct jk_http *http);
const char *jk_http_metrics_address(const struct jk_http *http); /* NULL: none */
/* No new connections from here on; existing ones are served, and closed after their next answer. Accepts NULL. */
void jk_http_quiesce(struct jk_http *http);
/* Ends everything; answers in progress have a second. The store must still exist. Accepts NULL. */
void jk_http_stop(struct jk_http *http);

#endif
