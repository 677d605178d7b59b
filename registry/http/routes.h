/* What a request asks for, by its target and headers: pure decisions over spans, no I/O, no state, any thread. A target
 * is taken as received, without decoding: the log's paths need no escapes, so a target with an escape, a second slash
 * or a dot segment does not exist. A query is ignored, as static servers do. Limits: a header that is longer than or
 * does not follow its grammar is ignored. */
#ifndef JK_HTTP_ROUTES_H
#define JK_HTTP_ROUTES_H

#include "base/digest.h"
#include "tlog/tile.h"

/* JK_ROUTE(id, name in metrics). */
#define JK_HTTP_ROUTES(JK_ROUTE)                                                                                       \
    JK_ROUTE(NONE, "none")                                                                                             \
    JK_ROUTE(CHECKPOINT, "checkpoint")                                                                                 \
    JK_ROUTE(VKEY, "vkey")                                                                                             \
    JK_ROUTE(TILE, "tile")                                                                                             \
    JK_ROUTE(BUNDLE, "bundle")                                                                                         \
    JK_ROUTE(REPORT, "report")                                                                                         \
    JK_ROUTE(BLOB, "blob")                                                                                             \
    JK_ROUTE(HEALTH, "healthz")                                                                                        \
    JK_ROUTE(READY, "readyz")                                                                                          \
    JK_ROUTE(WEB, "web")

enum jk_route_kind {
#define JK_ROUTE(id, name) JK_ROUTE_##id,
    JK_HTTP_ROUTES(JK_ROUTE)
#undef JK_ROUTE
        JK_ROUTE_KINDS
};

#define JK_ROUTE_FILE 128 /* the longest path and its NUL */

struct jk_route {
    enum jk_route_kind kind;
    char file[JK_ROUTE_FILE]; /* checkpoint, keys, tile, bundle, report: the file's name below the public folder */
    struct jk_digest digest;  /* blob */
};

/* The target from its path's "/" on, with its query: of "/path?query" (origin-form), or of "http://host/path?query"
 * (absolute-form, which a server must take as well: RFC 9112, 3.2.2). */
bool jk_route_origin(struct jk_span target, struct jk_span *out_origin);
/* NONE if the target does not exist in its one canonical form: that is a 404, or the hook's (ask.h). Never WEB. */
void jk_route_parse(struct jk_span target, struct jk_route *out_route);

enum jk_range { JK_RANGE_WHOLE, JK_RANGE_PART, JK_RANGE_UNSATISFIABLE };
/* A Range header (RFC 9110, 14.2) against a representation of `size` bytes: one byte range, or WHOLE for anything else,
 * several ranges included. Out, for PART: the first byte and how many, at least one. */
enum jk_range jk_route_range(struct jk_span header, uint64_t size, uint64_t *out_first, uint64_t *out_count);
/* If-None-Match (RFC 9110, 13.1.2) holds the tag, compared weakly, or "*". `etag` with its quotes. */
bool jk_route_etag_listed(struct jk_span header, struct jk_span etag);

#endif
